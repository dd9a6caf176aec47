"""Emails to many speakers at once: recipients, exclusions with reasons, and sending.

Organisers preview a batch; when they send it, the recipients are determined again. No one gets the
same email twice within a few days, and a reminder is sent only to those with open tasks.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from app.accounts import services as accounts
from app.database import lock_table
from app.errors import RuleViolation
from app.mail import rendering
from app.mail import services as mail
from app.mail.models import BULK
from app.mail.rendering import RenderedEmail
from app.programme.editing import speakers, versioned_edits
from app.programme.models import Speaker
from app.speakers import access, queries
from app.speakers.batch_rules import RECENTLY_EMAILED, SpeakerRow, list_rows
from app.speakers.models import SpeakerMailing
from app.speakers.recipients import (
    INVITATION,
    PLACE_REMINDER,
    REMINDER,
    THANKS,
    OwnerRecipient,
    Recipient,
    SpeakerRecipient,
    load_speakers,
)
from app.speakers.session_owners import OWNER_INVITATION

OWNER_REMINDER: Final = "speaker_owner_reminder"
PLACEHOLDER_SECRET = "each-has-their-own"  # noqa: S105 – used in previews


@dataclass(frozen=True)
class BatchEmailKind:
    """A type of email that is sent in batches."""

    template: str  # name of the template
    get_addresses: Callable[[Any], Sequence[str]]


@dataclass(frozen=True)
class ExcludedRecipient:
    """A person who does not get an email, with the reason."""

    name: str
    reason: str
    slug: str = ""  # of their admin page, if they have one


@dataclass(frozen=True)
class EmailBatch:
    """The emails of one type to send to speakers, those to owners, and who is excluded."""

    kind: BatchEmailKind
    speakers: Sequence[SpeakerRow]
    owners: Sequence[OwnerRecipient]
    excluded: Sequence[ExcludedRecipient]

    @property
    def count(self) -> int:
        """How many people get an email."""
        return len(self.speakers) + len(self.owners)

    @property
    def speaker_slugs(self) -> str:
        """The slugs of the speakers who get one, as one value of a form."""
        return " ".join(speaker.slug for speaker in self.speakers)


def _owner_exclusion(recipient: OwnerRecipient) -> str:
    if not recipient.open_item_names:
        return "has no open tasks"
    return (
        RECENTLY_EMAILED if recipient.was_emailed_recently(OWNER_INVITATION, OWNER_REMINDER) else ""
    )


BATCH_EMAIL_KINDS: Final[Mapping[str, BatchEmailKind]] = {
    "invitation": BatchEmailKind(INVITATION, lambda known: [known.email_address]),
    "reminder": BatchEmailKind(REMINDER, lambda known: known.email_addresses),
    "place": BatchEmailKind(PLACE_REMINDER, lambda known: known.email_addresses),
    "thanks": BatchEmailKind(THANKS, lambda known: known.email_addresses),
}
OWNER_REMINDER_KIND: Final = BatchEmailKind(OWNER_REMINDER, lambda known: known.email_addresses)


def reminder_kind_for(recipient: Recipient) -> BatchEmailKind:
    """Return the type of reminder for a recipient."""
    return (
        OWNER_REMINDER_KIND
        if isinstance(recipient, OwnerRecipient)
        else BATCH_EMAIL_KINDS["reminder"]
    )


def build_batch(
    kind: str, slugs: Sequence[str] | None = None, owners: Sequence[OwnerRecipient] = ()
) -> EmailBatch:
    """Select recipients among speakers (by default all the email is for) and owners."""
    rows = list_rows(kind, slugs)
    owner_reasons = [(owner, _owner_exclusion(owner)) for owner in owners]
    return EmailBatch(
        BATCH_EMAIL_KINDS[kind],
        [row for row in rows if not row.reason],
        [one for one, reason in owner_reasons if not reason],
        [
            *(ExcludedRecipient(row.name, row.reason, row.slug) for row in rows if row.reason),
            *(ExcludedRecipient(one.name, reason) for one, reason in owner_reasons if reason),
        ],
    )


def preview_batch(batch: EmailBatch, message: str = "") -> Sequence[RenderedEmail]:
    """Render each type of email for its first recipient, without a working link."""
    first = _load_speakers(batch.speakers[:1])
    return [
        *(preview(batch.kind, speaker, message) for speaker in first),
        *(preview(OWNER_REMINDER_KIND, owner, message) for owner in batch.owners[:1]),
    ]


def _load_speakers(rows: Sequence[SpeakerRow]) -> Sequence[SpeakerRecipient]:
    return load_speakers(queries.list_by_id([row.id for row in rows])) if rows else ()


def preview(kind: BatchEmailKind, recipient: Recipient, message: str = "") -> RenderedEmail:
    """Render an email for a recipient, without a working link."""
    return rendering.render_email(
        kind.template, "en", _email_context(kind, recipient, PLACEHOLDER_SECRET, message)
    )


def lock_mailings() -> None:
    """Let no other transaction send emails until this one ends, so that nobody gets one twice."""
    speakers.lock_deletions()
    lock_table(SpeakerMailing)


def send(batch: EmailBatch, *, actor: str, message: str = "") -> None:
    """Send the emails of a batch; call ``lock_mailings`` before building it."""
    in_order = sorted(_load_speakers(batch.speakers), key=lambda one: one.speaker.id)
    for speaker in in_order:  # avoids deadlocks: inviting locks them
        send_one(batch.kind, speaker, actor=actor, message=message)
    for owner in batch.owners:
        send_one(OWNER_REMINDER_KIND, owner, actor=actor, message=message)


def send_one(kind: BatchEmailKind, recipient: Recipient, *, actor: str, message: str = "") -> None:
    """Send an email to all addresses of a recipient, with the organisers' message."""
    for address in kind.get_addresses(recipient):
        secret = accounts.create_invitation_link(recipient.get_person(address, actor))
        context = _email_context(kind, recipient, secret, message)
        mail.enqueue(kind.template, to=address, priority=BULK, is_secret=True, **context)
    recipient.record_sent(kind.template, actor)


def replace_address(speaker: Speaker, *, actor: str) -> None:
    """Invite a speaker at their contact address, and revoke access at earlier addresses."""
    lock_mailings()
    versioned_edits.lock(speaker)
    outdated = access.list_outdated(speaker, access.list_own(speaker))
    if not outdated:
        raise RuleViolation(
            "The contact email address is already the only one with access as the speaker"
        )
    (recipient,) = load_speakers([speaker])
    send_one(BATCH_EMAIL_KINDS["invitation"], recipient, actor=actor)
    for one in outdated:
        access.revoke(speaker, one.id, actor=actor)


def _email_context(
    kind: BatchEmailKind, recipient: Recipient, secret: str, message: str
) -> dict[str, Any]:
    return {
        **recipient.email_context(kind.template),
        "message": message,
        "secret": secret,
        "days": accounts.INVITATION_LIFETIME.days,
    }
