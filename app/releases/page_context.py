"""Template context of session and speaker pages.

Public pages and previews share it.
"""

from typing import Any

from app import clock
from app.programme.snapshot import Session, Speaker
from app.programme.time_zones import ZoneChoice
from app.releases import json_ld, share_images
from app.releases.published_programme import PublishedProgramme
from app.web import languages


def build_session_context(
    programme: PublishedProgramme, session: Session, zone_choice: ZoneChoice
) -> dict[str, Any]:
    """Return the context of ``programme/session.html``."""
    return {
        "session": session,
        "clocks": zone_choice,
        "related": programme.get_related(session),
        "materials": session.get_open_materials(clock.now()),
        "card": share_images.get_key(session, programme),
        "json_ld": json_ld.render_session(session, programme.conference),
    }


def build_speaker_context(programme: PublishedProgramme, speaker: Speaker) -> dict[str, Any]:
    """Return the context of ``programme/speaker.html``."""
    return {
        "speaker": speaker,
        "biography": speaker.get_biography(languages.current().code),
        "listing": programme.build_speaker_listing(speaker),
        "json_ld": json_ld.render_speaker(speaker, programme.get_sessions_of_speaker(speaker)),
        "shares_name": programme.has_namesake(speaker),
    }
