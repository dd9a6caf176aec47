"""The table of what speakers would like changed."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database import Base
from app.history import changes
from app.history.changes import Change
from app.programme.models import Session, Speaker

OPEN = "open"
APPROVED = "approved"
AMENDED = "amended"  # approved with other words, and a note that says why
SENT_BACK = "sent back"  # with a note
TAKEN_BACK = "taken back"  # by whoever sent it, or nothing was left of it
TRUSTED = "trusted"  # changed at once, as the settings allow; shown to readers within minutes
WENT_IN = frozenset({APPROVED, AMENDED, TRUSTED})
STATES = (OPEN, APPROVED, AMENDED, SENT_BACK, TAKEN_BACK, TRUSTED)
IS_OPEN = text("state = 'open'")


class Proposal(Base):
    """What somebody would like changed of one speaker or of one session."""

    __tablename__ = "proposal"

    id: Mapped[int] = mapped_column(primary_key=True)
    speaker_id: Mapped[int | None] = mapped_column(
        ForeignKey("speaker.id", ondelete="CASCADE"), index=True, default=None
    )
    session_id: Mapped[int | None] = mapped_column(
        ForeignKey("session.id", ondelete="CASCADE"), index=True, default=None
    )
    state: Mapped[str] = mapped_column(default=OPEN)
    changes: Mapped[str] = mapped_column(Text)  # JSON, see Change: what it began with, what for
    version: Mapped[int] = mapped_column(default=1)  # one more each time it is sent again
    who: Mapped[str]  # an address: of the speaker, an assistant, the owner of the session
    sent_at: Mapped[datetime]
    decided_at: Mapped[datetime | None] = mapped_column(default=None)
    decided_by: Mapped[str] = mapped_column(default="")
    note: Mapped[str] = mapped_column(Text, default="")  # to whoever sent it
    outcome: Mapped[str] = mapped_column(Text, default="")  # JSON: from what was asked to what is
    goes_out_at: Mapped[datetime | None] = mapped_column(default=None)  # of what is trusted

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
        Index("ix_proposal_goes_out_at", "goes_out_at"),
    )

    @property
    def thing(self) -> Speaker | Session:
        """What it is about."""
        return cast(Speaker | Session, self.speaker or self.session)

    @property
    def called(self) -> str:
        """What people call what it is about."""
        return self.session.title if self.session else cast(Speaker, self.speaker).name

    @property
    def asked(self) -> Sequence[Change]:
        """What was asked for, field by field, with what it began with."""
        return changes.read(self.changes)

    @property
    def values(self) -> Mapping[str, Any]:
        """What each field would become."""
        return {change.field: change.after for change in self.asked}

    @property
    def amended(self) -> Sequence[Change]:
        """What became of it where that is something else than was asked for."""
        return changes.read(self.outcome)
