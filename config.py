"""The settings of one installation, read from environment variables and validated together.

Each setting is declared once, with its type. All faults are reported in one message before
the first request, in words that the person who runs the site understands. The defaults are
right for production and contain no secrets. ``docs/operating.md`` lists all settings.
"""

import json
import os
import re
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from difflib import get_close_matches
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from babel import Locale, UnknownLocaleError
from pydantic import (
    AfterValidator,
    BeforeValidator,
    EmailStr,
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveInt,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

ROOT = Path(__file__).resolve().parent
SHORTEST_SECRET = 16  # characters; fewer can be guessed
LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})
SQLITE = "sqlite:///"
POSTGRESQL = "postgresql+psycopg://"
LAST_PORT = 65535
KEY_FILES = {"SECRET_KEY": "secret-key", "DATA_KEY": "data-key"}  # in the instance folder
OWN_PORTS = {"http": 80, "https": 443}  # browsers leave default ports out, so URLs do too
HOST = re.compile(r"[a-z0-9_.-]+|\[[0-9a-f:.]+\]")
AN_ADDRESS = "must look like https://conference.example, with nothing after it"


NO_SETTINGS = frozenset({"LANGUAGE"})  # of other programs, and nearly ours
ALIKE = 0.85  # from 0 to 1, for difflib


IMAP_FOLDER_NAME = "^[ -~]*$"  # ASCII without control characters


class SettingsError(Exception):
    """The settings cannot be used; the message lists every fault, one per line."""

    def __init__(self, *faults: str) -> None:
        self.faults = sorted(faults)
        first = "The site cannot start. These settings need your attention:"
        super().__init__("\n  ".join([first, *self.faults]))


def _check_secret_length(key: SecretStr) -> SecretStr:
    if len(key.get_secret_value()) < SHORTEST_SECRET:
        raise ValueError(f"must have at least {SHORTEST_SECRET} characters")
    return key


def _check_language(language: str) -> str:
    try:
        Locale.parse(language, sep="-" if "-" in language else "_")
    except (UnknownLocaleError, ValueError):
        raise ValueError("must be the code of a language, like fr") from None
    return language


def _parse_network(network: Any) -> IPv4Network | IPv6Network:
    try:
        return ip_network(network)
    except ValueError:
        raise ValueError("must be networks, like 192.0.2.0/24 or 2001:db8:1::/48") from None


Secret = Annotated[SecretStr, AfterValidator(_check_secret_length)]
Language = Annotated[str, AfterValidator(_check_language)]
Network = Annotated[IPv4Network | IPv6Network, BeforeValidator(_parse_network)]


