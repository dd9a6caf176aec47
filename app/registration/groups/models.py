"""Groups and the people whom their contacts have entered."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database import Base
from app.delegates.models import Delegate
from app.registration.waiting_list.models import WaitingListEntry

# The states of a person in a group. People with a place have a booking, unless they had one before:
# the contact is not told that, and sees the same.
PLACED, WAITING, UNPLACED, LEFT, CANCELLED = MEMBER_STATES = (
    *("placed", "waiting", "unplaced", "left", "cancelled"),
)


class RegistrationGroup(Base):
    """People who were registered by one contact."""

    __tablename__ = "registration_group"

    id: Mapped[int] = mapped_column(primary_key=True)
    access_key: Mapped[str] = mapped_column(unique=True)  # signed in the links of emails
    name: Mapped[str]  # of the contact
    email: Mapped[str] = mapped_column(index=True)
    organisation: Mapped[str] = mapped_column(default="")
    language: Mapped[str] = mapped_column(default="en")
    shared: Mapped[str] = mapped_column(Text, default="{}")  # JSON: shared answers, for more people
    search_text: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime]

    members: Mapped[list["GroupMember"]] = relationship(
        back_populates="group", cascade="all, delete-orphan", order_by="GroupMember.id"
    )

    @property
    def history_subject(self) -> str:
        """The subject of this group in the audit log."""
        return f"group {self.id}"

    @property
    def title(self) -> str:
        """The display name: the organisation, or else the contact."""
        return self.organisation or self.name

    @property
    def is_whole(self) -> bool:
        """Whether everyone in it has a place."""
        return not any(one.is_lacking for one in self.members)

    @property
    def has_places(self) -> bool:
        """Whether anyone in it has a place."""
        return any(one.current_state == PLACED for one in self.members)


class GroupMember(Base):
    """A person whom the contact of a group has entered."""

    __tablename__ = "group_member"

    id: Mapped[int] = mapped_column(primary_key=True)
    group_id: Mapped[int] = mapped_column(
        ForeignKey("registration_group.id", ondelete="CASCADE"), index=True
    )
    name: Mapped[str]  # as the contact typed it
    email: Mapped[str] = mapped_column(default="")  # empty: emails go to the contact
    state: Mapped[str]
    delegate_id: Mapped[int | None] = mapped_column(
        ForeignKey("delegate.id", ondelete="SET NULL"), default=None
    )
    waiting_list_entry_id: Mapped[int | None] = mapped_column(
        ForeignKey("waiting_list_entry.id", ondelete="SET NULL"), default=None, index=True
    )

    group: Mapped[RegistrationGroup] = relationship(back_populates="members")
    delegate: Mapped[Delegate | None] = relationship()
    entry: Mapped[WaitingListEntry | None] = relationship()

    __table_args__ = (
        CheckConstraint(f"state IN {MEMBER_STATES}", name="known_state"),
        Index("uq_group_member_delegate_id", "delegate_id", unique=True),
    )

    @property
    def current_state(self) -> str:
        """The current state, including what they did themselves."""
        if self.delegate is not None and not self.delegate.is_attending:
            return CANCELLED
        if self.state == WAITING and self.entry is not None and self.entry.ended_at is not None:
            return PLACED if self.entry.delegate is not None else UNPLACED
        return self.state

    @property
    def is_present(self) -> bool:
        """Whether they have a place or are waiting for one."""
        return self.current_state in {PLACED, WAITING}

    @property
    def is_lacking(self) -> bool:
        """Whether they wanted a place but have none."""
        return self.current_state in {WAITING, UNPLACED}

    @property
    def is_received_by_contact(self) -> bool:
        """Whether emails about them go to the contact."""
        return not self.email
