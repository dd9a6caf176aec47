"""The pictures of a page or news item: upload and remove them, and how to insert one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from wtforms import BooleanField, StringField
from wtforms.validators import ValidationError

from app.accounts import guards, large_uploads, roles
from app.accounts.guards import current_actor
from app.admin.content import editable_text
from app.admin.content.editable_text import TEXT_KINDS_CONVERTER, EditableText
from app.content import images
from app.content.models import PageImage
from app.content.versions import ContentKey, Version
from app.errors import InvalidFile, RuleViolation
from app.forms.form import FileForm, file_size, is_uploaded_file, validates_own_csrf
from app.forms.validators import max_length, no_hidden_characters
from app.programme.photos import page_images
from app.programme.photos.normalise_upload import MAX_UPLOAD_BYTES
from app.request_transaction import start_writing
from app.text import collapse_whitespace, strip_hidden
from app.web import redirects
from app.web.rendering import render_page

MAX_DESCRIPTION_LENGTH = 300  # characters
TOO_LARGE = _l("The picture must be smaller than 10 MB")
RULE = f"/<{TEXT_KINDS_CONVERTER}:kind>/<slug>/<language>/pictures"

redirects.MESSAGES["admin"] |= {
    "picture-added": _l("The picture has been added. Insert it where you want it in the text."),
    "picture-removed": _l("The picture has been deleted."),
}


@dataclass(frozen=True)
class EditablePicture:
    """A picture, and how a text shows it."""

    image: PageImage
    uses: Sequence[Version] = ()  # the texts that show it

    @property
    def markdown(self) -> str:
        """Return the Markdown that shows it."""
        return images.to_markdown(self.image)

    @property
    def url(self) -> str:
        """Return the address of the picture."""
        return url_for("content.picture", key=self.image.key)


class PictureForm(FileForm):
    """Upload a picture."""

    file = FileField(_l("Picture"))
    description = StringField(
        _l("Description of the picture"),
        [max_length(MAX_DESCRIPTION_LENGTH, _l("The description")), no_hidden_characters],
        [collapse_whitespace],
        _l(
            "For people who cannot see it. Say what it shows, for example: The entrance of the "
            "venue, with a ramp on the left"
        ),
        render_kw={"dir": "auto"},
    )
    is_decoration = BooleanField(_l("This picture is only decoration and needs no description"))

    def validate_file(self, field: FileField) -> None:
        """Require a file that is not too large."""
        if not is_uploaded_file(field.data):
            raise ValidationError(_l("Choose a picture"))
        if file_size(field.data) > MAX_UPLOAD_BYTES:
            raise ValidationError(TOO_LARGE)
        if not file_size(field.data):
            raise ValidationError(_l("This file is empty"))

    def validate_description(self, field: StringField) -> None:
        """Require a description, or that none is needed."""
        if not (field.data or self.is_decoration.data):
            raise ValidationError(
                _l("Enter a description of the picture, or tick that it is only decoration")
            )

    @property
    def alternative(self) -> str:
        """Return the text alternative: "" for a decoration."""
        return "" if self.is_decoration.data else self.description.data or ""


def add_url_rules(bp: Blueprint) -> None:
    """Register the routes on the content blueprint."""
    bp.add_url_rule(RULE, view_func=pictures, methods=["GET", "POST"])
    one = f"{RULE}/<key>/remove"
    bp.add_url_rule(one, view_func=remove_picture, methods=["POST"])
    large_uploads.accept(bp, MAX_UPLOAD_BYTES, {"pictures"}, render_too_large)


@validates_own_csrf
def pictures(kind: str, slug: str, language: str) -> ResponseReturnValue:
    """List the pictures of a page or news item, and upload one."""
    text, form = editable_text.get_text(kind, slug, language), PictureForm()
    if form.validate_on_submit():
        try:
            return _add(text, form)
        except (InvalidFile, RuleViolation) as refusal:
            form.add_error(form.file, refusal)
    return _render(text, form)


def render_too_large(kind: str, slug: str, language: str) -> ResponseReturnValue:
    """Show beside the field that the picture is too large."""
    guards.require_role_for(roles.CONTENT)()
    form = PictureForm(formdata=None)
    form.add_error(form.file, RuleViolation(str(TOO_LARGE)))
    return _render(editable_text.get_text(kind, slug, language), form, 413)


def remove_picture(kind: str, slug: str, language: str, key: str) -> ResponseReturnValue:
    """Remove a picture that no text shows."""
    text = editable_text.get_text(kind, slug, language)
    images.remove(text.store, images.get_image(text.key, key), actor=current_actor())
    return redirects.redirect_to(url_for(".pictures", **text.key._asdict()), "picture-removed")


def list_pictures(key: ContentKey) -> list[EditablePicture]:
    """List the pictures that can be inserted into a page or news item."""
    return [EditablePicture(image) for image in images.list_images(key)]


def _add(text: EditableText, form: PictureForm) -> ResponseReturnValue:
    prepared = page_images.prepare_upload(form.file.data.read())
    name, alternative = strip_hidden(form.file.data.filename or ""), form.alternative
    start_writing()
    guards.require_role_for(roles.CONTENT)()  # again: access may have been revoked in the meantime
    images.add(text.key, prepared, alternative, name, actor=current_actor())
    return redirects.redirect_to(f"{text.edit_url()}#pictures", "picture-added")


def _render(
    text: EditableText, form: PictureForm, status: int | None = None
) -> ResponseReturnValue:
    context: dict[str, Any] = {
        "text": text,
        "form": form,
        "pictures": [
            EditablePicture(image, images.find_uses(text.store, image.key))
            for image in images.list_images(text.key)
        ],
        "breadcrumbs": [*text.breadcrumbs, (_l("Change"), text.edit_url())],
    }
    return render_page("admin/content/pictures.html", status, **context)
