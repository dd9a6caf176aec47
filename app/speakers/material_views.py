"""Uploading and releasing slides and papers, for speakers and in the admin."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from app.accounts import guards, large_uploads
from app.errors import InvalidFile, NotFound, PermissionDenied, RuleViolation
from app.forms.form import ConfirmForm, Form, validates_own_csrf
from app.materials import file_validation, files, queries, services
from app.materials import queries as materials
from app.materials.file_validation import MAX_BYTES, AcceptedFile
from app.materials.models import Material
from app.materials.services import NOT_UPLOADER, StaleMaterial, Uploader
from app.programme.editing import speaker_queries
from app.programme.models import Session
from app.request_transaction import start_writing
from app.speakers import access
from app.speakers.material_forms import (
    OPENS_LABELS,
    TOO_LARGE,
    MaterialFileForm,
    MaterialForm,
    MaterialLinkForm,
    RemoveMaterialForm,
    initial_data,
)
from app.web import redirects
from app.web.rendering import render_page

REFUSALS: Final = (RuleViolation, InvalidFile)


@dataclass(frozen=True)
class SessionMaterials:
    """The materials of one session, on a page."""

    session: Session
    url_args: dict[str, str]  # URL parameters
    materials: Sequence[Material]


class MaterialViews(ABC):
    """The views; organisers and speakers differ in which sessions and layout they see."""

    layout: str  # the template that the pages extend
    can_release: bool  # whether materials can be approved here

    @abstractmethod
    def get_session(self, **url_args: str) -> Session:
        """Return the session that the URL names; raise a ConferenceError without access."""

    @abstractmethod
    def get_uploader(self, **url_args: str) -> Uploader:
        """Return the uploader: the signed-in person, and the speaker whose pages these are."""

    @abstractmethod
    def can_edit(self) -> bool:
        """Return True if the signed-in person may change a material."""

    @abstractmethod
    def template_context(self, **url_args: str) -> dict[str, Any]:
        """Return the variables of the layout."""

    def add_url_rules(self, bp: Blueprint, session_rule: str = "") -> None:
        """Add the views; ``session_rule`` names a session within their URL."""
        for rule, name, view in (
            ("/_file", "add_file", validates_own_csrf(self.add_file)),
            ("/_link", "add_link", validates_own_csrf(self.add_link)),
            ("/<key>", "edit", validates_own_csrf(self.edit)),
            ("/<key>/remove", "remove", self.remove),
        ):
            bp.add_url_rule(f"{session_rule}{rule}", name, view, methods=["GET", "POST"])
        bp.add_url_rule(f"{session_rule}/<key>/file", "file", self.file)
        rule = f"{session_rule}/<key>/restore"
        bp.add_url_rule(rule, "restore", self.restore, methods=["POST"])
        if self.can_release:
            rule = f"{session_rule}/<key>/release"
            bp.add_url_rule(rule, "release", self.release, methods=["POST"])
        large_uploads.accept(bp, MAX_BYTES, {"add_file", "edit"}, self.render_too_large)

    def render_index(
        self, sessions: Sequence[SessionMaterials], **url_args: str
    ) -> ResponseReturnValue:
        """Show the materials of several sessions."""
        materials = [material for shelf in sessions for material in shelf.materials]
        uploader = self.get_uploader(**url_args)
        return render_page(
            "speakers/materials/index.html",
            layout=self.layout,
            session_materials=sessions,
            downloads=queries.count_downloads(materials),
            refusals=queries.list_refusals(materials),
            opens=OPENS_LABELS,
            may_change=self.can_edit(),
            own_ids={material.id for material in materials if uploader.can_edit(material)},
            shows_addresses=uploader.speaker is None,
            may_release=self.can_release and self.can_edit(),
            form=ConfirmForm(),
            **self.template_context(**url_args),
        )

    def add_file(self, **url_args: str) -> ResponseReturnValue:
        """Upload a file."""
        session, form = self.get_session(**url_args), MaterialFileForm.for_material(None)
        if form.validate_on_submit():
            try:
                file = file_validation.accept(form.file.data.stream)
                start_writing()
                session = self.get_session(**url_args)  # again: access may have been revoked
                uploader = self.get_uploader(**url_args)
                new = services.add_file(session, file, *_typed_values(form), uploader=uploader)
            except REFUSALS as refusal:
                form.add_error(form.file, refusal)
            else:
                return _redirect(_saved_key(new) if new else "material-here", url_args)
        return self._render_form(session, form, url_args)

    def add_link(self, **url_args: str) -> ResponseReturnValue:
        """Add a link."""
        session, form = self.get_session(**url_args), MaterialLinkForm()
        if form.validate_on_submit():
            address, uploader = form.address.data or "", self.get_uploader(**url_args)
            try:
                new = services.add_link(session, address, *_typed_values(form), uploader=uploader)
            except REFUSALS as refusal:
                form.add_error(form.address, refusal)
            else:
                return _redirect(_saved_key(new), url_args)
        return self._render_form(session, form, url_args)

    def edit(self, key: str, **url_args: str) -> ResponseReturnValue:
        """Change title or time, or replace the file."""
        session, material = self._get_own_material(key, url_args)
        form, status = _form_for(material), None
        if form.validate_on_submit():
            try:
                file = _accept_file(form)
                start_writing()
                session, material = self._get_own_material(key, url_args)  # may be revoked
                has_changed = self._update(material, form, file, url_args)
            except StaleMaterial as stale:
                form.add_error(form.title, stale)
                form.fingerprint.data, status = queries.fingerprint(material), 409
            except REFUSALS as refusal:
                form.add_error(form.title, refusal)
            else:
                return _redirect(_saved_key(material) if has_changed else "as-it-was", url_args)
        return self._render_form(session, form, url_args, material, status=status)

    def remove(self, key: str, **url_args: str) -> ResponseReturnValue:
        """Ask for confirmation, then delete the material."""
        session, material = self._get_own_material(key, url_args)
        form = RemoveMaterialForm(data=initial_data(material))
        if form.validate_on_submit():
            expected, uploader = form.fingerprint.data or "", self.get_uploader(**url_args)
            services.delete(material, expected_fingerprint=expected, uploader=uploader)
            return _redirect("material-removed", url_args)
        return self._render_form(session, form, url_args, material, page="remove")

    def restore(self, key: str, **url_args: str) -> ResponseReturnValue:
        """Restore a deleted material."""
        material = queries.get_deleted_material(self.get_session(**url_args), key)
        uploader = self.get_uploader(**url_args)
        services.restore(material, uploader=uploader)
        is_waiting = uploader.needs_approval and material.is_awaiting_release
        return _redirect("material-waiting" if is_waiting else "material-restored", url_args)

    def release(self, key: str, **url_args: str) -> ResponseReturnValue:
        """Approve the material for publication."""
        _, material = self._get_material(key, url_args)
        has_changed = services.approve(material, uploader=self.get_uploader(**url_args))
        return _redirect("material-released" if has_changed else "as-it-was", url_args)

    def file(self, key: str, **url_args: str) -> ResponseReturnValue:
        """Send the file to those who may change it, whether or not it is public."""
        _, material = self._get_material(key, url_args)
        if material.is_link:
            raise NotFound(queries.MATERIAL_GONE)
        answer = files.send(material)
        answer.headers["Cache-Control"] = "private, no-store"
        return answer

    def render_too_large(self, key: str = "", **url_args: str) -> ResponseReturnValue:
        """Show beside the field that the file is too large."""
        session = self.get_session(**url_args)
        material = queries.get_material_of_session(session, key) if key else None
        form = MaterialFileForm.for_material(material, formdata=None)
        form.add_error(form.file, RuleViolation(str(TOO_LARGE)))
        return self._render_form(session, form, url_args, material, status=413)

    def _get_material(self, key: str, url_args: dict[str, str]) -> tuple[Session, Material]:
        session = self.get_session(**url_args)
        return session, queries.get_material_of_session(session, key)

    def _get_own_material(self, key: str, url_args: dict[str, str]) -> tuple[Session, Material]:
        """Return a material that the signed-in person may change; raise PermissionDenied."""
        session, material = self._get_material(key, url_args)
        if not self.get_uploader(**url_args).can_edit(material):
            raise PermissionDenied(NOT_UPLOADER)
        return session, material

    def _update(
        self,
        material: Material,
        form: MaterialForm | MaterialFileForm,
        file: AcceptedFile | None,
        url_args: dict[str, str],
    ) -> bool:
        return services.update(
            material,
            *_typed_values(form),
            file=file,
            expected_fingerprint=form.fingerprint.data or "",
            uploader=self.get_uploader(**url_args),
        )

    def _render_form(  # noqa: PLR0913 – all variables of one page
        self,
        session: Session,
        form: Form,
        url_args: dict[str, str],
        material: Material | None = None,
        *,
        page: str = "form",
        status: int | None = None,
    ) -> ResponseReturnValue:
        return render_page(
            f"speakers/materials/{page}.html",
            status,
            layout=self.layout,
            session=session,
            material=material,
            form=form,
            back=url_for(".index", slug=url_args["slug"]),
            **self.template_context(**url_args),
        )


def _accept_file(form: MaterialForm | MaterialFileForm) -> AcceptedFile | None:
    """Return the chosen file, or None; raise InvalidFile if it cannot be accepted."""
    stream = form.stream if isinstance(form, MaterialFileForm) else None
    return file_validation.accept(stream) if stream else None


def _form_for(material: Material) -> MaterialForm | MaterialFileForm:
    if material.is_link:
        return MaterialForm(data=initial_data(material))
    return MaterialFileForm.for_material(material)


def _saved_key(material: Material) -> str:
    """Return the key of the message about who can see the material."""
    if material.is_internal:
        return "material-internal"
    return "material-waiting" if material.is_awaiting_release else "material-saved"


def _redirect(message_key: str, url_args: dict[str, str]) -> ResponseReturnValue:
    return redirects.redirect_to(url_for(".index", slug=url_args["slug"]), message_key)


def _typed_values(form: Any) -> tuple[str, str]:
    return form.title.data or "", form.opens.data or ""


bp = Blueprint("materials", __name__, url_prefix="/<slug>/materials")

redirects.MESSAGES["speakers"] |= {
    "material-saved": _l("Saved. It will be public at the time you chose."),
    "material-here": _l("This file has already been uploaded, so it was not added again."),
    "material-waiting": _l("Saved. An organiser will check it before it is public."),
    "material-internal": _l(
        "Saved. It will not be public. Only organisers, technicians and the other speakers in "
        "the session can see it."
    ),
    "material-removed": _l("Deleted. It is no longer public. You can restore it for a week."),
    "material-restored": _l("Restored."),
}


class _OwnMaterialViews(MaterialViews):
    layout = "speakers/page.html"
    can_release = False

    def get_session(self, **url_args: str) -> Session:
        for session in list_sessions(url_args["slug"]):
            if session.slug == url_args["session"]:
                return session
        raise NotFound("You are not in that session")

    def get_uploader(self, **url_args: str) -> Uploader:
        return Uploader(access.current_actor(), access.get_own_speaker(url_args["slug"]))

    def can_edit(self) -> bool:
        person = guards.current_person()
        return person is not None and person.has_speaker_access

    def template_context(self, **url_args: str) -> dict[str, Any]:
        return {"speaker": access.get_own_speaker(url_args["slug"]), "breadcrumbs": []}


VIEWS = _OwnMaterialViews()


@bp.get("")
def index(slug: str) -> ResponseReturnValue:
    """Show the materials of each session."""
    own = list_sessions(slug)
    found = materials.list_by_session([session.id for session in own])
    session_materials = [
        SessionMaterials(session, {"slug": slug, "session": session.slug}, found[session.id])
        for session in own
    ]
    return VIEWS.render_index(session_materials, slug=slug)


def list_sessions(slug: str) -> list[Session]:
    """List the sessions in which a speaker appears, each once."""
    parts = speaker_queries.list_session_roles(access.get_own_speaker(slug))
    return list({part.session.id: part.session for part in parts}.values())


VIEWS.add_url_rules(bp, "/<session>")
