"""What `check-mail` tells an operator: the mail server, and what the DNS says about the sender."""

import pytest
from flask import Flask

from app.mail import check
from tests.dns_server import DnsServer
from tests.mail_server import MailServer

SENDER = "news@post.conference.example"
DOMAIN = "post.conference.example"

pytestmark = pytest.mark.settings(MAIL_DEFAULT_SENDER=SENDER)


def run(site: Flask, *options: str) -> tuple[int, list[str]]:
    done = site.test_cli_runner().invoke(args=["check-mail", *options])
    return done.exit_code, str(done.output).splitlines()


def found(part: str) -> tuple[str, str]:
    [finding] = [one for one in check.check_dns() if one.part == part]
    return finding.state, finding.sentence


@pytest.fixture
def good_records(dns_server: DnsServer) -> DnsServer:
    """A DNS server with everything that a sender's domain should have."""
    dns_server.add(DOMAIN, "TXT", '"unrelated"', '"v=spf1 a:mail." "conference.example -all"')
    dns_server.add(DOMAIN, "MX", "20 second.example.", "10 first.example.")
    dns_server.add("_dmarc.conference.example", "TXT", '"v=DMARC1; p=reject"')
    return dns_server


@pytest.mark.usefixtures("good_records")
def test_where_all_is_well_it_says_what_it_found(site: Flask, mailbox: MailServer) -> None:
    status, lines = run(site, "--to", "ada@example.org")

    assert (status, lines) == (
        0,
        [
            f"Mail server: It answers, and accepts emails from {SENDER}.",
            "SPF: v=spf1 a:mail.conference.example -all",
            "DMARC: v=DMARC1; p=reject",
            "MX: first.example, second.example",
            (
                "PTR: 127.0.0.1 is on a private network. Ask the person who runs it whether the "
                "address from which it sends to the internet has a name."
            ),
            "Test email: Accepted for ada@example.org. Check that it arrives.",
        ],
    )
    [email] = mailbox.emails
    assert (email.recipient, email.subject) == (
        "ada@example.org",
        "Test email from the conference site",
    )


def test_a_domain_without_records_is_told_what_to_add(
    site: Flask, mailbox: MailServer, dns_server: DnsServer
) -> None:
    status, lines = run(site)

    assert status == 1
    assert lines[1:4] == [
        (
            f"SPF: {DOMAIN} has no SPF record. Add a TXT record that names your mail server, for "
            "example: v=spf1 a:127.0.0.1 -all"
        ),
        (
            f"DMARC: {DOMAIN} has no DMARC record, and some large mail services require one. Add a "
            f"TXT record at _dmarc.{DOMAIN}, for example: v=DMARC1; p=none; rua=mailto:{SENDER}"
        ),
        (
            f"MX: {DOMAIN} receives no email, so replies and reports of failed delivery are "
            "lost. Add an MX record, or send from a domain that has one."
        ),
    ]


def test_two_spf_records_are_as_bad_as_none(site: Flask, dns_server: DnsServer) -> None:
    dns_server.add(DOMAIN, "TXT", '"v=spf1 -all"', '"v=spf1 +all"')

    state, sentence = found("SPF")

    assert state == check.PROBLEM
    assert sentence.endswith("Combine them into one.")


def test_a_domain_that_says_it_takes_no_email_has_no_mx(site: Flask, dns_server: DnsServer) -> None:
    dns_server.add(DOMAIN, "MX", "0 .")

    assert found("MX")[0] == check.PROBLEM


@pytest.mark.settings(MAIL_SERVER="9.9.9.9")
def test_the_address_of_the_mail_server_needs_a_name(site: Flask, dns_server: DnsServer) -> None:
    nameless = found("PTR")
    dns_server.add("9.9.9.9.in-addr.arpa", "PTR", "mail.example.")

    assert nameless[0] == check.PROBLEM
    assert nameless[1].startswith("9.9.9.9, an address of the mail server, has no name in the DNS")
    assert found("PTR") == (check.FINE, "9.9.9.9")


def test_a_dns_server_that_does_not_answer_is_no_problem_of_the_domain(
    site: Flask, dns_server: DnsServer, real_time: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check, "DNS_TIMEOUT", 0.3)
    dns_server.is_silent = True

    assert {(one.part, one.state) for one in check.check_dns()} == {
        ("SPF", check.UNKNOWN),
        ("DMARC", check.UNKNOWN),
        ("MX", check.UNKNOWN),
        ("PTR", check.UNKNOWN),
    }


def test_without_a_mail_server_there_is_nothing_to_check(site: Flask) -> None:
    assert run(site) == (
        0,
        ["Mail server: MAIL_SERVER is not set, so emails are saved as files and not sent."],
    )


@pytest.mark.usefixtures("good_records")
@pytest.mark.parametrize(
    ("recipient", "sentence"),
    [
        ("not an address", "Emails cannot be sent to that email address"),
        ("bo@example.org", "The mail server replied: 550 No such mailbox"),
    ],
)
def test_a_test_email_that_is_refused_says_so(
    site: Flask, mailbox: MailServer, recipient: str, sentence: str
) -> None:
    mailbox.refuse(550, "No such mailbox", to="bo@example.org")

    assert run(site, "--to", recipient) == (1, [*run(site)[1], f"Test email: {sentence}"])
