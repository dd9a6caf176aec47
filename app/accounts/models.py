"""People who sign in, because they run the conference or keep a speaker's pages, and how they do.

Every moment here is a real one: a link must expire whichever day the site rehearses.
"""

from datetime import datetime, timedelta

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database import Base

ORGANISER, EDITOR, DESK, VIEWER = "organiser", "editor", "desk", "viewer"
FORMER = "former"  # has no part in running the conference, or none any more
ROLES = (ORGANISER, EDITOR, DESK, VIEWER)
IDLE = timedelta(minutes=45)  # after which a device that nobody uses is signed out


class Person(Base):
    """Someone who may sign in."""

    __tablename__ = "person"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(unique=True)  # in lower case
    role: Mapped[str] = mapped_column(default=ORGANISER)
    added_at: Mapped[datetime]
    keeps_pages_since: Mapped[datetime | None] = mapped_column(default=None)  # of speakers
    code_secret: Mapped[str] = mapped_column(default="", server_default="")  # TOTP, encrypted
    code_step: Mapped[int | None] = mapped_column(default=None)  # of the last code that was used

    passkeys: Mapped[list["Passkey"]] = relationship(
        order_by="Passkey.id", cascade="all, delete-orphan"
    )

    __table_args__ = (
        CheckConstraint(
            "role IN ('organiser', 'editor', 'desk', 'viewer', 'former')", name="known_role"
        ),
    )

    @property
    def is_organiser(self) -> bool:
        """Whether all of the back office is theirs."""
        return self.role == ORGANISER

    @property
    def has_a_part(self) -> bool:
        """Whether the back office is open to them."""
        return self.role in ROLES

    @property
    def keeps_pages(self) -> bool:
        """Whether the pages that speakers keep are open to them."""
        return self.keeps_pages_since is not None

    @property
    def may_sign_in(self) -> bool:
        """Whether there is anything here for them."""
        return self.has_a_part or self.keeps_pages

    @property
    def has_second_factor(self) -> bool:
        """Whether they have enrolled a passkey or an authenticator."""
        return bool(self.code_secret or self.passkeys)

    @property
    def may_do_without_one(self) -> bool:
        """Whether they would still come in without one of their second steps."""
        return len(self.passkeys) + bool(self.code_secret) > 1


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
    seen_at: Mapped[datetime | None] = mapped_column(default=None)  # about when it was last used
    passed_at: Mapped[datetime | None] = mapped_column(default=None)  # the second factor, here
    challenge: Mapped[str] = mapped_column(default="", server_default="")  # for a passkey, once
    code_secret: Mapped[str] = mapped_column(default="", server_default="")  # shown, not yet proved
    label: Mapped[str] = mapped_column(default="", server_default="")  # Firefox on Windows

    person: Mapped[Person] = relationship()

    @property
    def has_passed(self) -> bool:
        """Whether the second step was taken here; until then it is only half signed in."""
        return self.passed_at is not None

    @property
    def is_in(self) -> bool:
        """Whether it opens what is its person's; only the back office asks for a second step.

        Someone who is given a part later is half signed in from then on, wherever they are.
        """
        return self.has_passed or not self.person.has_a_part

    @property
    def used_at(self) -> datetime:
        """When it was last used, within a minute."""
        return self.seen_at or self.signed_in_at

    @property
    def ends_at(self) -> datetime:
        """When it is signed out, if nobody uses it from now on."""
        return min(self.used_at + IDLE, self.expires_at)

    @property
    def may_stay(self) -> bool:
        """Whether using it puts off the end; there is a last moment that nothing puts off."""
        return self.ends_at < self.expires_at


class Passkey(Base):
    """A key on a person's device that proves who they are (WebAuthn)."""

    __tablename__ = "passkey"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    credential: Mapped[str] = mapped_column(unique=True)  # base64url
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sign_count: Mapped[int] = mapped_column(default=0)
    name: Mapped[str] = mapped_column(default="")
    added_at: Mapped[datetime]
    used_at: Mapped[datetime | None] = mapped_column(default=None)


class RecoveryCode(Base):
    """A code that stands in for a lost second factor, once."""

    __tablename__ = "recovery_code"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    code_hash: Mapped[str]
    used_at: Mapped[datetime | None] = mapped_column(default=None)


class Attempt(Base):
    """That something limited was tried: by whom is kept only as a keyed hash."""

    __tablename__ = "attempt"

    id: Mapped[int] = mapped_column(primary_key=True)
    what: Mapped[str]  # "sign in", "booking link"
    who_hash: Mapped[str]
    tried_at: Mapped[datetime]

    __table_args__ = (Index("ix_attempt_what_who", "what", "who_hash", "tried_at"),)
