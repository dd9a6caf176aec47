"""Adding a delegate manually, and changing a delegate's details or email address."""

from collections.abc import Sequence

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue
from flask.wrappers import Response
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from markupsafe import Markup

from app.accounts import large_uploads
from app.accounts.guards import current_actor
from app.admin.delegates import presentation
from app.admin.delegates.answer_columns import build_desk_form
from app.admin.delegates.forms import (
    AddDelegateForm,
    DelegateEmailForm,
    EditAnswersForm,
    EditDelegateForm,
)
from app.admin.delegates.presentation import VersionDiff
from app.delegates import answer_uploads, custom_answers, delegate_record
from app.delegates.fields import BOOKING_FIELDS
from app.delegates.forms import suggest_correction
from app.delegates.models import Delegate
from app.errors import NotFound, RuleViolation
from app.forms.form import validates_own_csrf
from app.registration import queries as registration
from app.registration.bookings.forms import VersionedForm
from app.registration.bookings.operations import StaleBooking
from app.registration.desk import queries, services
from app.registration.desk.services import AlreadyBooked
from app.web import languages, redirects
from app.web.rendering import render_page

bp = Blueprint("details", __name__)
answer_uploads.accept(bp, {"add", "edit"}, large_uploads.may_send_file, is_limited=False)

redirects.MESSAGES["admin"] |= {
    "delegate-added": _l("The delegate has been added."),
    "delegate-saved": _l("The booking has been saved."),
    "delegate-as-it-was": _l("Nothing was changed."),
    "delegate-readdressed": _l(
        "The email address has been corrected. We are sending an email with a new link."
    ),
    "delegate-cancelled-already": _l("The booking has been cancelled, so it cannot be changed."),
}


@bp.route("/_add", methods=["GET", "POST"])
@validates_own_csrf
def add() -> ResponseReturnValue:
    """Register a delegate manually."""
    form = build_desk_form(AddDelegateForm)
    form.set_choices()
    if form.validate_on_submit():
        language, actor = languages.current().code, current_actor()
        similar = queries.list_similar(form.get_answers())
        if similar and not form.is_warned_of(similar):
            return _render_add_form(form, similar)
        try:
            delegate = services.add(
                form.get_answers(), language, actor=actor, notify=form.should_notify
            )
        except AlreadyBooked as refusal:
            form.form_errors.append(_already_booked_message(refusal))
        except (RuleViolation, NotFound) as refusal:
            form.form_errors.append(gettext(str(refusal)))
        else:
            return redirect_to(delegate, "delegate-added")
    return _render_add_form(form)


def _render_add_form(
    form: AddDelegateForm, similar: Sequence[Delegate] = ()
) -> ResponseReturnValue:
    """Render the form; with a warning if there are bookings with the same name or address."""
    return render_page(
        "admin/delegates/add.html",
        422 if similar else None,
        form=form,
        similar=similar,
        places=registration.get_seat_counts(),
    )


@bp.route("/<reference>/change", methods=["GET", "POST"])
@validates_own_csrf
def edit(reference: str) -> ResponseReturnValue:
    """Change a delegate's name, affiliation and days."""
    delegate = queries.get_delegate(reference)
    form = build_desk_form(
        EditDelegateForm,
        expected_version=delegate.version,
        category=str(delegate.category_id or ""),
        **delegate_record.to_answers(delegate, BOOKING_FIELDS),
        **custom_answers.to_answers(delegate),
    )
    return save_answers("edit", form, delegate)


@bp.route("/<reference>/address", methods=["GET", "POST"])
@validates_own_csrf
def edit_email(reference: str) -> ResponseReturnValue:
    """Correct a delegate's email address without confirmation."""
    delegate = queries.get_delegate(reference)
    form = _build_email_form(delegate)
    stale = None
    if form.validate_on_submit():
        try:
            services.correct_email(
                delegate,
                str(form.email.data),
                expected_version=form.expected_version.data,
                actor=current_actor(),
                notify_old=form.should_notify,
            )
        except StaleBooking:
            stale = presentation.diff(delegate, form.get_answers())
        except RuleViolation as refusal:
            form.add_error(form.email, refusal)
        else:
            return redirect_to(delegate, "delegate-readdressed")
    return render_form("change_email", form, delegate, stale)


def _build_email_form(delegate: Delegate) -> DelegateEmailForm:
    """Return the form with the current address, or with the suggested one if it looks mistyped."""
    meant = suggest_correction(delegate.email)
    form = DelegateEmailForm(
        data={"expected_version": delegate.version, "email": meant or delegate.email}
    )
    if meant and form.email.data == meant:
        form.email.description = gettext(
            "The current address looks mistyped, so this is a suggestion. Check it before you save"
        )
    return form


def save_answers(template: str, form: EditAnswersForm, delegate: Delegate) -> Response:
    """Save the answers that were submitted, or render their form."""
    form.set_choices()
    stale = None
    if form.validate_on_submit():
        try:
            has_changed = services.update(
                delegate,
                form.get_answers(),
                expected_version=form.expected_version.data,
                actor=current_actor(),
                notify=form.should_notify,
            )
        except StaleBooking:
            stale = presentation.diff(delegate, form.get_answers())
        except RuleViolation as refusal:
            form.reject_and_rebase(refusal, delegate.version)
        else:
            return redirect_to(delegate, "delegate-saved" if has_changed else "delegate-as-it-was")
    return render_form(template, form, delegate, stale)


def render_form(
    template: str, form: VersionedForm, delegate: Delegate, stale: VersionDiff | None
) -> Response:
    """Render a form about a booking; with both versions if someone else changed it meanwhile."""
    if stale is not None and not stale.differing:
        return redirect_to(delegate, "delegate-as-it-was")
    if stale is not None:
        form.expected_version.data = delegate.version
    elif not delegate.is_attending and not form.errors:
        return redirect_to(delegate, "delegate-cancelled-already")
    return render_page(
        f"admin/delegates/{template}.html",
        409 if stale else None,
        form=form,
        delegate=delegate,
        stale=stale,
        breadcrumbs=breadcrumbs(delegate),
    )


def redirect_to(delegate: Delegate, message_key: str) -> Response:
    """Redirect to a delegate's page with a flash message."""
    address = url_for("admin.delegates.show", reference=delegate.reference)
    return redirects.redirect_to(address, message_key)


def breadcrumbs(delegate: Delegate) -> list[tuple[str, str]]:
    """Return the breadcrumbs of pages about a delegate."""
    address = url_for("admin.delegates.show", reference=delegate.reference)
    return [(delegate.full_name or delegate.reference, address)]


def _already_booked_message(refusal: AlreadyBooked) -> str:
    address = url_for("admin.delegates.show", reference=refusal.reference)
    return Markup('{} <a href="{}">{}</a>').format(
        gettext(str(refusal)), address, refusal.reference
    )
