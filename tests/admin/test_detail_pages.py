"""The pages of a session, a speaker and a delegate: what they are, and beside it what happened."""

import pytest
from playwright.sync_api import Page as Window

from tests.browser import Browser, Page
from tests.factories import (
    get_ada_marsh,
    make_delegate,
    make_email,
    make_proposal,
    save,
    sign_in,
    sign_in_window,
)
from tests.live_site import LiveSites
from tests.lookups import get_session


def activity(page: Page) -> list[str]:
    """Return the headings of the history."""
    (part,) = page.tree.find_by_class("detail-activity")
    return ["".join(one.itertext()) for one in page.tree.find_all("h2", within=part)]


def test_the_page_of_a_speaker_shows_their_proposals_and_emails(visitor: Browser) -> None:
    ada = get_ada_marsh()
    ada.contact_address = "Ada@example.org"
    save(ada)
    make_email(recipient="ada@example.org", subject="Your own pages")
    make_email(recipient="bob@example.org", subject="For somebody else")
    make_proposal(ada, biography="She *swims*.")
    organiser = sign_in(visitor)

    page = organiser.open("/organise/speakers/ada-marsh")

    assert activity(page) == ["Emails and changes"]
    assert page.follow("Biography").heading == "Change to Ada Marsh"
    page = organiser.open("/organise/speakers/ada-marsh")
    assert "For somebody else" not in page.links
    assert page.follow("Your own pages").address.startswith("/organise/letters/")


def test_an_editor_sees_no_emails_on_the_page_of_a_speaker(visitor: Browser) -> None:
    ada = get_ada_marsh()
    ada.contact_address = "ada@example.org"
    save(ada)
    make_email(recipient="ada@example.org", subject="Your own pages")
    editor = sign_in(visitor, "ed@conference.example", "editor")

    page = editor.open("/organise/speakers/ada-marsh")

    assert activity(page) == ["Changes"]
    assert "Your own pages" not in page.links


def test_the_page_of_a_session_shows_proposals_for_it(visitor: Browser) -> None:
    make_proposal(get_session("opening"), abstract="Of *salt*.")

    page = sign_in(visitor).open("/organise/sessions/opening")

    assert activity(page) == ["Changes by speakers", "History"]


def test_the_page_of_a_delegate_shows_their_emails(visitor: Browser) -> None:
    delegate = make_delegate()
    make_email(booking_reference=delegate.reference, subject="You are registered")

    page = sign_in(visitor).open(f"/organise/delegates/{delegate.reference}")

    assert activity(page) == ["Tags", "Notes, emails and changes"]
    assert "You are registered" in page.links


@pytest.mark.parametrize(("width", "is_beside"), [(390, False), (1099, False), (1100, True)])
def test_activity_is_on_the_right_on_wide_screens(
    live_site: LiveSites, window: Window, width: int, is_beside: bool
) -> None:
    site = live_site().address
    sign_in_window(window, site)
    window.set_viewport_size({"width": width, "height": 900})
    window.goto(f"{site}/organise/sessions/opening")

    facts = window.locator(".detail > div").bounding_box()
    beside = window.locator(".detail-activity").bounding_box()

    assert facts is not None
    assert beside is not None
    assert (beside["x"] >= facts["x"] + facts["width"]) is is_beside
    assert (beside["y"] >= facts["y"] + facts["height"]) is not is_beside
