"""The form for a session: its fields, links and times."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time
from typing import Any, Self
from zoneinfo import ZoneInfo

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, IntegerField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import NumberRange, Optional, ValidationError

from app.admin.sessions import form_fields
from app.admin.sessions.form_fields import (
    AppearancesField,
    get_last_day,
    initial_times,
    resolve_local_time,
)
from app.admin.sessions.link_fields import validate_links
from app.admin_kit.edit_form import EditForm, notes_field, with_slug
from app.errors import RuleViolation
from app.forms.fields import (
    MAX_EDITOR_LINE_LENGTH,
    PUBLIC_HINT,
    ClockTimeField,
    editor_line_field,
    line_field,
)
from app.forms.validators import (
    max_length,
    no_hidden_characters,
    one_of_choices,
    requires_alphanumeric,
)
from app.programme.editing.session_queries import SessionFilterChoices
from app.programme.fields.session_values import MAX_DURATION
from app.programme.fields.sessions import MAX_TEXT_LENGTH, SESSION_FIELDS
from app.programme.labels import kind_name
from app.programme.models import (
    BOOKABLE,
    CANCELLED,
    CONFIRMED,
    DRAFT,
    OPEN_TO_ALL,
    WITHDRAWN,
    Session,
)
from app.speakers.texts.fields import TableForm, form_field
from app.text import collapse_whitespace, normalise_lines
from app.web import formatting

MAX_SEATS = 100_000
MAX_ROW_DIGITS = 3  # of a row number
AUTOFOCUS = {"autofocus": ""}
ENTER_BUTTON = "enter"  # a hidden first button, pressed by the Enter key
STATE_CHOICES = {
    DRAFT: _l("Draft: not public, even after you publish"),
    CONFIRMED: _l("Confirmed: public when you publish"),
    CANCELLED: _l("Cancelled: public, marked as cancelled, unless it was a draft"),
    WITHDRAWN: _l("Withdrawn: not in the last imported file, and not public"),
}
BOOKING_CHOICES = [
    (OPEN_TO_ALL, _l("Anyone, without booking")),
    (BOOKABLE, _l("People book a seat")),
]
SEATS_ERROR = _l("The seats must be a number from 1 to 100,000")


class SessionForm(EditForm, TableForm):
    """Edit a session: its texts, time, room and speakers."""

    table = SESSION_FIELDS

    title = line_field(
        _l("Title"),
        _l("The title"),
        _l("Enter the title"),
        validator=requires_alphanumeric(_l("The title")),
        description=PUBLIC_HINT,
        max_chars=MAX_EDITOR_LINE_LENGTH,
    )
    subtitle = form_field(SESSION_FIELDS["subtitle"])
    kind = editor_line_field(
        _l("Type (optional)"),
        _l("The type"),
        _l("Public. Choose a type, or enter a new one. A break does not need speakers"),
        list="kinds",
        autocomplete="off",
    )
    theme = SelectField(
        _l("Theme"), [one_of_choices(_l("Choose one of the themes"))], description=PUBLIC_HINT
    )
    language = form_field(SESSION_FIELDS["language"])
    day = SelectField(
        _l("Day"), [one_of_choices(_l("Choose one of the days"))], validate_choice=False
    )
    starts = ClockTimeField(_l("Starts"))
    ends = ClockTimeField(_l("Ends"))
    ends_next_day = BooleanField(_l("It ends on the next day"))
    room = SelectField(
        _l("Room"), [one_of_choices(_l("Choose one of the rooms"))], description=PUBLIC_HINT
    )
    seats = IntegerField(
        _l("Seats (optional)"),
        [Optional(), NumberRange(1, MAX_SEATS, SEATS_ERROR)],
        description=_l("Not public. Enter a number if it is not the capacity of the room"),
        render_kw={"inputmode": "numeric", "autocomplete": "off"},
        invalid_value_message=SEATS_ERROR,  # type: ignore[call-arg]  # the type stubs are those of WTForms 3.2
    )
    booking = RadioField(
        _l("Who can come"),
        [one_of_choices(_l("Choose who can come"))],
        default=OPEN_TO_ALL,
        validate_choice=False,
        description=_l(
            "Public. If people book a seat, the site shows whether seats are left, and "
            "nobody can book more seats than there are"
        ),
    )
    seats_reason = editor_line_field(
        _l("Reason for more seats than the room has (optional)"),
        _l("The reason"),
        _l("Not public. Only needed if people may book more seats than the room has"),
    )
    serves_food = form_field(SESSION_FIELDS["serves_food"])
    appearances = AppearancesField(_l("Speakers"))
    find = StringField(
        _l("Find a speaker to add"),
        [max_length(MAX_EDITOR_LINE_LENGTH, _l("The name"))],
        [collapse_whitespace],
        _l("Enter part of the name. Accents do not matter"),
        render_kw={"autocomplete": "off", "spellcheck": "false"},
    )
    abstract = form_field(SESSION_FIELDS["abstract"])
    description = form_field(SESSION_FIELDS["description"])
    links = TextAreaField(
        _l("Links (optional)"),
        [max_length(MAX_TEXT_LENGTH, _l("The links")), no_hidden_characters, validate_links],
        [normalise_lines],
        _l("Public. One link per line: the web address, a space, then the link text"),
        render_kw={"spellcheck": "false"},
    )
    licence = form_field(SESSION_FIELDS["licence"])
    is_recorded = form_field(SESSION_FIELDS["is_recorded"])
    is_illustrative = form_field(SESSION_FIELDS["is_illustrative"])
    state = RadioField(_l("State"), validate_choice=True)
    notes = notes_field()

    session: Session | None = None  # as currently saved
    kind_choices: Sequence[tuple[str, str]] = ()  # type and its name
    pressed_button = ""  # the button
    focus_button = ""  # the button to focus

    def set_choices(
        self, choices: SessionFilterChoices, days: Iterable[date], session: Session | None = None
    ) -> None:
        """Set the values to choose from, including those the session has now."""
        self.session = session
        self.theme.choices = [("", str(_l("No theme"))), *choices.theme]
        self.room.choices = [("", str(_l("No room yet"))), *choices.room]
        standing = _parse_day(self.day.data)
        offered_days = sorted({*days, *([standing] if standing else [])})
        self.day.choices = [
            ("", str(_l("No day yet"))),
            *((day.isoformat(), formatting.local_date(day)) for day in offered_days),
        ]
        self.booking.choices = list(BOOKING_CHOICES)
        is_withdrawn = session is not None and session.state == WITHDRAWN
        self.state.choices = [
            (state, name)
            for state, name in STATE_CHOICES.items()
            if state != WITHDRAWN or is_withdrawn
        ]
        self.appearances.set_choices()

    def validate_day(self, field: SelectField) -> None:
        """Raise ValidationError for a time without a day."""
        if not field.data and (self.starts.data or self.ends.data):
            raise ValidationError(_l("Choose a day, or leave both times empty"))

    def validate_starts(self, field: ClockTimeField) -> None:
        """Raise ValidationError for a day without a start, or a time that the clocks skip."""
        if field.data is None and (self.day.data or self.ends.data):
            raise ValidationError(_l("Enter a start time, or choose “No day yet”"))
        self._reject_skipped_time(field.data)

    def validate_ends(self, field: ClockTimeField) -> None:
        """Raise ValidationError for an end before the start or more than 24 hours later."""
        starts, ends = self._start_and_end()
        if ends is None:
            self._reject_skipped_time(field.data)
        elif starts is not None and ends <= starts:
            raise ValidationError(
                _l(
                    "The end time must be after the start time. If the session ends the next "
                    "day, select that box"
                )
            )
        elif starts is not None and ends - starts > MAX_DURATION:
            raise ValidationError(_l("A session cannot last longer than 24 hours"))

    def values(self) -> dict[str, Any]:
        """Return the submitted values for saving."""
        starts_at, ends_at = self._start_and_end()
        return {
            **with_slug(self.table_values),
            "kind": self._resolve_kind(),
            "starts_at": starts_at,
            "ends_at": ends_at,
            "appearances": self.appearances.values(),
        }

    def apply_button(self, button: str) -> bool:
        """Apply a button other than saving; return True if one was pressed.

        The Enter key presses the first button: if a name was typed, it searches for that.
        """
        is_find = button == ENTER_BUTTON and bool(self.find.data)
        self.pressed_button = "find" if is_find else button
        action, _, argument = self.pressed_button.partition(" ")
        if action == "add":
            self.appearances.add(argument)
            self._focus_last_row()
        elif action == "new":
            self._add_new_speaker()
        elif _is_number(argument):
            self.focus_button = self.appearances.apply_button(action, int(argument))
            self.find.render_kw = {
                **self.find.render_kw,
                **({} if self.focus_button else AUTOFOCUS),
            }
        return action in {"add", "new", "remove", "up", "down", "find", "preview"}

    def _add_new_speaker(self) -> None:
        """Add the name that was searched for as a speaker who is created with the session."""
        if self.appearances.add_new(self.find.data or ""):
            self._focus_last_row()
        else:
            self.find.errors = [gettext("Enter the name of the new speaker")]

    def _focus_last_row(self) -> None:
        self.find.data = ""
        self.appearances.entries[-1].form.role.render_kw = AUTOFOCUS

    def with_error(self, refusal: RuleViolation) -> Self:
        """Add an error above the form."""
        self.form_errors.append(gettext(str(refusal)))
        return self

    def _resolve_kind(self) -> str:
        """Return the type with the typed name; an unknown name is a new type."""
        typed = self.kind.data or ""
        own = [(self.session.kind, kind_name(self.session.kind))] if self.session else []
        meant = {name.casefold(): kind for kind, name in (*self.kind_choices, *own)}
        return meant.get(typed.casefold(), typed)

    def _start_and_end(self) -> tuple[datetime | None, datetime | None]:
        """Return the start and end in UTC; None where they are missing or invalid."""
        day = _parse_day(self.day.data)
        if day is None:
            return None, None
        last = get_last_day(day, is_next=bool(self.ends_next_day.data))
        return self._to_utc(day, self.starts.data), self._to_utc(last, self.ends.data)

    def _to_utc(self, day: date, clock: Any) -> datetime | None:
        known = [self.session.starts_at, self.session.ends_at] if self.session else []
        return (
            resolve_local_time(day, clock, formatting.conference_zone(), known) if clock else None
        )

    def _reject_skipped_time(self, clock: Any) -> None:
        day = _parse_day(self.day.data)
        if day and clock and self._to_utc(day, clock) is None:
            raise ValidationError(
                _l(
                    "The clocks go forward that day, so this time does not exist. Enter "
                    "another time"
                )
            )


SessionForm.add_other_fields(SESSION_FIELDS)


def initial_data(session: Session, zone: ZoneInfo) -> dict[str, Any]:
    """Return the current values of the fields."""
    known = initial_times(session, zone)
    return {
        **SessionForm.initial_values(
            {name: SESSION_FIELDS.get_value(session, name) for name in SESSION_FIELDS.names}
        ),
        "expected_version": session.version,
        "kind": kind_name(session.kind),
        "theme": session.theme.key if session.theme else "",
        "room": session.room.key if session.room else "",
        "day": known.day.isoformat() if known.day else "",
        "starts": known.starts,
        "ends": known.ends,
        "ends_next_day": known.ends_next_day,
        "appearances": form_fields.initial_appearances(session.appearances),
    }


def initial_data_for_new(args: Mapping[str, str]) -> dict[str, Any]:
    """Return the initial values for a new session; the board passes a time and a room."""
    initial = {
        "day": args.get("day") if _parse_day(args.get("day")) else None,
        "starts": _parse_clock(args.get("starts")),
        "ends": _parse_clock(args.get("ends")),
        "room": args.get("room"),
    }
    return {
        "state": DRAFT,
        "kind": kind_name("parallel"),
        "expected_version": 0,
        **{name: value for name, value in initial.items() if value},
    }


def _parse_clock(typed: str | None) -> time | None:
    try:
        return time.fromisoformat(typed or "")
    except ValueError:
        return None


def _parse_day(typed: Any) -> date | None:
    try:
        return date.fromisoformat(typed or "")
    except ValueError:
        return None


def _is_number(typed: str) -> bool:
    return typed.isascii() and typed.isdecimal() and len(typed) <= MAX_ROW_DIGITS
