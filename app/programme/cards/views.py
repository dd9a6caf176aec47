"""The pictures themselves."""

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue

from app.programme.cards import queries
from app.web.lenses import shown_inside

FOR_GOOD = "public, max-age=31536000, immutable"  # another picture has another address

pages = Blueprint("cards", __name__)


@pages.get("/cards/<key>.png")
@shown_inside
def picture(key: str) -> ResponseReturnValue:
    answer = Response(queries.picture(key), mimetype="image/png")
    answer.headers["Cache-Control"] = FOR_GOOD
    return answer
