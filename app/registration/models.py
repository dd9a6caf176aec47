"""Delegates, their places, and the answers on the way there."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.agenda.models import Agenda
from app.database import Base
from app.errors import Refused
from app.programme.models import IN_ORDER


class SeatLimit(Base):
    """How many seats there are of one kind, and how many are taken: the row that is locked."""

    __tablename__ = "seat_limit"

    name: Mapped[str] = mapped_column(primary_key=True)  # "conference"
    seats: Mapped[int]
    taken: Mapped[int] = mapped_column(default=0)

    __table_args__ = (CheckConstraint("taken >= 0 AND taken <= seats", name="never_oversold"),)

    @property
    def is_full(self) -> bool:
        """Whether the last seat is taken."""
        return self.taken >= self.seats


class Answers(Base):
    """What someone has told us on the way to a place, until they confirm or a week has gone."""

    __tablename__ = "answers"

    id: Mapped[int] = mapped_column(primary_key=True)
    secret_hash: Mapped[str] = mapped_column(unique=True)  # SHA-256 of the key in the cookie
    document: Mapped[str] = mapped_column(Text, default="{}")  # JSON, a key for each step
    begun_at: Mapped[datetime]  # real moments: answers are forgotten after a real week
    changed_at: Mapped[datetime] = mapped_column(index=True)
    receipt_id: Mapped[int | None] = mapped_column(ForeignKey("receipt.id"), default=None)

    receipt: Mapped["Receipt | None"] = relationship()


class Delegate(Base):
    """A person with a place at the conference."""

    __tablename__ = "delegate"

    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(unique=True)
    link_key: Mapped[str] = mapped_column(unique=True)  # what the link in letters signs
    given_names: Mapped[str]
    family_name: Mapped[str]
    badge_name: Mapped[str]
    email: Mapped[str]
    same_person: Mapped[str]  # address and names, folded: one place for each
    new_email: Mapped[str] = mapped_column(default="")  # asked for, not yet confirmed
    new_link_key: Mapped[str | None] = mapped_column(unique=True, default=None)
    organisation: Mapped[str] = mapped_column(default="")
    role: Mapped[str] = mapped_column(default="")
    country: Mapped[str] = mapped_column(default="", index=True)  # ISO 3166-1 alpha-2
    days: Mapped[str]  # ISO dates, by spaces
    language: Mapped[str] = mapped_column(default="en")
    consented_at: Mapped[datetime]
    registered_at: Mapped[datetime]
    changes: Mapped[int] = mapped_column(default=0)  # SEQUENCE of the calendar entry
    cancelled_at: Mapped[datetime | None] = mapped_column(default=None)
    erased_at: Mapped[datetime | None] = mapped_column(default=None)
    is_invented: Mapped[bool] = mapped_column(default=False)  # does not exist; for trying out
    is_by_hand: Mapped[bool] = mapped_column(default=False, server_default=false())  # by the desk
    # what the search and the order of lists read: see recognition
    found_by: Mapped[str] = mapped_column(Text, default="", server_default="")
    name_order: Mapped[str] = mapped_column(IN_ORDER, default="", server_default="", index=True)
    organisation_order: Mapped[str] = mapped_column(IN_ORDER, default="", server_default="")

    needs: Mapped["Needs | None"] = relationship(cascade="all, delete-orphan")

    __table_args__ = (
        Index(
            "uq_delegate_same_person_attending",
            "same_person",
            unique=True,
            sqlite_where=cancelled_at.is_(None),
        ),
        Index("ix_delegate_email", "email"),
        Index("ix_delegate_registered_at", "registered_at"),
    )

    @property
    def is_attending(self) -> bool:
        """Whether the place is still theirs."""
        return self.cancelled_at is None

    @property
    def is_erased(self) -> bool:
        """Whether who it was has been forgotten."""
        return self.erased_at is not None

    @property
    def subject(self) -> str:
        """What the history calls this booking."""
        return f"booking {self.reference}"

    @property
    def full_name(self) -> str:
        """The name as it was given."""
        return f"{self.given_names} {self.family_name}".strip()

    @property
    def days_attending(self) -> list[date]:
        """The days on which they come."""
        return [date.fromisoformat(day) for day in self.days.split()]

    def cancel(self, at: datetime) -> None:
        """Give the place back."""
        if not self.is_attending:
            raise Refused("This booking has already been cancelled")
        self.cancelled_at = at

    def forget(self, at: datetime) -> None:
        """Forget who this was; no link opens the booking any more."""
        self.given_names = self.family_name = self.badge_name = self.email = self.new_email = ""
        self.organisation = self.role = self.country = ""
        self.same_person = self.link_key = f"erased {self.reference}"
        self.found_by = self.name_order = self.organisation_order = ""
        self.new_link_key = None
        self.needs = None
        self.erased_at = at


class Needs(Base):
    """What someone needs to take part, kept apart and only as long as it serves them."""

    __tablename__ = "needs"

    delegate_id: Mapped[int] = mapped_column(
        ForeignKey("delegate.id", ondelete="CASCADE"), primary_key=True
    )
    access: Mapped[str] = mapped_column(Text, default="")
    dietary: Mapped[str] = mapped_column(Text, default="")


class KeptAgenda(Base):
    """That a delegate keeps an agenda with their booking, so that its link leads to both."""

    __tablename__ = "kept_agenda"

    delegate_id: Mapped[int] = mapped_column(
        ForeignKey("delegate.id", ondelete="CASCADE"), primary_key=True
    )
    agenda_id: Mapped[int] = mapped_column(ForeignKey("agenda.id", ondelete="CASCADE"), index=True)

    agenda: Mapped[Agenda] = relationship()


class Receipt(Base):
    """What a person holds who has confirmed: the key of their confirmation page."""

    __tablename__ = "receipt"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    delegate_id: Mapped[int] = mapped_column(
        ForeignKey("delegate.id", ondelete="CASCADE"), index=True
    )
    email: Mapped[str]  # as this person typed it
    is_first: Mapped[bool]  # whether this confirmation took the place, or found it taken

    delegate: Mapped[Delegate] = relationship()
