"""The outbox: every email that the site has sent or will send, with its delivery state."""

import json
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    SmallInteger,
    Text,
    UniqueConstraint,
)
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base

WAITING, SENT, FAILED = "waiting", "sent", "failed"

# The priority of emails: someone is waiting for it now; about one person; a group email.
URGENT, NORMAL, BULK = 0, 1, 2


def _domain_of_recipient(context: DefaultExecutionContext) -> str:
    return domain_of(context.get_current_parameters()["recipient"])  # type: ignore[no-untyped-call]


def domain_of(address: str) -> str:
    """Return the domain of an email address in lower case."""
    return address.rpartition("@")[2].strip().lower()


class Email(Base):
    """One email to one person.

    Its times are real times, whatever date the site runs on, since emails leave the site.
    """

    __tablename__ = "email"

    id: Mapped[int] = mapped_column(primary_key=True)
    template: Mapped[str]  # of its template: registration_confirmed
    message_id: Mapped[str] = mapped_column(unique=True)
    recipient: Mapped[str]
    domain: Mapped[str] = mapped_column(default=_domain_of_recipient, server_default="")
    priority: Mapped[int] = mapped_column(SmallInteger, default=NORMAL, server_default=str(NORMAL))
    booking_reference: Mapped[str] = mapped_column(
        default="", index=True
    )  # a booking reference, or ""
    subject: Mapped[str]
    message: Mapped[bytes] = mapped_column(LargeBinary)  # the finished MIME message
    is_secret: Mapped[bool] = mapped_column(default=False)  # erase the text once it is sent
    state: Mapped[str] = mapped_column(default=WAITING)
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    lease_until: Mapped[datetime | None] = mapped_column(default=None)
    attempts: Mapped[int] = mapped_column(default=0)
    give_up_at: Mapped[datetime | None] = mapped_column(default=None)  # after a failed attempt
    last_error: Mapped[str] = mapped_column(Text, default="")
    sent_at: Mapped[datetime | None] = mapped_column(default=None)
    returned_at: Mapped[datetime | None] = mapped_column(default=None)  # from another mail server
    return_status: Mapped[str] = mapped_column(default="", server_default="")  # RFC 3463: 5.1.1
    complained_at: Mapped[datetime | None] = mapped_column(default=None)  # reported as spam

    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'sent', 'failed')", name="known_state"),
        Index(
            "ix_email_due",
            *("priority", "due_at", "id"),
            sqlite_where=state == WAITING,
            postgresql_where=state == WAITING,
        ),
        Index(
            "ix_email_failed",
            "created_at",
            sqlite_where=state == FAILED,
            postgresql_where=state == FAILED,
        ),
    )

    @property
    def is_waiting(self) -> bool:
        """Whether it has not gone out yet."""
        return self.state == WAITING

    @property
    def is_sent(self) -> bool:
        """Whether a mail server has accepted it."""
        return self.state == SENT

    @property
    def is_failed(self) -> bool:
        """Whether it will not go out unless someone resends it."""
        return self.state == FAILED


class EmailReply(Base):
    """A reply to an email, as plain text.

    Its times are real times, like those of emails.
    """

    __tablename__ = "email_reply"

    id: Mapped[int] = mapped_column(primary_key=True)
    email_id: Mapped[int | None] = mapped_column(
        ForeignKey("email.id", ondelete="SET NULL"), index=True, default=None
    )
    booking_reference: Mapped[str] = mapped_column(default="", index=True)  # of the email
    sender: Mapped[str] = mapped_column(index=True)  # in lower case
    subject: Mapped[str] = mapped_column(default="")
    text: Mapped[str] = mapped_column(Text, default="")
    attachments: Mapped[str] = mapped_column(Text, default="[]")  # JSON: their names
    message_id: Mapped[str] = mapped_column(unique=True)
    received_at: Mapped[datetime]
    read_at: Mapped[datetime | None] = mapped_column(default=None)
    read_by: Mapped[str] = mapped_column(default="", server_default="")  # a member's address

    __table_args__ = (
        Index(
            "ix_email_reply_unread",
            "id",
            sqlite_where=read_at.is_(None),
            postgresql_where=read_at.is_(None),
        ),
    )

    @property
    def is_read(self) -> bool:
        """Whether a member of the team has marked it as read."""
        return self.read_at is not None

    @property
    def attachment_names(self) -> Sequence[str]:
        """The names of its attachments, which stay in the mailbox."""
        names: list[str] = json.loads(self.attachments)
        return names


class EmailTextVersion(Base):
    """One version of an email text in one language; none is deleted, and the newest is current.

    It includes the shipped text of that time, to detect changes in later releases of the site.
    """

    __tablename__ = "email_text_version"

    id: Mapped[int] = mapped_column(primary_key=True)
    template: Mapped[str]
    language: Mapped[str]
    version: Mapped[int]
    subject: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)  # Markdown with placeholders
    is_shipped: Mapped[bool] = mapped_column(default=False)  # restores the shipped text
    shipped_subject: Mapped[str] = mapped_column(Text)
    shipped_body: Mapped[str] = mapped_column(Text)
    author: Mapped[str]
    created_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("template", "language", "version"),
        CheckConstraint("version >= 1", name="version_from_one"),
    )


class MailDomain(Base):
    """A domain that gets emails more slowly, or not at all for a while."""

    __tablename__ = "mail_domain"

    name: Mapped[str] = mapped_column(primary_key=True)
    resumes_at: Mapped[datetime]  # real time; no email goes to this domain before then
    failures: Mapped[int] = mapped_column(default=0, server_default="0")  # consecutive
    last_error: Mapped[str] = mapped_column(Text, default="", server_default="")


# Reasons why an address gets no group emails; an address may have several.
UNSUBSCRIBED, COMPLAINT, BOUNCED, BY_DESK = "unsubscribed", "complaint", "bounced", "desk"


class SuppressedAddress(Base):
    """A reason why an address gets no group emails.

    Emails about a booking, and sign-in links, still go to it.
    """

    __tablename__ = "suppressed_address"

    id: Mapped[int] = mapped_column(primary_key=True)
    address: Mapped[str]  # normalised; of an erased person, a keyed hash (see suppression)
    reason: Mapped[str]
    suppressed_at: Mapped[datetime]  # real time
    suppressed_by: Mapped[str] = mapped_column(default="", server_default="")  # a member's address
    note: Mapped[str] = mapped_column(Text, default="", server_default="")

    __table_args__ = (
        UniqueConstraint("address", "reason"),
        CheckConstraint(
            "reason IN ('unsubscribed', 'complaint', 'bounced', 'desk')", name="known_reason"
        ),
    )

    @property
    def is_erased(self) -> bool:
        """Whether only a keyed hash of the address remains."""
        return "@" not in self.address


class UnsubscribeKey(Base):
    """The random key that unsubscribe links sign, for one address."""

    __tablename__ = "unsubscribe_key"

    address: Mapped[str] = mapped_column(primary_key=True)  # as in SuppressedAddress
    key: Mapped[str] = mapped_column(unique=True)


class MailboxPosition(Base):
    """How far a mailbox has been read."""

    __tablename__ = "mailbox_position"

    name: Mapped[str] = mapped_column(primary_key=True)  # of a file, or server and folder
    validity: Mapped[str]  # a check that the position is still valid: UIDVALIDITY, or a hash
    position: Mapped[int] = mapped_column(BigInteger)  # of the last message read
    # existing messages up to here are read only if they are unseen
    existing: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
