"""The letters about speakers' own pages, each written in the transaction of the news it brings."""

from collections.abc import Sequence
from typing import Any

from app.accounts import queries as accounts
from app.accounts import services
from app.accounts.models import Person
from app.mail import services as mail
from app.programme.models import Speaker
from app.speakers import queries
from app.speakers.models import Keeping, SpeakerRequest


def tell_organisers(speaker: Speaker, asked: SpeakerRequest) -> None:
    """Tell every organiser what a speaker asks of them."""
    for organiser in accounts.organisers():
        mail.post("speaker_asks", to=organiser.email, speaker=speaker, asked=asked)


def named_assistant(speaker: Speaker, person: Person, by: str) -> None:
    """Tell somebody that they may keep a speaker's pages, with a link of their own."""
    mail.post(
        "speaker_assistant",
        to=person.email,
        is_secret=True,
        speaker=speaker,
        by=by,
        secret=services.make_invitation_link(person),
        days=services.INVITATION_LASTS.days,
    )


def withdrawn(speaker: Speaker, words: str) -> None:
    """Tell everyone who keeps a speaker's pages that the speaker has withdrawn."""
    for one in queries.keepers(speaker):
        mail.post("speaker_withdrawn", to=one.person.email, speaker=speaker, words=words)


def session_moved(keeping: Keeping, moved: Sequence[Any]) -> None:
    """Tell a keeper which sessions readers now see at another time or place."""
    _of_release("speaker_session_moved", keeping, moved)


def details_changed(keeping: Keeping, changed: Sequence[Any]) -> None:
    """Tell a keeper what else readers see otherwise now."""
    _of_release("speaker_details_changed", keeping, changed)


def left_out(keeping: Keeping) -> None:
    """Tell a keeper that readers no longer see the speaker."""
    _of_release("speaker_left_out", keeping, ())


def _of_release(letter: str, keeping: Keeping, changed: Sequence[Any]) -> None:
    speaker = keeping.speaker
    mail.post(letter, to=keeping.person.email, speaker=speaker, changed=changed)
