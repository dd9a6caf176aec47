"""To be written."""

from flask import Blueprint

pages = Blueprint("publishing", __name__, url_prefix="/publishing")
