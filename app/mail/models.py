"""The outbox: every email that the site has sent or will send, with its delivery state."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, LargeBinary, SmallInteger, Text, UniqueConstraint
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base

WAITING, SENT, FAILED = "waiting", "sent", "failed"

# The order in which emails go out: someone waits for it now; about one person; to many people.
URGENT, NORMAL, BULK = 0, 1, 2


def _domain_of_recipient(context: DefaultExecutionContext) -> str:
    return domain_of(context.get_current_parameters()["recipient"])  # type: ignore[no-untyped-call]


def domain_of(address: str) -> str:
    """Return the domain of an email address in lower case."""
    return address.rpartition("@")[2].strip().lower()


class Email(Base):
    """One email to one person.

    Its times are real times, whatever date the site runs on: emails go out into the real world.
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
    )  # a booking reference, or nothing
    subject: Mapped[str]
    message: Mapped[bytes] = mapped_column(LargeBinary)  # the finished MIME message
    is_secret: Mapped[bool] = mapped_column(default=False)  # forgotten once it is sent
    state: Mapped[str] = mapped_column(default=WAITING)
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    lease_until: Mapped[datetime | None] = mapped_column(default=None)
    attempts: Mapped[int] = mapped_column(default=0)
    give_up_at: Mapped[datetime | None] = mapped_column(default=None)  # once an attempt went wrong
    last_error: Mapped[str] = mapped_column(Text, default="")
    sent_at: Mapped[datetime | None] = mapped_column(default=None)

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


class EmailTextVersion(Base):
    """One version of what an email says in one language; none is deleted, and the newest counts.

    It has the shipped text beside it as it was then, to notice that a later release of the site
    says something else.
    """

    __tablename__ = "email_text_version"

    id: Mapped[int] = mapped_column(primary_key=True)
    template: Mapped[str]
    language: Mapped[str]
    version: Mapped[int]
    subject: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)  # Markdown with placeholders
    is_shipped: Mapped[bool] = mapped_column(default=False)  # from here on the shipped text counts
    shipped_subject: Mapped[str] = mapped_column(Text)
    shipped_body: Mapped[str] = mapped_column(Text)
    author: Mapped[str]
    created_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("template", "language", "version"),
        CheckConstraint("version >= 1", name="version_from_one"),
    )


class MailDomain(Base):
    """A domain to which emails go out more slowly, or not at all for a while."""

    __tablename__ = "mail_domain"

    name: Mapped[str] = mapped_column(primary_key=True)
    resumes_at: Mapped[datetime]  # real time; no email goes to this domain before then
    failures: Mapped[int] = mapped_column(default=0, server_default="0")  # one after another
    last_error: Mapped[str] = mapped_column(Text, default="", server_default="")
