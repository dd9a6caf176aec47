"""Speakers of the working programme: list, details, form, merging and bulk actions."""

from typing import Any

from flask import Blueprint, Response, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from app.accounts import guards, roles
from app.accounts.guards import current_actor
from app.admin import activity
from app.admin.proposals.presentation import STATE_LABELS
from app.admin.speakers import listing as speaker_listing
from app.admin.speakers.forms import SpeakerForm
from app.admin_kit import bulk_actions, draft_forms
from app.admin_kit.draft_forms import deletes_draft
from app.admin_kit.edit_form import redirect_after_adding
from app.admin_kit.listing import get_selected, render_list
from app.content import markdown
from app.delegates import countries
from app.errors import NotFound, StaleEdit
from app.forms.form import (
    ConfirmForm,
    validates_own_csrf,
)
from app.materials import services as materials
from app.programme.editing import speaker_queries, speakers
from app.programme.fields.speakers import (
    ABSENCES,
    CONFIRMED,
    PHOTO,
    SPEAKER_FIELDS,
    TAKES_PART,
)
from app.programme.models import Photo, Speaker
from app.programme.photos import services
from app.programme.photos.services import PreparedPhoto
from app.registration.speaker_places import queries as speaker_places
from app.registration.speaker_places import services as places
from app.releases import current_release
from app.releases.current_release import conference_days
from app.speakers import access, forms
from app.speakers.photo_views import PhotoViews
from app.web import languages, redirects
from app.web.formatting import conference_zone
from app.web.rendering import render_page

bp = Blueprint("speakers", __name__, url_prefix="/speakers")

redirects.MESSAGES["admin"] |= {
    "speaker-added": _l("The speaker has been added. They will be public when you publish."),
    "speaker-saved": _l("The speaker has been saved. Changes will be public when you publish."),
    "speaker-withdrawn": _l(
        "The speaker has been withdrawn. The public site changes when you publish."
    ),
    "speaker-back": _l("The speaker has been restored. The public site changes when you publish."),
    "speaker-deleted": _l("The speaker has been deleted. They had never been public."),
    "speakers-merged": _l(
        "The entries have been merged. The change will be public when you publish."
    ),
}

SHOWN_APART = {  # fields with their own place on a speaker's page
    *("name", "role", "organisation", "country", "biography", PHOTO),
    *("contact_address", "notes", CONFIRMED, TAKES_PART, ABSENCES),
}
OTHER_FIELDS = tuple(field for field in SPEAKER_FIELDS if field.name not in SHOWN_APART)


@bp.get("")
def index() -> ResponseReturnValue:
    return _render_index()


@bp.post("/_several")
def bulk() -> ResponseReturnValue:
    slugs = get_selected(speaker_listing.list_slugs)
    done = bulk_actions.confirm_or_run(
        speaker_listing.BULK_ACTIONS, slugs, speaker_queries.list_by_slug
    )
    return _render_index(gettext("Select at least one speaker")) if done is None else done


@bp.route("/_add", methods=["GET", "POST"])
@validates_own_csrf
@deletes_draft
def add() -> ResponseReturnValue:
    form = SpeakerForm(**draft_forms.get_form_arguments())
    if form.apply_row_button(draft_forms.get_pressed_button(), conference_days()):
        return draft_forms.redirect_to_preview(form) or _render_form(form)
    if form.validate_on_submit():
        speaker = speakers.add(form.values(conference_zone()), actor=guards.current_actor())
        return redirect_after_adding(_url(speaker), "speaker-added")
    return _render_form(form)


