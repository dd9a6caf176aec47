"""What was stored by an earlier version is not only shown: people go on where they had stopped."""

import json
from collections.abc import Sequence
from typing import Any

import pyotp
import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from sqlalchemy import select

from app import clock
from app.database import db, transaction
from app.mail.models import FAILED, SENT, WAITING, Email
from app.mail.worker import Task
from app.worker_tasks import (
    FOLLOW_UP_TASKS,
    FREQUENT_TASKS,
    PERIODIC_TASKS,
    PICTURE_TASKS,
    SCHEDULED_TASKS,
)
from tests.accounts.software_key import SoftwareKey
from tests.browser import Browser, Browsers, Page
from tests.compatibility import databases
from tests.mail_server import MailServer
from tests.registration_flow import continue_to
from tests.sent_emails import deliver_emails, find_link, get_last_email_to

pytestmark = pytest.mark.both_databases
StoredState = dict[str, Any]
People = dict[str, Browser]
STEP = "/second-step/passkey"


@pytest.fixture
def newcomer(people: People, stored_state: StoredState) -> Browsers:
    """Make a browser that holds nothing yet."""
    (site,) = {browser._client.application for browser in people.values()}  # noqa: SLF001
    return databases.new_browser(site, stored_state["settings"]["SITE_URL"])


def do(tasks: Sequence[Task]) -> None:
    """Do what the worker does; unlike it, stop where one goes wrong."""
    for task in tasks:
        with transaction():
            task()


def test_stored_registration_drafts_can_be_completed(people: People, newcomer: Browsers) -> None:
    check = continue_to(people["Katherine, who is registering"].open("/register/check"))
    done = check.press("Confirm registration")
    dorothy = people["Dorothy, who is registering"]
    check = continue_to(dorothy.open("/register/days"))

    also = check.press("Confirm registration")

    assert (done.heading, also.heading) == ("You are registered", "You are registered")
    booking = newcomer().open(find_link(get_last_email_to("katherine@example.org"), "/booking/"))
    assert booking.summary_list["Name"] == "Katherine Johnson"


def test_stored_bookings_can_be_changed_with_the_links_in_their_emails(
    people: People, stored_state: StoredState
) -> None:
    somebody, links = people["anybody"], stored_state["links"]
    somebody.open(links["new address of Grace Hopper"])

    page = somebody.press("Confirm this email address")

    assert page.summary_list["Email address"] == "admiral@example.org"
    ada = links["booking of Ada Lovelace"]
    somebody.open(f"{ada}/name").press("Save", {"Family name": "King"})
    assert somebody.page.summary_list["Name"] == "Ada King"
    somebody.open(f"{ada}/address")
    label = "What is your correct email address?"
    somebody.press("Send a link to the new address", {label: "king@example.org"})
    somebody.open(find_link(get_last_email_to("king@example.org"), "/booking/new-address/"))
    assert (
        somebody.press("Confirm this email address").summary_list["Email address"]
        == "king@example.org"
    )
    somebody.open(f"{links['booking of Alan Gone']}/erase").press("Delete my details")
    assert somebody.page.address == "/booking/erased"


def test_stored_agendas_can_be_combined_and_restored_with_a_booking(
    people: People, stored_state: StoredState, newcomer: Browsers
) -> None:
    other = people["another agenda"]
    other.open(stored_state["links"]["agenda for another device"])

    joined = other.press("Combine both agendas")

    assert sessions_in(joined) == ["Opening", "Reading the tide", "Walls and piers", "Farewell"]
    telephone = newcomer()
    telephone.open(stored_state["links"]["booking of Ada Lovelace"]).follow(
        "Save your agenda with your booking"
    )
    assert sessions_in(telephone.press("Open the agenda in this browser")) == [
        "Opening",
        "Farewell",
    ]
    telephone.open("/programme").press("Tide pools: Add to my agenda")
    calendar = people["a delegate"].open("/agenda")
    assert sessions_in(calendar) == ["Opening", "Tide pools", "Farewell"]


def sessions_in(page: Page) -> list[str]:
    days = ("Wednesday", "Thursday", "My agenda")
    after = {"Your booked seats"}
    named = [one for one in page.headings if not one.startswith(days)]
    return named[: next(place for place, one in enumerate(named) if one in after)]


