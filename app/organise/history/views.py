"""To be written."""

from flask import Blueprint

pages = Blueprint("history", __name__, url_prefix="/history")
