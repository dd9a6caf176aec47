"""Applications for a place that need a decision by organisers."""

from datetime import datetime
from typing import Final

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, false, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database import Base
from app.delegates.categories.models import RegistrationCategory
from app.delegates.models import Delegate
from app.registration.request_models import RegistrationRequest
from app.registration.waiting_list.models import WaitingListEntry

ASKED, ON_HOLD = OPEN_STATES = ("asked", "on hold")
# ``WAITING``: approved when all places were taken, and on the waiting list; ``UNPLACED``: the wait
# ended without a place
APPROVED, WAITING, UNPLACED, DECLINED, WITHDRAWN = CLOSED_STATES = (
    *("approved", "waiting", "unplaced", "declined", "withdrawn"),
)
STATES: Final = (*OPEN_STATES, *CLOSED_STATES)


class RegistrationApplication(RegistrationRequest, Base):
    """A person's application for a place, and the decision."""

    __tablename__ = "registration_application"

    state: Mapped[str] = mapped_column(default=ASKED)
    is_held: Mapped[bool] = mapped_column(default=False, server_default=false())  # a place
    applied_at: Mapped[datetime]
    # the email address of the first of two approvers
    first_approved_by: Mapped[str] = mapped_column(default="", server_default="")
    # the first approver's message, for the email of the second approval
    unsent_message: Mapped[str] = mapped_column(Text, default="", server_default="")
    reason: Mapped[str] = mapped_column(Text, default="", server_default="")  # for the team
    entry_id: Mapped[int | None] = mapped_column(
        ForeignKey("waiting_list_entry.id", ondelete="SET NULL"), default=None, index=True
    )

    delegate: Mapped[Delegate | None] = relationship()
    waiting_list_entry: Mapped[WaitingListEntry | None] = relationship()
    category: Mapped[RegistrationCategory | None] = relationship()

    __table_args__ = (
        CheckConstraint(f"state IN {STATES}", name="known_state"),
        CheckConstraint(f"NOT is_held OR state IN {OPEN_STATES}", name="holds_while_open"),
        Index(
            "uq_registration_application_identity_key_open",
            "identity_key",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index("ix_registration_application_state", "state", "id"),
    )

    @property
    def history_subject(self) -> str:
        """The subject of this application in the audit log."""
        return f"application {self.id}"
