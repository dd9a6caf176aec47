"""Around a talk: assistants, those who share a session, and a calendar of one's own."""

from collections.abc import Callable

import pytest
from sqlalchemy import select

from app import clock
from app.database import db, transaction
from app.history.models import Entry
from app.mail.models import Letter
from app.programme.models import Appearance, Conference, Speaker
from app.speakers import news, owning
from tests.browser import Browser
from tests.factories import a_keeper, a_speaker, ada_marsh, keeping_pages, published
from tests.found import session
from tests.organise.test_speaking import link_in

HELPER = "helper@example.org"


@pytest.fixture
def ada(visitor: Browser) -> Browser:
    return keeping_pages(visitor, ada_marsh())


# Assistants


@pytest.mark.both_databases
def test_an_assistant_has_a_link_of_their_own_and_the_same_powers(
    ada: Browser, a_browser: Callable[[], Browser]
) -> None:
    ada.open("/speak/ada-marsh").follow("Let somebody help you")

    page = ada.press("Send them a link", email_address_of_an_assistant=HELPER)
    (letter,) = db.session.scalars(select(Letter))
    helper = a_browser()
    helper.open(link_in(letter))
    listed = helper.press("Sign in")
    listed.follow("Say whether you take part")
    helper.press("Send", {"Do you take part?": "Yes, as the programme has it"})

    assert "A letter with a link of their own is on its way" in page.source
    assert "You do this as an assistant" in listed.text
    told = [(one.sentence, one.who) for one in db.session.scalars(select(Entry))]
    assert (f"{HELPER} became an assistant of Ada Marsh", "ada@example.org") in told
    assert ("Ada Marsh has confirmed", HELPER) in told


def test_a_forwarded_link_works_once_and_says_so(
    ada: Browser, a_browser: Callable[[], Browser]
) -> None:
    ada.open("/speak/ada-marsh/assistants")
    ada.press("Send them a link", email_address_of_an_assistant=HELPER)
    (letter,) = db.session.scalars(select(Letter))
    first, second = a_browser(), a_browser()
    first.open(link_in(letter))
    first.press("Sign in")

    page = second.open(link_in(letter), status=410)

    assert page.heading == "This link no longer works"
    assert "Did you pass the letter on?" in page.text
    assert page.follow("Ask for a new link").heading == "Sign in"


def test_an_assistant_is_removed_and_the_speaker_stays(ada: Browser) -> None:
    a_keeper(ada_marsh(), HELPER, is_assistant=True)

    page = ada.open("/speak/ada-marsh/assistants").press(f"Remove: {HELPER}")

    assert HELPER not in page.text
    assert "They no longer keep these pages." in page.source
    assert page.buttons.count("Remove") == 0


def test_an_assistant_does_not_remove_the_speaker(visitor: Browser) -> None:
    own = a_keeper(ada_marsh())
    keeping_pages(visitor, ada_marsh(), HELPER, is_assistant=True)
    field = visitor.open("/speak/ada-marsh/assistants").tree.by_id("csrf_token")
    assert field is not None

    answer = visitor.fetch(
        "POST",
        f"/speak/ada-marsh/assistants/{own.id}/end",
        data={"csrf_token": field.get("value") or ""},
    )

    assert answer.status_code == 409
    assert visitor.open("/speak/ada-marsh/assistants").text.count("The speaker") == 1


def test_naming_somebody_twice_names_them_once(ada: Browser) -> None:
    for _ in range(2):
        ada.open("/speak/ada-marsh/assistants")
        ada.press("Send them a link", email_address_of_an_assistant=HELPER)

    assert ada.page.buttons.count(f"Remove: {HELPER}") == 1


def test_what_is_no_address_is_refused_and_kept(ada: Browser) -> None:
    ada.open("/speak/ada-marsh/assistants")

    page = ada.press("Send them a link", email_address_of_an_assistant="nobody", status=422)

    assert page.errors == ["Enter an email address in the right form, like name@example.org"]


