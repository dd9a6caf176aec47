"""What the many sites of a run make once and share, because each would make the same alone.

A test's site lives for a few requests, so most of its time would go into getting ready: reading
templates, writing SQL, taking addresses apart.
"""

import atexit
import os
import shutil
from tempfile import mkdtemp
from typing import Any, Final

from flask import Flask
from jinja2 import FileSystemBytecodeCache
from werkzeug.routing import Rule

from app.database import db

FOLDER_VARIABLE: Final = "COMPILED_TEMPLATES"
# What Rule.compile sets, in Werkzeug 3.1
COMPILED_ATTRIBUTES: Final = (
    "arguments",
    "_parts",
    "_trace",
    "_converters",
    "_build",
    "_build_unknown",
)


class _StatementCache(dict[Any, Any]):
    """Statements as SQL: each site has a dialect of its own, but those of one name write alike."""

    def get(self, key: Any, default: Any = None) -> Any:
        """Give what was written for a statement, by whichever site."""
        return super().get(_cache_key(key), default)

    def __setitem__(self, key: Any, compiled: Any) -> None:
        super().__setitem__(_cache_key(key), compiled)


def _cache_key(key: Any) -> Any:
    dialect, *rest = key
    return dialect.name, *rest


class _CachedRule(Rule):
    """An address whose pattern is taken apart once in a run, not once for each site."""

    def compile(self) -> None:
        """Learn the pattern, or take over what a rule like this one has learned."""
        like_this = (self.rule, self.endpoint)
        if like_this not in _compiled_rules:
            super().compile()
            _compiled_rules[like_this] = {name: vars(self)[name] for name in COMPILED_ATTRIBUTES}
        vars(self).update(_compiled_rules[like_this])


_statement_cache = _StatementCache()
_compiled_rules: dict[tuple[str, str], dict[str, Any]] = {}


def share_caches() -> None:
    """Let every site made from now on share what is learned of addresses and templates."""
    Flask.url_rule_class = _CachedRule
    Flask.jinja_options = {"bytecode_cache": FileSystemBytecodeCache(_template_folder())}


def _template_folder() -> str:
    """Give the folder of compiled templates, for this process and all that it starts.

    The first of them makes it, and removes it at its end: workers, and the processes from which
    live sites are forked, each took seconds for the same templates.
    """
    if FOLDER_VARIABLE not in os.environ:
        folder = os.environ[FOLDER_VARIABLE] = mkdtemp(prefix="conference-templates-")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return os.environ[FOLDER_VARIABLE]


def share_statements(site: Flask) -> None:
    """Let a site use the SQL that earlier ones have written, and leave what it writes to others."""
    with site.app_context():
        db.engine.update_execution_options(compiled_cache=_statement_cache)
