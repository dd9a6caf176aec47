"""The desk's data about pairs of bookings."""

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base


class DistinctBookings(Base):
    """Two similar bookings that are of different people, the older first."""

    __tablename__ = "distinct_bookings"

    first_id: Mapped[int] = mapped_column(
        ForeignKey("delegate.id", ondelete="CASCADE"), primary_key=True
    )
    second_id: Mapped[int] = mapped_column(
        ForeignKey("delegate.id", ondelete="CASCADE"), primary_key=True, index=True
    )

    __table_args__ = (CheckConstraint("first_id < second_id", name="older_booking_first"),)
