"""Those who come: bookings in every state, a registration that is not finished, agendas."""

import re

from tests.browser import Answer, Browser, Page
from tests.compatibility.fill import FillContext
from tests.registration_flow import THURSDAY, answer_questions, complete_registration

MANUAL_REGISTRATIONS: dict[str, Answer] = {
    "Given names": "Zoë",
    "Family name": "Ångström",
    "Email address": "zoe@example.org",
    "Organisation": "Institute of Light",
    "Country": "Sweden",
    "Days": ["Wednesday 10 June 2009"],
    "Access requirements in their own words (optional)": "A seat near the door",
    "They agree that we store their access and dietary requirements until 30 days after the "
    "conference": True,
}


def register(stage: FillContext) -> None:
    """Register five people: one tries twice, one changes, one cancels, one goes altogether."""
    held = stage.held
    ada = held.browsers["a delegate"] = stage.new_browser()
    held.links["confirmation of Ada Lovelace"] = complete_registration(ada).address
    booking = stage.link_from_email("booking of Ada Lovelace", "ada@example.org", "/booking/")
    again = complete_registration(stage.new_browser())
    held.links["second confirmation of Ada Lovelace"] = again.address
    ada.open(f"{booking}/days")
    ada.press("Save", {"Which days will you attend?": ["Wednesday 10 June 2009", THURSDAY]})
    _register(stage, "Grace", "Hopper", "hopper@example.org")
    wants = held.links["booking of Grace Hopper"]
    ada.open(f"{wants}/address")
    ada.press(
        "Send a link to the new address",
        {"What is your correct email address?": "admiral@example.org"},
    )
    stage.link_from_email("new address of Grace Hopper", "admiral@example.org", "/booking/new-")
    for name in ("Alan", "Edsger"):
        _register(stage, name, "Gone", f"{name.lower()}@example.org")
        ada.open(f"{held.links[f'booking of {name} Gone']}/cancel").press("Cancel my booking")
    ada.open(f"{held.links['booking of Edsger Gone']}/erase").press("Delete my details")


def _register(stage: FillContext, given: str, family: str, email: str) -> None:
    complete_registration(stage.new_browser(), (given, family), email)
    stage.link_from_email(f"booking of {given} {family}", email, "/booking/")


def add_delegate_at_desk(desk: Browser) -> None:
    """Add a delegate, who asks for another address, change them, and note something."""
    desk.open("/organise/delegates/_add").press("Add", MANUAL_REGISTRATIONS)
    page = desk.page
    page.follow("Change booking").press("Save", {"Organisation": "Institute of Lights"})
    desk.open(page.address).follow("Correct email address")
    desk.press("Correct email address", {"Correct email address": "zoe@example.com"})
    desk.open(page.address).press("Add note", {"New note": "Arrives on Wednesday evening"})
    desk.press("Add tag", {"Tag": "Press"})


def start_registrations(stage: FillContext) -> None:
    """Leave one registration at its last step, and one in the middle."""
    for name, until in (("Katherine", "check"), ("Dorothy", "days")):
        browser = stage.held.browsers[f"{name}, who is registering"] = stage.new_browser()
        answer_questions(
            browser, until=until, name=(name, "Johnson"), email=f"{name.lower()}@example.org"
        )


def star_session_that_moves(stage: FillContext) -> None:
    """Star a session that moves later."""
    browser = stage.held.browsers["an agenda"] = stage.new_browser()
    browser.open("/programme").press("Harbour walls: Add to my agenda")


def create_agendas(stage: FillContext) -> None:
    """Make three agendas: one is kept with a booking."""
    held = stage.held
    for holder, sessions in (
        ("an agenda", ("Opening", "Reading the tide")),
        ("another agenda", ("Farewell",)),
        ("a delegate", ("Opening", "Farewell")),
    ):
        browser = held.browsers.setdefault(holder, stage.new_browser())
        for session in sessions:
            browser.open("/programme").press(f"{session}: Add to my agenda")
    page = held.browsers["an agenda"].open("/agenda")
    held.links["calendar of an agenda"] = _link_in(page, r"/agenda/[^/<]+\.ics")
    delegate = held.browsers["a delegate"]
    delegate.open(held.links["booking of Ada Lovelace"]).follow(
        "Save your agenda with your booking"
    )
    delegate.press("Save the agenda with my booking")


def create_agenda_transfer(stage: FillContext) -> None:
    """Note the link that carries an agenda to another device, for a quarter of an hour."""
    page = stage.held.browsers["an agenda"].open("/agenda/move")
    stage.held.links["agenda for another device"] = _link_in(page, r"/agenda/from/[^\"<]+")


def _link_in(page: Page, pattern: str) -> str:
    found = re.search(rf"https://conference\.example({pattern})", page.source)
    assert found, page.text
    return found[1]
