"""Organisers write what emails say, see it with invented and real people, and go back."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from icalendar import Calendar
from sqlalchemy import select

from app import clock
from app.accounts.models import DESK
from app.admin_emails.kinds import samples
from app.admin_emails.kinds.registry import EMAIL_KINDS, WITH_CALENDAR
from app.content.views import get_content_folder
from app.database import db
from app.mail import email_texts, rendering, shipped_texts
from app.mail import services as mail
from app.mail.email_texts import TextKey
from app.mail.fields.registry import EMAIL_FIELDS
from app.mail.models import EmailTextVersion
from app.mail.rendering import EmailText
from app.onboarding import services as onboarding
from app.programme.models import Session
from app.registration import emails as booking_emails
from app.speakers.models import ANOTHER_TIME, SpeakerRequest
from app.speakers.reminders import WaitingChange
from tests.browser import Browser, Browsers
from tests.browser import Page as BrowserPage
from tests.factories import get_ada_marsh, make_delegate, save, sign_in
from tests.mail_server import MailServer
from tests.pages import HtmlTree, read_text
from tests.registration_flow import IN_FRENCH, complete_registration, continue_to
from tests.sent_emails import deliver_emails

PAGE = "/organise/letters/wording"
CONFIRMATION = f"{PAGE}/registration_confirmed/en"
SUBJECT = "Welcome, {{ name }}: {{ reference }}"
BODY = """Dear {{ name }},

See you at **{{ conference }}**.

{{ only if organisation }}Greetings to {{ organisation }}.{{ end }}

{{ ticket }}

[Open your booking]({{ booking_link }})"""
OWN = EmailText(SUBJECT, BODY)
KEY = TextKey("registration_confirmed", "en")
EN_FR = pytest.mark.settings(LANGUAGES='["en", "fr"]')


def write(  # noqa: PLR0913 – all that may differ in a story
    organiser: Browser,
    subject: str = SUBJECT,
    body: str = BODY,
    *,
    address: str = CONFIRMATION,
    button: str = "Save",
    status: int = 200,
) -> BrowserPage:
    return organiser.open(address).press(button, status=status, subject=subject, text=body)


def save_text(text: EmailText = OWN, key: TextKey = KEY) -> None:
    version = email_texts.get_state(key).version
    email_texts.save(key, text, name="Confirmation", expected_version=version, actor="the site")
    db.session.commit()


def iter_variants() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield emails for people about whom there is more, or less, to say than in the samples."""
    cancelled = samples.build_delegate()
    cancelled.cancel(clock.now())
    two = [Session(title="One"), Session(title="Two")]
    request = {"kind": ANOTHER_TIME, "message": "No\nmore", "answer": "", "actor": "a@b.example"}
    withdrawal = SpeakerRequest(**request | {"kind": "withdrawal"})
    yield "booking_links", {"delegates": [samples.build_delegate(), cancelled]}
    yield "booking_cancelled", {"reason": "No room, sorry", "released": ["Rivers", "Fair: pay"]}
    yield "booking_cancelled", {"reason": "You had two bookings", "kept": "SMPL2345"}
    yield "booking_changed", {"are_days_other": True}
    yield "registration_confirmed", {"are_needs_removed": True}
    yield "speaker_invited", {"message": "Dear friend\n\nline two"}
    yield "speaker_invited", {"sessions": two, "confirm_by": None}
    yield "speaker_invited", {"sessions": []}
    yield "speaker_reminder", {"message": "Hello *there*"}
    yield "speaker_asks", {"asked": withdrawal}
    yield "speaker_request_answered", {"asked": SpeakerRequest(**request)}
    yield "speaker_owner_reminder", {"sessions": two, "wanted_by": None}
    yield "speaker_owner_reminder", {"sessions": two}
    yield "changes_waiting", {"waiting": [WaitingChange("A", clock.now())] * 3, "total": 30}
    yield "feedback_received", {"text": "Hi\n\nyou", "email": ""}
    yield from (("invited", {"role": role}) for role in ("organiser", "desk", "viewer"))
    yield from (("second_step_changed", {"news": news}) for news in ("app_added", "reset"))


