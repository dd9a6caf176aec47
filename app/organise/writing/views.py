"""To be written."""

from flask import Blueprint

pages = Blueprint("writing", __name__, url_prefix="/pages")
