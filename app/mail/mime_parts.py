"""The parts of an email as bytes (RFC 2045, RFC 2046): plain text, HTML with a picture, a calendar.

Their headers are known beforehand, so they are written as they are. The library would parse each of
them again and again, which took most of the time in which an email is made.
"""

from base64 import encodebytes
from binascii import b2a_qp
from collections.abc import Mapping, Sequence
from email.headerregistry import HeaderRegistry
from secrets import token_hex
from typing import Any, Final

LINE_END: Final = b"\r\n"


class HeaderClasses(HeaderRegistry):
    """The classes of headers, each made once: the library makes one whenever a header is set."""

    def __init__(self) -> None:
        super().__init__()
        self._made: dict[str, type[Any]] = {}

    def __getitem__(self, name: str) -> type[Any]:
        """Return the class of the headers with a name."""
        key = name.lower()
        if key not in self._made:
            self._made[key] = super().__getitem__(key)
        return self._made[key]


def make_text(text: str, subtype: str) -> bytes:
    """Return text in quoted-printable, which all servers pass on."""
    return _encode_text(text, {"Content-Type": f'text/{subtype}; charset="utf-8"'})


def make_calendar(calendar: bytes, filename: str) -> bytes:
    """Return a calendar file."""
    parameters = f'charset="utf-8"; method="PUBLISH";\r\n name="{filename}"'
    return _encode_text(
        calendar.decode(),
        {
            "Content-Type": f"text/calendar; {parameters}",
            "Content-Disposition": f'attachment; filename="{filename}"',
        },
    )


def make_picture(png: bytes, content_id: str) -> bytes:
    """Return a picture that HTML shows by its Content-ID (RFC 2392)."""
    headers = {
        "Content-Type": "image/png",
        "Content-Transfer-Encoding": "base64",
        "Content-ID": f"<{content_id}>",
        "Content-Disposition": "inline",
    }
    return _write(headers, encodebytes(png))


def join(subtype: str, parts: Sequence[bytes]) -> bytes:
    """Return several parts as one, between lines that none of them has."""
    boundary = token_hex(12)
    edge = f"--{boundary}".encode()
    headers = {"Content-Type": f'multipart/{subtype}; boundary="{boundary}"'}
    lines = [line for part in parts for line in (edge, part)]
    return _write(headers, LINE_END.join([*lines, edge + b"--", b""]))


def _encode_text(text: str, headers: Mapping[str, str]) -> bytes:
    encoded = b2a_qp(LINE_END.join([*text.encode().splitlines(), b""]))
    return _write({**headers, "Content-Transfer-Encoding": "quoted-printable"}, encoded)


def _write(headers: Mapping[str, str], body: bytes) -> bytes:
    """Return the headers and the body of a part."""
    lines = [f"{name}: {value}".encode("ascii") for name, value in headers.items()]
    return LINE_END.join([*lines, b"", LINE_END.join([*body.splitlines(), b""])])
