"""Expressions of interest, from which the organisers invite people."""

from datetime import datetime
from typing import Final

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database import Base
from app.delegates.categories.models import RegistrationCategory
from app.delegates.models import Delegate
from app.registration.invitations.models import InvitationCode
from app.registration.request_models import RegistrationRequest

INTERESTED, INVITED = OPEN_STATES = ("interested", "invited")
REGISTERED, DECLINED, WITHDRAWN = CLOSED_STATES = ("registered", "declined", "withdrawn")
STATES: Final = (*OPEN_STATES, *CLOSED_STATES)


class ExpressionOfInterest(RegistrationRequest, Base):
    """A person who would like to attend, and whether they were invited."""

    __tablename__ = "expression_of_interest"

    state: Mapped[str] = mapped_column(default=INTERESTED)
    expressed_at: Mapped[datetime]
    invited_at: Mapped[datetime | None] = mapped_column(default=None)
    invitation_id: Mapped[int | None] = mapped_column(
        ForeignKey("invitation_code.id", ondelete="SET NULL"), default=None, index=True
    )

    delegate: Mapped[Delegate | None] = relationship()
    invitation: Mapped[InvitationCode | None] = relationship()
    category: Mapped[RegistrationCategory | None] = relationship()

    __table_args__ = (
        CheckConstraint(f"state IN {STATES}", name="known_state"),
        CheckConstraint(
            f"(state IN {OPEN_STATES}) = (ended_at IS NULL)", name="open_until_it_ends"
        ),
        Index(
            "uq_expression_of_interest_open",
            *("identity_key", "category_id"),
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index("ix_expression_of_interest_state", "state", "id"),
    )

    @property
    def history_subject(self) -> str:
        """The subject of this expression of interest in the audit log."""
        return f"interest {self.id}"