@pytest.mark.both_databases
def test_letters_to_assistants_are_limited(ada: Browser) -> None:
    for number in range(10):
        ada.open("/speak/ada-marsh/assistants")
        ada.press("Send them a link", email_address_of_an_assistant=f"{number}@example.org")
    ada.open("/speak/ada-marsh/assistants")

    ada.press("Send them a link", email_address_of_an_assistant=HELPER, status=429)

    assert len(db.session.scalars(select(Letter)).all()) == 10


def test_a_speaker_has_a_few_assistants_and_not_many(ada: Browser) -> None:
    for number in range(10):
        a_keeper(ada_marsh(), f"{number}@example.org", is_assistant=True)
    ada.open("/speak/ada-marsh/assistants")

    page = ada.press("Send them a link", email_address_of_an_assistant=HELPER, status=422)

    assert page.errors == ["10 assistants help already. Remove one of them first"]
    again = ada.press("Send them a link", email_address_of_an_assistant="3@example.org")
    assert "A letter with a link of their own is on its way to them" in again.source


# What the conference offers


def test_the_list_leads_to_what_the_conference_offers_and_whom_to_ask(ada: Browser) -> None:
    page = ada.open("/speak/ada-marsh")

    assert page.links["tides@conference.example"] == "mailto:tides@conference.example"
    offered = page.follow("What the conference offers speakers")
    assert offered.heading == "For speakers"
    assert {"What you find there", "What we offer", "Whom to ask"} <= set(offered.headings)
    assert "your slides and papers" in offered.text


# Sessions


def test_all_who_share_a_session_see_it_and_who_is_in_it(ada: Browser) -> None:
    ada.open("/speak/ada-marsh").follow("Your sessions, and who shares them")

    assert ada.page.headings[1:4] == ["Opening", "Harbour walls", "Farewell"]
    assert "João Maré (Universidade do Mar), Speaker" in ada.page.text
    assert ada.page.follow("See the page that readers see: Opening").heading == "Opening"


def test_whoever_is_in_no_session_is_told_what_will_be_there(visitor: Browser) -> None:
    speaker = a_speaker(name="Grace Pool", slug="grace-pool")

    page = keeping_pages(visitor, speaker).open("/speak/grace-pool/sessions")

    assert "No session yet" in page.headings


@pytest.mark.parametrize(
    ("who", "may"),
    [("ada@example.org", True), (HELPER, True), ("joao@example.org", False), ("eve@a.org", False)],
)
def test_without_an_owner_whoever_is_named_first_edits_the_text(
    site: object, who: str, may: bool
) -> None:
    keepers(ada_marsh())
    person = a_keeper(a_speaker(), who).person

    assert owning.may_edit(person, session("opening")) is may


@pytest.mark.parametrize(
    ("who", "may"),
    [("joao@example.org", True), ("ada@example.org", False), (HELPER, False)],
)
def test_an_owner_alone_edits_the_text_and_so_do_those_who_help_them(
    site: object, who: str, may: bool
) -> None:
    keepers(ada_marsh())
    with transaction():
        owning.name_owner(session("opening"), "joao@example.org", who="grace@conference.example")
    person = a_keeper(a_speaker(), who).person

    assert owning.may_edit(person, session("opening")) is may


@pytest.mark.both_databases
def test_the_assistant_of_an_owner_edits_the_text(site: object) -> None:
    keepers(ada_marsh())
    with transaction():
        owning.name_owner(session("opening"), "joao@example.org", who="grace@conference.example")
    joao = db.session.scalars(select(Speaker).where(Speaker.slug == "joao-mare")).one()
    person = a_keeper(joao, "joaos-helper@example.org", is_assistant=True).person

    assert owning.may_edit(person, session("opening"))


def keepers(ada: Speaker) -> None:
    """Let Ada keep her own pages with a helper, and João his own."""
    a_keeper(ada)
    a_keeper(ada, HELPER, is_assistant=True)
    joao = db.session.scalars(select(Speaker).where(Speaker.slug == "joao-mare")).one()
    a_keeper(joao, "joao@example.org")


