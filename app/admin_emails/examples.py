"""Emails to invented people: what previews and tests of emails show."""

from base64 import b64encode
from collections.abc import Collection, Mapping
from dataclasses import replace

from app.admin_emails.kinds.registry import EMAIL_KINDS, WITH_CALENDAR
from app.admin_emails.kinds.samples import Context
from app.mail import email_texts, rendering
from app.mail import services as mail
from app.mail.email_texts import TextKey
from app.mail.fields.registry import EMAIL_FIELDS
from app.mail.models import URGENT
from app.mail.rendering import FOR_ORGANISERS, QR_CODE_ID, EmailText, RenderedEmail
from app.registration import booking_calendar

Examples = Mapping[str, str]


def preview(
    key: TextKey, own: EmailText | None = None, context: Context | None = None
) -> RenderedEmail:
    """Render an email to an invented person, with links that open nothing.

    ``own`` is an unsaved text, in place of the current one; ``context`` has the template variables,
    if they are about a real person. The QR code, which is an attachment in an email, is inlined
    here.
    """
    context = build_context(key) if context is None else context
    ticket = context.get("ticket")
    has_qr_code = ticket is not None
    if own is None:
        rendered = rendering.render_email(*key, context, has_qr_code=has_qr_code)
    else:
        rendered = email_texts.render(own, key, context, has_qr_code=has_qr_code)
    if ticket is None:
        return rendered
    picture = f"data:image/png;base64,{b64encode(ticket.qr_code_png).decode()}"
    return replace(rendered, html=rendered.html.replace(f"cid:{QR_CODE_ID}", picture))


def enqueue_test(key: TextKey, own: EmailText | None, *, to: str) -> None:
    """Queue an email as in its preview, marked as a test."""
    context = build_context(key)
    ticket = context.get("ticket")
    text = own or email_texts.get_state(key).text
    rendered = email_texts.render(text, key, context, has_qr_code=ticket is not None)
    marked = rendering.mark_test(rendered)
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
    """Return the calendar file attached to an email, or None."""
    if template not in WITH_CALENDAR:
        return None
    delegate = context["delegate"] if "delegate" in context else context["delegates"][0]
    delegate.language = language
    return booking_calendar.render_ical(delegate)


def build_context(key: TextKey, person: Context | None = None) -> Context:
    """Return the template variables of a preview; those about a real person take precedence."""
    with rendering.use_supported_language(key.language):
        return {**EMAIL_KINDS[key.template].sample(), **(person or {})}


def build_examples(
    key: TextKey, context: Context | None = None, names: Collection[str] | None = None
) -> Examples:
    """Return the values of the placeholders of an email in a preview: all, or those named."""
    with rendering.use_supported_language(key.language):
        site = rendering.build_site_context(is_for_organisers=key.template in FOR_ORGANISERS)
        variables = site | (build_context(key) if context is None else context)
        known = EMAIL_FIELDS[key.template].fields.keys()
        return email_texts.build_values(key.template, variables, known if names is None else names)
