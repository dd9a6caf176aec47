"""The emails about speakers' own pages, each queued in the transaction of the change it reports."""

from app.accounts import queries as accounts
from app.accounts import services
from app.accounts.models import Person
from app.mail import services as mail
from app.programme.models import Speaker
from app.speakers import queries
from app.speakers.models import SpeakerRequest


def send_request_to_organisers(speaker: Speaker, speaker_request: SpeakerRequest) -> None:
    """Tell all organisers about a speaker's request."""
    for organiser in accounts.list_organisers():
        mail.enqueue("speaker_asks", to=organiser.email, speaker=speaker, asked=speaker_request)


def send_assistant_invitation(speaker: Speaker, person: Person, granted_by: str) -> None:
    """Tell a person that they are an assistant of a speaker, with a sign-in link."""
    mail.enqueue(
        "speaker_assistant",
        to=person.email,
        is_secret=True,
        speaker=speaker,
        by=granted_by,
        secret=services.create_invitation_link(person),
        days=services.INVITATION_LIFETIME.days,
    )


def send_withdrawal_notice(speaker: Speaker, message: str, actor: str) -> None:
    """Tell everyone with access to a speaker's pages that the speaker has withdrawn."""
    for access in queries.list_access_to_speaker(speaker):
        mail.enqueue(
            "speaker_withdrawn", to=access.person.email, speaker=speaker, words=message, by=actor
        )


def send_request_answered(speaker_request: SpeakerRequest) -> None:
    """Tell everyone with access to a speaker's pages the answer to the speaker's request."""
    for access in queries.list_access_to_speaker(speaker_request.speaker):
        mail.enqueue(
            "speaker_request_answered",
            to=access.person.email,
            speaker=speaker_request.speaker,
            asked=speaker_request,
        )
