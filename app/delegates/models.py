"""Delegates, seat limits, and applications that are not yet submitted."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Final

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, false
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from app.agenda.models import Agenda
from app.database import Base
from app.delegates.categories.models import RegistrationCategory
from app.delegates.requirement_models import RequirementCase
from app.errors import RuleViolation
from app.programme.models import SORT_KEY_TYPE
from app.questions import models as _questions  # noqa: F401 - tables that answers refer to

CONFERENCE: Final = "conference"  # the name of the conference's own limit
CATEGORY_PREFIX: Final = "category "  # of the name of a category's limit
COLUMNS_KEPT_AT_ERASURE = {  # of Delegate, in addition to answers that are kept
    *("id", "reference", "language", "consented_at", "registered_at", "version"),
    *("cancelled_at", "erased_at", "is_demo", "is_added_by_team", "category_id"),
    "has_opened_equality",
}


class SeatLimit(Base):
    """A named limit with the number of seats taken; this row is locked to reserve a seat."""

    __tablename__ = "seat_limit"

    name: Mapped[str] = mapped_column(primary_key=True)  # "conference", "category 3"
    seats: Mapped[int]
    taken: Mapped[int] = mapped_column(default=0)  # including those on offer
    waiting: Mapped[int] = mapped_column(default=0, server_default="0")  # without an offer
    has_waiting_list: Mapped[bool] = mapped_column(default=False, server_default=false())
    # for a session: the organisers' number; ``seats`` is higher while more are taken
    nominal_seats: Mapped[int | None] = mapped_column(default=None)
    # for a session: how many of these are reserved (``SeatHold``); not included in ``seats``
    held_back: Mapped[int] = mapped_column(default=0, server_default="0")
    # for a session: how long before its start the seats of absent people are freed
    no_show_minutes: Mapped[int | None] = mapped_column(default=None)

    __table_args__ = (CheckConstraint("taken >= 0 AND taken <= seats", name="never_oversold"),)

    @property
    def has_free_seat(self) -> bool:
        """Whether a seat is neither taken nor on offer."""
        return self.taken < self.seats

    @property
    def is_full(self) -> bool:
        """Whether newcomers cannot get a seat: none is free, or others are waiting."""
        return not self.has_free_seat or self.waiting > 0


class ApplicationDraft(Base):
    """A person's answers until they submit them, kept for a week at most."""

    __tablename__ = "application_draft"

    id: Mapped[int] = mapped_column(primary_key=True)
    secret_hash: Mapped[str] = mapped_column(unique=True)  # SHA-256 of the key in the cookie
    document: Mapped[str] = mapped_column(Text, default="{}")  # JSON, a key for each answer
    begun_at: Mapped[datetime]  # real time: answers are deleted after a real week
    changed_at: Mapped[datetime] = mapped_column(index=True)
    confirmation_id: Mapped[int | None] = mapped_column(ForeignKey("confirmation.id"), default=None)

    confirmation: Mapped["Confirmation | None"] = relationship()


