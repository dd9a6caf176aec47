"""Emails in admin: their state, and sending them again."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from app import clock
from app.accounts import services as accounts
from app.accounts.models import VIEWER
from app.database import db, transaction
from app.history.models import HistoryEntry
from app.mail import domains
from app.mail.models import FAILED, SENT, WAITING, Email
from app.registration import emails
from tests.browser import Browser
from tests.dns_server import DnsServer
from tests.factories import make_delegate, make_email, make_organiser, sign_in
from tests.mail_server import MailServer
from tests.sent_emails import deliver_emails, find_link, get_last_email_to, list_emails_to

LABEL = "Search"
LONG_AGO = timedelta(minutes=11)


def get_path(letter: Email) -> str:
    return f"/organise/letters/{letter.id}"


def test_emails_that_need_attention_are_listed_first(desk: Browser) -> None:
    now = clock.real_now()
    make_email(subject="Failed", state=FAILED)
    make_email(subject="Slow", created_at=now - LONG_AGO)
    make_email(subject="Waiting")
    make_email(subject="Sent", state=SENT, sent_at=now)

    page = desk.open("/organise/letters")

    assert [(row["Subject"], row["State ↑"]) for row in page.rows] == [
        ("Failed", "Not delivered"),
        ("Slow", "Delayed"),
        ("Waiting", "Waiting"),
        ("Sent", "Sent"),
    ]
    assert page.text_by_id("count") == "4 emails"


@pytest.mark.parametrize(
    ("error", "sentences"),
    [
        (
            "The mail server replied: 550 5.1.1 <ada@nhs.example>: User unknown in table",
            "The mailbox does not exist. Check the email address.",
        ),
        (
            "The mail server replied: 552 5.2.2 Over quota",
            "The mailbox is full. Send the email again later.",
        ),
        (
            "The mail server replied: 550 Not now",
            "The mail server replied: 550 Not now.",
        ),
        (
            "The mail server did not respond in time",
            "The mail server did not respond in time.",
        ),
    ],
)
def test_the_list_explains_why_an_email_failed_and_its_page_quotes_the_server(
    desk: Browser, error: str, sentences: str
) -> None:
    make_email(subject="Failed", state=FAILED, last_error=error)
    make_email(subject="Waiting", last_error="The mail server replied: 451 Try later")

    page = desk.open("/organise/letters")

    assert [(row["Subject"], row["State ↑"]) for row in page.rows] == [
        ("Failed", f"Not delivered {sentences}"),
        ("Waiting", "Waiting"),
    ]
    assert page.follow("Failed").summary_list["Last error"] == error


@pytest.mark.both_databases
def test_emails_can_be_searched_and_filtered(desk: Browser) -> None:
    now = clock.real_now()
    make_email(
        subject="Ärger", recipient="Ada@example.org", booking_reference="BCDF2345", state=FAILED
    )
    make_email(
        subject="Sign in",
        template="sign_in",
        recipient="grace@example.org",
        state=SENT,
        sent_at=now,
        created_at=now - timedelta(days=3),
    )
    page = desk.open("/organise/letters")

    def found(**asked: str) -> list[str]:
        return [row["Subject"] for row in page.press("Search", asked).rows]

    assert found(**{LABEL: "ada@EXAMPLE"}) == ["Ärger"]
    assert found(**{LABEL: "bcdf"}) == ["Ärger"]
    assert found(**{LABEL: "sign"}) == ["Sign in"]
    assert found(**{LABEL: "100%"}) == []
    assert found(State="Not delivered") == ["Ärger"]
    assert found(State="Sent") == ["Sign in"]
    assert found(State="Delayed") == []
    assert found(Type="Sign-in link") == ["Sign in"]
    assert found(Created="In the last day") == ["Ärger"]
    assert found(Created="In the last 7 days") == ["Ärger", "Sign in"]


def test_an_empty_list_of_emails_says_what_will_appear(desk: Browser) -> None:
    assert "No emails yet" in desk.open("/organise/letters").text
    assert "No emails found" in desk.open("/organise/letters?q=x").text


@pytest.mark.settings(EDITION_CHECK_SECONDS="3600")
@pytest.mark.parametrize("count", [1, 3])
def test_the_list_of_emails_needs_a_constant_number_of_queries(
    desk: Browser, queries: list[str], count: int
) -> None:
    for _ in range(count):
        make_email()
    desk.open("/organise/letters?q=ada")
    queries.clear()

    desk.open("/organise/letters?q=ada")

    assert len(queries) == 6


def test_a_failed_email_shows_its_error_and_delegate(desk: Browser) -> None:
    delegate = make_delegate()
    letter = make_email(
        booking_reference=delegate.reference,
        state=FAILED,
        attempts=3,
        last_error="The mail server answered: 550 No such user",
    )

    page = desk.open(get_path(letter))

    assert page.heading == "You have a place"
    assert page.summary_list["Last error"] == "The mail server answered: 550 No such user"
    assert page.summary_list["Attempts"] == "3"
    assert "correct it on the delegate’s page" in page.text
    assert page.follow(f"Ada Lovelace, {delegate.reference}").heading == "Ada Lovelace"


def test_resending_an_email_is_recorded_in_the_history(desk: Browser) -> None:
    letter = make_email(state=FAILED, attempts=3)

    page = desk.open(get_path(letter)).press("Send again")

    assert "We are sending the email again." in page.source
    assert page.summary_list["State"] == "Waiting"
    entry = db.session.scalars(
        select(HistoryEntry).where(HistoryEntry.subject == f"letter {letter.id}")
    ).one()
    assert (entry.summary, entry.actor) == ("An email was sent again", "dora@conference.example")


def test_resending_a_sent_email_creates_a_new_one(desk: Browser) -> None:
    delegate = make_delegate()
    message = (
        b"Subject: You have a place\r\nFrom: a@x.org\r\nTo: ada@example.org\r\n"
        b"Message-ID: <1@x.org>\r\n\r\nDear Ada"
    )
    letter = make_email(
        booking_reference=delegate.reference, state=SENT, sent_at=clock.real_now(), message=message
    )

    page = desk.open(get_path(letter)).press("Send again")

    assert page.address.partition("?")[0] != get_path(letter)
    assert get_last_email_to("ada@example.org").text == "Dear Ada"


def test_an_email_without_its_text_links_to_sending_the_confirmation_again(desk: Browser) -> None:
    delegate = make_delegate()
    with transaction():
        emails.send_registration_confirmed(delegate)
    deliver_emails()
    letter = db.session.scalars(select(Email)).one()

    page = desk.open(get_path(letter))

    assert "The text has been deleted" in page.text
    assert "Send again" not in page.buttons
    page = page.follow("Email the delegate")
    assert page.heading == "Send the confirmation again to Ada Lovelace?"


def test_secret_links_in_emails_are_hidden_from_the_team(desk: Browser) -> None:
    delegate = make_delegate()
    make_organiser("olga@conference.example")
    with transaction():
        emails.send_registration_confirmed(delegate)
        accounts.send_sign_in_link("olga@conference.example")
    found = db.session.scalars(select(Email).order_by(Email.id)).all()

    pages = [desk.open(get_path(letter)) for letter in found]

    assert "https://conference.example/booking/…" in pages[0].text
    assert "https://conference.example/programme" in pages[0].text
    assert "https://conference.example/sign-in/…" in pages[1].text
    secret = find_link(list_emails_to("ada@example.org")[0], "/booking/").removeprefix("/booking/")
    for page in pages:
        assert secret not in page.source
        assert [one for one in page.links.values() if "/booking/" in one] == []


def test_a_viewer_sees_the_state_of_emails_but_not_their_text(visitor: Browser) -> None:
    viewer = sign_in(visitor, "vera@conference.example", role=VIEWER)
    letter = make_email(state=WAITING)

    page = viewer.open(get_path(letter))

    assert "Dear Ada" not in page.source
    assert "Only organisers and the registration desk can read the text." in page.text
    assert "Send again" not in page.buttons


def test_a_sent_sign_in_link_cannot_be_sent_again(desk: Browser) -> None:
    letter = make_email(template="sign_in", is_secret=True, state=SENT, message=b"")
    letter.sent_at = clock.real_now()
    db.session.commit()

    assert "so the email cannot be sent again" in desk.open(get_path(letter)).text


def test_an_unknown_email_is_not_found(desk: Browser) -> None:
    assert "There is no email with that number" in desk.open("/organise/letters/999", 404).text


def test_a_failing_domain_is_listed_and_can_be_retried(desk: Browser) -> None:
    with transaction():
        now = clock.real_now()
        domains.record_failure("busy.example", 0, "421 Later", now, is_unanswered=True)
    page = desk.open("/organise/letters")

    assert "Emails to busy.example are on hold until 9:30am" in page.text
    assert "The site will try again then." in page.text
    assert "Last error 421 Later" in page.text

    page = page.press("Try busy.example again now")

    assert "We are sending the emails to that domain that were on hold." in page.source
    assert "on hold" not in page.text


def test_the_desk_sends_itself_a_test_email(desk: Browser) -> None:
    page = (
        desk.open("/organise/letters").follow("Check email delivery").press("Send me a test email")
    )

    assert page.heading == "Test email from the conference site"
    assert page.summary_list["To"] == "dora@conference.example"
    deliver_emails()
    assert desk.open(page.address).summary_list["State"].startswith("Accepted for delivery to ")


@pytest.mark.settings(MAIL_DEFAULT_SENDER="news@conference.example")
def test_the_email_delivery_check_shows_the_dns_results(
    desk: Browser, mailbox: MailServer, dns_server: DnsServer
) -> None:
    dns_server.add("conference.example", "TXT", '"v=spf1 mx -all"')
    dns_server.add("conference.example", "MX", "10 mx.conference.example.")

    page = desk.open("/organise/letters/check").press("Check now")

    assert [(row["Checked"], row["Result"]) for row in page.rows] == [
        ("Mail server", "No problem"),
        ("SPF", "No problem"),
        ("DKIM", "Not checked"),
        ("DMARC", "Problem"),
        ("MX", "No problem"),
        ("PTR", "Not checked"),
    ]
