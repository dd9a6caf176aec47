"""How many clashes the working programme has, for a page that asks it often.

They are looked for anew only when something has been edited since; whether it has is one short
question.
"""

from typing import Any

from sqlalchemy import func, select

from app.database import db
from app.programme import clashes
from app.programme.models import Absence, Conference, Room, Session, Speaker

EDITS = select(
    *(
        select(number).select_from(kind).scalar_subquery()
        for kind in (Session, Room, Speaker)
        for number in (
            func.count(),
            func.max(kind.id),
            func.sum(kind.version),
            func.max(kind.changed_at),
        )
    ),
    select(func.max(Absence.id)).scalar_subquery(),
    select(func.count(Absence.id)).scalar_subquery(),
    select(Conference.version).scalar_subquery(),
    select(Conference.acronym).scalar_subquery(),
)

_remembered: dict[str, Any] = {"of": None, "count": 0}


def count() -> int:
    """Count the clashes as the programme stands now."""
    of = (db.engine.url, tuple(db.session.execute(EDITS).one()))
    if _remembered["of"] != of:
        _remembered.update(count=len(clashes.working()), of=of)
    return int(_remembered["count"])
