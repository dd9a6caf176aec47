"""To be written."""

from flask import Blueprint

pages = Blueprint("sessions", __name__, url_prefix="/sessions")
