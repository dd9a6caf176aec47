"""No text of any length makes the site slow: what reads and shows texts takes linear time.

Each pattern in the code, each reader of files and each renderer of texts gets long hostile texts of
two lengths, n and 16 n. What is linear takes about 16 times as long; what is quadratic, 256 times.
The thread's own time is counted, the best of three, so that other programs make no difference.
"""

import ast
import importlib
import json
import pkgutil
import re
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

import app
from app import text
from app.content import diff, html_tags, markdown
from app.errors import InvalidFile
from app.interchange import ical_lines, plain_text
from app.interchange.importers.detect import read_bytes
from app.interchange.importers.raw import TargetConference
from app.mail import html_body, placeholders, replies
from app.materials import file_validation
from app.programme import slugs
from app.programme.fields import table
from app.programme.photos.normalise_upload import normalise_upload
from app.releases import search_index
from app.site import search
from app.web import atom, spreadsheets
from config import ROOT
from tests.factories import SMALL_CONFERENCE
from tests.programme.sample_pictures import make_picture

SHORT, TIMES = 1_000, 16
SHORT_TEXT = 200  # for what does much with each letter
MAX_RATIO = 4 * TIMES  # a quadratic text takes 16 times 16 as long
NOTHING = 0.02  # seconds: so short a time is not worth looking at
FAR_TOO_LONG = 0.5  # seconds for a short text, which takes a millisecond
ROUNDS = 3
LOOKS = 3  # that must all find it slow
SITE = "https://conference.example"
TARGET = TargetConference(
    {
        "acronym": "tides",
        "title": "Tides",
        "timezone": "Europe/London",
        "starts_on": "2009-06-10",
        "ends_on": "2009-06-11",
    }
)
PIECES = [  # repeated, each is the worst for something
    *("[]()<>{}`*_~#&|\\-=+.,;:!?/'\"@%0a \t\n"),
    *("[a](", "![", "[](", "](", "[ ", "<a ", "<b>", "<p>x", "</p>", "<!--", "<p a=1 ", "&amp;"),
    *("a\n", "# a\n", "- a\n", "> ", "--\n", "=\n", "|a", "a|b\n-|-\n", "```\n", "**a", "a_b*"),
    *(
        ", ",
        "; ",
        " - ",
        " [",
        "a, ",
        " and ",
        "& ",
        "(a",
        "a (",
        "a@",
        "http://",
        "a.",
        "1:",
        "\r",
    ),
    *("PK\x05\x06", "%PDF-", "%%EOF", "\xff\xda"),
    *("İ", "\u0301", "é ", "\u200b", "\u00a0", "\ud7ff"),
]
METHODS = "search|match|fullmatch|sub|split|findall|finditer|subn"
UNSEEN_USAGES = {"search", "fullmatch"}  # of a pattern that goes by another name where it is used


