"""Ballots, their sessions, and delegates' wishes."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database import Base
from app.delegates.models import Delegate


class Ballot(Base):
    """A draw of seats in some sessions; its seed is fixed from the start."""

    __tablename__ = "ballot"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    closes_at: Mapped[datetime]
    seed: Mapped[str] = mapped_column(Text)  # encrypted until the draw
    commitment: Mapped[str] = mapped_column(unique=True)  # SHA-256 of the seed, public at once
    created_at: Mapped[datetime]
    drawn_at: Mapped[datetime | None] = mapped_column(default=None)
    document: Mapped[str] = mapped_column(Text, default="")  # the published file, once drawn
    version: Mapped[int] = mapped_column(default=1)

    sessions: Mapped[list["BallotSession"]] = relationship(
        order_by="BallotSession.session_key", cascade="all, delete-orphan"
    )

    __table_args__ = (
        CheckConstraint("(drawn_at IS NULL) = (document = '')", name="published_once_drawn"),
        {"sqlite_autoincrement": True},  # the file of a ballot is identified by its number
    )

    @property
    def is_drawn(self) -> bool:
        """Whether the draw has taken place."""
        return self.drawn_at is not None

    @property
    def session_keys(self) -> list[str]:
        """The keys of the sessions whose seats it draws."""
        return [session.session_key for session in self.sessions]

    @property
    def history_subject(self) -> str:
        """The subject of this ballot in the audit log."""
        return f"ballot {self.id}"

    def is_open(self, now: datetime) -> bool:
        """Return True while wishes can be made and changed."""
        return not self.is_drawn and now < self.closes_at


class BallotSession(Base):
    """A session whose seats a ballot draws; it is in at most one undrawn ballot."""

    __tablename__ = "ballot_session"

    ballot_id: Mapped[int] = mapped_column(
        ForeignKey("ballot.id", ondelete="CASCADE"), primary_key=True
    )
    session_key: Mapped[str] = mapped_column(primary_key=True, index=True)


class BallotEntry(Base):
    """The ranked wishes of a delegate in a ballot, under an anonymous ticket."""

    __tablename__ = "ballot_entry"

    id: Mapped[int] = mapped_column(primary_key=True)
    ballot_id: Mapped[int] = mapped_column(ForeignKey("ballot.id", ondelete="CASCADE"))
    delegate_id: Mapped[int] = mapped_column(
        ForeignKey("delegate.id", ondelete="CASCADE"), index=True
    )
    ticket: Mapped[str]
    wishes: Mapped[str] = mapped_column(Text)  # JSON: keys of sessions, in order of preference
    changed_at: Mapped[datetime]
    won: Mapped[str] = mapped_column(Text, default="")  # as JSON, once drawn
    notified_at: Mapped[datetime | None] = mapped_column(default=None)  # of the email

    ballot: Mapped[Ballot] = relationship()
    delegate: Mapped[Delegate] = relationship()

    __table_args__ = (
        UniqueConstraint("ballot_id", "delegate_id"),
        UniqueConstraint("ballot_id", "ticket"),
        Index("ix_ballot_entry_notified_at", "notified_at"),
    )


def place_of_seed(commitment: str) -> str:
    """Return the place that the encrypted seed of a ballot is bound to."""
    return f"ballot.seed {commitment}"
