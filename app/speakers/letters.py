"""The letters about speakers' own pages, each written in the transaction of the news it brings."""

from app.accounts import queries as accounts
from app.mail import services as mail
from app.programme.models import Speaker
from app.speakers import queries
from app.speakers.models import SpeakerRequest


def tell_organisers(speaker: Speaker, asked: SpeakerRequest) -> None:
    """Tell every organiser what a speaker asks of them."""
    for organiser in accounts.organisers():
        mail.post("speaker_asks", to=organiser.email, speaker=speaker, asked=asked)


def withdrawn(speaker: Speaker, words: str) -> None:
    """Tell everyone who keeps a speaker's pages that the speaker has withdrawn."""
    for one in queries.keepers(speaker):
        mail.post("speaker_withdrawn", to=one.person.email, speaker=speaker, words=words)
