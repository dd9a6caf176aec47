"""Publishing: unpublished changes, the publish form, scheduled releases, comparison, rollback.

Publishing has two steps, the form and a check, which is a page of its own: the input is stored as
the user's draft.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from app.accounts import guards, roles
from app.admin.history_views import MAX_ID
from app.admin.publishing import presentation, seat_effects
from app.admin.publishing.forms import PublishForm, RollbackForm, ScheduleReleaseForm
from app.admin_kit import draft_forms
from app.admin_kit.draft_forms import deletes_draft
from app.errors import NotFound, RuleViolation
from app.forms.form import ConfirmForm, validates_own_csrf
from app.history import queries as history
from app.mailings import notice_queries, notices
from app.programme import queries as programme
from app.releases import comparison_cache, queries, scheduled_releases, services
from app.releases.comparison import Comparison
from app.releases.models import ScheduledRelease
from app.releases.queries import ReleasePreview
from app.releases.services import PublishResult, StalePreview, UnresolvedClashes
from app.web import redirects
from app.web.rendering import render_page

PUBLISH_STEP = "do"  # the button; any other value leads to the check
FORM_TEMPLATE: Final = "admin/publishing/publish.html"
CHECK_TEMPLATE: Final = "admin/publishing/confirm.html"


@dataclass(frozen=True)
class WizardStep:
    """The next page: the form or the check."""

    template: str
    status: int
    preview: ReleasePreview
    refusal: str = ""


def run_step(form: PublishForm, step: str) -> WizardStep | PublishResult | None:
    """Run a step; return the next page, what was published, or None if it was scheduled."""
    if not form.is_submitted():
        return _form_step(form)
    if not form.validate():
        return _form_step(form)
    return _publish_or_schedule(form) if step == PUBLISH_STEP else _check_step(form)


def run_check(form: PublishForm) -> WizardStep | None:
    """Return the check of the input, or None if it has to be corrected first."""
    form.validate()
    form.csrf_token.errors = ()  # a draft has none
    if form.errors:
        return None
    step = _check_step(form)
    return step if step.status == 200 else None


def run_reschedule_step(
    form: ScheduleReleaseForm, scheduled: ScheduledRelease
) -> WizardStep | None:
    """Change a scheduled release; return the form again, or None if it was saved."""
    if form.validate_on_submit():
        try:
            scheduled_releases.reschedule(
                scheduled.id, form.publish_at, form.note.data or "", **_override_and_actor(form)
            )
        except RuleViolation as refusal:
            form.add_violation(refusal)
        else:
            return None
    return _form_step(form)


def _publish_or_schedule(form: PublishForm) -> WizardStep | PublishResult | None:
    note = form.note.data or ""
    try:
        if not form.is_scheduled:
            return services.publish(
                note, expected_fingerprint=form.fingerprint.data or "", **_override_and_actor(form)
            )
        scheduled_releases.schedule(form.publish_at, note, **_override_and_actor(form))
    except StalePreview as late:
        return _check_step(form, gettext(str(late)))
    except RuleViolation as refusal:
        form.add_violation(refusal)
        return _form_step(form)
    return None


def _override_and_actor(form: ScheduleReleaseForm) -> dict[str, str]:
    return {"override_reason": form.override_reason.data or "", "actor": guards.current_actor()}


def _form_step(form: ScheduleReleaseForm) -> WizardStep:
    status = 422 if form.errors else 200
    return WizardStep(FORM_TEMPLATE, status, comparison_cache.preview_release())


def _check_step(form: PublishForm, refusal: str = "") -> WizardStep:
    preview = queries.preview_release() if refusal else comparison_cache.preview_release()
    if preview.clashes and not form.override_reason.data:
        form.add_violation(UnresolvedClashes())
        return WizardStep(FORM_TEMPLATE, 422, preview)
    form.fingerprint.data = preview.fingerprint
    return WizardStep(CHECK_TEMPLATE, 409 if refusal else 200, preview, refusal)


bp = Blueprint("publishing", __name__, url_prefix="/publishing")

redirects.MESSAGES["admin"] |= {
    "published": _l("Published. This release is public now."),
    "public-already": _l(
        "There were no changes, so nothing was published. This release is still public."
    ),
    "release-planned": _l("The release is scheduled. You can change or cancel it until then."),
    "release-called-off": _l(
        "The scheduled release has been cancelled. Nothing will be published."
    ),
    "rolled-back": _l("This release is public again."),
}

RELEASE_RULE = f"/releases/<int(max={MAX_ID}):number>"
SCHEDULED_RULE = f"/plans/<int(max={MAX_ID}):number>"


@bp.get("")
def changes() -> ResponseReturnValue:
    try:
        preview = comparison_cache.preview_release()
    except NotFound:
        return _render_no_programme()
    return render_page(
        "admin/publishing/pending_changes.html",
        preview=preview,
        differences=presentation.diff_unpublished(preview, request.args.get("whole", "")),
        plans=queries.list_scheduled_releases(),
        **_seat_context(preview.comparison),
    )


@bp.route("/publish", methods=["GET", "POST"])
@validates_own_csrf
@deletes_draft
def publish() -> ResponseReturnValue:
    if not programme.has_conference():
        return _render_no_programme(409)
    form = PublishForm(**draft_forms.get_form_arguments())
    answer = run_step(form, request.form.get("step", ""))
    if isinstance(answer, WizardStep):
        is_check = answer.template == CHECK_TEMPLATE and answer.status == 200
        page = draft_forms.redirect_to_draft(form, url_for(".check")) if is_check else None
        return page or _render_step(form, answer)
    if answer is None:
        return redirects.redirect_to(url_for(".changes"), "release-planned")
    notices.prepare()
    message_key = "published" if answer.is_new else "public-already"
    return redirects.redirect_to(url_for(".release", number=answer.release.number), message_key)


@bp.get("/publish/check")
def check() -> ResponseReturnValue:
    """Show what will be published; the input is a draft of the form."""
    draft = draft_forms.find_draft(url_for(".publish").removeprefix(request.script_root))
    form = PublishForm(**draft_forms.to_arguments(draft))
    step = run_check(form) if draft else None
    return _render_step(form, step) if step else redirect(url_for(".publish"), 303)


@bp.get("/letters")
def emails() -> ResponseReturnValue:
    """Redirect from the page of emails to speakers, who now get a notice of change."""
    return redirect(url_for("admin.notices.index"), 308)


@bp.route(f"{SCHEDULED_RULE}/change", methods=["GET", "POST"])
@validates_own_csrf
def edit_scheduled(number: int) -> ResponseReturnValue:
    planned, form = queries.get_scheduled_release(number), ScheduleReleaseForm()
    if not form.is_submitted():
        form.set_initial_data(planned)
    step = run_reschedule_step(form, planned)
    return (
        _render_step(form, step)
        if step
        else redirects.redirect_to(url_for(".changes"), "release-planned")
    )


@bp.route(f"{SCHEDULED_RULE}/cancel", methods=["GET", "POST"])
@validates_own_csrf
def cancel_scheduled(number: int) -> ResponseReturnValue:
    form = ConfirmForm()
    if form.validate_on_submit():
        scheduled_releases.cancel(number, actor=guards.current_actor())
        return redirects.redirect_to(url_for(".changes"), "release-called-off")
    return render_page(
        "admin/publishing/cancel_scheduled.html",
        form=form,
        planned=queries.get_scheduled_release(number),
    )


@bp.get("/releases")
def releases() -> ResponseReturnValue:
    return render_page("admin/publishing/releases.html", releases=queries.list_releases())


@bp.get(RELEASE_RULE)
def release(number: int) -> ResponseReturnValue:
    return render_page(
        "admin/publishing/release.html",
        release=queries.get_release(number),
        current=queries.get_current_number(),
        entries=history.list_newest(f"release {number}"),
        notice_size=notice_queries.find_open_size(),
        list_unreachable=notice_queries.list_unreachable,
        may_see_notice=guards.can_read(roles.MAILINGS),
        breadcrumbs=_release_breadcrumbs(),
    )


@bp.get("/compare")
def compare() -> ResponseReturnValue:
    listed = queries.list_releases()
    release_pair = presentation.parse_release_pair(listed)
    return render_page(
        "admin/publishing/compare.html",
        releases=listed,
        asked=release_pair,
        differences=presentation.diff_releases(*release_pair, request.args.get("whole", ""))
        if release_pair
        else None,
        breadcrumbs=_release_breadcrumbs(),
    )


@bp.route(f"{RELEASE_RULE}/back", methods=["GET", "POST"])
@validates_own_csrf
def roll_back(number: int) -> ResponseReturnValue:
    form = RollbackForm()
    if form.validate_on_submit():
        try:
            services.roll_back(
                number,
                form.note.data or "",
                expected_release=form.expected_version.data,
                actor=guards.current_actor(),
            )
        except RuleViolation as refusal:
            form.add_error(form.note, refusal)
        else:
            notices.prepare()
            return redirects.redirect_to(url_for(".release", number=number), "rolled-back")
    differences = presentation.diff_rollback(number)
    form.expected_version.data = differences.old
    return render_page(
        "admin/publishing/roll_back.html",
        form=form,
        differences=differences,
        **_seat_context(differences.comparison),
        breadcrumbs=[
            *_release_breadcrumbs(),
            (_release_name(number), url_for(".release", number=number)),
        ],
    )


def _render_step(form: ScheduleReleaseForm, step: WizardStep) -> ResponseReturnValue:
    return render_page(
        step.template,
        step.status,
        form=form,
        preview=step.preview,
        refusal=step.refusal,
        differences=presentation.diff_unpublished(step.preview),
        measure_notice=partial(notice_queries.estimate, step.preview.public, step.preview.working),
        **_seat_context(step.preview.comparison),
    )


def _seat_context(changes: Comparison) -> dict[str, Any]:
    """Return the people with seats, or waiting for one, whom a release affects."""
    return {
        "effects": seat_effects.list_seat_effects(changes),
        "may_see_seats": guards.can_read(roles.DELEGATES),
    }


def _render_no_programme(status: int = 200) -> ResponseReturnValue:
    """Render the page that explains how to get a programme."""
    return render_page("admin/publishing/no_programme.html", status)


def _release_name(number: int) -> str:
    name: str = gettext("Release %(number)s", number=number)
    return name


def _release_breadcrumbs() -> list[tuple[str, str]]:
    return [(gettext("Releases"), url_for(".releases"))]
