"""The page for developers: whatever it says is tried, as it stands there."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from icalendar import Calendar

from tests.browser import Browser, Page
from tests.live_site import LiveSite

PROGRAMS = {
    "sh": ["sh", "-e"],
    "js": ["node", "--input-type=module"],
    "python": [sys.executable, "-"],
}
PLACES = {"{session}": "opening", "{day}": "2009-06-10"}


def examples(page: Page) -> list[tuple[str, str]]:
    """Give each example's language and its code."""
    found = [one for one in page.tree.find_all("code") if "class" in one.attrib]
    return [(one.get("class", "").removeprefix("language-"), one.text or "") for one in found]


def test_every_address_on_the_page_leads_somewhere(visitor: Browser) -> None:
    page = visitor.open("/developers")

    told = [row["Address and format"].split()[0] for row in page.rows]
    addresses = [re.sub(r"{\w+}", lambda place: PLACES[place[0]], one) for one in told]
    assert len(addresses) >= 8
    for address in addresses:
        assert visitor.fetch("GET", address).status_code == 200, address


def test_the_examples_do_what_they_say(
    visitor: Browser, live_site: Callable[..., LiveSite], tmp_path: Path
) -> None:
    running = live_site()
    here = visitor.open("/developers")
    said = {}
    for language, code in examples(here):
        done = subprocess.run(
            PROGRAMS[language],
            input=code,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        said[language, code] = done.stdout

    text, nothing, by_javascript, by_python = said.values()
    assert running.address in here.text
    assert text.startswith("TIDES AND HARBOURS\n")
    assert nothing == ""
    assert len(Calendar.from_ical((tmp_path / "programme.ics").read_bytes()).walk("VEVENT")) == 5
    for told in (by_javascript, by_python):
        assert "2009-06-10T09:30:00+01:00 Great hall Opening" in told.splitlines()


def test_the_calendar_is_got_again_only_when_it_has_changed(
    visitor: Browser, live_site: Callable[..., LiveSite], tmp_path: Path
) -> None:
    live_site()
    _, (_, code), *_ = examples(visitor.open("/developers"))
    command = code.replace("curl", "curl --silent --write-out %{http_code}")
    statuses = [
        subprocess.run(
            PROGRAMS["sh"], input=command, cwd=tmp_path, capture_output=True, text=True, check=True
        ).stdout
        for _ in range(2)
    ]

    assert statuses == ["200", "304"]
    assert (tmp_path / "programme.ics").read_bytes().startswith(b"BEGIN:VCALENDAR")


def test_the_page_is_found_from_every_page(visitor: Browser) -> None:
    visitor.open("/")

    page = visitor.follow("For developers")

    assert page.heading == "For developers"
