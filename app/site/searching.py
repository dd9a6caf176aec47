"""The page of search: a question, filters, and what was found."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from flask import request, url_for
from flask.typing import ResponseReturnValue

from app import edition
from app.content import queries as content
from app.content.views import folder
from app.forms import one_line, without_hidden
from app.programme import releases
from app.programme.finding.things import Thing
from app.programme.finding.words import words
from app.site import narrowing, nearest, news, search
from app.site.narrowing import Narrowing
from app.site.search import Findable, Results
from app.web import languages
from app.web.pages import page
from app.web.public import public

DIGITS = 5  # of the number of a page
MOST_SINGLE = 5  # words that are looked for one by one


@dataclass(frozen=True)
class Asked:
    """What somebody looks for."""

    question: str
    is_cut: bool
    narrowing: Narrowing

    @property
    def is_something(self) -> bool:
        """Whether there is anything to look for."""
        return bool(self.question or self.narrowing.question)

    @property
    def keeps(self) -> Callable[[Thing], bool] | None:
        """Say what is meant, where filters say so."""
        return self.narrowing.keeps if self.narrowing.question else None

    def address(self, number: int = 1) -> str:
        """Give the address of a page of the results."""
        return self.address_of(self.question, number)

    def address_of(self, question: str, number: int = 1) -> str:
        """Give the address of another question with the same filters."""
        values: dict[str, Any] = {**self.narrowing.question, "q": question or None}
        return url_for("site.search", **values, page=number if number > 1 else None)

    def without(self, name: str) -> str:
        """Give the address without one of the filters."""
        values: dict[str, Any] = {**self.narrowing.question, "q": self.question or None}
        return url_for("site.search", **{one: values[one] for one in values if one != name})


@public
def results() -> ResponseReturnValue:
    """Answer a question."""
    typed = one_line(without_hidden(request.args.get("q", "")))
    question = typed[: search.LONGEST_QUESTION]
    asked = Asked(question, question != typed, narrowing.asked(releases.current(), request.args))
    found = _found(asked)
    return page(
        "site/search.html",
        asked=asked,
        question=question,
        found=found,
        suggested=[] if found.count else _suggested(asked),
        trail=[],
    )


def _found(asked: Asked) -> Results:
    has_words = bool(words(asked.question))
    if not has_words and (asked.question or not asked.narrowing.question):
        return Results()
    number = _number(request.args.get("page", ""))
    return search.find(asked.question, _findable(), number, asked.keeps)


def _suggested(asked: Asked) -> Sequence[tuple[str, int]]:
    """Suggest what would be found, and how much: words put right, or each word by itself."""
    among, keeps = _findable(), asked.keeps
    known = _vocabulary()
    tried = list(nearest.suggestions(asked.question, known))
    singly = asked.question.split()[:MOST_SINGLE]
    for word in singly if len(singly) > 1 else ():
        tried += nearest.suggestions(word, known) or [word]
    counted = (
        (one, search.find(one, among, 1, keeps).count) for one in dict.fromkeys(tried) if words(one)
    )
    return [(one, count) for one, count in counted if count]


def _findable() -> Findable:
    """Make it once for each edition and language, and again when a text has appeared."""
    spoken = languages.current().code
    made: dict[int, Findable] = edition.kept(f"search {spoken}", dict)
    stage = content.stage(folder())
    if stage not in made:
        made.clear()
        pages = content.pages(folder(), spoken, languages.root(spoken))
        made[stage] = search.findable(releases.current(), pages, news.items())
    return made[stage]


def _vocabulary() -> dict[str, str]:
    among = _findable()
    name = f"words {languages.current().code}"
    return edition.kept(name, lambda: nearest.vocabulary(among.all))


def _number(typed: str) -> int:
    is_number = typed.isascii() and typed.isdecimal() and len(typed) <= DIGITS
    return max(1, int(typed)) if is_number else 1