def without_button_gaps(text: str) -> str:
    """Leave out the empty line between the words of a button and its address."""
    return re.sub(r":\n\n(?=https?://)", ":\n", text)


def test_every_email_declares_its_placeholders() -> None:
    assert list(EMAIL_FIELDS) == [name for name in EMAIL_FIELDS if name in EMAIL_KINDS]
    assert set(EMAIL_FIELDS) == set(EMAIL_KINDS)


@pytest.mark.parametrize("contact", ["tides@conference.example", ""])
def test_the_editable_default_text_matches_the_template(site: Flask, contact: str) -> None:
    cases = [*((name, {}) for name in EMAIL_KINDS), *iter_variants()]
    for template, changes in cases:
        context = {**EMAIL_KINDS[template].sample(), **changes, "contact": contact}
        shipped = shipped_texts.get_shipped_text(template, "en")

        as_shipped = rendering.render_email(template, "en", context)
        as_written = email_texts.render(shipped, TextKey(template, "en"), context)

        assert as_written.subject == as_shipped.subject
        assert without_button_gaps(as_written.text) == without_button_gaps(as_shipped.text)
        assert email_texts.find_problems(template, shipped) == {}
        assert email_texts.find_gaps(template, shipped) == []


def test_an_organiser_can_change_the_text_of_the_confirmation(
    organiser: Browser, mailbox: MailServer
) -> None:
    page = organiser.open(PAGE).follow("Confirmation").follow("Change the text")
    assert page.heading == "Change “Confirmation”"
    assert page.value_of("Subject") == "You are registered for {{ conference }}: {{ reference }}"

    page = page.press("Save", subject=SUBJECT, text=BODY)

    assert "Saved. New emails of this type will say this." in page.source
    assert page.summary_list["Subject"] == "Welcome, Alex Example: SMPL2345"
    assert page.summary_list["Text"] == "Your own, version 1"
    delegate = save(make_delegate(given_names="Ada", family_name="Marsh", organisation=""))
    booking_emails.send_registration_confirmed(delegate)
    db.session.commit()
    deliver_emails()
    (arrived,) = mailbox.emails_to(delegate.email)
    assert arrived.subject == f"Welcome, Ada Marsh: {delegate.reference}"
    lines = arrived.text.replace("\r\n", "\n").split("\n\n")
    assert lines[:2] == ["Dear Ada Marsh,", "See you at Tides and Harbours."]
    assert lines[2].splitlines()[0] == f"Booking reference: {delegate.reference}"
    assert lines[3].startswith("Open your booking:\nhttps://conference.example/booking/")
    html = HtmlTree(arrived.html)
    assert next(read_text(one) for one in html.find_all("strong")) == "Tides and Harbours"
    organiser.open(PAGE)
    row = organiser.page.rows[0]
    assert (row["Type"], row["Text"]) == ("Confirmation", "Your own")


@pytest.mark.parametrize(
    ("subject", "body", "error"),
    [
        (
            SUBJECT,
            BODY.replace("{{ ticket }}", ""),
            "Everyone needs {{ ticket }}: put it back into the text",
        ),
        (
            SUBJECT,
            f"{BODY}\n\n{{{{ reverence }}}}",
            "There is no placeholder “reverence”. Did you mean “reference”?",
        ),
        (SUBJECT, f"{BODY}\n\n{{{{ dietary_needs }}}}", "There is no placeholder “dietary_needs”"),
        (
            SUBJECT,
            f"{BODY}\n\n{{{{ only if organisation }}}} Hello",
            "An “only if” has no {{ end }}",
        ),
        (
            SUBJECT,
            f"{BODY}{{{{ name",
            "A placeholder starts with {{ and ends with }} on the same line",
        ),
        ("{{ ticket }}", BODY, "There is no placeholder “ticket”"),
        ("{{ booking_link }}", BODY, "There is no placeholder “booking_link”"),
        ("{{ organisation }}", BODY, "The subject would be empty for some people"),
        ("", BODY, "Enter a subject"),
        (SUBJECT, "", "Enter the text"),
        (SUBJECT, f"{BODY}{'x' * 20_000}", "The text must be 20000 characters or fewer"),
        ("x" * 301, BODY, "The subject must be 300 characters or fewer"),
        (
            SUBJECT,
            f"{BODY}\x07",
            "Type this instead of pasting it. It contains hidden characters that we cannot use",
        ),
    ],
)
def test_an_invalid_email_text_is_refused(
    organiser: Browser, subject: str, body: str, error: str
) -> None:
    page = write(organiser, subject, body, status=422)

    assert page.errors == [error]
    assert db.session.scalars(select(EmailTextVersion)).all() == []


