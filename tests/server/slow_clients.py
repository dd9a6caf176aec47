"""Clients that begin to send something and then keep the site waiting."""

import re
import socket
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from tests.waiting import HOST

RESPONSE_TIMEOUT = 18  # seconds to wait for a response: less than the timeout of slow bodies
FORM_TYPE = "application/x-www-form-urlencoded"


@contextmanager
def open_slow_posts(
    how_many: int, port: int, address: str, begin: bytes = b"m", /, **headers: str
) -> Iterator[list[socket.socket]]:
    """Let many people send the beginning of a form, and nothing more."""
    about = {"Content-Length": "100000", "Content-Type": FORM_TYPE, **headers}
    with ExitStack() as connections:
        lines = []
        for _ in range(how_many):
            line = connections.enter_context(socket.create_connection((HOST, port)))
            line.sendall(build_request_head(port, "POST", address, about) + begin)
            lines.append(line)
        yield lines


def build_request_head(port: int, method: str, address: str, headers: Mapping[str, str]) -> bytes:
    """Write the beginning of a request, without its body."""
    about = {"Host": f"{HOST}:{port}", **{k.replace("_", "-"): v for k, v in headers.items()}}
    lines = [f"{method} {address} HTTP/1.1", *(f"{name}: {about[name]}" for name in about), "", ""]
    return "\r\n".join(lines).encode()


def send(port: int, request: bytes, seconds: float = 30) -> bytes:
    """Send a whole request, and read what comes until the connection is closed."""
    with socket.create_connection((HOST, port), timeout=seconds) as line:
        line.sendall(request)
        return b"".join(iter(lambda: line.recv(65536), b""))


def open_page(address: str) -> int:
    """Open a page and return its status."""
    with urlopen(address, timeout=RESPONSE_TIMEOUT) as answer:
        answer.read()
        return int(answer.status)


def send_form(site: str, body: bytes) -> int:
    """Send a form to the feedback page, without its token; give the status."""
    try:
        with urlopen(Request(f"{site}/feedback", body), timeout=RESPONSE_TIMEOUT) as answer:
            return int(answer.status)
    except HTTPError as refusal:
        with refusal:
            refusal.read()
        return refusal.code


def send_feedback(site: str) -> str:
    """Send an honest message; give the address of the page that thanks for it."""
    with urlopen(f"{site}/feedback", timeout=RESPONSE_TIMEOUT) as page:
        form = page.read().decode()
    [field] = [one for one in re.findall(r"<input[^>]*>", form) if 'name="csrf_token"' in one]
    [token] = re.findall(r'value="([^"]+)"', field)
    body = urlencode({"csrf_token": token, "message": "The harbour is lovely"}).encode()
    with urlopen(Request(f"{site}/feedback", body), timeout=RESPONSE_TIMEOUT) as answer:
        return str(answer.url).removeprefix(site)
