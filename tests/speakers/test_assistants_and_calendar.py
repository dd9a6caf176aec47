"""Around a talk: assistants, those who share a session, and a calendar of one's own."""

import pytest
from sqlalchemy import select

from app import clock
from app.database import db, transaction
from app.history.models import HistoryEntry
from app.mail.models import Email
from app.programme.models import Appearance, Conference, Speaker
from app.speakers import removed_appearances, session_owners
from tests.browser import Browser, Browsers
from tests.factories import (
    get_ada_marsh,
    grant_speaker_access,
    make_speaker,
    publish_programme,
    sign_in_speaker,
)
from tests.lookups import get_session
from tests.sent_emails import find_sign_in_link

HELPER = "helper@example.org"


# Assistants


@pytest.mark.both_databases
def test_an_assistant_gets_their_own_link_and_the_same_permissions(
    ada: Browser, new_browser: Browsers
) -> None:
    ada.open("/speak/ada-marsh").follow("Add an assistant")

    page = ada.press("Send link", email_address_of_an_assistant=HELPER)
    (letter,) = db.session.scalars(select(Email))
    helper = new_browser()
    helper.open(find_sign_in_link(letter))
    listed = helper.press("Sign in")
    listed.follow("Confirm whether you are taking part")
    helper.press("Send", {"Are you taking part?": "Yes, at the times in the programme"})

    assert "We are emailing them a link" in page.source
    assert "You are an assistant for this speaker" in listed.text
    told = [(one.summary, one.actor) for one in db.session.scalars(select(HistoryEntry))]
    assert (f"{HELPER} became an assistant of Ada Marsh", "ada@example.org") in told
    assert ("Ada Marsh has confirmed", HELPER) in told


def test_a_forwarded_sign_in_link_works_once_and_the_error_says_so(
    ada: Browser, new_browser: Browsers
) -> None:
    ada.open("/speak/ada-marsh/assistants")
    ada.press("Send link", email_address_of_an_assistant=HELPER)
    (letter,) = db.session.scalars(select(Email))
    first, second = new_browser(), new_browser()
    first.open(find_sign_in_link(letter))
    first.press("Sign in")

    page = second.open(find_sign_in_link(letter), status=410)

    assert page.heading == "This link no longer works"
    assert "If you forwarded the email" in page.text
    assert page.follow("Get a new link").heading == "Sign in"


def test_removing_an_assistant_keeps_the_speaker(ada: Browser) -> None:
    grant_speaker_access(get_ada_marsh(), HELPER, is_assistant=True)

    page = ada.open("/speak/ada-marsh/assistants").press(f"Remove: {HELPER}")

    assert HELPER not in page.text
    assert "They can no longer open these pages." in page.source
    assert page.buttons.count("Remove") == 0


def test_an_assistant_does_not_remove_the_speaker(visitor: Browser) -> None:
    own = grant_speaker_access(get_ada_marsh())
    sign_in_speaker(visitor, get_ada_marsh(), HELPER, is_assistant=True)
    field = visitor.open("/speak/ada-marsh/assistants").tree.find_by_id("csrf_token")
    assert field is not None

    answer = visitor.fetch(
        "POST",
        f"/speak/ada-marsh/assistants/{own.id}/end",
        data={"csrf_token": field.get("value") or ""},
    )

    assert answer.status_code == 409
    assert visitor.open("/speak/ada-marsh/assistants").text.count("The speaker") == 1


def test_adding_an_assistant_twice_adds_them_once(ada: Browser) -> None:
    for _ in range(2):
        ada.open("/speak/ada-marsh/assistants")
        ada.press("Send link", email_address_of_an_assistant=HELPER)

    assert ada.page.buttons.count(f"Remove: {HELPER}") == 1


def test_an_invalid_email_address_of_an_assistant_is_refused(ada: Browser) -> None:
    ada.open("/speak/ada-marsh/assistants")

    page = ada.press("Send link", email_address_of_an_assistant="nobody", status=422)

    assert page.errors == ["Enter an email address in the correct format, like name@example.com"]


@pytest.mark.both_databases
def test_emails_to_assistants_are_rate_limited(ada: Browser) -> None:
    for number in range(10):
        ada.open("/speak/ada-marsh/assistants")
        ada.press("Send link", email_address_of_an_assistant=f"{number}@example.org")
    ada.open("/speak/ada-marsh/assistants")

    ada.press("Send link", email_address_of_an_assistant=HELPER, status=429)

    assert len(db.session.scalars(select(Email)).all()) == 10


