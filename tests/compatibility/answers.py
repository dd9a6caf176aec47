"""What the site answered: written down so that two versions of the code can be compared.

An answer is kept as text: its status, the headers that matter, and its body. What differs from
one run to the next, or with every change of a style sheet, is levelled; nothing else is.
"""

import json
import lzma
import re
import tomllib
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import unified_diff
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Final

from werkzeug.test import TestResponse

from tests.compatibility.databases import pack

FILE: Final = "answers.json.xz"
DIFFERENCES: Final = Path(__file__).with_name("differences.toml")
HEADERS: Final = (
    "Content-Type",
    "Location",
    "Content-Disposition",
    "Content-Language",
    "Cache-Control",
)
NORMALISED: Final = (
    (re.compile(r"(/static/[^\s\"'?]+\?v=)[0-9a-f]{8}"), r"\1FINGERPRINT"),
    (re.compile(r'("version":"\d+-)[0-9a-f]{8}(?=")'), r"\1FINGERPRINT"),  # of /offline.json
    (re.compile(r"(name=\"csrf_token\"[^>]*? value=\")[^\"]*"), r"\1TOKEN"),
    (re.compile(r"(name=\"displayed\"[^>]*? value=\")[^\"]*"), r"\1SIGNED"),
    (re.compile(r"<code>[0-9a-f]{16}</code>"), "<code>REFERENCE</code>"),  # of one request
)
TAG: Final = re.compile(r"<[^<>]*>")
WHITE_SPACE_NEAR_TAG: Final = re.compile(r"(?<=>)\s+|\s+(?=<)")
TEXTS: Final = ("text/", "application/json", "xml", "javascript", "calendar", "manifest")
LINES_OF_A_DIFFERENCE, WIDTH = 14, 220
MOST_SHOWN, MOST_PLACES = 40, 5  # kinds of differences, and addresses of each
Answers = dict[str, dict[str, str]]  # by browser and address


def as_text(response: TestResponse) -> str:
    """Write an answer down."""
    head = [str(response.status_code)]
    head += [f"{name}: {response.headers[name]}" for name in HEADERS if name in response.headers]
    text = "\n".join([*head, "", _body(response.mimetype or "", response.get_data())])
    for pattern, level in NORMALISED:
        text = pattern.sub(level, text)
    return text


def is_text(kind: str) -> bool:
    """Whether a media type is one of text."""
    return any(part in kind for part in TEXTS) and "openxml" not in kind


def _body(kind: str, body: bytes) -> str:
    if is_text(kind):
        return body.decode()
    if body.startswith(b"PK"):
        return "\n".join(_members(body))
    return f"{len(body)} bytes, SHA-256 {sha256(body).hexdigest()}"


def _members(body: bytes) -> Iterator[str]:
    with zipfile.ZipFile(BytesIO(body)) as archive:
        for name in archive.namelist():
            yield f"{name}:\n{archive.read(name).decode(errors='replace')}"


def save(answers: Answers, folder: Path) -> None:
    """Keep answers."""
    pack(json.dumps(answers, ensure_ascii=False, indent=0).encode(), folder / FILE)


def load(folder: Path) -> Answers:
    """Read answers back."""
    found: Answers = json.loads(lzma.decompress((folder / FILE).read_bytes()))
    return found


# What may differ


@dataclass
class Difference:
    """An intended difference: what was answered, and what is answered now in its place."""

    stored: str
    addresses: re.Pattern[str]
    before: str
    after: str
    was_met: bool = False

    def brought_up(self, address: str, text: str) -> str:
        """Give a recorded answer as it is expected now."""
        if not self.addresses.search(address) or self.before not in text:
            return text
        self.was_met = True
        return text.replace(self.before, self.after)


def differences(stored: str, source: Path = DIFFERENCES) -> list[Difference]:
    """Read the intended differences from what one folder recorded; each needs a reason."""
    listed = tomllib.loads(source.read_text(encoding="utf-8")).get("difference", [])
    assert all(one["reason"].strip() for one in listed), "each difference needs a reason"
    return [
        Difference(stored, re.compile(one["addresses"]), one["from"], one["to"])
        for one in listed
        if one["stored"] == stored
    ]


def compare(recorded: Answers, today: Answers, expected: list[Difference]) -> str:
    """Describe every unintended difference in short; equal ones together."""
    faults: dict[str, list[str]] = {}
    for browser, answers in recorded.items():
        for address, text in answers.items():
            for one in expected:
                text = one.brought_up(address, text)  # noqa: PLW2901 - each goes on from the last
            now = today[browser][address]
            if text.isdecimal():  # a status alone is expected, whatever the page says
                now = now.partition("\n")[0]
            if now != text and _fold(now) != _fold(text):
                short = _short(_fold(text), _fold(now))
                faults.setdefault(short, []).append(f"{address} ({browser})")
    unmet = [f"nothing is “{one.before}” any more" for one in expected if not one.was_met]
    return "\n\n".join([*unmet, *_told(faults, sum(map(len, recorded.values())))])


def _fold(text: str) -> str:
    """Make one space of white space inside and beside tags: the formatter wraps and indents them.

    Whether there is any stays, for that is seen.
    """
    return WHITE_SPACE_NEAR_TAG.sub(" ", TAG.sub(lambda tag: " ".join(tag[0].split()), text))


def _told(faults: dict[str, list[str]], count: int) -> Iterator[str]:
    if faults:
        yield f"{sum(map(len, faults.values()))} of {count} answers differ:"
    for short, places in sorted(faults.items(), key=lambda one: -len(one[1]))[:MOST_SHOWN]:
        more = len(places) - MOST_PLACES
        named = places[:MOST_PLACES] + ([f"… and {more} more"] * (more > 0))
        yield "\n".join([*named, short])


def _short(before: str, after: str) -> str:
    """Show the beginning of a difference."""
    lines = list(unified_diff(_lines(before), _lines(after), n=0, lineterm=""))[2:]
    found = [_cut(one) for one in lines if not one.startswith("@@")]
    more = len(found) - LINES_OF_A_DIFFERENCE
    shown = found[:LINES_OF_A_DIFFERENCE]
    return "\n".join([f"  {one}" for one in shown] + ([f"  … and {more} lines"] * (more > 0)))


def _lines(text: str) -> list[str]:
    return re.sub(r"> *<", ">\n<", text).splitlines()


def _cut(line: str) -> str:
    return line if len(line) <= WIDTH else f"{line[:WIDTH]}…"
