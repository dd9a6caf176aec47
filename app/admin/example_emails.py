"""Emails to people who do not exist: what previews and tests of emails show."""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import replace

from flask_babel import gettext

from app.admin.email_kinds import EMAIL_KINDS, WITH_CALENDAR
from app.admin.email_samples import Context
from app.mail import own_texts, rendering
from app.mail import services as mail
from app.mail.models import URGENT
from app.mail.own_texts import TextKey
from app.mail.rendering import FOR_ORGANISERS, QR_CODE_ID, OwnText, RenderedEmail
from app.mail.wording import EMAIL_WORDINGS
from app.registration import booking_calendar
from app.web import languages

Examples = Mapping[str, str]


def preview(
    template: str, language: str = "", own: OwnText | None = None, person: Context | None = None
) -> RenderedEmail:
    """Render an email to somebody who does not exist, with links that open nothing.

    ``own`` is a text that is being written, in place of the one that counts; ``person`` are the
    template variables about a real person, in place of the invented one. The QR code, which comes
    beside the HTML in an email, is part of the HTML here.
    """
    code = language or languages.current().code
    context = build_context(template, code, person)
    ticket = context.get("ticket")
    has_qr_code = ticket is not None
    if own is None:
        rendered = rendering.render_email(template, code, context, has_qr_code=has_qr_code)
    else:
        key = TextKey(template, code)
        rendered = own_texts.render(own, key, context, has_qr_code=has_qr_code)
    if ticket is None:
        return rendered
    picture = f"data:image/png;base64,{b64encode(ticket.qr_code_png).decode()}"
    return replace(rendered, html=rendered.html.replace(f"cid:{QR_CODE_ID}", picture))


def enqueue_test(key: TextKey, own: OwnText | None, *, to: str) -> None:
    """Queue an email as in its preview, marked as a test."""
    context = build_context(*key)
    ticket = context.get("ticket")
    text = own or own_texts.get_state(key).text
    rendered = own_texts.render(text, key, context, has_qr_code=ticket is not None)
    marked = replace(rendered, subject=gettext("Test: %(subject)s", subject=rendered.subject))
    picture = ticket.qr_code_png if ticket else None
    mail.enqueue_rendered(
        "mail_test",
        marked,
        to=to,
        priority=URGENT,
        qr_code=picture,
        calendar=_render_calendar(*key, context),
    )


def _render_calendar(template: str, language: str, context: Context) -> bytes | None:
    """Return the calendar file that comes with an email, or None."""
    if template not in WITH_CALENDAR:
        return None
    delegate = context["delegate"] if "delegate" in context else context["delegates"][0]
    delegate.language = language
    return booking_calendar.render_ical(delegate)


def build_context(template: str, language: str, person: Context | None = None) -> Context:
    """Return the template variables of a preview."""
    with rendering.use_supported_language(language):
        context = {**EMAIL_KINDS[template].sample(), **(person or {})}
    return dict(context)


def build_examples(template: str, language: str, person: Context | None = None) -> Examples:
    """Return what each placeholder of an email would be for the person of a preview."""
    with rendering.use_supported_language(language):
        site = rendering.build_site_context(is_for_organisers=template in FOR_ORGANISERS)
        context = site | build_context(template, language, person)
        names = EMAIL_WORDINGS[template].fields.keys()
        return own_texts.build_values(template, context, names)
