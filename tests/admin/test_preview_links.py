"""Preview links: making one, handing it on, withdrawing it."""

from datetime import timedelta
from urllib.parse import quote, urlsplit

import pytest
from sqlalchemy import select

from app.accounts.models import DESK, EDITOR, VIEWER
from app.database import db, transaction
from app.history.models import HistoryEntry
from app.releases import preview_links
from tests.browser import Browser, Browsers
from tests.factories import sign_in

NEW = "/organise/previews/new"


def made(label: str = "The board", lasts: timedelta = timedelta(days=7)) -> None:
    with transaction():
        preview_links.create(label, lasts, actor="grace@conference.example")


def test_an_organiser_makes_a_link_and_hands_it_on(visitor: Browser, new_browser: Browsers) -> None:
    sign_in(visitor)
    empty = visitor.open("/organise/previews")
    visitor.follow("Create a preview link")

    page = visitor.press(
        "Create link",
        {"Who is it for?": " The  board ", "How long should it work?": "1 day"},
    )

    field = page.tree.find_by_id("link")
    assert field is not None
    assert page.tree.label_of(field) == "Link"
    link = field.get("value", "")
    assert "No preview links yet" in empty.text
    assert page.summary_list == {
        "Who it is for": "The board",
        "Works until": "9:30am on Wednesday 13 May 2009",
    }
    assert page.links["Email the link"] == (
        f"mailto:?subject={quote('Preview of the programme: Tides and Harbours')}"
        f"&body={quote(link)}"
    )
    assert link.startswith("https://conference.example/preview/")
    assert new_browser().open(urlsplit(link).path).status == 200
    assert visitor.open("/organise/previews").rows == [
        {
            "Who it is for": "The board",
            "State": "Active until 9:30am, 13 May 2009",
            "Created by": "grace@conference.example",
            "Created": "12 May 2009",
            "What you can do": "Withdraw the link for The board",
        }
    ]
    assert link not in visitor.page.source


def test_a_link_that_is_withdrawn_shows_nothing_more(visitor: Browser) -> None:
    sign_in(visitor)
    made()
    visitor.open("/organise/previews")

    page = visitor.press("Withdraw the link for The board")

    assert page.text.startswith("Preview links")
    assert "The link has been withdrawn and no longer works." in page.text
    assert page.rows[0]["State"] == "Withdrawn 9:30am, 12 May 2009"
    assert "Withdraw the link for The board" not in page.buttons


def test_withdrawing_twice_is_told_once(visitor: Browser) -> None:
    made()
    for _ in range(2):
        with transaction():
            preview_links.revoke(1, actor="grace@conference.example")

    told = db.session.scalars(
        select(HistoryEntry).where(HistoryEntry.subject == "preview 1").order_by(HistoryEntry.id)
    )
    assert [entry.summary for entry in told] == [
        "A preview link valid for 7 days was created",
        "A preview link was withdrawn",
    ]


def test_a_link_that_has_ended_says_so(visitor: Browser) -> None:
    sign_in(visitor)
    made("The board", timedelta(seconds=0))

    page = visitor.open("/organise/previews")

    assert page.rows[0]["State"] == "Expired 9:30am, 12 May 2009"
    assert "Withdraw the link for The board" not in page.buttons


@pytest.mark.parametrize(
    ("label", "said"),
    [
        ("", "Enter who the link is for"),
        ("x" * 101, "Who it is for must be 100 characters or fewer"),
        (
            "the \u202eboard",
            "Type this instead of pasting it. It contains hidden characters that we cannot use",
        ),
    ],
)
def test_for_whom_it_is_must_be_told(visitor: Browser, label: str, said: str) -> None:
    sign_in(visitor)
    visitor.open(NEW)

    page = visitor.press("Create link", {"Who is it for?": label}, status=422)

    assert page.errors == [said]
    assert page.error_for("Who is it for?") == said


def test_a_link_works_for_no_longer_than_is_offered(visitor: Browser) -> None:
    sign_in(visitor)
    field = visitor.open(NEW).tree.find_by_id("csrf_token")
    assert field is not None
    told = {"csrf_token": field.get("value"), "label": "Me", "lasts": "9000"}

    page = visitor.send("POST", NEW, 422, data=told)

    assert page.errors == ["Select how long the link should work"]


@pytest.mark.parametrize(("role", "may"), [(EDITOR, True), (VIEWER, False), (DESK, False)])
def test_whoever_may_change_the_programme_makes_links(
    visitor: Browser, role: str, may: bool
) -> None:
    sign_in(visitor, role=role)
    made()

    page = visitor.open("/organise/previews")

    assert ("Create a preview link" in page.links) is may
    assert ("Withdraw the link for The board" in page.buttons) is may
    visitor.open(NEW, status=200 if may else 403)


def test_a_link_that_is_not_there_cannot_be_withdrawn(visitor: Browser) -> None:
    sign_in(visitor)
    made()
    page = visitor.open("/organise/previews")
    token = next(one for one in page.tree.find_all("input") if one.get("name") == "csrf_token")
    told = {"csrf_token": token.get("value")}

    visitor.send("POST", "/organise/previews/7/withdraw", 404, data=told)


@pytest.mark.settings(EDITION_CHECK_SECONDS="60")
@pytest.mark.parametrize("count", [1, 3])
def test_the_list_asks_the_same_few_questions(
    visitor: Browser, queries: list[str], count: int
) -> None:
    sign_in(visitor)
    for number in range(count):
        made(f"Number {number}")
    visitor.open("/organise/rehearsal")  # what is cached of the version has been read
    queries.clear()

    visitor.open("/organise/previews")

    assert len(queries) == 3
