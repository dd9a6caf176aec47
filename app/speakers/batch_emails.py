"""Emails to many speakers at once: who gets one, who does not and why, and sending them.

Organisers preview a batch; when they send it, the recipients are determined again. Nobody gets
the same email twice within a few days, and a reminder is sent only to those with open tasks.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from app.accounts import services as accounts
from app.database import lock_table
from app.errors import RuleViolation
from app.mail import rendering
from app.mail import services as mail
from app.mail.models import BULK, SENT, WAITING
from app.mail.rendering import RenderedEmail
from app.programme.editing import versioned_edits
from app.programme.models import Speaker
from app.speakers import access
from app.speakers.checklist import PLACE
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
    exclusion_reason: Callable[[Any], str]  # empty if the email is sent
    get_addresses: Callable[[Any], Sequence[str]]


@dataclass(frozen=True)
class ExcludedRecipient:
    """Somebody who does not get an email, and why."""

    recipient: Recipient
    reason: str


@dataclass(frozen=True)
class EmailBatch:
    """The emails to send, of one or several types, and who is excluded."""

    recipients: Sequence[tuple[BatchEmailKind, Recipient]]
    excluded: Sequence[ExcludedRecipient]

    def __add__(self, other: "EmailBatch") -> "EmailBatch":
        """Join two batches."""
        return EmailBatch([*self.recipients, *other.recipients], [*self.excluded, *other.excluded])


def _invitation_exclusion(recipient: SpeakerRecipient) -> str:
    if recipient.speaker.withdrawn_at is not None:
        return "has withdrawn"
    if not recipient.email_address:
        return "has no contact email address"
    is_on_its_way = recipient.invitation_state in {WAITING, SENT}
    return RECENTLY_EMAILED if is_on_its_way and recipient.was_emailed_recently(INVITATION) else ""


def _reminder_exclusion(recipient: SpeakerRecipient) -> str:
    if recipient.speaker.withdrawn_at is not None:
        return "has withdrawn"
    if not recipient.access_rows:
        return "has not been invited yet"
    if not recipient.open_item_names:
        return "has no open tasks"
    return RECENTLY_EMAILED if recipient.was_emailed_recently(INVITATION, REMINDER) else ""


def _owner_reminder_exclusion(recipient: OwnerRecipient) -> str:
    if not recipient.open_item_names:
        return "has no open tasks"
    return (
        RECENTLY_EMAILED if recipient.was_emailed_recently(OWNER_INVITATION, OWNER_REMINDER) else ""
    )


def _place_exclusion(recipient: SpeakerRecipient) -> str:
    if PLACE not in recipient.open_item_names:
        return "has a place, or is not asked to take one"
    if not recipient.email_address and not recipient.access_rows:
        return "has no contact email address"
    return RECENTLY_EMAILED if recipient.was_emailed_recently(PLACE_REMINDER) else ""


def _thanks_exclusion(recipient: SpeakerRecipient) -> str:
    if recipient.speaker.withdrawn_at is not None or recipient.speaker.confirmed_at is None:
        return "has withdrawn, or has not confirmed"
    if not recipient.email_address and not recipient.access_rows:
        return "has no contact email address"
    return "has already been thanked" if THANKS in recipient.last_sent_at else ""


RECENTLY_EMAILED: Final = "was emailed less than 3 days ago"
BATCH_EMAIL_KINDS: Final[Mapping[str, BatchEmailKind]] = {
    "invitation": BatchEmailKind(
        INVITATION, _invitation_exclusion, lambda known: [known.email_address]
    ),
    "reminder": BatchEmailKind(REMINDER, _reminder_exclusion, lambda known: known.email_addresses),
    "place": BatchEmailKind(PLACE_REMINDER, _place_exclusion, lambda known: known.email_addresses),
    "thanks": BatchEmailKind(THANKS, _thanks_exclusion, lambda known: known.email_addresses),
}
OWNER_REMINDER_KIND: Final = BatchEmailKind(
    OWNER_REMINDER, _owner_reminder_exclusion, lambda known: known.email_addresses
)


def reminder_kind_for(recipient: Recipient) -> BatchEmailKind:
    """Return the type of reminder for a recipient."""
    return (
        OWNER_REMINDER_KIND
        if isinstance(recipient, OwnerRecipient)
        else BATCH_EMAIL_KINDS["reminder"]
    )


def build_batch(kind: BatchEmailKind, candidates: Sequence[Recipient]) -> EmailBatch:
    """Divide candidates into those who get an email and those who do not."""
    reasons = [(one, kind.exclusion_reason(one)) for one in candidates]
    return EmailBatch(
        recipients=[(kind, one) for one, reason in reasons if not reason],
        excluded=[ExcludedRecipient(one, reason) for one, reason in reasons if reason],
    )


def preview_batch(batch: EmailBatch, message: str = "") -> Sequence[RenderedEmail]:
    """Render each type of email for its first recipient, without a working link."""
    first = {kind.template: (kind, reader) for kind, reader in reversed(batch.recipients)}
    return [preview(kind, reader, message) for kind, reader in reversed(first.values())]


def preview(kind: BatchEmailKind, recipient: Recipient, message: str = "") -> RenderedEmail:
    """Render an email for a recipient, without a working link."""
    return rendering.render_email(
        kind.template, "en", _email_context(kind, recipient, PLACEHOLDER_SECRET, message)
    )


def lock_mailings() -> None:
    """Let no other transaction send emails until this one ends, so that nobody gets one twice."""
    lock_table(SpeakerMailing)


def send(batch: EmailBatch, *, actor: str, message: str = "") -> None:
    """Send the emails of a batch; call `lock_mailings` before building it."""
    for kind, recipient in batch.recipients:
        send_one(kind, recipient, actor=actor, message=message)


def send_one(kind: BatchEmailKind, recipient: Recipient, *, actor: str, message: str = "") -> None:
    """Send an email to all addresses of a recipient, with a message of the organisers."""
    for address in kind.get_addresses(recipient):
        secret = accounts.create_invitation_link(recipient.get_person(address, actor))
        context = _email_context(kind, recipient, secret, message)
        mail.enqueue(kind.template, to=address, priority=BULK, is_secret=True, **context)
    recipient.record_sent(kind.template, actor)


def replace_address(speaker: Speaker, *, actor: str) -> None:
    """Invite a speaker at their contact address, and revoke the access of their earlier ones."""
    versioned_edits.lock(speaker)
    lock_mailings()
    outdated = access.list_outdated(speaker)
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
