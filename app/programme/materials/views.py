"""The files that readers take along."""

from flask import Blueprint, Response

from app import clock
from app.errors import NotFound
from app.programme import releases
from app.programme.materials import queries, sending
from app.web.lenses import shown_inside

pages = Blueprint("materials", __name__, url_prefix="/materials")


@pages.get("/<key>")
@shown_inside
def download(key: str) -> Response:
    if not releases.current().offers(key, clock.now()):
        raise NotFound(queries.GONE)
    material = queries.material(key)
    answer = sending.sent(material)
    sending.count(material, answer)
    return answer