def test_a_speaker_can_have_at_most_ten_assistants(ada: Browser) -> None:
    for number in range(10):
        grant_speaker_access(get_ada_marsh(), f"{number}@example.org", is_assistant=True)
    ada.open("/speak/ada-marsh/assistants")

    page = ada.press("Send link", email_address_of_an_assistant=HELPER, status=422)

    assert page.errors == ["10 assistants already have access. Remove one first"]
    again = ada.press("Send link", email_address_of_an_assistant="3@example.org")
    assert "We are emailing them a link" in again.source


# What the conference offers


def test_the_checklist_links_to_information_for_speakers_and_the_contact_address(
    ada: Browser,
) -> None:
    page = ada.open("/speak/ada-marsh")

    assert page.links["tides@conference.example"] == "mailto:tides@conference.example"
    offered = page.follow("Information for speakers")
    assert offered.heading == "For speakers"
    assert {"What to do on your speaker pages", "What we provide", "Questions"} <= set(
        offered.headings
    )
    assert "upload slides and papers" in offered.text


# Sessions


def test_speakers_see_their_sessions_and_fellow_speakers(ada: Browser) -> None:
    ada.open("/speak/ada-marsh").follow("Your sessions and fellow speakers")

    assert ada.page.headings[1:4] == ["Opening", "Harbour walls", "Farewell"]
    assert "João Maré (Universidade do Mar), Speaker" in ada.page.text
    assert ada.page.follow("View the public page: Opening").heading == "Opening"


def test_a_speaker_without_sessions_is_told_what_will_appear(visitor: Browser) -> None:
    speaker = make_speaker(name="Grace Pool", slug="grace-pool")

    page = sign_in_speaker(visitor, speaker).open("/speak/grace-pool/sessions")

    assert "No session yet" in page.headings


@pytest.mark.parametrize(
    ("who", "may"),
    [("ada@example.org", True), (HELPER, True), ("joao@example.org", True), ("eve@a.org", False)],
)
def test_without_an_owner_every_speaker_of_a_session_can_edit_its_text(
    site: object, who: str, may: bool
) -> None:
    make_people_with_access(get_ada_marsh())
    person = grant_speaker_access(make_speaker(), who).person

    assert session_owners.can_edit(person, get_session("opening")) is may


@pytest.mark.parametrize(
    ("who", "may"),
    [("joao@example.org", True), ("ada@example.org", False), (HELPER, False)],
)
def test_only_the_owner_and_their_assistants_can_edit_the_text_of_a_session(
    site: object, who: str, may: bool
) -> None:
    make_people_with_access(get_ada_marsh())
    with transaction():
        session_owners.set_owner(
            get_session("opening"), "joao@example.org", actor="grace@conference.example"
        )
    person = grant_speaker_access(make_speaker(), who).person

    assert session_owners.can_edit(person, get_session("opening")) is may


@pytest.mark.both_databases
def test_an_assistant_of_the_owner_can_edit_the_text_of_a_session(site: object) -> None:
    make_people_with_access(get_ada_marsh())
    with transaction():
        session_owners.set_owner(
            get_session("opening"), "joao@example.org", actor="grace@conference.example"
        )
    joao = db.session.scalars(select(Speaker).where(Speaker.slug == "joao-mare")).one()
    person = grant_speaker_access(joao, "joaos-helper@example.org", is_assistant=True).person

    assert session_owners.can_edit(person, get_session("opening"))


def make_people_with_access(ada: Speaker) -> None:
    """Give Ada access with an assistant, and João access to his own pages."""
    grant_speaker_access(ada)
    grant_speaker_access(ada, HELPER, is_assistant=True)
    joao = db.session.scalars(select(Speaker).where(Speaker.slug == "joao-mare")).one()
    grant_speaker_access(joao, "joao@example.org")


# The calendar


def test_a_speaker_can_subscribe_to_a_calendar_of_their_sessions(
    ada: Browser, new_browser: Browsers
) -> None:
    page = ada.open("/speak/ada-marsh").follow("Your calendar").press("Create a calendar link")
    address = next(one for one in page.links.values() if one.endswith(".ics"))

    calendar = new_browser().open(address)

    assert calendar.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert calendar.headers["Cache-Control"] == "private, no-store"
    assert calendar.headers["Referrer-Policy"] == "no-referrer"
    assert calendar.source.count("BEGIN:VEVENT") == 3
    assert "SUMMARY:Harbour walls" in calendar.source
    assert "Reading the tide" not in calendar.source


