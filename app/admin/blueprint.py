"""The parent blueprint of the admin area, with the guard that all its parts inherit.

Each part is registered with ``add``, which also checks the roles that may read and change it.
"""

from functools import partial
from typing import Any

from flask import Blueprint, g
from flask_babel import lazy_gettext as _l

from app.accounts import guards, roles
from app.admin import menu, view_options
from app.releases import current_release
from app.web import flash

bp = Blueprint("admin", __name__, url_prefix="/organise")

flash.MESSAGES["admin"] |= {
    "as-it-was": _l("There were no changes to save."),
}


def add(part: Blueprint, area: roles.Area) -> None:
    """Register a part of the admin area for the roles that may read and change it."""
    part.before_request(guards.require_role_for(area))
    if area is roles.PROGRAMME:
        part.before_request(_use_working_zone)
    part.context_processor(partial(_permission_context, area))
    bp.register_blueprint(part)


def _use_working_zone() -> None:
    """Show times by the clocks of the working programme, which may not be published yet."""
    g.conference_zone = _get_working_zone


def _get_working_zone() -> str:
    return current_release.get_programme().working_zone


def _permission_context(area: roles.Area) -> dict[str, bool]:
    return {"may_change": guards.can_change(area)}


def _menu_context() -> dict[str, Any]:
    person = guards.current_person()
    return {
        "menu": menu.menu_for(person) if person else (),
        "build_breadcrumbs": menu.build_breadcrumbs,
        "signed_in_email": person.email if person else "",
        "list_view": view_options.read_view_options(),
    }


def _stay_in_admin() -> None:
    """Show what goes wrong within admin to those who work in it, with the way back."""
    g.error_template = "admin/error.html"


bp.before_request(guards.require_team_member)
bp.before_request(_stay_in_admin)
bp.context_processor(_menu_context)
bp.context_processor(flash.flash_context)
bp.context_processor(guards.session_expiry_context)
