"""The page for developers: every example on it is run."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from icalendar import Calendar

from tests.browser import Browser, Page
from tests.live_site import LiveSites

PROGRAMS = {
    "sh": ["sh", "-e"],
    "js": ["node", "--input-type=module"],
    "python": [sys.executable, "-"],
}
needs_curl = pytest.mark.skipif(
    shutil.which("curl") is None, reason="the examples call curl: install the package curl"
)
PLACES = {"{session}": "opening", "{day}": "2009-06-10"}


def examples(page: Page) -> list[tuple[str, str]]:
    """Give each example's language and its code."""
    found = [one for one in page.tree.find_all("code") if "class" in one.attrib]
    return [(one.get("class", "").removeprefix("language-"), one.text or "") for one in found]


def test_every_url_on_the_developers_page_answers(visitor: Browser) -> None:
    page = visitor.open("/developers")

    told = [row["URL and format"].split()[0] for row in page.rows]
    addresses = [re.sub(r"{\w+}", lambda place: PLACES[place[0]], one) for one in told]
    assert len(addresses) >= 8
    for address in addresses:
        assert visitor.fetch("GET", address).status_code == 200, address


def run_example(page: Page, number: int, folder: Path, options: str = "") -> str:
    """Run one of the examples of the page; return its output."""
    language, code = examples(page)[number]
    done = subprocess.run(
        PROGRAMS[language],
        input=code.replace("curl", f"curl {options}"),
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_developers_page_has_examples_in_each_language(visitor: Browser) -> None:
    languages = [language for language, _ in examples(visitor.open("/developers"))]

    assert languages == ["sh", "sh", "js", "python"]


@needs_curl
def test_the_shell_example_downloads_the_programme_as_text(
    visitor: Browser, live_site: LiveSites, tmp_path: Path
) -> None:
    running = live_site()
    page = visitor.open("/developers")

    text = run_example(page, 0, tmp_path)

    assert text.startswith("TIDES AND HARBOURS\n")
    assert running.address in page.text


@needs_curl
def test_the_calendar_example_uses_conditional_requests(
    visitor: Browser, live_site: LiveSites, tmp_path: Path
) -> None:
    live_site()
    page = visitor.open("/developers")

    statuses = [
        run_example(page, 1, tmp_path, "--silent --write-out %{http_code}") for _ in range(2)
    ]

    assert statuses == ["200", "304"]
    assert len(Calendar.from_ical((tmp_path / "programme.ics").read_bytes()).walk("VEVENT")) == 5


@pytest.mark.parametrize("number", [pytest.param(2, marks=pytest.mark.node, id="js"), 3])
def test_the_schedule_examples_run_in_other_languages(
    visitor: Browser, live_site: LiveSites, tmp_path: Path, number: int
) -> None:
    live_site()

    told = run_example(visitor.open("/developers"), number, tmp_path)

    assert "2009-06-10T09:30:00+01:00 Great hall Opening" in told.splitlines()


def test_the_footer_links_to_the_developers_page(visitor: Browser) -> None:
    visitor.open("/")

    page = visitor.follow("For developers")

    assert page.heading == "For developers"
