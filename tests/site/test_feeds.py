"""What other programs read: open to all of them, kept like pages, and the same for everyone."""

import json
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import vobject  # type: ignore[import-untyped]  # it ships no types
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from app import clock
from app.database import transaction
from app.interchange import plain_text, services
from app.releases import services as releases_services
from tests.browser import Browser
from tests.factories import FIRST_MORNING, make_room, make_session, make_speaker, publish_programme
from tests.lookups import get_session
from tests.web.test_preview_middleware import create_preview, set_session_title

FEEDS = {
    "/programme.ics": "text/calendar; charset=utf-8",
    "/sessions/opening.ics": "text/calendar; charset=utf-8",
    "/schedule.xml": "application/xml; charset=utf-8",
    "/schedule.json": "application/json",
    "/programme.txt": "text/plain; charset=utf-8",
    "/programme/2009-06-10.txt": "text/plain; charset=utf-8",
    "/sessions/opening.txt": "text/plain; charset=utf-8",
}
EVERY_FEED = {
    **FEEDS,
    "/changes.atom": "application/atom+xml; charset=utf-8",
    "/whats-new.atom": "application/atom+xml; charset=utf-8",
}
PAGES = ("/programme", "/programme/2009-06-10", "/sessions/opening")
AS_BROWSERS_ASK = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
READER = Path(__file__).with_name("read_calendar.mjs")


# Any feed


@pytest.mark.parametrize(("address", "kind"), EVERY_FEED.items())
def test_a_feed_is_public_cacheable_and_allows_cross_origin_requests(
    visitor: Browser, address: str, kind: str, queries: list[str]
) -> None:
    elsewhere = {"Origin": "https://elsewhere.example"}
    first = visitor.fetch("GET", address, elsewhere)
    again = visitor.fetch("GET", address, {**elsewhere, "If-None-Match": first.headers["ETag"]})
    head = visitor.fetch("HEAD", address, elsewhere)

    assert [one.status_code for one in (first, again, head)] == [200, 304, 200]
    for answer in (first, again, head):
        assert answer.headers["Content-Type"] == kind
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
        assert answer.headers["Cache-Control"].startswith("public, max-age=60")
        assert "Access-Control-Allow-Credentials" not in answer.headers
        assert "Content-Disposition" not in answer.headers
        assert "Set-Cookie" not in answer.headers
    assert (again.data, head.data) == (b"", b"")


@pytest.mark.parametrize("address", EVERY_FEED)
def test_a_feed_answers_cors_preflight_requests(visitor: Browser, address: str) -> None:
    answer = visitor.fetch(
        "OPTIONS",
        address,
        {
            "Origin": "https://elsewhere.example",
            "Access-Control-Request-Method": "GET",
            "Access-Control-Request-Headers": "if-none-match",
        },
    )

    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Access-Control-Allow-Methods"] == "GET, HEAD, OPTIONS"
    assert answer.headers["Access-Control-Allow-Headers"] == "*"
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("address", ["/programme", "/register", "/booking"])
def test_only_feeds_allow_cross_origin_requests(visitor: Browser, address: str) -> None:
    answer = visitor.fetch("GET", address, {"Origin": "https://elsewhere.example"})

    assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize("address", EVERY_FEED)
def test_a_cached_feed_needs_no_queries(visitor: Browser, address: str, queries: list[str]) -> None:
    visitor.fetch("GET", address)
    visitor.open("/programme")
    queries.clear()

    visitor.fetch("GET", address)

    assert [one for one in queries if "site_state" not in one] == []


@pytest.mark.empty
@pytest.mark.parametrize(
    "address", ["/programme.ics", "/schedule.xml", "/schedule.json", "/programme.txt"]
)
def test_before_the_first_release_feeds_are_empty(visitor: Browser, address: str) -> None:
    answer = visitor.fetch("GET", address)

    assert answer.status_code == 200
    assert "Opening" not in answer.get_data(as_text=True)