class Delegate(Base):
    """A person with a booking, active or cancelled."""

    __tablename__ = "delegate"

    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(unique=True)
    access_key: Mapped[str] = mapped_column(unique=True)  # signed in the links of emails
    given_names: Mapped[str]
    family_name: Mapped[str]
    badge_name: Mapped[str]
    pronouns: Mapped[str] = mapped_column(default="", server_default="")
    email: Mapped[str]
    email_key: Mapped[str] = mapped_column(
        default="", server_default=""
    )  # the address in lower case, for comparison
    identity_key: Mapped[str]  # address and names, folded; unique
    pending_email: Mapped[str] = mapped_column(default="")  # requested, not yet confirmed
    pending_email_key: Mapped[str | None] = mapped_column(unique=True, default=None)
    organisation: Mapped[str] = mapped_column(default="")
    role: Mapped[str] = mapped_column(default="")
    country: Mapped[str] = mapped_column(default="", index=True)  # ISO 3166-1 alpha-2
    days: Mapped[str]  # ISO dates, separated by spaces
    language: Mapped[str] = mapped_column(default="en")
    consented_at: Mapped[datetime]  # to storing Needs; if there are none, the time of registration
    registered_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=0)  # SEQUENCE of the calendar entry
    cancelled_at: Mapped[datetime | None] = mapped_column(default=None)
    erased_at: Mapped[datetime | None] = mapped_column(default=None)
    is_demo: Mapped[bool] = mapped_column(default=False)  # for trying out; not a real person
    is_added_by_team: Mapped[bool] = mapped_column(
        default=False, server_default=false()
    )  # by the desk
    # whether a token for the equality questions was issued, but not which one
    has_opened_equality: Mapped[bool] = mapped_column(default=False, server_default=false())
    # read by the search and order of lists: see delegate_record
    search_text: Mapped[str] = mapped_column(Text, default="", server_default="")
    name_sort_key: Mapped[str] = mapped_column(
        SORT_KEY_TYPE, default="", server_default="", index=True
    )
    organisation_sort_key: Mapped[str] = mapped_column(SORT_KEY_TYPE, default="", server_default="")

    category_id: Mapped[int | None] = mapped_column(
        ForeignKey("registration_category.id", ondelete="SET NULL"), default=None, index=True
    )

    category: Mapped[RegistrationCategory | None] = relationship()
    needs: Mapped["Needs | None"] = relationship(cascade="all, delete-orphan")
    requirement_cases: Mapped[list[RequirementCase]] = relationship(cascade="all, delete-orphan")
    custom_answers: Mapped[list["DelegateAnswer"]] = relationship(cascade="all, delete-orphan")

    __table_args__ = (
        Index(
            "uq_delegate_identity_key_attending",
            "identity_key",
            unique=True,
            sqlite_where=cancelled_at.is_(None),
        ),
        # includes what decides who attends, so that a scan of all addresses reads nothing else
        Index("ix_delegate_email_key", "email_key", "cancelled_at", "erased_at"),
        Index("ix_delegate_registered_at", "registered_at"),
        # of the largest organisations, for the filter of the list
        Index("ix_delegate_organisation", "organisation_sort_key", "organisation"),
        # covering indexes for scans of all delegates: see delegates.queries and desk.duplicates
        Index(
            "ix_delegate_attending_name",
            *("name_sort_key", "country", "cancelled_at"),
            sqlite_where=cancelled_at.is_(None),
            postgresql_where=cancelled_at.is_(None),
        ),
        Index(
            "ix_delegate_attending_figures",
            *("country", "days", "category_id", "registered_at"),
            sqlite_where=cancelled_at.is_(None),
            postgresql_where=cancelled_at.is_(None),
        ),
    )

    @validates("email")
    def _follow_address(self, _column: str, email: str) -> str:
        self.email_key = email.lower()
        return email

    @property
    def is_attending(self) -> bool:
        """Whether the booking has not been cancelled."""
        return self.cancelled_at is None

    @property
    def is_erased(self) -> bool:
        """Whether the personal data has been erased."""
        return self.erased_at is not None

    @property
    def history_subject(self) -> str:
        """The subject of this booking in the audit log."""
        return f"booking {self.reference}"

    @property
    def full_name(self) -> str:
        """The name in the order in which it was given."""
        return f"{self.given_names} {self.family_name}".strip()

    @property
    def days_attending(self) -> list[date]:
        """The days on which they attend."""
        return [date.fromisoformat(day) for day in self.days.split()]

    def cancel(self, at: datetime) -> None:
        """Mark the booking as cancelled."""
        if not self.is_attending:
            raise RuleViolation("This booking has already been cancelled")
        self.cancelled_at = at

    def restore(self) -> None:
        """Mark a cancelled booking as active again."""
        if self.is_erased:
            raise RuleViolation("The details have been deleted, so the booking cannot be restored")
        if self.is_attending:
            raise RuleViolation("This booking has already been restored")
        self.cancelled_at = None

    def anonymise(self, at: datetime, kept: Iterable[str]) -> None:
        """Erase every column that is not listed as kept; links no longer open the booking."""
        for column in self.__table__.columns:
            if column.name not in {*COLUMNS_KEPT_AT_ERASURE, *kept}:
                setattr(self, column.name, None if column.nullable else "")
        self.identity_key = self.access_key = f"erased {self.reference}"
        self.needs = None
        self.requirement_cases = []
        self.custom_answers = []
        self.erased_at = at


