"""Real people in the previews of emails: found by name, shown with links that open nothing.

A preview shows only what the email would say: no access or dietary requirements, no key of a
booking and no sign-in link.
"""

from collections.abc import Sequence
from typing import Final

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.accounts import guards
from app.admin_emails import preview_requests, preview_team
from app.admin_emails.kinds.registry import EMAIL_KINDS
from app.admin_emails.kinds.samples import Context
from app.admin_emails.preview_source import (
    MAX_PEOPLE,
    PreviewPerson,
    PreviewSource,
    copy_row,
    list_rows,
)
from app.database import db
from app.delegates.models import Delegate
from app.errors import NotFound
from app.programme.collation import sort_key
from app.programme.models import Speaker
from app.registration import emails as booking_emails
from app.registration.desk import queries as desk
from app.registration.groups import queries as groups
from app.speakers import queries as speakers
from app.speakers import recipients

DELEGATE, SPEAKER = "delegate", "speaker"


def find_source(template: str) -> str:
    """Return the name of the source of the people an email is about.

    It is "" if they are no one in particular, or the current user may not read about them.
    """
    kind = EMAIL_KINDS[template]
    name = kind.people or _find_variable(kind.sample())
    return name if name and guards.can_read(SOURCES[name].area) else ""


def _find_variable(sample: Context) -> str:
    """Return the template variable that is a person and names their source, or ""."""
    if "delegates" in sample:
        return DELEGATE
    return next((name for name in SOURCES if sample.get(name)), "")


def find_context(template: str, key: str) -> Context | None:
    """Return the template variables about a person; None if there is no such person."""
    source, _, name = key.partition("-")
    if not name or not source or source != find_source(template):
        return None
    return SOURCES[source].build_context(template, name)


def _find_delegates(search: str) -> Sequence[PreviewPerson]:
    found = desk.list_delegates(
        desk.match_text(search), "name", is_reversed=False, offset=0, limit=MAX_PEOPLE
    )
    return [
        PreviewPerson(
            f"{DELEGATE}-{row.reference}", f"{row.given_names} {row.family_name}", row.reference
        )
        for row in found
        if row.erased_at is None
    ]


def _delegate_context(template: str, reference: str) -> Context | None:
    try:
        delegate = desk.get_delegate(reference)
    except NotFound:
        return None
    if delegate.is_erased:
        return None
    sample = EMAIL_KINDS[template].sample()
    invented: Delegate = sample.get(DELEGATE) or sample["delegates"][0]
    delegate_copy = _copy_delegate(delegate, invented)
    if "delegates" in sample:
        return {"delegates": [delegate_copy]}
    context: Context = {DELEGATE: delegate_copy, "old": delegate_copy.email}
    if "ticket" in sample:
        context |= booking_emails.ticket_context(delegate_copy)
        context |= {"group": groups.find_group(delegate)}
    return context


def _copy_delegate(delegate: Delegate, invented: Delegate) -> Delegate:
    """Return a copy, which is cancelled if the email is about a cancellation."""
    return copy_row(
        delegate,
        ["category", "custom_answers"],
        pending_email=delegate.pending_email or invented.pending_email,
        cancelled_at=invented.cancelled_at,
    )


def _find_speakers(search: str) -> Sequence[PreviewPerson]:
    words = [sort_key(word) for word in search.split()]
    found: Sequence[Speaker] = list_rows(Speaker, words, Speaker.withdrawn_at.is_(None))
    return [PreviewPerson(f"{SPEAKER}-{row.slug}", row.name, row.contact_address) for row in found]


def _speaker_context(template: str, slug: str) -> Context | None:
    speaker = db.session.scalar(
        select(Speaker).where(Speaker.slug == slug, Speaker.withdrawn_at.is_(None))
    )
    if speaker is None:
        return None
    context: Context = {SPEAKER: speaker}
    sample = EMAIL_KINDS[template].sample()
    speaker_requests = speakers.list_requests_of(speaker) if "asked" in sample else ()
    if speaker_requests:
        context["asked"] = speaker_requests[0]
    if {"lines", "sessions"} & sample.keys():
        (recipient,) = recipients.load_speakers([speaker])
        context |= recipient.email_context(template)
    return context


# Maps the variable of a template to the source of its people. An email to a delegate about their
# position on a waiting list is about the delegate.
SOURCES: Final = {
    DELEGATE: PreviewSource(
        _l("Preview with a delegate"),
        _l("Name, email address or reference"),
        _find_delegates,
        _delegate_context,
    ),
    SPEAKER: PreviewSource(
        _l("Preview with a speaker"),
        _l("Name or organisation"),
        _find_speakers,
        _speaker_context,
    ),
    **preview_requests.SOURCES,
    **preview_team.SOURCES,
}
