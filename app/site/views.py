"""The front door, and what belongs to no room of its own."""

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue

from app.programme import releases
from app.web.pages import page
from app.web.public import public

pages = Blueprint("site", __name__)


@pages.get("/")
@public
def home() -> ResponseReturnValue:
    return page("site/home.html", programme=releases.current())


@pages.get("/search")
@public
def search() -> ResponseReturnValue:
    return page("site/home.html", programme=releases.current())


@pages.get("/site-map")
@public
def site_map() -> ResponseReturnValue:
    return page("site/home.html", programme=releases.current())


@pages.get("/whats-new")
@public
def whats_new() -> ResponseReturnValue:
    return page("site/home.html", programme=releases.current())


@pages.get("/healthz")
def alive() -> ResponseReturnValue:
    return Response("alive\n", mimetype="text/plain")
