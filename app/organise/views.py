"""Pages."""

from flask import Blueprint

pages = Blueprint("organise", __name__)
