"""The photo of a speaker: upload, describe, crop and remove it.

``PhotoViews`` is shared by organisers and speakers; organisers' changes take effect at once, while
speakers' changes are proposals.
"""

from abc import ABC, abstractmethod
from typing import Any

from flask import Blueprint, Response, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from app.accounts import large_uploads
from app.errors import InvalidFile, NotFound, RuleViolation, StaleEdit
from app.forms.form import validates_own_csrf
from app.programme.editing import versioned_edits
from app.programme.models import Photo, Speaker
from app.programme.photos import services as photos
from app.programme.photos.normalise_upload import MAX_UPLOAD_BYTES
from app.programme.photos.services import PreparedPhoto
from app.proposals.services import SubmitResult
from app.request_transaction import read_first, start_writing
from app.speakers import access, photo_proposals
from app.speakers.photo_forms import TOO_LARGE, CropForm, PhotoForm
from app.web import redirects
from app.web.rendering import render_page


class StalePhoto(StaleEdit):
    """Someone else has changed the photo since the page was opened."""

    message = (
        "The photo has changed since you opened this page, so your change has not been saved. "
        "Check the new photo, then try again"
    )


class PhotoViews(ABC):
    """The views; subclasses decide whose photo it is and what saving does."""

    templates: str  # the folder of the two pages

    def add_url_rules(self, bp: Blueprint) -> None:
        """Add the views to a blueprint whose prefix names the speaker."""
        bp.add_url_rule("", "edit", validates_own_csrf(self.edit), methods=["GET", "POST"])
        bp.add_url_rule("/part", "crop", self.crop, methods=["GET", "POST"])
        bp.add_url_rule("/sent/<token>.jpg", "upload", self.upload)
        bp.add_url_rule("/whole.jpg", "original", self.original)
        bp.add_url_rule("/remove", "remove", self.remove, methods=["POST"])
        large_uploads.accept(bp, MAX_UPLOAD_BYTES, {"edit"}, self.render_too_large)
        read_first(bp, {"crop"})

    @abstractmethod
    def get_speaker(self, slug: str) -> Speaker:
        """Return the speaker; raise a ConferenceError for people without access."""

    @abstractmethod
    def find_photo(self, speaker: Speaker) -> Photo | None:
        """Return the photo to work on."""

    @abstractmethod
    def current_actor(self) -> str:
        """Return the email address of the person who is signed in."""

    @abstractmethod
    def save(self, speaker: Speaker, prepared: PreparedPhoto | None, description: str) -> str:
        """Save a new picture, if there is one, and the description; return a flash key."""

    @abstractmethod
    def save_crop(self, speaker: Speaker, prepared: PreparedPhoto) -> str:
        """Save another crop; return a flash key."""

    @abstractmethod
    def save_removal(self, speaker: Speaker) -> str:
        """Remove the photo; return a flash key."""

    @abstractmethod
    def done_url(self, speaker: Speaker, *, has_new_picture: bool = False) -> str:
        """Return the URL to redirect to when done."""

    def template_context(self, speaker: Speaker) -> dict[str, Any]:
        """Return the template variables of these pages."""
        return {}

    def edit(self, slug: str) -> ResponseReturnValue:
        """Upload a photo or replace it, and describe it."""
        speaker = self.get_speaker(slug)
        form = PhotoForm.for_photo(self.find_photo(speaker))
        form.set_stored_upload(self._find_upload(speaker, form.upload.data))
        if form.validate_on_submit():
            try:
                prepared = form.prepared
                speaker = self._start_writing(slug)
                message_key = self.save(speaker, prepared, form.description.data or "")
                photo_proposals.discard(speaker, actor=self.current_actor())
            except StalePhoto as stale:
                speaker = self._save_upload(slug, form)
                form.add_error(form.file, stale)
                return self._render_stale("photo", speaker, form)
            except (RuleViolation, InvalidFile) as refusal:
                form.add_error(form.file, refusal)
            else:
                url = self.done_url(speaker, has_new_picture=prepared is not None)
                return redirects.redirect_to(url, message_key)
        elif form.is_submitted() and not (form.csrf_token.errors or form.file.errors):
            speaker = self._save_upload(slug, form)
        return self._render("photo", speaker, form)

    def upload(self, slug: str, token: str) -> ResponseReturnValue:
        """Serve the picture of a rejected form."""
        prepared = self._find_upload(self.get_speaker(slug), token)
        if prepared is None:
            raise NotFound("There is no photo at that web address")
        return Response(prepared.picture, mimetype="image/jpeg")

    def render_too_large(self, slug: str) -> ResponseReturnValue:
        """Show beside the field that the picture is too large."""
        speaker = self.get_speaker(slug)
        form = PhotoForm.for_photo(self.find_photo(speaker), formdata=None)
        form.add_error(form.file, RuleViolation(str(TOO_LARGE)))
        return self._render("photo", speaker, form, 413)

    def crop(self, slug: str) -> ResponseReturnValue:
        """Choose the square of the picture to show."""
        speaker = self.get_speaker(slug)
        photo = self._get_croppable_photo(speaker)
        form = CropForm(data=CropForm.initial_data(photo))
        if form.validate_on_submit():
            try:
                prepared = photos.prepare_crop(photo, form.get_crop())
                speaker = self._start_writing(slug)
                message_key = self.save_crop(speaker, prepared)
            except StalePhoto as stale:
                form.add_error(form.position, stale)
                self._get_croppable_photo(speaker)  # the new one, if there is one
                return self._render_stale("crop", speaker, form)
            except RuleViolation as refusal:
                form.add_error(form.position, refusal)
            else:
                return redirects.redirect_to(self.done_url(speaker), message_key)
        return self._render("crop", speaker, form)

    def original(self, slug: str) -> ResponseReturnValue:
        """Serve the whole picture, for choosing a crop."""
        photo = self._get_croppable_photo(self.get_speaker(slug))
        return Response(photo.original, mimetype="image/jpeg")

    def remove(self, slug: str) -> ResponseReturnValue:
        """Remove the photo."""
        speaker = self.get_speaker(slug)
        self.check_seen(speaker)
        return redirects.redirect_to(self.done_url(speaker), self.save_removal(speaker))

    def _find_upload(self, speaker: Speaker, token: str | None) -> PreparedPhoto | None:
        return photo_proposals.find(speaker, token, actor=self.current_actor()) if token else None

    def _upload_address(self, speaker: Speaker, form: PhotoForm | CropForm) -> str:
        token = form.upload.data if isinstance(form, PhotoForm) else ""
        return url_for(".upload", slug=speaker.slug, token=token) if token else ""

    def _save_upload(self, slug: str, form: PhotoForm) -> Speaker:
        """Store the picture of a rejected form, so that it need not be chosen again."""
        try:
            prepared = form.prepared if form.body else None
        except InvalidFile as refusal:
            form.add_error(form.file, refusal)
            return self.get_speaker(slug)
        start_writing()
        speaker = self.get_speaker(slug)  # again: access may have been revoked meanwhile
        if prepared:
            form.upload.data = photo_proposals.save(speaker, prepared, actor=self.current_actor())
        return speaker

    def _start_writing(self, slug: str) -> Speaker:
        start_writing()
        speaker = self.get_speaker(slug)  # again: access may have been revoked meanwhile
        self.check_seen(speaker)
        return speaker

    def check_seen(self, speaker: Speaker) -> None:
        """Lock a speaker; raise StalePhoto if the page showed another photo."""
        versioned_edits.lock(speaker)
        photo = self.find_photo(speaker)
        if request.form.get("seen", "") != (photo.key if photo else ""):
            raise StalePhoto

    def _render_stale(
        self, page: str, speaker: Speaker, form: PhotoForm | CropForm
    ) -> ResponseReturnValue:
        """Show the form again, with the current photo."""
        photo = self.find_photo(speaker)
        form.seen.data = photo.key if photo else ""
        return self._render(page, speaker, form, 409)

    def _get_croppable_photo(self, speaker: Speaker) -> Photo:
        photo = self.find_photo(speaker)
        if photo is None or not photo.has_original:
            raise NotFound("We no longer have the whole picture. Upload it again")
        return photo

    def _render(
        self, page: str, speaker: Speaker, form: PhotoForm | CropForm, status: int | None = None
    ) -> ResponseReturnValue:
        return render_page(
            f"{self.templates}/{page}.html",
            status,
            speaker=speaker,
            photo=self.find_photo(speaker),
            form=form,
            upload_address=self._upload_address(speaker, form),
            **self.template_context(speaker),
        )


