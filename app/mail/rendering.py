"""Emails rendered from templates in the recipient's language, and encoded as MIME messages.

The first line of ``templates/mail/<name>.txt`` is the subject. The rest is plain text with the
layout that ``app.mail.html_body`` describes; the signature is added to every email, and before it
the conference's own paragraph, except to organisers.
"""

import re
import secrets
import unicodedata
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, replace
from email.headerregistry import Address
from email.message import EmailMessage
from typing import Any, NamedTuple, cast

from flask import current_app
from flask_babel import gettext

from app import clock
from app.errors import RuleViolation
from app.mail import html_body, placeholders
from app.mail.addresses import to_ascii_domain
from app.mail.headers import MAX_LINE_LENGTH, HeaderFactory, HeaderPolicy
from app.mail.markdown_body import RenderedBlock, render_markdown
from app.mail.placeholders import Placeholders, TextPart
from app.web import languages
from app.web.rendering import absolute_url

MAX_SUBJECT_LENGTH = 200  # characters
FOR_ORGANISERS = frozenset({"audit_found", "changes_waiting", "feedback_received", "speaker_asks"})


@dataclass(frozen=True)
class RenderedEmail:
    """The subject, the bodies and the sender of an email."""

    subject: str
    text: str
    html: str
    language: str
    sender: str
    sender_name: str
    reply_to: str


def render_email(
    template: str, language: str, context: dict[str, Any], *, has_qr_code: bool = False
) -> RenderedEmail:
    """Render a template in a language, or in English if the site does not offer that language.

    If organisers have edited the text, render theirs. With a QR code, the HTML shows the facts of
    the booking as a ticket.
    """
    with use_supported_language(language):
        render_own = current_app.extensions["email_texts"]
        own: RenderedEmail | None = render_own(template, context, has_qr_code=has_qr_code)
        if own is not None:
            return own
        site_context = build_site_context(is_for_organisers=template in FOR_ORGANISERS)
        subject, _, body = (
            _render_template(f"{template}.txt", {**site_context, **context}).strip().partition("\n")
        )
        blocks = _parse_layout(body, site_context["site"])
        return _assemble(subject, blocks, site_context, QR_CODE_ID if has_qr_code else "")


@dataclass(frozen=True)
class EmailText:
    """The text of an email with placeholders; the body is Markdown.

    ``closing`` is added by the site, with the layout of ``app.mail.html_body``.
    """

    subject: str
    body: str
    closing: str = ""


def render_email_text(  # noqa: PLR0913 – the text, its values and the recipient
    own: EmailText,
    values: Mapping[str, str],
    known: Placeholders,
    language: str,
    *,
    has_qr_code: bool = False,
    is_for_organisers: bool = False,
) -> RenderedEmail:
    """Render an organisers' text, with one person's values in place of placeholders."""
    with use_supported_language(language):
        site_context = build_site_context(is_for_organisers=is_for_organisers)
        site = site_context["site"]
        parts = placeholders.fill_in(own.body, values, known)
        blocks = [block for part in parts for block in _parse_part(part, site)]
        blocks += _parse_layout(own.closing, site)
        subject = placeholders.fill_line(own.subject, values)
        return _assemble(subject, blocks, site_context, QR_CODE_ID if has_qr_code else "")


def mark_test(rendered: RenderedEmail) -> RenderedEmail:
    """Return an email whose subject says that it is a test."""
    return replace(rendered, subject=gettext("Test: %(subject)s", subject=rendered.subject))


def use_supported_language(language: str) -> AbstractContextManager[None]:
    """Use a language in a block, or English if the site does not offer it."""
    is_supported = language in current_app.extensions["languages"]
    supported = language if is_supported else languages.SOURCE_LANGUAGE
    return languages.use_language(supported)


def build_site_context(*, is_for_organisers: bool) -> dict[str, Any]:
    """Return the variables available in every email."""
    context: dict[str, Any] = {"site": current_app.config["SITE_URL"]}
    current_app.update_template_context(context)  # the variables of every template
    contact_email = context["conference"].contact_email
    additions = current_app.extensions["email_additions"]()  # those of the conference
    return context | {
        "contact": contact_email or absolute_url("site.feedback"),
        "is_for_organisers": is_for_organisers,
        "paragraph": "" if is_for_organisers else additions.paragraph,
        "signatory": additions.signatory,
    }


def _parse_part(part: TextPart, site: str) -> Sequence[RenderedBlock]:
    return _parse_layout(part.text, site) if part.is_block else render_markdown(part.text, site)


def _parse_layout(text: str, site: str) -> list[RenderedBlock]:
    """Parse text with the layout of ``html_body``; the first block has all of its plain text."""
    plain = _normalise_text(text)
    blocks = html_body.parse_blocks(plain, site) if plain else []
    return [RenderedBlock(block, "" if number else plain) for number, block in enumerate(blocks)]


