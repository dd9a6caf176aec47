"""The text of a mailing to one person, and its faults."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, and_, or_, true

from app.mail import placeholders, rendering
from app.mail.placeholders import PlaceholderKind
from app.mail.rendering import EmailText, RenderedEmail
from app.mailings import queries, recipient_queries, recipients
from app.mailings.audiences import Audience, Candidate
from app.mailings.models import Mailing, MailingRecipient
from app.mailings.recipient_selection import Selection
from app.web.rendering import absolute_url

MAX_CHECKED: Final = 500  # people whose values are checked individually
EXAMPLES: Final = 5  # people named in a warning


def render(
    mailing: Mailing,
    audience: Audience,
    candidate: Candidate,
    row: MailingRecipient | None = None,
    *,
    unsubscribe_url: str = "",
) -> RenderedEmail:
    """Render the email to a person; ``row`` has the values prepared for them.

    In a preview the unsubscribe link leads nowhere. There is none if the email is essential to
    everyone, or to this person.
    """
    is_essential = mailing.is_essential or (row is not None and row.is_essential)
    url = "" if is_essential else unsubscribe_url or _build_hidden_url()
    subject, body = mailing.texts[find_language(mailing, candidate.language)]
    text = EmailText(subject, body, recipients.build_closing(url, candidate.language))
    values = {**candidate.values, **own_values(row)}
    return rendering.render_email_text(text, values, audience.placeholders, candidate.language)


def find_language(mailing: Mailing, language: str) -> str:
    """Return the language of the text that a person gets; "" for the default text."""
    return language if language in mailing.texts else ""


def own_values(row: MailingRecipient | None) -> Mapping[str, str]:
    """Return the values that another module has prepared for this recipient."""
    if row is None or not row.own_values:
        return {}
    values: dict[str, str] = json.loads(row.own_values)
    return values


def find_problems(text: str, audience: Audience, *, is_subject: bool) -> Sequence[str]:
    """Return a sentence for each fault in a subject or a text."""
    known = audience.placeholders
    if is_subject:  # which has no room for links and blocks
        known = {name: one for name, one in known.items() if one.kind is PlaceholderKind.VALUE}
    return placeholders.find_problems(text, known, () if is_subject else audience.required)


@dataclass(frozen=True)
class Gap:
    """A placeholder that is empty for some people: how many, and the first of them."""

    name: str
    count: int
    people: Sequence[Candidate]


@dataclass(frozen=True)
class GapReport:
    """The placeholders that leave a gap, among the people checked."""

    gaps: Sequence[Gap] = ()
    checked: int | None = None  # the number of people checked; None for all


def list_gaps(mailing: Mailing, audience: Audience, chosen: Selection) -> GapReport:
    """List the placeholders that leave a gap in the emails to some people, and to whom.

    The database checks everyone if it can; otherwise the first ``MAX_CHECKED`` are checked.
    """
    used = _list_used(mailing, audience)
    if not used:
        return GapReport()
    if used <= chosen.people.gaps.keys():
        return GapReport(_find_gaps_of_all(mailing, chosen, sorted(used)))
    return _find_gaps_of_first(mailing, audience, chosen)


def _find_gaps_of_all(mailing: Mailing, chosen: Selection, used: Sequence[str]) -> Sequence[Gap]:
    """Find gaps by the combinations of empty placeholders, which are few."""
    known, people = chosen.people.gaps, chosen.people
    tested = {name: one for name in used if not isinstance(one := known[name], bool)}
    always = {name: "" if known[name] is True else "." for name in used if name not in tested}
    spoken = {code: people.language == code for code in mailing.texts if code}
    counts: dict[str, int] = {}
    groups: dict[str, list[ColumnElement[bool]]] = {}
    conditions = [*tested.values(), *spoken.values()]
    for combination, count in recipient_queries.count_combinations(chosen, conditions).items():
        tests = dict(zip(tested, combination, strict=False))
        own = {name: "" if is_empty else "." for name, is_empty in tests.items()}
        language = _get_true(spoken, combination[len(tested) :])
        conditions_met = [
            one if holds else ~one for one, holds in zip(conditions, combination, strict=True)
        ]
        for name in find_empty(mailing, language, always | own):
            counts[name] = counts.get(name, 0) + count
            groups.setdefault(name, []).append(and_(true(), *conditions_met))
    examples = recipient_queries.list_first_of(
        chosen, {name: or_(*group) for name, group in groups.items()}, EXAMPLES
    )
    return [Gap(name, counts[name], examples[name]) for name in sorted(counts)]


def _get_true(names: Iterable[str], are_true: Iterable[bool]) -> str:
    return next((name for name, is_true in zip(names, are_true, strict=True) if is_true), "")


def _find_gaps_of_first(mailing: Mailing, audience: Audience, chosen: Selection) -> GapReport:
    people = [one.person for one in recipient_queries.list_first(chosen, MAX_CHECKED)]
    rows = queries.get_own_values(mailing, people) if not audience.is_chosen else {}
    found: dict[str, list[Candidate]] = {}
    for person, candidate in audience.load(people, mailing.query).items():
        values = {**candidate.values, **rows.get(person, {})}
        for name in find_empty(mailing, candidate.language, values):
            found.setdefault(name, []).append(candidate)
    gaps = [Gap(name, len(gets), gets[:EXAMPLES]) for name, gets in sorted(found.items())]
    return GapReport(gaps, MAX_CHECKED if chosen.count > MAX_CHECKED else None)


def _list_used(mailing: Mailing, audience: Audience) -> set[str]:
    parts = [part for text in mailing.texts.values() for part in text]
    return {name for part in parts for name in placeholders.list_names(part)} & set(
        audience.placeholders
    )


def find_empty(mailing: Mailing, language: str, values: Mapping[str, str]) -> Sequence[str]:
    """Return the placeholders that leave a gap in the email to a person with these values."""
    text = mailing.texts[find_language(mailing, language)]
    return sorted({name for part in text for name in placeholders.find_empty(part, values)})


def is_secret(mailing: Mailing, audience: Audience) -> bool:
    """Return True if each email has a private link of its recipient, so that its text is erased."""
    return bool(audience.secrets & _list_used(mailing, audience))


def hide_secrets(values: Mapping[str, str], audience: Audience) -> Mapping[str, str]:
    """Return values for a preview, in which private links lead nowhere.

    Blocks prepared by another module stay unchanged: they contain no such links.
    """
    hidden = _build_hidden_url()
    return {**values, **{name: hidden for name in audience.secrets if values.get(name)}}


def _build_hidden_url() -> str:
    return f"{absolute_url('site.home')}#each-has-their-own"
