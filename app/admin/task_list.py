"""The tasks of the dashboard. To add one, add a row to ``TASKS`` (see ``tasks``)."""

import re
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any, Final

from flask import url_for
from flask_babel import gettext, ngettext
from sqlalchemy import ColumnElement, String, cast, func, select

from app import clock
from app.accounts import roles
from app.admin.mailings.send_views import describe_next
from app.admin.tasks import LATER, URGENT, WAITING, Count, Task, count_where
from app.content import starter_texts
from app.content.views import get_content_folder
from app.database import Base
from app.history.models import HistoryEntry
from app.interchange import uploads
from app.interchange.uploads import Upload
from app.mail.models import BOUNCED, Email, EmailReply, SuppressedAddress
from app.mail.queries import IS_FAILED, IS_WAITING
from app.mailings import notice_models
from app.mailings.models import SCHEDULED, SENDING, Mailing
from app.mailings.notice_models import ChangeNotice
from app.onboarding.queries import get_example_acronym
from app.programme import clashes
from app.programme.editing import speaker_queries
from app.programme.editing.session_queries import MISSING_CONDITIONS
from app.programme.editing.speaker_queries import TAKES_PART
from app.programme.models import Conference, Session, Speaker
from app.proposals.models import OPEN, Proposal
from app.registration import integrity_check
from app.registration.access_cases import queries as access_cases
from app.registration.applications.models import ASKED, RegistrationApplication
from app.registration.interest.models import INTERESTED, ExpressionOfInterest
from app.registration.models import Delegate, SeatLimit
from app.registration.seats import CONFERENCE
from app.releases import current_release, queries
from app.releases.models import FAILED, ScheduledRelease
from app.speakers import places
from app.speakers import queries as speakers
from app.speakers.checklist import PLACE
from app.speakers.models import ItemDeadline
from app.web.formatting import local_day

SLOW_AFTER = timedelta(minutes=10)  # normally the worker delivers within a second
CLOSING_SOON = timedelta(days=7)
AUDIT: Final = integrity_check.HISTORY_SUBJECT
LACKS: Final = MISSING_CONDITIONS
PROPOSALS: Final = "proposals"
FAILED_EMAILS: Final = "failed-emails"


def _count(model: type[Base], *such: ColumnElement[bool]) -> Count:
    return partial(count_where, model, *such)


def _count_slow_emails() -> ColumnElement[int]:
    """Return the subquery that counts the emails that have been waiting too long."""
    return count_where(Email, IS_WAITING, Email.created_at < clock.real_now() - SLOW_AFTER)


def _count_returned_addresses() -> ColumnElement[int]:
    """Return the subquery that counts the addresses of delegates that take no emails."""
    address = func.lower(Delegate.email)
    is_returned = (
        select(SuppressedAddress.id)
        .where(SuppressedAddress.address == address, SuppressedAddress.reason == BOUNCED)
        .correlate(Delegate)
        .exists()
    )
    return (
        select(func.count(address.distinct()))
        .where(Delegate.cancelled_at.is_(None), is_returned)
        .scalar_subquery()
    )


def _count_uploads() -> ColumnElement[int]:
    return count_where(Upload, Upload.uploaded_at > clock.real_now() - uploads.RETENTION)


def _latest_audit() -> ColumnElement[str]:
    latest = select(HistoryEntry.summary).where(HistoryEntry.subject == AUDIT)
    return latest.order_by(HistoryEntry.id.desc()).limit(1).scalar_subquery()


def _read_audit(summary: str | None) -> int:
    found = re.search(r"(?<!\d)(\d{1,9}) faults", summary or "")
    return int(found.group(1)) if found else 0


def _count_unset_places() -> ColumnElement[int]:
    has_places = select(SeatLimit.name).where(SeatLimit.seats > 0).exists()
    return count_where(Conference, ~has_places)


def _count_waiting() -> ColumnElement[int]:
    """Return the subquery with the number of people on the waiting list."""
    waiting = select(SeatLimit.waiting).where(SeatLimit.name == CONFERENCE).scalar_subquery()
    return func.coalesce(waiting, 0)


def _count_speakers_without_place() -> ColumnElement[int]:
    """Return the subquery that counts them; none while no category is for speakers."""
    return count_where(Speaker, places.LACKS_PLACE, places.IS_ASKED)


def _count_sessions_without_place() -> ColumnElement[int]:
    """Return the subquery that counts them once the organisers’ date has passed."""
    has_passed = select(ItemDeadline.item).where(
        ItemDeadline.item == PLACE, ItemDeadline.due_on < local_day(clock.now())
    )
    return count_where(Session, LACKS["place"], places.IS_ASKED, has_passed.exists())


def _days_until_closing() -> int:
    conference = current_release.get_programme().conference
    if conference.registration_closes_at is None:
        return 0
    left = conference.registration_closes_at - clock.now()
    return left.days + 1 if timedelta() < left <= CLOSING_SOON else 0


