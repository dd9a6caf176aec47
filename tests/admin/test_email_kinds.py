"""Organisers can read every email of the site before it is sent."""

import re

import pytest
from sqlalchemy import func, select

from app.accounts.models import DESK, VIEWER
from app.admin_emails.kinds.email_kind import ORGANISERS
from app.admin_emails.kinds.registry import EMAIL_KINDS
from app.database import db
from app.delegates.models import Delegate
from app.mail import services
from app.mail.models import Email
from app.mail.rendering import FOR_ORGANISERS
from app.programme import queries as queries_of_programme
from app.programme.models import Speaker
from config import ROOT
from tests.browser import Browser, Browsers
from tests.browser import Page as BrowserPage
from tests.factories import sign_in
from tests.mail_server import MailServer
from tests.pages import HtmlTree, read_text
from tests.sent_emails import deliver_emails

PAGE = "/organise/letters/wording"
# what other emails include
PARTS = {"booking_link", "role", "signature", "speaker_link", "ticket"}


def count_rows() -> list[int | None]:
    tables = (Delegate, Email, Speaker)
    return [db.session.scalar(select(func.count()).select_from(one)) for one in tables]


def test_every_email_template_is_declared_and_exists() -> None:
    templates = {path.stem for path in (ROOT / "templates" / "mail").glob("*.txt")}

    assert set(EMAIL_KINDS) == templates - PARTS


def test_emails_to_organisers_use_the_organiser_signature() -> None:
    to_organisers = {name for name, kind in EMAIL_KINDS.items() if kind.recipient is ORGANISERS}

    assert to_organisers | {"feedback_received"} == FOR_ORGANISERS


def test_the_desk_can_preview_every_email(visitor: Browser) -> None:
    desk = sign_in(visitor, "dora@conference.example", role=DESK)
    before = count_rows()

    page = desk.open("/organise/letters").follow("What emails say")
    assert page.heading == "What emails say"
    assert page.rows[0] == {
        "Type": "Confirmation",
        "Sent to": "The delegate",
        "When": "Someone registers",
        "Text": "Original",
    }
    names = [row["Type"] for row in page.rows]
    assert len(names) == len(EMAIL_KINDS) == len(set(names))
    for name in names:
        look = desk.open(PAGE).follow(name)
        assert look.heading == name
        assert look.summary_list["Subject"] != ""
        assert re.findall(r"\bNone\b|Undefined|\{\{", look.text) == []
    assert count_rows() == before


def test_an_email_preview_shows_text_and_html_with_sample_people(organiser: Browser) -> None:
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


def test_a_viewer_can_read_email_previews(visitor: Browser) -> None:
    viewer = sign_in(visitor, "vera@conference.example", role=VIEWER)

    assert viewer.open(PAGE).heading == "What emails say"


def test_an_unknown_email_template_has_no_preview(organiser: Browser) -> None:
    organiser.open(f"{PAGE}/ticket", status=404)
    organiser.open(f"{PAGE}/ticket/html", status=404)


@pytest.mark.settings(EDITION_CHECK_SECONDS="3600")
@pytest.mark.parametrize("template", EMAIL_KINDS)
def test_an_email_preview_needs_one_query(
    organiser: Browser, queries: list[str], template: str
) -> None:
    organiser.open(f"{PAGE}/{template}")
    queries.clear()

    organiser.open(f"{PAGE}/{template}")

    assert len(queries) == 1


@pytest.mark.empty
def test_email_previews_work_without_a_programme(organiser: Browser) -> None:
    page = organiser.open(f"{PAGE}/registration_confirmed")

    assert page.summary_list["Subject"] == "You are registered for The conference: SMPL2345"


PARAGRAPH = "The office is closed in August.\n<b>Ships</b> sail at noon: https://ships.example/"
SIGNATORY = "Dr Zoe Okafor, Conference Office"


def add_to_emails(
    organiser: Browser, paragraph: str, signatory: str, status: int = 200
) -> BrowserPage:
    page = organiser.open(PAGE).follow("Change paragraph and signatory")
    return page.press(
        "Save",
        status=status,
        paragraph_in_every_email_optional=paragraph,
        signatory_optional=signatory,
    )


