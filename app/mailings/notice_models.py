"""Notices of change: which releases they compare, and what became of them."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base

OPEN, DROPPED, EMPTY = "open", "dropped", "empty"


class ChangeNotice(Base):
    """What people can be told of one or more releases; a mailing tells them once it is approved.

    Until then another release extends it: it compares what people know with what is public now.
    The newest row says what people know, also where nobody had to be told (``empty``).
    """

    __tablename__ = "change_notice"

    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(default=OPEN)
    from_release: Mapped[int] = mapped_column(ForeignKey("release.number"))  # what people know
    to_release: Mapped[int] = mapped_column(ForeignKey("release.number"))
    old_place: Mapped[str] = mapped_column(Text, default="")  # the venue, which needs no release
    new_place: Mapped[str] = mapped_column(Text, default="")
    excluded_changes: Mapped[str] = mapped_column(Text, default="[]")  # JSON: their ids
    people: Mapped[int] = mapped_column(default=0)  # as last counted
    changes: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column(default=0)
    changed_at: Mapped[datetime]
    decided_by: Mapped[str] = mapped_column(default="")

    __table_args__ = (
        CheckConstraint("state IN ('open', 'dropped', 'empty')", name="known_state"),
        Index("ix_change_notice_state", "state"),
    )
