"""To be written."""

from flask import Blueprint

pages = Blueprint("rehearsal", __name__, url_prefix="/rehearsal")