def _assemble(
    subject: str, blocks: Sequence[RenderedBlock], site_context: dict[str, Any], qr_code_id: str
) -> RenderedEmail:
    """Assemble an email: its body, the conference's own paragraph and the signature."""
    site, contact_email = site_context["site"], site_context["conference"].contact_email
    blocks = [*blocks, *_parse_layout(site_context["paragraph"], site)]
    signature = _normalise_text(_render_template("signature.txt", site_context))
    parts: dict[str, Any] = {
        "subject": to_header_line(subject)[:MAX_SUBJECT_LENGTH],
        "qr_code_id": qr_code_id,
        "blocks": [block.block for block in blocks],
        "signature": html_body.parse_blocks(signature, site),
    }
    return RenderedEmail(
        subject=parts["subject"],
        text="\n\n".join([*(block.text for block in blocks if block.text), f"-- \n{signature}\n"]),
        html=_render_template("email.html", site_context | parts),
        language=languages.current().code,
        sender=current_app.config["MAIL_DEFAULT_SENDER"],
        sender_name=to_header_line(site_context["conference"].title),
        reply_to=to_header_line(contact_email),
    )


def _render_template(template: str, context: dict[str, Any]) -> str:
    return current_app.jinja_env.get_template(f"mail/{template}").render(context)


def to_header_line(text: str) -> str:
    """Return text that is safe in a header: one line, no control characters."""
    plain = "".join(" " if unicodedata.category(c) in {"Cc", "Zl", "Zp"} else c for c in text)
    return " ".join(plain.split())


def _normalise_text(text: str) -> str:
    lines = [line.rstrip() for line in text.strip().splitlines()]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines))


QR_CODE_ID = "booking-reference"  # the Content-ID of the picture (RFC 2392)
CALENDAR_FILENAME = "conference.ics"
TRANSFER_ENCODING = "quoted-printable"  # which all servers preserve
ASCII_POLICY = HeaderPolicy(
    header_factory=HeaderFactory(),
    cte_type="7bit",
    linesep="\r\n",
    max_line_length=MAX_LINE_LENGTH,  # RFC 2045, section 6.7
    refold_source="none",
)
UTF8_POLICY = ASCII_POLICY.clone(utf8=True)  # only for addresses that require it
USERNAME = re.compile(r"""[^\x00-\x20\x7f@<>()\[\]\\,;:"\s]{1,64}""")
HOST = re.compile(r"(?=.{1,253}$)[a-zA-Z0-9-]{1,63}(\.[a-zA-Z0-9-]{1,63})*")


class EncodedEmail(NamedTuple):
    """An email as it will be sent."""

    message_id: str  # the Message-ID header
    message: bytes


def encode_email(  # noqa: PLR0913 – the parts of an email
    rendered: RenderedEmail,
    recipient: str,
    booking_reference: str,
    calendar: bytes | None,
    qr_code: bytes | None = None,
    *,
    headers: Mapping[str, str] | None = None,
) -> EncodedEmail:
    """Encode an email as a MIME message; a QR code, a PNG, comes with its HTML."""
    message = _build_headers(rendered, recipient, booking_reference)
    for name, value in (headers or {}).items():  # such as List-Unsubscribe
        message[name] = value
    message.set_content(rendered.text, cte=TRANSFER_ENCODING)
    message.add_alternative(rendered.html, subtype="html", cte=TRANSFER_ENCODING)
    if qr_code:
        *_, html = message.iter_parts()
        cast(EmailMessage, html).add_related(
            qr_code, "image", "png", cid=f"<{QR_CODE_ID}>", disposition="inline"
        )
    if calendar:
        message.add_attachment(
            calendar.decode(),
            subtype="calendar",
            cte=TRANSFER_ENCODING,
            filename=CALENDAR_FILENAME,
            params={"method": "PUBLISH", "name": CALENDAR_FILENAME},
        )
    message["Content-Language"] = rendered.language  # last: setting content removes it
    return EncodedEmail(str(message["Message-ID"]), message.as_bytes())


def _build_headers(rendered: RenderedEmail, email: str, booking_reference: str) -> EmailMessage:
    recipient = parse_address(email)
    sender = parse_address(rendered.sender, rendered.sender_name)
    is_ascii = recipient.username.isascii() and sender.username.isascii()
    headers = EmailMessage(policy=ASCII_POLICY if is_ascii else UTF8_POLICY)
    headers["Subject"] = rendered.subject
    headers["From"] = sender
    with suppress(RuleViolation):  # the conference may have no contact address, or an invalid one
        reply_to = parse_address(rendered.reply_to)
        if reply_to.username.isascii() or not is_ascii:  # not all servers accept other scripts
            headers["Reply-To"] = reply_to
    headers["To"] = recipient
    set_date_and_id(headers)
    headers["Auto-Submitted"] = "auto-generated"
    if booking_reference:
        headers["X-Booking-Reference"] = booking_reference
    return headers


def set_date_and_id(message: EmailMessage) -> None:
    """Set the date and the Message-ID, which identifies duplicates."""
    del message["Date"], message["Message-ID"]
    domain = message["From"].addresses[0].domain
    message["Date"] = clock.real_now()
    message["Message-ID"] = f"<{secrets.token_hex(16)}@{domain}>"


def parse_address(text: str, name: str = "") -> Address:
    """Parse an email address, with its domain in ASCII (IDNA)."""
    username, _, domain = text.strip().rpartition("@")
    try:
        host = to_ascii_domain(domain)
    except UnicodeError:
        host = ""
    if not (USERNAME.fullmatch(username) and HOST.fullmatch(host)):
        raise RuleViolation("Emails cannot be sent to that email address")
    return Address(name, username, host)
