"""Who keeps a speaker's pages: the speaker, whom organisers invite, and assistants."""

from app import clock
from app.accounts import services as accounts
from app.accounts.models import Person
from app.database import db
from app.errors import NotFound, Refused
from app.history import services as history
from app.programme.editing import edits
from app.programme.editing.of_speakers import KIND
from app.programme.models import Speaker
from app.programme.proposals import services as proposals
from app.speakers import queries
from app.speakers.models import Keeping

MOST_ASSISTANTS = 10  # of a speaker at a time


def let_speaker_in(speaker: Speaker, email: str, *, who: str) -> Person:
    """Let a speaker keep their own pages; doing so again changes nothing."""
    says = f"{accounts.as_kept(email)} may keep the pages of {speaker.name}"
    return _let_in(speaker, email, who=who, says=says, is_assistant=False)


def name_assistant(speaker: Speaker, email: str, *, who: str) -> Person:
    """Let somebody keep a speaker's pages with the same powers; their deeds bear their name."""
    edits.hold(speaker)  # else two who name somebody at once would name too many
    helping = {one.person.email for one in queries.keepers(speaker) if one.is_assistant}
    if len(helping - {accounts.as_kept(email)}) >= MOST_ASSISTANTS:
        raise Refused(f"{MOST_ASSISTANTS} assistants help already. Remove one of them first")
    says = f"{accounts.as_kept(email)} became an assistant of {speaker.name}"
    return _let_in(speaker, email, who=who, says=says, is_assistant=True)


def end(speaker: Speaker, number: int, *, who: str) -> Person:
    """Let somebody keep a speaker's pages no longer; it holds from their next page on."""
    found = next((one for one in queries.keepers(speaker) if one.id == number), None)
    if found is None:
        raise NotFound("There is nobody here who keeps these pages")
    found.ended_at = clock.now()
    says = f"{found.person.email} no longer keeps the pages of {speaker.name}"
    history.record(says, about=KIND.about(speaker), who=who)
    db.session.flush()
    left = queries.keepers(speaker)
    proposals.pass_on(speaker, found.person.email, left[0].person.email if left else "")
    if not queries.has_pages(found.person):
        accounts.let_keep_no_pages(found.person)
    return found.person


def end_assistant(speaker: Speaker, number: int, *, who: str) -> Person:
    """Let an assistant help no longer; that a speaker keeps their own pages, organisers end."""
    if any(one.id == number and not one.is_assistant for one in queries.keepers(speaker)):
        raise Refused("This is the speaker. Only the organisers can end that")
    return end(speaker, number, who=who)


def pass_on(other: Speaker, kept: Speaker, *, who: str) -> None:
    """Let those who keep the pages of one keep the other's, when both are one speaker now."""
    for one in queries.keepers(other):
        deed = name_assistant if one.is_assistant else let_speaker_in
        deed(kept, one.person.email, who=who)
        one.ended_at = clock.now()


def _let_in(speaker: Speaker, email: str, *, who: str, says: str, is_assistant: bool) -> Person:
    edits.hold(speaker)  # else two who press at once would let somebody in twice
    person = accounts.let_keep_pages(email)
    if all(one.person_id != person.id for one in queries.keepers(speaker)):
        db.session.add(
            Keeping(
                person_id=person.id,
                speaker_id=speaker.id,
                is_assistant=is_assistant,
                since=clock.now(),
                named_by=who,
            )
        )
        history.record(says, about=KIND.about(speaker), who=who)
        db.session.flush()
    return person
