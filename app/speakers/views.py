"""The first pages of speakers: the speakers they have access to, the checklist, and sessions."""

from dataclasses import dataclass
from datetime import timedelta

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from app.accounts import guards, rate_limits
from app.content import markdown
from app.errors import NotFound, PermissionDenied, RateLimitExceeded, RuleViolation
from app.forms.form import ConfirmForm, validates_own_csrf
from app.mail import unsubscribe
from app.programme.editing import speaker_queries
from app.programme.models import Session
from app.registration.speaker_places import queries as speaker_places
from app.releases import current_release
from app.speakers import access, checklist, emails, queries, services, session_owners
from app.speakers.forms import AssistantForm, ParticipationForm
from app.speakers.models import ANOTHER_TIME, WITHDRAWAL, SpeakerAccess
from app.text import strip_hidden
from app.web import redirects
from app.web.rendering import render_page

HIDDEN_FIELDS = frozenset(
    {"csrf_token", "fingerprint", "expected_version", "button", "began", "place"}
)  # not included when the input is shown again

bp = Blueprint("speakers", __name__, url_prefix="/speak")

redirects.MESSAGES["speakers"] |= {
    "as-it-was": _l("There were no changes to save."),
}


@bp.get("")
def home() -> ResponseReturnValue:
    person = access.get_signed_in_person()
    access_rows, owned_sessions = (
        queries.list_access_for_person(person),
        queries.list_owned_sessions(person),
    )
    if len(access_rows) == 1 and not owned_sessions:
        return redirect(url_for(".show_checklist", slug=access_rows[0].speaker.slug), 303)
    return render_page(
        "speakers/home.html",
        access_rows=access_rows,
        owned_texts=checklist.list_owned_with_states(owned_sessions),
        due_on=queries.get_deadlines().get(checklist.TEXTS),
    )


@bp.get("/<slug>")
def show_checklist(slug: str) -> ResponseReturnValue:
    keeping = access.get_access(slug)
    lines = checklist.build_checklist(keeping.speaker)
    return render_page(
        "speakers/checklist.html",
        access=keeping,
        speaker=keeping.speaker,
        lines=lines,
        open_items=checklist.split_open_items(keeping.speaker, lines),
        form=ConfirmForm(),
        keeps_others=len(queries.list_access_for_person(keeping.person)) > 1,
        email_preference=unsubscribe.get_preference(keeping.person.email),
    )


@bp.post("/<slug>/emails")
def set_email_preference(slug: str) -> ResponseReturnValue:
    """Switch emails that are not about the person's own sessions on or off."""
    is_on = request.form.get("emails") == unsubscribe.ON
    unsubscribe.set_preference(access.get_access(slug).person.email, is_on=is_on)
    name = "emails-on" if is_on else "emails-off"
    return redirects.redirect_to(url_for(".show_checklist", slug=slug), name)


@bp.errorhandler(NotFound)
def handle_not_found(reason: NotFound) -> ResponseReturnValue:
    return _render_error(404, reason)


@bp.errorhandler(PermissionDenied)
def handle_permission_denied(reason: PermissionDenied) -> ResponseReturnValue:
    return _render_error(403, reason)


bp.before_request(guards.require_speaker)
bp.context_processor(redirects.flash_context)
bp.context_processor(guards.session_expiry_context)


def _render_error(status: int, reason: NotFound | PermissionDenied) -> ResponseReturnValue:
    """Show an error page that contains the input."""
    typed = [
        strip_hidden(value)
        for name, value in request.form.items(multi=True)
        if name not in HIDDEN_FIELDS and value.strip()
    ]
    return render_page("speakers/closed.html", status=status, reason=str(reason), typed=typed)


@dataclass(frozen=True)
class SharedSession:
    """A session as one of its speakers sees it."""

    session: Session
    role: str
    abstract: str  # safe HTML
    is_public: bool
    can_edit: bool


@bp.get("/<slug>/sessions")
def sessions(slug: str) -> ResponseReturnValue:
    """Show the speaker's sessions in the working programme, with everyone who appears in them."""
    speaker = access.get_own_speaker(slug)
    parts = queries.list_sessions_of(speaker)
    public_slugs = {session.slug for session in current_release.get_programme().sessions}
    editable_ids = session_owners.get_editable_ids(
        access.get_signed_in_person(), [part.session for part in parts]
    )
    shared = [
        SharedSession(
            session=part.session,
            role=part.role,
            abstract=markdown.sanitise(part.session.abstract),
            is_public=part.session.slug in public_slugs,
            can_edit=part.session.id in editable_ids,
        )
        for part in parts
    ]
    return render_page("speakers/sessions.html", speaker=speaker, shared=shared)


TOO_MANY_REQUESTS = _l(
    "You have contacted the organisers several times today. Wait for their reply"
)

participation_bp = Blueprint("participation", __name__, url_prefix="/<slug>/taking-part")

