"""Search in what the public can read: sessions, speakers, themes, rooms, pages and news.

Accents and case do not matter, the beginning of a word is enough, and words may come in any
order; every word must be found. What has the words in its title comes first. The database says
what in the release holds the words; the rest, which is little, is looked through here, and all of
it is where there is no index to ask: in a preview, and while the database is away.
"""

import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from app.content.queries import News, Page
from app.programme.finding import queries as finding
from app.programme.finding.things import Entry, Thing, things
from app.programme.finding.words import WORD, bare, words
from app.programme.releases import Programme

LONGEST_QUESTION = 100  # characters; the rest is not looked at
PAGE_SIZE = 20  # results
BEFORE, AFTER = 60, 120  # characters around the first word found
RUN = re.compile(r"\S+")
Span = tuple[int, int]  # of a text: where something begins in it, and ends
Pieces = Sequence[tuple[str, bool]]  # parts of a text, and whether each was asked for


@dataclass(frozen=True)
class Findable:
    """All that can be found at a moment: what stands in the programme, then texts."""

    number: int  # of the release, by which the index is asked
    programme: Sequence[Thing]
    texts: Sequence[Thing]

    @cached_property
    def all(self) -> Sequence[Thing]:
        """Give all of it, in the order in which it stands."""
        return (*self.programme, *self.texts)

    def holding(self, asked: frozenset[str]) -> set[int]:
        """Tell what holds every word, by its place."""
        indexed = finding.holding(asked, self.number)
        begin = 0 if indexed is None else len(self.programme)
        looked = range(begin, len(self.all))
        return {place for place in looked if _holds(self.all[place], asked)} | (indexed or set())

    def strengths(self, asked: frozenset[str]) -> Counter[int]:
        """Count the asked words that stand in each title, whole words twice."""
        found: Counter[int] = Counter()
        for part in asked:
            begun: set[int] = set()
            for word in self._sorted[bisect_left(self._sorted, part) :]:
                if not word.startswith(part):
                    break
                begun.update(self._titles[word])
            found.update(begun)
            found.update(self._titles.get(part, ()))
        return found

    @cached_property
    def _titles(self) -> Mapping[str, Sequence[int]]:
        """The places of titles by their words."""
        found: dict[str, list[int]] = defaultdict(list)
        for place, thing in enumerate(self.all):
            for word in words(thing.title):
                found[word].append(place)
        return dict(found)

    @cached_property
    def _sorted(self) -> Sequence[str]:
        return sorted(self._titles)


@dataclass(frozen=True)
class Found:
    """Something that answers a question, with the words that were asked for marked."""

    thing: Thing
    entry: Entry
    title: Pieces
    excerpt: Pieces


@dataclass(frozen=True)
class Results:
    """What was found: how many in all, and one page of them, the best first."""

    count: int = 0
    best: Sequence[Found] = ()
    number: int = 1
    last: int = 1

    @property
    def first(self) -> int:
        """Which of all the first on this page is."""
        return (self.number - 1) * PAGE_SIZE + 1


def findable(programme: Programme, pages: Iterable[Page], news: Iterable[News]) -> Findable:
    """Make ready what can be found."""
    texts = [*map(_page, pages), *map(_news, news)]
    return Findable(programme.number, list(things(programme)), texts)


def find(
    question: str, among: Findable, number: int = 1, keeps: Callable[[Thing], bool] | None = None
) -> Results:
    """Find what holds every word of the question and is kept, the best first."""
    asked = words(question)
    found = ranked(asked, among)
    if keeps:
        found = [place for place in found if keeps(among.all[place])]
    last = max(1, -(-len(found) // PAGE_SIZE))
    number = min(number, last)
    some = found[(number - 1) * PAGE_SIZE : number * PAGE_SIZE]
    return Results(len(found), [_shown(among.all[one], asked) for one in some], number, last)


def ranked(asked: frozenset[str], among: Findable) -> Sequence[int]:
    """List the places of what holds every word, the best first; without a word, the programme."""
    if not asked:
        return range(len(among.programme))
    found = among.holding(asked)
    strengths = among.strengths(asked)
    return sorted(found, key=lambda place: (-strengths.get(place, 0), place))


def marked(text: str, asked: frozenset[str]) -> Pieces:
    """Part a text into what was asked for and what stands between."""
    pieces: list[tuple[str, bool]] = []
    last = 0
    for begin, end in _asked_in(text, asked):
        pieces += [(text[last:begin], False), (text[begin:end], True)]
        last = end
    return [piece for piece in [*pieces, (text[last:], False)] if piece[0]]


def _asked_in(text: str, asked: frozenset[str]) -> Iterator[Span]:
    """Find where the words of a text stand that were asked for."""
    if not asked:
        return iter(())
    if text.isascii():  # most are, and then one look is enough
        begun = "|".join(sorted(filter(str.isascii, asked)))
        look = rf"(?<![a-z0-9])(?:{begun or '(?!)'})[a-z0-9]*"
        return (word.span() for word in re.finditer(look, text, re.ASCII | re.IGNORECASE))
    begins = tuple(asked)
    return (span for run in RUN.finditer(text) for span in _asked_in_run(run, begins))


def _asked_in_run(run: re.Match[str], begins: tuple[str, ...]) -> Iterator[Span]:
    """Find the words in what stands between two spaces.

    A character can be folded into several, of more than one word: ⑴ into (1), ℀ into a/c. So words
    are looked for in what is folded, and each is marked by the characters that it came from.
    """
    folded = [bare(character) for character in run[0]]
    places = [run.start() + place for place, some in enumerate(folded) for _ in some]
    places.append(run.end())
    begin = end = -1
    for word in WORD.finditer("".join(folded)):
        if not word[0].startswith(begins):
            continue
        first = places[word.start()]
        if first >= end:
            if begin >= 0:
                yield begin, end
            begin = first
        end = max(places[word.end() - 1] + 1, places[word.end()])  # with the accents that follow
    if begin >= 0:
        yield begin, end


def _holds(thing: Thing, asked: frozenset[str]) -> bool:
    present = thing.all_words
    return all(any(word.startswith(part) for word in present) for part in asked)


def _shown(thing: Thing, asked: frozenset[str]) -> Found:
    entry = thing.told()
    excerpt = marked(_excerpt(entry, asked), asked)
    return Found(thing, entry, marked(thing.title, asked), excerpt)


def _excerpt(entry: Entry, asked: frozenset[str]) -> str:
    """Give the summary; where it has no word that was asked for, the place that has."""
    if not _first(entry.summary, asked):
        place = _first(entry.text, asked)
        if place:
            return _cut(entry.text, place[0])
    return entry.summary


def _first(text: str, asked: frozenset[str]) -> Span | None:
    return next(_asked_in(text, asked), None)


def _cut(text: str, place: int) -> str:
    """Cut a text between words, around a place in it."""
    begin = text.find(" ", place - BEFORE) + 1 if place > BEFORE else 0
    end = text.rfind(" ", place, place + AFTER) if len(text) > place + AFTER else len(text)
    whole = text[begin : end if end > place else place + AFTER]
    return f"{'…' if begin else ''}{whole}{'…' if end < len(text) else ''}"


def _page(page: Page) -> Thing:
    told = Entry(page.summary, page.words, page.language)
    return Thing("page", page.slug, page.title, "content.shown", lambda: told)


def _news(item: News) -> Thing:
    told = Entry(item.summary, item.words, item.language)
    return Thing("news", item.slug, item.title, "site.news_item", lambda: told)