@bp.get("/<slug>")
def show(slug: str) -> ResponseReturnValue:
    speaker = speaker_queries.get_speaker(slug)
    sessions = speaker_queries.list_session_roles(speaker)
    own_access = access.list_own(speaker)
    return render_page(
        "admin/speakers/show.html",
        speaker=speaker,
        biography=markdown.sanitise(speaker.biography),
        other_fields=_describe_fields(speaker, is_public=True),
        internal_fields=_describe_fields(speaker, is_public=False),
        absences=forms.describe_absences(speaker.absences, conference_zone()),
        sessions=sessions,
        outdated=access.list_outdated(speaker, own_access),
        booking=speaker_places.find_place(speaker),
        sees_delegates=guards.can_read(roles.DELEGATES),
        namesakes=speaker_queries.list_namesakes(speaker),
        may_be_deleted=not speakers.deletion_error(speaker),
        is_public=any(one.slug == slug for one in current_release.get_programme().speakers),
        is_for_readers=speaker_queries.is_publishable(speaker, sessions),
        activity=activity.list_for_speaker(speaker, [one.person.email for one in own_access]),
        state_names=STATE_LABELS,
        form=ConfirmForm(),
    )


@bp.get("/<slug>/photo.jpg")
def photo_image(slug: str) -> ResponseReturnValue:
    """Return the working version of the photo, which may not be public yet."""
    photo = speaker_queries.get_speaker(slug).photo
    if photo is None:
        raise NotFound("This speaker has no photo")
    return Response(photo.picture, mimetype="image/jpeg")


@bp.route("/<slug>/change", methods=["GET", "POST"])
@validates_own_csrf
@deletes_draft
def edit(slug: str) -> ResponseReturnValue:
    speaker = speaker_queries.get_speaker(slug)
    saved = SpeakerForm.speaker_data(speaker, conference_zone())
    form = SpeakerForm(data=saved, **draft_forms.get_form_arguments())
    if form.apply_row_button(draft_forms.get_pressed_button(), conference_days()):
        return draft_forms.redirect_to_preview(form) or _render_form(form, speaker)
    if form.validate_on_submit():
        try:
            changes = speakers.save(
                speaker,
                form.values(conference_zone()),
                expected_version=form.expected_version.data,
                actor=guards.current_actor(),
            )
        except StaleEdit as stale:
            return _render_form(form.rebase_on(stale), speaker, stale)
        return redirects.redirect_to(_url(speaker), "speaker-saved" if changes else "as-it-was")
    return _render_form(form, speaker)


@bp.route("/<slug>/withdraw", methods=["GET", "POST"])
def withdraw(slug: str) -> ResponseReturnValue:
    speaker = speaker_queries.get_speaker(slug)
    if request.method == "POST":
        speakers.withdraw(speaker, actor=guards.current_actor())
        return redirects.redirect_to(_url(speaker), "speaker-withdrawn")
    return _render_confirm("withdraw", speaker)


@bp.post("/<slug>/bring-back")
def restore(slug: str) -> ResponseReturnValue:
    speaker = speaker_queries.get_speaker(slug)
    speakers.reinstate(speaker, actor=guards.current_actor())
    return redirects.redirect_to(_url(speaker), "speaker-back")


@bp.route("/<slug>/merge/<other>", methods=["GET", "POST"])
def merge(slug: str, other: str) -> ResponseReturnValue:
    target, source = speaker_queries.get_speaker(slug), speaker_queries.get_speaker(other)
    if target is source:
        raise NotFound("There is only one such speaker")
    if request.method == "POST":
        speakers.merge(target, source, actor=guards.current_actor())
        access.transfer(source, target, actor=guards.current_actor())
        places.transfer(source, target, actor=guards.current_actor())
        materials.transfer(source, target)
        return redirects.redirect_to(_url(target), "speakers-merged")
    sessions = speaker_queries.list_session_roles(source)
    return render_page(
        "admin/speakers/merge.html",
        speaker=target,
        other=source,
        sessions=sessions,
        form=ConfirmForm(),
        breadcrumbs=[(target.name, _url(target))],
    )


