"""The team sees groups, makes one of bookings, and dissolves it; bookings stay as they are."""

import json

import pytest
from sqlalchemy import select

from app.accounts.models import VIEWER
from app.database import db
from app.delegates.models import Delegate
from app.history import queries as history
from app.registration import links
from app.registration.groups.models import UNPLACED, GroupMember, RegistrationGroup
from tests.browser import Browser, Browsers
from tests.factories import make_delegate, make_group, make_question, save, sign_in
from tests.sent_emails import find_link, get_last_email_to, list_subjects_to


def fill_in(desk: Browser, references: str, status: int = 200) -> list[str]:
    """Make a group of these bookings; return what is wrong."""
    desk.open("/organise/groups").follow("Create a group")
    answers = {
        "Name of the contact": "Mary Ward",
        "Email address of the contact": "mary@ward.example",
        "Organisation (optional)": "St Elsewhere",
        "Booking references": references,
    }
    return desk.press("Create group", answers, status=status).errors


def test_the_list_shows_contacts_with_the_number_of_people_who_have_a_place(desk: Browser) -> None:
    group = make_group(make_delegate(), make_delegate(email="bea@ward.example"))
    save(GroupMember(group_id=group.id, name="Cy", state=UNPLACED))
    make_group(name="Eve Other", organisation="Elsewhere", search_text="eve other")

    page = desk.open("/organise/groups?sort=size&q=mary")
    assert [list(row.values())[:3] for row in page.rows] == [
        ["Mary Ward mary@ward.example", "St Elsewhere", "2"]
    ]
    page = desk.open("/organise/groups?lacks=unplaced")
    assert [next(iter(row.values())) for row in page.rows] == ["Mary Ward mary@ward.example"]


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_of_groups_needs_a_constant_number_of_queries(
    desk: Browser, queries: list[str], count: int
) -> None:
    for number in range(count):
        make_group(make_delegate(email=f"{number}@ward.example"), email=f"{number}@ward.example")
    desk.open("/organise/groups?q=mary")
    queries.clear()

    desk.open("/organise/groups?q=mary")

    assert len(queries) == 4


def test_the_desk_can_create_a_group_of_bookings_and_email_its_contact(
    desk: Browser, new_browser: Browsers
) -> None:
    make_delegate(reference="BCDF2345")
    make_delegate(reference="BCDF2346", email="mary@ward.example", given_names="Mary")

    assert fill_in(desk, "bcdf2345\nBCDF2346") == []

    assert desk.page.heading == "St Elsewhere"
    contact = new_browser().open(find_link(get_last_email_to("mary@ward.example"), "/group/"))
    assert "Ada Lovelace Has a place ada@example.org" in contact.text
    assert "Booking reference: BCDF2346" in contact.text
    assert "BCDF2345" not in contact.text
    assert list_subjects_to("ada@example.org") == []


def test_bookings_that_cannot_be_added_to_a_group_are_named(desk: Browser) -> None:
    make_group(make_delegate(reference="BCDF2345"))

    assert fill_in(desk, "BCDF9999", 422) == ["There is no booking with a place for BCDF9999"]
    assert fill_in(desk, "BCDF2345", 422) == ["Already in a group: BCDF2345"]
    assert fill_in(desk, "", 422) == ["Enter 1 to 30 booking references"]


def test_the_group_is_shown_on_the_delegate_page_and_is_a_list_filter(desk: Browser) -> None:
    ada = make_delegate(given_names="Ada")
    make_delegate(given_names="Bea", email="bea@example.org")
    make_group(ada)

    page = desk.open(f"/organise/delegates/{ada.reference}").follow("St Elsewhere")
    page = page.follow("Show them in the list of delegates")

    assert [row["Reference"] for row in page.rows] == [ada.reference]


def test_unanswered_questions_of_a_group_are_shown_by_reader_permission(
    desk: Browser, new_browser: Browsers
) -> None:
    make_question("How will you travel?", is_required=True)
    make_question("Who should we call?", readers="registrations", is_required=True)
    group = make_group(make_delegate())
    address = f"/organise/groups/{group.id}"

    page = desk.open(address)
    assert page.summary_list["1. Ada Lovelace"] == "Has a place 2 questions to answer"
    page = page.follow("Ada Lovelace")
    assert page.summary_list["Still to answer"] == "How will you travel? Who should we call?"
    viewer = sign_in(new_browser(), "vera@conference.example", role=VIEWER)
    page = viewer.open(address)
    assert page.summary_list["1. Ada Lovelace"] == "Has a place 1 question to answer"
    page = page.follow("Ada Lovelace")
    assert page.summary_list["Still to answer"] == "How will you travel?"

    page = desk.page.follow("Change booking")
    answers = {"How will you travel?": "By bus", "Who should we call?": "Bob"}
    page = page.press("Save", {f"{label} (optional)": text for label, text in answers.items()})
    assert "Still to answer" not in page.summary_list
    assert desk.open(address).summary_list["1. Ada Lovelace"] == "Has a place"


def test_dissolving_a_group_in_admin_keeps_its_bookings(desk: Browser) -> None:
    group = make_group(make_delegate())
    subject = group.history_subject

    desk.open(f"/organise/groups/{group.id}").follow("Dissolve group").press("Dissolve group")

    assert db.session.scalars(select(RegistrationGroup)).all() == []
    assert db.session.scalars(select(Delegate.given_names)).all() == ["Ada"]
    assert [one.summary for one in history.list_newest(subject)] == ["Dissolved; the bookings stay"]


def test_the_groups_export_is_recorded_in_the_history(desk: Browser) -> None:
    make_group(make_delegate(), name="=Mary")
    desk.open("/organise/groups")

    page = desk.press("Download as CSV")

    assert page.source.splitlines()[1].startswith(
        '"\'=Mary","mary@ward.example","St Elsewhere","1",'
    )
    found = [one.summary for one in history.list_newest("groups")]
    assert found == ["Exported 1 group"]


@pytest.mark.both_databases
def test_the_admin_search_finds_groups_by_contact_or_organisation(desk: Browser) -> None:
    make_group(make_delegate())

    for words in ("Mary Ward", "elsewhere", "mary@ward"):
        page = desk.open(f"/organise/search?q={words}")
        assert "Groups" in page.headings
        assert page.follow("Mary Ward").heading == "St Elsewhere"


def test_a_group_contact_can_export_their_data(desk: Browser, visitor: Browser) -> None:
    delegate = make_delegate(given_names="Grace", family_name="Hopper", access="A ramp")
    group = make_group(delegate)
    page = visitor.open(f"/group/{links.group_token(group)}")

    copy = json.loads(page.follow("Download what we store about you").source)

    assert (copy["name"], copy["email"]) == ("Mary Ward", "mary@ward.example")
    assert copy["answers_for_everyone"]["country"] == "GB"
    assert [one["name"] for one in copy["people"]] == ["Grace Hopper"]
    assert "ramp" not in json.dumps(copy)
