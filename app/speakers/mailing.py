"""Letters that go to many at once: who gets one, who does not and why, and sending them.

Organisers see a batch before it goes; when they send it, everybody is looked at once more. Nobody
gets the same letter twice within some days, however often somebody presses, and a reminder goes
only to those who have something left to do.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from app.accounts import services as accounts
from app.database import hold
from app.mail import services as mail
from app.mail import wording
from app.mail.wording import Wording
from app.speakers.models import Mailing
from app.speakers.owning import OWNS
from app.speakers.readers import INVITED, REMINDER, THANKS, KnownOwner, KnownSpeaker, Reader

OWNER_REMINDER: Final = "speaker_owner_reminder"
NO_LINK = "each-has-their-own"  # in what is only looked at


@dataclass(frozen=True)
class Kind:
    """A letter that is sent in batches."""

    letter: str  # its template
    why_not: Callable[[Any], str]  # nothing where its reader gets it
    addresses: Callable[[Any], Sequence[str]]


@dataclass(frozen=True)
class LeftOut:
    """Somebody who does not get a letter, and why."""

    reader: Reader
    reason: str


@dataclass(frozen=True)
class Batch:
    """Letters of some kinds, who gets them and who does not."""

    getting: Sequence[tuple[Kind, Reader]]
    left_out: Sequence[LeftOut]

    def __add__(self, other: "Batch") -> "Batch":
        """Put two together."""
        return Batch([*self.getting, *other.getting], [*self.left_out, *other.left_out])


def _why_not_invited(known: KnownSpeaker) -> str:
    if known.speaker.withdrawn_at is not None:
        return "no longer takes part"
    if not known.address:
        return "has no contact address"
    return RECENTLY if known.was_written_to(INVITED) else ""


def _why_not_reminded(known: KnownSpeaker) -> str:
    if known.speaker.withdrawn_at is not None:
        return "no longer takes part"
    if not known.keepers:
        return "has not been invited yet"
    if not known.left:
        return "has nothing left to do"
    return RECENTLY if known.was_written_to(INVITED, REMINDER) else ""


def _why_owner_not_reminded(known: KnownOwner) -> str:
    if not known.left:
        return "has nothing left to do"
    return RECENTLY if known.was_written_to(OWNS, OWNER_REMINDER) else ""


def _why_not_thanked(known: KnownSpeaker) -> str:
    if known.speaker.withdrawn_at is not None or known.speaker.confirmed_at is None:
        return "does not take part, or has not said so"
    if not known.address and not known.keepers:
        return "has no contact address"
    return "has been thanked" if THANKS in known.written else ""


RECENTLY: Final = "was written to less than 3 days ago"
KINDS: Final[Mapping[str, Kind]] = {
    "invitation": Kind(INVITED, _why_not_invited, lambda known: [known.address]),
    "reminder": Kind(REMINDER, _why_not_reminded, lambda known: known.everybody),
    "thanks": Kind(THANKS, _why_not_thanked, lambda known: known.everybody),
}
TO_OWNERS: Final = Kind(OWNER_REMINDER, _why_owner_not_reminded, lambda known: known.everybody)


def reminder_to(reader: Reader) -> Kind:
    """Tell which reminder is for somebody."""
    return TO_OWNERS if isinstance(reader, KnownOwner) else KINDS["reminder"]


def batch(kind: Kind, known: Sequence[Reader]) -> Batch:
    """Tell who of these gets a letter, and why the others do not."""
    reasons = [(one, kind.why_not(one)) for one in known]
    return Batch(
        getting=[(kind, one) for one, reason in reasons if not reason],
        left_out=[LeftOut(one, reason) for one, reason in reasons if reason],
    )


def previews(batch: Batch) -> Sequence[Wording]:
    """Word each kind of letter as the first of its readers gets it, without a link that works."""
    first = {kind.letter: (kind, reader) for kind, reader in reversed(batch.getting)}
    return [preview(kind, reader) for kind, reader in reversed(first.values())]


def preview(kind: Kind, reader: Reader) -> Wording:
    """Word a letter as its reader gets it, without a link that works."""
    return wording.write(kind.letter, "en", _what(reader, NO_LINK))


def hold_letters() -> None:
    """Let nobody else send any until the transaction ends: nobody gets one twice."""
    hold(Mailing)


def send(batch: Batch, *, who: str) -> None:
    """Write to all who get a letter, behind ``hold_letters``."""
    for kind, reader in batch.getting:
        send_one(kind, reader, who=who)


def send_one(kind: Kind, reader: Reader, *, who: str) -> None:
    """Write to somebody, at each of their addresses."""
    for address in kind.addresses(reader):
        secret = accounts.make_invitation_link(reader.person(address, who))
        mail.post(kind.letter, to=address, is_secret=True, **_what(reader, secret))
    reader.note(kind.letter, who)


def _what(reader: Reader, secret: str) -> dict[str, Any]:
    return {**reader.what(), "secret": secret, "days": accounts.INVITATION_LASTS.days}
