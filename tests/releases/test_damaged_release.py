"""An unreadable release: processes keep serving the previous one."""

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import text

from app.cache_version import bump_cache_version
from app.database import db, transaction
from app.factory import create_app
from config import Config
from tests.browser import Browser

PAGES = ("/", "/programme", "/register", "/register/name", "/now", "/agenda", "/search?q=tides")


@pytest.fixture
def fresh_process(site: Flask, settings: dict[str, str]) -> Iterator[Flask]:
    """A second process of the same site, which has read no release yet."""
    app = create_app(Config.model_validate(settings))
    yield app
    with app.app_context():
        db.engine.dispose()


def damage() -> None:
    with transaction():
        db.session.execute(text("""UPDATE release SET snapshot = '{"sessions": [{"titl'"""))
        bump_cache_version()


@pytest.mark.both_databases
def test_pages_keep_showing_the_cached_release_when_the_stored_one_is_damaged(
    site: Flask, visitor: Browser
) -> None:
    before = [visitor.open(page).heading for page in PAGES]

    damage()

    assert [visitor.open(page).heading for page in PAGES] == before


@pytest.mark.both_databases
def test_a_new_process_answers_503_if_the_stored_release_is_damaged(
    fresh_process: Flask, settings: dict[str, str]
) -> None:
    damage()
    visitor = Browser(fresh_process, settings["SITE_URL"])

    headings = {visitor.open(page, 503).heading for page in PAGES}

    assert headings == {"Sorry, the service is unavailable"}
    assert visitor.open("/help").heading == "Help"
