"""What `check-mail` reports: the mail server, and the DNS records of the sender."""

import re

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519
from flask import Flask

from app.mail import check
from app.mail.dkim import DkimSigner, format_record
from tests.dns_server import DnsServer
from tests.mail_server import MailServer

SENDER = "news@post.conference.example"
DOMAIN = "post.conference.example"
UNSIGNED = (
    "DKIM: The site does not sign emails. If your mail server does, set MAIL_DKIM_SELECTOR to the "
    "name of its key, so that the key can be looked up here."
)
KEY = ed25519.Ed25519PrivateKey.generate()
RECORD = format_record(KEY)
KEY_NAME = "spring._domainkey.conference.example"

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
def test_the_check_of_a_healthy_setup_lists_what_it_found(site: Flask, mailbox: MailServer) -> None:
    status, lines = run(site, "--to", "ada@example.org")

    assert (status, lines) == (
        0,
        [
            (
                f"Mail server: It answers, and accepts emails from {SENDER}. The connection is not "
                "encrypted: set MAIL_USE_TLS or MAIL_USE_SSL if the server offers it."
            ),
            "SPF: v=spf1 a:mail.conference.example -all",
            UNSIGNED,
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


@pytest.mark.settings(MAIL_USERNAME="site", MAIL_PASSWORD="open sesame")
def test_the_check_reports_encryption_sign_in_and_missing_smtp_extensions(
    site: Flask, secure_mailbox: MailServer
) -> None:
    secure_mailbox.users["site"] = "open sesame"
    secure_mailbox.close()
    secure_mailbox.open(tls=True, smtputf8=False)

    _, [first, *_] = run(site)

    assert re.sub(r"TLSv[\d.]+", "TLS", first) == (
        f"Mail server: It answers, and accepts emails from {SENDER}. The connection is encrypted "
        "(TLS), and its certificate is valid. The site can sign in as site. It accepts no email "
        "addresses with characters like “ë” before the @."
    )


def test_a_domain_without_dns_records_is_reported_with_the_records_to_add(
    site: Flask, mailbox: MailServer, dns_server: DnsServer
) -> None:
    status, lines = run(site)

    assert status == 1
    assert lines[1:5] == [
        (
            f"SPF: {DOMAIN} has no SPF record. Add a TXT record that names your mail server, for "
            "example: v=spf1 a:127.0.0.1 -all"
        ),
        UNSIGNED,
        (
            f"DMARC: {DOMAIN} has no DMARC record, and some large mail services require one. Add a "
            f"TXT record at _dmarc.{DOMAIN}, for example: v=DMARC1; p=none; rua=mailto:{SENDER}"
        ),
        (
            f"MX: {DOMAIN} receives no email, so replies and reports of failed delivery are "
            "lost. Add an MX record, or send from a domain that has one."
        ),
    ]


def test_two_spf_records_are_a_problem(site: Flask, dns_server: DnsServer) -> None:
    dns_server.add(DOMAIN, "TXT", '"v=spf1 -all"', '"v=spf1 +all"')

    state, sentence = found("SPF")

    assert state == check.PROBLEM
    assert sentence.endswith("Combine them into one.")


def test_an_spf_record_that_allows_no_server_is_a_problem(
    site: Flask, mailbox: MailServer, dns_server: DnsServer
) -> None:
    dns_server.add(DOMAIN, "TXT", '"v=spf1 -all"')

    assert found("SPF") == (
        check.PROBLEM,
        (
            f"The SPF record of {DOMAIN} allows no server to send its emails: v=spf1 -all. Name "
            "your mail server in it, for example: v=spf1 a:127.0.0.1 -all"
        ),
    )


@pytest.mark.settings(MAIL_DKIM_SELECTOR="Spring")
@pytest.mark.parametrize(
    ("records", "sentence"),
    [
        ([], "There is no DKIM key, so receiving servers cannot check the signatures."),
        (
            [RECORD, f"{RECORD}; n=old"],
            "There is more than one DKIM key, so receiving servers may ignore all.",
        ),
        (["v=DKIM1; p="], "The DKIM key has been withdrawn (p= is empty)."),
        (["v=DKIM1; p=AAAA"], "The DKIM key is not the one that the site signs with."),
        (
            [f"{RECORD}; t=y:s"],
            "The DKIM key is marked as a test (t=y), so signatures may be ignored.",
        ),
    ],
)
def test_an_invalid_dkim_record_is_reported_with_the_correct_record(
    site: Flask, dns_server: DnsServer, records: list[str], sentence: str
) -> None:
    site.config["DKIM_SIGNER"] = DkimSigner(KEY, "conference.example", "spring")
    dns_server.add(KEY_NAME, "TXT", *(f'"{record}"' for record in records))

    assert found("DKIM") == (
        check.PROBLEM,
        f"{KEY_NAME}: {sentence} It must have one TXT record: {RECORD}",
    )


@pytest.mark.settings(MAIL_DKIM_SELECTOR="spring")
def test_the_dkim_record_is_found_whether_the_site_or_its_mail_server_signs(
    site: Flask, dns_server: DnsServer
) -> None:
    dns_server.add(KEY_NAME, "TXT", f'"{RECORD[:20]}" "{RECORD[20:]}"')
    dns_server.add(f"spring._domainkey.{DOMAIN}", "TXT", '"k=rsa; p=AAAA"')
    by_server = found("DKIM")
    site.config["DKIM_SIGNER"] = DkimSigner(KEY, "conference.example", "spring")

    assert by_server == (check.FINE, f"spring._domainkey.{DOMAIN}")
    assert found("DKIM") == (check.FINE, KEY_NAME)


def test_a_null_mx_record_is_a_problem(site: Flask, dns_server: DnsServer) -> None:
    dns_server.add(DOMAIN, "MX", "0 .")

    assert found("MX")[0] == check.PROBLEM


@pytest.mark.settings(MAIL_SERVER="9.9.9.9")
def test_the_mail_server_address_must_have_a_ptr_record(site: Flask, dns_server: DnsServer) -> None:
    nameless = found("PTR")
    dns_server.add("9.9.9.9.in-addr.arpa", "PTR", "mail.example.")

    assert nameless[0] == check.PROBLEM
    assert nameless[1].startswith("9.9.9.9, an address of the mail server, has no name in the DNS")
    assert found("PTR") == (check.FINE, "9.9.9.9")


def test_an_unresponsive_dns_server_makes_results_unknown(
    site: Flask, dns_server: DnsServer, real_time: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check, "DNS_TIMEOUT", 0.3)
    dns_server.is_silent = True

    assert {(one.part, one.state) for one in check.check_dns()} == {
        ("SPF", check.UNKNOWN),
        ("DKIM", check.UNKNOWN),
        ("DMARC", check.UNKNOWN),
        ("MX", check.UNKNOWN),
        ("PTR", check.UNKNOWN),
    }


def test_without_a_mail_server_the_check_reports_file_delivery(site: Flask) -> None:
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
def test_a_refused_test_email_is_reported(
    site: Flask, mailbox: MailServer, recipient: str, sentence: str
) -> None:
    mailbox.refuse(550, "No such mailbox", to="bo@example.org")

    assert run(site, "--to", recipient) == (1, [*run(site)[1], f"Test email: {sentence}"])
