"""Operations on texts: each save adds a version, and no version is ever lost.

Pages and news use all of them; links and the urgent notice only those about versions. The caller
passes the number of the newest version that the user saw; if there is a newer one, nothing is saved
and ``StaleEdit`` holds the differences. Every operation bumps the cache version.
"""

import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

from app import clock
from app.cache_version import bump_cache_version
from app.content import queries
from app.content.history_entries import (
    ADDED,
    CHANGED,
    REMOVED,
    diff_fields,
    normalise_newlines,
    record_change,
)
from app.content.models import PAGE, ContentVersion
from app.content.versions import (
    FALLBACK_LANGUAGE,
    NOTICE_KEY,
    ContentDraft,
    ContentKey,
    ContentStore,
    Version,
)
from app.database import db, lock_table
from app.errors import NotFound, RuleViolation, StaleEdit
from app.history.models import Change
from app.web import formatting

MAX_SLUG_LENGTH = 60  # characters
SLUG_PATTERN = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
MIN_SLUG_LENGTH = 3  # characters; shorter ones could be language codes
RESERVED_SLUGS = frozenset(  # paths of the site, in use or planned
    """
    agenda api booking changes check-in emails faq feed feeds files health healthz letters my
    organise pages preview programme readyz register rehearsal releases robots rooms schedule search
    sessions sign-in sign-out site-map sitemap speak speakers static themes whats-new
    """.split()  # noqa: SIM905 – easier to read than a list of literals
)


def add(
    folder: Path,
    requested: ContentKey,
    draft: ContentDraft,
    *,
    other_slugs: Collection[str],
    actor: str,
) -> ContentKey:
    """Add a page or a news item and return its key; by default, the slug comes from the title."""
    lock_table(ContentVersion)
    kind, slug = requested.kind, requested.slug or _suggest_slug(requested.kind, draft)
    _check_slug(slug)
    reserved = RESERVED_SLUGS.union(other_slugs) if kind == PAGE else frozenset[str]()
    if slug in reserved or slug in queries.load_store(folder).list_slugs(kind):
        raise RuleViolation(f"The page address {slug} is already used. Enter another")
    key = ContentKey(kind, slug, FALLBACK_LANGUAGE)
    create_first_version(key, draft, actor=actor)
    return key


def create_first_version(key: ContentKey, draft: ContentDraft, *, actor: str) -> None:
    """Insert the first version of a text."""
    _insert_version(key, draft, number=1, actor=actor)
    record_change(key, ADDED, draft, actor)


def remove_default_text(key: ContentKey, draft: ContentDraft, *, actor: str) -> None:
    """Remove an unedited default text, which can be restored."""
    _insert_version(key, draft, number=1, actor=actor, is_removed=True)
    record_change(key, REMOVED, draft, actor)


def save(
    folder: Path, key: ContentKey, draft: ContentDraft, *, expected_version: int, actor: str
) -> bool:
    """Save the next version of a text; return False if nothing changed."""
    lock_table(ContentVersion)
    store = queries.load_store(folder)
    newest = _find_latest(store, key)
    changes = diff_fields(newest, queries.get_body(folder, newest) if newest else "", draft)
    if newest and not newest.is_removed and not changes and _appears_when_planned(newest, draft):
        return False
    _check_version(newest, expected_version, changes)
    _insert_version(key, draft, number=expected_version + 1, actor=actor)
    record_change(key, CHANGED, draft, actor)
    return True


def restore(
    folder: Path, key: ContentKey, number: int, *, expected_version: int, actor: str
) -> None:
    """Restore an old version or the default text at once, as a new version."""
    lock_table(ContentVersion)
    store = queries.load_store(folder)
    _check_version(store.find_latest(key), expected_version, ())
    old = get_version(store, key, number)
    if old.is_removed:
        raise RuleViolation("The item was deleted in that version, so there is no text to restore")
    now = clock.now()
    day = formatting.local_day(now) if key.kind == PAGE else old.dated_on
    ends_at = None if old.has_ended(now) else old.ends_at
    draft = ContentDraft(
        old.title, old.summary, queries.get_body(folder, old), day, ends_at=ends_at
    )
    _insert_version(key, draft, number=expected_version + 1, actor=actor)
    event = (
        f"was restored to version {number}" if number else "was restored to the original version"
    )
    record_change(key, event, draft, actor)