class Config(BaseSettings):
    """The settings of one installation."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True)

    SECRET_KEY: Secret
    SECRET_KEY_FALLBACKS: Annotated[tuple[Secret, ...], NoDecode] = ()
    DATA_KEY: SecretStr = SecretStr("")  # keys by spaces; app/encryption.py checks them
    SITE_URL: str
    ALLOWED_HOSTS: Annotated[tuple[str, ...], NoDecode] = ()  # besides that of SITE_URL
    INSTANCE_PATH: Path = ROOT / "instance"
    DATABASE_URL: str = ""
    DATABASE_DIRECT_URL: str = ""  # of PostgreSQL itself, where DATABASE_URL leads to a pooler
    SESSION_COOKIE_SECURE: bool | None = None  # unset: if the site's URL is https

    PROXIES: NonNegativeInt = 0  # number of trusted proxies in front of the site
    LIMIT_REGISTRATIONS_PER_NETWORK: NonNegativeInt = 60  # in an hour; 0: no limit
    RATE_LIMIT_EXEMPT_NETWORKS: Annotated[tuple[Network, ...], NoDecode] = ()

    LANGUAGES: Annotated[tuple[Language, ...], NoDecode] = ("en",)
    TRANSLATIONS_PATH: Path = ROOT / "translations"
    CONTENT_PATH: Path = ROOT / "content"

    CLOCK_STARTS_AT: datetime | None = None
    EDITION_CHECK_SECONDS: NonNegativeFloat = 1.0
    LARGEST_BODY: PositiveInt = 128 * 1024  # bytes; the longest form holds 5,000 characters

    MAIL_SERVER: str = ""
    MAIL_PORT: PositiveInt = Field(default=25, le=LAST_PORT)
    MAIL_USE_TLS: bool = False
    MAIL_USE_SSL: bool = False
    MAIL_USERNAME: str = ""
    MAIL_PASSWORD: SecretStr = SecretStr("")
    MAIL_CA_FILE: Path | None = None  # a private certificate authority; unset: the system's
    MAIL_DEFAULT_SENDER: EmailStr = "conference@health-equity.example"
    MAIL_BOUNCE_ADDRESS: EmailStr | Literal[""] = ""  # reports come to it with +… before the @
    MAILING_UNDO_MINUTES: NonNegativeInt = Field(default=10, le=1440)  # to cancel an email to many
    MAIL_DKIM_SELECTOR: str = ""  # app/mail/dkim.py checks these four together
    MAIL_DKIM_DOMAIN: str = ""  # unset: that of MAIL_DEFAULT_SENDER
    MAIL_DKIM_KEY: SecretStr = SecretStr("")
    MAIL_DKIM_KEY_FILE: Path | None = None
    MAIL_TIMEOUT: PositiveInt = Field(default=20, le=300)  # seconds
    IMAP_SERVER: str = ""  # whose mailbox holds reports and replies; unset: none is read
    IMAP_PORT: PositiveInt = Field(default=993, le=LAST_PORT)
    IMAP_USE_SSL: bool = True  # TLS from the first byte; else STARTTLS, never without encryption
    IMAP_USERNAME: str = ""
    IMAP_PASSWORD: SecretStr = SecretStr("")
    IMAP_FOLDER: str = Field(default="INBOX", pattern=IMAP_FOLDER_NAME)
    IMAP_DONE_FOLDER: str = Field(default="", pattern=IMAP_FOLDER_NAME)
    MAIL_INBOX_REPLIES: bool = False  # whether replies of people are stored, too
    DNS_SERVER: str = ""  # address and port; unset: the machine's own
    LIMIT_EMAILS_PER_DOMAIN: NonNegativeInt = 0  # in a minute to one domain; 0: no limit

    @field_validator(
        "SECRET_KEY_FALLBACKS",
        "ALLOWED_HOSTS",
        "LANGUAGES",
        "RATE_LIMIT_EXEMPT_NETWORKS",
        mode="before",
    )
    @classmethod
    def _parse_json_list(cls, value: Any) -> Any:
        try:
            return json.loads(value) if isinstance(value, str) else value
        except ValueError:
            raise ValueError('must be a JSON list, like ["one", "another"]') from None

    @field_validator("LANGUAGES")
    @classmethod
    def _require_english(cls, languages: tuple[str, ...]) -> tuple[str, ...]:
        if "en" not in languages:
            raise ValueError("must hold en, the language that the site is written in")
        return languages

    @field_validator("SITE_URL")
    @classmethod
    def _normalise_site_url(cls, address: str) -> str:
        scheme, host, port = _split_url(address.lower())
        if scheme == "http" and host not in LOOPBACK:
            raise ValueError("must be https unless the site runs on this machine alone")
        return f"{scheme}://{host}" + ("" if port in {None, OWN_PORTS[scheme]} else f":{port}")

    @field_validator("ALLOWED_HOSTS")
    @classmethod
    def _check_hosts(cls, hosts: tuple[str, ...]) -> tuple[str, ...]:
        for host in hosts:
            try:
                _split_url(f"http://{host.lower()}")
            except ValueError:
                raise ValueError(
                    'must be host names, each with its port if it has one, like ["10.0.0.5:8000"]'
                ) from None
        return tuple(host.lower() for host in hosts)

    @field_validator("DNS_SERVER")
    @classmethod
    def _check_dns_server(cls, server: str) -> str:
        try:
            if server:
                _parse_host_and_port(server)
        except ValueError:
            raise ValueError("must be an address and a port, like 192.0.2.53:53") from None
        return server

    @field_validator("DATABASE_URL")
    @classmethod
    def _check_database_url(cls, address: str) -> str:
        if address and not address.startswith((SQLITE, POSTGRESQL)):
            raise ValueError(f"must begin with {SQLITE} or {POSTGRESQL}")
        if address:
            _check_database_openable(address)
        return address

    @field_validator("DATABASE_DIRECT_URL")
    @classmethod
    def _check_direct_url(cls, address: str) -> str:
        if address and not address.startswith(POSTGRESQL):
            raise ValueError(f"must begin with {POSTGRESQL}")
        if address:
            _check_database_openable(address)
        return address

    @field_validator("CONTENT_PATH")
    @classmethod
    def _check_folder(cls, path: Path) -> Path:
        if not path.is_dir():
            raise ValueError("must be a folder that is there")
        return path

    @field_validator("MAIL_CA_FILE")
    @classmethod
    def _check_file(cls, path: Path | None) -> Path | None:
        if path is not None and not path.is_file():
            raise ValueError("must be a file that is there")
        return path

    @field_validator("CLOCK_STARTS_AT")
    @classmethod
    def _require_utc_offset(cls, moment: datetime | None) -> datetime | None:
        if moment is not None and moment.tzinfo is None:
            raise ValueError("must say its offset, like 2008-10-01T09:00:00+01:00")
        return moment

    @field_validator("MAIL_USE_SSL")
    @classmethod
    def _check_tls_mode(cls, use_ssl: bool, others: ValidationInfo) -> bool:  # noqa: FBT001 – how pydantic calls it
        if use_ssl and others.data.get("MAIL_USE_TLS"):
            raise ValueError("is on and MAIL_USE_TLS too: set one of them, not both")
        return use_ssl

    @classmethod
    def from_environment(cls) -> Self:
        """Read the environment variables; raise SettingsError with every fault."""
        misspelt = list(_find_misspelt(os.environ, cls.model_fields))
        try:
            config = cls()
        except ValidationError as error:
            raise SettingsError(*_format_faults(error), *misspelt) from None
        if misspelt:
            raise SettingsError(*misspelt)
        return config

    @property
    def database_url(self) -> str:
        """The database URL that is set, or that of the SQLite file in the instance folder."""
        return self.DATABASE_URL or f"sqlite:///{self.INSTANCE_PATH / 'conference.sqlite'}"

    @property
    def secure_cookies(self) -> bool:
        """Whether cookies are sent over TLS only."""
        if self.SESSION_COOKIE_SECURE is None:
            return self.SITE_URL.startswith("https:")
        return self.SESSION_COOKIE_SECURE

    @property
    def hosts(self) -> frozenset[str]:
        """Every Host header that is accepted: the site's own, and those in ALLOWED_HOSTS.

        A loopback address has several names.
        """
        _, host, port = _split_url(self.SITE_URL)
        names = LOOPBACK if host in LOOPBACK else {host}
        own = {f"{name}:{port}" if port else name for name in names}
        return frozenset({*own, *self.ALLOWED_HOSTS})

    @property
    def origins(self) -> frozenset[str]:
        """Every origin from which forms are accepted (RFC 6454): scheme, host and port."""
        scheme, _, _ = _split_url(self.SITE_URL)
        return frozenset(f"{scheme}://{host}" for host in self.hosts)

    @property
    def is_private_connection(self) -> bool:
        """Whether nobody on the way can read what visitors type.

        Without TLS that is so only while the site is reached from its own machine alone.
        """
        return self.SITE_URL.startswith("https:") or not self.ALLOWED_HOSTS


def _find_misspelt(names: Iterable[str], known: Collection[str]) -> Iterator[str]:
    """Yield one sentence per name that is nearly a setting, unless that setting is there too."""
    present = {name.upper() for name in names}
    for name in sorted(present - set(known) - NO_SETTINGS):
        nearest = get_close_matches(name, known, n=1, cutoff=ALIKE)
        if nearest and nearest[0] not in present:
            yield f"{name}: did you mean {nearest[0]}?"


def _split_url(address: str) -> tuple[str, str, int | None]:
    """Return scheme, host and port of a URL that has no other parts."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        raise ValueError(AN_ADDRESS) from None
    host = parts.netloc if port is None else parts.netloc.removesuffix(f":{port}")
    whole = HOST.fullmatch(host) and port != 0
    if parts.scheme not in OWN_PORTS or not whole or parts.path.strip("/"):
        raise ValueError(AN_ADDRESS)
    if parts.query or parts.fragment:
        raise ValueError(AN_ADDRESS)
    return parts.scheme, host, port


def _parse_host_and_port(server: str) -> tuple[IPv4Address | IPv6Address, int]:
    """Return the address and the port of a server; raise ValueError if one is not valid."""
    address, _, port = server.rpartition(":")
    if not 0 < int(port) <= LAST_PORT:
        raise ValueError
    return ip_address(address), int(port)


def _check_database_openable(database: str) -> None:
    """Reject the URL of a database that no server or file can serve."""
    try:
        parts = make_url(database)
    except (ArgumentError, ValueError):
        raise ValueError("cannot be read: look at its host and its port") from None
    if database.startswith(SQLITE) and not parts.database:
        raise ValueError(f"must name a file, like {SQLITE}/var/lib/conference/conference.sqlite")
    if parts.port is not None and not 1 <= parts.port <= LAST_PORT:
        raise ValueError(f"must have a port from 1 to {LAST_PORT}")


def _format_faults(error: ValidationError) -> Iterator[str]:
    """Yield one sentence per fault."""
    for fault in error.errors():
        what = fault["msg"].removeprefix("Value error, ")
        name = ".".join(map(str, fault["loc"]))
        yield f"{name}: {'is not set' if fault['type'] == 'missing' else what}"