def test_a_subject_is_one_line_and_html_is_shown_as_typed(organiser: Browser) -> None:
    page = write(
        organiser, "Hello\r\nBcc: everyone@example.org", f"<script>alert(1)</script>\n\n{BODY}"
    )

    assert page.summary_list["Subject"] == "Hello Bcc: everyone@example.org"
    html = organiser.fetch("GET", f"{PAGE}/registration_confirmed/html").get_data(as_text=True)
    assert list(HtmlTree(html).find_all("script")) == []
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html


def test_a_placeholder_that_may_be_empty_causes_a_warning(organiser: Browser) -> None:
    page = write(
        organiser, body=f"{BODY}\n\nYou work for {{{{ organisation }}}}.", button="Preview"
    )

    assert page.heading == "Preview of “Confirmation”"
    assert "Some people have no value" not in page.text  # the invented delegate has one
    page = page.follow("Back to the form")
    assert "Some people have no value for these, which leaves a gap: Organisation." in page.text


def test_a_draft_email_text_can_be_previewed_tested_and_saved(
    organiser: Browser, mailbox: MailServer
) -> None:
    page = write(organiser, button="Preview")
    assert page.summary_list["Subject"] == "Welcome, Alex Example: SMPL2345"
    (frame,) = page.tree.find_all("iframe")
    framed = organiser.fetch("GET", frame.get("src") or "")
    assert "See you at <strong>" in framed.get_data(as_text=True)
    assert organiser.open(page.address).heading == page.heading

    page = page.press("Send me a test")
    assert "We are sending this email to you, with invented details." in page.source
    deliver_emails()
    (arrived,) = mailbox.emails_to("grace@conference.example")
    assert arrived.subject == "Test: Welcome, Alex Example: SMPL2345"
    (entry,) = Calendar.from_ical(arrived.calendar).walk("VEVENT")
    assert (str(entry["STATUS"]), entry["SEQUENCE"]) == ("CONFIRMED", 0)
    assert email_texts.list_edited() == []

    page = page.follow("Back to the form").press("Save")
    assert page.summary_list["Text"] == "Your own, version 1"


@pytest.mark.parametrize("template", [*sorted(WITH_CALENDAR), "sign_in", "waiting_list_offer"])
def test_a_test_email_has_a_calendar_file_if_the_email_has_one(
    organiser: Browser, mailbox: MailServer, template: str
) -> None:
    page = organiser.open(f"/organise/letters/wording/{template}/en/preview")
    page.press("Send me a test")
    deliver_emails()

    (arrived,) = mailbox.emails
    assert bool(arrived.calendar) == (template in WITH_CALENDAR)


def test_test_emails_of_texts_are_rate_limited(organiser: Browser) -> None:
    page = organiser.open(f"{CONFIRMATION}/preview")
    for _ in range(20):
        page.press("Send me a test")

    page.press("Send me a test", status=429)


def test_a_preview_shows_a_real_delegate_without_secret_links(organiser: Browser) -> None:
    delegate = save(make_delegate(given_names="Zoe", family_name="Okafor", organisation=""))
    page = organiser.open(f"{PAGE}/registration_confirmed")

    page = page.press("Search", preview_with_a_delegate="okafor").follow("Zoe Okafor")

    assert "Dear Zoe Okafor," in page.text
    assert delegate.reference in page.text
    assert delegate.access_key not in page.source
    (frame,) = page.tree.find_all("iframe")
    assert "Zoe Okafor" in organiser.fetch("GET", frame.get("src") or "").get_data(as_text=True)
    assert "Dear Alex Example," in page.follow("Use invented details").text
    organiser.open(f"{PAGE}/registration_confirmed?person=delegate-NOBODY22", status=404)
    organiser.open(f"{PAGE}/sign_in?person=delegate-{delegate.reference}", status=404)
    page = organiser.open(f"{PAGE}/registration_confirmed?q=nobody+of+that+name")
    assert "Nobody found." in page.text


