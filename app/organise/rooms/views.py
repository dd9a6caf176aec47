"""To be written."""

from flask import Blueprint

pages = Blueprint("rooms", __name__, url_prefix="/rooms")
