"""The way of words: write, see what readers will see, send. Nothing typed is lost on it.

A page of words has one form. Its buttons show the page as readers will see it, lead back to the
form, or send what was typed; the page that readers will see carries it along.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from flask import request
from flask.typing import ResponseReturnValue

from app.errors import Refused
from app.programme.models import Session, Speaker
from app.programme.proposals import fields, queries, services
from app.programme.proposals.merging import Crossed
from app.programme.proposals.queries import Standing
from app.programme.proposals.services import Sent
from app.speakers import door
from app.speakers.texts.forms import ProfileForm, TextForm

WordsForm = ProfileForm | TextForm
UNTYPED = frozenset({"csrf_token", "press"})
SEND, CHANGE = "send", "change"  # what a button of the page that readers will see says


@dataclass(frozen=True)
class Asked:
    """The form, and why it is shown again."""

    form: WordsForm
    standing: Standing
    crossed: Crossed | None = None
    refusal: Refused | None = None

    @property
    def status(self) -> int:
        """How the page answers."""
        if self.crossed or self.refusal:
            return 409
        return 422 if self.form.errors else 200


class Pages(Protocol):
    """The pages of one thing whose words somebody writes."""

    @property
    def thing(self) -> Speaker | Session:
        """Whose words they are."""

    @property
    def form(self) -> type[WordsForm]:
        """What is typed."""

    def ask(self, asked: Asked) -> ResponseReturnValue:
        """Show the form."""

    def look(self, form: WordsForm) -> ResponseReturnValue:
        """Show what readers will see."""

    def thank(self, news: str) -> ResponseReturnValue:
        """Lead on, and say what has been done."""


def write(pages: Pages) -> ResponseReturnValue:
    """Answer what was pressed."""
    standing = queries.standing(pages.thing).of(fields.WORDS)
    form = pages.form(data=pages.form.filled(standing.values))
    pressed = request.form.get("press", "")
    if not form.is_submitted():
        return pages.ask(Asked(form.begin(standing.values), standing))
    if form.arranges(pressed) or pressed == CHANGE or not form.validate():
        return pages.ask(Asked(form, standing))
    if pressed != SEND:
        return pages.look(form)
    return _send(pages, standing, form)


def typed() -> Sequence[tuple[str, str]]:
    """Give all that was typed, to be carried along on a page."""
    return [pair for pair in request.form.items(multi=True) if pair[0] not in UNTYPED]


def _send(pages: Pages, standing: Standing, form: WordsForm) -> ResponseReturnValue:
    try:
        sent = services.propose(pages.thing, form.typed, began=form.marks, who=door.who())
    except Crossed as crossed:
        values = pages.form.filled({**standing.values, **crossed.values})
        again = pages.form(formdata=None, data=values).begin(standing.values)
        return pages.ask(Asked(again, standing, crossed=crossed))
    except Refused as refusal:
        return pages.ask(Asked(form, standing, refusal=refusal))
    return pages.thank(_news(sent))


def _news(sent: Sent) -> str:
    if sent.waiting and sent.made:
        return "sent-and-shown"
    if sent.made:
        return "shown-soon"
    return "sent" if sent.waiting else "as-it-was"
