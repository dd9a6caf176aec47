"""Offers of delegates' places to colleagues."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, true
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database import Base
from app.delegates.models import Delegate

OFFERED, ACCEPTED, WITHDRAWN, LAPSED = TRANSFER_STATES = (
    *("offered", "accepted", "withdrawn", "lapsed"),
)


class PlaceTransfer(Base):
    """A delegate's offer of their place to one other person, until it expires."""

    __tablename__ = "place_transfer"

    id: Mapped[int] = mapped_column(primary_key=True)
    access_key: Mapped[str] = mapped_column(unique=True)  # signed in the link of the email
    delegate_id: Mapped[int] = mapped_column(ForeignKey("delegate.id", ondelete="CASCADE"))
    name: Mapped[str]  # of the colleague, as typed
    email: Mapped[str]
    keeps_seats: Mapped[bool] = mapped_column(default=True, server_default=true())  # in sessions
    state: Mapped[str] = mapped_column(default=OFFERED)
    offered_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None] = mapped_column(default=None, index=True)

    delegate: Mapped[Delegate] = relationship()

    __table_args__ = (
        CheckConstraint(f"state IN {TRANSFER_STATES}", name="known_state"),
        CheckConstraint("(state = 'offered') = (ended_at IS NULL)", name="open_while_offered"),
        Index(
            "uq_place_transfer_delegate_id_open",
            "delegate_id",
            unique=True,
            sqlite_where=ended_at.is_(None),
            postgresql_where=ended_at.is_(None),
        ),
        Index("ix_place_transfer_delegate_id", "delegate_id"),
    )
