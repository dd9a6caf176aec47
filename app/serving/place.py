"""Where this copy is served, and the settings that one machine's own copy need not be told."""

import errno
import os
import socket
from collections.abc import Mapping, MutableMapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from secrets import token_urlsafe

from config import ROOT

OPENING_DAY = "2008-10-01T09:00:00+01:00"  # registration for the conference as shipped is open
EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 – where they can be reached
SAYS_WHY: dict[int | None, str] = {
    errno.EADDRINUSE: "Port {port} is in use by another program. "
    "Stop that one, or choose another port: PORT={other} make run",
    errno.EACCES: "Port {port} is not open to you. Choose one above 1023: PORT=8000 make run",
}


class CannotStart(Exception):
    """Why the site cannot start, in words for the person who started it."""


@dataclass(frozen=True)
class Place:
    """Where the site is served."""

    host: str
    port: int
    processes: int

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Place":
        """Read HOST, PORT and WEB_WORKERS."""
        return cls(
            environment.get("HOST") or "127.0.0.1",
            _number(environment, "PORT", 8000, 65535),
            _number(environment, "WEB_WORKERS", min(2, os.cpu_count() or 1), 64),
        )

    @property
    def nearest_host(self) -> str:
        """The name by which this machine reaches it."""
        return EVERYWHERE.get(self.host, self.host)

    @property
    def address(self) -> str:
        """The address that a person on this machine opens."""
        host = self.nearest_host
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    def see_that_it_is_free(self) -> None:
        """Say so in plain words when something else listens there."""
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((self.host, self.port))
            except OSError as fault:
                why = SAYS_WHY.get(fault.errno, "HOST={host} is not an address of this machine")
                raise CannotStart(
                    why.format(host=self.host, port=self.port, other=self.port % 65535 + 1)
                ) from None


def instance_path(environment: Mapping[str, str]) -> Path:
    """Find the folder of this copy's own data."""
    return Path(environment.get("INSTANCE_PATH") or ROOT / "instance")


def instance(environment: Mapping[str, str]) -> Path:
    """Give the folder of this copy's own data, made if need be."""
    folder = instance_path(environment)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def fill_in(environment: MutableMapping[str, str], place: Place) -> None:
    """Give the settings that one machine's own copy can do without their values."""
    environment.setdefault("SITE_URL", place.address)
    environment.setdefault("CLOCK_STARTS_AT", OPENING_DAY)
    if not environment.get("SECRET_KEY"):
        environment["SECRET_KEY"] = kept_key(instance(environment) / "secret-key")


def kept_key(path: Path) -> str:
    """Read this copy's secret, or make one that only its owner can read."""
    with (
        suppress(FileExistsError),
        os.fdopen(
            os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii"
        ) as file,
    ):
        file.write(token_urlsafe(48))
    return path.read_text(encoding="ascii").strip()


def _number(environment: Mapping[str, str], name: str, default: int, most: int) -> int:
    written = environment.get(name) or str(default)
    if not written.isdecimal() or not 1 <= int(written) <= most:
        raise CannotStart(f"{name} must be a number from 1 to {most}, not {written!r}")
    return int(written)
