"""The settings, as Flask and the extensions read them from ``app.config``."""

from flask import Flask

from app.mail import dkim
from config import Config

MAIL_SETTINGS = (
    "MAIL_SERVER",
    "MAIL_PORT",
    "MAIL_USE_TLS",
    "MAIL_USE_SSL",
    "MAIL_USERNAME",
    "MAIL_DEFAULT_SENDER",
)


def init_app(app: Flask, config: Config) -> None:
    """Pass the settings to Flask and to the extensions that read them from `app.config`."""
    app.config.from_mapping(
        SECRET_KEY=config.SECRET_KEY.get_secret_value(),
        SECRET_KEY_FALLBACKS=[key.get_secret_value() for key in config.SECRET_KEY_FALLBACKS],
        SITE_URL=config.SITE_URL,
        SITE_CLOCK=config.CLOCK_STARTS_AT,
        IS_PRIVATE_CONNECTION=config.is_private_connection,
        LIMIT_REGISTRATIONS_PER_NETWORK=config.LIMIT_REGISTRATIONS_PER_NETWORK,
        RATE_LIMIT_EXEMPT_NETWORKS=config.RATE_LIMIT_EXEMPT_NETWORKS,
        CONTENT_PATH=config.CONTENT_PATH,
        MAX_CONTENT_LENGTH=config.LARGEST_BODY,
        MAX_FORM_MEMORY_SIZE=config.LARGEST_BODY,
        SESSION_COOKIE_SECURE=config.secure_cookies,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        WTF_CSRF_SSL_STRICT=False,  # pages with secret URLs send no referrer: security_headers
        WTF_CSRF_TIME_LIMIT=None,  # a form is valid as long as its login session
        MAIL_PASSWORD=config.MAIL_PASSWORD.get_secret_value(),
        DKIM_SIGNER=dkim.create_signer(config),
        MAIL_DKIM_SELECTOR=config.MAIL_DKIM_SELECTOR.lower(),
        DATABASE_DIRECT_URL=config.DATABASE_DIRECT_URL,
        MAIL_BOUNCE_ADDRESS=config.MAIL_BOUNCE_ADDRESS,
        MAIL_TIMEOUT=config.MAIL_TIMEOUT,
        IMAP_SERVER=config.IMAP_SERVER,
        IMAP_PORT=config.IMAP_PORT,
        IMAP_USE_SSL=config.IMAP_USE_SSL,
        IMAP_USERNAME=config.IMAP_USERNAME,
        IMAP_PASSWORD=config.IMAP_PASSWORD.get_secret_value(),
        IMAP_FOLDER=config.IMAP_FOLDER,
        IMAP_DONE_FOLDER=config.IMAP_DONE_FOLDER,
        MAIL_INBOX_REPLIES=config.MAIL_INBOX_REPLIES,
        DNS_SERVER=config.DNS_SERVER,
        LIMIT_EMAILS_PER_DOMAIN=config.LIMIT_EMAILS_PER_DOMAIN,
        MAIL_CA_FILE=config.MAIL_CA_FILE,
        **{name: getattr(config, name) for name in MAIL_SETTINGS},
    )
