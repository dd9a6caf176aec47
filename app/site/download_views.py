"""Downloads: share images, and the slides and papers of sessions."""

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue

from app import clock
from app.errors import NotFound
from app.materials import downloads
from app.materials import queries as materials
from app.releases import current_release, share_images
from app.web.preview_middleware import allow_in_preview

# A changed picture gets a new URL.
IMMUTABLE_CACHE_CONTROL = "public, max-age=31536000, immutable"

share_images_bp = Blueprint("share_images", __name__)


@share_images_bp.get("/cards/<key>.png")
@allow_in_preview
def picture(key: str) -> ResponseReturnValue:
    answer = Response(share_images.get_picture(key), mimetype="image/png")
    answer.headers["Cache-Control"] = IMMUTABLE_CACHE_CONTROL
    return answer


materials_bp = Blueprint("materials", __name__, url_prefix="/materials")


@materials_bp.get("/<key>")
@allow_in_preview
def download(key: str) -> Response:
    if not current_release.get_programme().has_open_material(key, clock.now()):
        raise NotFound(materials.MATERIAL_GONE)
    material = materials.get_material(key)
    answer = downloads.send(material)
    downloads.count_download(material, answer)
    return answer
