"""The columns of what somebody asks for before they have a booking."""

from datetime import datetime

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column


class RegistrationRequest:
    """The columns that every request has; a class of models adds its state."""

    __tablename__: str  # set by each class

    id: Mapped[int] = mapped_column(primary_key=True)
    access_key: Mapped[str] = mapped_column(unique=True)  # what the link in emails signs
    name: Mapped[str]
    email: Mapped[str]
    identity_key: Mapped[str]  # as a delegate's; empty once it is over
    search_text: Mapped[str]
    language: Mapped[str]
    document: Mapped[str] = mapped_column(Text)  # the answers as JSON; erased once it is over
    message: Mapped[str] = mapped_column(Text, default="", server_default="")  # for the person
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
        """What names it in a form that does something with several."""
        return str(self.id)
