"""The sessions of a speaker, with all who share them: each sees the whole, and edits their own."""

from dataclasses import dataclass

from flask import Blueprint
from flask.typing import ResponseReturnValue

from app.content import prose
from app.programme import releases
from app.programme.models import Session
from app.speakers import door, owning, queries
from app.web.pages import page

pages = Blueprint("sharing", __name__, url_prefix="/<slug>/sessions")


@dataclass(frozen=True)
class Shared:
    """A session as one of those who share it sees it."""

    session: Session
    role: str
    abstract: str  # safe HTML
    is_public: bool
    may_edit: bool


@pages.get("")
def shown(slug: str) -> ResponseReturnValue:
    """Show each session as the working programme has it, and who else is in it."""
    speaker = door.speaker(slug)
    parts = queries.shared_by(speaker)
    public = {one.slug for one in releases.current().sessions}
    editable = owning.editable(door.person(), [part.session for part in parts])
    shared = [
        Shared(
            session=part.session,
            role=part.role,
            abstract=prose.safe_html(part.session.abstract),
            is_public=part.session.slug in public,
            may_edit=part.session.id in editable,
        )
        for part in parts
    ]
    return page("speakers/sessions.html", speaker=speaker, shared=shared)