def repeat(piece: str, start: str, length: int) -> str:
    """Give a text of a length that is a piece over and over, after some other words."""
    return start + (piece * (length // len(piece) + 1))[:length] + "\0" * bool(start)


def is_slow(run: Callable[[str], object], make: Callable[[int], str], short: int = SHORT) -> bool:
    """Return whether a call takes more than linear time, starting with one short measurement."""
    if any(_takes_far_too_long(run, make(length)) for length in (short // 8, short)):
        return True
    long = make(short * TIMES)
    if measure(run, long) <= NOTHING:
        return False
    return all(_takes_longer(run, make(short), long) for _ in range(LOOKS))


def _takes_far_too_long(run: Callable[[str], object], given: str) -> bool:
    """Look again before saying so: garbage of the whole run may be collected meanwhile."""
    return all(measure(run, given) > FAR_TOO_LONG for _ in range(2))


def _takes_longer(run: Callable[[str], object], short: str, long: str) -> bool:
    """Compare the best of several rounds; on a busy machine even that may be out by chance."""
    long_time = min(measure(run, long) for _ in range(ROUNDS))
    short_time = min(measure(run, short) for _ in range(ROUNDS))
    return long_time > NOTHING and long_time > MAX_RATIO * short_time


def measure(run: Callable[[str], object], given: str) -> float:
    """Return the CPU seconds of this thread that a call takes."""
    began = time.thread_time()
    run(given)
    return time.thread_time() - began


# Patterns


def list_patterns() -> Iterator[tuple[str, re.Pattern[Any], str]]:
    """Yield each pattern with its place in the code and the method with which it is used."""
    usages = _find_usages()
    for module in pkgutil.walk_packages(app.__path__, "app."):
        if not module.name.endswith("__main__"):
            loaded = importlib.import_module(module.name)
            for name, value in vars(loaded).items():
                if isinstance(value, re.Pattern) and _is_made_here(loaded.__name__, name):
                    yield from (
                        (f"{module.name}.{name}", value, how)
                        for how in sorted(usages.get(name, UNSEEN_USAGES))
                    )
            yield from _list_inline_patterns(loaded.__name__)


def _source(module: str) -> str:
    return Path(str(importlib.import_module(module).__file__)).read_text(encoding="utf-8")


def _is_made_here(module: str, name: str) -> bool:
    return re.search(rf"^{name}\b.*=", _source(module), re.MULTILINE) is not None


def _find_usages() -> dict[str, set[str]]:
    """Return the methods with which each name is used in the code."""
    usages = defaultdict[str, set[str]](set)
    for file in (ROOT / "app").rglob("*.py"):
        for name, method in re.findall(rf"\b(\w+)\.({METHODS})\(", file.read_text("utf-8")):
            usages[name].add(method)
    return usages


def _list_inline_patterns(module: str) -> Iterator[tuple[str, re.Pattern[Any], str]]:
    source = _source(module)
    if not re.search(r"\bre\s*\.", source):  # reading all code as a tree takes seconds
        return
    for node in ast.walk(ast.parse(source)):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id == "re"
            and re.fullmatch(METHODS, node.func.attr)
            and isinstance(node.args[0], ast.Constant)
        ):
            yield f"{module}:{node.lineno}", re.compile(node.args[0].value), node.func.attr


def apply(pattern: re.Pattern[Any], method: str, given: str) -> None:
    """Use a pattern as the code does."""
    subject: Any = given.encode() if isinstance(pattern.pattern, bytes) else given
    arguments = [subject[:0]] if method in {"sub", "subn"} else []
    found = getattr(pattern, method)(*arguments, subject)
    if method == "finditer":
        list(found)


PATTERNS = list(list_patterns())


@pytest.mark.parametrize(
    ("place", "pattern", "method"), PATTERNS, ids=[f"{one[0]}-{one[2]}" for one in PATTERNS]
)
def test_every_pattern_takes_linear_time(place: str, pattern: re.Pattern[Any], method: str) -> None:
    letters = set(re.sub(r"\W|_", "", str(pattern.pattern)))
    beginning = re.match(r"[\w <&-]*", str(pattern.pattern))
    starts = {"", "a", beginning[0] if beginning else ""}

    slow = [
        (start, piece)
        for piece in [*PIECES, *letters]
        for start in starts
        if is_slow(
            lambda given: apply(pattern, method, given),
            partial(repeat, piece, start),
        )
    ]

    assert slow == [], place


# Renderers of texts


def write_reply(given: str) -> bytes:
    head = "From: ada@nhs.example\nContent-Type: text/plain; charset=utf-8"
    return f"{head}\n\n{given}\nAda\n".encode("utf-8", "replace")


RENDERERS: dict[str, Callable[[str], object]] = {
    "pages in Markdown": markdown.render_markdown,
    "a line in Markdown": markdown.render_inline,
    "a text of somebody else": markdown.sanitise,
    "the same in HTML": lambda given: markdown.sanitise(f"<p>x</p>{given}"),
    "a text without markup": markdown.to_text,
    "an excerpt": markdown.excerpt,
    "HTML or not": html_tags.is_html,
    "a reply": lambda given: replies.parse(write_reply(given)),
    "an email": lambda given: html_body.parse_blocks(f"Dear Ada\n\n{given}", SITE),
    "placeholders": lambda given: placeholders.find_problems("{{" + given, {}),
    "what is only for some": lambda given: placeholders.fill_line("{{ only if " + given, {}),
    "a calendar": lambda given: ical_lines.fold([ical_lines.property_line("SUMMARY", given)]),
    "plain text": plain_text.strip_control_characters,
    "words of the search": search_index.split_words,
    "words found": lambda given: search.highlight(given, frozenset({"a", "1"})),
    "differences": lambda given: diff.diff_lines(given, f"{given}a"),
    "a slug": slugs.slugify,
    "one line": text.collapse_whitespace,
    "several lines": text.normalise_lines,
    "hidden characters": text.strip_hidden,
    "keywords": table.parse_words,
    "links": table.parse_links,
    "a feed": atom.absolutise_links,
    "a cell": lambda given: list(spreadsheets.stream_csv(["a"], [[given]])),
}


@pytest.mark.parametrize("name", RENDERERS)
def test_every_renderer_of_texts_takes_linear_time(site: Flask, name: str) -> None:
    slow = [
        piece
        for piece in PIECES
        if is_slow(RENDERERS[name], partial(repeat, piece, ""), SHORT_TEXT)
    ]

    assert slow == []


# File parsers


def a_calendar(given: str) -> bytes:
    escaped = given.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "")
    event = (
        f"BEGIN:VEVENT\r\nUID:1\r\nDTSTART:20090610T100000Z\r\nDTEND:20090610T110000Z\r\n"
        f"SUMMARY:a - {escaped}\r\nLOCATION:{escaped}\r\nDESCRIPTION:{escaped}\r\nEND:VEVENT"
    )
    head = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y//EN"
    return f"{head}\r\n{event}\r\nEND:VCALENDAR\r\n".encode("utf-8", "replace")


def a_table(given: str) -> bytes:
    quoted = given.replace('"', '""')
    heads = ["Title", "Speakers", "Abstract", "Room", "Day", "Start", "Duration", "Keywords"]
    cells = [f'"a {quoted}"', *[f'"{quoted}"'] * (len(heads) - 1)]
    return f"{','.join(heads)}\n{','.join(cells)}\n".encode("utf-8", "replace")


def a_schedule(given: str) -> bytes:
    shown = "".join(one for one in given if one.isprintable() or one in " \n\t")
    shown = shown.replace("&", "&amp;").replace("<", "&lt;")
    names = ("title", "abstract", "description", "start", "duration", "track", "language")
    fields = "".join(f"<{name}>{shown}</{name}>" for name in names)
    persons = (
        f"<persons><person id='1'>{shown}</person></persons><links><link>{shown}</link></links>"
    )
    return (
        "<schedule><conference><acronym>tides</acronym><title>Tides</title></conference>"
        f"<day index='1' date='2009-06-10'><room name='a'><event id='1'>{fields}{persons}</event>"
        "</room></day></schedule>"
    ).encode("utf-8", "replace")


def our_json(given: str) -> bytes:
    content = json.loads(SMALL_CONFERENCE.read_text(encoding="utf-8"))
    for one in [content["conference"], *content["sessions"], *content["speakers"]]:
        one |= {name: given for name, value in one.items() if isinstance(value, str)}
    return json.dumps(content).encode()


def encode(given: str) -> bytes:
    return given.encode("utf-8", "replace")


def read(given: bytes) -> None:
    """Read a programme file, or refuse it."""
    with suppress(InvalidFile):
        read_bytes(given, TARGET)


def read_slides(given: bytes) -> None:
    """Read slides or a paper, or refuse them."""
    with suppress(InvalidFile):
        file_validation.accept(BytesIO(given))


def read_picture(given: bytes) -> None:
    """Read a photo, or refuse it."""
    with suppress(InvalidFile):
        normalise_upload(given)


READERS: dict[str, Callable[[str], None]] = {
    "a calendar": lambda given: read(a_calendar(given)),
    "a table": lambda given: read(a_table(given)),
    "a schedule": lambda given: read(a_schedule(given)),
    "our own file": lambda given: read(our_json(given)),
    "anything": lambda given: read(encode(given)),
    "anything like XML": lambda given: read(encode(f"<{given}")),
    "anything like JSON": lambda given: read(encode(f"[{given}")),
    "anything like a calendar": lambda given: read(encode(f"BEGIN:VCALENDAR{given}")),
    "slides": lambda given: read_slides(b"PK\x03\x04" + encode(given)),
    "a paper": lambda given: read_slides(b"%PDF-" + encode(given) + b"%%EOF"),
    "a picture": lambda given: read_picture(make_picture() + encode(given)),
}


@pytest.mark.parametrize("name", READERS)
def test_every_file_parser_takes_linear_time(name: str) -> None:
    slow = [
        piece
        for piece in PIECES
        if is_slow(
            READERS[name],
            partial(repeat, piece, ""),
            SHORT_TEXT,
        )
    ]

    assert slow == []


# The control


def test_quadratic_time_is_detected() -> None:
    quadratic = re.compile(r",\s+(?![^\[]*\])")

    assert is_slow(quadratic.split, partial(repeat, ", ", ""))
    assert not is_slow(lambda given: re.sub("a", "b", given), lambda length: "a" * 100 * length)