def test_stored_sign_in_links_passkeys_and_codes_still_sign_in(
    people: People, stored_state: StoredState, newcomer: Browsers, frozen_time: Any
) -> None:
    links, secrets = stored_state["links"], stored_state["secrets"]
    ada, grace = newcomer(), newcomer()
    ada.open(links["sign-in of Ada Marsh"]).press("Sign in")
    grace.open(links["sign-in of an organiser"]).press("Sign in")
    code = pyotp.TOTP(secrets["authenticator"]).at(clock.real_now())

    home = grace.press("Continue", code_from_your_app=code)

    assert ada.page.address == "/speak/ada-marsh"
    assert home.heading == "Dashboard"
    assert by_passkey(people["half signed in"], secrets).heading == "Dashboard"
    (used, *_) = secrets["recovery codes"]
    half = newcomer()
    half.open("/sign-in").press("Email me a link", email_address="grace@conference.example")
    half.open(find_link(get_last_email_to("grace@conference.example"), "/sign-in/")).press(
        "Sign in"
    )
    half.open("/second-step/recovery-code")
    page = half.press("Continue", recovery_code=used)
    assert page.heading == "Dashboard"


def by_passkey(half_way: Browser, secrets: dict[str, Any]) -> Page:
    """Take the second step with the passkey that was set up then."""
    key, stored = SoftwareKey(), secrets["passkey"]
    private: Any = load_pem_private_key(stored["private key"].encode(), None)
    key._private = private  # noqa: SLF001 - the very key that was kept
    key.credential_id = bytes.fromhex(stored["credential"])
    field = half_way.open("/sign-out").tree.find_by_id("csrf_token")
    assert field is not None
    told = {"csrf_token": field.get("value") or ""}
    question = json.loads(half_way.fetch("POST", f"{STEP}/question", data=told).get_data())
    return half_way.send("POST", STEP, data={**told, "answer": key.sign_assertion(question)})


def test_stored_proposals_of_speakers_can_be_decided(people: People) -> None:
    ada, editor = people["Ada Marsh"], people["an organiser"]
    waits = editor.open("/organise/proposals?state=open").follow("Ada Marsh")

    waits.press("Approve")

    joao = people["João Maré"].open("/speak/sessions/reading-the-tide/text")
    assert "Withdraw what you sent" in joao.buttons
    joao.press("Withdraw what you sent")
    profile = ada.open("/speak/ada-marsh/profile")
    assert profile.value_of("Biography") == "Ada *knows* the sea."
    assert people["an assistant"].open("/speak/ada-marsh/travel").press("Save").summary_list


def test_a_stored_upload_is_applied_and_a_scheduled_release_is_published(
    people: People, frozen_time: Any
) -> None:
    editor = people["an organiser"]
    loaded = editor.open("/organise/files/uploads/1").press("Load programme")
    assert "The programme has been loaded." in loaded.source
    frozen_time.move_to("2009-05-13T09:31:00+01:00")

    do((*SCHEDULED_TASKS, *FOLLOW_UP_TASKS))

    assert people["anybody"].open("/sessions/reading-the-tide").heading == "Reading the tides"


def test_stored_changes_can_be_undone_and_a_stored_release_restored(people: People) -> None:
    editor, reader = people["an organiser"], people["anybody"]
    editor.open("/organise/sessions/coffee").press("Undo: Coffee was cancelled")
    assert "Undone." in editor.page.source
    compared = editor.open("/organise/publishing/compare?from=1&to=2")
    assert compared.heading == "Changes from release 1 to release 2"

    editor.open("/organise/publishing/releases/1/back").press("Restore release 1")

    assert reader.open("/sessions/harbour-walls").heading == "Harbour walls"


def test_stored_waiting_emails_are_delivered_and_a_failed_one_is_sent_again(
    people: People, mailbox: MailServer
) -> None:
    waiting = db.session.scalars(select(Email).where(Email.state == WAITING)).all()
    expected = sorted((one.recipient, one.message) for one in waiting)
    failed = db.session.scalars(select(Email).where(Email.state == FAILED)).one()
    number, recipient = failed.id, failed.recipient

    deliver_emails()
    arrived = sorted((one.recipient, one.raw) for one in mailbox.emails)
    people["an organiser"].open(f"/organise/letters/{number}").press("Send again")
    deliver_emails()

    assert arrived == expected
    assert [one.recipient for one in mailbox.emails][len(arrived) :] == [recipient]
    assert set(db.session.scalars(select(Email.state))) == {SENT}


def test_periodic_tasks_run_on_stored_data(people: People, frozen_time: Any) -> None:
    frozen_time.move_to("2009-07-20T09:30:00+01:00")

    do((*PERIODIC_TASKS, *PICTURE_TASKS, *FREQUENT_TASKS, *SCHEDULED_TASKS, *FOLLOW_UP_TASKS))

    assert people["anybody"].open("/programme").status == 200