class _OwnPhotoViews(PhotoViews):
    templates = "speakers"

    def get_speaker(self, slug: str) -> Speaker:
        return access.get_own_speaker(slug)

    def find_photo(self, speaker: Speaker) -> Photo | None:
        return photo_proposals.find_newest(speaker)

    def current_actor(self) -> str:
        return access.current_actor()

    def save(self, speaker: Speaker, prepared: PreparedPhoto | None, description: str) -> str:
        return _message_key(
            photo_proposals.propose_photo(
                speaker, prepared, description, actor=access.current_actor()
            )
            if prepared
            else photo_proposals.propose_description(
                speaker, description, actor=access.current_actor()
            )
        )

    def save_crop(self, speaker: Speaker, prepared: PreparedPhoto) -> str:
        return _message_key(
            photo_proposals.propose_crop(speaker, prepared, actor=access.current_actor())
        )

    def save_removal(self, speaker: Speaker) -> str:
        return _message_key(photo_proposals.propose_removal(speaker, actor=access.current_actor()))

    def done_url(self, speaker: Speaker, *, has_new_picture: bool = False) -> str:
        return url_for(".crop" if has_new_picture else ".edit", slug=speaker.slug)

    def template_context(self, speaker: Speaker) -> dict[str, Any]:
        return {
            "is_pending": photo_proposals.is_pending(speaker),
            "returned_proposal": photo_proposals.find_returned_proposal(speaker),
        }


