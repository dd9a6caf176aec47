"""The audit log: entries are added and never changed, with the fields that each changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database import Base


@dataclass(frozen=True)
class Change:
    """One changed field with its values before and after."""

    field: str  # the name that an undo uses
    before: Any  # a JSON value: text, number, boolean, null or a list of these
    after: Any
    label: str  # the name of the field on pages
    old: str  # the value before, as text; empty for none
    new: str


_json = TypeAdapter(tuple[Change, ...])


def dump_changes(changes: Sequence[Change]) -> str:
    """Return changes as JSON."""
    return _json.dump_json(tuple(changes)).decode()


def load_changes(text: str) -> tuple[Change, ...]:
    """Parse changes from JSON; an empty text gives none."""
    return _json.validate_json(text) if text else ()


class HistoryEntry(Base):
    """One thing that someone did."""

    __tablename__ = "history_entry"

    id: Mapped[int] = mapped_column(primary_key=True)
    happened_at: Mapped[datetime]
    actor: Mapped[str]  # an organiser's address, "the delegate", "the site"
    subject: Mapped[str]  # "booking ABC123", "release 4"
    summary: Mapped[str]
    changes: Mapped[str] = mapped_column(Text, default="", server_default="")  # JSON of the changes
    undoes_id: Mapped[int | None] = mapped_column(ForeignKey("history_entry.id"), default=None)

    personal_details: Mapped["PersonalDetails | None"] = relationship(
        lazy="joined"
    )  # on every page that shows it

    __table_args__ = (
        Index("ix_history_entry_subject", "subject"),
        Index("ix_history_entry_actor", "actor"),
    )

    @property
    def field_changes(self) -> tuple[Change, ...]:
        """The changed fields; empty once they have been erased."""
        personal = self.personal_details.changes if self.personal_details else ""
        return load_changes(self.changes or personal)


class PersonalDetails(Base):
    """The changed fields of an entry about a person, stored separately for erasure."""

    __tablename__ = "history_personal_details"

    entry_id: Mapped[int] = mapped_column(
        ForeignKey("history_entry.id", ondelete="CASCADE"), primary_key=True
    )
    changes: Mapped[str] = mapped_column(Text)  # JSON of the changes
