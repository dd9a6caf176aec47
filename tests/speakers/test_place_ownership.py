"""Speakers manage only their own bookings on their pages."""

import json
from collections.abc import Mapping

import pytest
from sqlalchemy import select

from app import clock
from app.accounts.models import DESK, EDITOR
from app.database import db, transaction
from app.delegates.categories.queries import SPEAKER_ADDRESS, SPEAKER_NAME
from app.delegates.models import ApplicationDraft, Delegate
from app.history.models import HistoryEntry
from app.registration.applications.models import RegistrationApplication
from app.registration.speaker_places import services
from tests.browser import Browser, Browsers, Page
from tests.factories import (
    get_ada_marsh,
    make_category,
    make_delegate,
    make_proposal,
    save,
    set_places,
    sign_in,
    sign_in_speaker,
)
from tests.sent_emails import get_last_email_to
from tests.speakers.test_places import (
    CHANGE,
    CONFIRM,
    PLACE_PAGE,
    confirm_ada,
    get_booking_of,
    keep_places,
    make_speakers_category,
)

CONFIRM_REGISTRATION = "Confirm registration"
NOT_LINKED = "This booking is not linked to your speaker pages"
VIC = {"Given names": "Vic", "Family name": "Tim"}


@pytest.fixture
def speaker_page(visitor: Browser) -> Browser:
    """Sign Ada Marsh in, who takes part and has no place."""
    make_speakers_category(5)
    make_category(name="Delegate")
    return sign_in_speaker(visitor, confirm_ada())


def make_victim() -> Delegate:
    return make_delegate(given_names="Vic", family_name="Tim", email="vic@victim.example")


def register_as(browser: Browser, email: str, name: Mapping[str, str] = VIC) -> Page:
    """Change the name and the address before the place is confirmed."""
    browser.open(PLACE_PAGE).press(CHANGE)
    browser.open("/register/name").press("Continue", dict(name))
    browser.open("/register/email").press("Continue", {"What is your email address?": email})
    return browser.open("/register/check").press(CONFIRM_REGISTRATION)


def read_without_reference(page: Page, reference: str) -> str:
    return page.text.replace(reference, "its reference")


@pytest.mark.both_databases
def test_registering_with_another_persons_email_does_not_link_their_booking(
    speaker_page: Browser, new_browser: Browsers
) -> None:
    victim = make_victim()

    page = register_as(speaker_page, victim.email)

    assert page.heading == "You are registered"
    assert NOT_LINKED in page.text
    assert get_booking_of(get_ada_marsh()) is None
    page = speaker_page.open(PLACE_PAGE)
    assert page.heading == "Your place at the conference"
    assert victim.reference not in page.text
    assert "You already have a place" in get_last_email_to(victim.email).subject
    desk = sign_in(new_browser(), role=DESK)
    assert "Ada Marsh" not in desk.open(f"/organise/delegates/{victim.reference}").text


def forget_owner() -> None:
    """Leave the draft as those that were begun before they said whose address is known."""
    [draft] = db.session.scalars(select(ApplicationDraft))
    answers = json.loads(draft.document)
    del answers[SPEAKER_ADDRESS], answers[SPEAKER_NAME]
    with transaction():
        draft.document = json.dumps(answers)


def test_a_registration_that_was_begun_before_an_update_is_linked(speaker_page: Browser) -> None:
    with transaction():
        get_ada_marsh().contact_address = "ada@example.org"
    speaker_page.open(PLACE_PAGE).press(CHANGE)
    forget_owner()

    page = speaker_page.open("/register/check").press(CONFIRM_REGISTRATION)

    assert page.heading == "You are registered"
    assert NOT_LINKED not in page.text
    booking = get_booking_of(get_ada_marsh())
    assert booking is not None
    assert booking.email == "ada@example.org"


def test_a_registration_under_another_name_begun_before_an_update_is_not_linked(
    speaker_page: Browser,
) -> None:
    with transaction():
        get_ada_marsh().contact_address = "ada@example.org"
    speaker_page.open(PLACE_PAGE).press(CHANGE)
    forget_owner()
    speaker_page.open("/register/name").press("Continue", VIC)

    page = speaker_page.open("/register/check").press(CONFIRM_REGISTRATION)

    assert NOT_LINKED in page.text
    assert get_booking_of(get_ada_marsh()) is None


def test_speaker_registration_does_not_reveal_who_has_registered(
    speaker_page: Browser, new_browser: Browsers
) -> None:
    victim = make_victim()
    taken = register_as(speaker_page, victim.email)
    taken_page = speaker_page.open(PLACE_PAGE).text
    other = sign_in_speaker(new_browser(), get_ada_marsh(), "ada@harbour.example")

    free = register_as(other, "nobody@victim.example")

    made = db.session.scalars(
        select(Delegate).where(Delegate.email == "nobody@victim.example")
    ).one()
    assert NOT_LINKED in free.text
    masked = read_without_reference(free, made.reference).replace("n…@", "v…@")
    assert masked == read_without_reference(taken, victim.reference)
    assert other.open(PLACE_PAGE).text == taken_page.replace(
        "ada@example.org", "ada@harbour.example"
    )


def test_the_desk_can_link_a_booking_made_with_another_email_address(
    speaker_page: Browser, new_browser: Browsers
) -> None:
    page = register_as(
        speaker_page, "private@example.org", {"Given names": "Ada", "Family name": "Marsh"}
    )
    assert NOT_LINKED in page.text
    assert "send the organisers the booking reference" in page.text
    page = speaker_page.open(PLACE_PAGE)
    assert "If you have already booked a place with a different name" in page.text
    [booking] = db.session.scalars(select(Delegate)).all()
    desk = sign_in(new_browser(), role=DESK)
    page = desk.open(f"/organise/delegates/{booking.reference}").follow("Link to a speaker")

    page.press("Save", {"Speaker": "Ada Marsh"})

    assert booking.reference in speaker_page.open(PLACE_PAGE).text


