"""A moment in a form: typed as the conference's own clocks show it, and aware inside."""

from datetime import UTC, datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import Field, StringField
from wtforms.validators import StopValidation, ValidationError

from app.web.words import zone

EARLIEST, LATEST = 1900, 2999  # years


class MomentField(StringField):
    """A day and a time; in templates ``text(form.starts_at, type="datetime-local")``."""

    @property
    def moment(self) -> datetime | None:
        """Give what was typed as a moment; nothing when nothing was, or it cannot be read.

        Where the clocks go back, the first of two equal times is meant.
        """
        local = _local(self.data)
        return local.replace(tzinfo=zone()).astimezone(UTC) if local else None

    def show(self, moment: datetime | None) -> None:
        """Let this moment stand in the field."""
        self.data = _shown(moment) if moment else ""


def a_moment(_form: Any, field: Field) -> None:
    """Refuse what is no moment of the conference's clocks."""
    local = _local(field.data)
    if local is None or not EARLIEST <= local.year <= LATEST:
        raise StopValidation(_l("Enter a day and a time, like 2008-11-06 09:30"))
    there = local.replace(tzinfo=zone())
    if there.astimezone(UTC).astimezone(zone()).replace(tzinfo=None) != local:
        raise ValidationError(
            _l("The clocks go forward on that day and skip this time. Choose another")
        )


def a_moment_or_nothing(form: Any, field: Field) -> None:
    """Do the same where the field may be left empty."""
    if (field.data or "").strip():
        a_moment(form, field)


def _local(typed: str | None) -> datetime | None:
    try:
        read = datetime.fromisoformat((typed or "").strip())
    except ValueError:
        return None
    return read if read.tzinfo is None else None


def _shown(moment: datetime) -> str:
    """Write a moment as its field holds it; seconds only where there are any."""
    local = moment.astimezone(zone()).replace(tzinfo=None)
    return local.isoformat(timespec="seconds" if local.second else "minutes")
