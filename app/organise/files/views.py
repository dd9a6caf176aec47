"""To be written."""

from flask import Blueprint

pages = Blueprint("files", __name__, url_prefix="/files")
