"""To be written."""

from flask import Blueprint

pages = Blueprint("speakers", __name__, url_prefix="/speakers")
