"""The urgent notice at the top of every page: one at a time, with all earlier ones kept."""

from pathlib import Path

from app import clock
from app.content import queries, services
from app.content.models import ContentVersion
from app.content.versions import NOTICE_KEY, ContentDraft, ContentStore, Version
from app.database import lock_table
from app.errors import RuleViolation


def current(store: ContentStore) -> Version | None:
    """Return the notice that is shown or scheduled; the latest replaces all others."""
    newest = store.find_latest(NOTICE_KEY)
    if newest is None or newest.is_removed or newest.has_ended(clock.now()):
        return None
    return newest


def publish(folder: Path, draft: ContentDraft, *, expected_version: int, actor: str) -> None:
    """Publish a notice in place of any other; raise RuleViolation if it ends before it appears."""
    lock_table(ContentVersion)
    starts_at = draft.appears_at or clock.now()
    if draft.ends_at is not None and draft.ends_at <= starts_at:
        raise RuleViolation("The notice must end after it appears")
    if queries.load_store(folder).find_latest(NOTICE_KEY) is None:
        services.create_first_version(NOTICE_KEY, draft, actor=actor)
    else:
        services.save(folder, NOTICE_KEY, draft, expected_version=expected_version, actor=actor)


def withdraw(folder: Path, *, expected_version: int, actor: str) -> None:
    """Withdraw the current notice; raise StaleEdit if it is not the one the user saw."""
    lock_table(ContentVersion)
    if current(queries.load_store(folder)) is not None:
        services.remove(folder, NOTICE_KEY, expected_version=expected_version, actor=actor)
