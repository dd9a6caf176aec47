"""To be written."""

from flask import Blueprint

pages = Blueprint("letters", __name__, url_prefix="/letters")
