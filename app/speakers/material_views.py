"""Uploading and releasing slides and papers, for speakers and in the admin."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from werkzeug.exceptions import RequestEntityTooLarge
from wtforms import Field, RadioField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # of WTForms 3.2
from wtforms.validators import AnyOf, DataRequired, ValidationError

from app.accounts import guards
from app.errors import ConferenceError, InvalidFile, NotFound, RuleViolation
from app.forms.base import (
    FORM_OVERHEAD_BYTES,
    ConfirmForm,
    FileForm,
    Form,
    file_size,
    is_uploaded_file,
    validates_own_csrf,
)
from app.forms.validators import max_length, no_hidden_characters, requires_alphanumeric
from app.materials import downloads, queries, services
from app.materials.file_validation import MAX_BYTES
from app.materials.models import AVAILABILITIES, END, NOW, ON_RELEASE, START, Material
from app.programme import speaker_links
from app.programme.models import Session
from app.text import collapse_whitespace
from app.web.error_handlers import render_error_page
from app.web.rendering import render_page

MAX_TITLE_LENGTH = 120  # characters
TITLE_SUBJECT = _l("The name")
TOO_LARGE = _l("This file is larger than 50 MB")
OPENS_LABELS = {
    NOW: _l("Now"),
    START: _l("When the session starts"),
    END: _l("When the session has ended"),
    ON_RELEASE: _l("When the organisers say so"),
}


def title_field() -> StringField:
    """Return the field for the title."""
    checks = [
        DataRequired(_l("Say what it is")),
        max_length(MAX_TITLE_LENGTH, TITLE_SUBJECT),
        no_hidden_characters,
    ]
    return StringField(
        _l("What it is"),
        [*checks, requires_alphanumeric(TITLE_SUBJECT)],
        [collapse_whitespace],
        _l("Readers see this. For example Slides, or Paper with all tables"),
        render_kw={"dir": "auto"},
    )


def opens_field() -> RadioField:
    """Return the field for when the public can see the material."""
    return RadioField(
        _l("From when on do readers see it?"),
        [AnyOf(AVAILABILITIES, _l("Choose when readers see it"))],
        choices=[SelectChoice(value, words) for value, words in OPENS_LABELS.items()],
        default=START,
        validate_choice=False,
    )


def _initial_data(material: Material | None) -> dict[str, Any]:
    return {"title": material.title, "opens": material.available_from} if material else {}


class MaterialFileForm(FileForm):
    """Upload a file, or replace it."""

    file = FileField(_l("File"))
    title = title_field()
    opens = opens_field()
    has_stored_file = False  # whether a file is stored

    @classmethod
    def for_material(cls, material: Material | None) -> "MaterialFileForm":
        """Return a form filled with the data of a material."""
        form = cls(data=_initial_data(material))
        form.has_stored_file = material is not None
        return form

    def validate_file(self, field: Field) -> None:
        """Require a file that is not too large."""
        if not is_uploaded_file(field.data):
            if not self.has_stored_file:
                raise ValidationError(_l("Choose a file"))
        elif file_size(field.data) > MAX_BYTES:
            raise ValidationError(TOO_LARGE)

    @property
    def has_new_file(self) -> bool:
        """Return True if a file was chosen."""
        return is_uploaded_file(self.file.data)


class MaterialLinkForm(Form):
    """Add a link to slides or a paper on another site."""

    address = StringField(
        _l("Address"),
        [
            DataRequired(_l("Enter the address")),
            max_length(500, _l("The address")),
            no_hidden_characters,
        ],
        [collapse_whitespace],
        _l("It begins with https:// and leads readers to another website"),
        render_kw={"inputmode": "url", "spellcheck": "false", "autocomplete": "off"},
    )
    title = title_field()
    opens = opens_field()

    def validate_address(self, field: Field) -> None:
        """Reject anything but the URL of a web page."""
        wrong = speaker_links.link_error(field.data or "")
        if wrong:
            raise ValidationError(f"{_l('The address')} {wrong}")


class MaterialForm(Form):
    """Change the title of a link, or when it is shown."""

    title = title_field()
    opens = opens_field()

    @classmethod
    def for_material(cls, material: Material) -> "MaterialForm":
        """Return a form filled with the data of a material."""
        return cls(data=_initial_data(material))


UPLOAD_ENDPOINTS = frozenset({"add_file", "edit"})


class MaterialsContext(Protocol):
    """What differs between the speakers' pages and the admin."""

    layout: str  # the template that the pages extend
    can_release: bool  # whether materials can be approved here

    def get_session(self, **url_args: str) -> Session:
        """Return the session that the URL names; raise NotFound if it is not accessible."""

    def get_actor(self) -> str:
        """Return the email address of the person signed in."""

    def can_edit(self) -> bool:
        """Return True if the person signed in may change materials."""

    def template_context(self, **url_args: str) -> dict[str, Any]:
        """Return the variables of the layout."""

    def redirect_to(self, url: str, flash_name: str) -> ResponseReturnValue:
        """Redirect with a flash message."""