@pytest.mark.parametrize(
    "template", [name for name, kind in EMAIL_KINDS.items() if "speaker" in kind.recipient.lower()]
)
def test_a_preview_shows_a_real_speaker(organiser: Browser, template: str) -> None:
    ada = get_ada_marsh()
    page = organiser.open(f"{PAGE}/{template}?q={ada.name}")

    assert ada.name in [*page.links]


def test_a_preview_can_be_dark_and_as_narrow_as_a_phone(organiser: Browser) -> None:
    page = organiser.open(f"{PAGE}/sign_in").follow("Dark").follow("Phone")
    (frame,) = page.tree.find_all("iframe")

    assert "email-preview--phone" in (frame.get("class") or "")
    html = organiser.fetch("GET", frame.get("src") or "").get_data(as_text=True)

    assert "@media all {" in html
    assert "prefers-color-scheme: dark" not in html


def test_versions_of_an_email_text_can_be_listed_compared_and_restored(organiser: Browser) -> None:
    write(organiser)
    write(organiser, subject="Second")
    page = organiser.open(f"{PAGE}/registration_confirmed").follow("Versions")
    assert [row["Version"] for row in page.rows] == ["Version 2", "Version 1", "Original"]

    compared = page.press("Show differences")
    assert compared.heading == "Two versions of “Confirmation”"
    assert SUBJECT in compared.text

    page = organiser.open(f"{CONFIRMATION}/versions").follow("Version 1")
    page = page.press("Restore this version")
    assert "Restored. New emails of this type will say this." in page.source
    assert email_texts.find(*KEY) == OWN
    page = organiser.open(f"{CONFIRMATION}/versions").follow("Original")
    page = page.press("Restore the original text")
    assert page.summary_list["Text"] == "Original"
    assert email_texts.find(*KEY) is None
    page = organiser.open(f"{CONFIRMATION}/versions")
    assert [row["State"] for row in page.rows] == [
        "In use Original text",
        "Replaced",
        "Replaced",
        "Replaced",
        "",
    ]
    assert "The text of “Confirmation” was restored to the original text" in page.text
    organiser.open(f"{CONFIRMATION}/versions/9", status=404)
    organiser.open(f"{CONFIRMATION}/compare?from=x&to=1", status=404)


@pytest.mark.both_databases
def test_a_stale_edit_of_an_email_text_shows_both_versions(
    organiser: Browser, new_browser: Browsers
) -> None:
    other = sign_in(new_browser(), "omar@conference.example")
    other.open(CONFIRMATION)
    write(organiser)

    page = other.press("Save", status=409, subject="Mine", text=BODY)

    assert "Two versions" in page.headings
    assert SUBJECT in page.text
    other.press("Save")
    assert email_texts.find(*KEY) == EmailText("Mine", BODY)
    assert [one.version for one in email_texts.list_versions(KEY)] == [2, 1]


def test_saving_an_email_text_unchanged_does_nothing(organiser: Browser) -> None:
    page = organiser.open(CONFIRMATION).press("Save")

    assert "There were no changes to save." in page.source
    assert email_texts.list_versions(KEY) == []


def test_a_changed_default_text_is_pointed_out(organiser: Browser) -> None:
    save_text()
    row = db.session.scalars(select(EmailTextVersion)).one()
    row.shipped_body = row.shipped_body.replace("Before you come:", "Before the conference:")
    db.session.commit()

    page = organiser.open(CONFIRMATION)
    assert "The original text has changed since you wrote yours." in page.text
    assert "Before the conference:" in page.text
    page = page.press("Save")

    assert page.summary_list["Text"] == "Your own, version 2"
    assert "has changed since" not in organiser.open(CONFIRMATION).text


