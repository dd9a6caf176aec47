"""Restrictions inside a preview or rehearsal: read-only, and a banner on every page.

Only GET and HEAD are allowed, and only views that show nothing personal (``allow_in_preview``).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import Flask, current_app, request
from flask.wrappers import Response

from app import clock, preview_mode
from app.preview_mode import PreviewMode
from app.web import languages
from app.web.formatting import conference_zone
from app.web.preview_middleware import is_allowed_in_preview
from app.web.rendering import render_page

SAFE_METHODS = frozenset({"GET", "HEAD"})
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class PreviewBanner:
    """The banner above every page in a preview or rehearsal, and its links."""

    mode: PreviewMode
    normal_url: str  # of the same page outside the preview

    @property
    def moment(self) -> datetime | None:
        """Return the moment of a rehearsal, or None in a preview."""
        return self.mode.moment

    @property
    def earlier_url(self) -> str:
        """Return the URL of the same page an hour earlier."""
        return self._url_at(-HOUR)

    @property
    def later_url(self) -> str:
        """Return the URL of the same page an hour later."""
        return self._url_at(HOUR)

    def _url_at(self, offset: timedelta) -> str:
        root = languages.language_prefix(languages.get_request_language())
        moment = clock.now() + offset
        return f"{root}{rehearsal_prefix(moment, is_full=self.mode.is_full)}{_full_path()}"


def rehearsal_prefix(moment: datetime, *, is_full: bool) -> str:
    """Return the URL prefix of a rehearsal: /rehearsal/2008-11-06T09:15, or with ``,full``."""
    local = moment.astimezone(conference_zone()).strftime("%Y-%m-%dT%H:%M")
    return f"/rehearsal/{local}{',full' if is_full else ''}"


def init_app(app: Flask) -> None:
    """Reject requests that are not allowed in a preview, and give templates the banner."""
    app.before_request(_reject_outside_preview)
    app.context_processor(lambda: {"banner": _current_banner()})
    app.add_template_global(url_outside_preview)


def url_outside_preview(endpoint: str, **values: str) -> str:
    """Return the URL of a page outside the preview, in the language of the request."""
    adapter = current_app.url_map.bind(
        "", script_name=languages.language_prefix(_language_code()) + "/"
    )
    return adapter.build(endpoint, values)


def _reject_outside_preview() -> Response | None:
    if preview_mode.current() is None:
        return None
    if request.method not in SAFE_METHODS:
        response = render_page("preview_mode/read_only.html", 405)
        response.headers["Allow"] = ", ".join(sorted(SAFE_METHODS))
        return response
    view = current_app.view_functions.get(request.endpoint or "")
    return (
        None
        if view is None or is_allowed_in_preview(view)
        else render_page("preview_mode/not_available.html", 404)
    )


def _current_banner() -> PreviewBanner | None:
    mode = preview_mode.current()
    return (
        None
        if mode is None
        else PreviewBanner(mode, languages.language_prefix(_language_code()) + _full_path())
    )


def _language_code() -> str:
    return languages.get_request_language()


def _full_path() -> str:
    return request.full_path.rstrip("?")
