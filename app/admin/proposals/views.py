"""Speakers' proposals: the list, one proposal with its differences, and decisions."""

from flask import Blueprint, Response, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from app.accounts.guards import current_actor
from app.admin import activity
from app.admin.proposals import presentation
from app.admin.proposals.forms import (
    AmendForm,
    ReturnForm,
    ReviewedForm,
    build_amend_form,
    has_text,
)
from app.admin_kit.listing import render_list
from app.delegates import countries
from app.errors import NotFound, RuleViolation
from app.forms.form import validates_own_csrf
from app.history import queries as history
from app.programme import queries as programme
from app.programme import time_zones
from app.programme.fields.speakers import PHOTO, PROFILE_FIELDS
from app.programme.models import Session
from app.proposals import preview, queries, reviews
from app.proposals.models import Proposal
from app.proposals.queries import ProposalReview
from app.releases import json_ld
from app.web import languages, redirects
from app.web.formatting import DayFormatter
from app.web.rendering import render_page

PROPOSAL_RULE = "/<int(max=999999999):number>"

bp = Blueprint("proposals", __name__, url_prefix="/proposals")

redirects.MESSAGES["admin"] |= {
    "change-approved": _l(
        "Approved. It will be public when you publish. We are emailing the sender."
    ),
    "part-approved": _l("Approved. The rest of the change still needs your approval."),
    "change-amended": _l("Your version has been approved. We are emailing the sender."),
    "change-sent-back": _l("Sent back. We are emailing the sender."),
    "changes-approved": _l(
        "Approved. They will be public when you publish. We are emailing the senders."
    ),
}


@bp.get("")
def index() -> ResponseReturnValue:
    return _render_index()


@bp.get(PROPOSAL_RULE)
def show(number: int) -> ResponseReturnValue:
    return _render_proposal(queries.get_proposal(number))


@bp.post(f"{PROPOSAL_RULE}/approve")
def approve(number: int) -> ResponseReturnValue:
    try:
        reviews.approve(
            number, expected_fingerprint=request.form.get("fingerprint", ""), actor=current_actor()
        )
    except RuleViolation as refusal:
        return _render_proposal(queries.get_proposal(number), refusal)
    return _redirect_to_list("change-approved")


@bp.post(f"{PROPOSAL_RULE}/approve-part")
def approve_part(number: int) -> ResponseReturnValue:
    """Approve only the photo, or only the texts; the rest stays open."""
    names = [PHOTO] if request.form.get("part") == "photo" else PROFILE_FIELDS
    try:
        reviews.approve_part(
            number,
            names,
            expected_fingerprint=request.form.get("fingerprint", ""),
            actor=current_actor(),
        )
    except RuleViolation as refusal:
        return _render_proposal(queries.get_proposal(number), refusal)
    return _redirect_to_list("part-approved")


@bp.route(f"{PROPOSAL_RULE}/amend", methods=["GET", "POST"])
@validates_own_csrf
def amend(number: int) -> ResponseReturnValue:
    proposal = queries.get_proposal(number)
    form, refusal = build_amend_form(proposal), None
    if not form.apply_button(request.form.get("button", "")) and form.validate_on_submit():
        try:
            reviews.amend(
                number,
                form.typed_values,
                form.reason,
                expected_fingerprint=form.expected_fingerprint,
                actor=current_actor(),
            )
        except RuleViolation as error:
            refusal = error
        else:
            return _redirect_to_list("change-amended")
    return _render_form("amend", proposal, form, refusal)


@bp.route(f"{PROPOSAL_RULE}/send-back", methods=["GET", "POST"])
@validates_own_csrf
def request_changes(number: int) -> ResponseReturnValue:
    form, refusal = ReturnForm(), None
    if form.validate_on_submit():
        try:
            reviews.request_changes(
                number,
                form.reason,
                expected_fingerprint=form.expected_fingerprint,
                actor=current_actor(),
            )
        except RuleViolation as error:
            refusal = error
        else:
            return _redirect_to_list("change-sent-back")
    return _render_form("send_back", queries.get_proposal(number), form, refusal)


@bp.post("/_several")
def bulk() -> ResponseReturnValue:
    name = "listed" if request.form.get("all") == "listed" else "chosen"
    chosen = presentation.parse_fingerprints(request.form.getlist(name))
    if not chosen:
        return _render_index(gettext("Select at least one change"))
    result = reviews.approve_several(chosen, actor=current_actor())
    back = redirects.safe_path_or_blank(request.form.get("back", "")) or url_for(".index")
    if not result.skipped:
        return redirects.redirect_to(back, "changes-approved")
    return render_page("admin/proposals/bulk.html", result=result, back=back)


