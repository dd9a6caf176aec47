"""Host, port and number of workers, and default settings for a copy on one's own machine."""

import errno
import json
import os
import socket
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from ipaddress import ip_address
from pathlib import Path
from secrets import token_urlsafe

from config import KEY_FILES, ROOT

# Addresses for documentation (RFC 5737, RFC 3849): nothing is sent there. The kernel only tells
# from which address of this machine it would be sent.
ROUTED = ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1"))
ANY_PORT = 9


def list_local_names(*, has_ipv6: bool) -> tuple[str, ...]:
    """List the machine's names for a URL, without port: the address first, as it usually works."""
    addresses = [one for one in map(_format_address, _addresses()) if one]
    reachable = [address for address in addresses if has_ipv6 or not address.startswith("[")]
    return tuple(dict.fromkeys([*reachable, *_names()]))


def _names() -> Iterator[str]:
    name = socket.gethostname().lower()
    if name and name != "localhost":
        yield name
        if "." not in name:
            yield f"{name}.local"  # multicast DNS


def _addresses() -> Iterator[str]:
    for family, address in ROUTED:
        with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((address, ANY_PORT))
            yield probe.getsockname()[0]
    with suppress(OSError):
        for info in socket.getaddrinfo(socket.gethostname(), None):
            yield str(info[4][0])


def _format_address(address: str) -> str:
    """Return an address for a URL, or "" if only this machine can reach it."""
    parsed = ip_address(address.partition("%")[0])
    if parsed.is_loopback or parsed.is_link_local or parsed.is_unspecified:
        return ""
    return f"[{parsed}]" if parsed.version == 6 else str(parsed)


DEFAULT_CLOCK_START = "2008-10-01T09:00:00+01:00"  # registration for the default conference is open
LOOPBACK_BY_WILDCARD = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 – where to reach them
BIND_ERRORS: dict[int | None, str] = {
    errno.EADDRINUSE: "Port {port} is in use by another program. "
    "Stop it, or use another port: PORT={other} make run",
    errno.EACCES: "You are not allowed to use port {port}. Use one above 1023: PORT=8000 make run",
}


class StartupError(Exception):
    """The reason why the site cannot start, for the person who started it."""


@dataclass(frozen=True)
class ServerOptions:
    """Where the site is served."""

    host: str
    port: int
    processes: int

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "ServerOptions":
        """Read HOST, PORT and WEB_WORKERS; raise StartupError if one is invalid."""
        return cls(
            environment.get("HOST") or "127.0.0.1",
            _parse_number(environment, "PORT", 8000, 65535),
            _parse_number(environment, "WEB_WORKERS", min(2, os.cpu_count() or 1), 64),
        )

    @property
    def local_host(self) -> str:
        """The host name or address under which this machine reaches the site."""
        return LOOPBACK_BY_WILDCARD.get(self.host, self.host)

    @property
    def local_url(self) -> str:
        """The URL to open on this machine."""
        host = self.local_host
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    @cached_property  # looking up the names of this machine may take seconds
    def network_hosts(self) -> tuple[str, ...]:
        """The hosts, with port, under which other devices reach the site; none on loopback."""
        if self.host not in LOOPBACK_BY_WILDCARD:
            return ()
        names = list_local_names(has_ipv6=":" in self.host)
        return names if self.port == 80 else tuple(f"{name}:{self.port}" for name in names)

    def check_port_free(self) -> None:
        """Raise StartupError if something else listens on the port."""
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((self.host, self.port))
            except OSError as error:
                message = BIND_ERRORS.get(
                    error.errno, "HOST={host} is not an address of this machine"
                )
                raise StartupError(
                    message.format(host=self.host, port=self.port, other=self.port % 65535 + 1)
                ) from None


def instance_path(environment: Mapping[str, str]) -> Path:
    """Return the path of the instance folder, where this copy keeps its data."""
    return Path(environment.get("INSTANCE_PATH") or ROOT / "instance")


def get_instance_folder(environment: Mapping[str, str]) -> Path:
    """Return the instance folder, creating it if necessary."""
    folder = instance_path(environment)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def apply_local_defaults(environment: MutableMapping[str, str], options: ServerOptions) -> None:
    """Set defaults for settings that a local copy does not need."""
    environment.setdefault("SITE_URL", options.local_url)
    environment.setdefault("CLOCK_STARTS_AT", DEFAULT_CLOCK_START)
    if options.network_hosts and environment["SITE_URL"] == options.local_url:
        environment.setdefault("ALLOWED_HOSTS", json.dumps(options.network_hosts))
    is_shared = bool(environment.get("DATABASE_URL") and environment.get("SECRET_KEY"))
    for name, file_name in KEY_FILES.items():
        # hosts that share a database must share its key, so none creates its own
        if not environment.get(name) and not (is_shared and name == "DATA_KEY"):
            path = get_instance_folder(environment) / file_name
            environment[name] = load_or_create_secret_key(path)


def load_or_create_secret_key(path: Path) -> str:
    """Read a secret key, or create one in a file that only its owner can read."""
    with (
        suppress(FileExistsError),
        os.fdopen(
            os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii"
        ) as file,
    ):
        file.write(token_urlsafe(48))
    try:
        return path.read_text(encoding="ascii").strip()
    except UnicodeDecodeError:
        raise StartupError(f"Cannot read {path}. Restore it from a backup") from None


def _parse_number(environment: Mapping[str, str], name: str, default: int, maximum: int) -> int:
    value = environment.get(name) or str(default)
    if not value.isdecimal() or not 1 <= int(value) <= maximum:
        raise StartupError(f"{name} must be a number from 1 to {maximum}, not {value!r}")
    return int(value)
