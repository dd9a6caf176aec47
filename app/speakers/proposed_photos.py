"""A speaker's own deeds on their photo: each is proposed, like their texts.

What was handed in stands beside the photo that readers see until an organiser has agreed, or goes
out by itself where the settings trust speakers with photos (``app.programme.proposals``).
"""

from collections.abc import Collection, Mapping

from sqlalchemy import and_, select

from app.database import db
from app.errors import NotFound
from app.programme.cuts import MIDDLE, Cut
from app.programme.editing import photos
from app.programme.editing.of_speakers import PHOTO
from app.programme.models import Photo, Speaker
from app.programme.photos import taken
from app.programme.proposals import merging, queries, services
from app.programme.proposals.models import OPEN, SENT_BACK, TRUSTED, Proposal
from app.programme.proposals.services import Sent


def newest(speaker: Speaker) -> Photo | None:
    """Give the photo that a speaker sent in last and that still counts, else the one they have."""
    key = queries.standing(speaker).values[PHOTO]
    return db.session.get(Photo, key) if key else None


def offer(speaker: Speaker, body: bytes, description: str, *, who: str) -> Sent:
    """Propose a picture that was handed in; raise Unreadable where it is none."""
    photo = photos.made_to_be_proposed(speaker, taken(body), MIDDLE, description)
    return _propose(speaker, photo, who)


def describe(speaker: Speaker, description: str, *, who: str) -> Sent:
    """Propose other words for the photo."""
    photo = _present(speaker)
    if photo.description == description:
        return Sent((), ())
    whole = photos.whole_of(photo)
    made = photos.made_to_be_proposed(speaker, whole, Cut.read(photo.cut), description)
    return _propose(speaker, made, who)


def cut(speaker: Speaker, wanted: Cut, *, who: str) -> Sent:
    """Propose another part of the picture."""
    photo = _present(speaker)
    if photo.cut == str(wanted):
        return Sent((), ())
    whole = photos.whole_of(photo)
    made = photos.made_to_be_proposed(speaker, whole, wanted, photo.description)
    return _propose(speaker, made, who)


def take_away(speaker: Speaker, *, who: str) -> Sent:
    """Propose to have no photo."""
    return _propose(speaker, None, who)


def take_back(speaker: Speaker, *, who: str) -> bool:
    """Let nobody decide on the photo that was sent; tell whether one was. Words go on waiting."""
    return services.take_back(speaker, {PHOTO}, who=who)


def sent_back(speaker: Speaker) -> Proposal | None:
    """Give what an organiser has sent back of the photo, if nothing has followed it yet."""
    return queries.standing(speaker).of({PHOTO}).came_back


def standing(speakers: Collection[int]) -> Mapping[int, str]:
    """Tell of each of several speakers the state of what was sent in last, or whether there is one.

    It is a state of a proposal that still counts, or else ``there`` or ``none``.
    """
    sent = and_(Proposal.speaker_id == Speaker.id, Proposal.state != TRUSTED)
    rows = db.session.execute(
        select(Speaker.id, Photo.key, Proposal.state, Proposal.changes)
        .outerjoin(Photo, Photo.speaker_id == Speaker.id)
        .outerjoin(Proposal, sent)
        .where(Speaker.id.in_(speakers))
        .order_by(Proposal.id)
    )
    found: dict[int, str] = {}
    for number, key, state, asked in rows:
        held = "there" if key else "none"
        found.setdefault(number, held)
        if f'"{PHOTO}"' in (asked or ""):
            found[number] = state if state in {OPEN, SENT_BACK} else held
    return found


def _present(speaker: Speaker) -> Photo:
    photo = newest(speaker)
    if photo is None:
        raise NotFound("There is no photo yet")
    return photo


def _propose(speaker: Speaker, photo: Photo | None, who: str) -> Sent:
    db.session.flush()
    began = merging.marks(queries.standing(speaker).values)
    wanted = {PHOTO: photo.key if photo else None}
    return services.propose(speaker, wanted, began=began, who=who)
