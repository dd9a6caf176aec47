"""Pages."""

from flask import Blueprint

pages = Blueprint("site", __name__)
