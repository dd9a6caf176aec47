"""Speakers' places at the conference: their known answers, and matching bookings.

A speaker who registers on their own pages, with the address known to be theirs, is linked to the
booking. One who registers like everyone else is matched by address, once the address is verified:
the booking was opened by the link sent there, or was added by the desk.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import ColumnElement, func, select

from app.cache_version import is_clock_in_sync
from app.database import db
from app.delegates import countries
from app.delegates.answer_json import Answers
from app.delegates.categories import queries as categories
from app.delegates.categories.models import RegistrationCategory
from app.delegates.categories.queries import (
    CATEGORY,
    INVITED_CATEGORY,
    SPEAKER,
    SPEAKER_ADDRESS,
    SPEAKER_NAME,
)
from app.delegates.fields import FIELDS
from app.delegates.models import Confirmation, Delegate
from app.delegates.queries import ATTENDING
from app.history.services import ACTOR_SITE
from app.programme import collation
from app.programme.editing import session_queries, speaker_queries
from app.programme.models import Appearance, Session, Speaker
from app.registration.speaker_places import queries, services
from app.registration.speaker_places.models import SpeakerPlace
from app.speakers.list_filters import ADDRESS
from app.web import languages

MATCHES_AT_ONCE: Final = 100
IS_ASKED: Final = (  # whether speakers are asked to take places
    select(RegistrationCategory.id).where(RegistrationCategory.is_for_speakers).exists()
)
LACKS_PLACE: Final = (
    speaker_queries.TAKES_PART & Speaker.confirmed_at.is_not(None) & ~queries.HAS_PLACE
)
PLACE_CONDITIONS: Final[Mapping[str, ColumnElement[bool]]] = {
    "yes": queries.HAS_PLACE,
    "no": speaker_queries.TAKES_PART & ~queries.HAS_PLACE,
}
speaker_queries.FILTER_CONDITIONS["place"] = PLACE_CONDITIONS.__getitem__


def _has_speaker(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    return (
        select(Appearance.id)
        .join(Speaker, Speaker.id == Appearance.speaker_id)
        .where(Appearance.session_id == Session.id, speaker_queries.TAKES_PART, *conditions)
        .correlate(Session)
        .exists()
    )


# sessions whose speakers all lack a place
session_queries.MISSING_CONDITIONS["place"] = (
    session_queries.TAKES_PLACE & _has_speaker() & ~_has_speaker(queries.HAS_PLACE)
)


def prefill(speaker: Speaker, address: str, *, is_assistant: bool) -> Answers:
    """Return the initial answers of a speaker who registers, as far as they are known.

    The address is known to be theirs. Others may use it too, so an assistant who registers the
    speaker must keep the name.

    Unknown answers are left empty, and asked only if they are required. Requirements are not asked
    again: the organisers know them from the speaker's pages.
    """
    category = queries.find_category()
    number = str(category.id) if category else ""
    days = categories.list_days(category.days if category else "")
    before, family, after = collation.split_name(speaker.name)
    given_names = before.strip(" ,")
    known = {
        "given_names": given_names or family,
        "family_name": f"{family}{after}".strip(" ,") if given_names else "",
        "badge_name": speaker.name,
        "pronouns": speaker.pronouns,
        "email": address,
        "organisation": speaker.organisation,
        "role": speaker.role,
        "country": find_country(speaker.country),
        "days": " ".join(day.isoformat() for day in days),
    }
    nothing = dict.fromkeys((field.name for field in FIELDS), "")
    return {
        SPEAKER: str(speaker.id),
        SPEAKER_ADDRESS: address,
        SPEAKER_NAME: speaker.name if is_assistant else "",
        INVITED_CATEGORY: number,
        CATEGORY: number,
        **nothing,
        **known,
    }


def find_country(name: str) -> str:
    """Return the code of a country by its name in any language of the site, or ""."""
    wanted = collation.sort_key(name.strip())
    for language in languages.list_codes():
        for code, known in countries.choices(language):
            if wanted in {collation.sort_key(known), code.casefold()}:
                return code
    return ""


def match_bookings() -> None:
    """Link bookings to speakers with the same verified address and name; run by the worker."""
    if not is_clock_in_sync():
        return
    found = defaultdict[Speaker, list[Delegate]](list)
    for speaker, delegate in _list_candidates():
        names = {"given_names": delegate.given_names, "family_name": delegate.family_name}
        if queries.matches_name(speaker.name, **names):
            found[speaker].append(delegate)
    for speaker, delegates in found.items():
        if len(delegates) == 1:
            services.link(speaker, delegates[0], actor=ACTOR_SITE)


def _list_candidates() -> Sequence[tuple[Speaker, Delegate]]:
    """List confirmed speakers without a place, and the bookings with their address."""
    unopened = select(Confirmation.delegate_id).where(Confirmation.correctable_until.is_not(None))
    rows = db.session.execute(
        select(Speaker, Delegate)
        .join(Delegate, Delegate.email_key == func.lower(ADDRESS))
        .where(LACKS_PLACE, ATTENDING)
        .where(Delegate.id.not_in(unopened))
        .where(Delegate.id.not_in(select(SpeakerPlace.delegate_id)))
        .order_by(Speaker.id, Delegate.id)
        .limit(MATCHES_AT_ONCE)
    )
    return rows.tuples().all()
