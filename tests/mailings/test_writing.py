"""An organiser writes to many people: chooses them, writes, previews, sends, and reads a report."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, select

from app import clock
from app.accounts.models import DESK, SavedView
from app.database import db, transaction
from app.delegates.models import Delegate
from app.mail import services as mail
from app.mail.models import FAILED, Email
from app.mailings import release
from app.mailings.models import Mailing, MailingRecipient
from app.registration import links
from app.registration.desk import annotations
from app.registration.desk import services as desk_services
from app.registration.waiting_list.models import WaitingListEntry
from tests.browser import Browser, Page
from tests.factories import (
    get_ada_marsh,
    make_delegate,
    make_organiser,
    make_saved_view,
    make_waiting_list_entry,
    sign_in,
)
from tests.mail_server import MailServer
from tests.refusals import TOO_MANY
from tests.sent_emails import deliver_emails, find_link, list_emails_to

GRACE = "grace@conference.example"
PAGE = "/organise/mailings"
EDITED = {"Subject", "Text"}
COMMON = {"Continue", "Stay signed in", "Back to the page", "Sign out"}  # buttons of every page
NO_TEST = "This person is no longer in the list, so no test has been sent. Open the preview again"
TEXT = "Dear {{ first_name }},\n\nyou come on {{ days }}: {{ booking_link }}"


@pytest.fixture
def organiser(visitor: Browser) -> Browser:
    return sign_in(visitor, GRACE)


def make_three() -> list[Delegate]:
    return [
        make_delegate(given_names="Ada", email="ada@example.org", country="GH"),
        make_delegate(given_names="Bo", email="bo@example.org", days="2009-06-11"),
        make_delegate(given_names="Cy", email="cy@example.org", organisation="", country="GH"),
    ]


def write(organiser: Browser, query: str = "", text: str = TEXT, **others: Any) -> Page:
    page = organiser.open(f"/organise/delegates{query}").press("Email these people")
    return page.press("Save email", subject="See you soon, {{ first_name }}", text=text, **others)


def send(page: Page, people: str, answers: Mapping[str, str | bool] | None = None) -> Page:
    return page.follow("Send").press("Send email", {people: True, **(answers or {})})


def read_facts(page: Page) -> dict[str, str]:
    """What the page says of the people, without what its history says of the text."""
    return {label: words for label, words in page.summary_list.items() if label not in EDITED}


def get_addresses() -> list[str]:
    db.session.rollback()
    return sorted(db.session.scalars(select(Email.recipient).where(Email.template == "mailing")))


def test_the_people_of_a_filtered_list_get_the_email_after_the_time_to_cancel(
    organiser: Browser, frozen_time: Any, mailbox: MailServer
) -> None:
    make_three()

    page = organiser.open("/organise/delegates?country=GH").press("Email these people")
    assert page.heading == "Write the email"
    page = page.press("Save email", subject="See you soon, {{ first_name }}", text=TEXT)
    assert page.heading == "See you soon, {{ first_name }}"
    assert read_facts(page) == {
        "People": "Delegates",
        "Country": "Ghana",
        "Will get it": "2 people",
    }
    page = send(page, "Send it to 2 people")
    assert "Scheduled. It will be sent at 9:40am on Tuesday 12 May 2009." in page.text
    assert (
        organiser.open("/organise").text.count("An email to 2 people will be sent at 9:40am") == 1
    )
    release.release_due()
    assert get_addresses() == []
    frozen_time.shift(timedelta(minutes=10))
    release.release_due()
    deliver_emails()

    assert get_addresses() == ["ada@example.org", "cy@example.org"]
    first, _ = mailbox.emails
    assert first.subject == "See you soon, Ada"
    assert "you come on Wednesday 10 June 2009 and Thursday 11 June 2009" in first.text
    release.release_due()
    page = organiser.open(f"{PAGE}/1")
    assert page.summary_list["Sent"] == "2"
    assert page.follow("Sent").rows[0] == {
        "Name": "Ada Lovelace",
        "Email address": "ada@example.org",
        "State": "Sent",
        "Reason": "",
    }


def test_a_group_email_cancelled_in_time_becomes_a_draft_again(
    organiser: Browser, frozen_time: Any
) -> None:
    make_three()
    page = send(write(organiser), "Send it to everyone in the list: 3 people")

    page = page.press("Cancel sending")
    frozen_time.shift(timedelta(minutes=20))
    release.release_due()

    assert "Draft. Nothing has been sent." in page.text
    assert get_addresses() == []
    page = send(page, "Send it to everyone in the list: 3 people")
    frozen_time.shift(timedelta(minutes=20))
    release.release_due()
    assert len(get_addresses()) == 3


def test_people_can_be_excluded_by_hand_and_duplicates_are_excluded(
    organiser: Browser, frozen_time: Any
) -> None:
    _, bo, _ = make_three()
    make_delegate(given_names="Ada’s colleague", email="ADA@example.org")
    with transaction():
        desk_services.cancel(bo, actor=GRACE, notify=False)

    page = write(organiser).follow("View and exclude people")
    assert "2 people get it. 2 are excluded." in page.text
    page = page.press("Save recipients", {"Send it to Cy Lovelace": False})
    page = page.follow("See you soon, {{ first_name }}")

    assert read_facts(page) == {
        "People": "Delegates",
        "Will get it": "1 person",
        "Excluded: booking cancelled": "1",
        "Excluded: same email address as someone else in the list": "1",
        "Excluded: removed by an organiser": "1",
    }
    page = send(page, "Send it to everyone in the list: 1 person")
    frozen_time.shift(timedelta(minutes=10))
    release.release_due()
    assert get_addresses() == ["ada@example.org"]


def test_unknown_and_private_placeholders_are_refused(organiser: Browser, site: Flask) -> None:
    make_three()
    form = organiser.open("/organise/delegates").press("Email these people")

    page = form.press(
        "Save email",
        subject="Hello {{ booking_link }}",
        text="You need {{ dietary }}, {{ frist_name }}",
        status=422,
    )

    assert page.errors == [
        "There is no placeholder “booking_link”",
        (
            "There is no placeholder “dietary”. "
            "There is no placeholder “frist_name”. Did you mean “first_name”?"
        ),
    ]


def test_malformed_placeholders_are_refused_with_a_correction(
    organiser: Browser,
) -> None:
    make_three()
    form = organiser.open("/organise/delegates").press("Email these people")

    page = form.press(
        "Save email",
        subject="Hello { first_name }",
        text="{% only if days %}You come, {first_name}.{% end %} We code in {curly} {{ country }}.",
        status=422,
    )

    instead = "Write {{ and }} instead of"
    assert page.errors == [
        f"{instead} “{{ first_name }}”",
        f"{instead} “{{% only if days %}}”. {instead} “{{first_name}}”. {instead} “{{% end %}}”",
    ]


def test_sending_requires_confirmation_of_the_current_number_of_people(organiser: Browser) -> None:
    make_three()
    page = write(organiser).follow("Send")
    make_delegate(given_names="Dora", email="dora@example.org")

    answers = {"Send it to everyone in the list: 3 people": True}
    page = page.press("Send email", answers, status=422)

    assert page.errors == ["The number of recipients has changed: it is 4 now. Check who they are"]
    page = page.press("Send email", status=422)
    assert page.errors == ["Confirm the number of people before you send it"]
    answers = {"Send it to everyone in the list: 4 people": True}
    assert "Scheduled." in page.press("Send email", answers).text


def test_a_group_email_without_matching_people_cannot_be_sent(organiser: Browser) -> None:
    make_three()
    page = write(organiser).follow("Change filters").press("Save filters", search="Zoe")

    assert page.summary_list["Will get it"] == "0 people"
    page = page.follow("Send")
    assert [one for one in page.buttons if one not in COMMON] == []
    assert "Nobody would get this email. Change the filters first." in page.text


def test_the_preview_steps_through_people_without_their_secret_links(
    organiser: Browser,
) -> None:
    make_three()
    page = write(organiser, text=f"{TEXT}\n\nFrom {{{{ organisation }}}}").follow("Preview")
    assert page.summary_list["Subject"] == "See you soon, Ada"
    assert page.text.count("https://conference.example/#each-has-their-own") == 2

    page = page.follow("Next person →").follow("Next person →")

    assert page.summary_list["Subject"] == "See you soon, Cy"
    assert "This person has no value for organisation, which leaves a gap." in page.text
    page = page.press("Send a test to myself")
    [test] = db.session.scalars(select(Email))
    assert (test.recipient, test.subject) == (GRACE, "Test: See you soon, Cy")
    assert page.summary_list["Subject"] == "See you soon, Cy"
    page = page.follow("Go back").follow("Send")
    assert "1 person has no value for organisation: Cy Lovelace" in page.text


def test_no_test_email_is_sent_for_a_person_no_longer_in_the_list(
    organiser: Browser,
) -> None:
    make_three()
    preview = write(organiser).follow("Preview").follow("Next person →")
    assert preview.summary_list["Subject"] == "See you soon, Bo"
    with transaction():
        db.session.execute(delete(Delegate).where(Delegate.given_names == "Bo"))

    page = preview.press("Send a test to myself", status=409)

    assert NO_TEST in page.text
    assert db.session.scalars(select(Email)).all() == []


def test_no_test_email_is_sent_for_a_deleted_recipient_of_a_scheduled_email(
    organiser: Browser,
) -> None:
    make_waiting_list_entry()
    page = organiser.open("/organise/waiting-list?state=waiting").press("Email these people")
    page = page.press("Save email", subject="More places", text="Dear {{ full_name }}")
    preview = send(page, "Send it to 1 person").follow("Preview")
    with transaction():
        db.session.execute(delete(WaitingListEntry))

    page = preview.press("Send a test to myself", status=409)

    assert NO_TEST in page.text
    assert db.session.scalars(select(Email)).all() == []


def test_test_emails_of_group_emails_are_rate_limited(organiser: Browser) -> None:
    make_three()
    preview = write(organiser).follow("Preview")
    for _ in range(20):
        preview.press("Send a test to myself")

    page = preview.press("Send a test to myself", status=429)

    assert TOO_MANY in page.text
    assert len(db.session.scalars(select(Email)).all()) == 20
    organiser.open("/organise/letters/check").press("Send me a test email", status=429)


def test_the_preview_keeps_dark_mode_and_phone_width_between_people(organiser: Browser) -> None:
    make_three()
    page = write(organiser).follow("Preview").follow("Phone").follow("Dark")

    page = page.follow("Next person →")

    assert page.summary_list["Subject"] == "See you soon, Bo"
    (frame,) = page.tree.find_all("iframe")
    assert "email-preview--phone" in (frame.get("class") or "")
    html = organiser.fetch("GET", frame.get("src") or "").get_data(as_text=True)
    assert "@media all {" in html
    assert "prefers-color-scheme: dark" not in html


def test_a_relative_reminder_follows_the_dates_and_includes_new_bookings(
    organiser: Browser, frozen_time: Any
) -> None:
    make_three()
    page = send(
        write(organiser),
        "Send it to everyone in the list: 3 people",
        answers={
            "When to send it": "Some days before the conference",
            "Time": "9:00",
            "Days before the conference": "7",
            "Also send it to people who match the filters by then": True,
        },
    )
    assert "It will be sent at 9am on Wednesday 3 June 2009." in page.text
    make_delegate(given_names="Dora", email="dora@example.org")

    frozen_time.move_to("2009-06-03T09:00:00+01:00")
    release.release_due()

    assert len(get_addresses()) == 4


def test_a_saved_view_selects_the_recipients(organiser: Browser) -> None:
    make_three()
    view: SavedView = make_saved_view(
        make_organiser(GRACE), list_name="delegates", query="country=GH", name="From Ghana"
    )

    page = organiser.open(PAGE).follow("Write a group email")
    page = page.press("Continue", people=f"Delegates: saved view “{view.name}”")
    page = page.press("Save email", subject="Hello", text="Hello")

    assert read_facts(page) == {
        "People": "Delegates",
        "Country": "Ghana",
        "Will get it": "2 people",
    }


def test_a_group_email_whose_filter_no_longer_exists_cannot_be_sent(
    organiser: Browser, frozen_time: Any
) -> None:
    ada, bo, _ = make_three()
    with transaction():
        annotations.add_tag(ada, "Press", actor=GRACE)
        annotations.add_tag(bo, "Crew", actor=GRACE)
    later: dict[str, str | bool] = {
        "When to send it": "Some days before the conference",
        "Time": "9:00",
        "Days before the conference": "7",
        "Also send it to people who match the filters by then": True,
    }
    send(write(organiser, "?tag=Press"), "Send it to 1 person", later)
    write(organiser, "?tag=Press")
    draft = f"{PAGE}/2"

    with transaction():
        annotations.remove_tag(ada, "Press", actor=GRACE)
    frozen_time.move_to("2009-06-03T09:00:00+01:00")
    release.release_due()

    gone = "A filter no longer exists: Tag: Press. Choose filters again"
    assert get_addresses() == []
    sign_in(organiser, GRACE)
    assert gone in organiser.open(f"{PAGE}/1").text
    assert gone in organiser.open(draft).text
    assert organiser.open(f"{draft}/send", status=409).text.count(gone) == 1
    page = organiser.open(f"{draft}/filters").press("Save filters", Tag="Crew")
    assert page.summary_list["Will get it"] == "1 person"


def test_group_emails_to_speakers_can_list_their_sessions_and_open_tasks(
    organiser: Browser, frozen_time: Any, mailbox: MailServer
) -> None:
    speaker = get_ada_marsh()
    speaker.contact_address = "marsh@example.org"
    db.session.commit()
    page = organiser.open("/organise/speakers?q=Marsh").press("Email these people")
    page = page.press(
        "Save email",
        subject="{{ session_title }}",
        text="Dear {{ full_name }}\n\n{{ sessions }}\n\n{{ open_tasks }}",
    )

    send(page, "Send it to 1 person")
    frozen_time.shift(timedelta(minutes=10))
    release.release_due()
    deliver_emails()

    [email] = mailbox.emails
    assert email.recipient == "marsh@example.org"
    assert f"Session: {email.subject}" in email.text
    assert "Time: 9:30am to 10:30am\nRoom: Great hall" in email.text
    assert "Room: Great hall\n\n- Confirm whether you are taking part\n- Photo\n" in email.text


@pytest.mark.both_databases
def test_waiting_list_recipients_get_their_own_link_and_are_erased_with_their_entry(
    organiser: Browser, frozen_time: Any, mailbox: MailServer
) -> None:
    waiting = make_waiting_list_entry()
    gone = make_waiting_list_entry(name="Cy Gone", email="cy@example.org")
    page = organiser.open("/organise/waiting-list?state=waiting").press("Email these people")
    page = page.press(
        "Save email",
        subject="More places, {{ full_name }}",
        text="Stay on the list, or leave it: {{ waiting_list_link }}",
    )
    assert read_facts(page) == {
        "People": "Waiting list",
        "State": "Waiting",
        "Will get it": "2 people",
    }
    send(page, "Send it to 2 people")
    with transaction():
        gone.ended_at = clock.now()
        gone.state = "left"

    frozen_time.shift(timedelta(minutes=10))
    release.release_due()
    deliver_emails()

    [email] = mailbox.emails
    assert (email.recipient, email.subject) == ("bea@example.org", "More places, Bea Waite")
    assert links.waiting_list_link(waiting) in email.text
    report = organiser.open(f"{PAGE}/1").text
    assert "no longer on the waiting list" in report

    with transaction():
        db.session.delete(db.session.get_one(WaitingListEntry, waiting.id))
    with transaction():
        release.maintain()
    names = db.session.scalars(select(MailingRecipient.name).order_by(MailingRecipient.id))
    assert list(names) == ["", "Cy Gone"]


def test_the_report_shows_refused_emails_and_can_be_downloaded(
    organiser: Browser, frozen_time: Any
) -> None:
    make_three()
    send(write(organiser), "Send it to everyone in the list: 3 people")
    frozen_time.shift(timedelta(minutes=10))
    release.release_due()
    with transaction():
        refused, postponed, leased = db.session.scalars(select(Email).order_by(Email.id))
        refused.state, refused.last_error = FAILED, "550 5.1.1 No such mailbox"
        postponed.attempts, postponed.last_error = 1, "Try again later"
        leased.attempts = 1

    page = organiser.open(f"{PAGE}/1")

    assert page.summary_list["Refused by their mail server"] == "1"
    assert (page.summary_list["Trying again"], page.summary_list["Being sent"]) == ("1", "1")
    reasons = {row["Name"]: row["Reason"] for row in page.follow("View recipients").rows}
    assert reasons == {
        "Ada Lovelace": "the mailbox does not exist",
        "Bo Lovelace": "could not be delivered",
        "Cy Lovelace": "",
    }
    organiser.press("Download as CSV")
    lines = organiser.page.source.splitlines()
    assert lines[0] == '\ufeff"Name","Email address","State","Reason","Sent"'
    assert lines[1].startswith('"Ada Lovelace","ada@example.org","Refused","550 5.1.1 No such')


@pytest.mark.both_databases
def test_the_report_shows_returned_emails_even_after_they_are_deleted(
    organiser: Browser, frozen_time: Any
) -> None:
    get_ada_marsh().contact_address = "marsh@example.org"
    db.session.commit()
    page = organiser.open("/organise/speakers?q=Marsh").press("Email these people")
    send(page.press("Save email", subject="Hello", text="Hello"), "Send it to 1 person")
    frozen_time.shift(timedelta(minutes=10))
    release.release_due()
    with transaction():
        [email] = db.session.scalars(select(Email))
        email.state, email.sent_at, email.last_error = FAILED, clock.real_now(), "Mailbox full"
        email.created_at -= mail.BODY_RETENTION + timedelta(days=1)
    with transaction():
        release.maintain()
    before = organiser.open(f"{PAGE}/1")

    with transaction():
        mail.purge_bodies()
    after = organiser.open(f"{PAGE}/1")

    assert db.session.scalars(select(Email)).all() == []
    returned = [one.summary_list["Returned later"] for one in (before, after)]
    assert returned == ["1", "1"]
    assert after.follow("Returned later").rows[0]["State"] == "Returned"


def test_sending_can_be_stopped_for_the_remaining_recipients(
    organiser: Browser, frozen_time: Any
) -> None:
    make_three()
    send(write(organiser), "Send it to everyone in the list: 3 people")
    frozen_time.shift(timedelta(minutes=10))
    release.release_due()

    page = organiser.open(f"{PAGE}/1").follow("Stop sending").press("Stop email")

    assert get_addresses() == []
    assert page.summary_list["Excluded"] == "3"
    page = page.press("Copy to a new draft")
    assert page.summary_list["Will get it"] == "3 people"
    page = page.follow("Delete draft").press("Delete draft")
    assert [row["State"] for row in page.rows] == ["Stopped"]


def test_the_desk_can_read_group_emails_but_not_send_them(visitor: Browser) -> None:
    make_three()
    grace = sign_in(visitor, GRACE)
    write(grace)
    desk = sign_in(visitor, "dora@conference.example", role=DESK)

    page = desk.open(f"{PAGE}/1")

    assert [one for one in page.buttons if one not in COMMON] == []
    assert desk.open("/organise/delegates").buttons.count("Email these people") == 0
    assert desk.fetch("POST", f"{PAGE}/1/cancel").status_code == 400
    assert db.session.scalars(select(Mailing.state)).all() == ["draft"]


def test_unsubscribe_links_are_hidden_from_the_team(organiser: Browser, frozen_time: Any) -> None:
    make_delegate(given_names="Ada", email="ada@example.org")
    text = "See https://conference.example/programme"
    send(write(organiser, text=text), "Send it to everyone in the list: 1 person")
    frozen_time.shift(timedelta(minutes=10))
    release.release_due()
    [email] = list_emails_to("ada@example.org")

    page = organiser.open("/organise/letters").follow("See you soon, Ada")

    assert find_link(email, "/emails/") not in page.source
    assert "https://conference.example/emails/…" in page.text
    assert "https://conference.example/programme" in page.text
