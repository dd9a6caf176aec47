"""Template context of session and speaker pages.

Public pages and previews share it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from app import clock
from app.programme.snapshot import Photo, Session, Speaker
from app.programme.time_zones import ZoneChoice
from app.releases import json_ld, share_images
from app.releases.published_programme import PublishedProgramme
from app.web import languages

LONG_TITLE = 80  # characters; a longer heading is set smaller


@dataclass(frozen=True)
class SessionPerson:
    """Somebody who takes part in a session, as its page shows them."""

    slug: str
    name: str
    part: str  # in the session: chair, speaker
    job: str
    organisation: str
    photo: Photo | None

    @property
    def describes_job(self) -> bool:
        """Whether their job or their organisation is known."""
        return bool(self.job or self.organisation)


def build_session_context(
    programme: PublishedProgramme, session: Session, zone_choice: ZoneChoice
) -> dict[str, Any]:
    """Return the context of ``programme/session.html``."""
    return {
        "session": session,
        "has_long_title": len(session.title) > LONG_TITLE,
        "clocks": zone_choice,
        "people": list(_list_people(programme, session)),
        "related": programme.get_related(session),
        "materials": session.get_open_materials(clock.now()),
        "card": share_images.get_key(session, programme),
        "json_ld": json_ld.render_session(session, programme.conference),
    }


def _list_people(programme: PublishedProgramme, session: Session) -> Iterator[SessionPerson]:
    for part in session.parts:
        speaker = programme.find_speaker(part.slug)
        yield SessionPerson(
            part.slug,
            part.name,
            part.role.lower(),
            speaker.role if speaker else "",
            part.organisation,
            speaker.photo if speaker else None,
        )


def build_speaker_context(programme: PublishedProgramme, speaker: Speaker) -> dict[str, Any]:
    """Return the context of ``programme/speaker.html``."""
    return {
        "speaker": speaker,
        "biography": speaker.get_biography(languages.current().code),
        "listing": programme.build_speaker_listing(speaker),
        "json_ld": json_ld.render_speaker(speaker, programme.get_sessions_of_speaker(speaker)),
        "shares_name": programme.has_namesake(speaker),
    }
