"""The logo of the site: upload, contrast check, options and removal."""

from typing import Final, Self

from flask import Blueprint, Response, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from wtforms import BooleanField, RadioField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # of WTForms 3.2
from wtforms.validators import ValidationError

from app.accounts import guards, large_uploads, roles
from app.accounts.guards import current_actor
from app.content import logo
from app.content import queries as content
from app.content.logo import LogoOptions, PreparedLogo
from app.content.look import SUBJECT
from app.content.models import SiteLogo
from app.content.palette import SHIPPED
from app.content.views import get_content_folder
from app.errors import InvalidFile, RuleViolation, StaleEdit
from app.forms.fields import VersionField, editor_name_field
from app.forms.form import FileForm, file_size, is_uploaded_file, validates_own_csrf
from app.history import queries as history
from app.programme import queries as programme
from app.programme.photos import logo_images
from app.programme.photos.normalise_upload import MAX_UPLOAD_BYTES
from app.request_transaction import start_writing
from app.web import redirects
from app.web.rendering import render_page

bp = Blueprint("logo", __name__, url_prefix="/look/logo")

ON_HEADER, ON_PLATE = "header", "plate"
WHITE: Final = "#ffffff"
TOO_LARGE: Final = _l("The picture must be smaller than 10 MB")
NOT_ON_HEADER: Final = _l(
    "This logo is hard to see on the colour of the header. Choose the white background, or "
    "a lighter version of the logo"
)
NOT_ON_PLATE: Final = _l(
    "This logo is hard to see on white. Choose the colour of the header, or a darker version of "
    "the logo"
)

redirects.MESSAGES["admin"] |= {
    "logo-saved": _l("The logo has been saved. Every page has it now."),
    "logo-removed": _l("The logo has been removed."),
}


class LogoForm(FileForm):
    """The logo and its options."""

    expected_version = VersionField()
    file = FileField(_l("Logo"))
    description = editor_name_field(
        _l("Description of the logo"),
        _l("The description"),
        _l("Enter a description of the logo"),
        _l("For people who cannot see it. Usually the name that the logo shows"),
    )
    ground = RadioField(
        _l("Behind the logo"),
        choices=[
            SelectChoice(ON_HEADER, _l("The colour of the header, for a light logo")),
            SelectChoice(ON_PLATE, _l("A white background, for a dark or coloured logo")),
        ],
    )
    has_name = BooleanField(_l("Show the name of the conference beside the logo"))

    def validate_file(self, field: FileField) -> None:
        """Reject a file that is too large or empty; without a file, the current logo stays."""
        if is_uploaded_file(field.data) and file_size(field.data) > MAX_UPLOAD_BYTES:
            raise ValidationError(TOO_LARGE)
        if is_uploaded_file(field.data) and not file_size(field.data):
            raise ValidationError(_l("This file is empty"))

    @property
    def options(self) -> LogoOptions:
        """Return the options."""
        return LogoOptions(
            self.description.data or "", self.ground.data == ON_PLATE, self.has_name.data
        )

    def rebase_on(self, stale: StaleEdit) -> Self:
        """Keep the input, but expect the version that is saved now; a file is not kept."""
        self.expected_version.data = stale.version
        if is_uploaded_file(self.file.data):
            self.file.errors = [_l("Choose the picture again, then save")]
        return self


class UnreadableLogo(RuleViolation):
    """The logo does not have enough contrast with its background."""


@bp.route("", methods=["GET", "POST"])
@validates_own_csrf
def edit() -> ResponseReturnValue:
    form, stale = LogoForm(data=_get_saved()), None
    if form.validate_on_submit():
        try:
            return _save(form)
        except StaleEdit as error:
            form, stale = form.rebase_on(error), error
        except UnreadableLogo as refusal:
            form.add_error(form.ground, refusal)
        except (InvalidFile, RuleViolation) as refusal:
            form.add_error(form.file, refusal)
    return _render(form, 409 if stale else None, stale)


@bp.post("/remove")
def remove() -> ResponseReturnValue:
    has_changed = logo.remove(actor=current_actor())
    return redirects.redirect_to(
        url_for("admin.look.edit"), "logo-removed" if has_changed else "as-it-was"
    )


def find_fault(picture: bytes, *, has_plate: bool, brand: str) -> RuleViolation | None:
    """Return why a logo cannot be used, or None; the admin header has the shipped colours."""
    grounds = [WHITE] if has_plate else [brand, SHIPPED.brand]
    if all(logo_images.is_readable_on(picture, ground) for ground in grounds):
        return None
    return UnreadableLogo(str(NOT_ON_PLATE if has_plate else NOT_ON_HEADER))


def render_too_large() -> ResponseReturnValue:
    """Show beside the field that the picture is too large."""
    guards.require_role_for(roles.LOOK)()
    form = LogoForm(formdata=None, data=_get_saved())
    form.add_error(form.file, RuleViolation(str(TOO_LARGE)))
    return _render(form, 413)


large_uploads.accept(bp, MAX_UPLOAD_BYTES, {"edit"}, render_too_large)


def _save(form: LogoForm) -> Response:
    prepared: PreparedLogo | None = None
    if is_uploaded_file(form.file.data):
        prepared = logo_images.prepare_upload(form.file.data.read())
    _check(prepared, form.options)  # pictures are decoded before taking the write lock
    start_writing()
    guards.require_role_for(roles.LOOK)()  # again: access may have been revoked
    has_changed = logo.save(
        prepared,
        form.options,
        expected_version=form.expected_version.data,
        actor=current_actor(),
    )
    return redirects.redirect_to(
        url_for("admin.look.edit"), "logo-saved" if has_changed else "as-it-was"
    )


def _check(prepared: PreparedLogo | None, options: LogoOptions) -> None:
    """Raise UnreadableLogo unless the logo has enough contrast with its background."""
    picture = prepared.picture if prepared else _find_picture(logo.find())
    brand = content.get_palette(get_content_folder()).brand
    if picture is not None:
        fault = find_fault(picture, has_plate=options.has_plate, brand=brand)
        if fault is not None:
            raise fault


def _find_picture(saved: SiteLogo | None) -> bytes | None:
    return saved.picture if saved else None


def _get_saved() -> dict[str, str | int | bool]:
    saved = logo.find()
    if saved is None or saved.picture is None:
        return {
            "expected_version": logo.get_version(saved),
            "description": programme.get_conference().title if programme.has_conference() else "",
            "ground": ON_HEADER,
            "has_name": True,
        }
    return {
        "expected_version": saved.version,
        "description": saved.description,
        "ground": ON_PLATE if saved.has_plate else ON_HEADER,
        "has_name": saved.has_name,
    }


def _render(
    form: LogoForm, status: int | None, stale: StaleEdit | None = None
) -> ResponseReturnValue:
    return render_page(
        "admin/look/logo.html",
        status,
        form=form,
        stale=stale,
        is_set=_find_picture(logo.find()) is not None,
        entries=history.list_newest(SUBJECT),
        breadcrumbs=[],
    )
