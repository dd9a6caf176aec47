"""The website around the conference: pages, answers to errors, languages, headers, logs.

Nothing here knows what a delegate or a session is.
"""

from pathlib import Path

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix
from whitenoise import WhiteNoise

from app import log
from app.edition import Watch
from app.web import (
    addresses,
    answers,
    assets,
    components,
    headers,
    inside,
    languages,
    lenses,
    logs,
    pages,
    public,
    reading_on,
    words,
)
from app.web.shelf import PublicPages
from config import ROOT, Config, SettingsError

SETTINGS_OF_MAIL = (
    "MAIL_SERVER",
    "MAIL_PORT",
    "MAIL_USE_TLS",
    "MAIL_USE_SSL",
    "MAIL_USERNAME",
    "MAIL_DEFAULT_SENDER",
)
A_YEAR = 365 * 24 * 60 * 60  # seconds


def configure(app: Flask, config: Config) -> None:
    """Hand the settings to Flask and to the libraries that read them there."""
    _make_the_folder(Path(app.instance_path))
    log.configure()
    app.jinja_environment = pages.Templates
    app.config.from_mapping(
        SECRET_KEY=config.SECRET_KEY.get_secret_value(),
        SECRET_KEY_FALLBACKS=[key.get_secret_value() for key in config.SECRET_KEY_FALLBACKS],
        SITE_URL=config.SITE_URL,
        SITE_CLOCK=config.CLOCK_STARTS_AT,
        CONTENT_PATH=config.CONTENT_PATH,
        MAX_CONTENT_LENGTH=config.LARGEST_BODY,
        MAX_FORM_MEMORY_SIZE=config.LARGEST_BODY,
        SESSION_COOKIE_SECURE=config.secure_cookies,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        WTF_CSRF_SSL_STRICT=False,  # pages with a secret address send no referrer; see headers.py
        WTF_CSRF_TIME_LIMIT=None,  # a form may stay open as long as its session lasts
        MAIL_PASSWORD=config.MAIL_PASSWORD.get_secret_value(),
        MAIL_TIMEOUT=config.MAIL_TIMEOUT,
        MAIL_CA_FILE=config.MAIL_CA_FILE,
        **{name: getattr(config, name) for name in SETTINGS_OF_MAIL},
    )


def _make_the_folder(path: Path) -> None:
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as fault:
        raise SettingsError(f"INSTANCE_PATH: cannot be made: {fault.strerror}") from None


def attach(app: Flask, config: Config, watch: Watch) -> None:
    """Dress the application; the layers that stand before Flask are put on from the inside out."""
    assets.attach(app)
    words.attach(app)
    components.attach(app)
    pages.attach(app)
    answers.attach(app)
    languages.attach(app, config)
    shelf = public.attach(app, watch)
    inside.attach(app)
    headers.attach(app, config)  # after the pages: what ends a request runs in reverse order
    reading_on.attach(app)
    addresses.attach(app)  # after the headers: they refuse names that are not ours
    static = WhiteNoise(
        headers.KnownName(reading_on.ReadOn(app.wsgi_app), config),
        root=str(ROOT / "static"),
        prefix="static/",
        max_age=A_YEAR,  # each reference carries the file's fingerprint
        allow_all_origins=False,
        add_headers_function=headers.for_files(config),
    )
    before_flask = PublicPages(static, shelf, config.hosts)
    through = lenses.Lenses(app, inside=static, outside=before_flask)
    layers = logs.EveryRequest(languages.Prefix(through, config.LANGUAGES))
    app.wsgi_app = (  # type: ignore[method-assign]  # how Flask says to wrap it
        ProxyFix(layers, x_for=config.PROXIES, x_proto=config.PROXIES) if config.PROXIES else layers
    )
