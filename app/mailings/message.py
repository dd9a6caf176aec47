"""What a mailing says to one person, and what would be wrong with it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.mail import placeholders, rendering
from app.mail.placeholders import PlaceholderKind
from app.mail.rendering import OwnText, RenderedEmail
from app.mailings import queries, recipients
from app.mailings.audiences import Audience, Candidate
from app.mailings.models import Mailing, MailingRecipient
from app.web.rendering import absolute_url


def render(
    mailing: Mailing,
    audience: Audience,
    candidate: Candidate,
    own: Mapping[str, str] | None = None,
    *,
    unsubscribe_url: str = "",
) -> RenderedEmail:
    """Render the email to a person; ``own`` is what only they are told.

    In a preview the link to unsubscribe leads nowhere.
    """
    url = "" if mailing.is_essential else unsubscribe_url or _build_hidden_url()
    text = OwnText(mailing.subject, mailing.body, recipients.build_closing(url, candidate.language))
    values = {**candidate.values, **(own or {})}
    return rendering.render_own_text(text, values, audience.placeholders, candidate.language)


def own_values(row: MailingRecipient | None) -> Mapping[str, str]:
    """Return what only this recipient is told, as another module has prepared it."""
    if row is None or not row.own_values:
        return {}
    values: dict[str, str] = json.loads(row.own_values)
    return values


def find_problems(text: str, audience: Audience, *, is_subject: bool) -> Sequence[str]:
    """Return a sentence for each fault in a subject or a text, or nothing."""
    known = audience.placeholders
    if is_subject:  # where no link and no block has room
        known = {name: one for name, one in known.items() if one.kind is PlaceholderKind.VALUE}
    return placeholders.find_problems(text, known, () if is_subject else audience.required)


@dataclass(frozen=True)
class Gap:
    """A placeholder that is empty for some people."""

    name: str
    people: Sequence[Candidate]


def list_gaps(mailing: Mailing, audience: Audience, people: Sequence[Candidate]) -> Sequence[Gap]:
    """List the placeholders that leave a gap in the emails to some people, and to whom."""
    if not _list_used(mailing, audience):
        return ()
    rows = queries.get_own_values(mailing) if not audience.is_chosen else {}
    loaded = audience.load([one.person for one in people], mailing.query)
    found: dict[str, list[Candidate]] = {}
    for person, candidate in loaded.items():
        for name in find_empty(mailing, candidate, rows.get(person, {})):
            found.setdefault(name, []).append(candidate)
    return [Gap(name, gets) for name, gets in sorted(found.items())]


def _list_used(mailing: Mailing, audience: Audience) -> set[str]:
    used = placeholders.list_names(mailing.body) | placeholders.list_names(mailing.subject)
    return used & set(audience.placeholders)


def find_empty(mailing: Mailing, candidate: Candidate, own: Mapping[str, str]) -> Sequence[str]:
    """Return the placeholders that leave a gap in the email to a person."""
    values = {**candidate.values, **own}
    texts = (mailing.subject, mailing.body)
    return sorted({name for text in texts for name in placeholders.find_empty(text, values)})


def is_secret(mailing: Mailing, audience: Audience) -> bool:
    """Return True if each email has a link of its recipient's own, so that its text is erased."""
    return bool(audience.secrets & _list_used(mailing, audience))


def hide_secrets(values: Mapping[str, str], audience: Audience) -> Mapping[str, str]:
    """Return values for a preview, in which links that only their recipient may have lead nowhere.

    Blocks that another module prepares are shown as they are: it puts no such links into them.
    """
    hidden = _build_hidden_url()
    return {**values, **{name: hidden for name in audience.secrets if values.get(name)}}


def _build_hidden_url() -> str:
    return f"{absolute_url('site.home')}#each-has-their-own"