@EN_FR
def test_each_language_has_its_own_email_text_or_the_default(
    organiser: Browser, mailbox: MailServer
) -> None:
    french = BODY.replace("Dear", "Cher")
    write(organiser, body=french, address=f"{PAGE}/registration_confirmed/fr")
    for language in ("en", "fr"):
        delegate = save(make_delegate(email=f"{language}@example.org", language=language))
        booking_emails.send_registration_confirmed(delegate)
    db.session.commit()
    deliver_emails()

    (english,) = mailbox.emails_to("en@example.org")
    (other,) = mailbox.emails_to("fr@example.org")
    assert english.text.startswith("Dear ")
    assert other.text.startswith("Cher ")
    page = organiser.open(f"{PAGE}/registration_confirmed").follow("français")
    assert page.summary_list["Text"] == "Your own, version 1"
    organiser.open(f"{PAGE}/registration_confirmed/de", status=404)


@EN_FR
def test_emails_use_the_text_in_the_language_of_the_delegate(
    organiser: Browser, new_browser: Browsers, mailbox: MailServer
) -> None:
    write(organiser, button="Preview").press("Send me a test")
    write(organiser)
    french = BODY.replace("Dear", "Cher").replace("Open your booking", "Voir la réservation")
    write(organiser, "Bienvenue : {{ reference }}", french, address=CONFIRMATION[:-2] + "fr")

    complete_registration(new_browser())
    page = new_browser().open("/fr/register").follow("Start now")
    page = continue_to(page, name=("Zoé", "Noël"), email="zoe@example.org", answers=IN_FRENCH)
    page.press("Confirm registration")
    deliver_emails()

    (test,) = mailbox.emails_to("grace@conference.example")
    (ada,) = mailbox.emails_to("ada@example.org")
    (zoe,) = mailbox.emails_to("zoe@example.org")
    assert test.subject == "Test: Welcome, Alex Example: SMPL2345"
    assert ada.text.startswith("Dear Ada Lovelace,")
    assert "Greetings to Analytical Society." in ada.text
    assert zoe.subject.startswith("Bienvenue : ")
    assert zoe.text.startswith("Cher Zoé Noël,")
    assert "Day: mercredi 10 juin 2009" in zoe.text
    (link,) = re.findall("Voir la réservation:\r?\n(https://\\S+)", zoe.text)
    assert new_browser().open(link.removeprefix("https://conference.example")).status == 200
    assert [one.get("lang") for one in HtmlTree(zoe.html).find_all("html")] == ["fr"]


def test_the_desk_can_read_but_not_change_email_texts(visitor: Browser) -> None:
    save_text()
    desk = sign_in(visitor, "dora@conference.example", role=DESK)

    page = desk.open(f"{PAGE}/registration_confirmed")
    assert "Change the text" not in page.links
    assert page.follow("Versions").rows[0]["Version"] == "Version 1"
    desk.open(CONFIRMATION, status=403)


def test_the_history_links_to_the_email_text(organiser: Browser) -> None:
    write(organiser)

    page = organiser.open("/organise/history?kind=email-text")

    assert "The text of “Confirmation” was changed" in page.text
    links = [one for one in page.links.values() if one.endswith("/wording/registration_confirmed")]
    assert links == [f"{PAGE}/registration_confirmed"]


def test_a_new_conference_keeps_changed_email_texts(organiser: Browser) -> None:
    save_text()

    onboarding.load_example_again(
        get_content_folder(), expected_fingerprint=None, actor="grace@conference.example"
    )
    db.session.commit()

    page = organiser.open(f"{PAGE}/registration_confirmed")
    assert page.summary_list["Text"] == "Your own, version 1"
    assert "See you at Closing the Gap in a Generation." in page.text


@pytest.mark.settings(EDITION_CHECK_SECONDS="3600")
def test_a_changed_email_text_needs_no_query_for_each_email(
    site: Flask, queries: list[str]
) -> None:
    save_text()
    mail.enqueue("mail_test", to="ada@example.org")
    context = EMAIL_KINDS[KEY.template].sample()
    rendering.render_email(*KEY, dict(context))
    queries.clear()

    for _ in range(10):
        rendering.render_email(*KEY, dict(context))

    assert queries == []
