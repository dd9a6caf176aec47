"""To be written."""

from flask import Blueprint

pages = Blueprint("board", __name__, url_prefix="/board")
