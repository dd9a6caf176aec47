"""The pages that organisers write, and the urgent notice above every page."""

from pathlib import Path
from typing import Any, cast

from flask import Blueprint, Flask, current_app
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.routing import BaseConverter, ValidationError

from app.content import queries
from app.database import log_if_unavailable
from app.web import languages
from app.web.answers import is_problem_page
from app.web.pages import page
from app.web.public import began_at, not_to_be_kept, public, true_until

pages = Blueprint("content", __name__)


class WrittenConverter(BaseConverter):
    """The address of a page that somebody wrote; any other is no address of this site."""

    regex = r"[a-z0-9-]+"

    def to_python(self, value: str) -> str:
        """Look the page up."""
        if not queries.is_page(folder(), value):
            raise ValidationError
        return value


@pages.record_once
def _attach(state: BlueprintSetupState) -> None:
    cast(Flask, state.app).url_map.converters["written"] = WrittenConverter


@pages.app_context_processor
def _above_every_page() -> dict[str, Any]:
    """Give every page the notice; none is kept past the moment at which one appears or ends.

    That goes for all that was written, so that no page outlives what it says or links to.
    """
    try:
        true_until(queries.next_change(folder(), began_at()))
        return {"notice": queries.notice(folder())}
    except SQLAlchemyError as fault:
        if not (log_if_unavailable(fault, "notice") or is_problem_page()):
            raise
        not_to_be_kept()
        return {"notice": None}


@pages.get("/<written:slug>")
@public
def shown(slug: str) -> ResponseReturnValue:
    return page("content/shown.html", **content_of(slug))


def content_of(slug: str) -> dict[str, Any]:
    """Give what the template of a written page shows, in the language of the moment."""
    spoken = languages.current().code
    return {
        "written": queries.page(folder(), slug, spoken, languages.root(spoken)),
        "links": queries.links(folder(), slug),
        "trail": [],
    }


def folder() -> Path:
    """Tell where the texts lie that were shipped."""
    found: Path = current_app.config["CONTENT_PATH"]
    return found