@dataclass(frozen=True)
class SessionMaterials:
    """The materials of one session, on a page."""

    session: Session
    url_args: dict[str, str]  # URL parameters
    materials: Sequence[Material]


def add_url_rules(bp: Blueprint, context: MaterialsContext, session_rule: str = "") -> None:
    """Add these views to a blueprint; `session_rule` is the part of a URL that names a session."""
    views = MaterialViews(context)
    both_methods = ["GET", "POST"]
    bp.url_value_preprocessor(_allow_large_uploads)
    bp.register_error_handler(RequestEntityTooLarge, views.too_large)
    for rule, name, view, methods in (
        ("/_file", "add_file", validates_own_csrf(views.add_file), both_methods),
        ("/_link", "add_link", validates_own_csrf(views.add_link), both_methods),
        ("/<key>", "edit", validates_own_csrf(views.change), both_methods),
        ("/<key>/remove", "remove", views.remove, both_methods),
        ("/<key>/file", "file", views.file, ["GET"]),
    ):
        bp.add_url_rule(f"{session_rule}{rule}", name, view, methods=methods)
    if context.can_release:
        bp.add_url_rule(f"{session_rule}/<key>/release", "release", views.release, methods=["POST"])


def render_index(
    context: MaterialsContext, sessions: Sequence[SessionMaterials], **url_args: str
) -> ResponseReturnValue:
    """Show the materials of several sessions."""
    materials = [one for shelf in sessions for one in shelf.materials]
    return render_page(
        "speakers/materials/index.html",
        layout=context.layout,
        session_materials=sessions,
        downloads=queries.count_downloads(materials),
        opens=OPENS_LABELS,
        may_change=context.can_edit(),
        may_release=context.can_release and context.can_edit(),
        form=ConfirmForm(),
        **context.template_context(**url_args),
    )


def _allow_large_uploads(endpoint: str | None, values: dict[str, Any] | None) -> None:
    """Allow large request bodies for people who are signed in."""
    if _accepts_file(endpoint) and guards.session_token():
        request.max_content_length = MAX_BYTES + FORM_OVERHEAD_BYTES


def _accepts_file(endpoint: str | None) -> bool:
    return (endpoint or "").rpartition(".")[2] in UPLOAD_ENDPOINTS


