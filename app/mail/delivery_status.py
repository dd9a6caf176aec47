"""The delivery state of an email, in one plain sentence.

The site passes an email to its own mail server, which delivers it to the recipient's. That it was
accepted is known at once; that it bounced is known from a report (``app.mail.bounces``).
"""

from typing import Any

from flask import Flask
from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from app.mail.bounce_reports import find_status
from app.mail.models import Email, domain_of
from app.text import collapse_whitespace
from app.web.formatting import local_moment, site_time

# By subject and detail of a status code (RFC 3463), or by subject for all other details.
REASONS: dict[str, Any] = {
    "1.1": _l("the mailbox does not exist"),
    "1.2": _l("the domain after the @ does not exist"),
    "1.6": _l("the mailbox has moved"),
    "1.10": _l("the domain after the @ does not accept emails"),
    "2.1": _l("the mailbox has been disabled"),
    "2.2": _l("the mailbox is full"),
    "2.3": _l("the email is too large for the mailbox"),
    "3.4": _l("the email is too large for the mail server"),
    "4.7": _l("the mail server could not be reached for too long"),
    "1": _l("the address is not valid"),
    "2": _l("the mailbox does not accept emails"),
    "3": _l("the mail server is not accepting emails at the moment"),
    "4": _l("the mail server could not be reached"),
    "6": _l("the mail server could not read the email"),
    "7": _l("the mail server’s rules do not allow the email"),
}

# Advice for organisers, by the same keys.
ADVICE: dict[str, Any] = {
    "1": _l("Check the email address"),
    "2": _l("Ask for another email address"),
    "2.2": _l("Send the email again later"),
    "2.3": _l("Open the email to see why"),
    "3": _l("Send the email again later"),
    "3.4": _l("Open the email to see why"),
    "4": _l("Send the email again later"),
}


def init_app(app: Flask) -> None:
    """Register the template filters."""
    app.add_template_filter(delivery_sentence)
    app.add_template_filter(failure_sentences)
    app.add_template_filter(failure_advice)


def describe_status(status: str) -> str:
    """Describe a status code such as 5.1.1 in plain words; "" if it is too unspecific."""
    return str(_find_words(REASONS, status) or "")


def _find_words(words: dict[str, Any], status: str) -> Any:
    _, _, rest = status.partition(".")
    return words.get(rest) or words.get(rest.partition(".")[0])


def get_status(email: Email) -> str:
    """Return the status code of an email's bounce or refusal; "" if there is none."""
    return email.return_status or find_status(email.last_error)


def describe_error(error: str) -> str:
    """Describe a mail server's reply in plain words."""
    return describe_status(find_status(error)) or str(gettext("could not be delivered"))


def failure_sentences(email: Email) -> str:
    """Describe why an email failed, and what organisers can do."""
    reason, advice = describe_status(get_status(email)), failure_advice(email)
    return f"{reason[:1].upper()}{reason[1:]}. {advice}." if reason else f"{advice}."


def failure_advice(email: Email) -> str:
    """Describe what organisers can do about a failed email.

    If the server's reason is unknown (RFC 3463), its own words are the best description.
    """
    advice = _find_words(ADVICE, get_status(email))
    if not advice:
        return collapse_whitespace(email.last_error) or str(gettext("Open the email to see why"))
    return str(advice)


def delivery_sentence(email: Email, address: str = "") -> str:
    """Describe whether an email was delivered; ``address`` is shown instead of the recipient's."""
    values = {"address": address or email.recipient, "domain": domain_of(email.recipient)}
    if email.is_sent and email.sent_at:
        values["moment"] = local_moment(site_time(email.sent_at))
        return str(gettext("Accepted for delivery to %(address)s at %(moment)s", **values))
    if email.is_failed:
        return _with_reason(_describe_failure(email, values), email)
    if email.last_error:
        return str(gettext("Not delivered to %(address)s yet. We will keep trying", **values))
    return str(gettext("Waiting to be sent to %(address)s", **values))


def _describe_failure(email: Email, values: dict[str, str]) -> str:
    if email.returned_at is None:
        return str(gettext("Could not be delivered to %(address)s", **values))
    values["moment"] = local_moment(site_time(email.returned_at))
    return str(gettext("Returned by the mail server for %(domain)s at %(moment)s", **values))


def _with_reason(sentence: str, email: Email) -> str:
    reason = describe_status(get_status(email))
    if not reason:
        return sentence
    return str(gettext("%(sentence)s: %(reason)s", sentence=sentence, reason=reason))