@pytest.mark.parametrize("address", FEEDS)
def test_unpublished_changes_are_in_preview_feeds_only(visitor: Browser, address: str) -> None:
    set_session_title("opening", "A new opening")
    preview = create_preview()

    before = visitor.fetch("GET", address)
    inside = visitor.fetch("GET", f"{preview}{address}")
    after = visitor.fetch("GET", address)

    told = inside.get_data(as_text=True).replace("\r\n ", "")
    title = "A NEW OPENING" if address.endswith("opening.txt") else "A new opening"
    assert title in told
    assert inside.headers["Cache-Control"] == "private, no-store"
    assert "ETag" not in inside.headers
    assert after.data == before.data
    assert b"new opening" not in before.data.lower()


# Calendars, read back by other programs


READERS = ["vobject", pytest.param("ical.js", marks=pytest.mark.node)]


@pytest.mark.parametrize("reader", READERS)
def test_other_libraries_parse_the_calendar_correctly(visitor: Browser, reader: str) -> None:
    read = {"vobject": _read_by_vobject, "ical.js": _read_by_ical_js}[reader]
    title = "Tides, harbours; walls \\ and more: " + "潮と港 " * 20
    make_session(
        slug="long",
        title=title.strip(),
        abstract="One.\n\nTwo.",
        room=make_room(name="Pier"),
        speakers=(make_speaker(name="João Maré"),),
        starts_at=FIRST_MORNING + timedelta(hours=15),
        ends_at=FIRST_MORNING + timedelta(hours=17),
    )
    make_session(slug="gone")
    publish_programme()
    with transaction():
        get_session("long").kind = "talk"
        get_session("gone").withdrawn_at = clock.now()
    publish_programme()
    file = visitor.fetch("GET", "/programme.ics").data

    ours: list[Any] = Calendar.from_ical(file).walk("VEVENT")
    by_uid = {
        str(one["UID"]): {
            "summary": str(one["SUMMARY"]),
            "description": str(one.get("DESCRIPTION", "")),
            "location": str(one.get("LOCATION", "")),
            "sequence": one["SEQUENCE"],
            "status": one["STATUS"],
            "starts": one["DTSTART"].dt,
            "ends": one["DTEND"].dt,
            "changed": one["LAST-MODIFIED"].dt,
        }
        for one in ours
    }
    long = next(one for one in by_uid.values() if one["summary"] == title.strip())
    assert (long["sequence"], long["status"]) == (1, "CONFIRMED")
    assert long["starts"] == datetime(2009, 6, 10, 23, 30, tzinfo=UTC)
    assert sorted(one["status"] for one in by_uid.values()) == ["CANCELLED"] + ["CONFIRMED"] * 6
    assert read(file) == by_uid


def _read_by_ical_js(file: bytes) -> dict[str, dict[str, Any]]:
    command = ["node", str(READER)]
    done = subprocess.run(command, input=file, capture_output=True, check=True)
    return {
        one.pop("uid"): {
            **{name: value or "" for name, value in one.items() if name != "sequence"},
            **{name: datetime.fromisoformat(one[name]) for name in ("starts", "ends", "changed")},
            "sequence": one["sequence"],
        }
        for one in json.loads(done.stdout)
    }


def _read_by_vobject(file: bytes) -> dict[str, dict[str, Any]]:
    def said(event: Any, name: str) -> str:
        return str(event.getChildValue(name, ""))

    return {
        said(one, "uid"): {
            **{name: said(one, name) for name in ("summary", "description", "location", "status")},
            "sequence": int(said(one, "sequence")),
            "starts": one.dtstart.value,
            "ends": one.dtend.value,
            "changed": one.last_modified.value,
        }
        for one in vobject.readOne(file.decode()).vevent_list
    }


# Schedules


