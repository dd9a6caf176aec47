"""To be written."""

from flask import Blueprint

pages = Blueprint("previews", __name__, url_prefix="/previews")
