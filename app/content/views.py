"""Public content pages, and the urgent notice on every page."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

from flask import Blueprint, Flask, Response, current_app, request
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.routing import BaseConverter, ValidationError

from app import clock
from app.content import images, menus, queries
from app.content.logo import Logo
from app.content.palette import SHIPPED, Palette, build_stylesheet, parse_colour
from app.content.versions import ContentStore, load_defaults
from app.database_faults import log_if_unavailable
from app.errors import NotFound
from app.web import cache_policy, languages
from app.web.cache_policy import cacheable, do_not_store, expires_at
from app.web.error_handlers import is_error_page
from app.web.formatting import local_day
from app.web.rendering import render_page

bp = Blueprint("content", __name__)


class ContentSlugConverter(BaseConverter):
    """Matches only the slugs of content pages, so that other paths remain not found."""

    regex = r"[a-z0-9-]+"

    def to_python(self, value: str) -> str:
        """Return the slug; raise ValidationError if there is no such page."""
        if not queries.has_page(get_content_folder(), value):
            raise ValidationError
        return value


@bp.record_once
def _register_converter(state: BlueprintSetupState) -> None:
    cast(Flask, state.app).url_map.converters["written"] = ContentSlugConverter


@bp.app_context_processor
def _notice_context() -> dict[str, Any]:
    """Add the notice to every page, and limit caching to the next scheduled change.

    The limit covers every kind of content, so that no cached page outlives its texts or links.
    """
    try:
        expires_at(queries.get_next_change(get_content_folder(), cache_policy.current().started_at))
        return {"notice": queries.get_notice(get_content_folder())}
    except SQLAlchemyError as fault:
        if not (log_if_unavailable(fault, "notice") or is_error_page()):
            raise
        do_not_store()
        return {"notice": None}


@bp.app_context_processor
def _look_context() -> dict[str, Any]:
    """Add the colours to every page, with the URL of their style sheet."""
    try:
        palette = queries.get_palette(get_content_folder())
    except SQLAlchemyError:
        if not is_error_page():
            raise
        palette = SHIPPED
    return {"palette": palette, "look_url": get_look_url(palette)}


def get_look_url(palette: Palette) -> str:
    """Return the URL of a style sheet, the same for all languages; "" for the shipped look."""
    if palette.is_shipped:
        return ""
    brand, accent = palette.brand.removeprefix("#"), palette.accent.removeprefix("#")
    return f"/look/{brand}-{accent}.css?v={palette.fingerprint}"


@bp.app_template_global()
def get_logo() -> Logo | None:
    """Return the logo, or None; then pages show the shipped mark."""
    try:
        return queries.get_logo(get_content_folder())
    except SQLAlchemyError:
        if not is_error_page():
            raise
        return None


@bp.app_template_global()
def is_page_public(slug: str) -> bool:
    """Return True if visitors can read a content page, so that other pages link to it."""
    try:
        return queries.is_public(get_content_folder(), slug)
    except SQLAlchemyError as fault:
        if not (log_if_unavailable(fault, "pages") or is_error_page()):
            raise
        return True


@bp.app_template_global()
def list_menu(menu: str) -> Sequence[menus.MenuLink]:
    """Return the links of a menu of the site; the shipped menu if the database is unavailable."""
    try:
        store = queries.get_store_or_defaults(get_content_folder())
    except SQLAlchemyError as fault:
        if not (log_if_unavailable(fault, "menus") or is_error_page()):
            raise
        store = ContentStore(load_defaults(get_content_folder()).versions)
    return menus.list_links(
        store, menu, languages.current().code, clock.now(), root=request.script_root
    )


@bp.app_template_global()
def get_content_generation() -> str:
    """Return a number that changes whenever a scheduled text appears or ends."""
    try:
        return str(queries.get_generation(get_content_folder()))
    except SQLAlchemyError as fault:
        if not (log_if_unavailable(fault, "menus") or is_error_page()):
            raise
        return ""


@bp.get("/<written:slug>")
@cacheable
def show(slug: str) -> ResponseReturnValue:
    return render_page("content/show.html", **page_context(slug))


@bp.get("/pictures/<key>.jpg")
def picture(key: str) -> ResponseReturnValue:
    return _immutable_response(images.get_picture(key), "image/jpeg")


@bp.get("/pictures/<key>/<int(max=9999):width>.<any(avif, webp, jpg):suffix>")
def picture_rendition(key: str, width: int, suffix: str) -> ResponseReturnValue:
    mimetype = "image/jpeg" if suffix == "jpg" else f"image/{suffix}"
    return _immutable_response(images.get_rendition(key, suffix, width), mimetype)


@bp.get("/look/<string(length=6):brand>-<string(length=6):accent>.css")
def look_stylesheet(brand: str, accent: str) -> ResponseReturnValue:
    return _immutable_response(build_stylesheet(parse_palette(brand, accent)).encode(), "text/css")


@bp.get("/logo/<key>.webp")
def logo_picture(key: str) -> ResponseReturnValue:
    logo = get_logo()
    if logo is None or logo.key != key:
        raise NotFound("There is no picture at that web address")
    return _immutable_response(logo.picture, "image/webp")


def parse_palette(brand: str, accent: str) -> Palette:
    """Return the colours in the URL of a style sheet; raise NotFound if they are not allowed."""
    found = parse_colour(brand), parse_colour(accent)
    palette = Palette(found[0] or "", found[1] or "")
    if not all(found) or palette.find_faults():
        raise NotFound("There is no style sheet at that web address")
    return palette


def _immutable_response(body: bytes, mimetype: str) -> Response:
    response = Response(body, mimetype=mimetype)
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


def page_context(slug: str) -> dict[str, Any]:
    """Return the template context of a content page in the current language."""
    code = languages.current().code
    page = queries.get_page(get_content_folder(), slug, code, languages.url_prefix(code))
    # On a site with a set date, a text may have been changed "in the future".
    has_changed = page.updated <= local_day(clock.now())
    return {
        "content_page": page,
        "changed_on": page.updated if has_changed else None,
        "links": queries.list_links(get_content_folder(), slug),
        "breadcrumbs": [],
    }


def get_content_folder() -> Path:
    """Return the folder of the default texts."""
    path: Path = current_app.config["CONTENT_PATH"]
    return path