@bp.get(f"{PROPOSAL_RULE}/seen")
def show_preview(number: int) -> ResponseReturnValue:
    """Show the public page with the proposal applied."""
    proposal = queries.get_proposal(number)
    entity, values = proposal.entity, proposal.values
    if isinstance(entity, Session):
        session, then = preview.preview_session(entity, values)
        return render_page(
            "admin/proposals/preview_session.html",
            **json_ld.build_session_context(
                then, session, time_zones.conference_zone_only(then.conference)
            ),
            back=url_for(".show", number=number),
            breadcrumbs=_breadcrumbs(proposal),
        )
    speaker, then = preview.preview_speaker(entity, values)
    return render_page(
        "admin/proposals/preview_speaker.html",
        **json_ld.build_speaker_context(then, speaker),
        number=number,
        back=url_for(".show", number=number),
        breadcrumbs=_breadcrumbs(proposal),
    )


@bp.get(f"{PROPOSAL_RULE}/photo/<key>.jpg")
def picture(number: int, key: str) -> ResponseReturnValue:
    proposal = queries.get_proposal(number)
    known = {
        key
        for change in proposal.requested
        if change.field == PHOTO
        for key in (change.before, change.after)
    }
    if key not in known | {
        queries.get_field_set(proposal.entity).get_value(proposal.entity, PHOTO)
    }:
        raise NotFound("There is no photo at that web address")
    return Response(programme.get_photo_body(key), mimetype="image/jpeg")


def _render_index(error: str = "") -> ResponseReturnValue:
    listing = presentation.get_listing()
    return render_list(
        "admin/proposals/index.html",
        listing,
        error,
        open_count=sum(row.is_open for row in listing.rows),
        states={state: str(label) for state, label in presentation.STATE_LABELS.items()},
        describe_time=DayFormatter().describe_time,
    )


def _render_proposal(
    proposal: Proposal, refusal: RuleViolation | None = None
) -> ResponseReturnValue:
    review = ProposalReview(proposal)
    endpoint, slug = presentation.get_subject_page(proposal)
    return render_page(
        "admin/proposals/show.html",
        status=409 if refusal else 200,
        review=review,
        proposal=proposal,
        rows=presentation.diff_fields(review),
        amended=presentation.diff_amendments(proposal),
        state=presentation.STATE_LABELS[proposal.state],
        name=queries.get_field_set(proposal.entity).name(proposal.entity),
        thing=url_for(endpoint, slug=slug),
        has_words=has_text(proposal),
        has_both=has_text(proposal) and PHOTO in proposal.values,
        refusal=refusal,
        form=ReviewedForm(formdata=None).with_fingerprint(review.fingerprint),
        entries=activity.show_entries(
            history.list_newest(
                queries.get_field_set(proposal.entity).history_subject(proposal.entity), 5
            )
        ),
    )


def _render_form(
    template_name: str,
    proposal: Proposal,
    form: AmendForm | ReturnForm,
    refusal: RuleViolation | None,
) -> ResponseReturnValue:
    """Render the form of a decision; the input is kept if it cannot be saved."""
    review = ProposalReview(proposal)
    if not review.is_open:
        return _render_proposal(proposal, refusal)
    if refusal or not form.is_submitted():
        form.with_fingerprint(review.fingerprint)
    return render_page(
        f"admin/proposals/{template_name}.html",
        status=409 if refusal else None,
        form=form,
        proposal=proposal,
        rows=presentation.diff_fields(review),
        refusal=refusal,
        pressed_button=request.form.get("button", ""),
        countries=countries.choices(languages.current().code),
        back=url_for(".show", number=proposal.id),
        breadcrumbs=_breadcrumbs(proposal),
    )


def _breadcrumbs(proposal: Proposal) -> list[tuple[str, str]]:
    name = queries.get_field_set(proposal.entity).name(proposal.entity)
    return [(gettext("Change to %(name)s", name=name), url_for(".show", number=proposal.id))]


def _redirect_to_list(message_key: str) -> ResponseReturnValue:
    return redirects.redirect_to(url_for(".index", state="open"), message_key)
