"""The page of registration about seats in sessions."""

from collections.abc import Sequence

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from flask.wrappers import Response
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import Field, SelectMultipleField
from wtforms.validators import ValidationError

from app.delegates.answer_json import Answers
from app.delegates.fields import DAYS
from app.delegates.forms import AnswersForm
from app.errors import RateLimitExceeded
from app.forms.form import validates_own_csrf
from app.programme.snapshot import Session
from app.registration import cookie, views
from app.registration.session_bookings import choices, labels
from app.registration.session_bookings.choices import SESSIONS
from app.registration.steps import RegistrationProgress
from app.web.error_handlers import refuse
from app.web.preview_middleware import allow_in_preview

bp = Blueprint("sessions", __name__)


class SessionsForm(AnswersForm):
    """Choose sessions in which to book a seat; none is a valid answer."""

    template = "registration/sessions.html"
    heading = _l("Do you want to book seats in any sessions? (optional)")
    lede = _l("You only need to book these sessions. You can go to all others without booking.")
    sessions = SelectMultipleField(_l("Sessions"), validate_choice=False)
    offered: Sequence[Session] = ()

    @property
    def questions(self) -> Sequence[Field]:
        """Return the only question."""
        return [self.sessions]

    @property
    def keys(self) -> Sequence[str]:
        """The keys of the selected sessions."""
        return self.sessions.data or ()

    def validate_sessions(self, field: Field) -> None:
        """Require sessions that have seats and do not overlap."""
        chosen = [session for session in self.offered if session.key in self.keys]
        if len(chosen) < len(set(self.keys)):
            raise ValidationError(gettext("A session is no longer available. Check your choice"))
        full = next(filter(choices.is_full, chosen), None)
        if full is not None:
            raise ValidationError(
                gettext("“%(title)s” is now full. Choose another session", title=full.title)
            )
        clash = choices.find_clash(chosen)
        if clash is not None:
            raise ValidationError(
                gettext(
                    "“%(one)s” and “%(other)s” are at the same time. Choose one of them",
                    one=clash[0].title,
                    other=clash[1].title,
                )
            )

    def get_answers(self) -> Answers:
        """Return the keys of the sessions."""
        return {SESSIONS: choices.dump_keys(self.keys)}


@bp.route("/sessions", methods=["GET", "POST"])
@validates_own_csrf
@allow_in_preview
def answer() -> ResponseReturnValue:
    progress = cookie.current_progress()
    form = _build_form(progress) if request.method == "POST" else None
    if form is not None and not form.validate() and form.csrf_token.errors:
        return _render(form, progress)
    is_asked = SESSIONS in progress.steps
    step = SESSIONS if is_asked else progress.next_step
    redirection = views.redirect_if_out_of_sequence(progress, step)
    if redirection is not None:
        return redirection
    if not is_asked:
        return views.redirect_to_step(step)
    return _show(progress) if form is None else _submit(form, progress)


def _show(progress: RegistrationProgress) -> Response:
    """Show the page; without an answer it is the same for everyone with the same days."""
    if SESSIONS in progress.answers:
        chosen = [session.key for session in choices.list_chosen(progress.answers)]
        return _render(_build_form(progress, sessions=chosen), progress)
    offered = len(choices.list_offered(progress.answers))
    return views.cached_form_page(
        f"{SESSIONS} of {progress.steps} {progress.answers[DAYS]} {offered}",
        lambda: _render(_build_form(progress), progress),
    )


def _submit(form: SessionsForm, progress: RegistrationProgress) -> Response:
    if form.errors:
        return _render(form, progress)
    try:
        return views.save_and_continue(progress, form)
    except RateLimitExceeded as refusal:
        form.reject(refusal)
        return refuse(_render(form, progress), refusal)


def _build_form(progress: RegistrationProgress, **data: object) -> SessionsForm:
    form = SessionsForm(data=data)
    form.offered = choices.list_offered(progress.answers)
    form.sessions.choices = [(session.key, session.title) for session in form.offered]
    return form


def _render(form: SessionsForm, progress: RegistrationProgress) -> Response:
    days = choices.list_by_day(progress.answers, form.keys)
    return views.render_form(SESSIONS, form, progress, days=days, label_of=labels.seat_label)
