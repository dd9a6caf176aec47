"""Organisers create invitation codes, send them, see what is left of them and withdraw them."""

import pytest

from app.accounts.models import DESK
from app.database import db
from app.delegates.categories.models import BY_CODE
from app.delegates.models import CONFERENCE, SeatLimit
from tests.browser import Browser
from tests.factories import make_category, make_invitation, set_places, sign_in
from tests.sent_emails import find_link, get_last_email_to

LIST = "/organise/invitations"
CREATED = {"Category": "Press", "Expires": "2009-06-01T12:00"}


@pytest.fixture
def organiser(visitor: Browser) -> Browser:
    make_category(10, name="Press", access=BY_CODE)
    return sign_in(visitor)


def get_taken() -> int:
    db.session.rollback()
    return db.session.get_one(SeatLimit, CONFERENCE).taken


@pytest.mark.both_databases
def test_an_organiser_can_create_several_codes_that_keep_places(organiser: Browser) -> None:
    page = organiser.open(LIST).follow("Create invitation codes")

    page = page.press(
        "Create codes",
        {
            **CREATED,
            "Number of codes": "3",
            "People for each code": "2",
            "Keep places for these people": True,
            "Note (optional)": "For the Herald",
        },
    )

    assert [row["Category"] for row in page.rows] == ["Press"] * 3
    assert [row["Used"] for row in page.rows] == ["0 of 2 2 places kept"] * 3
    assert get_taken() == 6
    file = page.press("Download as CSV")
    assert len(file.source.strip().splitlines()) == 4


@pytest.mark.both_databases
def test_the_link_of_an_invitation_can_be_emailed_to_one_person(
    organiser: Browser, visitor: Browser
) -> None:
    page = organiser.open(f"{LIST}/_add")
    page = page.press(
        "Create codes",
        {**CREATED, "Number of codes": "2", "Email the link to (optional)": "eve@example.org"},
        status=422,
    )
    assert page.errors == ["To email the link, create one code for one person"]

    page.press("Create codes", {"Number of codes": "1"})

    email = get_last_email_to("eve@example.org")
    assert "You are invited to register for Tides and Harbours" in email.subject
    assert "Days: Wednesday 10 to Thursday 11 June 2009\nVenue: Whitby" in email.text
    assert "keeping a place" not in email.text
    page = visitor.open(find_link(email, "/register/invitation/"))
    assert page.heading == "You are invited"


def test_the_invitation_email_says_that_a_place_is_kept(organiser: Browser) -> None:
    organiser.open(f"{LIST}/_add").press(
        "Create codes",
        {
            **CREATED,
            "Number of codes": "1",
            "People for each code": "1",
            "Keep places for these people": True,
            "Email the link to (optional)": "eve@example.org",
        },
    )

    assert "We are keeping a place for you until then." in get_last_email_to("eve@example.org").text


def test_invitation_codes_cannot_keep_more_places_than_exist(organiser: Browser) -> None:
    set_places(2)

    page = organiser.open(f"{LIST}/_add").press(
        "Create codes",
        {**CREATED, "Number of codes": "3", "Keep places for these people": True},
        status=422,
    )

    assert page.errors == ["All places are taken"]
    assert get_taken() == 0


def test_withdrawing_an_invitation_releases_its_places(organiser: Browser) -> None:
    category = make_category(name="Guests", access=BY_CODE)
    invitation = make_invitation(category, uses=2, held=2)
    assert get_taken() == 2

    page = organiser.open(f"{LIST}/{invitation.id}").follow("Withdraw")
    page = page.press("Withdraw code")

    assert page.summary_list["State"] == "Withdrawn"
    assert get_taken() == 0


def test_a_category_with_places_kept_by_codes_cannot_be_deleted(organiser: Browser) -> None:
    category = make_category(name="Guests", access=BY_CODE)
    make_invitation(category, held=1)

    page = organiser.open(f"/organise/categories/{category.id}/delete")
    page = page.press("Delete", status=409)

    assert "Invitation codes keep places in this category. Withdraw them first" in page.text


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_of_invitation_codes_needs_few_queries(
    organiser: Browser, queries: list[str], count: int
) -> None:
    category = make_category(name="Guests", access=BY_CODE)
    for _ in range(count):
        make_invitation(category)
    organiser.open(LIST)
    queries.clear()

    organiser.open(LIST)

    assert len(queries) <= 6


def test_the_desk_can_read_but_not_create_invitation_codes(
    organiser: Browser, visitor: Browser
) -> None:
    desk = sign_in(visitor, "dora@conference.example", role=DESK)

    assert "Create invitation codes" not in desk.open(LIST).links
