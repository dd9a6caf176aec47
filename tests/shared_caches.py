"""What the many sites of a run make once and share, because each would make the same alone.

A test's site lives for a few requests, so most of its time would go into getting ready: reading
templates, writing SQL, taking addresses apart.
"""

from typing import Any, Final

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from werkzeug.routing import Rule

from app.database import db

# What Rule.compile sets, in Werkzeug 3.1
COMPILED_ATTRIBUTES: Final = (
    "arguments",
    "_parts",
    "_trace",
    "_converters",
    "_build",
    "_build_unknown",
)


class _BytecodeCache(BytecodeCache):
    """Templates as compiled code."""

    def __init__(self) -> None:
        self._bytecode: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._bytecode:
            bucket.bytecode_from_string(self._bytecode[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._bytecode[bucket.key] = bucket.bytecode_to_string()


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


_bytecode_cache = _BytecodeCache()
_statement_cache = _StatementCache()
_compiled_rules: dict[tuple[str, str], dict[str, Any]] = {}


def share_caches() -> None:
    """Let every site made from now on share what is learned of addresses and templates."""
    Flask.url_rule_class = _CachedRule
    Flask.jinja_options = {"bytecode_cache": _bytecode_cache}


def share_statements(site: Flask) -> None:
    """Let a site use the SQL that earlier ones have written, and leave what it writes to others."""
    with site.app_context():
        db.engine.update_execution_options(compiled_cache=_statement_cache)