@pytest.mark.both_databases
def test_organisers_add_a_paragraph_and_a_signatory_to_every_email(
    organiser: Browser, mailbox: MailServer
) -> None:
    services.enqueue("mail_test", to="early@example.org")
    db.session.commit()

    page = add_to_emails(organiser, PARAGRAPH, SIGNATORY)

    assert page.summary_list["Signed by"] == SIGNATORY
    shown = page.follow("Test email").text
    assert "The office is closed in August." in shown
    services.enqueue("mail_test", to="ada@example.org")
    db.session.commit()
    deliver_emails()
    (early,) = mailbox.emails_to("early@example.org")
    (arrived,) = mailbox.emails_to("ada@example.org")
    assert early.text.count("August") == early.html.count("August") == 0
    assert arrived.text.replace("\r\n", "\n").split("\n\n", 1)[1] == (
        f"{PARAGRAPH}\n\n-- \n{SIGNATORY}\nTides and Harbours\nhttps://conference.example\n\n"
        "Questions? Reply to this email or contact tides@conference.example.\n"
    )
    said = HtmlTree(arrived.html)
    paragraphs = [read_text(one) for one in said.find_all("p")]
    assert "<b>Ships</b> sail at noon: https://ships.example/" in paragraphs[2]
    assert SIGNATORY in paragraphs[3]
    links = [one.get("href") for one in said.find_all("a")]
    assert links == ["https://conference.example", "https://conference.example"]


def test_emails_to_organisers_omit_the_added_paragraph(organiser: Browser) -> None:
    add_to_emails(organiser, PARAGRAPH, SIGNATORY)

    page = organiser.open(f"{PAGE}/audit_found")

    assert "August" not in page.text
    assert SIGNATORY not in page.text


def test_overlong_and_hidden_characters_in_the_added_paragraph_are_refused(
    organiser: Browser,
) -> None:
    page = add_to_emails(organiser, "a" * 501, "b" * 101, status=422)
    assert page.errors == [
        "The paragraph must be 500 characters or fewer",
        "The signatory must be 100 characters or fewer",
    ]

    page = add_to_emails(organiser, "A lamp\x07", "Zoe\u202e Okafor", status=422)
    hidden = "Type this instead of pasting it. It contains hidden characters that we cannot use"
    assert page.errors == [hidden, hidden]
    assert queries_of_programme.get_email_additions() == ("", "")


def test_a_stale_edit_of_the_added_paragraph_is_refused_and_a_change_undone(
    organiser: Browser, new_browser: Browsers
) -> None:
    other = sign_in(new_browser(), "omar@conference.example")
    other.open(f"{PAGE}/change")
    add_to_emails(organiser, "First", SIGNATORY)

    page = other.press("Save", status=409, paragraph_in_every_email_optional="Second")
    assert "Two versions" in page.headings
    other.press("Save")
    assert queries_of_programme.get_email_additions() == ("Second", "")

    page = other.open("/organise/settings")
    page.press(next(one for one in page.buttons if one.startswith("Undo: ")))
    assert queries_of_programme.get_email_additions() == ("First", SIGNATORY)


def test_the_desk_cannot_change_the_added_paragraph(visitor: Browser) -> None:
    desk = sign_in(visitor, "dora@conference.example", role=DESK)

    assert "Change paragraph and signatory" not in desk.open(PAGE).links
    desk.open(f"{PAGE}/change", status=403)


def test_saving_the_added_paragraph_unchanged_does_nothing(organiser: Browser) -> None:
    page = organiser.open(f"{PAGE}/change").press("Save")

    assert "There were no changes to save." in page.source


def test_changing_the_settings_keeps_the_added_paragraph(organiser: Browser) -> None:
    add_to_emails(organiser, "First", SIGNATORY)
    organiser.open("/organise/settings/change").press("Save", title="Tides")

    assert queries_of_programme.get_email_additions() == ("First", SIGNATORY)
