"""Notices of change: which releases they compare, and what became of them."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, and_, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database import Base
from app.mailings.models import DRAFT, Mailing

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

    mailing_id: Mapped[int | None] = mapped_column(
        ForeignKey("mailing.id", ondelete="SET NULL"), unique=True, default=None
    )

    mailing: Mapped[Mailing | None] = relationship(lazy="joined")

    __table_args__ = (
        CheckConstraint("state IN ('open', 'dropped', 'empty')", name="known_state"),
        Index("ix_change_notice_state", "state"),
    )

    @property
    def is_open(self) -> bool:
        """Whether it waits for approval: its mailing, if there is one, is a draft."""
        return self.state == OPEN and (self.mailing is None or self.mailing.is_draft)

    @property
    def is_decided(self) -> bool:
        """Whether people have been told, or nobody is to be."""
        return self.state != EMPTY and not self.is_open


IS_OPEN = and_(
    ChangeNotice.state == OPEN,
    ~select(Mailing.id)
    .where(Mailing.id == ChangeNotice.mailing_id, Mailing.state != DRAFT)
    .exists(),
)