def test_registering_again_with_their_own_email_address_links_the_speakers_booking(
    speaker_page: Browser,
) -> None:
    booking = make_delegate(given_names="Ada", family_name="Marsh", email="ADA@example.org")

    page = speaker_page.open(PLACE_PAGE).press(CONFIRM)

    assert page.heading == "You are registered"
    assert NOT_LINKED not in page.text
    assert booking.reference in speaker_page.open(PLACE_PAGE).text


def test_a_booking_with_the_speakers_email_address_is_linked_despite_another_name(
    speaker_page: Browser,
) -> None:
    page = register_as(speaker_page, "ada@example.org")

    assert NOT_LINKED not in page.text
    assert speaker_page.open(PLACE_PAGE).heading == "You have a place"


def test_a_colleagues_booking_at_a_shared_address_is_not_linked_to_the_speaker(
    visitor: Browser,
) -> None:
    make_speakers_category(5)
    make_category(name="Delegate")
    ada = confirm_ada(contact_address="office@example.org")
    make_delegate(given_names="Bea", family_name="Aide", email="office@example.org")
    sign_in_speaker(visitor, ada, "cy@example.org", is_assistant=True)

    page = register_as(visitor, "office@example.org", {"Given names": "Bea", "Family name": "Aide"})

    assert NOT_LINKED in page.text
    assert get_booking_of(ada) is None


def test_an_assistant_confirms_the_place_of_the_speaker(visitor: Browser) -> None:
    make_speakers_category(5)
    ada = confirm_ada(contact_address="office@example.org")
    sign_in_speaker(visitor, ada, "cy@example.org", is_assistant=True)

    visitor.open(PLACE_PAGE).press(CONFIRM)

    booking = get_booking_of(ada)
    assert booking is not None
    assert booking.email == "office@example.org"


def test_a_place_kept_for_speakers_cannot_be_taken_by_others(visitor: Browser) -> None:
    set_places(2)
    category = make_speakers_category()
    make_category(name="Delegate")
    keep_places(category, 1)
    sign_in_speaker(visitor, confirm_ada())
    visitor.open(PLACE_PAGE).press(CHANGE)
    visitor.open("/register/name").press("Continue", VIC)
    make_delegate(email="early@example.org")

    email = {"What is your email address?": "vic@victim.example"}
    page = visitor.open("/register/email").press("Continue", email, status=409)

    assert page.heading == "The conference is full"
    db.session.refresh(category)
    assert category.kept_places == 1


def test_registrations_through_speaker_pages_are_rate_limited(speaker_page: Browser) -> None:
    for number in range(3):
        assert NOT_LINKED in register_as(speaker_page, f"guest-{number}@example.org").text

    speaker_page.open(PLACE_PAGE).press(CHANGE)
    email = {"What is your email address?": "guest-4@example.org"}
    page = speaker_page.open("/register/email").press("Continue", email)
    page.press(CONFIRM_REGISTRATION, status=429)

    assert len(db.session.scalars(select(Delegate)).all()) == 3


@pytest.mark.both_databases
def test_a_person_registered_by_a_speaker_needs_the_approval_of_the_category(
    visitor: Browser,
) -> None:
    make_speakers_category(5, approvals_needed=1)
    make_category(name="Delegate")
    sign_in_speaker(visitor, confirm_ada())
    visitor.open(PLACE_PAGE).press(CHANGE)
    visitor.open("/register/name").press("Continue", VIC)
    email = {"What is your email address?": "vic@victim.example"}

    page = visitor.open("/register/email").press("Continue", email).press("Send application")

    assert page.heading == "Check your email"
    application = db.session.scalars(select(RegistrationApplication)).one()
    assert (application.name, application.email) == ("Vic Tim", "vic@victim.example")
    assert db.session.scalars(select(Delegate)).all() == []
    assert visitor.open(PLACE_PAGE).press(CONFIRM).heading == "You are registered"
    own = get_booking_of(get_ada_marsh())
    assert own is not None
    assert own.email == "ada@example.org"


def test_an_editor_sees_no_booking_reference_in_the_history_of_a_speaker(visitor: Browser) -> None:
    ada, booking = get_ada_marsh(), make_delegate()
    with transaction():
        services.link(ada, booking, actor="grace@conference.example")
        services.unlink(ada, actor="grace@conference.example")
    editor = sign_in(visitor, role=EDITOR)
    page = editor.open("/organise/speakers/ada-marsh")
    assert "A booking is now the booking of Ada Marsh" in page.text
    assert "A booking is no longer the booking of Ada Marsh" in page.text
    assert booking.reference not in page.text
    editor.open(f"/organise/delegates/{booking.reference}", status=403)


def test_an_editor_sees_no_booking_reference_in_older_history_entries(
    visitor: Browser, new_browser: Browsers
) -> None:
    ada, booking = get_ada_marsh(), make_delegate()
    earlier = f"Booking {booking.reference} is now the booking of Ada Marsh"
    happened_at = clock.now()
    save(
        HistoryEntry(
            summary=earlier, subject="speaker ada-marsh", happened_at=happened_at, actor="grace"
        )
    )
    proposal = make_proposal(ada, biography="Sails.")
    editor = sign_in(visitor, role=EDITOR)
    desk = sign_in(new_browser(), "dora@conference.example", role=DESK)

    for address in ("/organise/speakers/ada-marsh", f"/organise/proposals/{proposal.id}"):
        assert earlier in desk.open(address).text
        page = editor.open(address)
        assert "A booking is now the booking of Ada Marsh" in page.text
        assert booking.reference not in page.text
