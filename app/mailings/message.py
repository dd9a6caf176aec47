"""What a mailing says to one person, and what would be wrong with it."""

import json
from collections.abc import Mapping, Sequence

from app.mail import placeholders, rendering
from app.mail.placeholders import PlaceholderKind
from app.mail.rendering import OwnText, RenderedEmail
from app.mailings import recipients
from app.mailings.audiences import Audience, Candidate
from app.mailings.models import Mailing, MailingRecipient


def render(
    mailing: Mailing,
    audience: Audience,
    candidate: Candidate,
    own: Mapping[str, str] | None = None,
) -> RenderedEmail:
    """Render the email to a person; ``own`` is what only they are told."""
    text = OwnText(mailing.subject, mailing.body, recipients.build_closing(mailing, candidate))
    values = {**candidate.values, **(own or {})}
    return rendering.render_own_text(text, values, audience.placeholders, candidate.language)


def own_values(row: MailingRecipient | None) -> Mapping[str, str]:
    """Return what only this recipient is told, as another module has prepared it."""
    if row is None or not row.own_values:
        return {}
    values: dict[str, str] = json.loads(row.own_values)
    return values


def find_problems(subject: str, body: str, audience: Audience) -> Sequence[str]:
    """Return a sentence for each fault in what an organiser has written, or nothing."""
    known = audience.placeholders
    found = [
        *placeholders.find_problems(subject, known),
        *placeholders.find_problems(body, known),
    ]
    return list(dict.fromkeys(found))


def find_empty(mailing: Mailing, candidate: Candidate, own: Mapping[str, str]) -> Sequence[str]:
    """Return the placeholders that leave a gap in the email to a person."""
    values = {**candidate.values, **own}
    texts = (mailing.subject, mailing.body)
    return sorted({name for text in texts for name in placeholders.find_empty(text, values)})


def is_secret(mailing: Mailing, audience: Audience) -> bool:
    """Return True if each email has a link of its recipient's own, so that its text is erased."""
    used = placeholders.list_names(mailing.body) | placeholders.list_names(mailing.subject)
    kinds = {one.kind for name, one in audience.placeholders.items() if name in used}
    return bool(kinds & {PlaceholderKind.LINK, PlaceholderKind.BLOCK})
