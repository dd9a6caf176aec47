"""What organisers type about a session."""

import json
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, Self
from zoneinfo import ZoneInfo

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, IntegerField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, NumberRange, Optional, ValidationError

from app.errors import Refused
from app.forms import one_line, plain_characters
from app.organise.edited import (
    LONGEST_LINE,
    MARKDOWN,
    PUBLIC,
    EditForm,
    a_line,
    a_text,
    lines,
    notes,
)
from app.organise.sessions import appearances, links, times
from app.organise.sessions.appearances import Appearances
from app.programme.editing.of_sessions import LONGEST
from app.programme.editing.sessions_listed import Choices
from app.programme.models import CANCELLED, CONFIRMED, DRAFT, WITHDRAWN, Session
from app.programme.shown import TAG, kind_name
from app.registration.fields import at_most, lettered, offered
from app.speakers.absences import ClockTime
from app.web import words

LONGEST_TEXT = 50_000  # characters; as much as a file may hold
MOST_SEATS = 100_000
DIGITS = 3  # of the number of a row
FOCUS = {"autofocus": ""}
ENTER = "enter"  # the button that no one sees
PLAIN = (
    *("title", "subtitle", "kind", "abstract", "description", "language", "licence", "notes"),
    *("seats", "is_recorded", "is_illustrative"),
)
STATES = {
    DRAFT: _l("Draft: readers do not see it, even after you publish"),
    CONFIRMED: _l("Confirmed: readers see it once you publish"),
    CANCELLED: _l("Cancelled: readers see it, and that it will not take place"),
    WITHDRAWN: _l("Withdrawn: a file left it out, and readers do not see it"),
}
NO_SEATS = _l("The seats must be a number from 1 to 100,000")


