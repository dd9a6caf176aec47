"""The columns of requests from people without a booking."""

from datetime import datetime

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column


class RegistrationRequest:
    """The columns of every request; subclasses add the state."""

    __tablename__: str  # set by each class

    id: Mapped[int] = mapped_column(primary_key=True)
    access_key: Mapped[str] = mapped_column(unique=True)  # signed in the links of emails
    name: Mapped[str]
    email: Mapped[str]
    identity_key: Mapped[str]  # as of a delegate; "" once it has ended
    search_text: Mapped[str]
    language: Mapped[str]
    document: Mapped[str] = mapped_column(Text)  # the answers as JSON; erased once it has ended
    message: Mapped[str] = mapped_column(Text, default="", server_default="")  # to the person
    ended_at: Mapped[datetime | None] = mapped_column(default=None)
    delegate_id: Mapped[int | None] = mapped_column(
        ForeignKey("delegate.id", ondelete="SET NULL"), default=None, index=True
    )
    category_id: Mapped[int | None] = mapped_column(
        ForeignKey("registration_category.id", ondelete="SET NULL"), default=None, index=True
    )
    state: Mapped[str]

    @property
    def is_open(self) -> bool:
        """Whether it has not ended."""
        return self.ended_at is None

    @property
    def slug(self) -> str:
        """Return what identifies it in forms for bulk actions."""
        return str(self.id)
