"""A speaker's public profile, edited by the speaker or an assistant."""

from flask import Blueprint, Response, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from app.delegates import countries
from app.errors import NotFound
from app.forms.form import ConfirmForm, validates_own_csrf
from app.programme import queries as programme
from app.programme.fields.speakers import PHOTO, PROFILE_FIELDS
from app.programme.models import Speaker
from app.proposals import preview, services
from app.releases import json_ld
from app.speakers import access, photo_proposals
from app.speakers.texts import edit_flow
from app.speakers.texts.edit_flow import EditForm, FormState
from app.speakers.texts.forms import ProfileForm
from app.web import languages, redirects
from app.web.rendering import render_page

bp = Blueprint("profile", __name__, url_prefix="/<slug>/profile")


FIELD_NAMES = {"biography": _l("Biography"), "links": _l("Links")}


class _ProfileFlow:
    form = ProfileForm

    def __init__(self, speaker: Speaker) -> None:
        self.subject = speaker

    def render_form(self, state: FormState) -> ResponseReturnValue:
        auto_approved = programme.get_conference().trusted_fields.split()
        return render_page(
            "speakers/texts/profile.html",
            state.status,
            form_state=state,
            form=state.form,
            speaker=self.subject,
            auto_approved=[
                str(said) for name, said in FIELD_NAMES.items() if name in auto_approved
            ],
            pressed_button=request.form.get("button", ""),
            countries=countries.choices(languages.current().code),
        )

    def render_preview(self, form: EditForm) -> ResponseReturnValue:
        photo = photo_proposals.find_newest(self.subject)
        typed = {**form.typed_values, PHOTO: photo.key if photo else None}
        found, around = preview.preview_speaker(self.subject, typed)
        return render_page(
            "speakers/texts/preview_speaker.html",
            **json_ld.build_speaker_context(around, found),
            typed_pairs=edit_flow.get_typed_pairs(),
            form=ConfirmForm(formdata=None),
            breadcrumbs=[
                (self.subject.name, url_for("speakers.show_checklist", slug=self.subject.slug))
            ],
        )

    def redirect_with_flash(self, flash_name: str) -> ResponseReturnValue:
        return _redirect_with_flash(self.subject, flash_name)


@bp.route("", methods=["GET", "POST"])
@validates_own_csrf
def edit(slug: str) -> ResponseReturnValue:
    """Edit, preview and submit the profile."""
    return edit_flow.run(_ProfileFlow(access.get_own_speaker(slug)))


@bp.post("/take-back")
def withdraw(slug: str) -> ResponseReturnValue:
    """Withdraw the proposed texts; a proposed photo stays."""
    speaker = access.get_own_speaker(slug)
    was_pending = services.withdraw(
        speaker,
        PROFILE_FIELDS,
        expected_revision=request.form.get("revision", ""),
        actor=access.current_actor(),
    )
    return _redirect_with_flash(speaker, "taken-back" if was_pending else "as-it-was")


@bp.get("/photo.jpg")
def photo(slug: str) -> ResponseReturnValue:
    """Serve the photo for the preview, whether or not it is public."""
    found = photo_proposals.find_newest(access.get_own_speaker(slug))
    if found is None:
        raise NotFound("There is no photo yet")
    return Response(found.picture, mimetype="image/jpeg")


def _redirect_with_flash(speaker: Speaker, flash_name: str) -> ResponseReturnValue:
    return redirects.redirect_to(url_for("speakers.show_checklist", slug=speaker.slug), flash_name)
