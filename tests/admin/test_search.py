"""Find anything: people, sessions, rooms, emails and pages of admin in one search."""

import pytest

from app import clock
from app.accounts.models import DESK, EDITOR, VIEWER
from app.database import db
from app.delegates.models import Delegate
from app.programme.models import CANCELLED, Session
from tests.browser import Browser, Page
from tests.factories import (
    make_delegate,
    make_email,
    make_organiser,
    make_room,
    make_session,
    make_speaker,
    sign_in,
)
from tests.pages import read_text
from tests.sent_emails import list_subjects_to


def groups(page: Page) -> dict[str, list[str]]:
    """Return what was found, by group, without what can be done with it."""
    found = {}
    for group in page.tree.find_all("section", within=page.main):
        heading = read_text(next(page.tree.find_all("h2", within=group)))
        found[heading] = [
            " ".join(read_text(part) for part in page.tree.find_all("bdi", within=hit))
            for hit in page.tree.find_all("li", within=group)
        ]
    return found


def suggestions(organiser: Browser, typed: str) -> str:
    return organiser.fetch("GET", f"/organise/search/suggestions?q={typed}").get_data(as_text=True)


def actions(page: Page) -> list[str]:
    """Return what can be done directly with what was found."""
    return [
        read_text(link)
        for span in page.tree.find_all("span", within=page.main)
        if span.get("class") == "found-actions"
        for link in page.tree.find_all("a", within=span)
    ]


def test_the_admin_search_finds_and_links_to_every_kind_of_record(organiser: Browser) -> None:
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
def test_the_search_finds_a_misspelt_name(organiser: Browser, typed: str) -> None:
    make_delegate(given_names="Zoë", family_name="Quill", email="zoe@example.org")
    make_delegate(given_names="Ann", family_name="Other", email="ann@example.org")

    page = organiser.open(f"/organise/search?q={typed}")

    assert groups(page)["Delegates"] == ["Zoë Quill zoe@example.org"]


@pytest.mark.parametrize("part", ["delegates", "sessions"])
def test_a_list_without_results_links_to_the_admin_search(organiser: Browser, part: str) -> None:
    make_delegate(given_names="Zoë", family_name="Quill", email="zoe@example.org")
    page = organiser.open(f"/organise/{part}?q=Qiull")
    assert page.rows == []

    page = page.follow("Search all of admin for “Qiull”")

    assert groups(page)["Delegates"] == ["Zoë Quill zoe@example.org"]


def test_empty_searches_and_searches_without_results_say_so(organiser: Browser) -> None:
    make_delegate()

    assert "Nothing was found." in organiser.open("/organise/search?q=xyzzyx").text
    assert "Type a name" in organiser.open("/organise/search").text
    assert organiser.open("/organise/search?q=%20%F0").heading != ""


def test_the_search_box_keeps_its_text(organiser: Browser) -> None:
    def read_box(address: str) -> str | None:
        tree = organiser.open(address).tree
        return next(one.get("value") for one in tree.find_all("input") if one.get("name") == "q")

    assert read_box("/organise/search?q=zo%C3%AB+%22quill%22") == 'zoë "quill"'
    assert read_box("/organise/search") == ""
    assert read_box("/organise") is None


def test_admin_pages_and_add_forms_are_found_by_name(organiser: Browser) -> None:
    page = organiser.open("/organise/search?q=add")

    assert groups(page)["Go to"] == [
        *("Add a session", "Add a speaker", "Add a room", "Add a theme", "Add a delegate"),
    ]
    assert groups(organiser.open("/organise/search?q=privacy"))["Pages and news"] == ["Privacy"]
    assert organiser.open("/organise/search?q=hist").follow("History").heading == "History"


def test_pages_with_a_matching_word_prefix_come_before_people(organiser: Browser) -> None:
    make_delegate(given_names="Intira", family_name="Addo")

    page = organiser.open("/organise/search?q=int")

    assert list(groups(page))[:2] == ["Go to", "Delegates"]
    assert groups(page)["Go to"] == ["Expressions of interest", "Names for the interpreter"]
    assert "Go to" not in groups(organiser.open("/organise/search?q=terpreter"))


def test_search_results_contain_only_what_the_role_may_read(visitor: Browser) -> None:
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
def test_the_admin_search_needs_few_queries(
    organiser: Browser, queries: list[str], count: int, typed: str
) -> None:
    for number in range(count):
        make_delegate(given_names="Ada", email=f"{number}@example.org", family_name=str(number))
        make_session(title=f"Ada {number}")
    organiser.open(f"/organise/search?q={typed}")
    queries.clear()

    organiser.open(f"/organise/search?q={typed}")

    assert len(queries) <= 8


def test_search_results_offer_actions(organiser: Browser) -> None:
    delegate = make_delegate(given_names="Zoë", family_name="Quill", email="zoe@example.org")
    make_delegate(
        given_names="Abe", family_name="Quill", email="abe@example.org", cancelled_at=clock.now()
    )
    make_session(title="The quill and the sea")
    make_session(title="Quill: cancelled", cancelled_at=clock.now())

    page = organiser.open("/organise/search?q=quill")

    assert actions(page) == [
        "Correct email address: Zoë Quill",
        "Change booking: Zoë Quill",
        *("Change session: Quill: cancelled", "Move session: Quill: cancelled"),
        "Change session: The quill and the sea",
        "Move session: The quill and the sea",
        "Cancel session: The quill and the sea",
    ]
    page = page.follow("Correct email address: Zoë Quill")
    page.press("Correct email address", correct_email_address="zoe.quill@example.org")
    assert db.session.get_one(Delegate, delegate.id).email == "zoe.quill@example.org"


