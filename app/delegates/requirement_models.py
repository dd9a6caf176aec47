"""Cases of access and dietary requirements."""

from datetime import date, datetime
from typing import Final

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, false
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base

ACCESS, DIETARY = TYPES = ("access", "dietary")
OPEN, IN_PROGRESS, ARRANGED, NOT_POSSIBLE = STATES = (
    *("open", "in progress", "arranged", "cannot be arranged"),
)
UNFINISHED: Final = (OPEN, IN_PROGRESS)
WORDS: Final = "words"  # the kind of the case of what they wrote in their own words
SUBJECT_SUFFIX: Final = "-case "  # of the type, before the key, in the audit log


class RequirementCase(Base):
    """One requirement of a delegate, and how far it is arranged.

    ``kind`` is one of the kinds of its type, or WORDS. It would tell of illness or belief beside
    the name, so it is encrypted like the answer that it comes from, as is all that is written about
    it: see ``requirement_texts``.
    """

    __tablename__ = "requirement_case"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)  # random: in addresses, and where texts belong
    delegate_id: Mapped[int] = mapped_column(
        ForeignKey("delegate.id", ondelete="CASCADE"), index=True
    )
    type: Mapped[str]
    kind: Mapped[str] = mapped_column(Text)
    answer: Mapped[str] = mapped_column(Text, default="")  # the delegate reads it
    reply: Mapped[str] = mapped_column(Text, default="")  # of the delegate; later ones are added
    has_unread_reply: Mapped[bool] = mapped_column(default=False, server_default=false())
    state: Mapped[str] = mapped_column(default=OPEN)
    owner_id: Mapped[int | None] = mapped_column(
        ForeignKey("person.id", ondelete="SET NULL"), default=None, index=True
    )
    due_on: Mapped[date | None] = mapped_column(default=None)
    updated_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    __table_args__ = (
        CheckConstraint(f"state IN {STATES}", name="known_state"),
        CheckConstraint(f"type IN {TYPES}", name="known_type"),
        Index("ix_requirement_case_state", "type", "state", "due_on"),
    )

    @property
    def is_unfinished(self) -> bool:
        """Whether somebody still has to do something."""
        return self.state in UNFINISHED

    @property
    def history_subject(self) -> str:
        """The subject of this case in the audit log, which names neither person nor requirement."""
        return f"{self.type}{SUBJECT_SUFFIX}{self.key}"