class SessionForm(EditForm):
    """Say what a session is, when and where, and who appears in it."""

    title = StringField(
        _l("Title"),
        [
            DataRequired(_l("Enter the title")),
            at_most(LONGEST_LINE, _l("The title")),
            plain_characters,
            lettered(_l("The title")),
        ],
        [one_line],
        PUBLIC,
    )
    subtitle = a_line(_l("Subtitle (optional)"), _l("The subtitle"), PUBLIC)
    kind = a_line(
        _l("Kind (optional)"),
        _l("The kind"),
        _l("Public. Choose one that is in use, or type another. A break needs no speakers"),
        list="kinds",
        autocomplete="off",
    )
    theme = SelectField(_l("Theme"), [offered(_l("Choose one of the themes"))], description=PUBLIC)
    language = a_line(
        _l("Language (optional)"),
        _l("The language"),
        _l("Public. The code of the language that is spoken: en, fr, pt-BR"),
        autocomplete="off",
        spellcheck="false",
    )
    day = SelectField(_l("Day"), [offered(_l("Choose one of the days"))], validate_choice=False)
    starts = ClockTime(_l("Starts"))
    ends = ClockTime(_l("Ends"))
    ends_next_day = BooleanField(_l("It ends on the next day"))
    room = SelectField(_l("Room"), [offered(_l("Choose one of the rooms"))], description=PUBLIC)
    seats = IntegerField(
        _l("Seats (optional)"),
        [Optional(), NumberRange(1, MOST_SEATS, NO_SEATS)],
        description=_l("Not public. How many may come, when that is fewer than the room holds"),
        render_kw={"inputmode": "numeric", "autocomplete": "off"},
        invalid_value_message=NO_SEATS,  # type: ignore[call-arg]  # its types are of WTForms 3.2
    )
    appearances = Appearances(_l("Speakers"))
    find = StringField(
        _l("Find a speaker to add"),
        [at_most(LONGEST_LINE, _l("The name"))],
        [one_line],
        _l("A part of the name is enough; accents do not matter"),
        render_kw={"autocomplete": "off", "spellcheck": "false"},
    )
    abstract = a_text(_l("Abstract (optional)"), _l("The abstract"), MARKDOWN, LONGEST_TEXT)
    description = a_text(
        _l("Description (optional)"), _l("The description"), MARKDOWN, LONGEST_TEXT
    )
    links = TextAreaField(
        _l("Links (optional)"),
        [at_most(LONGEST_TEXT, _l("The links")), plain_characters, links.check],
        [lines],
        _l("Public. One a line: the address, a space, and what it leads to"),
        render_kw={"spellcheck": "false"},
    )
    licence = a_line(
        _l("Licence (optional)"), _l("The licence"), _l("Public. For example CC BY 4.0")
    )
    is_recorded = BooleanField(_l("It will be recorded (public)"))
    is_illustrative = BooleanField(
        _l("It is made up to show a whole conference, and marked as illustrative (public)")
    )
    state = RadioField(_l("State"), validate_choice=True)
    notes = notes()

    known: Session | None = None  # as it is saved now
    kinds: Sequence[tuple[str, str]] = ()  # to choose from
    pressed = ""  # the button
    focus = ""  # the button to go on from

    def offer(self, choices: Choices, days: Iterable[date], known: Session | None = None) -> None:
        """Say what can be chosen, for a session as it is saved now."""
        self.known = known
        self.theme.choices = [("", str(_l("No theme"))), *choices.theme]
        self.room.choices = [("", str(_l("No room yet"))), *choices.room]
        standing = _day(self.day.data)
        offered_days = sorted({*days, *([standing] if standing else [])})
        self.day.choices = [
            ("", str(_l("No day yet"))),
            *((day.isoformat(), words.local_date(day)) for day in offered_days),
        ]
        is_withdrawn = known is not None and known.state == WITHDRAWN
        self.state.choices = [
            (state, name) for state, name in STATES.items() if state != WITHDRAWN or is_withdrawn
        ]
        self.appearances.offer()

    def validate_language(self, field: StringField) -> None:
        """Refuse what is no code of a language."""
        if field.data and not TAG.fullmatch(field.data):
            raise ValidationError(_l("Enter the code of a language, such as en or pt-BR"))

    def validate_day(self, field: SelectField) -> None:
        """Refuse a time without a day."""
        if not field.data and (self.starts.data or self.ends.data):
            raise ValidationError(_l("Choose the day, or leave both times empty"))

    def validate_starts(self, field: ClockTime) -> None:
        """Refuse a day without a start, and a time that the clocks never show."""
        if field.data is None and (self.day.data or self.ends.data):
            raise ValidationError(_l("Enter when it starts, or choose no day yet"))
        self._refuse_what_no_clock_shows(field.data)

    def validate_ends(self, field: ClockTime) -> None:
        """Refuse an end that does not come after the start."""
        starts, ends = self._moments()
        if ends is None:
            self._refuse_what_no_clock_shows(field.data)
        elif starts is not None and ends <= starts:
            raise ValidationError(
                _l("The end must come after the start. If it is on the next day, tick that box")
            )
        elif starts is not None and ends - starts > LONGEST:
            raise ValidationError(_l("A session cannot last longer than 24 hours"))

    def values(self) -> dict[str, Any]:
        """Give what was typed, as an edit takes it."""
        starts_at, ends_at = self._moments()
        return {
            **{field: self[field].data for field in PLAIN},
            "kind": self._kind(),
            "theme": self.theme.data,
            "room": self.room.data,
            "starts_at": starts_at,
            "ends_at": ends_at,
            "links": links.read(self.links.data or ""),
            "appearances": self.appearances.parts(),
            "state": self.state.data,
        }

    def arrange(self, pressed: str) -> bool:
        """Do what a button of the form asks for, short of saving; tell whether it was one.

        The Enter key presses the first button: with a name to find, it looks for that.
        """
        is_find = pressed == ENTER and bool(self.find.data)
        self.pressed = "find" if is_find else pressed
        deed, _, what = self.pressed.partition(" ")
        if deed == "add":
            self.appearances.add(what)
            self.find.data = ""
            self.appearances.entries[-1].form.role.render_kw = FOCUS
        elif _is_number(what):
            self.focus = self.appearances.arrange(deed, int(what))
            self.find.render_kw = {**self.find.render_kw, **({} if self.focus else FOCUS)}
        return deed in {"add", "remove", "up", "down", "find", "preview"}

    def refused(self, refusal: Refused) -> Self:
        """Show above the form why what was typed cannot be saved."""
        self.form_errors.append(gettext(str(refusal)))
        return self

    def _kind(self) -> str:
        """Give the kind that has the typed name; what is no such name is a kind of its own."""
        typed = self.kind.data or ""
        own = [(self.known.kind, kind_name(self.known.kind))] if self.known else []
        meant = {name.casefold(): kind for kind, name in (*self.kinds, *own)}
        return meant.get(typed.casefold(), typed)

    def _moments(self) -> tuple[datetime | None, datetime | None]:
        """Give when it starts and ends, as far as that can be told."""
        day = _day(self.day.data)
        if day is None:
            return None, None
        last = times.last_day(day, is_next=bool(self.ends_next_day.data))
        return self._moment(day, self.starts.data), self._moment(last, self.ends.data)

    def _moment(self, day: date, clock: Any) -> datetime | None:
        known = [self.known.starts_at, self.known.ends_at] if self.known else []
        return times.moment(day, clock, words.zone(), known) if clock else None

    def _refuse_what_no_clock_shows(self, clock: Any) -> None:
        day = _day(self.day.data)
        if day and clock and self._moment(day, clock) is None:
            raise ValidationError(
                _l("The clocks go forward that day and never show this time: choose another")
            )


def typed_before(session: Session, zone: ZoneInfo) -> dict[str, Any]:
    """Give what stands in the form of a session before anything is typed."""
    known = times.shown(session, zone)
    return {
        **{field: getattr(session, field) for field in PLAIN},
        "version": str(session.version),
        "kind": kind_name(session.kind),
        "theme": session.theme.slug if session.theme else "",
        "room": session.room.key if session.room else "",
        "day": known.day.isoformat() if known.day else "",
        "starts": known.starts,
        "ends": known.ends,
        "ends_next_day": known.ends_next_day,
        "links": links.shown(json.loads(session.links)),
        "appearances": appearances.shown(session.appearances),
        "state": session.state,
    }


def new() -> dict[str, Any]:
    """Give what stands in the form of a session that is to be added."""
    return {"state": DRAFT, "kind": kind_name("parallel"), "version": "0"}


def _day(typed: Any) -> date | None:
    try:
        return date.fromisoformat(typed or "")
    except ValueError:
        return None


def _is_number(typed: str) -> bool:
    return typed.isascii() and typed.isdecimal() and len(typed) <= DIGITS
