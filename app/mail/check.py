"""Checks whether emails will arrive: the mail server, and what the DNS says about the sender.

Receiving servers ask the DNS whether the mail server may send for the sender's domain (SPF, RFC
7208), what to do with an email that fails such checks (DMARC, RFC 7489), where replies and bounces
go (MX, RFC 5321), and what name the mail server's own address has (PTR, RFC 1912).
"""

import ipaddress
import re
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import dns.exception
import dns.resolver
import dns.reversename
from flask import current_app
from flask_babel import gettext

from app.database import db
from app.errors import RuleViolation
from app.mail import rendering, services
from app.mail.dkim import DkimSigner, format_record
from app.mail.models import URGENT, Email, domain_of
from app.mail.outbox import LeasedEmail
from app.mail.transports import DeliveryFailure, ServerFeatures, SmtpTransport, create_transport
from app.web import languages

FINE, PROBLEM, UNKNOWN = "fine", "problem", "unknown"
DNS_TIMEOUT = 4.0  # seconds per query
STRINGS = re.compile(r'"((?:[^"\\]|\\.)*)"')  # of a TXT record, in DNS notation


@dataclass(frozen=True)
class Finding:
    """The result of one check; for a problem, the text says what to do."""

    part: str
    state: str  # fine, problem, or unknown if it could not be checked
    sentence: str


def check_all() -> list[Finding]:
    """Check the mail server, then each DNS record."""
    if not current_app.config["MAIL_SERVER"]:
        sentence = gettext("MAIL_SERVER is not set, so emails are saved as files and not sent.")
        return [Finding(gettext("Mail server"), UNKNOWN, sentence)]
    return [_check_server(), *check_dns()]


def enqueue_test(recipient: str) -> Email:
    """Queue a test email, which is sent like any other email."""
    email = services.enqueue("mail_test", to=recipient, priority=URGENT)
    db.session.flush()
    return email


def send_test(recipient: str) -> Finding:
    """Send a test email at once, without the outbox, and report the result."""
    part = gettext("Test email")
    try:
        rendered = rendering.render_email("mail_test", languages.SOURCE_LANGUAGE, {})
        encoded = rendering.encode_email(rendered, recipient, "", None, None)
        transport = create_transport(current_app)
        transport.send(
            LeasedEmail(
                id=0,
                template="mail_test",
                booking_reference="",
                recipient=recipient,
                domain=domain_of(recipient),
                priority=URGENT,
                message=encoded.message,
                is_secret=False,
                attempts=0,
                give_up_at=None,
            )
        )
        transport.close()
    except (DeliveryFailure, RuleViolation) as refusal:
        return Finding(part, PROBLEM, str(refusal))
    sentence = gettext("Accepted for %(recipient)s. Check that it arrives.", recipient=recipient)
    return Finding(part, FINE, sentence)


def check_dns() -> Iterator[Finding]:
    """Check the DNS records of the sender's domain and of the mail server."""
    domain = domain_of(current_app.config["MAIL_DEFAULT_SENDER"])
    checks: dict[str, Callable[[dns.resolver.Resolver, str], Finding]] = {
        "SPF": _check_spf,
        "DKIM": _check_dkim,
        "DMARC": _check_dmarc,
        "MX": _check_mx,
        "PTR": _check_ptr,
    }
    for part, check in checks.items():
        try:
            yield check(_create_resolver(), domain)
        except (dns.exception.DNSException, OSError):
            yield Finding(
                part, UNKNOWN, gettext("The DNS server did not respond. Try again later.")
            )


def _check_server() -> Finding:
    part = gettext("Mail server")
    try:
        found = SmtpTransport(current_app).check()
    except DeliveryFailure as failure:
        return Finding(part, PROBLEM, str(failure))
    return Finding(part, FINE, " ".join(_describe_server(found)))


def _describe_server(found: ServerFeatures) -> Iterator[str]:
    yield gettext("It answers, and accepts emails from %(sender)s.", sender=_sender())
    if found.encryption:
        yield gettext(
            "The connection is encrypted (%(version)s), and its certificate is valid.",
            version=found.encryption,
        )
    else:
        yield gettext(
            "The connection is not encrypted: set MAIL_USE_TLS or MAIL_USE_SSL if the server "
            "offers it."
        )
    if found.is_signed_in:
        name = current_app.config["MAIL_USERNAME"]
        yield gettext("The site can sign in as %(name)s.", name=name)
    if not found.takes_every_script:
        yield gettext("It accepts no email addresses with characters like “ë” before the @.")


def _check_spf(resolver: dns.resolver.Resolver, domain: str) -> Finding:
    found = [text for text in _list_texts(resolver, domain) if text.split(" ")[0] == "v=spf1"]
    if len(found) > 1:
        sentence = gettext(
            "%(domain)s has more than one SPF record, so receiving servers ignore all of them. "
            "Combine them into one.",
            domain=domain,
        )
        return Finding("SPF", PROBLEM, sentence)
    if not found:
        sentence = gettext(
            "%(domain)s has no SPF record. Add a TXT record that names your mail server, for "
            "example: v=spf1 a:%(server)s -all",
            domain=domain,
            server=current_app.config["MAIL_SERVER"],
        )
        return Finding("SPF", PROBLEM, sentence)
    if found[0].lower().split()[1:2] in (["-all"], ["~all"]):  # anything that follows is ignored
        sentence = gettext(
            "The SPF record of %(domain)s allows no server to send its emails: %(record)s. Name "
            "your mail server in it, for example: v=spf1 a:%(server)s -all",
            domain=domain,
            record=found[0],
            server=current_app.config["MAIL_SERVER"],
        )
        return Finding("SPF", PROBLEM, sentence)
    return Finding("SPF", FINE, found[0])


