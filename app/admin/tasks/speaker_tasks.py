"""Tasks about speakers: their requests, and what is missing about them."""

from collections.abc import Sequence
from typing import Final

from flask_babel import ngettext

from app.accounts import roles
from app.admin.tasks.open_tasks import (
    LATER,
    URGENT,
    Task,
    count_where,
    list_url,
)
from app.programme.editing import speaker_queries
from app.programme.editing.speaker_queries import TAKES_PART
from app.programme.models import Speaker
from app.speakers import places
from app.speakers import queries as speakers

TASKS: Final[Sequence[Task]] = (
    Task(
        "requests",
        URGENT,
        roles.PROGRAMME,
        speakers.OPEN_REQUEST_COUNT,
        lambda n: ngettext(
            "speaker who has asked for another time or withdrawn",
            "speakers who have asked for another time or withdrawn",
            n,
        ),
        list_url("speaker_pages.overview", _anchor="waiting"),
    ),
    Task(
        "unconfirmed",
        LATER,
        roles.PROGRAMME,
        count_where(Speaker, TAKES_PART, Speaker.confirmed_at.is_(None)),
        lambda n: ngettext("speaker who has not confirmed", "speakers who have not confirmed", n),
        list_url("speakers.index", confirmed="no"),
        item="taking-part",
    ),
    Task(
        "speakers-places",
        LATER,
        roles.PROGRAMME,
        count_where(Speaker, places.LACKS_PLACE, places.IS_ASKED),
        lambda n: ngettext(
            "confirmed speaker without a place", "confirmed speakers without a place", n
        ),
        list_url("speakers.index", confirmed="yes", place="no"),
        item="place",
    ),
    Task(
        "biography",
        LATER,
        roles.PROGRAMME,
        count_where(Speaker, TAKES_PART, Speaker.biography == ""),
        lambda n: ngettext("speaker without a biography", "speakers without a biography", n),
        list_url("speakers.index", missing="biography"),
        item="profile",
    ),
    Task(
        "photo",
        LATER,
        roles.PROGRAMME,
        count_where(Speaker, speaker_queries.MISSING_CONDITIONS["photo"]),
        lambda n: ngettext("speaker without a photo", "speakers without a photo", n),
        list_url("speakers.index", missing="photo"),
        item="photo",
    ),
)
