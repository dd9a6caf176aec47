"""What has been done, as sentences that are added to and never changed."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database import Base
from app.history import changes
from app.history.changes import Change


class Entry(Base):
    """One thing that someone did."""

    __tablename__ = "history_entry"

    id: Mapped[int] = mapped_column(primary_key=True)
    happened_at: Mapped[datetime]
    who: Mapped[str]  # an organiser's address, "the delegate", "the site"
    about: Mapped[str]  # "booking ABC123", "release 4"
    sentence: Mapped[str]
    changes: Mapped[str] = mapped_column(Text, default="", server_default="")  # JSON, see Change
    undoes_id: Mapped[int | None] = mapped_column(ForeignKey("history_entry.id"), default=None)

    particulars: Mapped["Particulars | None"] = relationship(lazy="joined")  # wherever it is shown

    __table_args__ = (
        Index("ix_history_entry_about", "about"),
        Index("ix_history_entry_who", "who"),
    )

    @property
    def made(self) -> tuple[Change, ...]:
        """What it changed, field by field; nothing once that has been forgotten."""
        apart = self.particulars.changes if self.particulars else ""
        return changes.read(self.changes or apart)


class Particulars(Base):
    """What an entry tells of a person, field by field: kept apart, so that it can be forgotten."""

    __tablename__ = "history_particulars"

    entry_id: Mapped[int] = mapped_column(
        ForeignKey("history_entry.id", ondelete="CASCADE"), primary_key=True
    )
    changes: Mapped[str] = mapped_column(Text)  # JSON, see Change