class Needs(Base):
    """Access and dietary requirements, stored separately and only as long as needed."""

    __tablename__ = "needs"

    delegate_id: Mapped[int] = mapped_column(
        ForeignKey("delegate.id", ondelete="CASCADE"), primary_key=True
    )
    # encrypted: see private_answers
    access: Mapped[str] = mapped_column(Text, default="")
    dietary: Mapped[str] = mapped_column(Text, default="")
    access_kinds: Mapped[str] = mapped_column(Text, default="", server_default="")
    dietary_kinds: Mapped[str] = mapped_column(Text, default="", server_default="")


class DelegateAnswer(Base):
    """An answer to an organisers' question, until the question's date of erasure."""

    __tablename__ = "delegate_answer"

    delegate_id: Mapped[int] = mapped_column(
        ForeignKey("delegate.id", ondelete="CASCADE"), primary_key=True
    )
    question_id: Mapped[int] = mapped_column(
        ForeignKey("question.id"), primary_key=True, index=True
    )
    version_id: Mapped[int] = mapped_column(ForeignKey("question_version.id"))  # as it was asked
    value: Mapped[str] = mapped_column(Text)  # never empty


class DelegateNote(Base):
    """A note by the desk about a delegate; the delegate's data export includes it."""

    __tablename__ = "delegate_note"

    id: Mapped[int] = mapped_column(primary_key=True)
    delegate_id: Mapped[int] = mapped_column(
        ForeignKey("delegate.id", ondelete="CASCADE"), index=True
    )
    text: Mapped[str] = mapped_column(Text)
    written_at: Mapped[datetime]
    written_by: Mapped[str]  # an email address


class DelegateTag(Base):
    """A short label that organisers give delegates."""

    __tablename__ = "delegate_tag"

    delegate_id: Mapped[int] = mapped_column(
        ForeignKey("delegate.id", ondelete="CASCADE"), primary_key=True
    )
    label: Mapped[str] = mapped_column(primary_key=True, index=True)


class LinkedAgenda(Base):
    """The agenda that is linked to a delegate's booking."""

    __tablename__ = "linked_agenda"

    delegate_id: Mapped[int] = mapped_column(
        ForeignKey("delegate.id", ondelete="CASCADE"), primary_key=True
    )
    agenda_id: Mapped[int] = mapped_column(ForeignKey("agenda.id", ondelete="CASCADE"), index=True)
    # when the delegate agreed to emails about its sessions; None: never
    emails_agreed_at: Mapped[datetime | None] = mapped_column(default=None)

    agenda: Mapped[Agenda] = relationship()


class Confirmation(Base):
    """The confirmation page of one submission; the same person may have booked before."""

    __tablename__ = "confirmation"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    delegate_id: Mapped[int] = mapped_column(
        ForeignKey("delegate.id", ondelete="CASCADE"), index=True
    )
    email: Mapped[str]  # as typed in this submission
    is_first: Mapped[bool]  # whether this submission took the place, or found it taken
    # real time until which the page may correct the address; none once the booking has been opened
    # by its link, changed or registered again
    correctable_until: Mapped[datetime | None] = mapped_column(default=None)

    delegate: Mapped[Delegate] = relationship()
