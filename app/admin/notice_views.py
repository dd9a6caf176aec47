"""Notices of change: the changes of the last releases, and who would be notified.

Nothing is sent here. Once an organiser has selected the changes, their emails are a draft that is
checked, edited and sent like any other group email.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from app.accounts.guards import current_actor
from app.admin.mailings.audiences import CANCELLED, FOR_DELEGATES, load_delegates
from app.admin.mailings.speaker_audience import load_accounts
from app.admin_kit.listing import PAGE_SIZE, ListFilter, Listing, parse_list_query, render_list
from app.errors import NotFound, RuleViolation
from app.forms.fields import VersionField
from app.forms.form import Form
from app.mail import placeholders
from app.mail.placeholders import Placeholder, PlaceholderKind
from app.mailings import (
    audiences,
    notice_mailing,
    notice_people,
    notice_queries,
    notice_speakers,
    notice_text,
    notices,
    recipients,
)
from app.mailings.audiences import Audience, Candidate
from app.mailings.models import Mailing
from app.mailings.notice_changes import NoticeChange
from app.mailings.notice_models import ChangeNotice
from app.mailings.notice_people import NoticeSummary
from app.mailings.notice_text import ChangeText
from app.programme.models import Speaker
from app.web import redirects
from app.web.rendering import render_page

bp = Blueprint("notices", __name__, url_prefix="/notices")

redirects.MESSAGES["admin"] |= {
    "notice-prepared": _l("The emails are prepared. Check them, then send them."),
    "notice-dropped": _l("Nobody will be notified of these changes."),
}

SORTS = ("name",)
MAX_NAMES = 5  # of speakers who get no email
OF_BOOKING = frozenset({"days", "booking_reference", "booking_link"})
PLACEHOLDERS = placeholders.declare(
    *FOR_DELEGATES.values(),
    Placeholder(
        notice_mailing.CHANGES,
        _l("What has changed for them, from old to new"),
        kind=PlaceholderKind.BLOCK,
    ),
    Placeholder(
        notice_mailing.SESSIONS,
        _l("The changed sessions that they follow or speak in, if any"),
        _l("Fair financing"),
    ),
    Placeholder(
        notice_mailing.SPEAKER_LINK,
        _l("Link to their speaker pages, if they speak or help a speaker"),
        kind=PlaceholderKind.LINK,
    ),
)


def load_people(people: Collection[str], query: str) -> Mapping[str, Candidate]:
    """Return delegates, speakers and assistants, with their placeholder values."""
    accounts = {person for person in people if person.startswith(f"{recipients.ACCOUNT} ")}
    delegates = [person for person in people if person not in accounts]
    found = load_delegates(delegates, query) if delegates else {}
    found = {**found, **_find_speaking(found.values())}
    return {**found, **load_accounts(accounts)} if accounts else found


def _find_speaking(delegates: Iterable[Candidate]) -> Mapping[str, Candidate]:
    """Return people with a cancelled booking who still speak, or assist a speaker."""
    cancelled = [delegate for delegate in delegates if delegate.exclusion == CANCELLED]
    emails = notice_speakers.list_emails([delegate.address for delegate in cancelled])
    return {
        delegate.person: replace(delegate, other_role=_without_booking(delegate))
        for delegate in cancelled
        if delegate.address.lower() in emails
    }


def _without_booking(one: Candidate) -> Candidate:
    values = {name: text for name, text in one.values.items() if name not in OF_BOOKING}
    return replace(one, booking_reference="", exclusion="", values=values)


audiences.declare(
    Audience(
        notice_mailing.AUDIENCE,
        _l("Notices of change"),
        PLACEHOLDERS,
        load_people,
        refresh=notices.refresh_mailing,
        secrets=frozenset({"booking_link"}),
        required=frozenset({notice_mailing.CHANGES}),
    )
)


@dataclass(frozen=True)
class ChangeRow:
    """A change that an organiser can exclude."""

    id: str
    text: ChangeText
    count: int  # of the people it concerns
    day_count: int  # of those it concerns only by their days
    is_chosen: bool
    unreachable: Sequence[Speaker]  # whom no one can tell, if no one else is notified


class NoticeForm(Form):
    """Decide about a notice as the page showed it."""

    expected_version = VersionField()


@bp.get("")
def index() -> ResponseReturnValue:
    notice = notice_queries.find_open()
    if notice is None:
        speakers = notice_queries.list_unreachable()
        return render_page("admin/notices/none.html", speakers=speakers, max_names=MAX_NAMES)
    return _render_notice(notice, NoticeForm(formdata=None))


@bp.post("/prepare")
def prepare() -> ResponseReturnValue:
    form, notice = NoticeForm(), _get_notice()
    if not form.validate_on_submit():
        return _render_notice(notice, form, str(form.errors))
    try:
        mailing = notices.create_mailing(
            notice,
            request.form.getlist("chosen"),
            includes_days="includes_days" in request.form,
            expected_version=form.expected_version.data,
            actor=current_actor(),
        )
    except RuleViolation as refusal:
        return _render_notice(notice, form, gettext(str(refusal)))
    return redirects.redirect_to(_mailing_url(mailing), "notice-prepared")


@bp.route("/drop", methods=["GET", "POST"])
def drop() -> ResponseReturnValue:
    form, notice = NoticeForm(), _get_notice()
    if form.validate_on_submit():
        notices.drop(notice, expected_version=form.expected_version.data, actor=current_actor())
        return redirects.redirect_to(url_for(".index"), "notice-dropped")
    form.expected_version.data = notice.version
    return render_page("admin/notices/drop.html", form=form, size=notice_queries.find_open_size())


def _mailing_url(mailing: Mailing) -> str:
    return url_for("admin.mailings.show", number=mailing.id)


def _get_notice() -> ChangeNotice:
    notice = notice_queries.find_open()
    if notice is None:
        raise NotFound("There is nothing to tell people at the moment")
    return notice


def _render_notice(
    notice: ChangeNotice, choice: NoticeForm, error: str = ""
) -> ResponseReturnValue:
    summary = notice_people.get_summary(notice)
    choice.expected_version.data = notice.version
    without_access = notice_speakers.list_without_access(summary.changes)
    rows = [_to_row(summary, change, without_access) for change in summary.changes]
    filters = (_filter_by_change(rows),)
    list_query = parse_list_query(filters, SORTS)
    people, total = notice_people.list_page(
        *(summary, list_query.search, list_query.get_filter("change")),
        offset=list_query.offset,
        limit=PAGE_SIZE,
    )
    return render_list(
        "admin/notices/index.html",
        Listing(people, total, list_query, filters),
        error,
        summary=summary,
        rows=rows,
        without_access=_list_of_chosen(summary, without_access),
        max_names=MAX_NAMES,
        choice=choice,
        texts={row.id: row.text for row in rows},
    )


def _list_of_chosen(summary: NoticeSummary, speakers: Sequence[Speaker]) -> Sequence[Speaker]:
    slugs = {slug for change in summary.chosen for slug in change.speaker_slugs}
    return [speaker for speaker in speakers if speaker.slug in slugs]


def _to_row(
    summary: NoticeSummary, change: NoticeChange, without_access: Sequence[Speaker]
) -> ChangeRow:
    count, day_count = summary.counts.get(change.id, 0), summary.day_counts.get(change.id, 0)
    unreachable = [speaker for speaker in without_access if speaker.slug in change.speaker_slugs]
    return ChangeRow(
        id=change.id,
        text=notice_text.describe(change),
        count=count,
        day_count=day_count,
        is_chosen=change.id not in summary.excluded,
        unreachable=[] if count or day_count else unreachable,
    )


def _filter_by_change(rows: Sequence[ChangeRow]) -> ListFilter:
    notified_rows = [row for row in rows if row.count or row.day_count]
    options = [(row.id, f"{row.text.heading}: {row.text.label}") for row in notified_rows]
    return ListFilter("change", _l("Change"), [("", _l("All")), *options])
