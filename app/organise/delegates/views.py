"""To be written."""

from flask import Blueprint

pages = Blueprint("delegates", __name__, url_prefix="/delegates")
