"""A new conference in place of the example: start it, reload the example, or keep it."""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from wtforms import HiddenField
from wtforms.validators import ValidationError

from app.accounts.guards import current_actor
from app.admin.settings_forms import MAX_PLACES, PLACES_ERROR, SettingsForm
from app.content import starter_texts
from app.content.views import get_content_folder
from app.errors import StaleEdit
from app.forms.fields import MAX_EDITOR_NAME_LENGTH, editor_text_field, number_field
from app.forms.form import ConfirmForm, Form, validates_own_csrf
from app.onboarding import queries, services
from app.onboarding.queries import ReplacementPreview
from app.onboarding.services import NewConference
from app.text import collapse_whitespace
from app.web import redirects
from app.web.rendering import render_page

MAX_NAMES = 100  # rooms or themes entered at once

bp = Blueprint("start", __name__, url_prefix="/start")

redirects.MESSAGES["admin"] |= {
    "conference-started": _l(
        "The new conference is ready. Its title and dates are public. Next, add sessions "
        "or load a programme, and check the texts under “Pages and news”."
    ),
    "example-loaded": _l("The example has been loaded and published."),
    "example-kept": _l(
        "You have kept the example. You can still start a new conference under “Settings” until "
        "someone registers."
    ),
    "example-texts-removed": _l("The example’s texts have been deleted."),
}


class StartForm(Form):
    """Enter the data of a new conference; the fingerprint is of what would be removed."""

    fingerprint = HiddenField()
    title = SettingsForm.title
    starts_on = SettingsForm.starts_on
    ends_on = SettingsForm.ends_on
    time_zone = SettingsForm.time_zone
    place = SettingsForm.place
    contact_email = SettingsForm.contact_email
    places = number_field(_l("Number of places (optional)"), (0, MAX_PLACES), PLACES_ERROR)
    rooms = editor_text_field(_l("Rooms (optional)"), _l("The list of rooms"))
    themes = editor_text_field(_l("Themes (optional)"), _l("The list of themes"))

    validate_ends_on = SettingsForm.validate_ends_on

    def validate_rooms(self, field: Any) -> None:
        """Raise ValidationError if a name is too long or there are too many."""
        _check_names(field)

    def validate_themes(self, field: Any) -> None:
        """Raise ValidationError if a name is too long or there are too many."""
        _check_names(field)

    def get_conference(self) -> NewConference:
        """Return the submitted values."""
        typed = self.data
        return NewConference(
            title=typed["title"],
            starts_on=typed["starts_on"],
            ends_on=typed["ends_on"],
            time_zone=typed["time_zone"],
            place=typed["place"] or "",
            contact_email=typed["contact_email"] or "",
            places=typed["places"],
            rooms=_split_names(typed["rooms"]),
            themes=_split_names(typed["themes"]),
        )


@bp.route("", methods=["GET", "POST"])
@validates_own_csrf
def new() -> ResponseReturnValue:
    form, found = StartForm(), queries.get_replacement_preview()
    is_asked = form.is_submitted() and "change" not in request.form
    if is_asked and not form.validate():
        return render_page("admin/start/new.html", form=form, found=found)
    if found.has_real_delegates:
        return _render_refusal(found)
    if not is_asked:
        return render_page("admin/start/new.html", form=form, found=found)
    if not form.fingerprint.data:
        return _render_confirm(form, found)
    try:
        services.start(
            get_content_folder(),
            form.get_conference(),
            expected_fingerprint=form.fingerprint.data,
            actor=current_actor(),
        )
    except StaleEdit as stale:
        return _render_confirm(form, found, stale)
    return redirects.redirect_to(url_for("admin.home"), "conference-started")


@bp.route("/example", methods=["GET", "POST"])
@validates_own_csrf
def example() -> ResponseReturnValue:
    form, found, stale = FingerprintForm(), queries.get_replacement_preview(), None
    is_valid = form.validate_on_submit()
    if found.has_real_delegates and not form.errors:
        return _render_refusal(found)
    if is_valid:
        try:
            services.load_example_again(
                get_content_folder(),
                expected_fingerprint=form.fingerprint.data,
                actor=current_actor(),
            )
        except StaleEdit as error:
            stale = error
        else:
            return redirects.redirect_to(url_for("admin.home"), "example-loaded")
    form.fingerprint.data = found.fingerprint
    status = 409 if stale else None
    return render_page("admin/start/example.html", status, form=form, found=found, stale=stale)


@bp.route("/texts", methods=["GET", "POST"])
@validates_own_csrf
def texts() -> ResponseReturnValue:
    form, folder = ConfirmForm(), get_content_folder()
    if form.validate_on_submit():
        services.remove_example_texts(folder, actor=current_actor())
        return redirects.redirect_to(url_for("admin.content.index"), "example-texts-removed")
    return render_page(
        "admin/start/texts.html", form=form, texts=starter_texts.list_example_texts(folder)
    )


@bp.post("/keep")
def keep() -> ResponseReturnValue:
    services.keep_example(actor=current_actor())
    return redirects.redirect_to(url_for("admin.home"), "example-kept")


class FingerprintForm(Form):
    """A button, with the fingerprint of what would be removed."""

    fingerprint = HiddenField()


def _render_confirm(
    form: StartForm, found: ReplacementPreview, stale: StaleEdit | None = None
) -> ResponseReturnValue:
    """Ask for confirmation before removing everything; the input is in hidden fields."""
    form.fingerprint.data = found.fingerprint
    return render_page(
        "admin/start/confirm.html",
        409 if stale else 200,
        form=form,
        found=found,
        requested=form.get_conference(),
        stale=stale,
        example_texts=starter_texts.list_example_texts(get_content_folder()),
    )


def _render_refusal(found: ReplacementPreview) -> ResponseReturnValue:
    status = 409 if request.method == "POST" else 200
    return render_page("admin/start/refused.html", status, found=found)


def _split_names(typed: str | None) -> Sequence[str]:
    """Return the non-empty lines without duplicates."""
    lines = (collapse_whitespace(line) for line in (typed or "").splitlines())
    return list(dict.fromkeys(filter(None, lines)))


def _check_names(field: Any) -> None:
    names = _split_names(field.data)
    if len(names) > MAX_NAMES:
        raise ValidationError(_l("Enter 100 names or fewer, each on its own line"))
    if any(len(name) > MAX_EDITOR_NAME_LENGTH for name in names):
        raise ValidationError(_l("Enter names of 200 characters or fewer, each on its own line"))
