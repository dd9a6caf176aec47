"""Notices of change: which releases they compare, and their result."""

from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    Text,
    UniqueConstraint,
    and_,
    false,
    select,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database import Base
from app.mailings.models import DRAFT, Mailing

OPEN, DROPPED, EMPTY = "open", "dropped", "empty"


class ChangeNotice(Base):
    """The changes of one or more releases; once approved, a mailing notifies people of them.

    Until then further releases extend it: it compares what people know with what is public now. The
    newest row tells what people know, even if no one had to be notified (``empty``).
    """

    __tablename__ = "change_notice"

    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(default=OPEN)
    from_release: Mapped[int] = mapped_column(ForeignKey("release.number"))  # what people know
    to_release: Mapped[int] = mapped_column(ForeignKey("release.number"))
    old_place: Mapped[str] = mapped_column(Text, default="")  # the venue, which needs no release
    new_place: Mapped[str] = mapped_column(Text, default="")
    excluded_changes: Mapped[str] = mapped_column(Text, default="[]")  # JSON: their ids
    # whether everyone who attends on the day of a changed session is notified, whatever they follow
    includes_days: Mapped[bool] = mapped_column(default=False, server_default=false())
    content: Mapped[str] = mapped_column(Text, default="", server_default="")  # JSON: the changes
    # JSON: the number of people per set of changes
    groups: Mapped[str] = mapped_column(Text, default="[]", server_default="[]")
    # when the first of the changes is over, so that the notice must be prepared again
    stale_at: Mapped[datetime | None] = mapped_column(default=None)
    people: Mapped[int] = mapped_column(default=0)  # when last counted
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
        """Whether people have been notified, or no one is to be."""
        return self.state != EMPTY and not self.is_open


class NoticePerson(Base):
    """A delegate whom the open notice concerns, or a speaker or assistant without a booking.

    They are stored in the order of names when the notice is prepared, so that its page reads only
    the rows that it shows.
    """

    __tablename__ = "notice_person"

    id: Mapped[int] = mapped_column(primary_key=True)
    notice_id: Mapped[int] = mapped_column(ForeignKey("change_notice.id", ondelete="CASCADE"))
    delegate_id: Mapped[int | None] = mapped_column(
        ForeignKey("delegate.id", ondelete="CASCADE"), index=True, default=None
    )
    person_id: Mapped[int | None] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), index=True, default=None
    )
    name: Mapped[str] = mapped_column(
        default="", server_default=""
    )  # for speakers and their assistants
    changes: Mapped[str] = mapped_column(Text)  # the ids of the changes, separated by spaces
    # changes that concern them only if the notice includes everyone on the day
    day_changes: Mapped[str] = mapped_column(Text)
    is_included: Mapped[bool]  # whether any of the selected changes concerns them

    __table_args__ = (
        UniqueConstraint("notice_id", "delegate_id"),
        UniqueConstraint("notice_id", "person_id"),
        CheckConstraint("(delegate_id IS NULL) <> (person_id IS NULL)", name="is_one_person"),
    )


IS_OPEN = and_(
    ChangeNotice.state == OPEN,
    ~select(Mailing.id)
    .where(Mailing.id == ChangeNotice.mailing_id, Mailing.state != DRAFT)
    .exists(),
)
