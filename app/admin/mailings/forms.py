"""The forms of group emails: recipients, text, time."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time
from itertools import islice
from typing import Any, Final

from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from wtforms import BooleanField, Field, IntegerField, RadioField, SelectField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # of WTForms 3.2
from wtforms.validators import AnyOf, DataRequired, StopValidation, ValidationError

from app import clock
from app.admin.publishing.forms import IsoDateField
from app.admin_kit.edit_form import EditForm
from app.admin_kit.listing import MAX_SEARCH_LENGTH, ListFilter, ListQuery
from app.admin_kit.option_search import MAX_LISTED
from app.forms.fields import ClockTimeField, VersionField, editor_text_field, line_field
from app.forms.form import Form
from app.mailings import message, release
from app.mailings.audiences import Audience
from app.mailings.models import Mailing
from app.mailings.scheduling import SendTime, undo_deadline
from app.mailings.services import Draft
from app.text import collapse_whitespace
from app.web.formatting import conference_zone, local_moment

MAX_SUBJECT_LENGTH = 150  # characters, before the placeholders are filled
MAX_BODY_LENGTH = 10_000
MAX_DAYS_BEFORE = 365
MAX_OPTIONS: Final = 200  # of a filter; all countries fit
SOON, AT, BEFORE = "soon", "at", "before"


class AudienceForm(Form):
    """Choose the recipients: an audience, or a saved view of its list."""

    people = RadioField(
        _l("People"), [AnyOf((), message=_l("Select who to email"))], validate_choice=False
    )

    def offer(self, choices: Sequence[tuple[str, Any]]) -> None:
        """Set the choices, which come from the database."""
        self.people.choices = [SelectChoice(value, label) for value, label in choices]
        names = [value for value, _ in choices]
        self.people.validators = [AnyOf(names, message=_l("Select who to email"))]


class TextForm(EditForm):
    """Write the subject and the text."""

    subject = line_field(
        _l("Subject"),
        _l("The subject"),
        _l("Enter a subject"),
        max_chars=MAX_SUBJECT_LENGTH,
        dir="auto",
        autocomplete="off",
    )
    body = editor_text_field(
        _l("Text"),
        _l("The text"),
        _l("Markdown: an empty line begins a new paragraph, *words* are emphasised"),
        MAX_BODY_LENGTH,
    )
    is_essential = BooleanField(
        _l("This is about their booking or their part in the conference"),
        description=_l("People who have unsubscribed from other emails get it as well"),
    )

    def set_initial_data(self, mailing: Mailing, language: str) -> None:
        """Fill in the text saved in a language; "" is the default text."""
        self.expected_version.data = mailing.version
        self.subject.data, self.body.data = mailing.texts.get(language, ("", ""))
        self.is_essential.data = mailing.is_essential

    @property
    def draft(self) -> Draft:
        """Return the submitted text."""
        return Draft(self.subject.data or "", self.body.data or "", bool(self.is_essential.data))

    def check_placeholders(self, audience: Audience) -> bool:
        """Show the faults of placeholders beside the field; return whether there are none."""
        for field in (self.subject, self.body):
            found = message.find_problems(
                field.data or "", audience, is_subject=field.name == "subject"
            )
            if found:
                field.errors = [". ".join(found)]
        return not (self.subject.errors or self.body.errors)

    def validate_body(self, field: Field) -> None:
        """Raise StopValidation if the text is empty."""
        if not (field.data or "").strip():
            raise StopValidation(_l("Enter the text of the email"))


def build_filter_form(filters: Sequence[ListFilter], query: ListQuery, words: str = "") -> Form:
    """Return a form with the search and the filters of a list, filled in with a query.

    Filters with many options offer the first matches of a search, and the chosen option.
    """
    fields: dict[str, Any] = {
        "q": StringField(
            _l("Search"), filters=[collapse_whitespace], render_kw={"maxlength": MAX_SEARCH_LENGTH}
        )
    }
    for one in filters:
        fields[one.name] = (
            _build_text_filter(one)
            if one.is_text
            else _build_choice(one, words, query.get_filter(one.name))
        )
    form: Form = type("FilterForm", (Form,), fields)(
        data={"q": query.search, **query.filter_values}
    )
    return form


def _build_text_filter(one: ListFilter) -> StringField:
    limits = {"maxlength": MAX_SEARCH_LENGTH, "list": f"{one.name}-suggestions"}
    return StringField(
        one.label,
        description=_l("The name or a part of it"),
        filters=[collapse_whitespace],
        render_kw={**limits, "autocomplete": "off"},
    )


def has_many_options(one: ListFilter) -> bool:
    """Return True if a filter has so many options that they are searched."""
    return not one.is_text and len(one.options) > MAX_OPTIONS


def _build_choice(one: ListFilter, words: str, chosen: str) -> SelectField:
    options = [option for option in one.options if option[0]]
    if has_many_options(one):
        options = list(_find_options(options, words, chosen))
    choices = [SelectChoice("", _l("All")), *(SelectChoice(*option) for option in options)]
    return SelectField(one.label, choices=choices, validate_choice=False)


def _find_options(
    options: Sequence[tuple[str, Any]], words: str, chosen: str
) -> Iterator[tuple[str, Any]]:
    """Yield the chosen option, and the first that match the search."""
    yield from (option for option in options if option[0] == chosen)
    wanted = words.casefold()
    found = (
        option for option in options if option[0] != chosen and wanted in str(option[1]).casefold()
    )
    yield from islice(found, MAX_LISTED)


class ScheduleForm(Form):
    """Set when a mailing is sent, and confirm the number of recipients."""

    when = RadioField(
        _l("When to send it"),
        [AnyOf((SOON, AT, BEFORE), message=_l("Select when to send it"))],
        default=SOON,
        validate_choice=False,
    )
    day = IsoDateField(_l("Day"))
    time = ClockTimeField(_l("Time"))
    days_before = IntegerField(_l("Days before the conference"))
    includes_later = BooleanField(_l("Also send it to people who match the filters by then"))
    is_confirmed = BooleanField(
        "", [DataRequired(_l("Confirm the number of people before you send it"))]
    )
    count = VersionField()
    expected_version = VersionField()

    def prepare(
        self, mailing: Mailing, count: int, undo_minutes: int, *, is_everyone: bool
    ) -> None:
        """Set what the page shows: the number of people, and how long sending can be undone."""
        soon = ngettext(
            "Now. You can cancel for %(num)s minute",
            "Now. You can cancel for %(num)s minutes",
            undo_minutes,
        )
        self.when.choices = [
            SelectChoice(SOON, soon),
            SelectChoice(AT, _l("At a date and time")),
            SelectChoice(BEFORE, _l("Some days before the conference")),
        ]
        label = ngettext("Send it to %(num)s person", "Send it to %(num)s people", count)
        if is_everyone:
            label = ngettext(
                "Send it to everyone in the list: %(num)s person",
                "Send it to everyone in the list: %(num)s people",
                count,
            )
        self.is_confirmed.label.text = label
        if self.count.data != count:  # the confirmed number is outdated
            self.is_confirmed.data = False
        self.count.data, self.expected_version.data = count, mailing.version

    def validate(self, *checks: Any, **named: Any) -> bool:
        """Validate the form; ignore the fields that the choice does not need."""
        if self.when.data != AT:
            self.day.process_errors = []
        if self.when.data == SOON:
            self.time.process_errors = []
        if self.when.data != BEFORE:
            self.days_before.process_errors = []
        return bool(super().validate(*checks, **named))

    def validate_day(self, field: Field) -> None:
        """Raise StopValidation if a date is needed and missing."""
        if self.when.data == AT and field.data is None:
            raise StopValidation(_l("Enter the date to send it"))

    def validate_time(self, field: Field) -> None:
        """Raise an error if a time is needed and is missing or past."""
        if self.when.data == SOON:
            return
        if field.data is None:
            raise StopValidation(_l("Enter the time to send it, like 9:30am"))
        if self.when.data == AT and self.day.data and self._at <= clock.now():
            raise ValidationError(_l("Enter a date and time in the future"))

    def validate_days_before(self, field: Field) -> None:
        """Raise an error if a number of days is needed and is missing or past."""
        if self.when.data != BEFORE:
            return
        if field.data is None or not 0 <= field.data <= MAX_DAYS_BEFORE:
            raise StopValidation(_l("Enter a number of days, like 7"))
        if self.time.data and self._before <= clock.now():
            moment = local_moment(self._before)
            raise ValidationError(_l("That was %(moment)s. Enter fewer days", moment=moment))

    @property
    def _at(self) -> datetime:
        local = datetime.combine(self.day.data or date.min, self.time.data or time.min)
        return local.replace(tzinfo=conference_zone()).astimezone(UTC)

    @property
    def _before(self) -> datetime:
        return release.days_before(self.days_before.data or 0, f"{self.time.data:%H:%M}")

    def get_send_time(self, undo_window: Any) -> SendTime:
        """Return when the mailing is sent."""
        if self.when.data == SOON:
            return SendTime(undo_deadline(undo_window))
        later = bool(self.includes_later.data)
        if self.when.data == AT:
            return SendTime(self._at, chooses_when_sent=later)
        clock_time = f"{self.time.data:%H:%M}"
        return SendTime(self._before, self.days_before.data, clock_time, chooses_when_sent=later)
