"""Real people in the previews of emails: found by name, shown with links that open nothing.

What a preview shows of them is what the email would say: no access or dietary requirements, and
neither the key of a booking nor a link that signs in.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import inspect, select

from app.admin.email_kinds import EMAIL_KINDS
from app.admin.email_samples import SAMPLE_KEY, Context
from app.database import db
from app.errors import NotFound
from app.programme.collation import sort_key
from app.programme.models import Speaker
from app.registration import emails as booking_emails
from app.registration.desk import queries as desk
from app.registration.desk.queries import DelegateFilter
from app.registration.models import Delegate
from app.speakers import recipients

DELEGATE, SPEAKER = "delegate", "speaker"
MAX_PEOPLE: Final = 10
NOT_COPIED: Final = frozenset({"id", "cancelled_at"})
SECRETS: Final = {"access_key": SAMPLE_KEY, "pending_email_key": SAMPLE_KEY}


@dataclass(frozen=True)
class PreviewPerson:
    """Somebody whose email can be previewed."""

    key: str  # kind and reference or slug, for a web address
    name: str
    detail: str


def get_person_kind(template: str) -> str:
    """Return whom an email is about: a delegate, a speaker, or "" for neither."""
    sample = EMAIL_KINDS[template].sample()
    if {DELEGATE, "delegates"} & sample.keys():
        return DELEGATE
    return SPEAKER if SPEAKER in sample else ""


def find_people(template: str, search: str) -> Sequence[PreviewPerson]:
    """Return the first people whose name, email address or booking reference matches."""
    kind = get_person_kind(template)
    if not search or not kind:
        return ()
    return _find_delegates(search) if kind == DELEGATE else _find_speakers(search)


def _find_delegates(search: str) -> Sequence[PreviewPerson]:
    found = desk.list_delegates(
        DelegateFilter(text=search), "name", is_reversed=False, offset=0, limit=MAX_PEOPLE
    )
    return [
        PreviewPerson(
            f"{DELEGATE}-{row.reference}", f"{row.given_names} {row.family_name}", row.reference
        )
        for row in found
        if row.erased_at is None
    ]


def _find_speakers(search: str) -> Sequence[PreviewPerson]:
    words = [Speaker.search_text.contains(sort_key(one), autoescape=True) for one in search.split()]
    found = db.session.scalars(
        select(Speaker)
        .where(Speaker.withdrawn_at.is_(None), *words)
        .order_by(Speaker.name_sort_key, Speaker.id)
        .limit(MAX_PEOPLE)
    )
    return [PreviewPerson(f"{SPEAKER}-{one.slug}", one.name, one.contact_address) for one in found]


def find_context(template: str, key: str) -> Context | None:
    """Return the template variables about a person; None if there is no such person."""
    kind, _, name = key.partition("-")
    if not name or kind != get_person_kind(template):
        return None
    return (
        _delegate_context(template, name) if kind == DELEGATE else _speaker_context(template, name)
    )


def _delegate_context(template: str, reference: str) -> Context | None:
    try:
        delegate = desk.get_delegate(reference)
    except NotFound:
        return None
    if delegate.is_erased:
        return None
    sample = EMAIL_KINDS[template].sample()
    invented: Delegate = sample.get(DELEGATE) or sample["delegates"][0]
    shown = _copy_delegate(delegate, invented)
    if "delegates" in sample:
        return {"delegates": [shown]}
    context: Context = {DELEGATE: shown}
    if "ticket" in sample:
        context |= booking_emails.ticket_context(shown)
    if "masked" in sample:
        context |= {"old": shown.email}
    return context


def _copy_delegate(delegate: Delegate, invented: Delegate) -> Delegate:
    """Return a copy that no session holds, without what opens the booking or was told in private.

    It is cancelled where the email is about that.
    """
    columns = {one.key for one in inspect(Delegate).column_attrs} - NOT_COPIED
    values: dict[str, Any] = {name: getattr(delegate, name) for name in columns}
    values["pending_email"] = delegate.pending_email or invented.pending_email
    return Delegate(**values | SECRETS, cancelled_at=invented.cancelled_at)


def _speaker_context(template: str, slug: str) -> Context | None:
    speaker = db.session.scalar(
        select(Speaker).where(Speaker.slug == slug, Speaker.withdrawn_at.is_(None))
    )
    if speaker is None:
        return None
    context: Context = {SPEAKER: speaker}
    if {"lines", "sessions"} & EMAIL_KINDS[template].sample().keys():
        (recipient,) = recipients.load_speakers([speaker])
        context |= recipient.email_context(template)
    return context
