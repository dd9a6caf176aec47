"""A speaker's place at the conference: a page with the known answers, and a button."""

from typing import cast

from flask import Blueprint, Response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app.delegates.answer_json import Answers
from app.delegates.categories import forms as category_forms
from app.delegates.fields import EMAIL, PRIVATE_FIELDS
from app.errors import RateLimitExceeded, RuleViolation
from app.forms.form import ConfirmForm, validates_own_csrf
from app.registration import cookie, services
from app.registration import queries as registration
from app.registration.seats import SoldOut
from app.registration.speaker_places import queries as speaker_places
from app.registration.steps import find_unanswered_step
from app.registration.views import confirmation_url, redirect_to_step
from app.speakers import access, places, queries
from app.speakers.models import SpeakerAccess
from app.speakers.recipients import find_address
from app.web import languages
from app.web.error_handlers import refuse
from app.web.rendering import render_page

PRIVATE_STEPS = {field.step for field in PRIVATE_FIELDS}  # private answers, which are not prefilled

bp = Blueprint("place", __name__, url_prefix="/<slug>/place")


@bp.route("", methods=["GET", "POST"])
@validates_own_csrf
def show(slug: str) -> ResponseReturnValue:
    """Show the answers of the booking, and create it with one button."""
    own_access = access.get_access(slug)
    form = ConfirmForm()
    if not form.validate_on_submit() or not _may_register(own_access):
        return _render(own_access, form)
    try:
        return _register(_prefill(own_access))
    except RateLimitExceeded as refusal:
        form.reject(refusal)
        return refuse(_render(own_access, form), refusal)
    except SoldOut:
        form.form_errors.append(
            gettext("All places have just been taken. The organisers can help: contact them")
        )
    except RuleViolation as refusal:
        form.form_errors.append(gettext(str(refusal)))
    return _render(own_access, form)


def _register(answers: Answers) -> Response:
    """Create the booking, or redirect to answers that are missing or to be changed."""
    secret = services.create_draft(answers, ip_address=request.remote_addr)
    missing = find_unanswered_step(answers)
    if missing is None and request.form.get("button") != "change":
        language = languages.current().code
        confirmation = services.submit(secret, language, ip_address=request.remote_addr)
        onward = cast(Response, redirect(confirmation_url(confirmation), 303))
    else:
        onward = redirect_to_step(missing or "check")
    return cookie.ANSWERS.set(onward, secret)


def _may_register(own_access: SpeakerAccess) -> bool:
    speaker = own_access.speaker
    is_coming = speaker.confirmed_at is not None and speaker.withdrawn_at is None
    return is_coming and speaker_places.is_asked() and not _has_place(own_access)


def _has_place(own_access: SpeakerAccess) -> bool:
    booking = speaker_places.find_place(own_access.speaker)
    return booking is not None and booking.is_attending


def _prefill(own_access: SpeakerAccess) -> Answers:
    """Return the speaker's initial answers; emails go to the speaker, not to an assistant."""
    speaker = own_access.speaker
    address = find_address(speaker, queries.list_access_to_speaker(speaker))
    is_assistant = own_access.is_assistant
    own = address if is_assistant else own_access.person.email
    return places.prefill(speaker, own, is_assistant=is_assistant)


def _render(own_access: SpeakerAccess, form: ConfirmForm) -> Response:
    answers = _prefill(own_access)
    booking = speaker_places.find_place(own_access.speaker)
    return render_page(
        "speakers/place.html",
        form=form,
        speaker=own_access.speaker,
        booking=booking if booking and booking.is_attending else None,
        may_register=_may_register(own_access),
        rows=[
            (label, text, "")
            for label, text, step in category_forms.list_answers(answers)
            if step not in PRIVATE_STEPS
        ],
        email=answers[EMAIL],
        is_complete=find_unanswered_step(answers) is None,
        registration_status=registration.get_registration_status(),
        has_category=speaker_places.find_category() is not None,
        confirm_url=url_for("speakers.participation.edit", slug=own_access.speaker.slug),
    )
