"""Slides and papers of a session in the admin area, where organisers approve them."""

from typing import Any

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from app.accounts import guards, roles
from app.materials import queries as materials
from app.materials.services import Uploader
from app.programme.editing import session_queries
from app.programme.models import Session
from app.speakers.material_views import MaterialViews, SessionMaterials
from app.web import redirects

bp = Blueprint("materials", __name__, url_prefix="/<slug>/materials")

redirects.MESSAGES["admin"] |= {
    "material-saved": _l("Saved. It will be public at the time you chose."),
    "material-here": _l("This file has already been uploaded, so it was not added again."),
    "material-waiting": _l("Saved. It will be public when you approve it."),
    "material-internal": _l("Saved. It is only for technicians and will not be public."),
    "material-removed": _l("Deleted. It is no longer public. You can restore it for a week."),
    "material-restored": _l("Restored."),
    "material-released": _l("Approved. It is public now, if the session is public."),
}


class _AdminMaterialViews(MaterialViews):
    layout = "admin/page.html"
    can_release = True

    def get_session(self, **url_args: str) -> Session:
        guards.require_role_for(roles.PROGRAMME)()  # first, as the upload may be too large
        return session_queries.get_session(url_args["slug"])

    def get_uploader(self, **url_args: str) -> Uploader:
        return Uploader(guards.current_actor())

    def can_edit(self) -> bool:
        return guards.can_change(roles.PROGRAMME)

    def template_context(self, **url_args: str) -> dict[str, Any]:
        session = self.get_session(**url_args)
        return {"breadcrumbs": [(session.title, url_for("admin.sessions.show", slug=session.slug))]}


VIEWS = _AdminMaterialViews()


@bp.get("")
def index(slug: str) -> ResponseReturnValue:
    """Show the materials, their downloads and what waits for approval."""
    session = VIEWS.get_session(slug=slug)
    found = materials.list_by_session([session.id])[session.id]
    return VIEWS.render_index([SessionMaterials(session, {"slug": slug}, found)], slug=slug)


VIEWS.add_url_rules(bp)
