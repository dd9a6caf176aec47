"""Organisers read what every email of the site says, before anybody gets it."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page
from sqlalchemy import func, select

from app.accounts.models import DESK, VIEWER
from app.admin.email_kinds import EMAIL_KINDS, ORGANISERS
from app.database import db
from app.mail.models import Email
from app.mail.rendering import FOR_ORGANISERS
from app.programme.models import Speaker
from app.registration.models import Delegate
from config import ROOT
from tests.browser import Browser
from tests.factories import sign_in, sign_in_window
from tests.keyboard_user import NARROW
from tests.live_site import LiveSite
from tests.pages import HtmlTree, read_text

PAGE = "/organise/letters/wording"
# what other emails include
PARTS = {"booking_link", "role", "signature", "speaker_link", "ticket"}


@pytest.fixture
def organiser(visitor: Browser) -> Browser:
    return sign_in(visitor)


def count_rows() -> list[int | None]:
    tables = (Delegate, Email, Speaker)
    return [db.session.scalar(select(func.count()).select_from(one)) for one in tables]


def test_every_email_is_declared_and_every_declared_one_exists() -> None:
    templates = {path.stem for path in (ROOT / "templates" / "mail").glob("*.txt")}

    assert set(EMAIL_KINDS) == templates - PARTS


def test_emails_to_organisers_are_signed_as_such() -> None:
    to_organisers = {name for name, kind in EMAIL_KINDS.items() if kind.recipient is ORGANISERS}

    assert to_organisers | {"feedback_received"} == FOR_ORGANISERS


def test_the_desk_reads_what_every_email_says(visitor: Browser) -> None:
    desk = sign_in(visitor, "dora@conference.example", role=DESK)
    before = count_rows()

    page = desk.open("/organise/letters").follow("What emails say")
    assert page.heading == "What emails say"
    assert page.rows[0] == {
        "Type": "Confirmation",
        "Sent to": "The delegate",
        "When": "Someone registers",
    }
    names = [row["Type"] for row in page.rows]
    assert len(names) == len(EMAIL_KINDS) == len(set(names))
    for name in names:
        look = desk.open(PAGE).follow(name)
        assert look.heading == name
        assert look.summary_list["Subject"] != ""
        assert re.findall(r"\bNone\b|Undefined|\{\{", look.text) == []
    assert count_rows() == before


def test_a_preview_shows_the_text_and_the_html_with_invented_people(organiser: Browser) -> None:
    page = organiser.open(f"{PAGE}/registration_confirmed")
    assert page.summary_list["Subject"] == "You are registered for Tides and Harbours: SMPL2345"
    assert "Dear Alex Example," in page.text
    (frame,) = page.tree.find_all("iframe")
    assert frame.get("sandbox") == ""
    assert page.headers["Content-Security-Policy"].endswith("; frame-src 'self'")
    framed = organiser.fetch("GET", frame.get("src") or "")  # an email has styles in itself
    html = HtmlTree(framed.get_data(as_text=True))

    assert framed.headers["Content-Security-Policy"] == (
        "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
        "frame-ancestors 'self'"
    )
    assert [read_text(one) for one in html.find_all("h1")] == [
        "You are registered for Tides and Harbours: SMPL2345"
    ]
    assert [one.get("src", "")[:22] for one in html.find_all("img")] == ["data:image/png;base64,"]


@pytest.mark.browser
def test_the_html_of_a_preview_is_drawn_in_its_frame(
    live_site: Callable[..., LiveSite], window: Page, axe: Callable[[Page], list[str]]
) -> None:
    address = live_site().address
    sign_in_window(window, address)
    window.set_viewport_size(NARROW)
    refused: list[str] = []
    window.on("console", lambda line: refused.append(line.text))

    window.goto(f"{address}{PAGE}/registration_confirmed?width=phone")

    frame = window.frame_locator("iframe")
    heading = frame.get_by_role("heading", level=1)
    assert heading.inner_text() == "You are registered for Tides and Harbours: SMPL2345"
    qr_code = frame.get_by_alt_text("QR code of your booking reference")
    assert qr_code.evaluate("picture => picture.naturalWidth > 0") is True
    assert window.evaluate("document.documentElement.scrollWidth") == NARROW["width"]
    assert refused == []
    assert axe(window) == []


def test_a_viewer_may_read_them_too(visitor: Browser) -> None:
    viewer = sign_in(visitor, "vera@conference.example", role=VIEWER)

    assert viewer.open(PAGE).heading == "What emails say"


def test_there_is_no_preview_of_anything_else(organiser: Browser) -> None:
    organiser.open(f"{PAGE}/ticket", status=404)
    organiser.open(f"{PAGE}/ticket/html", status=404)


@pytest.mark.settings(EDITION_CHECK_SECONDS="3600")
@pytest.mark.parametrize("template", EMAIL_KINDS)
def test_a_preview_asks_few_questions(
    organiser: Browser, queries: list[str], template: str
) -> None:
    organiser.open(f"{PAGE}/{template}")
    queries.clear()

    organiser.open(f"{PAGE}/{template}")

    assert len(queries) == 1


@pytest.mark.empty
def test_emails_can_be_read_before_there_is_a_programme(organiser: Browser) -> None:
    page = organiser.open(f"{PAGE}/registration_confirmed")

    assert page.summary_list["Subject"] == "You are registered for The conference: SMPL2345"