@pytest.mark.parametrize("name", ["schedule.xml", "schedule.json"])
def test_importing_the_public_schedule_changes_nothing(
    visitor: Browser, name: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_bytes(visitor.fetch("GET", f"/{name}").data)

    with transaction():
        loaded = services.load_file(path)

    assert str(loaded.changes) == "Nothing changed", loaded.changes


# Plain text


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("text/plain", "text/plain"),
        ("text/plain; charset=utf-8", "text/plain"),
        ("text/plain, */*;q=0.1", "text/plain"),
        ("text/plain, text/html;q=0.5", "text/plain"),
        ("text/html, text/plain;q=0.5", "text/html"),
        ("text/plain;q=0", "text/html"),
        ("text/html, text/plain", "text/html"),
        (AS_BROWSERS_ASK, "text/html"),
        ("*/*", "text/html"),
        ("", "text/html"),
    ],
)
@pytest.mark.parametrize("address", PAGES)
def test_an_accept_header_for_plain_text_gets_text_at_the_same_url(
    visitor: Browser, address: str, accept: str, kind: str
) -> None:
    for asked, expected in ((accept, kind), (AS_BROWSERS_ASK, "text/html"), (accept, kind)):
        answer = visitor.fetch("GET", address, {"Accept": asked})

        assert answer.mimetype == expected
        assert answer.headers["Vary"] == "Accept, Accept-Encoding"
    if kind == "text/plain":
        assert answer.data == visitor.fetch("GET", f"{address}.txt").data


def test_a_page_without_text_version_ignores_the_accept_header(visitor: Browser) -> None:
    answer = visitor.fetch("GET", "/speakers", {"Accept": "text/plain"})

    assert answer.mimetype == "text/html"
    assert answer.headers["Vary"] == "Accept-Encoding"


def test_the_plain_text_programme_fits_a_terminal(visitor: Browser) -> None:
    make_session(
        title="Cancelled", slug="off", cancelled_at=clock.now(), room=make_room(name="Pier")
    )
    make_session(title="Some day", slug="some-day", starts_at=None, ends_at=None)
    make_session(title="A start", slug="a-start", ends_at=None)
    publish_programme()

    lines = visitor.fetch("GET", "/programme.txt").get_data(as_text=True).splitlines()

    assert lines[:13] == [
        "TIDES AND HARBOURS",
        "A small conference of the tests, held in British Summer Time on purpose",
        "Wednesday 10 to Thursday 11 June 2009, Whitby",
        "",
        "Times are those of the conference (Europe/London).",
        "",
        "Wednesday 10 June 2009",
        "======================",
        "",
        "9:30am              A start",
        "                    Parallel session, speaker to be announced",
        "                    https://conference.example/sessions/a-start",
        "",
    ]
    assert "9:30am – 10:30am    CANCELLED: Cancelled" in lines
    assert "                    Parallel session, Boat house, Stone, illustrative" in lines
    assert "                    Ada Marsh (Chair), João Maré (Speaker)" in lines
    assert lines[lines.index("No time yet") + 3] == " " * 20 + "Some day"
    assert all(len(line) <= 76 or "://" in line for line in lines)
    assert not any(line != line.rstrip() for line in lines)


def test_a_plain_text_session_fits_a_terminal(visitor: Browser) -> None:
    with transaction():
        get_session("opening").links = json.dumps([["https://example.org/slides", "Slides"]])
    publish_programme()

    text = visitor.fetch("GET", "/sessions/opening.txt")

    assert text.headers["Link"] == '<https://conference.example/sessions/opening>; rel="canonical"'
    assert text.get_data(as_text=True).splitlines() == [
        "Tides and Harbours",
        "",
        "OPENING",
        "",
        "9:30am – 10:30am, Wednesday 10 June 2009",
        "Plenary, Great hall",
        "Step-free access, Hearing loop",
        "Ada Marsh (Chair), João Maré (Speaker)",
        "https://conference.example/sessions/opening",
        "",
        "Why we are here.",
        "",
        "Slides",
        "https://example.org/slides",
        "",
        "Times are those of the conference (Europe/London).",
    ]


@pytest.mark.empty
def test_the_plain_text_of_a_demo_or_empty_programme_says_so(visitor: Browser) -> None:
    assert "The programme has not been published yet" in visitor.fetch("GET", "/programme.txt").text
    with transaction():
        services.load_demo(3, 3)
        releases_services.create_release()

    assert "This conference is invented." in visitor.fetch("GET", "/programme.txt").text


@given(st.text())
def test_control_characters_are_removed_from_plain_text(words: str) -> None:
    shown = plain_text.strip_control_characters(f"{words}\x1b[31m\u202e\x9b1m\r")

    assert not set(shown) & set(map(chr, [*range(32), 127, *range(0x80, 0xA0), 0x202E]))
