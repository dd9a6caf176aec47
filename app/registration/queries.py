"""Questions about delegates and places. Nothing here changes anything."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from app import clock
from app.database import db
from app.programme.releases import current
from app.registration.models import SeatLimit


@dataclass(frozen=True)
class Door:
    """Whether people may register now, and when."""

    state: Literal["before", "open", "full", "closed"]
    opens_at: datetime | None
    closes_at: datetime | None


def door() -> Door:
    """Tell whether people may register now."""
    conference = current().conference
    opens, closes = conference.registration_opens_at, conference.registration_closes_at
    limit = db.session.get(SeatLimit, "conference")
    now = clock.now()
    state: Literal["before", "open", "full", "closed"] = "open"
    if limit is None or (opens and now < opens):
        state = "before"
    elif closes and now >= closes:
        state = "closed"
    elif limit.is_full:
        state = "full"
    return Door(state, opens, closes)
