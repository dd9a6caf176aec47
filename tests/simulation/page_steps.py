"""What people do on the site's pages, with the small browser of the tests."""

from flask import current_app

from app.database import db, transaction
from app.delegates.categories.models import RegistrationCategory
from app.delegates.models import Delegate
from app.delegates.queries import ATTENDING
from app.registration import links
from app.registration import services as registration
from app.registration.waiting_list.models import OFFERED, WaitingListEntry
from tests.browser import Browser
from tests.simulation.people import build_answers, choose_id
from tests.simulation.year import Step, Year

PUBLIC_PAGES = ("/", "/programme", "/register", "/speakers", "/waiting-list", "/ballots")
CONFIRMING = ("Confirm registration", "Join the waiting list")
ANSWERED = (200, 404, 409, 410, 422)  # never a fault of the site


def register(year: Year) -> Step:
    """Confirm on the page that shows all answers, with the button that is there."""
    is_public = RegistrationCategory.name.in_(("Delegates", "Students"))
    category = choose_id(year.random, RegistrationCategory, is_public)
    answers = {**build_answers(year.random, year.add_person()), "category": str(category)}
    with transaction():
        secret = registration.create_draft(answers)

    def confirm() -> None:
        browser = open_browser()
        browser.set_cookie("answers", secret)
        page = browser.send("GET", "/register/check", ANSWERED)
        for button in CONFIRMING:
            if button in page.buttons:
                page.press(button)
                break
        db.session.remove()

    return Step(f"person {year.people} registers on pages", confirm)


def read_public_pages(year: Year) -> Step:
    """Read public pages, and the page of a booking."""
    addresses = [year.random.choice(PUBLIC_PAGES)]
    number = choose_id(year.random, Delegate, ATTENDING)
    if number is not None:
        token = links.booking_token(db.session.get_one(Delegate, number))
        addresses += [f"/booking/{token}", f"/booking/{token}/sessions"]
    db.session.rollback()

    def read() -> None:
        browser = open_browser()
        for address in addresses:
            browser.send("GET", address, ANSWERED)
        db.session.remove()

    return Step("somebody looks around", read)


def cancel(year: Year) -> Step | None:
    """Cancel a booking on its page."""
    number = choose_id(year.random, Delegate, ATTENDING)
    if number is None:
        return None
    token = links.booking_token(db.session.get_one(Delegate, number))
    db.session.rollback()

    def press() -> None:
        browser = open_browser()
        page = browser.send("GET", f"/booking/{token}/cancel", ANSWERED)
        if "Cancel my booking" in page.buttons:
            page.press("Cancel my booking")
        db.session.remove()

    return Step(f"delegate {number} cancels on pages", press)


def accept_offer(year: Year) -> Step | None:
    """Take a place on offer with the button on its page."""
    is_offered = WaitingListEntry.state == OFFERED
    of_conference = WaitingListEntry.scope == "conference"
    number = choose_id(year.random, WaitingListEntry, of_conference, is_offered)
    if number is None:
        return None
    token = links.waiting_list_token(db.session.get_one(WaitingListEntry, number))
    db.session.rollback()

    def press() -> None:
        browser = open_browser()
        page = browser.send("GET", f"/waiting-list/{token}", ANSWERED)
        for button in page.buttons:
            if button.startswith(("Accept", "Take")):
                page.press(button)
        db.session.remove()

    return Step(f"entry {number} takes the place on pages", press)


def open_browser() -> Browser:
    """Return a browser without cookies."""
    return Browser(current_app, str(current_app.config["SITE_URL"]))
