"""Pages."""

from flask import Blueprint

pages = Blueprint("registration", __name__)