class MaterialViews:
    """The views, for one context."""

    def __init__(self, context: MaterialsContext) -> None:
        self._context = context

    def add_file(self, **url_args: str) -> ResponseReturnValue:
        """Upload a file."""
        session, form = self._context.get_session(**url_args), MaterialFileForm.for_material(None)
        results: list[bool] = []

        def hand_in() -> None:
            stream = form.file.data.stream
            results.append(
                services.add_file(
                    session, stream, *_typed_values(form), actor=self._context.get_actor()
                )
            )

        if form.validate_on_submit() and _apply_or_reject(form, form.file, hand_in):
            return self._redirect("material-saved" if any(results) else "material-here", url_args)
        return self._render_form("file", session, form, url_args)

    def add_link(self, **url_args: str) -> ResponseReturnValue:
        """Add a link."""
        session, form = self._context.get_session(**url_args), MaterialLinkForm()

        def link() -> None:
            address = form.address.data or ""
            services.add_link(
                session, address, *_typed_values(form), actor=self._context.get_actor()
            )

        if form.validate_on_submit() and _apply_or_reject(form, form.address, link):
            return self._redirect("material-saved", url_args)
        return self._render_form("link", session, form, url_args)

    def change(self, key: str, **url_args: str) -> ResponseReturnValue:
        """Change title or time, or replace the file."""
        session = self._context.get_session(**url_args)
        material = queries.get_material_of_session(session, key)
        form = (MaterialForm if material.is_link else MaterialFileForm).for_material(material)
        if form.validate_on_submit():
            results: list[bool] = []
            if _apply_or_reject(
                form, form.title, lambda: results.append(self._save(material, form))
            ):
                return self._redirect("material-saved" if any(results) else "as-it-was", url_args)
        return self._render_form("change", session, form, url_args, material)

    def remove(self, key: str, **url_args: str) -> ResponseReturnValue:
        """Ask for confirmation, then remove the material."""
        session = self._context.get_session(**url_args)
        material = queries.get_material_of_session(session, key)
        if request.method == "POST":
            services.delete(material, actor=self._context.get_actor())
            return self._redirect("material-removed", url_args)
        return self._render_form("remove", session, ConfirmForm(), url_args, material)

    def release(self, key: str, **url_args: str) -> ResponseReturnValue:
        """Approve the material for publication."""
        material = queries.get_material_of_session(self._context.get_session(**url_args), key)
        has_changed = services.release(material, actor=self._context.get_actor())
        return self._redirect("material-released" if has_changed else "as-it-was", url_args)

    def file(self, key: str, **url_args: str) -> ResponseReturnValue:
        """Send the file to those who may change it, whether or not it is public."""
        material = queries.get_material_of_session(self._context.get_session(**url_args), key)
        if material.is_link:
            raise NotFound(queries.MATERIAL_GONE)
        answer = downloads.send(material)
        answer.headers["Cache-Control"] = "private, no-store"
        return answer

    def too_large(self, error: RequestEntityTooLarge) -> ResponseReturnValue:
        """Show beside the field that the file is too large."""
        url_args = dict(request.view_args or {})
        key = url_args.pop("key", "")
        if not _accepts_file(request.endpoint) or not self._context.can_edit():
            return render_error_page(413)
        try:
            session = self._context.get_session(**url_args)
            material = queries.get_material_of_session(session, key) if key else None
        except ConferenceError:  # no access, so nothing about it is revealed
            return render_error_page(413)
        form = MaterialFileForm(formdata=None, data=_initial_data(material))
        form.has_stored_file = material is not None
        form.add_error(form.file, RuleViolation(str(TOO_LARGE)))
        return self._render_form(
            "change" if key else "file", session, form, url_args, material, 413
        )

    def _save(self, material: Material, form: MaterialForm | MaterialFileForm) -> bool:
        brings = isinstance(form, MaterialFileForm) and form.has_new_file
        if brings:
            services.replace_file(
                material, form["file"].data.stream, actor=self._context.get_actor()
            )
        return (
            services.update(material, *_typed_values(form), actor=self._context.get_actor())
            or brings
        )

    def _render_form(  # noqa: PLR0913, PLR0917 – all variables of one page
        self,
        page_name: str,
        session: Session,
        form: Form,
        url_args: dict[str, str],
        material: Material | None = None,
        status: int = 200,
    ) -> ResponseReturnValue:
        return render_page(
            f"speakers/materials/{page_name}.html",
            422 if form.errors and status == 200 else status,
            layout=self._context.layout,
            session=session,
            material=material,
            form=form,
            where=url_args,
            back=self._index_url(url_args),
            **self._context.template_context(**url_args),
        )

    def _redirect(self, flash_name: str, url_args: dict[str, str]) -> ResponseReturnValue:
        return self._context.redirect_to(self._index_url(url_args), flash_name)

    def _index_url(self, url_args: dict[str, str]) -> str:
        return url_for(".index", slug=url_args["slug"])


def _typed_values(form: Any) -> tuple[str, str]:
    return form.title.data or "", form.opens.data or ""


def _apply_or_reject(form: Form, field: Any, action: Callable[[], object]) -> bool:
    """Run an action; add its error to the field, and return False if there was one."""
    try:
        action()
    except (RuleViolation, InvalidFile) as refusal:
        form.add_error(field, refusal)
        return False
    return True
