"""All that happened to one person in one thread: emails, replies, notes and changes.

The thread grows: "Show older" opens the page with what it shows and as much again beneath. So each
source returns as many of its newest items as the page shows, in one query.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial
from itertools import groupby
from typing import Any, Final

from flask import request, url_for
from flask_babel import lazy_gettext as _l

from app.accounts import guards, roles
from app.admin_emails import readable_emails
from app.admin_emails.kinds.registry import get_email_name
from app.delegates.models import Delegate, DelegateNote
from app.history import queries as history
from app.history.models import HistoryEntry
from app.mail import queries as mail
from app.mail import replies, suppression
from app.mail.models import Email, EmailReply
from app.programme.fields.speakers import SPEAKER_FIELDS
from app.programme.models import Speaker
from app.proposals import queries as proposals
from app.proposals.models import Proposal
from app.registration import requirement_history
from app.registration.applications import queries as applications
from app.registration.bookings import queries as bookings
from app.registration.desk.annotations import NOTE_ADDED
from app.registration.interest import queries as interest
from app.registration.requirement_cases import queries as requirement_cases
from app.registration.speaker_places import queries as speaker_places
from app.registration.waiting_list import queries as waiting_list
from app.web.formatting import local_day, site_time

PAGE_SIZE: Final = 30  # items
MAX_PAGES: Final = 100
EMAILS: Final = "emails"
NOTES: Final = "notes"
CHANGES: Final = "changes"
ANCHOR: Final = "activity"  # on a small screen the thread is far down the page
LABELS: Final = {EMAILS: _l("Emails"), NOTES: _l("Notes"), CHANGES: _l("Changes")}
SAME_ACTION: Final = timedelta(seconds=1)


@dataclass(frozen=True)
class ActivityItem:
    """One thing that happened."""

    kind: str  # email, reply, note, proposal or entry
    happened_at: datetime  # in the site's time
    content: Email | EmailReply | DelegateNote | Proposal | HistoryEntry
    label: str = ""  # the type of an email
    number: int = 0  # in the thread, from 1


@dataclass(frozen=True)
class ActivityDay:
    """What happened on one day."""

    day: date
    items: Sequence[ActivityItem]


@dataclass(frozen=True)
class ActivityFilter:
    """A link that shows only one kind of activity, or all."""

    label: Any
    url: str
    is_current: bool


@dataclass(frozen=True)
class Activity:
    """The thread about one person, as far as it is shown."""

    days: Sequence[ActivityDay]
    current: str  # the chosen filter; "" for all
    filters: Sequence[ActivityFilter]
    older_url: str  # "" if everything is shown
    undone: frozenset[int]  # history entries that were undone by another
    can_mark_read: bool  # whether replies can be marked as read
    waiting_days: int = 0  # how long the history of waiting lists is stored, if there is any


Source = Callable[[int], Sequence[ActivityItem]]  # takes the number of items to return


def list_for_delegate(delegate: Delegate) -> Activity:
    """Return the thread about a delegate; after an erasure, what is left of it."""
    subjects = [
        delegate.history_subject,
        requirement_history.get_subject(delegate),
        *_address_subjects(delegate.email),
    ]
    also = [
        waiting_list.HISTORY_SUBJECTS,
        applications.HISTORY_SUBJECTS,
        interest.HISTORY_SUBJECTS,
    ]
    if guards.can_read(roles.REQUIREMENT_CASES):
        also.append(requirement_cases.HISTORY_SUBJECTS)

    def emails(limit: int) -> Sequence[ActivityItem]:
        conditions = readable_emails.list_conditions()
        emails_found = mail.list_for_person(delegate.reference, delegate.email, limit, *conditions)
        return [_email_item(email) for email in emails_found]

    def answers(limit: int) -> Sequence[ActivityItem]:
        reply_conditions = readable_emails.list_reply_conditions()
        found = replies.list_for_person(
            delegate.reference, delegate.email, limit, *reply_conditions
        )
        return [_reply_item(reply) for reply in found]

    def notes(limit: int) -> Sequence[ActivityItem]:
        found = bookings.list_notes(delegate)[:limit]
        return [ActivityItem("note", note.written_at, note) for note in found]

    def entries(limit: int) -> Sequence[ActivityItem]:
        found = history.list_newest_about(
            subjects,
            limit,
            also=also,
            hidden=readable_emails.list_hidden_requirement_entries(),
            delegate_id=delegate.id,
        )
        return _list_entries(found)

    url = partial(url_for, "admin.delegates.show", reference=delegate.reference)
    sources = {EMAILS: [emails, answers], NOTES: [notes], CHANGES: [entries]}
    found = _build_activity(sources, url)
    return replace(found, waiting_days=waiting_list.RETENTION.days if _has_steps(found) else 0)


def _has_steps(activity: Activity) -> bool:
    """Return True if the history of waiting lists has entries."""
    items = (item.content for day in activity.days for item in day.items)
    return any(
        isinstance(item, HistoryEntry) and item.subject.startswith(waiting_list.SUBJECT_PREFIX)
        for item in items
    )


def list_for_speaker(speaker: Speaker, own_addresses: Sequence[str]) -> Activity:
    """Return the thread about a speaker; without emails if the user may not read them.

    ``own_addresses`` are the sign-in addresses of the speaker, besides the contact address.
    """
    known = [speaker.contact_address, *own_addresses] if guards.can_read(roles.DELEGATES) else []
    addresses = list(dict.fromkeys(one.strip().lower() for one in known if one.strip()))
    about_addresses = [subject for address in addresses for subject in _address_subjects(address)]
    subjects = [SPEAKER_FIELDS.history_subject(speaker), *about_addresses]

    def emails(limit: int) -> Sequence[ActivityItem]:
        conditions = readable_emails.list_conditions()
        found = mail.list_for_recipient(addresses, limit, *conditions) if addresses else ()
        return [_email_item(email) for email in found]

    def answers(limit: int) -> Sequence[ActivityItem]:
        reply_conditions = readable_emails.list_reply_conditions()
        found = replies.list_from(addresses, limit, *reply_conditions) if addresses else ()
        return [_reply_item(reply) for reply in found]

    def sent(limit: int) -> Sequence[ActivityItem]:
        found = proposals.list_about(speaker, limit)
        return [ActivityItem("proposal", proposal.sent_at, proposal) for proposal in found]

    def entries(limit: int) -> Sequence[ActivityItem]:
        return _list_entries(show_entries(history.list_newest_about(subjects, limit)))

    sources: dict[str, Sequence[Source]] = {CHANGES: [sent, entries]}
    if guards.can_read(roles.DELEGATES):
        sources = {EMAILS: [emails, answers], **sources}
    return _build_activity(sources, partial(url_for, "admin.speakers.show", slug=speaker.slug))


def show_entries(entries: Sequence[HistoryEntry]) -> Sequence[HistoryEntry]:
    """Return entries about a speaker as the current user may read them."""
    if guards.can_read(roles.DELEGATES):
        return entries
    return [speaker_places.hide_reference(entry) for entry in entries]


def _address_subjects(address: str) -> Sequence[str]:
    """Return the subjects under which the history says whether group emails go to an address."""
    return suppression.history_subjects(address) if address else ()


def _email_item(email: Email) -> ActivityItem:
    return ActivityItem("email", site_time(email.created_at), email, get_email_name(email.template))


def _reply_item(reply: EmailReply) -> ActivityItem:
    return ActivityItem("reply", site_time(reply.received_at), reply)


def _list_entries(entries: Sequence[HistoryEntry]) -> Sequence[ActivityItem]:
    return [ActivityItem("entry", entry.happened_at, entry) for entry in entries]


def _build_activity(sources: Mapping[str, Sequence[Source]], url: Callable[..., str]) -> Activity:
    """Merge the items of the chosen kind from all sources, and cut them at the end of the page."""
    current = _parse_filter(request.args.get("show", ""), sources)
    pages = _parse_pages(request.args.get("pages", ""))
    size = pages * PAGE_SIZE
    chosen = [sources[current]] if current else sources.values()
    found = [item for each in chosen for source in each for item in source(size + 1)]
    found.sort(key=lambda item: item.happened_at, reverse=True)
    items = found[:size] if current else _drop_repetitions(found[:size])
    older_url = ""
    if len(found) > size and pages < MAX_PAGES:
        values = {"show": current} if current else {}
        older_url = url(**values, pages=pages + 1, _anchor=f"activity-{len(items) + 1}")
    filters = _list_filters(sources, current, url)
    return Activity(
        _group_by_day(items),
        current,
        filters,
        older_url,
        _list_undone(items),
        guards.can_change(roles.DELEGATES),
    )


def _parse_filter(typed: str, sources: Mapping[str, Sequence[Source]]) -> str:
    """Return the requested filter; "" if it does not exist or there is nothing to filter."""
    return typed if typed in sources and len(sources) > 1 else ""


def _parse_pages(typed: str) -> int:
    """Return the requested number of pages; an invalid number counts as one."""
    is_number = typed.isascii() and typed.isdecimal() and len(typed) <= len(str(MAX_PAGES))
    return min(max(int(typed), 1), MAX_PAGES) if is_number else 1


def _drop_repetitions(items: Sequence[ActivityItem]) -> Sequence[ActivityItem]:
    """Leave out "note added" entries where the note itself is in the thread."""
    notes = [item.content for item in items if isinstance(item.content, DelegateNote)]

    def repeats(item: ActivityItem) -> bool:
        entry = item.content
        if not isinstance(entry, HistoryEntry) or entry.summary != NOTE_ADDED:
            return False
        return any(
            note.written_by == entry.actor
            and abs(entry.happened_at - note.written_at) < SAME_ACTION
            for note in notes
        )

    return [item for item in items if not repeats(item)]


def _list_filters(
    sources: Mapping[str, Sequence[Source]], current: str, url: Callable[..., str]
) -> Sequence[ActivityFilter]:
    if len(sources) == 1:
        return ()
    page = url()
    return [
        ActivityFilter(_l("All"), f"{page}#{ANCHOR}", not current),
        *(
            ActivityFilter(LABELS[source], f"{page}?show={source}#{ANCHOR}", source == current)
            for source in sources
        ),
    ]


def _list_undone(items: Sequence[ActivityItem]) -> frozenset[int]:
    entries = [item.content for item in items if isinstance(item.content, HistoryEntry)]
    return frozenset(entry.undoes_id for entry in entries if entry.undoes_id is not None)


def _group_by_day(items: Sequence[ActivityItem]) -> Sequence[ActivityDay]:
    """Group the items by day, and number them from 1 over all days."""
    numbered = [replace(one, number=number) for number, one in enumerate(items, 1)]
    days = groupby(numbered, key=lambda item: local_day(item.happened_at))
    return [ActivityDay(day, list(each)) for day, each in days]
