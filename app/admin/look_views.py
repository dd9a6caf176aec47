"""The colours of the public site: checked, previewed, saved and reset."""

from flask import Blueprint, Response, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import Field, StringField
from wtforms.validators import ValidationError

from app.accounts.guards import current_actor
from app.admin_kit import draft_forms
from app.admin_kit.draft_forms import deletes_draft
from app.admin_kit.edit_form import EditForm
from app.content import look
from app.content.palette import ContrastFault, Palette, build_preview_stylesheet, parse_colour
from app.content.views import get_logo, parse_palette
from app.errors import StaleEdit
from app.forms.form import validates_own_csrf
from app.history import queries as history
from app.programme.photos import logo_images
from app.web import redirects
from app.web.rendering import render_page

bp = Blueprint("look", __name__, url_prefix="/look")

redirects.MESSAGES["admin"] |= {
    "look-saved": _l("The colours have been saved. Every public page has them now."),
    "look-reset": _l("The site has its original colours again."),
}


def _is_colour(_form: EditForm, field: Field) -> None:
    if parse_colour(field.data or "") is None:
        raise ValidationError(_l("Enter a colour in the correct format, like #0b4f6c"))


class LookForm(EditForm):
    """The two colours of the site."""

    brand = StringField(_l("Header"), [_is_colour])
    accent = StringField(_l("Links and buttons"), [_is_colour])

    @property
    def palette(self) -> Palette | None:
        """Return the submitted palette, or None unless both colours are valid."""
        brand, accent = (parse_colour(one.data or "") for one in (self.brand, self.accent))
        return Palette(brand, accent) if brand and accent else None

    def reject_unreadable(self, palette: Palette) -> bool:
        """Add an error to each colour without enough contrast; return True if there is one."""
        faults = palette.find_faults()
        for name, fault in faults.items():
            self[name].errors = [_describe(name, fault)]
        return bool(faults)


@bp.route("", methods=["GET", "POST"])
@validates_own_csrf
@deletes_draft
def edit() -> ResponseReturnValue:
    form = LookForm(data=_get_saved(), **draft_forms.get_form_arguments())
    stale = None
    palette = form.palette if form.validate_on_submit() else None
    if palette is not None and not (form.reject_unreadable(palette) or _hides_logo(form, palette)):
        try:
            return draft_forms.redirect_to_preview(form) or _save(form, palette)
        except StaleEdit as error:
            form, stale = form.rebase_on(error), error
    return _render(form, stale)


@bp.post("/reset")
def reset() -> ResponseReturnValue:
    has_changed = look.reset(actor=current_actor())
    return redirects.redirect_to(url_for(".edit"), "look-reset" if has_changed else "as-it-was")


@bp.get("/<string(length=6):brand>-<string(length=6):accent>.css")
def sample_stylesheet(brand: str, accent: str) -> ResponseReturnValue:
    stylesheet = build_preview_stylesheet(parse_palette(brand, accent))
    return Response(stylesheet, mimetype="text/css")


def _get_saved() -> dict[str, str | int]:
    saved = look.find()
    palette = look.to_palette(saved)
    return {
        "expected_version": look.get_version(saved),
        "brand": palette.brand,
        "accent": palette.accent,
    }


def _save(form: LookForm, palette: Palette) -> Response:
    has_changed = look.save_palette(
        palette, expected_version=form.expected_version.data, actor=current_actor()
    )
    return redirects.redirect_to(url_for(".edit"), "look-saved" if has_changed else "as-it-was")


def _render(form: LookForm, stale: StaleEdit | None) -> ResponseReturnValue:
    saved = look.to_palette(look.find())
    typed = form.palette
    sample = saved if typed is None or typed.find_faults() else typed
    return render_page(
        "admin/look/edit.html",
        409 if stale else None,
        form=form,
        stale=stale,
        saved=saved,
        sample=sample,
        sample_url=url_for(".sample_stylesheet", brand=sample.brand[1:], accent=sample.accent[1:]),
        entries=history.list_newest(look.SUBJECT),
    )


def _hides_logo(form: LookForm, palette: Palette) -> bool:
    """Add an error if the logo would be invisible on the header; return True if so."""
    logo = get_logo()
    if logo is None or logo.options.has_plate:
        return False
    if logo_images.is_readable_on(logo.picture, palette.brand):
        return False
    form.brand.errors = [
        _l("The logo is hard to see on this colour. Give it a white background first")
    ]
    return True


def _describe(name: str, fault: ContrastFault) -> str:
    """Explain why a colour is refused, with the nearest valid one."""
    on_brand = _l("White text on this colour has a contrast of %(ratio)s to 1, and needs 4.5 to 1.")
    on_page = _l("This colour has a contrast of %(ratio)s to 1 on light pages, and needs 4.5 to 1.")
    nearest = gettext("The nearest colour of the same hue is %(nearest)s", nearest=fault.nearest)
    explanation = str(on_brand if name == "brand" else on_page)
    return f"{explanation % {'ratio': f'{fault.ratio:.2f}'}} {nearest}"
