"""Opening a preview, and what its address answers when it cannot be opened."""

from typing import cast

from flask import Blueprint, Flask, redirect, url_for
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue

from app.lens import Lens
from app.programme.previewing import queries
from app.web.headers import keep_addresses
from app.web.lenses import offer

pages = Blueprint("preview", __name__)
keep_addresses(pages)


@pages.record_once
def _offer(state: BlueprintSetupState) -> None:
    offer(cast(Flask, state.app), "preview", through)


def through(secret: str, prefix: str) -> Lens:
    """Give the lens that a link opens."""
    return Lens("preview", prefix, ends_at=queries.opened(secret).expires_at)


@pages.get("/preview/<secret>")
@pages.get("/preview/<secret>/<path:rest>")
def closed(secret: str, rest: str = "") -> ResponseReturnValue:
    """Say why nothing is shown; asked again, it may be open after all."""
    queries.opened(secret)
    return redirect(url_for(".closed", secret=secret) + f"/{rest}", 303)
