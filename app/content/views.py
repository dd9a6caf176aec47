"""The pages that organisers write."""

from flask import Blueprint, current_app
from flask.typing import ResponseReturnValue

from app.content import queries
from app.web import languages
from app.web.pages import page
from app.web.public import public

SLUGS = (
    "health-inequalities",
    "help",
    "questions",
    "complaints",
    "terms",
    "privacy",
    "cookies",
    "accessibility",
    "venue",
    "feedback",
    "access-keys",
)

pages = Blueprint("content", __name__)


@pages.get(f"/<any({', '.join(repr(slug) for slug in SLUGS)}):slug>")
@public
def shown(slug: str) -> ResponseReturnValue:
    return page("content/shown.html", written=written(slug), trail=[])


def written(slug: str) -> queries.Page:
    """Find what was written for a page, in the language of the moment."""
    spoken = languages.current().code
    folder = current_app.config["CONTENT_PATH"]
    return queries.page(folder, slug, spoken, languages.root(spoken))
