"""Waits for places and for seats in sessions."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, and_
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database import Base
from app.delegates.categories.models import RegistrationCategory
from app.delegates.models import CONFERENCE, Delegate

# States of an entry of the waiting list.
IN_QUEUE, OFFERED, ACCEPTED, LAPSED, LEFT, REMOVED = WAITING_LIST_STATES = (
    *("waiting", "offered", "accepted", "lapsed", "left", "removed"),
)


CONFERENCE_LIST = CONFERENCE  # the scope of waits for a place; otherwise that of a session


class WaitingListEntry(Base):
    """A person who waits for a place or a seat, has one on offer, or no longer waits.

    People who wait for a seat in a session are delegates from the start, and have no questions to
    answer. So are people who wait for a place in another category and keep theirs until then.
    """

    __tablename__ = "waiting_list_entry"

    id: Mapped[int] = mapped_column(primary_key=True)  # in the order of joining
    # the name of the limit they wait for
    scope: Mapped[str] = mapped_column(default=CONFERENCE_LIST, server_default=CONFERENCE_LIST)
    title: Mapped[str] = mapped_column(default="", server_default="")  # of the session
    access_key: Mapped[str] = mapped_column(unique=True)  # signed in the links of emails
    name: Mapped[str]
    email: Mapped[str]
    # as of a delegate; "" once ended, and for a session
    identity_key: Mapped[str] = mapped_column()
    search_text: Mapped[str]
    language: Mapped[str]
    document: Mapped[str] = mapped_column(Text)  # the answers as JSON; erased once ended
    state: Mapped[str] = mapped_column(default=IN_QUEUE)
    joined_at: Mapped[datetime]
    offered_at: Mapped[datetime | None] = mapped_column(default=None)
    offer_ends_at: Mapped[datetime | None] = mapped_column(default=None)
    ended_at: Mapped[datetime | None] = mapped_column(default=None)
    delegate_id: Mapped[int | None] = mapped_column(
        ForeignKey("delegate.id", ondelete="SET NULL"), default=None, index=True
    )
    category_id: Mapped[int | None] = mapped_column(
        ForeignKey("registration_category.id", ondelete="SET NULL"), default=None, index=True
    )
    # where organisers have moved them in the order; otherwise the id
    queue_order: Mapped[int | None] = mapped_column(default=None)
    # the group they are offered places with, together or not at all
    together_group_id: Mapped[int | None] = mapped_column(
        ForeignKey("registration_group.id", ondelete="SET NULL"), default=None, index=True
    )

    delegate: Mapped[Delegate | None] = relationship()
    category: Mapped[RegistrationCategory | None] = relationship()

    __table_args__ = (
        CheckConstraint(f"state IN {WAITING_LIST_STATES}", name="known_state"),
        Index(
            "uq_waiting_list_entry_identity_key_open",
            "identity_key",
            unique=True,
            sqlite_where=and_(ended_at.is_(None), identity_key != ""),
            postgresql_where=and_(ended_at.is_(None), identity_key != ""),
        ),
        Index(
            "uq_waiting_list_entry_delegate_scope_open",
            "delegate_id",
            "scope",
            unique=True,
            sqlite_where=ended_at.is_(None),
            postgresql_where=ended_at.is_(None),
        ),
        Index("ix_waiting_list_entry_state", "state", "scope", "id"),
    )

    @property
    def is_for_session(self) -> bool:
        """Whether they wait for a seat in a session."""
        return self.scope != CONFERENCE_LIST

    @property
    def keeps_place(self) -> bool:
        """Whether they have a place, and keep it until they take one in this category."""
        is_open = self.ended_at is None
        return is_open and self.delegate_id is not None and not self.is_for_session

    @property
    def still_has_place(self) -> bool:
        """Whether they have a place, and did not get it from this list."""
        return self.delegate is not None and self.delegate.is_attending and self.state != ACCEPTED

    @property
    def is_waiting(self) -> bool:
        """Whether they are waiting for an offer."""
        return self.state == IN_QUEUE

    @property
    def is_offered(self) -> bool:
        """Whether a place is held for them; the offer may have expired."""
        return self.state == OFFERED

    @property
    def place_in_order(self) -> int:
        """The sort key in its list; equal ones are sorted by id."""
        return self.id if self.queue_order is None else self.queue_order

    @property
    def slug(self) -> str:
        """Return what identifies it in forms for bulk actions."""
        return str(self.id)

    @property
    def history_subject(self) -> str:
        """The subject of this entry in the audit log."""
        return f"waiting list {self.id}"
