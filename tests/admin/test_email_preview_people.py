"""Organisers preview emails with real people of every kind, and nothing lets them in."""

import pytest

from app import clock
from app.accounts import queries as accounts
from app.accounts import team
from app.accounts.models import DESK, VIEWER, Person
from app.database import db, transaction
from app.history import services as history
from app.registration.groups.models import WAITING, GroupMember
from app.registration.waiting_list.joining import ADDED_FROM_SPREADSHEET
from app.speakers import session_owners
from app.speakers.models import ANOTHER_TIME, SpeakerRequest
from tests.browser import Browser
from tests.browser import Page as BrowserPage
from tests.factories import (
    get_ada_marsh,
    make_application,
    make_category,
    make_delegate,
    make_group,
    make_interest,
    make_invitation,
    make_place_transfer,
    make_proposal,
    make_waiting_list_entry,
    save,
    sign_in,
)
from tests.lookups import get_session

PAGE = "/organise/letters/wording"


def get_person(email: str) -> Person:
    found = accounts.find_person(email)
    assert found is not None
    return found


def preview(organiser: Browser, template: str, label: str, name: str) -> BrowserPage:
    """Search for a person in a preview, open it, and return the page with its frame's HTML."""
    page = organiser.open(f"{PAGE}/{template}").press("Search", {label: name.lower()}).follow(name)
    (frame,) = page.tree.find_all("iframe")
    assert name in organiser.fetch("GET", frame.get("src") or "").get_data(as_text=True)
    return page


@pytest.mark.both_databases
@pytest.mark.parametrize("template", ["waiting_list_joined", "waiting_list_offer"])
def test_a_preview_shows_a_person_on_the_waiting_list(organiser: Browser, template: str) -> None:
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
        (
            "category_wait_joined",
            "You are number 1 on the waiting list for the category “Students”",
        ),
        ("category_offer", "A place in the category “Students” at Tides and Harbours is free"),
        (
            "category_offer_lapsed",
            "We kept a place in the category “Students” at Tides and Harbours for you",
        ),
        ("category_wait_removed", "from the waiting list for the category “Students”"),
    ],
)
def test_a_preview_shows_a_delegate_who_waits_for_another_category(
    organiser: Browser, template: str, words: str
) -> None:
    ada, students = make_delegate(), make_category(1, name="Students")
    entry = make_waiting_list_entry(delegate_id=ada.id, category_id=students.id)
    make_waiting_list_entry(name="Cy First", search_text="cy first", category_id=students.id)
    label = "preview_with_a_delegate_who_waits_for_another_category"

    page = preview(organiser, template, label, "Bea Waite")

    assert words in page.text
    assert ada.access_key not in page.source
    assert entry.access_key not in page.source
    organiser.open(f"{PAGE}/waiting_list_joined?person=entry-{entry.id}", status=404)
    assert "Nobody found." in organiser.open(f"{PAGE}/{template}?q=cy+first").text


def test_a_preview_shows_a_person_added_to_the_waiting_list_by_organisers(
    organiser: Browser,
) -> None:
    entry = make_waiting_list_entry()
    with transaction():
        history.record(ADDED_FROM_SPREADSHEET, subject=entry.history_subject, actor="grace")
    label = "preview_with_a_person_on_the_waiting_list"

    page = preview(organiser, "waiting_list_joined", label, "Bea Waite")

    assert "The organisers of Tides and Harbours added you to the waiting list." in page.text


def test_a_preview_names_the_group_contact_of_a_waiting_person(
    organiser: Browser,
) -> None:
    entry, group = make_waiting_list_entry(), make_group()
    waits = {"name": entry.name, "email": entry.email, "state": WAITING}
    save(GroupMember(group_id=group.id, waiting_list_entry_id=entry.id, **waits))
    label = "preview_with_a_person_on_the_waiting_list"

    page = preview(organiser, "waiting_list_joined", label, "Bea Waite")

    assert "Mary Ward registered you as part of a group." in page.text


@pytest.mark.both_databases
def test_a_preview_shows_an_invited_person_without_their_code(organiser: Browser) -> None:
    code = make_invitation(make_category(name="Press"), held=1, email="eve@example.org")
    make_invitation(make_category(name="Students"), note="eve")  # for no particular person
    page = organiser.open(f"{PAGE}/invitation")

    page = page.press("Search", preview_with_a_person_who_is_invited="EVE").follow(
        "eve@example.org"
    )

    assert "You can register in the category “Press” until" in page.text
    assert "We are keeping a place for you until then." in page.text
    assert code.code not in page.source
    (frame,) = page.tree.find_all("iframe")
    framed = organiser.fetch("GET", frame.get("src") or "").get_data(as_text=True)
    assert "“Press”" in framed
    assert code.code not in framed


@pytest.mark.both_databases
def test_a_preview_shows_a_colleague_who_is_offered_a_place(organiser: Browser) -> None:
    ada = make_delegate(given_names="Ada", family_name="Marsh")
    offer = make_place_transfer(ada)
    make_place_transfer(make_delegate(email="zoe@example.org"), name="Cy First")

    page = preview(organiser, "place_offered", "preview_with_a_colleague", "Bea Waite")

    subject = "Ada Marsh has offered you their place at Tides and Harbours"
    assert page.summary_list["Subject"] == subject
    assert offer.access_key not in page.source
    assert ada.access_key not in page.source
    page = organiser.open(f"{PAGE}/place_offered?q=marsh")
    assert "Bea Waite" in page.links  # found by who offers the place, too
    assert "Cy First" not in page.links