@pytest.mark.parametrize("typed", ["cancel quill", "Cancel session quill", "CANCEL  the QUILL"])
def test_an_action_is_found_by_its_verb_and_asks_for_confirmation(
    organiser: Browser, typed: str
) -> None:
    session = make_session(title="The quill and the sea")

    page = organiser.open(f"/organise/search?q={typed}")

    assert groups(page) == {"Actions": ["Cancel session: The quill and the sea"]}
    page = page.follow("Cancel session: The quill and the sea")
    assert page.heading == "Cancel “The quill and the sea”?"
    assert page.press("Cancel this session").heading == "The quill and the sea"
    assert db.session.get_one(Session, session.id).state == CANCELLED


def test_the_owner_of_an_unknown_email_address_can_be_invited(organiser: Browser) -> None:
    page = organiser.open("/organise/search?q=Dora@Conference.example")

    assert groups(page) == {
        "Actions": [
            *("Invite dora@conference.example as Viewer Sends the email now",),
            *("Invite dora@conference.example as Registration desk Sends the email now",),
            *("Invite dora@conference.example as Programme editor Sends the email now",),
            *("Invite dora@conference.example as Organiser",),
        ]
    }
    team = page.press("Invite dora@conference.example as Registration desk")
    assert team.heading == "Team"
    assert "We are sending the invitation." in team.source
    assert [row["Role"] for row in organiser.page.rows] == ["Registration desk", "Organiser"]
    assert groups(organiser.open("/organise/search?q=dora@conference.example")) == {
        "Emails": [
            "You are invited to join the team for Tides and Harbours dora@conference.example"
        ]
    }


def test_an_email_address_is_completed_with_the_most_common_domain_of_the_team(
    organiser: Browser,
) -> None:
    for email in ("ed@conference.example", "vi@conference.example", "ann@venue.example"):
        make_organiser(email)
    invitation = "Invite dora@{} as Viewer Sends the email now"

    for typed, domain in (
        ("dora@", "conference.example"),
        ("Dora@V", "venue.example"),
        ("dora@home.example", "home.example"),
    ):
        found = groups(organiser.open(f"/organise/search?q={typed}"))
        assert found["Actions"][0] == invitation.format(domain)
    for typed in ("@", "dora@elsewhere", "grace@"):  # Grace is in the team
        assert groups(organiser.open(f"/organise/search?q={typed}")).get("Actions", []) == []
    page = organiser.open("/organise/search?q=dora@")
    page.press("Invite dora@conference.example as Registration desk")
    assert len(list_subjects_to("dora@conference.example")) == 1


def test_inviting_an_organiser_from_the_search_opens_the_invitation_form(
    organiser: Browser,
) -> None:
    page = organiser.open("/organise/search?q=dora@conference.example")

    page = page.follow("Invite dora@conference.example as Organiser")

    assert page.heading == "Invite a team member"
    assert page.press("Send invitation").heading == "Team"
    assert [row["Role"] for row in organiser.page.rows] == ["Organiser", "Organiser"]


def test_an_invitation_already_sent_by_a_colleague_is_not_sent_twice(
    organiser: Browser,
) -> None:
    page = organiser.open("/organise/search?q=dora@conference.example")
    page.press("Invite dora@conference.example as Viewer")

    again = page.press("Invite dora@conference.example as Registration desk", status=422)

    assert again.errors == [
        "dora@conference.example is already in the team. Change their role there"
    ]
    assert list_subjects_to("dora@conference.example") == [
        "You are invited to join the team for Tides and Harbours"
    ]


def test_search_results_offer_only_actions_the_role_may_do(visitor: Browser) -> None:
    make_delegate(given_names="Zoë", family_name="Quill", email="zoe@example.org")
    make_session(title="The quill and the sea")

    desk = sign_in(visitor, "desk@conference.example", DESK)
    assert actions(desk.open("/organise/search?q=quill")) == [
        *("Correct email address: Zoë Quill", "Change booking: Zoë Quill"),
    ]
    assert groups(desk.open("/organise/search?q=cancel quill")) == {}
    assert groups(desk.open("/organise/search?q=dora@conference.example")) == {}
    viewer = sign_in(visitor, "vera@conference.example", VIEWER)
    assert actions(viewer.open("/organise/search?q=quill")) == []


def test_suggestions_show_the_same_groups_and_announce_the_only_result(organiser: Browser) -> None:
    delegate = make_delegate(given_names="Zoë", family_name="Quill", email="zoe@example.org")
    make_email(recipient="quill@example.org", subject="Your place")

    found = suggestions(organiser, "quill")
    make_speaker(name="Ada Quill")
    two = suggestions(organiser, "quill")
    none = suggestions(organiser, "xyzzyx")

    assert f'data-best="/organise/delegates/{delegate.reference}"' in found
    assert "One result: Zoë Quill. Press Enter to open it." in found
    assert 'data-best=""' in two
    assert "3 results. Press the down arrow to choose one." in two
    assert 'data-said="Nothing was found."' in none


def test_enter_opens_the_only_exact_match(organiser: Browser) -> None:
    make_delegate(given_names="Ada", family_name="Marche", email="ada@example.org")
    make_session(title="Marshy ground", slug="marshy")

    found = suggestions(organiser, "marshy")

    assert "Ada Marche" in found
    assert 'data-best="/organise/sessions/marshy"' in found
    told = "One result: Marshy ground. Press Enter to open it. Similar names are listed too."
    assert f'data-said="{told}"' in found
