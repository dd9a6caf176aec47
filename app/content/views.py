"""Pages."""

from flask import Blueprint

pages = Blueprint("content", __name__)
