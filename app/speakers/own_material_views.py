"""Slides and papers on a speaker's own pages, for all sessions in which they appear."""

from typing import Any

from flask import Blueprint
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from app.accounts import guards
from app.errors import NotFound
from app.materials import queries as materials
from app.materials.services import Uploader
from app.programme.editing import speaker_queries
from app.programme.models import Session
from app.speakers import access
from app.speakers.material_views import MaterialViews, SessionMaterials
from app.web import flash

bp = Blueprint("materials", __name__, url_prefix="/<slug>/materials")

flash.MESSAGES["speakers"] |= {
    "material-saved": _l("Saved. It will be public at the time you chose."),
    "material-here": _l("This file has already been uploaded, so it was not added again."),
    "material-waiting": _l("Saved. An organiser will check it before it is public."),
    "material-internal": _l(
        "Saved. It will not be public. Only organisers, technicians and the other speakers in "
        "the session can see it."
    ),
    "material-removed": _l("Deleted. It is no longer public. You can restore it for a week."),
    "material-restored": _l("Restored."),
}


class _OwnMaterialViews(MaterialViews):
    layout = "speakers/page.html"
    can_release = False

    def get_session(self, **url_args: str) -> Session:
        for one in list_sessions(url_args["slug"]):
            if one.slug == url_args["session"]:
                return one
        raise NotFound("You are not in that session")

    def get_uploader(self, **url_args: str) -> Uploader:
        return Uploader(access.current_actor(), access.get_own_speaker(url_args["slug"]))

    def can_edit(self) -> bool:
        person = guards.current_person()
        return person is not None and person.has_speaker_access

    def template_context(self, **url_args: str) -> dict[str, Any]:
        return {"speaker": access.get_own_speaker(url_args["slug"]), "breadcrumbs": []}


VIEWS = _OwnMaterialViews()


@bp.get("")
def index(slug: str) -> ResponseReturnValue:
    """Show the materials of each session."""
    own = list_sessions(slug)
    found = materials.list_by_session([one.id for one in own])
    session_materials = [
        SessionMaterials(one, {"slug": slug, "session": one.slug}, found[one.id]) for one in own
    ]
    return VIEWS.render_index(session_materials, slug=slug)


def list_sessions(slug: str) -> list[Session]:
    """List the sessions in which a speaker appears, each once."""
    parts = speaker_queries.list_session_roles(access.get_own_speaker(slug))
    return list({part.session.id: part.session for part in parts}.values())


VIEWS.add_url_rules(bp, "/<session>")