bp = Blueprint("photo", __name__, url_prefix="/<slug>/photo")
VIEWS = _OwnPhotoViews()
VIEWS.add_url_rules(bp)

redirects.MESSAGES["speakers"] |= {
    "photo-saved": _l("Saved. It will be public in a few minutes."),
    "no-photo": _l("Saved. We will show your initials instead of a photo."),
    "photo-sent": _l("Thank you. An organiser will check your photo before it is public."),
}


@bp.post("/take-back")
def withdraw(slug: str) -> ResponseReturnValue:
    """Withdraw the proposed photo."""
    speaker = access.get_own_speaker(slug)
    versioned_edits.lock(speaker)
    if photo_proposals.is_pending(speaker):
        VIEWS.check_seen(speaker)
    was_pending = photo_proposals.withdraw(speaker, actor=access.current_actor())
    return redirects.redirect_to(
        url_for(".edit", slug=slug), "taken-back" if was_pending else "as-it-was"
    )


@bp.post("/none")
def decline(slug: str) -> ResponseReturnValue:
    """Record that the speaker wants no photo, so that it is no longer requested."""
    speaker = access.get_own_speaker(slug)
    VIEWS.check_seen(speaker)
    has_changed = photo_proposals.set_declined(
        speaker, is_declined=True, actor=access.current_actor()
    )
    return redirects.redirect_to(
        url_for(".edit", slug=slug), "no-photo" if has_changed else "as-it-was"
    )


@bp.get("/<key>.jpg")
def image(slug: str, key: str) -> ResponseReturnValue:
    """Serve the cropped picture."""
    photo = photo_proposals.find_newest(access.get_own_speaker(slug))
    if photo is None or photo.key != key:
        raise NotFound("There is no photo at that web address")
    return Response(photo.picture, mimetype="image/jpeg")


def _message_key(submitted: SubmitResult) -> str:
    if submitted.waiting:
        return "photo-sent"
    return "photo-saved" if submitted.applied else "as-it-was"
