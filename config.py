"""Settings of one running copy of the site, read from the environment and checked together.

Each setting is declared once, with its type. Every fault is reported in one message before
the first request, in words that the person who runs the site understands. The defaults are
right for production and fit to be public. ``docs/operating.md`` lists them all.
"""

from datetime import datetime
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from pydantic import (
    EmailStr,
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveInt,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

ROOT = Path(__file__).resolve().parent
SHORTEST_SECRET = 16  # characters; fewer can be guessed
LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})
DATABASES = ("sqlite:///", "postgresql+psycopg://")


class SettingsError(Exception):
    """The settings cannot be used; the message lists every fault."""


class Config(BaseSettings):
    """One running copy of the site."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True)

    SECRET_KEY: SecretStr
    SECRET_KEY_FALLBACKS: tuple[SecretStr, ...] = ()
    SITE_URL: str
    INSTANCE_PATH: Path = ROOT / "instance"
    DATABASE_URL: str = ""
    SESSION_COOKIE_SECURE: bool | None = None  # unset: wherever the address is https

    PROXIES: NonNegativeInt = 0  # how many of our own stand before the site and add to its headers

    LANGUAGES: tuple[str, ...] = ("en",)
    TRANSLATIONS_PATH: Path = ROOT / "translations"
    CONTENT_PATH: Path = ROOT / "content"

    CLOCK_STARTS_AT: datetime | None = None
    EDITION_CHECK_SECONDS: NonNegativeFloat = 1.0
    LARGEST_BODY: PositiveInt = 1024 * 1024  # bytes; the forms of the site need far less

    MAIL_SERVER: str = ""
    MAIL_PORT: PositiveInt = 25
    MAIL_USE_TLS: bool = False
    MAIL_USE_SSL: bool = False
    MAIL_USERNAME: str = ""
    MAIL_PASSWORD: SecretStr = SecretStr("")
    MAIL_CA_FILE: Path | None = None  # a certificate authority of one's own; unset: the system's
    MAIL_DEFAULT_SENDER: EmailStr = "conference@health-equity.example"
    MAIL_TIMEOUT: PositiveInt = Field(default=20, le=300)  # seconds

    @field_validator("SECRET_KEY")
    @classmethod
    def _long_enough(cls, key: SecretStr) -> SecretStr:
        if len(key.get_secret_value()) < SHORTEST_SECRET:
            raise ValueError(f"must have at least {SHORTEST_SECRET} characters")
        return key

    @field_validator("SITE_URL")
    @classmethod
    def _an_address(cls, address: str) -> str:
        parts = urlsplit(address)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path.strip("/"):
            raise ValueError("must look like https://conference.example, with nothing after it")
        return address.rstrip("/")

    @field_validator("DATABASE_URL")
    @classmethod
    def _a_database(cls, address: str) -> str:
        if address and not address.startswith(DATABASES):
            raise ValueError("must begin with sqlite:/// or postgresql+psycopg://")
        return address

    @field_validator("CLOCK_STARTS_AT")
    @classmethod
    def _an_aware_moment(cls, moment: datetime | None) -> datetime | None:
        if moment is not None and moment.tzinfo is None:
            raise ValueError("must say its offset, like 2008-10-01T09:00:00+01:00")
        return moment

    @model_validator(mode="after")
    def _one_kind_of_tls(self) -> Self:
        if self.MAIL_USE_TLS and self.MAIL_USE_SSL:
            raise ValueError("MAIL_USE_TLS and MAIL_USE_SSL: set one of them, not both")
        return self

    @model_validator(mode="after")
    def _secure_cookies_where_it_matters(self) -> Self:
        plain = urlsplit(self.SITE_URL).scheme == "http"
        if plain and self.hosts.isdisjoint(self._with_port(LOOPBACK)):
            raise ValueError("SITE_URL: must be https unless the site runs on this machine alone")
        return self

    @classmethod
    def from_environment(cls) -> Self:
        """Read the environment; raise SettingsError with every fault when it cannot be used."""
        try:
            return cls()
        except ValidationError as error:
            raise SettingsError(_in_words(error)) from None

    @property
    def database_url(self) -> str:
        """The database in use: the one that is set, else SQLite in the instance folder."""
        return self.DATABASE_URL or f"sqlite:///{self.INSTANCE_PATH / 'conference.sqlite'}"

    @property
    def secure_cookies(self) -> bool:
        """Whether browsers may send our cookies over TLS only."""
        if self.SESSION_COOKIE_SECURE is None:
            return self.SITE_URL.startswith("https:")
        return self.SESSION_COOKIE_SECURE

    @property
    def hosts(self) -> frozenset[str]:
        """Every Host header that is ours; on a loopback address, each of its names."""
        parts = urlsplit(self.SITE_URL)
        if f"{parts.hostname}" in LOOPBACK:
            return self._with_port(LOOPBACK)
        return frozenset({parts.netloc})

    def _with_port(self, names: frozenset[str]) -> frozenset[str]:
        port = urlsplit(self.SITE_URL).port
        return frozenset(f"{name}:{port}" if port else name for name in names)


def _in_words(error: ValidationError) -> str:
    """List the faults of the settings, one a line."""
    faults = [
        f"  {'.'.join(map(str, fault['loc'])) or 'settings'}: "
        + (
            "is not set"
            if fault["type"] == "missing"
            else fault["msg"].removeprefix("Value error, ")
        )
        for fault in error.errors()
    ]
    return "\n".join(
        ["The site cannot start. These settings need your attention:", *sorted(faults)]
    )
