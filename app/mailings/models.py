"""Group emails, and their recipients."""

import json
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, Text, and_, false
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base

DRAFT, SCHEDULED, SENDING, DONE, STOPPED = "draft", "scheduled", "sending", "done", "stopped"
FAILED = "failed"  # it could not be sent, or not to everyone

TEMPLATE = "mailing"  # in the list of emails
HISTORY_PREFIX = "mailing "  # of the subjects of their history entries, before the number

PENDING, QUEUED, LEFT_OUT = "pending", "queued", "left_out"  # states of a recipient


class Mailing(Base):
    """One group email, from its draft to its report.

    ``send_at`` is in the site's time, since organisers enter it as a date of the conference; the
    emails themselves have real times (``app.mail.models.Email``).
    """

    __tablename__ = "mailing"

    id: Mapped[int] = mapped_column(primary_key=True)
    audience: Mapped[str]  # the name of an audience (app.mailings.audiences)
    query: Mapped[str] = mapped_column(Text, default="")  # the search and filters, as in a URL
    subject: Mapped[str] = mapped_column(default="")
    body: Mapped[str] = mapped_column(Text, default="")  # Markdown with placeholders
    # JSON: the subject and the text in other languages, as {"de": ["…", "…"]}
    translations: Mapped[str] = mapped_column(Text, default="{}", server_default="{}")
    is_essential: Mapped[bool] = mapped_column(default=False)  # sent without unsubscribe link
    deselected: Mapped[str] = mapped_column(
        Text, default="[]"
    )  # JSON: people whom an organiser deselected
    state: Mapped[str] = mapped_column(default=DRAFT)
    version: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    created_by: Mapped[str]
    changed_at: Mapped[datetime]
    changed_by: Mapped[str]
    queued_at: Mapped[datetime | None] = mapped_column(default=None)
    queued_by: Mapped[str] = mapped_column(default="")
    send_at: Mapped[datetime | None] = mapped_column(default=None)
    days_before: Mapped[int | None] = mapped_column(default=None)  # the conference; or None
    time_of_day: Mapped[str] = mapped_column(default="")  # 09:00, on such a day
    # whether people who match the filters at that time get it too, or only those who match now
    chooses_when_sent: Mapped[bool] = mapped_column(default=False, server_default=false())
    finished_at: Mapped[datetime | None] = mapped_column(default=None)
    failure: Mapped[str] = mapped_column(Text, default="", server_default="")  # why it failed

    __table_args__ = (
        CheckConstraint(
            "state IN ('draft', 'scheduled', 'sending', 'done', 'stopped', 'failed')",
            name="known_state",
        ),
        CheckConstraint("state = 'draft' OR send_at IS NOT NULL", name="has_time_if_scheduled"),
        Index("ix_mailing_due", "state", "send_at"),
    )

    @property
    def texts(self) -> Mapping[str, tuple[str, str]]:
        """Return its subjects and texts by language; "" has those for all other languages."""
        found = {code: (text[0], text[1]) for code, text in json.loads(self.translations).items()}
        return {"": (self.subject, self.body), **found}

    @property
    def is_draft(self) -> bool:
        """Whether it can still be edited."""
        return self.state == DRAFT

    @property
    def is_scheduled(self) -> bool:
        """Whether it waits for its time, and can be cancelled."""
        return self.state == SCHEDULED

    @property
    def is_sending(self) -> bool:
        """Whether its emails are being written now."""
        return self.state == SENDING

    @property
    def is_over(self) -> bool:
        """Whether every recipient has an email, or it was stopped or failed."""
        return self.state in {DONE, STOPPED, FAILED}

    @property
    def history_subject(self) -> str:
        """The subject of its history entries."""
        return f"{HISTORY_PREFIX}{self.id}"


class MailingRecipient(Base):
    """A person who gets a mailing, or is excluded, with the reason.

    Each person is in a mailing once, and so is each address among its recipients.
    """

    __tablename__ = "mailing_recipient"

    id: Mapped[int] = mapped_column(primary_key=True)
    mailing_id: Mapped[int] = mapped_column(ForeignKey("mailing.id", ondelete="CASCADE"))
    person: Mapped[str] = mapped_column(index=True)  # "delegate 12", the audience's id
    name: Mapped[str] = mapped_column(default="")
    address: Mapped[str] = mapped_column(default="")
    address_key: Mapped[str] = mapped_column(default="")  # the normalised address
    language: Mapped[str] = mapped_column(default="en")
    booking_reference: Mapped[str] = mapped_column(default="")
    state: Mapped[str] = mapped_column(default=PENDING)
    reason: Mapped[str] = mapped_column(default="")  # why they are excluded
    # their prepared values, as JSON, and a calendar entry; deleted once their email is written
    own_values: Mapped[str] = mapped_column(Text, default="")
    # whether it is essential to this person, so that they cannot unsubscribe from it
    is_essential: Mapped[bool] = mapped_column(default=False, server_default=false())
    calendar: Mapped[bytes | None] = mapped_column(LargeBinary, default=None)
    email_id: Mapped[int | None] = mapped_column(
        ForeignKey("email.id", ondelete="SET NULL"), index=True, default=None
    )
    outcome: Mapped[str] = mapped_column(default="")  # of the email, in case that is deleted

    __table_args__ = (
        CheckConstraint("state IN ('pending', 'queued', 'left_out')", name="known_state"),
        Index("uq_mailing_recipient_person", "mailing_id", "person", unique=True),
        Index("ix_mailing_recipient_order", "mailing_id", "id"),  # the order of lists
        Index(
            "uq_mailing_recipient_address",
            *("mailing_id", "address_key"),
            unique=True,
            sqlite_where=and_(state != LEFT_OUT, address_key != ""),
            postgresql_where=and_(state != LEFT_OUT, address_key != ""),
        ),
        Index(
            "ix_mailing_recipient_pending",
            *("mailing_id", "id"),
            sqlite_where=state == PENDING,
            postgresql_where=state == PENDING,
        ),
    )
