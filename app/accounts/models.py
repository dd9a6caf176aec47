"""People with a part in running the conference, and the ways in which they come in.

Every moment here is a real one: a link must expire whichever day the site rehearses.
"""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database import Base

ORGANISER, FORMER = "organiser", "former"  # former: has been one, and may see nothing now


class Person(Base):
    """Someone who may sign in."""

    __tablename__ = "person"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(unique=True)  # in lower case
    role: Mapped[str] = mapped_column(default=ORGANISER)
    added_at: Mapped[datetime]

    __table_args__ = (CheckConstraint("role IN ('organiser', 'former')", name="known_role"),)

    @property
    def is_organiser(self) -> bool:
        """Whether the back office is open to them."""
        return self.role == ORGANISER


class SignInLink(Base):
    """A link that signs one person in, once."""

    __tablename__ = "sign_in_link"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    secret_hash: Mapped[str] = mapped_column(unique=True)  # SHA-256 of what the link holds
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None] = mapped_column(default=None)

    person: Mapped[Person] = relationship()


class Device(Base):
    """A browser in which someone is signed in."""

    __tablename__ = "device"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    secret_hash: Mapped[str] = mapped_column(unique=True)
    signed_in_at: Mapped[datetime]
    expires_at: Mapped[datetime]

    person: Mapped[Person] = relationship()


class Attempt(Base):
    """That something limited was tried: by whom is kept only as a keyed hash."""

    __tablename__ = "attempt"

    id: Mapped[int] = mapped_column(primary_key=True)
    what: Mapped[str]  # "sign in", "booking link"
    who_hash: Mapped[str]
    tried_at: Mapped[datetime]

    __table_args__ = (Index("ix_attempt_what_who", "what", "who_hash", "tried_at"),)
