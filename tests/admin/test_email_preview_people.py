"""Organisers preview emails with real people who have no booking, and nothing lets them in."""

import pytest

from app.database import db, transaction
from app.registration.groups.models import GroupMember
from tests.browser import Browser
from tests.browser import Page as BrowserPage
from tests.factories import (
    make_application,
    make_category,
    make_delegate,
    make_group,
    make_interest,
    make_invitation,
    make_waiting_list_entry,
    sign_in,
)

PAGE = "/organise/letters/wording"


@pytest.fixture
def organiser(visitor: Browser) -> Browser:
    return sign_in(visitor)


def preview(organiser: Browser, template: str, label: str, name: str) -> BrowserPage:
    """Search for somebody in a preview, open it, and return the page with its frame's HTML."""
    page = organiser.open(f"{PAGE}/{template}").press("Search", {label: name.lower()}).follow(name)
    (frame,) = page.tree.find_all("iframe")
    assert name in organiser.fetch("GET", frame.get("src") or "").get_data(as_text=True)
    return page


@pytest.mark.both_databases
@pytest.mark.parametrize("template", ["waiting_list_joined", "waiting_list_offer"])
def test_a_preview_shows_a_person_who_waits(organiser: Browser, template: str) -> None:
    make_waiting_list_entry(name="Cy First", search_text="cy first")
    second = make_waiting_list_entry()

    page = preview(organiser, template, "preview_with_a_person_on_the_waiting_list", "Bea Waite")

    assert "Dear Bea Waite," in page.text
    assert second.access_key not in page.source
    if template == "waiting_list_joined":
        assert "You are number 2 on the waiting list" in page.text


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("waiting_list_joined", "You keep the place you have until you accept another."),
        ("waiting_list_offer", "You keep the place you have until you accept it."),
        ("waiting_list_lapsed", "You are no longer on the waiting list, and keep the place you"),
        ("waiting_list_removed", "You keep the place you have."),
    ],
)
def test_a_preview_shows_a_delegate_who_waits_for_another_category(
    organiser: Browser, template: str, words: str
) -> None:
    ada, students = make_delegate(), make_category(name="Students")
    entry = make_waiting_list_entry(delegate_id=ada.id, category_id=students.id)

    page = preview(organiser, template, "preview_with_a_person_on_the_waiting_list", "Bea Waite")

    assert words in page.text
    assert ada.access_key not in page.source
    assert entry.access_key not in page.source


def test_a_preview_shows_an_applicant(organiser: Browser) -> None:
    asked = make_application(message="Please send us your press card.")

    page = preview(organiser, "application_on_hold", "preview_with_an_applicant", "Bea Waite")

    assert "Please send us your press card." in page.text
    assert asked.access_key not in page.source


def test_a_preview_shows_who_would_like_to_come_without_their_code(organiser: Browser) -> None:
    category = make_category(name="Students")
    code = make_invitation(category, held=1, uses=1)
    asked = make_interest(category_id=category.id, invitation_id=code.id)
    label = "preview_with_a_person_who_would_like_to_come"

    page = preview(organiser, "interest_invited", label, "Bea Waite")

    assert "“Students”" in page.text
    assert "We are keeping a place for you" in page.text
    assert code.code not in page.source
    assert asked.access_key not in page.source
    assert "Dear Bea Waite," in preview(organiser, "interest_received", label, "Bea Waite").text


def test_a_preview_shows_the_contact_of_a_group_without_what_opens_a_booking(
    organiser: Browser,
) -> None:
    ada = make_delegate()
    group = make_group(ada)
    with transaction():
        db.session.get_one(GroupMember, group.members[0].id).email = ""  # Mary receives for her

    page = preview(organiser, "group_changed", "preview_with_the_contact_of_a_group", "Mary Ward")

    assert f"Booking reference: {ada.reference}" in page.text
    assert ada.access_key not in page.source
    assert group.access_key not in page.source


def test_a_preview_says_what_is_only_for_some_categories_and_groups(organiser: Browser) -> None:
    category = make_category(name="Press", confirmation_text="Collect your press badge.")
    ada = make_delegate(category_id=category.id)
    make_group(ada)

    page = preview(organiser, "registration_confirmed", "preview_with_a_delegate", ada.full_name)

    assert "Collect your press badge." in page.text
    assert "Mary Ward registered you as part of a group from St Elsewhere" in page.text


@pytest.mark.parametrize(
    ("template", "person"),
    [
        ("waiting_list_joined", "entry-99"),
        ("waiting_list_joined", "entry-x"),
        ("waiting_list_joined", f"entry-{10**20}"),
        ("waiting_list_joined", "delegate-1"),
        ("application_received", "application-99"),
        ("interest_received", "interest-99"),
        ("group_registered", "group-99"),
        ("invitation", "entry-1"),
    ],
)
def test_there_is_no_preview_with_anybody_else(
    organiser: Browser, template: str, person: str
) -> None:
    make_waiting_list_entry()

    organiser.open(f"{PAGE}/{template}?person={person}", status=404)
