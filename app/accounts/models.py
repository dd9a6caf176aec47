"""People who sign in, their login sessions and their second factors.

All times are real times: a link must expire whatever date the site runs on.
"""

from datetime import datetime, timedelta

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    Text,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database import Base

ORGANISER, EDITOR, DESK, VIEWER = "organiser", "editor", "desk", "viewer"
FORMER = "former"  # not, or no longer, a member of the team
ROLES = (ORGANISER, EDITOR, DESK, VIEWER)
IDLE_TIMEOUT = timedelta(minutes=45)  # a device that is not used for this long is signed out


class Person(Base):
    """Someone who may sign in."""

    __tablename__ = "person"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(unique=True)  # in lower case
    role: Mapped[str] = mapped_column(default=ORGANISER)
    added_at: Mapped[datetime]
    speaker_access_since: Mapped[datetime | None] = mapped_column(default=None)  # of speakers
    last_signed_in_at: Mapped[datetime | None] = mapped_column(default=None)
    totp_secret: Mapped[str] = mapped_column(default="", server_default="")  # TOTP, encrypted
    last_totp_step: Mapped[int | None] = mapped_column(
        default=None
    )  # of the last code that was used

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
        """Whether they may read and change every area of the admin."""
        return self.role == ORGANISER

    @property
    def is_team_member(self) -> bool:
        """Whether they have access to the admin."""
        return self.role in ROLES

    @property
    def has_speaker_access(self) -> bool:
        """Whether they have access to speakers' own pages."""
        return self.speaker_access_since is not None

    @property
    def can_sign_in(self) -> bool:
        """Whether they have access to anything."""
        return self.is_team_member or self.has_speaker_access

    @property
    def has_second_factor(self) -> bool:
        """Whether they have enrolled a passkey or an authenticator."""
        return bool(self.totp_secret or self.passkeys)

    @property
    def has_spare_second_factor(self) -> bool:
        """Whether they could still sign in after losing one of their second factors."""
        return len(self.passkeys) + bool(self.totp_secret) > 1


class FormDraft(Base):
    """What a person typed into a form of admin and has not saved."""

    __tablename__ = "form_draft"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    path: Mapped[str]  # of the form's page
    fields: Mapped[str] = mapped_column(Text)  # JSON: [[name, value], …]
    saved_at: Mapped[datetime] = mapped_column(index=True)  # the site's time, as displayed

    __table_args__ = (UniqueConstraint("person_id", "path"),)


class SignInLink(Base):
    """A link that signs one person in, once."""

    __tablename__ = "sign_in_link"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    secret_hash: Mapped[str] = mapped_column(unique=True)  # SHA-256 of what the link contains
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None] = mapped_column(default=None)

    person: Mapped[Person] = relationship()


class LoginSession(Base):
    """A browser in which someone is signed in."""

    __tablename__ = "login_session"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    secret_hash: Mapped[str] = mapped_column(unique=True)
    signed_in_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None] = mapped_column(
        default=None
    )  # when it was last used, to the minute
    verified_at: Mapped[datetime | None] = mapped_column(default=None)  # of the second factor
    challenge: Mapped[str] = mapped_column(default="", server_default="")  # of a passkey; used once
    pending_totp_secret: Mapped[str] = mapped_column(
        default="", server_default=""
    )  # of an authenticator that is being set up
    label: Mapped[str] = mapped_column(default="", server_default="")  # Firefox on Windows

    person: Mapped[Person] = relationship()

    @property
    def is_verified(self) -> bool:
        """Whether the second factor was used in this session."""
        return self.verified_at is not None

    @property
    def is_authenticated(self) -> bool:
        """Whether this session is fully signed in; only team members need a second factor.

        Someone who joins the team later needs it from then on in every session.
        """
        return self.is_verified or not self.person.is_team_member

    @property
    def active_at(self) -> datetime:
        """When it was last used, to the minute."""
        return self.last_used_at or self.signed_in_at

    @property
    def ends_at(self) -> datetime:
        """When it expires unless it is used again."""
        return min(self.active_at + IDLE_TIMEOUT, self.expires_at)

    @property
    def can_extend(self) -> bool:
        """Whether using it extends it; there is an absolute limit."""
        return self.ends_at < self.expires_at


class Passkey(Base):
    """A WebAuthn credential on a person's device."""

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
    """A code that replaces a lost second factor, once."""

    __tablename__ = "recovery_code"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    code_hash: Mapped[str]
    used_at: Mapped[datetime | None] = mapped_column(default=None)


class SavedView(Base):
    """A search, filters, order and columns of a list of admin, under a name."""

    __tablename__ = "saved_view"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    list_name: Mapped[str]  # "sessions"
    name: Mapped[str]
    name_key: Mapped[str]  # the name without regard to case, which is unique
    query: Mapped[str] = mapped_column(default="", server_default="")  # "state=draft&sort=-title"
    is_shared: Mapped[bool] = mapped_column(default=False, server_default=false())
    is_start: Mapped[bool] = mapped_column(default=False, server_default=false())  # for its owner
    changed_at: Mapped[datetime]

    person: Mapped[Person] = relationship()

    __table_args__ = (
        UniqueConstraint("person_id", "list_name", "name_key"),
        Index("ix_saved_view_list_name", "list_name"),
        Index(
            "uq_saved_view_start",
            "person_id",
            "list_name",
            unique=True,
            sqlite_where=text("is_start"),
            postgresql_where=text("is_start"),
        ),
    )


class RateLimitHit(Base):
    """One attempt at a rate-limited action; its actor is stored only as a keyed hash."""

    __tablename__ = "rate_limit_hit"

    id: Mapped[int] = mapped_column(primary_key=True)
    action: Mapped[str]  # "sign in", "booking link"
    actor_hash: Mapped[str]
    happened_at: Mapped[datetime]

    __table_args__ = (
        Index("ix_rate_limit_hit_action_actor", "action", "actor_hash", "happened_at"),
    )
