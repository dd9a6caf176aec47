"""To be written."""

from flask import Blueprint

pages = Blueprint("settings", __name__, url_prefix="/settings")
