"""The names and addresses under which other devices on the network reach this machine."""

import socket
from collections.abc import Iterator
from contextlib import suppress
from ipaddress import ip_address

# Addresses for documentation (RFC 5737, RFC 3849): nothing is sent there. The kernel only says
# from which address of this machine it would be.
ROUTED = ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1"))
ANY_PORT = 9


def list_local_names(*, has_ipv6: bool) -> tuple[str, ...]:
    """List them as they stand in a URL, without port: the address first that works for most."""
    addresses = [one for one in map(_format_address, _addresses()) if one]
    reachable = [one for one in addresses if has_ipv6 or not one.startswith("[")]
    return tuple(dict.fromkeys([*reachable, *_names()]))


def _names() -> Iterator[str]:
    name = socket.gethostname().lower()
    if name and name != "localhost":
        yield name
        if "." not in name:
            yield f"{name}.local"  # as multicast DNS calls it


def _addresses() -> Iterator[str]:
    for family, address in ROUTED:
        with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((address, ANY_PORT))
            yield probe.getsockname()[0]
    with suppress(OSError):
        for info in socket.getaddrinfo(socket.gethostname(), None):
            yield str(info[4][0])


def _format_address(address: str) -> str:
    """Return an address as in a URL; nothing if it is only reached from this machine."""
    parsed = ip_address(address.partition("%")[0])
    if parsed.is_loopback or parsed.is_link_local or parsed.is_unspecified:
        return ""
    return f"[{parsed}]" if parsed.version == 6 else str(parsed)
