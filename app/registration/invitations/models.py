"""Invitation codes."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database import Base
from app.delegates.categories.models import RegistrationCategory


class InvitationCode(Base):
    """A code with which some people may register in a category, until it expires."""

    __tablename__ = "invitation_code"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    category_id: Mapped[int] = mapped_column(
        ForeignKey("registration_category.id", ondelete="CASCADE"), index=True
    )
    note: Mapped[str] = mapped_column(default="")  # for the team
    email: Mapped[str] = mapped_column(default="")  # the recipient, if it is for one person
    uses: Mapped[int]  # how often it can be used
    used: Mapped[int] = mapped_column(default=0)
    held: Mapped[int] = mapped_column(default=0)  # places kept for it, which count as taken
    expires_at: Mapped[datetime] = mapped_column(index=True)
    revoked_at: Mapped[datetime | None] = mapped_column(default=None)
    created_at: Mapped[datetime]

    category: Mapped[RegistrationCategory] = relationship()

    __table_args__ = (
        CheckConstraint("used >= 0 AND used <= uses", name="never_overused"),
        CheckConstraint("held >= 0 AND held <= uses - used", name="holds_what_is_left"),
    )

    @property
    def history_subject(self) -> str:
        """The subject of this code in the audit log."""
        return f"invitation {self.id}"
