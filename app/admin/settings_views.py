"""The settings of the conference and the limit of places."""

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from app.accounts.guards import current_actor
from app.admin.settings_forms import TRUSTED_FIELD_CHOICES, SeatLimitForm, SettingsForm
from app.errors import RuleViolation, StaleEdit
from app.forms.form import validates_own_csrf
from app.history import queries as history
from app.programme import opening_times, public_settings, queries
from app.programme.editing import versioned_edits
from app.programme.editing.session_queries import list_outside_conference_days
from app.programme.fields.conference import CONFERENCE_FIELDS, LABELS
from app.programme.models import Conference
from app.registration import conference_settings
from app.registration import queries as registration
from app.web import redirects
from app.web.rendering import render_page

bp = Blueprint("settings", __name__, url_prefix="/settings")

redirects.MESSAGES["admin"] |= {
    "settings-saved": _l("The settings have been saved."),
    "limit-saved": _l("The number of places has been changed."),
}


@bp.get("")
def show() -> ResponseReturnValue:
    if not queries.has_conference():
        return _render_no_conference()
    found = queries.get_conference()
    return render_page(
        "admin/settings/show.html",
        found=found,
        doors_open=opening_times.format_opening_times(found.doors_open),
        places=registration.get_seat_counts(),
        unpublished=[
            LABELS[one] for one in public_settings.list_unpublished(found) if one in LABELS
        ],
        trusted=[
            words for name, words in TRUSTED_FIELD_CHOICES if name in found.trusted_fields.split()
        ],
        outside=list_outside_conference_days(found),
        entries=history.list_newest("conference"),
    )


@bp.route("/change", methods=["GET", "POST"])
@validates_own_csrf
def edit() -> ResponseReturnValue:
    if not queries.has_conference():
        return _render_no_conference(409)
    return _edit(queries.get_conference())


def _edit(conference: Conference) -> ResponseReturnValue:
    form = SettingsForm()
    stale = None
    if form.validate_on_submit():
        try:
            changes = versioned_edits.save(
                CONFERENCE_FIELDS,
                conference,
                form.values(),
                expected_version=form.expected_version.data,
                actor=current_actor(),
            )
        except StaleEdit as error:
            form, stale = form.rebase_on(error), error
        except RuleViolation as refusal:
            form.add_error(form.ends_on, refusal)
        else:
            return _redirect("settings-saved" if changes else "as-it-was")
    elif not form.is_submitted():
        form.set_initial_data(conference)
    status = 409 if stale else None
    return render_page("admin/settings/edit.html", status, form=form, found=conference, stale=stale)


@bp.route("/places", methods=["GET", "POST"])
@validates_own_csrf
def limit() -> ResponseReturnValue:
    form = SeatLimitForm()
    status = None
    now = registration.get_seat_counts()
    if form.validate_on_submit():
        try:
            is_new = conference_settings.change_limit(
                form.places.data or 0,
                expected_limit=form.expected_version.data,
                actor=current_actor(),
            )
            is_new |= form.opens_or_closes_list and conference_settings.change_waiting_list(
                is_open=form.has_waiting_list.data, actor=current_actor()
            )
        except conference_settings.StaleLimit as moved:
            form.expected_version.data, status = moved.version, 409
            form.add_error(form.places, moved)
        except RuleViolation as refusal:
            form.add_error(form.places, refusal)
        else:
            return _redirect("limit-saved" if is_new else "as-it-was")
    elif not form.is_submitted():
        form.places.data, form.expected_version.data = now.limit, now.limit
        form.has_waiting_list.data = now.has_waiting_list
        form.had_waiting_list.data = int(now.has_waiting_list)
    return render_page("admin/settings/limit.html", status, form=form, places=now)


def _render_no_conference(status: int = 200) -> ResponseReturnValue:
    """Render the page that explains how to get a conference."""
    return render_page("admin/settings/no_conference.html", status)


def _redirect(message_key: str) -> ResponseReturnValue:
    return redirects.redirect_to(url_for(".show"), message_key)
