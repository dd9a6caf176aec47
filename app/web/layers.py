"""The WSGI layers around the application, from the innermost to the outermost."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix
from whitenoise import WhiteNoise

from app.cache_version import CacheVersionWatcher
from app.web import (
    error_handlers,
    formatting,
    govuk_components,
    languages,
    page_cache,
    preview_guard,
    preview_middleware,
    rendering,
    request_body,
    request_log,
    security_headers,
    undeclared_proxy,
    url_rules,
)
from app.web.cache_policy import SaveDataMiddleware
from app.web.page_cache import PageCache, PageCacheMiddleware
from config import ROOT, Config

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

STATIC_MAX_AGE = 365 * 24 * 60 * 60  # seconds


@dataclass(frozen=True)
class ServerLayers:
    """Layers that an event loop server calls before, or instead of, the whole application."""

    find_limit: "WSGIApplication"  # sets request_body.BODY_LIMIT in the environment
    page_cache: PageCache
    cached_pages: "WSGIApplication"  # responds with a cached page, or not at all
    max_form_bytes: int


def init_app(app: Flask, config: Config, watcher: CacheVersionWatcher) -> None:
    """Add the web layers around the application, from the innermost to the outermost."""
    formatting.init_app(app)
    govuk_components.init_app(app)
    rendering.init_app(app)
    error_handlers.init_app(app)
    languages.init_app(app, config)
    formatting.group_digits(app)  # after the languages, which provide ``ngettext``
    pages = page_cache.init_app(app, watcher)
    request_body.init_app(app)  # after the page cache, which starts each request
    preview_guard.init_app(app)
    undeclared_proxy.init_app(app, config)
    security_headers.init_app(
        app, config
    )  # after the pages: after-request functions run in reverse order
    request_body.init_draining(app)
    url_rules.init_app(app)  # after the headers: they reject unknown hosts
    static = WhiteNoise(
        request_body.DrainRequestMiddleware(app.wsgi_app),
        root=str(ROOT / "static"),
        prefix="static/",
        max_age=STATIC_MAX_AGE,  # each URL contains the file's fingerprint
        allow_all_origins=False,
        add_headers_function=security_headers.make_add_headers_function(config),
    )
    files = SaveDataMiddleware(static, security_headers.get_common_headers(config))
    cached = PageCacheMiddleware(files, pages)
    preview = preview_middleware.PreviewMiddleware(app, preview_app=files, normal_app=cached)
    find_limit = request_body.make_limit_finder(app)
    buffered = request_body.BufferBodyMiddleware(preview, find_limit, config.LARGEST_BODY)
    app.wsgi_app = _wrap(buffered, config)  # type: ignore[assignment, method-assign]  # as Flask recommends
    app.extensions["server_layers"] = ServerLayers(
        find_limit=_wrap_address(request_body.make_limit_app(find_limit), config),
        page_cache=pages,
        cached_pages=_wrap(PageCacheMiddleware(page_cache.respond_not_cached, pages), config),
        max_form_bytes=config.LARGEST_BODY,
    )


def _wrap(inner: "WSGIApplication", config: Config) -> "WSGIApplication":
    """Add the outer layers: the log, and those for parts of the URL other than the path."""
    layers = request_log.RequestLogMiddleware(_wrap_address(inner, config))
    if not config.PROXIES:
        return layers
    return ProxyFix(layers, x_for=config.PROXIES, x_proto=config.PROXIES)


def _wrap_address(inner: "WSGIApplication", config: Config) -> "WSGIApplication":
    """Add the layers that read host and language from the URL."""
    return security_headers.HostMiddleware(
        languages.LanguageMiddleware(inner, config.LANGUAGES), config
    )