redirects.MESSAGES["speakers"] |= {
    "emails-on": _l("You will get emails about the conference again."),
    "emails-off": _l("We will send you only emails about your own part in the conference."),
    "confirmed": _l("Thank you for confirming that you are taking part."),
    "asked": _l("We have told the organisers, who will contact you. Nothing has changed yet."),
    "request-taken-back": _l("You have withdrawn your request."),
    "withdrawn": _l("We have told the organisers. We are sorry that you cannot come."),
}


@participation_bp.route("", methods=["GET", "POST"])
@validates_own_csrf
def edit(slug: str) -> ResponseReturnValue:
    """Show the question and apply the answer; withdrawing needs confirmation."""
    own_access = access.get_access(slug)
    speaker = own_access.speaker
    form = ParticipationForm(data={"fingerprint": services.participation_fingerprint(speaker)})
    status = None
    if form.validate_on_submit():
        if form.needs_confirmation and not own_access.is_assistant:
            return _render("withdraw", own_access, form)
        try:
            return _save_answer(own_access, form)
        except RateLimitExceeded:
            form.add_error(form.answer, RateLimitExceeded(str(TOO_MANY_REQUESTS)))
            status = 429
        except RuleViolation as refusal:
            form.add_error(form.answer, refusal)
            form.fingerprint.data = services.participation_fingerprint(speaker)
            status = 409
    return _render("participation", own_access, form, status)


@participation_bp.post("/take-back/<int(max=999999999):number>")
def take_back(slug: str, number: int) -> ResponseReturnValue:
    """Withdraw a request for another time."""
    speaker = access.get_own_speaker(slug)
    services.withdraw_request(speaker, number, actor=access.current_actor())
    return redirects.redirect_to(url_for(".edit", slug=slug), "request-taken-back")


def _render(
    page: str, own_access: SpeakerAccess, form: ParticipationForm, status: int | None = None
) -> ResponseReturnValue:
    speaker = own_access.speaker
    return render_page(
        f"speakers/{page}.html",
        status=status,
        form=form,
        button_form=ConfirmForm(formdata=None),
        access=own_access,
        speaker=speaker,
        sessions=speaker_queries.list_session_roles(speaker),
        requests=queries.list_requests_of(speaker),
    )


def _save_answer(own_access: SpeakerAccess, form: ParticipationForm) -> ResponseReturnValue:
    answer, message = form.get_answer()
    speaker, expected = own_access.speaker, form.fingerprint.data or ""
    actor = access.current_actor()
    if answer == WITHDRAWAL:
        services.withdraw(own_access, message, expected_fingerprint=expected)
    elif answer == ANOTHER_TIME:
        services.request_another_time(speaker, message, expected_fingerprint=expected, actor=actor)
    else:
        services.confirm(speaker, expected_fingerprint=expected, actor=actor)
    if answer not in {WITHDRAWAL, ANOTHER_TIME} and speaker_places.is_asked():
        return redirects.redirect_to(url_for("speakers.place.show", slug=speaker.slug), "confirmed")
    name = {WITHDRAWAL: "withdrawn", ANOTHER_TIME: "asked"}.get(answer, "confirmed")
    return redirects.redirect_to(url_for("speakers.show_checklist", slug=speaker.slug), name)


MAX_PER_HOUR = 10  # assistants that one person may add: each is emailed

assistants_bp = Blueprint("assistants", __name__, url_prefix="/<slug>/assistants")

redirects.MESSAGES["speakers"] |= {
    "assistant-named": _l("We are emailing them a link."),
    "assistant-ended": _l("They can no longer open these pages."),
}


@assistants_bp.route("", methods=["GET", "POST"])
@validates_own_csrf
def add(slug: str) -> ResponseReturnValue:
    """List who has access, and add an assistant."""
    own_access = access.get_access(slug)
    speaker = own_access.speaker
    form = AssistantForm()
    if form.validate_on_submit():
        within = timedelta(hours=1)
        rate_limits.hit(
            "name assistants", access.current_actor(), times=MAX_PER_HOUR, within=within
        )
        try:
            person = access.add_assistant(
                speaker, form.email.data or "", actor=access.current_actor()
            )
        except RuleViolation as refusal:
            form.add_error(form.email, refusal)
        else:
            emails.send_assistant_invitation(speaker, person, access.current_actor())
            return redirects.redirect_to(url_for(".add", slug=slug), "assistant-named")
    return render_page(
        "speakers/assistants.html",
        form=form,
        button_form=ConfirmForm(formdata=None),
        speaker=speaker,
        own_access=own_access,
        access_rows=queries.list_access_to_speaker(speaker),
    )


@assistants_bp.post("/<int:number>/end")
def revoke(slug: str, number: int) -> ResponseReturnValue:
    """Revoke an assistant's access."""
    speaker = access.get_own_speaker(slug)
    access.revoke_assistant(speaker, number, actor=access.current_actor())
    return redirects.redirect_to(url_for(".add", slug=slug), "assistant-ended")
