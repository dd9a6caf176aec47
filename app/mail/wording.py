"""The words of a letter in its reader's language, from one template: subject, text, HTML.

The first line of ``templates/mail/<name>.txt`` is the subject. The rest is plain words, which
``app.mail.markup`` explains how to lay out; the signature is added to every letter.
"""

import re
import unicodedata
from dataclasses import dataclass
from typing import Any

from flask import current_app

from app.mail import markup
from app.web import languages

LONGEST_SUBJECT = 200  # characters


@dataclass(frozen=True)
class Wording:
    """What a letter says, and as whom it speaks."""

    subject: str
    text: str
    html: str
    language: str
    sender: str
    sender_name: str
    answers_to: str


def write(name: str, language: str, what: dict[str, Any]) -> Wording:
    """Word a letter for its reader."""
    offered = language if language in current_app.extensions["languages"] else languages.SOURCE
    with languages.speaking(offered):
        return _write(name, what)


def _write(name: str, what: dict[str, Any]) -> Wording:
    site = current_app.config["SITE_URL"]
    known: dict[str, Any] = {"site": site}
    current_app.update_template_context(known)  # what every template knows
    first, _, rest = _rendered(f"{name}.txt", {**known, **what}).strip().partition("\n")
    subject = one_line(first)[:LONGEST_SUBJECT]
    body, signature = _tidy(rest), _tidy(_rendered("signature.txt", known))
    shown = {
        "subject": subject,
        "blocks": markup.blocks(body, site),
        "signature": markup.blocks(signature, site),
    }
    return Wording(
        subject=subject,
        text=f"{body}\n\n-- \n{signature}\n",
        html=_rendered("letter.html", known | shown),
        language=languages.current().code,
        sender=current_app.config["MAIL_DEFAULT_SENDER"],
        sender_name=one_line(known["conference"].title),
        answers_to=one_line(known["conference"].contact_email),
    )


def _rendered(template: str, known: dict[str, Any]) -> str:
    return current_app.jinja_env.get_template(f"mail/{template}").render(known)


def one_line(text: str) -> str:
    """Give text that is safe in a header: one line, no control characters."""
    plain = "".join(" " if unicodedata.category(c) in {"Cc", "Zl", "Zp"} else c for c in text)
    return " ".join(plain.split())


def _tidy(text: str) -> str:
    lines = [line.rstrip() for line in text.strip().splitlines()]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines))
