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

MOVED, CHANGED = "speaker_session_moved", "speaker_details_changed"
LEFT_OUT = "speaker_left_out"


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


def of_release(letter: str, keeping: Keeping, changed: Sequence[Any]) -> None:
    """Tell a keeper what readers see otherwise now, or that they see the speaker no longer."""
    mail.post(letter, to=keeping.person.email, **about_release(keeping, changed))


def about_release(keeping: Keeping, changed: Sequence[Any]) -> dict[str, Any]:
    """Give what such a letter tells of."""
    return {"speaker": keeping.speaker, "changed": changed}