# The calendar


def test_a_speaker_subscribes_to_their_own_sessions(
    ada: Browser, a_browser: Callable[[], Browser]
) -> None:
    page = ada.open("/speak/ada-marsh").follow("Your calendar").press("Make the address")
    address = next(one for one in page.links.values() if one.endswith(".ics"))

    calendar = a_browser().open(address)

    assert calendar.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert calendar.headers["Cache-Control"] == "private, no-store"
    assert calendar.headers["Referrer-Policy"] == "no-referrer"
    assert calendar.source.count("BEGIN:VEVENT") == 3
    assert "SUMMARY:Harbour walls" in calendar.source
    assert "Reading the tide" not in calendar.source


def test_a_session_that_moves_keeps_its_identity_and_counts_on(
    ada: Browser, a_browser: Callable[[], Browser]
) -> None:
    page = ada.open("/speak/ada-marsh/calendar").press("Make the address")
    address = next(one for one in page.links.values() if one.endswith(".ics"))
    before = lines(a_browser().open(address).source, "UID", "SEQUENCE")
    moved = session("farewell")
    moved.room = session("harbour-walls").room
    db.session.commit()
    published()

    after = lines(a_browser().open(address).source, "UID", "SEQUENCE")

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


def published_and_told() -> None:
    """Publish, and let the worker find it."""
    published()
    with transaction():
        news.tell_of_release()


@pytest.mark.both_databases
def test_a_session_that_a_speaker_was_taken_off_is_off_in_their_calendar_until_they_are_back(
    ada: Browser, a_browser: Callable[[], Browser]
) -> None:
    page = ada.open("/speak/ada-marsh/calendar").press("Make the address")
    address = next(one for one in page.links.values() if one.endswith(".ics"))
    published_and_told()

    def told() -> dict[str, tuple[str, int]]:
        return events(a_browser().open(address).source)

    before = told()
    session("harbour-walls").appearances = []
    session("farewell").withdrawn_at = clock.now()
    db.session.commit()
    published_and_told()
    off = told()
    session("harbour-walls").title = "Harbour walls again"
    db.session.commit()
    published_and_told()
    still = told()
    session("harbour-walls").appearances = [Appearance(speaker=ada_marsh(), position=0)]
    db.session.commit()
    published_and_told()
    back = told()

    assert before["Harbour walls"][0] == "CONFIRMED"
    assert off["Harbour walls"] == ("CANCELLED", before["Harbour walls"][1] + 1)
    assert off["Farewell"] == ("CANCELLED", before["Farewell"][1] + 1)
    assert still["Harbour walls again"] == ("CANCELLED", off["Harbour walls"][1] + 1)
    assert back["Harbour walls again"] == ("CONFIRMED", still["Harbour walls again"][1] + 1)
    assert back["Farewell"] == off["Farewell"]
    assert back["Opening"] == before["Opening"]


def test_of_another_conference_a_calendar_tells_nothing(
    ada: Browser, a_browser: Callable[[], Browser]
) -> None:
    page = ada.open("/speak/ada-marsh/calendar").press("Make the address")
    address = next(one for one in page.links.values() if one.endswith(".ics"))
    published_and_told()
    session("harbour-walls").appearances = []
    db.session.commit()
    published_and_told()
    db.session.get_one(Conference, 1).acronym = "other-2010"
    db.session.commit()
    published_and_told()

    assert "Harbour walls" not in events(a_browser().open(address).source)


def test_another_address_ends_the_one_before(
    ada: Browser, a_browser: Callable[[], Browser]
) -> None:
    first = ada.open("/speak/ada-marsh/calendar").press("Make the address")
    old = next(one for one in first.links.values() if one.endswith(".ics"))

    second = ada.press("Make another address")
    new = next(one for one in second.links.values() if one.endswith(".ics"))

    assert old != new
    a_browser().open(old, status=404)
    a_browser().open(new)


def lines(calendar: str, *names: str) -> list[str]:
    return [one for one in calendar.splitlines() if one.partition(":")[0] in names]