@bp.route("/<slug>/delete", methods=["GET", "POST"])
def delete(slug: str) -> ResponseReturnValue:
    speaker = speaker_queries.get_speaker(slug)
    if request.method == "POST":
        speakers.delete(speaker, actor=guards.current_actor())
        return redirects.redirect_to(url_for(".index"), "speaker-deleted")
    return _render_confirm("delete", speaker)


def _render_form(
    form: SpeakerForm, speaker: Speaker | None = None, stale: StaleEdit | None = None
) -> ResponseReturnValue:
    """Render the form; with both versions if another user has saved in the meantime."""
    return render_page(
        "admin/speakers/form.html",
        status=409 if stale else None,
        form=form,
        speaker=speaker,
        stale=stale,
        preview=markdown.sanitise(form.biography.data or ""),
        pressed_button=draft_forms.get_pressed_button(),
        countries=countries.choices(languages.current().code),
        back=_url(speaker) if speaker else url_for(".index"),
        breadcrumbs=[(speaker.name, _url(speaker))] if speaker else [],
    )


def _render_confirm(template_name: str, speaker: Speaker) -> ResponseReturnValue:
    return render_page(
        f"admin/speakers/{template_name}.html",
        speaker=speaker,
        sessions=speaker_queries.list_session_roles(speaker),
        refusal=speakers.deletion_error(speaker),
        form=ConfirmForm(),
        breadcrumbs=[(speaker.name, _url(speaker))],
    )


def _render_index(error: str = "") -> ResponseReturnValue:
    actions = speaker_listing.BULK_ACTIONS.values()
    return render_list(
        "admin/speakers/index.html",
        speaker_listing.get_listing(),
        error,
        actions=actions,
        asks_for_place=speaker_places.find_category() is not None,
    )


def _describe_fields(speaker: Speaker, *, is_public: bool) -> list[tuple[str, str]]:
    """Return the labels and texts of the fields that are not shown elsewhere."""
    return [
        (
            field.label,
            SPEAKER_FIELDS.display_value(field.name, SPEAKER_FIELDS.get_value(speaker, field.name)),
        )
        for field in OTHER_FIELDS
        if field.is_public == is_public
    ]


def _url(speaker: Speaker) -> str:
    return url_for(".show", slug=speaker.slug)


photo_bp = Blueprint("photo", __name__, url_prefix="/<slug>/photo")

redirects.MESSAGES["admin"] |= {
    "photo-saved": _l("The photo has been saved. It will be public when you publish."),
    "photo-removed": _l("The photo has been removed. The public site changes when you publish."),
}


class _AdminPhotoViews(PhotoViews):
    templates = "admin/speakers"

    def get_speaker(self, slug: str) -> Speaker:
        guards.require_role_for(roles.PROGRAMME)()  # first, as the upload may be too large
        return speaker_queries.get_speaker(slug)

    def find_photo(self, speaker: Speaker) -> Photo | None:
        return speaker.photo

    def current_actor(self) -> str:
        return current_actor()

    def save(self, speaker: Speaker, prepared: PreparedPhoto | None, description: str) -> str:
        if prepared:
            changed = services.set_photo(speaker, prepared, description, actor=current_actor())
        else:
            changed = services.set_description(speaker, description, actor=current_actor())
        return "photo-saved" if changed else "as-it-was"

    def save_crop(self, speaker: Speaker, prepared: PreparedPhoto) -> str:
        changed = services.set_crop(speaker, prepared, actor=current_actor())
        return "photo-saved" if changed else "as-it-was"

    def save_removal(self, speaker: Speaker) -> str:
        was_there = services.remove(speaker, actor=current_actor())
        return "photo-removed" if was_there else "as-it-was"

    def done_url(self, speaker: Speaker, *, has_new_picture: bool = False) -> str:
        return url_for("admin.speakers.show", slug=speaker.slug)

    def template_context(self, speaker: Speaker) -> dict[str, Any]:
        back = self.done_url(speaker)
        return {"back": back, "breadcrumbs": [(speaker.name, back)]}


_AdminPhotoViews().add_url_rules(photo_bp)
