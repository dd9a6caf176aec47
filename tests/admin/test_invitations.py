"""Organisers invite speakers by invitation state, and nobody twice."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app import clock
from app.accounts.models import VIEWER
from app.database import db
from app.mail.models import FAILED, Email
from app.programme.models import Speaker
from app.speakers.checklist import TAKING_PART
from app.speakers.models import ItemDeadline
from tests.browser import Browser, Page
from tests.factories import get_ada_marsh, grant_speaker_access, make_speaker, sign_in
from tests.pages import read_text
from tests.sent_emails import find_link, get_last_email_to, list_emails_to

PAGE = "/organise/speaking/invitations"
GRACE = "grace@conference.example"


@pytest.fixture
def four(site: object) -> list[Speaker]:
    names = ("Bea Quill", "Cleo Reed", "Dot Stone", "Eve Thorn")
    return [
        make_speaker(name=name, slug=name[:3].lower(), contact_address=f"{name[:3]}@example.org")
        for name in names
    ]


def groups(page: Page) -> dict[str, list[str]]:
    found = {}
    for section in page.tree.find_all("section"):
        (heading,) = page.tree.find_all("h2", within=section)
        links = page.tree.find_all("a", within=section)
        found[read_text(heading).rpartition(" (")[0]] = [read_text(one) for one in links]
    return found


def invite(organiser: Browser, *names: str) -> Page:
    ticks = {f"Select {name}": True for name in names}
    page = organiser.open(PAGE).press("Invite", ticks)
    return page.press(f"Send {len(names)} email{'s' if len(names) > 1 else ''}")


@pytest.mark.both_databases
def test_speakers_are_grouped_by_invitation_state(
    organiser: Browser, four: list[Speaker], new_browser: Any
) -> None:
    invite(organiser, "Bea Quill", "Cleo Reed", "Dot Stone")
    failed = db.session.scalars(select(Email).where(Email.recipient == "Bea@example.org")).one()
    failed.state = FAILED
    db.session.commit()
    cleo = new_browser()
    link = find_link(get_last_email_to("Cle@example.org"), "/sign-in/")
    cleo.open(link).press("Sign in")

    page = organiser.open(PAGE)

    assert groups(page) == {
        "Not invited yet": ["Eve Thorn"],
        "Email failed": ["Bea Quill"],
        "Invited, not opened yet": ["Dot Stone"],
        "Opened, nothing done yet": ["Cleo Reed"],
        "No contact email address": ["João Maré", "Ada Marsh"],
    }
    assert "12 May 2009" in page.text
    assert f"by {GRACE}" in page.text
    assert "Select Ada Marsh" not in page.labels
    cleo.open("/speak/cle/consent").press(
        "Save",
        {
            "May we publish a recording of your talk?": "Yes",
            "May we publish your slides?": "No",
        },
    )
    assert groups(organiser.open(PAGE))["Some tasks done"] == ["Cleo Reed"]


@pytest.mark.both_databases
def test_the_list_of_speakers_shows_contact_addresses_and_sign_ins(
    organiser: Browser, four: list[Speaker], new_browser: Any
) -> None:
    invite(organiser, "Cleo Reed", "Dot Stone")
    link = find_link(get_last_email_to("Cle@example.org"), "/sign-in/")
    new_browser().open(link).press("Sign in")

    rows = organiser.open("/organise/speakers?q=example.org").rows

    today = "12 May 2009"
    assert [
        (row["Name ↑"], row["Invited"].startswith(today), row["Last signed in"]) for row in rows
    ] == [
        ("Bea Quill Bea@example.org", False, ""),
        ("Cleo Reed Cle@example.org", True, today),
        ("Dot Stone Dot@example.org", True, ""),
        ("Eve Thorn Eve@example.org", False, ""),
    ]


def test_pressing_twice_invites_a_speaker_once(organiser: Browser, four: list[Speaker]) -> None:
    page = organiser.open(PAGE).press("Invite", {"Select Bea Quill": True})

    first = page.press("Send 1 email")
    assert "We are sending the emails." in first.source
    second = page.press("Send 1 email")

    assert "No emails were sent." in second.source
    assert len(list_emails_to("Bea@example.org")) == 1


def test_a_failed_or_changed_address_can_be_invited_again_immediately(
    organiser: Browser, four: list[Speaker]
) -> None:
    invite(organiser, "Bea Quill", "Cleo Reed")
    failed = db.session.scalars(select(Email).where(Email.recipient == "Bea@example.org")).one()
    failed.state = FAILED
    db.session.commit()
    organiser.open("/organise/speakers/cle/change")
    organiser.press("Save", contact_email_address="reed@example.org")

    page = organiser.open(PAGE)
    assert groups(page)["Not invited yet"] == ["Cleo Reed", "Dot Stone", "Eve Thorn"]
    assert "Email address changed" in page.text
    invite(organiser, "Bea Quill", "Cleo Reed")

    assert len(list_emails_to("Bea@example.org")) == 2
    assert len(list_emails_to("reed@example.org")) == 1
    page = organiser.open("/organise/speaking/speakers/cle")
    assert (
        "cle@example.org still has access" in page.text
    )  # an organiser ends the access of the earlier address


def test_a_whole_group_of_speakers_can_be_invited_without_javascript(
    organiser: Browser, four: list[Speaker]
) -> None:
    page = organiser.open(PAGE)

    page = page.press("Invite", {"Select all in the group “Not invited yet”": True})

    assert page.heading == "Invite speakers"
    page.press("Send 4 emails")
    assert groups(organiser.open(PAGE)) == {
        "Invited, not opened yet": [one.name for one in four],
        "No contact email address": ["João Maré", "Ada Marsh"],
    }


def test_a_whole_group_can_be_selected_from_any_page(
    organiser: Browser,
) -> None:
    for number in range(51):
        name = f"Guest {number:02}"
        make_speaker(name=name, slug=f"g{number}", contact_address=f"g{number}@example.org")

    page = organiser.open(PAGE)

    assert len(groups(page)["Not invited yet"]) == 50
    assert "Not invited yet (51)" in page.text
    assert "1 to 50 of 53 speakers" in page.text
    second = page.follow("Next page →")
    assert groups(second) == {
        "Not invited yet": ["Guest 50"],
        "No contact email address": ["João Maré", "Ada Marsh"],
    }
    sure = second.press("Invite", {"Select all in the group “Not invited yet”": True})
    assert "Send 51 emails" in sure.buttons


def test_speaker_invitations_can_be_searched_and_filtered(
    organiser: Browser, four: list[Speaker]
) -> None:
    page = organiser.open(f"{PAGE}?q=quill")
    assert groups(page) == {"Not invited yet": ["Bea Quill"]}
    assert "Select all in the group “Not invited yet”" not in page.labels

    page = organiser.open(f"{PAGE}?state=no-address")
    assert groups(page) == {"No contact email address": ["João Maré", "Ada Marsh"]}

    assert "No speakers match your search." in organiser.open(f"{PAGE}?q=nobody").text


def test_a_message_can_be_added_to_speaker_invitations(
    organiser: Browser, four: list[Speaker]
) -> None:
    page = organiser.open(PAGE).press("Invite", {"Select Bea Quill": True})
    message = {"Your message (optional)": "We meet at the east door."}

    page = page.press("Preview with your message", message)
    assert "We meet at the east door. We are pleased" in page.text
    assert list_emails_to("Bea@example.org") == []
    page = page.press(
        "Send 1 email", {"Your message (optional)": "Please come. " * 155}, status=422
    )
    assert page.errors == ["The message must be 2000 characters or fewer"]
    page.press("Send 1 email", message)

    assert "We meet at the east door." in get_last_email_to("Bea@example.org").text


def test_the_list_of_speakers_can_be_filtered_by_invitation_state(
    organiser: Browser, four: list[Speaker], frozen_time: Any
) -> None:
    invite(organiser, "Bea Quill")
    frozen_time.shift(timedelta(minutes=1))

    def narrowed(choice: str) -> list[str]:
        rows = organiser.open("/organise/speakers").press("Search", {"Invitation": choice}).rows
        return [row["Name ↑"].rpartition(" ")[0] or row["Name ↑"] for row in rows]

    assert narrowed("Invited, not opened yet") == ["Bea Quill"]
    assert narrowed("Not invited yet") == ["Cleo Reed", "Dot Stone", "Eve Thorn"]
    assert narrowed("Opened") == []


def test_an_empty_invitation_state_can_be_filtered_for(organiser: Browser) -> None:
    page = organiser.open(f"{PAGE}?state=not-opened")

    assert "No speakers match your search." in page.text
    assert groups(page) == {}


@pytest.mark.parametrize("count", [1, 30])
def test_the_speaker_invitations_page_needs_a_constant_number_of_queries(
    organiser: Browser, queries: list[str], count: int
) -> None:
    for number in range(count):
        speaker = make_speaker(name=f"{number}", contact_address=f"{number}@example.org")
        access = grant_speaker_access(speaker, speaker.contact_address)
        access.person.last_signed_in_at = clock.real_now()
    db.session.commit()
    organiser.open(PAGE)
    queries.clear()

    organiser.open(PAGE)

    assert len([one for one in queries if "site_state" not in one]) == 5


def test_viewers_can_see_invitation_states_but_not_invite(visitor: Browser) -> None:
    page = sign_in(visitor, "vi@conference.example", VIEWER).open(PAGE)

    assert groups(page) == {"No contact email address": ["João Maré", "Ada Marsh"]}
    assert "Invite" not in page.buttons


def test_an_invitation_names_the_sessions_with_day_time_room_and_deadline(
    organiser: Browser,
) -> None:
    ada = get_ada_marsh()
    ada.contact_address = "ada@example.org"
    db.session.add(ItemDeadline(item=TAKING_PART, due_on=date(2009, 5, 31)))
    db.session.commit()

    invite(organiser, ada.name)

    blocks = get_last_email_to("ada@example.org").text.replace("\r\n", "\n").split("\n\n")
    assert blocks[2:4] == [
        "These are your sessions:",
        "Session: Opening\nDay: Wednesday 10 June 2009\nTime: 9:30am to 10:30am\nRoom: Great hall",
    ]
    assert [one.splitlines()[0] for one in blocks[4:6]] == [
        "Session: Harbour walls",
        "Session: Farewell",
    ]
    assert blocks[6:8] == ["Please confirm by Sunday 31 May 2009.", "Open your pages:"]


def test_both_lists_show_when_a_speaker_last_signed_in(
    organiser: Browser, four: list[Speaker], new_browser: Any, frozen_time: Any
) -> None:
    invite(organiser, "Bea Quill", "Cleo Reed")
    link = find_link(get_last_email_to("Bea@example.org"), "/sign-in/")
    frozen_time.shift(timedelta(days=2))
    new_browser().open(link).press("Sign in")
    sign_in(organiser)

    for address, name in ((PAGE, "Name"), ("/organise/speakers", "Name ↑")):
        rows = organiser.open(address).rows
        told = {row[name]: row["Last signed in"] for row in rows if row["Last signed in"]}
        assert [(who[:9], when) for who, when in told.items()] == [("Bea Quill", "14 May 2009")]
