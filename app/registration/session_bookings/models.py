"""Booked seats in sessions, released seats, and reserved seats."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database import Base
from app.delegates.models import Delegate


class SessionBooking(Base):
    """A delegate's seat in a session that has to be booked."""

    __tablename__ = "session_booking"

    id: Mapped[int] = mapped_column(primary_key=True)
    delegate_id: Mapped[int] = mapped_column(ForeignKey("delegate.id", ondelete="CASCADE"))
    session_key: Mapped[str] = mapped_column(index=True)  # of the session in the programme
    title: Mapped[str]  # at the time of booking
    booked_at: Mapped[datetime]
    # the deadline for a choice, since a release has made another of their seats overlap; then this
    # one is released (``app.registration.session_bookings.clash_choices``)
    choose_by: Mapped[datetime | None] = mapped_column(default=None)
    checked_in_at: Mapped[datetime | None] = mapped_column(default=None)  # at the door
    is_from_door: Mapped[bool] = mapped_column(default=False, server_default=false())

    delegate: Mapped[Delegate] = relationship()

    __table_args__ = (
        UniqueConstraint("delegate_id", "session_key"),
        Index(
            "ix_session_booking_choose_by",
            "choose_by",
            sqlite_where=choose_by.is_not(None),
            postgresql_where=choose_by.is_not(None),
        ),
    )


class ReleasedSeat(Base):
    """A delegate's former seat in a session, released or lost."""

    __tablename__ = "released_seat"

    id: Mapped[int] = mapped_column(primary_key=True)
    delegate_id: Mapped[int] = mapped_column(
        ForeignKey("delegate.id", ondelete="CASCADE"), index=True
    )
    session_key: Mapped[str]
    title: Mapped[str]  # at the time of booking
    released_at: Mapped[datetime]


class SeatHold(Base):
    """Seats of a session that cannot be booked until they are released or used at the door."""

    __tablename__ = "seat_hold"

    id: Mapped[int] = mapped_column(primary_key=True)
    session_key: Mapped[str] = mapped_column(index=True)
    seats: Mapped[int]
    reason: Mapped[str]
    is_for_door: Mapped[bool]
    # seats of no-shows, to which more may be added
    is_unclaimed: Mapped[bool] = mapped_column(default=False, server_default=false())
    ends_at: Mapped[datetime | None] = mapped_column(default=None)  # when they can be booked
    created_at: Mapped[datetime]

    __table_args__ = (CheckConstraint("seats > 0", name="some_seats"),)
