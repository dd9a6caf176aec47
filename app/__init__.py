"""The conference site. This file is its table of contents."""

from flask import Flask

from app import (
    accounts,
    agenda,
    commands,
    content,
    database,
    edition,
    forms,
    organise,
    programme,
    registration,
    site,
    speakers,
    web,
)
from config import Config


def create_app(config: Config) -> Flask:
    """Build the site."""
    app = Flask(__name__, static_folder=None, instance_path=str(config.INSTANCE_PATH.resolve()))
    web.configure(app, config)
    database.attach(app, config.database_url)
    watch = edition.attach(app, config.EDITION_CHECK_SECONDS, config.CLOCK_STARTS_AT)
    web.attach(app, config, watch)
    forms.csrf.init_app(app)

    for part in (accounts, content, programme, agenda, registration, speakers, site, organise):
        app.register_blueprint(part.pages)

    commands.attach(app)
    return app