def test_a_moved_session_keeps_its_uid_and_increases_its_sequence(
    ada: Browser, new_browser: Browsers
) -> None:
    page = ada.open("/speak/ada-marsh/calendar").press("Create a calendar link")
    address = next(one for one in page.links.values() if one.endswith(".ics"))
    before = lines(new_browser().open(address).source, "UID", "SEQUENCE")
    moved = get_session("farewell")
    moved.room = get_session("harbour-walls").room
    db.session.commit()
    publish_programme()

    after = lines(new_browser().open(address).source, "UID", "SEQUENCE")

    assert [one for one in after if one.startswith("UID")] == [
        one for one in before if one.startswith("UID")
    ]
    assert after[-1] != before[-1]


def events(calendar: str) -> dict[str, tuple[str, int]]:
    """Give state and count of each entry, by its title."""
    told = lines(calendar, "SEQUENCE", "STATUS", "SUMMARY")
    values = [one.partition(":")[2] for one in told]
    return {
        title: (state, int(count))
        for count, state, title in zip(values[::3], values[1::3], values[2::3], strict=True)
    }


def publish_and_run_follow_up_tasks() -> None:
    """Publish, and let the worker find it."""
    publish_programme()
    with transaction():
        removed_appearances.record_release()


@pytest.mark.both_databases
def test_a_session_is_cancelled_in_the_calendar_of_a_removed_speaker_until_re_added(
    ada: Browser, new_browser: Browsers
) -> None:
    page = ada.open("/speak/ada-marsh/calendar").press("Create a calendar link")
    address = next(one for one in page.links.values() if one.endswith(".ics"))
    publish_and_run_follow_up_tasks()

    def told() -> dict[str, tuple[str, int]]:
        return events(new_browser().open(address).source)

    before = told()
    get_session("harbour-walls").appearances = []
    get_session("farewell").withdrawn_at = clock.now()
    db.session.commit()
    publish_and_run_follow_up_tasks()
    off = told()
    get_session("harbour-walls").title = "Harbour walls again"
    db.session.commit()
    publish_and_run_follow_up_tasks()
    still = told()
    get_session("harbour-walls").appearances = [Appearance(speaker=get_ada_marsh(), position=0)]
    db.session.commit()
    publish_and_run_follow_up_tasks()
    back = told()

    assert before["Harbour walls"][0] == "CONFIRMED"
    assert off["Harbour walls"] == ("CANCELLED", before["Harbour walls"][1] + 1)
    assert off["Farewell"] == ("CANCELLED", before["Farewell"][1] + 1)
    assert still["Harbour walls again"] == ("CANCELLED", off["Harbour walls"][1] + 1)
    assert back["Harbour walls again"] == ("CONFIRMED", still["Harbour walls again"][1] + 1)
    assert back["Farewell"] == off["Farewell"]
    assert back["Opening"] == before["Opening"]


def test_a_speaker_calendar_forgets_sessions_of_another_conference(
    ada: Browser, new_browser: Browsers
) -> None:
    page = ada.open("/speak/ada-marsh/calendar").press("Create a calendar link")
    address = next(one for one in page.links.values() if one.endswith(".ics"))
    publish_and_run_follow_up_tasks()
    get_session("harbour-walls").appearances = []
    db.session.commit()
    publish_and_run_follow_up_tasks()
    db.session.get_one(Conference, 1).acronym = "other-2010"
    db.session.commit()
    publish_and_run_follow_up_tasks()

    assert "Harbour walls" not in events(new_browser().open(address).source)


def test_a_new_calendar_link_replaces_the_old_one(ada: Browser, new_browser: Browsers) -> None:
    first = ada.open("/speak/ada-marsh/calendar").press("Create a calendar link")
    old = next(one for one in first.links.values() if one.endswith(".ics"))

    second = ada.press("Create a new link")
    new = next(one for one in second.links.values() if one.endswith(".ics"))

    assert old != new
    new_browser().open(old, status=404)
    new_browser().open(new)


def lines(calendar: str, *names: str) -> list[str]:
    return [one for one in calendar.splitlines() if one.partition(":")[0] in names]
