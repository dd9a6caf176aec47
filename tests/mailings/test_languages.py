"""A group email can say it in each language of the site."""

from datetime import timedelta
from typing import Any

import pytest

from app.mailings import release
from tests.browser import Browser, Page
from tests.factories import make_delegate, make_mailing, sign_in
from tests.mail_server import MailServer
from tests.sent_emails import deliver_emails

GRACE = "grace@conference.example"
EN_DE_FR = pytest.mark.settings(LANGUAGES='["en", "de", "fr"]')


@pytest.fixture
def organiser(visitor: Browser) -> Browser:
    return sign_in(visitor, GRACE)


def make_three() -> None:
    make_delegate(given_names="Ada", email="ada@example.org")
    make_delegate(given_names="Dirk", email="dirk@example.org", language="de", organisation="")
    make_delegate(given_names="Flo", email="flo@example.org", language="fr")


def write_german(organiser: Browser, text: str = "Hallo {{ first_name }}") -> Page:
    mailing = make_mailing(subject="Hello", body="Dear {{ first_name }}")
    page = organiser.open(f"/organise/mailings/{mailing.id}/text").follow("Deutsch")
    return page.press("Save email", subject="Guten Tag", text=text)


@EN_DE_FR
@pytest.mark.both_databases
def test_recipients_get_the_text_in_their_language_or_the_default_text(
    organiser: Browser, frozen_time: Any, mailbox: MailServer
) -> None:
    make_three()

    page = write_german(organiser)
    assert page.summary_list["Text in Deutsch"] == "1"
    assert page.summary_list["Default text"] == "2"
    page = page.follow("Send")
    page.press("Send email", {"Send it to everyone in the list: 3 people": True})
    frozen_time.shift(timedelta(minutes=10))
    release.release_due()
    deliver_emails()

    texts = {one.recipient: (one.subject, one.text.splitlines()[0]) for one in mailbox.emails}
    assert texts == {
        "ada@example.org": ("Hello", "Dear Ada"),
        "dirk@example.org": ("Guten Tag", "Hallo Dirk"),
        "flo@example.org": ("Hello", "Dear Flo"),
    }
    page = organiser.open("/organise/mailings/1")
    assert (page.summary_list["Text in Deutsch"], page.summary_list["Default text"]) == ("1", "2")


@EN_DE_FR
def test_the_preview_shows_which_language_a_person_gets(organiser: Browser) -> None:
    make_three()
    page = write_german(organiser).follow("Preview")
    assert (page.summary_list["Text"], page.summary_list["Subject"]) == ("Default text", "Hello")

    page = page.follow("Next person →")

    assert (page.summary_list["Text"], page.summary_list["Subject"]) == ("Deutsch", "Guten Tag")


@EN_DE_FR
def test_placeholders_are_checked_in_the_text_of_each_language(organiser: Browser) -> None:
    make_three()
    mailing = make_mailing(subject="Hello", body="Dear {{ first_name }}")
    form = organiser.open(f"/organise/mailings/{mailing.id}/text?language=de")

    page = form.press("Save email", subject="Hallo", text="{{ vorname }}", status=422)

    assert page.errors == ["There is no placeholder “vorname”"]
    page = page.press("Save email", subject="Hallo", text="{{ first_name }} von {{ organisation }}")
    assert page.follow("Send").text.count("1 person has no value for organisation: Dirk") == 1


@EN_DE_FR
def test_translated_texts_are_copied_with_the_email_and_can_be_deleted(
    organiser: Browser, frozen_time: Any
) -> None:
    make_three()
    page = write_german(organiser).follow("Send")
    page = page.press("Send email", {"Send it to everyone in the list: 3 people": True})

    page = page.press("Copy to a new draft")

    assert page.summary_list["Text in Deutsch"] == "1"
    page = page.follow("Change subject and text").follow("Deutsch").press("Delete this text")
    assert "Text in Deutsch" not in page.summary_list


def test_a_site_with_one_language_has_one_text_for_group_emails(organiser: Browser) -> None:
    mailing = make_mailing()

    page = organiser.open(f"/organise/mailings/{mailing.id}/text")

    assert "Default text" not in page.links
