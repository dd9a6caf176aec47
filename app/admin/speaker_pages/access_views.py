"""Access to a speaker's pages, owners of session texts, and a speaker's requirements."""

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from app.accounts import guards, roles
from app.admin.speaker_pages.forms import SessionOwnerForm
from app.errors import RuleViolation
from app.forms.form import ConfirmForm, validates_own_csrf
from app.programme.editing import session_queries, speaker_queries
from app.speakers import access, batch_emails, checklist, queries, questions, session_owners
from app.speakers.recipients import INVITATION, REMINDER
from app.web import redirects
from app.web.rendering import render_page

bp = Blueprint("access", __name__)

redirects.MESSAGES["admin"] |= {
    "keeper-ended": _l("They can no longer open these pages."),
    "address-replaced": _l(
        "We are sending an invitation to the contact email address. The old address no "
        "longer has access."
    ),
    "owner-named": _l("The owner has been saved. We are emailing them a link."),
    "owner-ended": _l(
        "The owner has been removed. Everyone in the session can now change its text."
    ),
}


@bp.get("/speakers/<slug>")
def show(slug: str) -> ResponseReturnValue:
    """Show a speaker's checklist, and who has access to their pages."""
    speaker = speaker_queries.get_speaker(slug)
    written = queries.get_last_sent([speaker]).get(speaker.id, {})
    return render_page(
        "admin/speaker_pages/speaker.html",
        speaker=speaker,
        keepers=queries.list_access_to_speaker(speaker),
        outdated=access.list_outdated(speaker, access.list_own(speaker)),
        invited_at=written.get(INVITATION),
        reminded_at=written.get(REMINDER),
        lines=checklist.build_checklist(speaker),
        reply=questions.get_answers(speaker),
        sees_needs=guards.can_read(roles.SPEAKER_NEEDS),
        form=ConfirmForm(),
        breadcrumbs=[(speaker.name, url_for("admin.speakers.show", slug=slug))],
    )


@bp.post("/speakers/<slug>/keepers/<int:number>/end")
def revoke(slug: str, number: int) -> ResponseReturnValue:
    """Revoke a person's access to a speaker's pages."""
    access.revoke(speaker_queries.get_speaker(slug), number, actor=guards.current_actor())
    return redirects.redirect_to(url_for(".show", slug=slug), "keeper-ended")


@bp.post("/speakers/<slug>/keepers/replace")
def replace_address(slug: str) -> ResponseReturnValue:
    """Invite the speaker at their corrected contact address, and revoke access for the old one."""
    speaker = speaker_queries.get_speaker(slug)
    batch_emails.replace_address(speaker, actor=guards.current_actor())
    return redirects.redirect_to(url_for(".show", slug=slug), "address-replaced")


@bp.route("/sessions/<slug>/owner", methods=["GET", "POST"])
@validates_own_csrf
def owner(slug: str) -> ResponseReturnValue:
    """Set who may edit the text of a session."""
    session = session_queries.get_session(slug)
    known = queries.find_owner(session)
    form = SessionOwnerForm(data={"email": known.person.email if known else ""})
    back = url_for("admin.sessions.show", slug=slug)
    if form.validate_on_submit():
        try:
            session_owners.set_owner(session, form.email.data or "", actor=guards.current_actor())
        except RuleViolation as refusal:
            form.add_error(form.email, refusal)
        else:
            return redirects.redirect_to(back, "owner-named")
    return render_page(
        "admin/speaker_pages/owner.html", form=form, session=session, known=known, back=back
    )


@bp.post("/sessions/<slug>/owner/end")
def remove_owner(slug: str) -> ResponseReturnValue:
    """Remove the owner of a session's text; only its speakers can edit it then."""
    session_owners.remove_owner(session_queries.get_session(slug), actor=guards.current_actor())
    return redirects.redirect_to(url_for("admin.sessions.show", slug=slug), "owner-ended")


needs_bp = Blueprint("speaker_needs", __name__, url_prefix="/speaking/speakers/<slug>/needs")


@needs_bp.post("")
def show_needs(slug: str) -> ResponseReturnValue:
    """Show a speaker's access requirements, and record that they were viewed."""
    speaker = speaker_queries.get_speaker(slug)
    return render_page(
        "admin/speaker_pages/needs.html",
        speaker=speaker,
        access=questions.read_needs(speaker, actor=guards.current_actor()),
        back=url_for("admin.speaker_pages.access.show", slug=slug),
        breadcrumbs=[(speaker.name, url_for("admin.speakers.show", slug=slug))],
    )
