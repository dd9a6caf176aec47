"""Agendas: the sessions that an anonymous visitor means to attend."""

from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database import Base


class Agenda(Base):
    """The sessions that a visitor has starred."""

    __tablename__ = "agenda"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)  # signed in the cookie
    feed_key: Mapped[str] = mapped_column(unique=True)  # signed in the calendar URL
    changed_at: Mapped[datetime] = mapped_column(index=True)  # when it was last used

    stars: Mapped[list["Star"]] = relationship(order_by="Star.id", cascade="all, delete-orphan")


class Star(Base):
    """A session in an agenda, with its details when it was starred."""

    __tablename__ = "star"

    id: Mapped[int] = mapped_column(primary_key=True)
    agenda_id: Mapped[int] = mapped_column(ForeignKey("agenda.id", ondelete="CASCADE"))
    session_key: Mapped[str]  # of the session in the programme
    title: Mapped[str]
    starts_at: Mapped[datetime | None] = mapped_column(default=None)
    ends_at: Mapped[datetime | None] = mapped_column(default=None)
    room: Mapped[str] = mapped_column(default="")

    __table_args__ = (UniqueConstraint("agenda_id", "session_key"),)
