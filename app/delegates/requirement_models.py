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
WORDS: Final = "words"  # the kind of a case about a delegate's own words
SUBJECT_SUFFIX: Final = "-case "  # in the audit log, between type and key


class RequirementCase(Base):
    """One requirement of a delegate, and how far it is arranged.

    ``kind`` is one of the kinds of its type, or WORDS. Next to a name it could reveal illness or
    belief, so it is encrypted like the answer it comes from, as are all texts about it: see
    ``requirement_texts``.
    """

    __tablename__ = "requirement_case"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)  # random; in URLs, and binds encrypted texts
    delegate_id: Mapped[int] = mapped_column(
        ForeignKey("delegate.id", ondelete="CASCADE"), index=True
    )
    type: Mapped[str]
    kind: Mapped[str] = mapped_column(Text)
    answer: Mapped[str] = mapped_column(Text, default="")  # shown to the delegate
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
        """Whether work on it remains."""
        return self.state in UNFINISHED

    @property
    def history_subject(self) -> str:
        """The subject of this case in the audit log; reveals neither person nor requirement."""
        return f"{self.type}{SUBJECT_SUFFIX}{self.key}"
