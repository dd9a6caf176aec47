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


def create_link(label: str = "The board", lasts: timedelta = timedelta(days=7)) -> None:
    with transaction():
        preview_links.create(label, lasts, actor="grace@conference.example")


def test_an_organiser_can_create_a_preview_link(visitor: Browser, new_browser: Browsers) -> None:
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


def test_a_withdrawn_preview_link_no_longer_works(visitor: Browser) -> None:
    sign_in(visitor)
    create_link()
    visitor.open("/organise/previews")

    page = visitor.press("Withdraw the link for The board")

    assert page.text.startswith("Preview links")
    assert "The link has been withdrawn and no longer works." in page.text
    assert page.rows[0]["State"] == "Withdrawn 9:30am, 12 May 2009"
    assert "Withdraw the link for The board" not in page.buttons


def test_withdrawing_a_preview_link_twice_is_recorded_once(visitor: Browser) -> None:
    create_link()
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


def test_an_expired_preview_link_is_listed_as_expired(visitor: Browser) -> None:
    sign_in(visitor)
    create_link("The board", timedelta(seconds=0))

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
def test_a_preview_link_requires_a_valid_label(visitor: Browser, label: str, said: str) -> None:
    sign_in(visitor)
    visitor.open(NEW)

    page = visitor.press("Create link", {"Who is it for?": label}, status=422)

    assert page.errors == [said]
    assert page.error_for("Who is it for?") == said


def test_a_preview_link_with_an_unlisted_duration_is_refused(visitor: Browser) -> None:
    sign_in(visitor)
    field = visitor.open(NEW).tree.find_by_id("csrf_token")
    assert field is not None
    told = {"csrf_token": field.get("value"), "label": "Me", "lasts": "9000"}

    page = visitor.send("POST", NEW, 422, data=told)

    assert page.errors == ["Select how long the link should work"]


@pytest.mark.parametrize(("role", "may"), [(EDITOR, True), (VIEWER, False), (DESK, False)])
def test_roles_that_edit_the_programme_can_create_preview_links(
    visitor: Browser, role: str, may: bool
) -> None:
    sign_in(visitor, role=role)
    create_link()

    page = visitor.open("/organise/previews")

    assert ("Create a preview link" in page.links) is may
    assert ("Withdraw the link for The board" in page.buttons) is may
    visitor.open(NEW, status=200 if may else 403)


def test_withdrawing_an_unknown_preview_link_is_not_found(visitor: Browser) -> None:
    sign_in(visitor)
    create_link()
    page = visitor.open("/organise/previews")
    token = next(one for one in page.tree.find_all("input") if one.get("name") == "csrf_token")
    told = {"csrf_token": token.get("value")}

    visitor.send("POST", "/organise/previews/7/withdraw", 404, data=told)


@pytest.mark.settings(EDITION_CHECK_SECONDS="60")
@pytest.mark.parametrize("count", [1, 3])
def test_the_list_of_preview_links_needs_a_constant_number_of_queries(
    visitor: Browser, queries: list[str], count: int
) -> None:
    sign_in(visitor)
    for number in range(count):
        create_link(f"Number {number}")
    visitor.open("/organise/rehearsal")  # what is cached of the version has been read
    queries.clear()

    visitor.open("/organise/previews")

    assert len(queries) == 3
