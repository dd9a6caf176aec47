"""When a programme is loaded: how many places it has, and what must not happen to delegates."""

from sqlalchemy import func, select

from app.database import db, hold
from app.errors import Refused
from app.programme import queries as programme
from app.programme import uploads
from app.programme.models import Conference, Upload
from app.programme.reading.written import WrittenConference
from app.programme.services import Loaded
from app.registration import invented, seats
from app.registration.models import Delegate


class NotMeant(Refused):
    """A file of another conference, and nobody has said that it is meant."""


def make_room(conference: WrittenConference, *, was_invented: bool) -> None:
    """Say how many places there are, where nobody has; what was invented goes."""
    if was_invented and not programme.is_invented():
        invented.leave()
        if conference.places is not None:
            seats.set_limit(seats.CONFERENCE, conference.places)
    elif conference.places is not None:
        seats.begin_with(seats.CONFERENCE, conference.places)


def has_real_delegates() -> bool:
    """Whether real people have registered, who came for this conference and no other."""
    real = select(func.count()).select_from(Delegate).where(Delegate.is_invented.is_(False))
    return bool(db.session.scalar(real))


def load(upload: Upload, *, seal: str, is_meant: bool, who: str) -> Loaded | None:
    """Load a file as somebody has seen it tried; give nothing where it was tried again first."""
    hold(Conference)
    if not uploads.is_as_seen(upload, seal):
        uploads.try_out(upload)
        return None
    if uploads.told(upload).is_another:
        _refuse_another(is_meant=is_meant)
    was_invented = programme.is_invented()
    loaded = uploads.load(upload, who=who)
    make_room(loaded.programme.conference, was_invented=was_invented)
    return loaded


def _refuse_another(*, is_meant: bool) -> None:
    if has_real_delegates():
        raise Refused(
            "Real people have registered for the conference that is here, "
            "so no other can take its place"
        )
    if not is_meant:
        raise NotMeant("Tick that you mean another conference")
