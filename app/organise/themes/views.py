"""To be written."""

from flask import Blueprint

pages = Blueprint("themes", __name__, url_prefix="/themes")
