"""The texts that a new conference starts with, in place of those of the example.

The default texts are about the example. Some pages have a neutral version under ``start/``; the
news, and pages that only the example has, are removed. Edited texts stay.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from app import clock
from app.content import queries, services, versions
from app.content.models import NEWS, PAGE, ContentVersion
from app.content.versions import FALLBACK_LANGUAGE, ContentDraft, ContentKey, ContentStore, Version
from app.database import lock_table
from app.web import formatting

EXAMPLE_PAGES: Final = frozenset({"health-inequalities"})


def list_example_texts(folder: Path) -> Sequence[Version]:
    """List the titles of the texts that are still about the example."""
    store = queries.get_store(folder)
    found = [store.defaults[key] for key in _list_example_texts(folder, store)]
    return sorted(found, key=lambda one: one.title.casefold())


def replace_example_texts(folder: Path, *, actor: str) -> int:
    """Replace or remove the texts about the example, and return their number."""
    lock_table(ContentVersion)
    store = queries.load_store(folder)
    keys = _list_example_texts(folder, store)
    for key in keys:
        starter = _find_starter(folder, key)
        if starter is None:
            newest = store.defaults[key]
            draft = ContentDraft(newest.title, newest.summary, "", newest.dated_on)
            services.remove_default_text(key, draft, actor=actor)
        else:
            services.create_first_version(key, starter, actor=actor)
    return len(keys)


def _list_example_texts(folder: Path, store: ContentStore) -> Sequence[ContentKey]:
    untouched = [key for key in store.defaults if not store.list_versions(key)]
    return sorted(key for key in untouched if _is_about_example(folder, key))


def _is_about_example(folder: Path, key: ContentKey) -> bool:
    return key.kind == NEWS or key.slug in EXAMPLE_PAGES or _get_path(folder, key).is_file()


def _find_starter(folder: Path, key: ContentKey) -> ContentDraft | None:
    """Return the neutral version of a page, or None if there is none."""
    path = _get_path(folder, key)
    if key.kind != PAGE or not path.is_file():
        return None
    facts, body = versions.split_front_matter(path)
    today = formatting.local_day(clock.now())
    return ContentDraft(facts["title"], facts["summary"], body, today)


def _get_path(folder: Path, key: ContentKey) -> Path:
    return folder / "start" / "pages" / FALLBACK_LANGUAGE / f"{key.slug}.md"