def remove(folder: Path, key: ContentKey, *, expected_version: int, actor: str) -> None:
    """Remove a text at once; its versions stay and can be restored."""
    lock_table(ContentVersion)
    store = queries.load_store(folder)
    newest = store.find_latest(key)
    _check_version(newest, expected_version, ())
    if newest is None or newest.is_removed:
        raise RuleViolation("It has already been deleted")
    if not is_removable(store, key):
        raise RuleViolation("Other pages link to this page, so you cannot delete it")
    removal = ContentDraft(newest.title, newest.summary, "", newest.dated_on)
    with_body = replace(removal, body=queries.get_body(folder, newest))
    _insert_version(key, removal, number=expected_version + 1, actor=actor, is_removed=True)
    record_change(key, REMOVED, with_body, actor)


def is_removable(store: ContentStore, key: ContentKey) -> bool:
    """Return True unless it is a default page in English to which the site itself links."""
    return key.kind != PAGE or key.language != FALLBACK_LANGUAGE or key not in store.defaults


def get_version(store: ContentStore, key: ContentKey, number: int) -> Version:
    """Return one version of a text; raise NotFound if there is none."""
    known = [*filter(None, [store.defaults.get(key)]), *store.list_versions(key)]
    for one in known:
        if one.number == number:
            return one
    raise NotFound("There is no such version")


def _find_latest(store: ContentStore, key: ContentKey) -> Version | None:
    """Return the newest version of a text; raise NotFound if there is none in English."""
    if store.find_latest(ContentKey(key.kind, key.slug, FALLBACK_LANGUAGE)) is None:
        raise NotFound("There is no such text")
    return store.find_latest(key)


def _appears_when_planned(newest: Version, draft: ContentDraft) -> bool:
    """Return True if the newest version appears at the draft's time."""
    if draft.appears_at is None:
        return newest.has_appeared(clock.now())
    return draft.appears_at == newest.appears_at


def _check_version(
    newest: Version | None, expected_version: int, changes: Sequence[Change]
) -> None:
    number = newest.number if newest else 0
    if number != expected_version:
        raise StaleEdit(number, changes)


def _check_slug(slug: str) -> None:
    if not SLUG_PATTERN.fullmatch(slug) or not MIN_SLUG_LENGTH <= len(slug) <= MAX_SLUG_LENGTH:
        raise RuleViolation(
            "The page address must be 3 to 60 lower case letters, numbers and hyphens"
        )


def _suggest_slug(kind: str, draft: ContentDraft) -> str:
    """Make a slug from the title; that of a news item starts with its date."""
    plain = unicodedata.normalize("NFKD", draft.title.casefold().replace("’", ""))
    bare = re.sub(r"[^a-z0-9]+", "-", plain.encode("ascii", "ignore").decode()).strip("-")
    begins = "" if kind == PAGE else f"{draft.dated_on.isoformat()}-"
    return f"{begins}{bare}"[:MAX_SLUG_LENGTH].rstrip("-")


def _insert_version(
    key: ContentKey, draft: ContentDraft, *, number: int, actor: str, is_removed: bool = False
) -> None:
    now = clock.now()
    db.session.add(
        ContentVersion(
            kind=key.kind,
            slug=key.slug,
            language=key.language,
            version=number,
            title=draft.title,
            summary=draft.summary,
            body=normalise_newlines(draft.body),
            dated_on=draft.dated_on,
            appears_at=draft.appears_at or now,
            ends_at=draft.ends_at,
            is_removed=is_removed,
            author=actor,
            created_at=now,
        )
    )
    db.session.flush()
    bump_cache_version()


def current_notice(store: ContentStore) -> Version | None:
    """Return the notice that is shown or scheduled; the latest replaces all others."""
    newest = store.find_latest(NOTICE_KEY)
    if newest is None or newest.is_removed or newest.has_ended(clock.now()):
        return None
    return newest


def publish_notice(folder: Path, draft: ContentDraft, *, expected_version: int, actor: str) -> None:
    """Publish a notice in place of any other; raise RuleViolation if it ends before it appears."""
    lock_table(ContentVersion)
    starts_at = draft.appears_at or clock.now()
    if draft.ends_at is not None and draft.ends_at <= starts_at:
        raise RuleViolation("The notice must end after it appears")
    if queries.load_store(folder).find_latest(NOTICE_KEY) is None:
        create_first_version(NOTICE_KEY, draft, actor=actor)
    else:
        save(folder, NOTICE_KEY, draft, expected_version=expected_version, actor=actor)


def withdraw_notice(folder: Path, *, expected_version: int, actor: str) -> None:
    """Withdraw the current notice; raise StaleEdit if it is not the one the user saw."""
    lock_table(ContentVersion)
    if current_notice(queries.load_store(folder)) is not None:
        remove(folder, NOTICE_KEY, expected_version=expected_version, actor=actor)
