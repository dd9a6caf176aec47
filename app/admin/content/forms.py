"""Forms for pages, news, links and the urgent notice."""

import re
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from flask_babel import lazy_gettext as _l
from wtforms import DateField, Field, HiddenField, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, ValidationError

from app import clock
from app.admin_kit.edit_form import EditForm
from app.content.services import SLUG_PATTERN
from app.content.versions import ContentDraft
from app.forms.fields import editor_name_field
from app.forms.moment_fields import LocalDateTimeField, moment_field
from app.forms.validators import max_length, no_hidden_characters
from app.text import collapse_whitespace, normalise_lines
from app.web.formatting import local_day

MAX_SUMMARY_LENGTH = 300  # characters
MAX_BODY_LENGTH = 30_000  # characters; fits into a request in any script
MAX_NOTICE_LENGTH = 300
MAX_LABEL_LENGTH = 200
MAX_URL_LENGTH = 2_000  # characters
HOST_PATTERN = re.compile(r"[^\s/?#@\\]+\.[^\s/?#@\\.]{2,}")


def _in_future(_form: Any, field: LocalDateTimeField) -> None:
    """Raise ValidationError for a moment in the past."""
    if field.utc_value is not None and field.utc_value <= clock.now():
        raise ValidationError(_l("Enter a time in the future, or leave this empty"))


def _valid_slug(_form: Any, field: Field) -> None:
    if field.data and not SLUG_PATTERN.fullmatch(field.data):
        raise ValidationError(_l("Use lower case letters, numbers and hyphens, like getting-here"))


def _valid_web_url(_form: Any, field: Field) -> None:
    """Raise ValidationError for anything but an absolute http or https URL."""
    try:
        parts = urlsplit(field.data or "")
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        host, parts = "", urlsplit("")
    is_web = parts.scheme in {"http", "https"} and not parts.username
    if not is_web or not HOST_PATTERN.fullmatch(host) or re.search(r"\s", field.data or ""):
        raise ValidationError(_l("Enter a full web address, like https://www.example.org/report"))


def appears_field() -> LocalDateTimeField:
    """Return the optional field for when a text is published."""
    return moment_field(_l("Appears (optional)"), validator=_in_future)


class ContentForm(EditForm):
    """Edit a page."""

    title = editor_name_field(_l("Title"), _l("The title"), _l("Enter a title"))
    summary = TextAreaField(
        _l("Summary"),
        [
            DataRequired(_l("Enter a summary")),
            max_length(MAX_SUMMARY_LENGTH, _l("The summary")),
            no_hidden_characters,
        ],
        filters=[collapse_whitespace],
    )
    body = TextAreaField(
        _l("Text"),
        [
            DataRequired(_l("Enter the text")),
            max_length(MAX_BODY_LENGTH, _l("The text")),
            no_hidden_characters,
        ],
        filters=[normalise_lines],
        render_kw={"dir": "auto", "data-previewed": ""},
    )
    appears = appears_field()

    def to_draft(self) -> ContentDraft:
        """Return the submitted values."""
        appears_at = self.appears.utc_value
        return ContentDraft(
            title=self.title.data or "",
            summary=self.summary.data or "",
            body=self.body.data or "",
            dated_on=self._displayed_date(local_day(appears_at or clock.now())),
            appears_at=appears_at,
        )

    def set_initial_data(self, title: str, summary: str, body: str, dated_on: date) -> None:
        """Fill in a version."""
        self.title.data, self.summary.data, self.body.data = title, summary, body

    def _displayed_date(self, default: date) -> date:
        """Return the date shown with the text."""
        return default


class NewsForm(ContentForm):
    """Edit a news item."""

    dated_on = DateField(
        _l("Day"),
        [DataRequired(_l("Enter a date, like 2008-11-06"))],
    )

    def set_initial_data(self, title: str, summary: str, body: str, dated_on: date) -> None:
        """Fill in a version."""
        super().set_initial_data(title, summary, body, dated_on)
        self.dated_on.data = dated_on

    def _displayed_date(self, default: date) -> date:
        return self.dated_on.data or default


class NewPageForm(ContentForm):
    """Add a page."""

    address = StringField(
        _l("Page address (optional)"),
        [max_length(60, _l("The page address")), no_hidden_characters, _valid_slug],
        filters=[collapse_whitespace, str.lower],
        render_kw={"spellcheck": "false", "autocapitalize": "none"},
    )


class LinkForm(EditForm):
    """Add a link to a page."""

    label = editor_name_field(_l("Link text"), _l("The link text"), _l("Enter the link text"))
    address = StringField(
        _l("Web address"),
        [
            DataRequired(_l("Enter the web address of the link")),
            max_length(MAX_URL_LENGTH, _l("The web address")),
            no_hidden_characters,
            _valid_web_url,
        ],
        filters=[collapse_whitespace],
        render_kw={"inputmode": "url", "spellcheck": "false", "autocapitalize": "none"},
    )
    appears = appears_field()

    def to_draft(self) -> ContentDraft:
        """Return the submitted values."""
        return ContentDraft(
            title=self.label.data or "",
            summary="",
            body=self.address.data or "",
            dated_on=local_day(self.appears.utc_value or clock.now()),
            appears_at=self.appears.utc_value,
        )


class EditLinkForm(LinkForm):
    """Edit a link, or its position in the list."""

    place = SelectField(_l("Position in the list"), coerce=int)
    initial_position = HiddenField()  # the position when the form was opened

    @property
    def requested_position(self) -> int | None:
        """Return the new position, or None if it was not changed.

        None keeps a position that another user has changed meanwhile.
        """
        return None if self.initial_position.data == str(self.place.data) else self.place.data

    def set_choices(self, count: int) -> None:
        """Set the positions to choose from, 1 to ``count``."""
        self.place.choices = [(number, str(number)) for number in range(1, count + 1)]


class NoticeForm(EditForm):
    """Edit the urgent notice."""

    words = TextAreaField(
        _l("The notice"),
        [
            DataRequired(_l("Enter the text of the notice")),
            max_length(MAX_NOTICE_LENGTH, _l("The notice")),
            no_hidden_characters,
        ],
        filters=[collapse_whitespace],
    )
    appears = appears_field()
    ends = moment_field(_l("Ends (optional)"), validator=_in_future)

    def validate_ends(self, field: LocalDateTimeField) -> None:
        """Raise ValidationError if the notice ends before it appears."""
        if field.utc_value and self.appears.utc_value and field.utc_value <= self.appears.utc_value:
            raise ValidationError(_l("The notice must end after it appears"))

    def to_draft(self) -> ContentDraft:
        """Return the submitted values."""
        return ContentDraft(
            title=self.words.data or "",
            summary="",
            body="",
            dated_on=local_day(self.appears.utc_value or clock.now()),
            appears_at=self.appears.utc_value,
            ends_at=self.ends.utc_value,
        )
