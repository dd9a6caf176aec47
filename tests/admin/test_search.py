"""Find anything: people, sessions, rooms, emails and pages of admin in one search."""

import pytest

from app.accounts.models import DESK, EDITOR
from tests.browser import Browser, Page
from tests.factories import (
    make_delegate,
    make_email,
    make_room,
    make_session,
    make_speaker,
    sign_in,
)
from tests.pages import read_text


@pytest.fixture
def organiser(visitor: Browser) -> Browser:
    """An organiser who has signed in."""
    return sign_in(visitor)


def groups(page: Page) -> dict[str, list[str]]:
    return {
        read_text(next(page.tree.find_all("h2", within=group))): [
            read_text(hit) for hit in page.tree.find_all("li", within=group)
        ]
        for group in page.tree.find_all("section", within=page.main)
    }


def test_one_search_finds_everything_and_leads_there(organiser: Browser) -> None:
    delegate = make_delegate(given_names="Zoë", family_name="Quill", email="zoe@example.org")
    make_email(recipient="zoe@example.org", subject="Your place, Zoë Quill")
    make_speaker(name="Zoe Quillfeather", organisation="Institute")
    make_session(title="The quill and the sea")
    make_room(name="Quill room")

    page = organiser.open("/organise").press("Find anything", find_anything="quill")

    assert page.heading == "Results for “quill”"
    assert groups(page) == {
        "Delegates": ["Zoë Quill zoe@example.org"],
        "Speakers": ["Zoe Quillfeather Institute"],
        "Sessions": ["The quill and the sea"],
        "Rooms": ["Quill room"],
        "Emails": ["Your place, Zoë Quill zoe@example.org"],
    }
    assert organiser.page.follow("Zoë Quill").address.endswith(delegate.reference)
    organiser.open("/organise/search?q=quill")
    assert organiser.page.follow("Show in the list: Delegates").rows[0]["Reference"] == (
        delegate.reference
    )


@pytest.mark.both_databases
@pytest.mark.parametrize("typed", ["quil zoe", "Zoe Qiull", "quixl", "ZOË KUILL"])
def test_a_misspelt_name_is_found(organiser: Browser, typed: str) -> None:
    make_delegate(given_names="Zoë", family_name="Quill", email="zoe@example.org")
    make_delegate(given_names="Ann", family_name="Other", email="ann@example.org")

    page = organiser.open(f"/organise/search?q={typed}")

    assert groups(page)["Delegates"] == ["Zoë Quill zoe@example.org"]


def test_nothing_and_no_question_are_said(organiser: Browser) -> None:
    make_delegate()

    assert "Nothing was found." in organiser.open("/organise/search?q=xyzzyx").text
    assert "Type a name" in organiser.open("/organise/search").text
    assert organiser.open("/organise/search?q=%20%F0").heading != ""


def test_pages_of_admin_and_what_can_be_added_are_found_by_name(organiser: Browser) -> None:
    page = organiser.open("/organise/search?q=add")

    assert groups(page)["Go to"] == [
        *("Add a session", "Add a speaker", "Add a room", "Add a theme", "Add a delegate"),
    ]
    assert groups(organiser.open("/organise/search?q=privacy"))["Pages and news"] == ["Privacy"]
    assert organiser.open("/organise/search?q=hist").follow("History").heading == "History"


def test_a_role_finds_only_what_it_may_read(visitor: Browser) -> None:
    make_delegate(given_names="Zoë", family_name="Quill", email="zoe@example.org")
    make_email(recipient="zoe@example.org", subject="Quill")
    make_speaker(name="Ada Quill")

    editor = sign_in(visitor, "ed@conference.example", EDITOR)
    assert groups(editor.open("/organise/search?q=quill")) == {"Speakers": ["Ada Quill"]}
    assert groups(editor.open("/organise/search?q=team")) == {}
    desk = sign_in(visitor, "desk@conference.example", DESK)
    assert list(groups(desk.open("/organise/search?q=quill"))) == [
        *("Delegates", "Speakers", "Emails")
    ]
    assert "Go to" not in groups(desk.open("/organise/search?q=add a session"))


@pytest.mark.parametrize("typed", ["ada", "adda"])
@pytest.mark.parametrize("count", [1, 3])
def test_a_search_asks_few_questions(
    organiser: Browser, queries: list[str], count: int, typed: str
) -> None:
    for number in range(count):
        make_delegate(given_names="Ada", email=f"{number}@example.org", family_name=str(number))
        make_session(title=f"Ada {number}")
    organiser.open(f"/organise/search?q={typed}")
    queries.clear()

    organiser.open(f"/organise/search?q={typed}")

    assert len(queries) <= 8
