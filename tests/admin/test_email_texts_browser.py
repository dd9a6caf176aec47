"""The preview of an email in a real browser, in a frame that runs no scripts."""

import pytest
from playwright.sync_api import Page, expect

from app.database import transaction
from app.mail import email_texts
from app.mail.email_texts import TextKey
from app.mail.rendering import EmailText
from tests.browser import Browser
from tests.chromium import Axe, horizontal_overflow
from tests.factories import make_email, sign_in_window
from tests.keyboard_user import NARROW
from tests.live_site import LiveSites
from tests.waiting import wait_until


def test_the_html_of_an_email_preview_is_rendered_in_its_frame(
    live_site: LiveSites, window: Page, axe: Axe
) -> None:
    address = live_site().address
    sign_in_window(window, address)
    window.set_viewport_size(NARROW)
    refused: list[str] = []
    window.on("console", lambda line: refused.append(line.text))

    window.goto(f"{address}/organise/letters/wording/registration_confirmed?width=phone")

    frame = window.frame_locator("iframe")
    expect(frame.get_by_role("heading", level=1)).to_have_text(
        "You are registered for Tides and Harbours: SMPL2345"
    )
    qr_code = frame.get_by_alt_text("QR code of your booking reference")
    wait_until(lambda: bool(qr_code.evaluate("picture => picture.naturalWidth > 0")), "drawn")
    assert horizontal_overflow(window) == 0
    expect(frame.locator("script")).to_have_count(0)
    # the driver puts a script of its own into every document; the sandbox may say that it blocks it
    assert [one for one in refused if not one.startswith("Blocked script execution")] == []
    assert axe(window) == []


def test_a_live_preview_of_an_email_text_is_shown_while_typing(
    live_site: LiveSites, window: Page, axe: Axe
) -> None:
    address = live_site().address
    sign_in_window(window, address)
    refused: list[str] = []
    window.on("console", lambda line: refused.append(line.text))
    window.goto(f"{address}/organise/letters/wording/registration_confirmed/en")
    frame = window.frame_locator("iframe")
    expect(frame.get_by_role("heading", level=1)).to_have_text(
        "You are registered for Tides and Harbours: SMPL2345"
    )
    assert axe(window) == []

    window.get_by_label("Subject").fill("Hello ")
    window.get_by_role("button", name="Given names").click()

    expect(window.get_by_label("Subject")).to_have_value("Hello {{ given_names }}")
    expect(frame.get_by_role("heading", level=1)).to_have_text("Hello Alex")
    window.get_by_label("Text").fill("{{ tiket }}")
    expect(window.get_by_text("A preview will appear here")).to_be_visible()
    window.get_by_label("Text").fill("Welcome.\n\n[Open your booking]({{ booking_link }})")
    window.get_by_role("button", name="Ticket, with the days").click()
    expect(window.get_by_label("Text")).to_have_value(
        "Welcome.\n\n[Open your booking]({{ booking_link }})\n\n{{ ticket }}"
    )
    expect(frame.get_by_role("link", name="Open your booking")).to_be_visible()
    expect(frame.locator(".ticket__title")).to_be_visible()  # which came last
    window.set_viewport_size({"width": 320, "height": 800})
    assert horizontal_overflow(window) == 0
    assert axe(window) == []
    window.get_by_role("button", name="Preview").click()
    expect(window.get_by_role("heading", name="Preview of “Confirmation”")).to_be_visible()
    assert horizontal_overflow(window) == 0
    assert axe(window) == []
    window.get_by_role("link", name="Back to the form").click()
    window.get_by_role("button", name="Save", exact=True).click()
    expect(window.get_by_text("Your own, version 1")).to_be_visible()
    assert axe(window) == []
    window.get_by_role("link", name="Versions").click()
    assert (axe(window), horizontal_overflow(window)) == ([], 0)
    window.get_by_role("button", name="Show differences").click()
    assert (axe(window), horizontal_overflow(window)) == ([], 0)
    window.go_back()
    window.get_by_role("link", name="Original").first.click()
    assert (axe(window), horizontal_overflow(window)) == ([], 0)
    assert [line for line in refused if "Content Security Policy" in line] == []


@pytest.mark.parametrize(("width", "colours"), [(320, "light"), (1280, "dark")])
def test_email_text_pages_have_no_accessibility_violations(
    live_site: LiveSites, window: Page, axe: Axe, width: int, colours: str
) -> None:
    own = EmailText("A seat for you", "Dear {{ name }},\n\n{{ details }}\n\n{{ sessions_link }}")
    make_email(recipient=f"{'a' * 60}@example.org", subject="Water and sanitation far away " * 5)
    with transaction():
        key = TextKey("session_booked", "en")
        email_texts.save(key, own, name="Seat booked", expected_version=0, actor="the site")
    text = "/organise/letters/wording/session_booked/en"
    paths = [
        *(f"/organise/letters{one}" for one in ("", "/1", "/check", "/wording", "/wording/change")),
        *(f"{text}{one}" for one in ("", "/versions", "/versions/0", "/compare?from=0&to=1")),
        *(f"{text}{one}" for one in ("/preview?width=phone&scheme=dark", "/versions/1")),
    ]
    sign_in_window(window, site := live_site().address)
    window.emulate_media(color_scheme="dark" if colours == "dark" else "light")
    window.set_viewport_size({"width": width, "height": 800})

    found = {}
    for path in paths:
        answer = window.goto(site + path)
        assert answer is not None
        found[path] = (answer.status, axe(window), horizontal_overflow(window))

    assert found == dict.fromkeys(paths, (200, [], 0))


def test_long_labels_in_other_languages_do_not_widen_emails_on_phones(
    organiser: Browser, window: Page
) -> None:
    address = "/organise/letters/wording/address_changed/html"
    html = organiser.fetch("GET", address).get_data(as_text=True)
    word = "Registrierungsbestätigungsnummer"

    window.set_viewport_size({"width": 320, "height": 640})
    window.set_content(html.replace("Booking reference", word))

    expect(window.get_by_role("rowheader", name=word)).to_be_visible()
    assert horizontal_overflow(window) == 0
