"""To be written."""

from flask import Blueprint

pages = Blueprint("undo", __name__, url_prefix="/undo")
