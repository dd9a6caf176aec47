"""The sites of a run: one for each set of settings, put back as new before each story.

Building a site takes longer than most stories do. What a story leaves behind in one (settings that
it changed, pages and other things remembered from its database) is gone when the next one begins.
A story that adds routes needs a site of its own: `@pytest.mark.own_site`.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from flask import Flask
from jinja2 import BaseLoader

from app import clock
from app.database import db
from app.factory import create_app
from config import Config
from tests.shared_caches import share_statements

MAX_SITES: Final = 4  # in one process; most stories want the same one
REMEMBER: Final = ("cache_version", "page_cache")  # extensions that remember what they have seen
Settings = dict[str, str]


def build_site(settings: Settings) -> Flask:
    """Build a site that shares with the others what all would make the same."""
    site = create_app(Config.model_validate(settings))
    share_statements(site)
    return site


def close_site(site: Flask) -> None:
    """Give back the database connections of a site."""
    with site.app_context():
        db.session.remove()
        for engine in db.engines.values():
            engine.dispose()


class SitePool:
    """Sites by their settings; the one that was wanted longest ago leaves first."""

    def __init__(self) -> None:
        self._sites: OrderedDict[frozenset[tuple[str, str]], tuple[Flask, _State]] = OrderedDict()

    def get(self, settings: Settings) -> Flask:
        """Give a site with these settings, as new."""
        key = frozenset(settings.items())
        if key not in self._sites:
            site = build_site(settings)
            self._sites[key] = site, _State.of(site)
        site, state = self._sites[key]
        self._sites.move_to_end(key)
        state.restore(site)
        while len(self._sites) > MAX_SITES:
            _, (oldest, _) = self._sites.popitem(last=False)
            close_site(oldest)
        return site


@dataclass(frozen=True)
class _State:
    """The state of a site that tests change, as it was when the site was new."""

    config: dict[str, Any]
    extensions: dict[str, Any]
    memories: dict[str, Callable[[], dict[str, Any]]]
    loader: BaseLoader | None

    @classmethod
    def of(cls, site: Flask) -> "_State":
        return cls(
            dict(site.config),
            dict(site.extensions),
            {name: _remember(site.extensions[name]) for name in REMEMBER},
            site.jinja_env.loader,
        )

    def restore(self, site: Flask) -> None:
        site.config.clear()
        site.config.update(self.config)
        site.extensions.clear()
        site.extensions.update(self.extensions)
        site.jinja_env.loader = self.loader
        clock.set_offset(timedelta())
        for name, as_new in self.memories.items():
            vars(site.extensions[name]).update(as_new())


def _remember(extension: object) -> Callable[[], dict[str, Any]]:
    """Remember the attributes of something new; each call gives them with empty memories."""
    as_new = dict(vars(extension))
    return lambda: {
        name: value.copy() if isinstance(value, dict) else value for name, value in as_new.items()
    }
