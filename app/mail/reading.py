"""The words of a letter as they are still kept, for those who look after letters.

A link in a secret letter opens what is its reader's alone, so what makes it work is left out.
"""

import re
from email import message_from_bytes, policy
from email.message import EmailMessage

from app.mail.models import Letter

ADDRESS = re.compile(r"(https?://[^/\s]+)(/\S*)")


def text(letter: Letter) -> str:
    """Give the plain words of a letter, or nothing when they have been erased."""
    if not letter.message:
        return ""
    parsed = message_from_bytes(letter.message, policy=policy.SMTP)
    body = parsed.get_body(("plain",)) if isinstance(parsed, EmailMessage) else None
    words = str(body.get_content()).replace("\r\n", "\n").strip() if body else ""
    return ADDRESS.sub(_covered, words) if letter.is_secret else words


def _covered(found: re.Match[str]) -> str:
    """Keep of an address what tells what it is for: https://site/booking/…."""
    first = found[2].split("/")[1]
    return f"{found[1]}/{first}/…" if found[2].count("/") > 1 else found[0]
