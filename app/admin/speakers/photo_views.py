"""The photo of a speaker, as organisers change it: at once, without a proposal."""

from typing import Any

from flask import Blueprint, url_for
from flask_babel import lazy_gettext as _l

from app.accounts import guards, roles
from app.accounts.guards import current_actor
from app.programme.editing import speaker_queries
from app.programme.models import Photo, Speaker
from app.programme.photos import services
from app.programme.photos.services import PreparedPhoto
from app.speakers.photo_views import PhotoViews
from app.web import flash

bp = Blueprint("photo", __name__, url_prefix="/<slug>/photo")

flash.MESSAGES["admin"] |= {
    "photo-saved": _l("The photo has been saved. It will be public when you publish."),
    "photo-removed": _l("The photo has been removed. The public site changes when you publish."),
}


class _AdminPhotoViews(PhotoViews):
    templates = "admin/speakers"

    def get_speaker(self, slug: str) -> Speaker:
        guards.require_role_for(roles.PROGRAMME)()  # an upload that is too large comes before it
        return speaker_queries.get_speaker(slug)

    def find_photo(self, speaker: Speaker) -> Photo | None:
        return speaker.photo

    def current_actor(self) -> str:
        return current_actor()

    def save(self, speaker: Speaker, prepared: PreparedPhoto | None, description: str) -> str:
        if prepared:
            changed = services.set_photo(speaker, prepared, description, actor=current_actor())
        else:
            changed = services.set_description(speaker, description, actor=current_actor())
        return "photo-saved" if changed else "as-it-was"

    def save_crop(self, speaker: Speaker, prepared: PreparedPhoto) -> str:
        changed = services.set_crop(speaker, prepared, actor=current_actor())
        return "photo-saved" if changed else "as-it-was"

    def save_removal(self, speaker: Speaker) -> str:
        was_there = services.remove(speaker, actor=current_actor())
        return "photo-removed" if was_there else "as-it-was"

    def done_url(self, speaker: Speaker, *, has_new_picture: bool = False) -> str:
        return url_for("admin.speakers.show", slug=speaker.slug)

    def template_context(self, speaker: Speaker) -> dict[str, Any]:
        back = self.done_url(speaker)
        return {"back": back, "breadcrumbs": [(speaker.name, back)]}


_AdminPhotoViews().add_url_rules(bp)
