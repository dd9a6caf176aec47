"""What someone types who writes for the public: pages, news, links, the urgent notice."""

import re
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from flask_babel import lazy_gettext as _l
from wtforms import DateField, Field, HiddenField, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, ValidationError

from app import clock
from app.content.services import SLUG
from app.content.versions import Wording
from app.forms import one_line, plain_characters
from app.organise.edited import EditForm, a_name, lines
from app.organise.moments import MomentField, a_moment_or_nothing
from app.registration.fields import at_most
from app.web.words import local_day

LONGEST_SUMMARY = 300  # characters
LONGEST_BODY = 30_000  # in any writing it fits into what one request may hold
LONGEST_NOTICE = 300
LONGEST_LABEL = 200
LONGEST_PLACE = 2_000  # characters of a link's address
HOST = re.compile(r"[^\s/?#@\\]+\.[^\s/?#@\\.]{2,}")


def _to_come(_form: Any, field: MomentField) -> None:
    """Refuse a moment that has gone by."""
    if field.moment is not None and field.moment <= clock.now():
        raise ValidationError(
            _l("That moment has gone by. Choose one to come, or leave this empty")
        )


def _small_letters(_form: Any, field: Field) -> None:
    if field.data and not SLUG.fullmatch(field.data):
        raise ValidationError(_l("Use small letters, numbers and hyphens, like getting-here"))


def _web_address(_form: Any, field: Field) -> None:
    """Refuse what is no address of a page on the web."""
    try:
        parts = urlsplit(field.data or "")
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        host, parts = "", urlsplit("")
    is_web = parts.scheme in {"http", "https"} and not parts.username
    if not is_web or not HOST.fullmatch(host) or re.search(r"\s", field.data or ""):
        raise ValidationError(_l("Enter a whole address, like https://www.example.org/report"))


def appears() -> MomentField:
    """Ask when something is to appear, where it is not to at once."""
    checks = [a_moment_or_nothing, _to_come]
    return MomentField(_l("Appears (optional)"), checks, filters=[one_line])


class WritingForm(EditForm):
    """Write a page."""

    title = a_name(_l("Title"), _l("The title"), _l("Enter a title"))
    summary = TextAreaField(
        _l("Summary"),
        [
            DataRequired(_l("Enter a summary")),
            at_most(LONGEST_SUMMARY, _l("The summary")),
            plain_characters,
        ],
        filters=[one_line],
    )
    body = TextAreaField(
        _l("Text"),
        [
            DataRequired(_l("Enter the text")),
            at_most(LONGEST_BODY, _l("The text")),
            plain_characters,
        ],
        filters=[lines],
        render_kw={"dir": "auto", "data-previewed": ""},
    )
    appears = appears()

    def wording(self) -> Wording:
        """Give what was typed."""
        appears_at = self.appears.moment
        return Wording(
            title=self.title.data or "",
            summary=self.summary.data or "",
            body=self.body.data or "",
            dated_on=self._day(local_day(appears_at or clock.now())),
            appears_at=appears_at,
        )

    def begin_with(self, title: str, summary: str, body: str, dated_on: date) -> None:
        """Let a version stand in the form."""
        self.title.data, self.summary.data, self.body.data = title, summary, body

    def _day(self, usual: date) -> date:
        """Give the day that readers see with it."""
        return usual


class NewsForm(WritingForm):
    """Write a news item."""

    dated_on = DateField(
        _l("Day"),
        [DataRequired(_l("Enter the day that readers see with it, like 2008-11-06"))],
    )

    def begin_with(self, title: str, summary: str, body: str, dated_on: date) -> None:
        """Let a version stand in the form."""
        super().begin_with(title, summary, body, dated_on)
        self.dated_on.data = dated_on

    def _day(self, usual: date) -> date:
        return self.dated_on.data or usual


class NewPageForm(WritingForm):
    """Write a page that has not been there before."""

    address = StringField(
        _l("Address (optional)"),
        [at_most(60, _l("The address")), plain_characters, _small_letters],
        filters=[one_line, str.lower],
        render_kw={"spellcheck": "false", "autocapitalize": "none"},
    )


class LinkForm(EditForm):
    """Add a link to a page."""

    label = a_name(_l("Words of the link"), _l("The words"), _l("Enter the words of the link"))
    address = StringField(
        _l("Address"),
        [
            DataRequired(_l("Enter the address that it leads to")),
            at_most(LONGEST_PLACE, _l("The address")),
            plain_characters,
            _web_address,
        ],
        filters=[one_line],
        render_kw={"inputmode": "url", "spellcheck": "false", "autocapitalize": "none"},
    )
    appears = appears()

    def wording(self) -> Wording:
        """Give what was typed."""
        return Wording(
            title=self.label.data or "",
            summary="",
            body=self.address.data or "",
            dated_on=local_day(self.appears.moment or clock.now()),
            appears_at=self.appears.moment,
        )


class LinkEditForm(LinkForm):
    """Change a link, or its place among the others."""

    place = SelectField(_l("Place in the list"), coerce=int)
    stood = HiddenField()  # at which place, when the page was opened

    @property
    def place_chosen(self) -> int | None:
        """Give the place that somebody chose; who left it alone keeps nobody else from moving."""
        return None if self.stood.data == str(self.place.data) else self.place.data

    def offer(self, count: int) -> None:
        """Say how many places there are."""
        self.place.choices = [(number, str(number)) for number in range(1, count + 1)]


class NoticeForm(EditForm):
    """Write an urgent notice."""

    words = TextAreaField(
        _l("The notice"),
        [
            DataRequired(_l("Enter the words of the notice")),
            at_most(LONGEST_NOTICE, _l("The notice")),
            plain_characters,
        ],
        filters=[one_line],
    )
    appears = appears()
    ends = MomentField(_l("Ends (optional)"), [a_moment_or_nothing, _to_come], filters=[one_line])

    def validate_ends(self, field: MomentField) -> None:
        """Refuse an end that comes before the beginning."""
        if field.moment and self.appears.moment and field.moment <= self.appears.moment:
            raise ValidationError(_l("The notice must end after it appears"))

    def wording(self) -> Wording:
        """Give what was typed."""
        return Wording(
            title=self.words.data or "",
            summary="",
            body="",
            dated_on=local_day(self.appears.moment or clock.now()),
            appears_at=self.appears.moment,
            ends_at=self.ends.moment,
        )