def _check_dkim(resolver: dns.resolver.Resolver, domain: str) -> Finding:
    signer: DkimSigner | None = current_app.config["DKIM_SIGNER"]
    selector = current_app.config["MAIL_DKIM_SELECTOR"]
    if not selector:
        sentence = gettext(
            "The site does not sign emails. If your mail server does, set MAIL_DKIM_SELECTOR to "
            "the name of its key, so that the key can be looked up here."
        )
        return Finding("DKIM", UNKNOWN, sentence)
    name = f"{selector}._domainkey.{signer.domain if signer else domain}"
    found = [_parse_tags(text) for text in _list_texts(resolver, name)]
    fault = _find_dkim_fault(found, signer)
    if not fault:
        return Finding("DKIM", FINE, name)
    advice = ""
    if signer is not None:
        record = format_record(signer.key)
        advice = gettext("It must have one TXT record: %(record)s", record=record)
    return Finding("DKIM", PROBLEM, f"{name}: {fault} {advice}".strip())


def _find_dkim_fault(found: Sequence[Mapping[str, str]], signer: DkimSigner | None) -> str:
    """Describe what is wrong with the DKIM keys in the DNS; "" if they are fine."""
    if not found:
        return str(
            gettext("There is no DKIM key, so receiving servers cannot check the signatures.")
        )
    if len(found) > 1:
        return str(gettext("There is more than one DKIM key, so receiving servers may ignore all."))
    [tags] = found
    if not tags.get("p"):
        return str(gettext("The DKIM key has been withdrawn (p= is empty)."))
    if signer is not None and tags["p"] != _parse_tags(format_record(signer.key))["p"]:
        return str(gettext("The DKIM key is not the one that the site signs with."))
    if "y" in tags.get("t", "").split(":"):
        return str(gettext("The DKIM key is marked as a test (t=y), so signatures may be ignored."))
    return ""


def _parse_tags(record: str) -> Mapping[str, str]:
    """Return the tags of a record, without whitespace in their values."""
    pairs = (part.partition("=") for part in record.split(";"))
    return {name.strip(): "".join(value.split()) for name, _, value in pairs}


def _check_dmarc(resolver: dns.resolver.Resolver, domain: str) -> Finding:
    labels = domain.split(".")
    for parent in (".".join(labels[start:]) for start in range(max(1, len(labels) - 1))):
        for text in _list_texts(resolver, f"_dmarc.{parent}"):
            if text.startswith("v=DMARC1"):
                return Finding("DMARC", FINE, text)
    sentence = gettext(
        "%(domain)s has no DMARC record, and some large mail services require one. Add a TXT "
        "record at _dmarc.%(domain)s, for example: v=DMARC1; p=none; rua=mailto:%(sender)s",
        domain=domain,
        sender=_sender(),
    )
    return Finding("DMARC", PROBLEM, sentence)


def _check_mx(resolver: dns.resolver.Resolver, domain: str) -> Finding:
    hosts = [record.split(" ")[1].rstrip(".") for record in _ask(resolver, domain, "MX")]
    if not any(hosts):  # a single dot means that the domain takes no email (RFC 7505)
        sentence = gettext(
            "%(domain)s receives no email, so replies and reports of failed delivery are lost. "
            "Add an MX record, or send from a domain that has one.",
            domain=domain,
        )
        return Finding("MX", PROBLEM, sentence)
    return Finding("MX", FINE, ", ".join(sorted(hosts)))


def _check_ptr(resolver: dns.resolver.Resolver, domain: str) -> Finding:
    server = current_app.config["MAIL_SERVER"]
    addresses = sorted({str(info[4][0]) for info in socket.getaddrinfo(server, None)})
    public = [address for address in addresses if ipaddress.ip_address(address).is_global]
    if not public:
        sentence = gettext(
            "%(server)s is on a private network. Ask the person who runs it whether the address "
            "from which it sends to the internet has a name.",
            server=server,
        )
        return Finding("PTR", UNKNOWN, sentence)
    nameless = [
        address
        for address in public
        if not _ask(resolver, str(dns.reversename.from_address(address)), "PTR")
    ]
    if nameless:
        sentence = gettext(
            "%(address)s, an address of the mail server, has no name in the DNS, so many servers "
            "refuse its emails. Ask its provider to set up reverse DNS (PTR).",
            address=nameless[0],
        )
        return Finding("PTR", PROBLEM, sentence)
    return Finding("PTR", FINE, ", ".join(public))


def _create_resolver() -> dns.resolver.Resolver:
    """Return a resolver that queries the server in the settings, or the system's default."""
    server = str(current_app.config["DNS_SERVER"])
    resolver = dns.resolver.Resolver(configure=not server)
    if server:
        address, _, port = server.rpartition(":")
        resolver.nameservers = [address]
        resolver.port = int(port)
    resolver.lifetime = DNS_TIMEOUT
    return resolver


def _list_texts(resolver: dns.resolver.Resolver, name: str) -> list[str]:
    """Return the TXT records of a name, each as one text (RFC 7208, 3.3)."""
    return ["".join(STRINGS.findall(record)) for record in _ask(resolver, name, "TXT")]


def _ask(resolver: dns.resolver.Resolver, name: str, kind: str) -> list[str]:
    """Return the records of a name as text; empty if there are none, or no such name."""
    try:
        return [record.to_text() for record in resolver.resolve(name, kind, search=False)]
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []


def _sender() -> str:
    return str(current_app.config["MAIL_DEFAULT_SENDER"])
