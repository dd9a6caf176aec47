"""Who may manage a speaker's pages: the speaker and their assistants.

A view calls ``access.get_own_speaker(slug)`` first; it raises NotFound for any other speaker.
"""

from collections.abc import Sequence

from app import clock
from app.accounts import guards
from app.accounts import services as accounts
from app.accounts.models import Person
from app.database import db
from app.errors import NotFound, PermissionDenied, RuleViolation
from app.history import services as history
from app.programme.editing import versioned_edits
from app.programme.fields.speakers import SPEAKER_FIELDS
from app.programme.models import Speaker
from app.proposals import services as proposals
from app.speakers import queries
from app.speakers.models import SpeakerAccess


def get_signed_in_person() -> Person:
    """Return the signed-in person, behind a guard that requires one."""
    found = guards.current_person()
    if found is None:
        raise PermissionDenied(guards.SPEAKERS_ONLY)
    return found


def get_access(slug: str) -> SpeakerAccess:
    """Return the signed-in person's access to a speaker's pages; raise NotFound if none."""
    return queries.get_access(get_signed_in_person(), slug)


def get_own_speaker(slug: str) -> Speaker:
    """Return the speaker if the signed-in person has access; raise NotFound otherwise."""
    return get_access(slug).speaker


def current_actor() -> str:
    """Return the email address that the history records as the actor."""
    return get_signed_in_person().email


MAX_ASSISTANTS = 10  # per speaker


def grant_own_access(speaker: Speaker, email: str, *, actor: str) -> Person:
    """Give a speaker access to their own pages; repeating it changes nothing."""
    summary = f"{accounts.normalise_email(email)} was given access to the pages of {speaker.name}"
    return _grant(speaker, email, actor=actor, summary=summary, is_assistant=False)


def add_assistant(speaker: Speaker, email: str, *, actor: str) -> Person:
    """Give an assistant the same access; the history records their actions under their own name."""
    versioned_edits.lock(speaker)  # otherwise two concurrent requests could exceed the limit
    assistant_emails = {
        access.person.email
        for access in queries.list_access_to_speaker(speaker)
        if access.is_assistant
    }
    if len(assistant_emails - {accounts.normalise_email(email)}) >= MAX_ASSISTANTS:
        raise RuleViolation(f"{MAX_ASSISTANTS} assistants already have access. Remove one first")
    summary = f"{accounts.normalise_email(email)} became an assistant of {speaker.name}"
    return _grant(speaker, email, actor=actor, summary=summary, is_assistant=True)


def revoke(speaker: Speaker, access_id: int, *, actor: str) -> Person:
    """Revoke a person's access to a speaker's pages, from the next request on."""
    access = next(
        (one for one in queries.list_access_to_speaker(speaker) if one.id == access_id), None
    )
    if access is None:
        raise NotFound("That person does not have access to these pages")
    access.revoked_at = clock.now()
    summary = f"{access.person.email} no longer has access to the pages of {speaker.name}"
    history.record(summary, subject=SPEAKER_FIELDS.history_subject(speaker), actor=actor)
    db.session.flush()
    remaining = queries.list_access_to_speaker(speaker)
    proposals.transfer_notifications(
        speaker, access.person.email, remaining[0].person.email if remaining else ""
    )
    if not queries.has_access(access.person):
        accounts.revoke_speaker_access(access.person)
    return access.person


def revoke_assistant(speaker: Speaker, access_id: int, *, actor: str) -> Person:
    """Revoke an assistant's access; only organisers may revoke the speaker's own."""
    if any(
        access.id == access_id and not access.is_assistant
        for access in queries.list_access_to_speaker(speaker)
    ):
        raise RuleViolation("This is the speaker. Only the organisers can remove their access")
    return revoke(speaker, access_id, actor=actor)


def list_own(speaker: Speaker) -> Sequence[SpeakerAccess]:
    """List the speaker's own accesses, without those of assistants."""
    return [access for access in queries.list_access_to_speaker(speaker) if not access.is_assistant]


def list_outdated(speaker: Speaker, own: Sequence[SpeakerAccess]) -> Sequence[SpeakerAccess]:
    """List the speaker's own accesses whose address is not their contact address."""
    contact = speaker.contact_address.strip().lower()
    return [access for access in own if contact and access.person.email.lower() != contact]


def transfer(source: Speaker, target: Speaker, *, actor: str) -> None:
    """Give everyone with access to ``source`` access to ``target``, when two records are merged."""
    for access in queries.list_access_to_speaker(source):
        grant = add_assistant if access.is_assistant else grant_own_access
        grant(target, access.person.email, actor=actor)
        access.revoked_at = clock.now()


def _grant(speaker: Speaker, email: str, *, actor: str, summary: str, is_assistant: bool) -> Person:
    versioned_edits.lock(speaker)  # otherwise two concurrent requests could grant access twice
    person = accounts.grant_speaker_access(email)
    if all(access.person_id != person.id for access in queries.list_access_to_speaker(speaker)):
        db.session.add(
            SpeakerAccess(
                person_id=person.id,
                speaker_id=speaker.id,
                is_assistant=is_assistant,
                granted_at=clock.now(),
                granted_by=actor,
            )
        )
        history.record(summary, subject=SPEAKER_FIELDS.history_subject(speaker), actor=actor)
        db.session.flush()
    return person
