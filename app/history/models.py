"""The audit log: sentences that are added and never changed."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database import Base
from app.history import changes
from app.history.changes import Change


class HistoryEntry(Base):
    """One thing that someone did."""

    __tablename__ = "history_entry"

    id: Mapped[int] = mapped_column(primary_key=True)
    happened_at: Mapped[datetime]
    actor: Mapped[str]  # an organiser's address, "the delegate", "the site"
    subject: Mapped[str]  # "booking ABC123", "release 4"
    summary: Mapped[str]
    changes: Mapped[str] = mapped_column(Text, default="", server_default="")  # JSON, see Change
    undoes_id: Mapped[int | None] = mapped_column(ForeignKey("history_entry.id"), default=None)

    personal_details: Mapped["PersonalDetails | None"] = relationship(
        lazy="joined"
    )  # wherever it is shown

    __table_args__ = (
        Index("ix_history_entry_subject", "subject"),
        Index("ix_history_entry_actor", "actor"),
    )

    @property
    def field_changes(self) -> tuple[Change, ...]:
        """The changed fields; empty once they have been erased."""
        personal = self.personal_details.changes if self.personal_details else ""
        return changes.load(self.changes or personal)


class PersonalDetails(Base):
    """The changed fields of an entry about a person, stored apart so that they can be erased."""

    __tablename__ = "history_personal_details"

    entry_id: Mapped[int] = mapped_column(
        ForeignKey("history_entry.id", ondelete="CASCADE"), primary_key=True
    )
    changes: Mapped[str] = mapped_column(Text)  # JSON, see Change