def find_member(organiser: Browser, template: str, email: str) -> BrowserPage:
    label = "preview_with_a_member_of_the_team"
    page = organiser.open(f"{PAGE}/{template}").press("Search", {label: email})
    return page.follow(email)


@pytest.mark.both_databases
def test_a_preview_shows_a_member_of_the_team(organiser: Browser) -> None:
    with transaction():
        grace = get_person("grace@conference.example")
        team.invite("dora@conference.example", DESK, grace)

    page = find_member(organiser, "invited", "dora@conference.example")

    assert "grace@conference.example has added you to the team" in page.text
    assert "You are on the registration desk." in page.text
    changed = find_member(organiser, "role_changed", "dora@conference.example")
    assert "grace@conference.example has changed your role" in changed.text
    assert "You are on the registration desk." in changed.text
    ended = find_member(organiser, "role_ended", "dora@conference.example")
    assert "grace@conference.example has removed you from the team" in ended.text
    assert "Sign in" in find_member(organiser, "sign_in", "dora@conference.example").text


def test_a_preview_shows_the_second_step_of_a_team_member(organiser: Browser) -> None:
    with transaction():
        get_person("grace@conference.example").totp_secret = "encrypted"

    page = find_member(organiser, "second_step_changed", "grace@conference.example")

    assert "An authenticator app was set up as your second step." in page.text


def test_only_organisers_can_preview_emails_with_team_members(visitor: Browser) -> None:
    desk = sign_in(visitor, "dora@conference.example", role=DESK)
    dora = get_person("dora@conference.example")

    page = desk.open(f"{PAGE}/invited")

    assert "Preview with a member of the team" not in page.text
    desk.open(f"{PAGE}/invited?person=member-{dora.id}", status=404)


def test_viewers_cannot_preview_emails_with_invited_people(visitor: Browser) -> None:
    code = make_invitation(make_category(name="Press"), email="eve@example.org")
    viewer = sign_in(visitor, "vera@conference.example", role=VIEWER)

    assert "Preview with a person who is invited" not in viewer.open(f"{PAGE}/invitation").text
    viewer.open(f"{PAGE}/invitation?person=invitation-{code.id}", status=404)


@pytest.mark.both_databases
def test_a_preview_shows_an_organiser_with_open_proposals(organiser: Browser) -> None:
    page = organiser.open(f"{PAGE}/changes_waiting")
    label = "preview_with_an_organiser"
    page = page.press("Search", {label: "grace"}).follow("grace@conference.example")
    assert "Robin Sample" in page.text  # nothing waits: as in the sample
    make_proposal(get_ada_marsh(), biography="I sail.")

    page = organiser.open(page.address)

    assert page.summary_list["Subject"] == "1 change from a speaker to approve"
    assert "- Ada Marsh, " in page.text
    assert "Robin Sample" not in page.text


@pytest.mark.both_databases
def test_a_preview_shows_the_owner_of_a_session(organiser: Browser) -> None:
    with transaction():
        session_owners.set_owner(get_session("opening"), "bo@example.org", actor="grace")
    title = get_session("opening").title
    for template in ("speaker_owns", "speaker_owner_reminder"):
        page = organiser.open(f"{PAGE}/{template}")
        label = "preview_with_the_owner_of_a_session"

        page = page.press("Search", {label: title}).follow("bo@example.org")

        assert title in page.text
        assert "An example of a session" not in page.text


def test_a_preview_shows_the_sender_of_a_proposal(organiser: Browser) -> None:
    make_proposal(get_ada_marsh(), biography="I sail.")
    label = "preview_with_the_sender_of_changes"

    page = organiser.open(f"{PAGE}/changes_approved").press("Search", {label: "marsh"})
    page = page.follow("ada@example.org")

    assert "These changes to “Ada Marsh” have been approved:" in page.text


def test_a_preview_shows_a_request_of_a_speaker(organiser: Browser) -> None:
    ada = get_ada_marsh()
    asked = {"kind": ANOTHER_TIME, "message": "My train is late.", "actor": "ada@example.org"}
    save(SpeakerRequest(speaker_id=ada.id, requested_at=clock.now(), **asked))

    page = preview(organiser, "speaker_asks", "preview_with_a_speaker", ada.name)

    assert "My train is late." in page.text


def test_a_preview_shows_an_applicant(organiser: Browser) -> None:
    asked = make_application(message="Please send us your press card.")

    page = preview(organiser, "application_on_hold", "preview_with_an_applicant", "Bea Waite")

    assert "Please send us your press card." in page.text
    assert asked.access_key not in page.source


def test_a_preview_shows_an_interested_person_without_their_code(organiser: Browser) -> None:
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


def test_a_preview_shows_a_group_contact_without_secret_links(
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


def test_a_preview_includes_texts_of_the_category_and_group(organiser: Browser) -> None:
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
        ("invitation", "invitation-99"),
        ("place_offered", "transfer-99"),
        ("invited", "member-99"),
        ("changes_waiting", "organiser-99"),
        ("speaker_owns", "owner-99"),
        ("speaker_owns", "owner-x"),
        ("changes_approved", "proposal-99"),
        ("category_offer", "category_wait-1"),
    ],
)
def test_a_preview_with_an_unsuitable_person_is_not_found(
    organiser: Browser, template: str, person: str
) -> None:
    make_waiting_list_entry()

    organiser.open(f"{PAGE}/{template}?person={person}", status=404)
