"""Ten tasks of an organiser's day, and how much work each of them is: clicks, keys and pages.

Each begins on the dashboard. The limits are what the tasks take now: lower one when its task
becomes shorter. In each, clicks and pages are at most 60% of what they were before admin had a
search across everything, and so is the geometric mean of clicks, keys, pages and pixels scrolled,
each plus one.
"""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, Request, expect

from app.database import db
from app.mail.models import FAILED
from tests.factories import (
    grant_speaker_access,
    make_delegate,
    make_email,
    make_proposal,
    make_session,
    make_speaker,
    set_places,
    sign_in_window,
)
from tests.live_site import LiveSite
from tests.lookups import get_session


class Worker:
    """An organiser whose clicks, keys and pages are counted."""

    def __init__(self, window: Page, site: str) -> None:
        self.window = window
        self.clicks = self.keys = self.pages = 0
        self._site = site
        window.on("request", self._count_page)

    def start(self) -> None:
        """Go to the dashboard, from which the next task is counted."""
        self.window.goto(f"{self._site}/organise")
        self.clicks = self.keys = self.pages = 0

    def click(self, what: Locator, *, shift: bool = False) -> None:
        what.click(modifiers=["Shift"] if shift else [])
        self.clicks += 1

    def press(self, name: str, within: Locator | None = None) -> None:
        """Click a button or a link."""
        where = within or self.window.locator("body")
        named = where.get_by_role("button", name=name, exact=True)
        self.click(named.or_(where.get_by_role("link", name=name, exact=True)).first)

    def type(self, text: str) -> None:
        self.window.keyboard.type(text)
        self.keys += len(text)

    def find(self, text: str) -> Locator:
        """Search across admin, by the key for it; return what is found while typing."""
        self.window.keyboard.press("/")
        self.type(text)
        self.keys += 1
        found = self.window.locator(".suggestions")
        expect(found).to_be_visible()
        return found

    def expect_announcement(self, text: str) -> None:
        """Expect what is said once the task is done."""
        said = (
            self.window.get_by_role("status")
            .or_(self.window.get_by_role("alert"))
            .filter(has_text=text)
        )
        expect(said.first).to_be_visible(timeout=6000)

    def _count_page(self, request: Request) -> None:
        is_page = request.is_navigation_request() and request.frame == self.window.main_frame
        if is_page and request.redirected_from is None:
            self.pages += 1


def correct_an_email_address(worker: Worker) -> None:
    found = worker.find("Kuill")
    worker.click(found.get_by_role("link", name="Correct email address").first)
    box = worker.window.get_by_role("textbox", name="Correct email address")
    expect(box).to_be_focused()
    worker.window.keyboard.press("ControlOrMeta+a")
    worker.type("zoe@example.org\n")
    worker.expect_announcement("email")


def move_a_session(worker: Worker) -> None:
    found = worker.find("harbour walls")
    worker.click(found.get_by_role("link", name="Move session").first)
    worker.click(worker.window.get_by_label("Start"))
    worker.type("1400")
    worker.press("Save")
    expect(worker.window.get_by_text("Who this affects").first).to_be_visible()


def publish(worker: Worker) -> None:
    worker.press("Unpublished changes", worker.window.get_by_role("navigation", name="Admin"))
    worker.press("Publish now")
    worker.expect_announcement("Published. This release is public now.")


def invite_twelve_speakers(worker: Worker) -> None:
    worker.press("Invite speakers", worker.find("invite"))
    worker.click(worker.window.get_by_label("Select all in the group “Not invited yet”"))
    worker.press("Invite")
    worker.press("Send 12 emails")
    worker.expect_announcement("email")


def approve_three_changes(worker: Worker) -> None:
    worker.press("3 changes from speakers to approve")
    worker.press("Approve all 3 on this page")
    worker.expect_announcement("approved")


def cancel_a_session(worker: Worker) -> None:
    worker.find("farewell")
    expect(worker.window.get_by_role("status").filter(has_text="One result")).to_have_count(1)
    worker.type("\n")
    worker.press("Cancel this session")
    worker.expect_announcement("cancelled")


def add_a_room_for_five_sessions(worker: Worker) -> None:
    worker.press("Add a room", worker.find("add a room"))
    worker.click(worker.window.get_by_label("Name", exact=True))
    worker.type("Pier")
    worker.press("Save and add sessions")
    boxes = worker.window.get_by_label("Select Workshop")
    expect(boxes).to_have_count(5)
    for box in boxes.all():
        worker.click(box)
    worker.click(worker.window.locator("#main form .govuk-button").last)
    worker.expect_announcement("The sessions have been added")


def export_the_list_for_the_interpreter(worker: Worker) -> None:
    worker.press("Names for the interpreter", worker.find("names for the interpreter"))
    with worker.window.expect_download():
        worker.press("Download as CSV")


def see_why_an_email_failed(worker: Worker) -> None:
    expect(worker.window.get_by_text("User unknown").first).to_be_in_viewport()


def give_a_colleague_a_role(worker: Worker) -> None:
    found = worker.find("dora@conference.example")
    worker.press("Invite dora@conference.example as Registration desk", found)
    worker.expect_announcement("invit")


LIMITS: dict[Callable[[Worker], None], tuple[int, int, int]] = {  # clicks, keys, pages
    correct_an_email_address: (1, 22, 2),
    move_a_session: (3, 18, 2),
    publish: (2, 0, 2),
    invite_twelve_speakers: (4, 7, 3),
    approve_three_changes: (2, 0, 2),
    cancel_a_session: (1, 10, 2),
    add_a_room_for_five_sessions: (9, 15, 3),
    export_the_list_for_the_interpreter: (2, 26, 2),
    see_why_an_email_failed: (0, 0, 0),
    give_a_colleague_a_role: (1, 24, 1),
}


@pytest.fixture
def worker(live_site: Callable[..., LiveSite], window: Page) -> Worker:
    """An organiser with a full day, at a desk with a screen of usual size."""
    set_places(100)
    zoe = {"given_names": "Zoë", "family_name": "Quill", "email": "zoe@example.og"}
    make_delegate(**zoe, access="British Sign Language interpretation")
    make_email(recipient="zoe@example.og", state=FAILED, last_error="550 User unknown")
    for number in range(12):
        speaker = make_speaker(name=f"Ada Marsh the {number}th")
        grant_speaker_access(speaker, f"ada-{number}@example.org")
        if number < 3:
            make_proposal(speaker, f"ada-{number}@example.org", biography="She measures tides.")
    for number in range(5):
        make_session(title=f"Workshop {number}", starts_at=None)
    get_session("harbour-walls").title = "The harbour walls"
    db.session.commit()
    window.set_default_timeout(6000)
    window.set_viewport_size({"width": 1280, "height": 900})
    sign_in_window(window, address := live_site().address)
    return Worker(window, address)


def test_ten_tasks_of_a_day_take_no_more_steps_than_they_need(worker: Worker) -> None:
    taken = {}
    for task in LIMITS:
        worker.start()
        task(worker)
        taken[task] = (worker.clicks, worker.keys, worker.pages)

    assert {
        task.__name__: taken[task]
        for task, limits in LIMITS.items()
        if any(one > limit for one, limit in zip(taken[task], limits, strict=True))
    } == {}
