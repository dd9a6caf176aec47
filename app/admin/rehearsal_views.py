"""Rehearsals: show the site as it will be at another date and time.

This has the form with its presets, and the resolver that opens a rehearsal.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

from flask import Blueprint, Flask, redirect, request
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, Field, StringField, SubmitField
from wtforms.validators import DataRequired, StopValidation

from app import clock
from app.accounts import guards
from app.errors import NotFound
from app.forms.form import Form
from app.interchange.importers import datetimes
from app.preview_mode import PreviewMode
from app.programme.snapshot import Conference
from app.registration import queries as registration
from app.releases import current_release
from app.web.formatting import conference_zone
from app.web.preview_guard import rehearsal_prefix
from app.web.preview_middleware import register_resolver
from app.web.rendering import render_page
from app.web.security_headers import no_referrer


def _valid_date(_form: Any, field: Field) -> None:
    found = datetimes.parse_date(field.data)
    if found is None:
        raise StopValidation(_l("Enter a date like 2008-11-06"))
    field.data = found.isoformat()


def _valid_time(_form: Any, field: Field) -> None:
    found = datetimes.parse_time(field.data)
    if found is None:
        raise StopValidation(_l("Enter a time like 9:15 or 13:00"))
    field.data = f"{found:%H:%M}"  # the value of an HTML time input


class RehearsalForm(Form):
    """Choose a date and time. It only leads to a URL, so it needs no CSRF token."""

    class Meta(Form.Meta):
        """Disable the CSRF token."""

        csrf = False

    day = StringField(_l("Date"), [DataRequired(_l("Enter a date")), _valid_date])
    time = StringField(_l("Time"), [DataRequired(_l("Enter a time")), _valid_time])
    full = BooleanField(_l("Show all places as taken"))
    submit = SubmitField(_l("Start rehearsal"))

    def moment(self) -> datetime:
        """Return the chosen moment of a valid form."""
        return datetime.fromisoformat(f"{self.day.data}T{self.time.data}").replace(
            tzinfo=conference_zone()
        )


ONE_DAY = timedelta(days=1)
MAX_DAYS = 10  # with presets; others can be entered
MORNING, AFTER_LUNCH = time(9, 15), time(13)


@dataclass(frozen=True)
class RehearsalPreset:
    """A suggestion with its moments."""

    label: str
    moments: tuple[datetime, ...]
    is_full: bool = False


def list_presets(conference: Conference) -> list[RehearsalPreset]:
    """Return the moments worth checking, in order."""
    zone = ZoneInfo(conference.time_zone)
    before, after = conference.starts_on - ONE_DAY, conference.ends_on + 7 * ONE_DAY
    return [
        *_registration_presets(conference),
        RehearsalPreset(
            gettext("The day before the conference"), (_local_datetime(before, MORNING, zone),)
        ),
        *_day_presets(conference, zone),
        RehearsalPreset(
            gettext("The week after the conference"), (_local_datetime(after, MORNING, zone),)
        ),
    ]


def _registration_presets(conference: Conference) -> Iterator[RehearsalPreset]:
    opens, closes = conference.registration_opens_at, conference.registration_closes_at
    if opens is not None:
        is_open = opens + (min(ONE_DAY, (closes - opens) / 2) if closes else ONE_DAY)
        yield RehearsalPreset(gettext("Registration has not opened yet"), (opens - ONE_DAY,))
        yield RehearsalPreset(gettext("Registration is open"), (is_open,))
        yield RehearsalPreset(gettext("All places are taken"), (is_open,), is_full=True)
    if closes is not None:
        yield RehearsalPreset(gettext("Registration has closed"), (closes + timedelta(hours=1),))


def _day_presets(conference: Conference, zone: ZoneInfo) -> Iterator[RehearsalPreset]:
    length = (conference.ends_on - conference.starts_on).days + 1
    for number in range(min(length, MAX_DAYS)):
        day = conference.starts_on + number * ONE_DAY
        moments = tuple(_local_datetime(day, hour, zone) for hour in (MORNING, AFTER_LUNCH))
        yield RehearsalPreset(
            gettext("Day %(number)s of the conference", number=number + 1), moments
        )


def _local_datetime(day: date, hour: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, hour, zone)


MOMENT_PATTERN = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2})(,full)?")

open_bp = Blueprint("rehearsal", __name__)
no_referrer(open_bp)


@open_bp.record_once
def _register_resolver(state: BlueprintSetupState) -> None:
    register_resolver(cast(Flask, state.app), "rehearsal", resolve)


def resolve(value: str, prefix: str) -> PreviewMode | None:
    """Return the rehearsal at a moment, or None if the visitor is not a team member."""
    if guards.require_team_member() is not None:
        return None
    moment, is_full = _parse_moment(value)
    is_past = moment < clock.now()
    return PreviewMode("rehearsal", prefix, moment=moment, is_full=is_full, is_past=is_past)


@open_bp.get("/rehearsal/<moment>")
@open_bp.get("/rehearsal/<moment>/<path:rest>")
def unavailable(moment: str, rest: str = "") -> ResponseReturnValue:
    """Redirect to the sign-in page and back, or raise NotFound for an invalid moment."""
    answer = guards.require_team_member()
    if answer is not None:
        return answer
    _parse_moment(moment)
    return redirect(f"{request.script_root}/rehearsal/{moment}/{rest}", 303)


def _parse_moment(value: str) -> tuple[datetime, bool]:
    """Parse a moment in a URL, in the conference's time zone: 2008-11-06T09:15."""
    found = MOMENT_PATTERN.fullmatch(value)
    moment = datetimes.parse_datetime(found[1], conference_zone()) if found else None
    if found is None or moment is None:
        raise NotFound("There is no rehearsal at this web address. Start one in admin")
    return moment, found[2] is not None


bp = Blueprint("rehearsal", __name__, url_prefix="/rehearsal")


@bp.get("")
def choose() -> ResponseReturnValue:
    conference = current_release.get_programme().conference
    is_asked = "day" in request.args
    form = RehearsalForm(formdata=request.args if is_asked else None)
    if is_asked and form.validate():
        return redirect(_rehearsal_url(form.moment(), is_full=form.full.data), 303)
    if not is_asked:
        form.day.data, form.time.data = conference.starts_on.isoformat(), "09:15"
    return render_page(
        "admin/rehearsal/choose.html",
        form=form,
        presets=list_presets(conference),
        address=_rehearsal_url,
        places=registration.get_seat_counts(),
    )


def _rehearsal_url(moment: datetime, *, is_full: bool) -> str:
    return f"{request.script_root}{rehearsal_prefix(moment, is_full=is_full)}/"
