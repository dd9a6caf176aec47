"""Tasks about the settings and the data of the site, and leftovers of the example."""

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from flask_babel import gettext, ngettext
from sqlalchemy import ColumnElement, select

from app import clock
from app.accounts import roles
from app.admin.tasks.open_tasks import (
    LATER,
    URGENT,
    WAITING,
    Task,
    count_where,
    list_url,
)
from app.content import starter_texts
from app.content.views import get_content_folder
from app.delegates.models import SeatLimit
from app.history.models import HistoryEntry
from app.onboarding.queries import get_example_acronym
from app.programme.models import Conference
from app.registration import integrity_check
from app.releases import current_release

CLOSING_SOON = timedelta(days=7)
AUDIT: Final = integrity_check.HISTORY_SUBJECT


def _latest_audit() -> ColumnElement[str]:
    latest = select(HistoryEntry.summary).where(HistoryEntry.subject == AUDIT)
    return latest.order_by(HistoryEntry.id.desc()).limit(1).scalar_subquery()


def _read_audit(summary: str | None) -> int:
    found = re.search(r"(?<!\d)(\d{1,9}) faults?\b", summary or "")
    return int(found.group(1)) if found else 0


def _count_unset_places() -> ColumnElement[int]:
    has_places = select(SeatLimit.name).where(SeatLimit.seats > 0).exists()
    return count_where(Conference, ~has_places)


def _days_until_closing() -> int:
    conference = current_release.get_programme().conference
    if conference.registration_closes_at is None:
        return 0
    remaining = conference.registration_closes_at - clock.now()
    return remaining.days + 1 if timedelta() < remaining <= CLOSING_SOON else 0


def _count_example_texts() -> int:
    """Count the texts of the example that remain on the site of another conference."""
    folder, conference = get_content_folder(), current_release.get_programme().conference
    if conference.is_invented or conference.acronym in {"", get_example_acronym(folder)}:
        return 0
    return len(starter_texts.list_example_texts(folder))


TASKS: Final[Sequence[Task]] = (
    Task(
        "audit",
        URGENT,
        roles.HISTORY,
        _latest_audit(),
        lambda n: ngettext(
            "problem found by the last daily check of the data",
            "problems found by the last daily check of the data",
            n,
        ),
        list_url("history.index", thing=AUDIT),
        read=_read_audit,
    ),
    Task(
        "places",
        URGENT,
        roles.SETTINGS,
        _count_unset_places(),
        lambda _: gettext("Set the number of places, so that people can register"),
        list_url("settings.limit"),
        is_counted=False,
    ),
    Task(
        "closing",
        WAITING,
        roles.SETTINGS,
        _days_until_closing,
        lambda n: ngettext("day until registration closes", "days until registration closes", n),
        list_url("settings.show"),
    ),
    Task(
        "example-texts",
        WAITING,
        roles.SETTINGS,
        _count_example_texts,
        lambda n: ngettext(
            "page or news item is still about the example",
            "pages and news items are still about the example",
            n,
        ),
        list_url("start.texts"),
    ),
    Task(
        "contact",
        LATER,
        roles.SETTINGS,
        count_where(Conference, Conference.contact_email == ""),
        lambda _: gettext("Add a contact email address for visitors"),
        list_url("settings.edit"),
        is_counted=False,
    ),
)