def _count_example_texts() -> int:
    """Count the texts of the example that are still there beside another conference."""
    folder, conference = get_content_folder(), current_release.get_programme().conference
    if conference.is_invented or conference.acronym in {"", get_example_acronym(folder)}:
        return 0
    return len(starter_texts.list_example_texts(folder))


def _measure_notice() -> ColumnElement[str]:
    """Return the subquery that gives how many people can be told of how many changes: 12 3."""
    size = cast(ChangeNotice.people, String) + " " + cast(ChangeNotice.changes, String)
    newest = select(size).where(notice_models.IS_OPEN)
    return newest.order_by(ChangeNotice.id.desc()).limit(1).scalar_subquery()


def _read_people(size: str | None) -> int:
    return int((size or "0").partition(" ")[0])


def _describe_notice(size: str) -> str:
    people, changes = map(int, size.split())
    words = ngettext("%(num)s change", "%(num)s changes", changes)
    sentence: str = ngettext(
        "person to notify of %(changes)s",
        "people to notify of %(changes)s",
        people,
        changes=words,
    )
    return sentence


def _url(endpoint: str, **values: Any) -> Callable[[], str]:
    return lambda: url_for(f"admin.{endpoint}", **values)


TASKS: tuple[Task, ...] = (
    Task(
        FAILED_EMAILS,
        URGENT,
        roles.DELEGATES,
        _count(Email, IS_FAILED),
        lambda n: ngettext("email could not be delivered", "emails could not be delivered", n),
        _url("emails.index", state="failed"),
    ),
    Task(
        "slow-emails",
        URGENT,
        roles.DELEGATES,
        _count_slow_emails,
        lambda n: ngettext(
            "email has been waiting too long to be sent",
            "emails have been waiting too long to be sent",
            n,
        ),
        _url("emails.index", state="waiting"),
    ),
    Task(
        "replies",
        WAITING,
        roles.DELEGATES,
        _count(EmailReply, EmailReply.read_at.is_(None)),
        lambda n: ngettext("reply to read", "replies to read", n),
        _url("replies.index", state="unread"),
    ),
    Task(
        "access-replies",
        WAITING,
        roles.ACCESS_CASES,
        access_cases.count_unread,
        lambda n: ngettext(
            "reply about an access requirement", "replies about access requirements", n
        ),
        _url("access_cases.index", state=access_cases.UNREAD),
    ),
    Task(
        "access",
        WAITING,
        roles.ACCESS_CASES,
        access_cases.count_unfinished,
        lambda n: ngettext("access requirement to arrange", "access requirements to arrange", n),
        _url("access_cases.index"),
    ),
    Task(
        "returned-addresses",
        WAITING,
        roles.DELEGATES,
        _count_returned_addresses,
        lambda n: ngettext(
            "delegate whose emails are returned: correct the address",
            "delegates whose emails are returned: correct their addresses",
            n,
        ),
        _url("suppression.index", reason=BOUNCED),
    ),
    Task(
        "failed-releases",
        URGENT,
        roles.PROGRAMME,
        _count(ScheduledRelease, ScheduledRelease.state == FAILED),
        lambda n: ngettext(
            "scheduled release was not published", "scheduled releases were not published", n
        ),
        _url("publishing.changes"),
    ),
    Task(
        "audit",
        URGENT,
        roles.HISTORY,
        _latest_audit,
        lambda n: ngettext(
            "problem found by the last daily check of the data",
            "problems found by the last daily check of the data",
            n,
        ),
        _url("history.index", thing=AUDIT),
        read=_read_audit,
    ),
    Task(
        "places",
        URGENT,
        roles.SETTINGS,
        _count_unset_places,
        lambda _: gettext("Set the number of places, so that people can register"),
        _url("settings.limit"),
        is_counted=False,
    ),
    Task(
        "clashes",
        URGENT,
        roles.PROGRAMME,
        clashes.count_clashes,
        lambda n: ngettext("clash in the programme", "clashes in the programme", n),
        _url("board.show"),
    ),
    Task(
        "requests",
        URGENT,
        roles.PROGRAMME,
        lambda: speakers.OPEN_REQUEST_COUNT,
        lambda n: ngettext(
            "speaker who has asked for another time or withdrawn",
            "speakers who have asked for another time or withdrawn",
            n,
        ),
        _url("speaker_pages.overview", _anchor="waiting"),
    ),
    Task(
        PROPOSALS,
        WAITING,
        roles.PROGRAMME,
        _count(Proposal, Proposal.state == OPEN),
        lambda n: ngettext(
            "change from a speaker to approve", "changes from speakers to approve", n
        ),
        _url("proposals.index", state="open"),
    ),
    Task(
        "mailings",
        WAITING,
        roles.MAILINGS,
        _count(Mailing, Mailing.state.in_([SCHEDULED, SENDING])),
        lambda _: describe_next(),
        _url("mailings.index"),
        is_counted=False,
    ),
    Task(
        "applications",
        WAITING,
        roles.DELEGATES,
        _count(RegistrationApplication, RegistrationApplication.state == ASKED),
        lambda n: ngettext("application to decide", "applications to decide", n),
        _url("applications.index", state=ASKED),
    ),
    Task(
        "interest",
        WAITING,
        roles.DELEGATES,
        _count(ExpressionOfInterest, ExpressionOfInterest.state == INTERESTED),
        lambda n: ngettext(
            "expression of interest to decide", "expressions of interest to decide", n
        ),
        _url("interest.index", state=INTERESTED),
    ),
    Task(
        "materials",
        WAITING,
        roles.PROGRAMME,
        _count(Session, LACKS["word"]),
        lambda n: ngettext(
            "session with slides or papers to approve",
            "sessions with slides or papers to approve",
            n,
        ),
        _url("sessions.index", missing="word"),
    ),
    Task(
        "unpublished",
        WAITING,
        roles.PROGRAMME,
        queries.count_pending,
        lambda n: ngettext("unpublished change", "unpublished changes", n),
        _url("publishing.changes"),
    ),
    Task(
        "notices",
        WAITING,
        roles.MAILINGS,
        _measure_notice,
        lambda n: ngettext("person to notify of changes", "people to notify of changes", n),
        _url("notices.index"),
        read=_read_people,
        describe=_describe_notice,
    ),
    Task(
        "uploads",
        WAITING,
        roles.PROGRAMME,
        _count_uploads,
        lambda n: ngettext(
            "programme file that has not been loaded yet",
            "programme files that have not been loaded yet",
            n,
        ),
        _url("import_export.show"),
    ),
    Task(
        "closing",
        WAITING,
        roles.SETTINGS,
        _days_until_closing,
        lambda n: ngettext("day until registration closes", "days until registration closes", n),
        _url("settings.show"),
    ),
    Task(
        "example-texts",
        WAITING,
        roles.SETTINGS,
        _count_example_texts,
        lambda n: ngettext(
            "page or news item is still about the example",
            "pages and news items are still about the example",
            n,
        ),
        _url("start.texts"),
    ),
    Task(
        "contact",
        LATER,
        roles.SETTINGS,
        _count(Conference, Conference.contact_email == ""),
        lambda _: gettext("Add a contact email address for visitors"),
        _url("settings.edit"),
        is_counted=False,
    ),
    Task(
        "time",
        LATER,
        roles.PROGRAMME,
        _count(Session, LACKS["time"]),
        lambda n: ngettext("session without a time", "sessions without a time", n),
        _url("sessions.index", missing="time"),
    ),
    Task(
        "room",
        LATER,
        roles.PROGRAMME,
        _count(Session, LACKS["room"]),
        lambda n: ngettext("session without a room", "sessions without a room", n),
        _url("sessions.index", missing="room"),
    ),
    Task(
        "abstract",
        LATER,
        roles.PROGRAMME,
        _count(Session, LACKS["abstract"]),
        lambda n: ngettext("session without an abstract", "sessions without an abstract", n),
        _url("sessions.index", missing="abstract"),
        item="texts",
    ),
    Task(
        "speakers",
        LATER,
        roles.PROGRAMME,
        _count(Session, LACKS["speakers"]),
        lambda n: ngettext("session without speakers", "sessions without speakers", n),
        _url("sessions.index", missing="speakers"),
    ),
    Task(
        "unconfirmed",
        LATER,
        roles.PROGRAMME,
        _count(Speaker, TAKES_PART, Speaker.confirmed_at.is_(None)),
        lambda n: ngettext("speaker who has not confirmed", "speakers who have not confirmed", n),
        _url("speakers.index", confirmed="no"),
        item="taking-part",
    ),
    Task(
        "speakers-places",
        LATER,
        roles.PROGRAMME,
        _count_speakers_without_place,
        lambda n: ngettext(
            "confirmed speaker without a place", "confirmed speakers without a place", n
        ),
        _url("speakers.index", confirmed="yes", place="no"),
        item="place",
    ),
    Task(
        "sessions-without-place",
        WAITING,
        roles.PROGRAMME,
        _count_sessions_without_place,
        lambda n: ngettext(
            "session whose speakers have no place: decide whether to keep it",
            "sessions whose speakers have no place: decide whether to keep them",
            n,
        ),
        _url("sessions.index", missing="place"),
    ),
    Task(
        "waiting-list",
        LATER,
        roles.DELEGATES,
        _count_waiting,
        lambda n: ngettext("person on the waiting list", "people on the waiting list", n),
        _url("waiting_list.index"),
    ),
    Task(
        "biography",
        LATER,
        roles.PROGRAMME,
        _count(Speaker, TAKES_PART, Speaker.biography == ""),
        lambda n: ngettext("speaker without a biography", "speakers without a biography", n),
        _url("speakers.index", missing="biography"),
        item="profile",
    ),
    Task(
        "photo",
        LATER,
        roles.PROGRAMME,
        lambda: count_where(Speaker, speaker_queries.MISSING_CONDITIONS["photo"]),
        lambda n: ngettext("speaker without a photo", "speakers without a photo", n),
        _url("speakers.index", missing="photo"),
        item="photo",
    ),
)
