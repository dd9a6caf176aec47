"""The outbox: every letter the site has written, and what became of it."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, LargeBinary, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base

WAITING, SENT, FAILED = "waiting", "sent", "failed"


class Letter(Base):
    """One letter to one person.

    Its moments are real ones, whichever day the site rehearses: letters go out into the
    real world.
    """

    __tablename__ = "letter"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]  # of its template: registration_confirmed
    message_id: Mapped[str] = mapped_column(unique=True)
    recipient: Mapped[str]
    about: Mapped[str] = mapped_column(default="", index=True)  # a booking reference, or nothing
    subject: Mapped[str]
    message: Mapped[bytes] = mapped_column(LargeBinary)  # the finished MIME message
    is_secret: Mapped[bool] = mapped_column(default=False)  # forgotten once it is sent
    state: Mapped[str] = mapped_column(default=WAITING)
    written_at: Mapped[datetime]
    due_at: Mapped[datetime]
    lease_until: Mapped[datetime | None] = mapped_column(default=None)
    attempts: Mapped[int] = mapped_column(default=0)
    give_up_at: Mapped[datetime | None] = mapped_column(default=None)  # once an attempt went wrong
    last_error: Mapped[str] = mapped_column(Text, default="")
    sent_at: Mapped[datetime | None] = mapped_column(default=None)

    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'sent', 'failed')", name="known_state"),
        Index(
            "ix_letter_due",
            "due_at",
            sqlite_where=state == WAITING,
        ),
        Index(
            "ix_letter_failed",
            "written_at",
            sqlite_where=state == FAILED,
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
        """Whether it will not go out unless someone sends it again."""
        return self.state == FAILED
