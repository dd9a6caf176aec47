"""Table of changes proposed by speakers."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database import Base
from app.history.models import Change, load_changes
from app.programme.models import Session, Speaker

OPEN = "open"
APPROVED = "approved"
AMENDED = "amended"  # approved with changes, and a note
CHANGES_REQUESTED = "sent back"  # with a note
PROPOSAL_WITHDRAWN = "taken back"  # by the sender, or because no change was left
AUTO_APPROVED = "trusted"  # applied at once; public within minutes
ACCEPTED_STATES = frozenset({APPROVED, AMENDED, AUTO_APPROVED})
STATES = (OPEN, APPROVED, AMENDED, CHANGES_REQUESTED, PROPOSAL_WITHDRAWN, AUTO_APPROVED)
IS_OPEN = text("state = 'open'")


class Proposal(Base):
    """Changes proposed for one speaker or one session."""

    __tablename__ = "proposal"

    id: Mapped[int] = mapped_column(primary_key=True)
    speaker_id: Mapped[int | None] = mapped_column(
        ForeignKey("speaker.id", ondelete="CASCADE"), index=True, default=None
    )
    session_id: Mapped[int | None] = mapped_column(
        ForeignKey("session.id", ondelete="CASCADE"), index=True, default=None
    )
    state: Mapped[str] = mapped_column(default=OPEN)
    changes: Mapped[str] = mapped_column(Text)  # JSON of a list of history.changes.Change
    version: Mapped[int] = mapped_column(default=1)  # incremented each time it is sent again
    sent_by: Mapped[str]  # email of speaker, assistant or session owner
    sent_at: Mapped[datetime]
    decided_at: Mapped[datetime | None] = mapped_column(default=None)
    decided_by: Mapped[str] = mapped_column(default="")
    note: Mapped[str] = mapped_column(Text, default="")  # to the sender
    outcome: Mapped[str] = mapped_column(Text, default="")  # JSON of final values
    publish_at: Mapped[datetime | None] = mapped_column(default=None)  # if auto-approved

    speaker: Mapped[Speaker | None] = relationship()
    session: Mapped[Session | None] = relationship()

    __table_args__ = (
        CheckConstraint(f"state IN {STATES}", name="known_state"),
        CheckConstraint("(speaker_id IS NULL) <> (session_id IS NULL)", name="about_one"),
        Index(
            "uq_proposal_speaker_open",
            "speaker_id",
            unique=True,
            sqlite_where=IS_OPEN,
        ),
        Index(
            "uq_proposal_session_open",
            "session_id",
            unique=True,
            sqlite_where=IS_OPEN,
        ),
        Index("ix_proposal_state", "state", "sent_at"),
        Index("ix_proposal_publish_at", "publish_at"),
    )

    @property
    def revision(self) -> str:
        """A fingerprint of its last submission, to detect a resubmission."""
        return f"{self.id}.{self.version}"

    @property
    def entity(self) -> Speaker | Session:
        """The speaker or session it is about."""
        return cast(Speaker | Session, self.speaker or self.session)

    @property
    def entity_name(self) -> str:
        """The display name of the speaker or session."""
        return self.session.title if self.session else cast(Speaker, self.speaker).name

    @property
    def requested(self) -> Sequence[Change]:
        """The proposed change of each field, from its original value."""
        return load_changes(self.changes)

    @property
    def requested_labels(self) -> str:
        """The names of the fields to change: “Role, Biography”."""
        return ", ".join(change.label for change in self.requested)

    @property
    def values(self) -> Mapping[str, Any]:
        """The proposed value of each field."""
        return {change.field: change.after for change in self.requested}

    @property
    def amendments(self) -> Sequence[Change]:
        """The changes that a reviewer made to the proposed values."""
        return load_changes(self.outcome)

    @property
    def final_values(self) -> Mapping[str, Any]:
        """The value of each field if the proposal is accepted."""
        return {**self.values, **{change.field: change.after for change in self.amendments}}
