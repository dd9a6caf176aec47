"""Pages on which slides and papers are handed in, for speakers and for organisers alike.

A face of the site attaches them to a blueprint of its own and says which session an address means,
who is there, and where to go on.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import RequestEntityTooLarge

from app.accounts import guards
from app.errors import ConferenceError, NotFound, Refused, Unreadable
from app.forms import ButtonForm, Form, checks_its_own_token
from app.programme.materials import queries, sending, services
from app.programme.materials.checking import LARGEST
from app.programme.materials.models import Material
from app.programme.models import Session
from app.speakers.material_forms import (
    OPENS,
    TOO_LARGE,
    MaterialFileForm,
    MaterialForm,
    MaterialLinkForm,
)
from app.web.answers import problem
from app.web.handed_in import ROOM_AROUND
from app.web.pages import page

WITH_A_FILE = frozenset({"add_file", "change"})


class Face(Protocol):
    """What these pages must know of where they are shown."""

    skeleton: str  # the template that they extend
    releases: bool  # whether the organisers' word is given here

    def session(self, **where: str) -> Session:
        """Find the session that an address means; raise where it is not open to who asks."""

    def who(self) -> str:
        """Tell who is there."""

    def may_change(self) -> bool:
        """Whether who is there may change what is shown."""

    def about(self, **where: str) -> dict[str, Any]:
        """Give what the skeleton wants to know."""

    def see(self, address: str, what: str) -> ResponseReturnValue:
        """Lead on, and say what has been done."""


@dataclass(frozen=True)
class Shelf:
    """The materials of one session, on a page."""

    session: Session
    where: dict[str, str]  # in an address
    materials: Sequence[Material]


def attach(pages: Blueprint, face: Face, beneath: str = "") -> None:
    """Put these pages on a blueprint; ``beneath`` is what tells the session in their addresses."""
    views = Views(face)
    asks = ["GET", "POST"]
    pages.url_value_preprocessor(_take_large_files)
    pages.register_error_handler(RequestEntityTooLarge, views.too_large)
    for rule, name, view, methods in (
        ("/_file", "add_file", checks_its_own_token(views.add_file), asks),
        ("/_link", "add_link", checks_its_own_token(views.add_link), asks),
        ("/<key>", "change", checks_its_own_token(views.change), asks),
        ("/<key>/remove", "remove", views.remove, asks),
        ("/<key>/file", "file", views.file, ["GET"]),
    ):
        pages.add_url_rule(f"{beneath}{rule}", name, view, methods=methods)
    if face.releases:
        pages.add_url_rule(f"{beneath}/<key>/release", "release", views.release, methods=["POST"])


def listed(face: Face, shelves: Sequence[Shelf], **where: str) -> ResponseReturnValue:
    """Show the materials of some sessions."""
    every = [one for shelf in shelves for one in shelf.materials]
    return page(
        "speakers/materials/listed.html",
        skeleton=face.skeleton,
        shelves=shelves,
        downloads=queries.downloads(every),
        opens=OPENS,
        may_change=face.may_change(),
        may_release=face.releases and face.may_change(),
        form=ButtonForm(),
        **face.about(**where),
    )


def _take_large_files(endpoint: str | None, values: dict[str, Any] | None) -> None:
    """Let those who have signed in hand in a file as their programs make it."""
    if _takes_a_file(endpoint) and guards.held_secret():
        request.max_content_length = LARGEST + ROOM_AROUND


def _takes_a_file(endpoint: str | None) -> bool:
    return (endpoint or "").rpartition(".")[2] in WITH_A_FILE


class Views:
    """The views of one face."""

    def __init__(self, face: Face) -> None:
        self._face = face

    def add_file(self, **where: str) -> ResponseReturnValue:
        """Hand a file in."""
        session, form = self._face.session(**where), MaterialFileForm.about(None)
        news: list[bool] = []

        def hand_in() -> None:
            stream = form.file.data.stream
            news.append(services.hand_in(session, stream, *_said(form), who=self._face.who()))

        if form.validate_on_submit() and _done(form, form.file, hand_in):
            return self._see("material-saved" if any(news) else "material-here", where)
        return self._ask("file", session, form, where)

    def add_link(self, **where: str) -> ResponseReturnValue:
        """Give a link."""
        session, form = self._face.session(**where), MaterialLinkForm()

        def link() -> None:
            address = form.address.data or ""
            services.link(session, address, *_said(form), who=self._face.who())

        if form.validate_on_submit() and _done(form, form.address, link):
            return self._see("material-saved", where)
        return self._ask("link", session, form, where)

    def change(self, key: str, **where: str) -> ResponseReturnValue:
        """Call it something else, show it at another time, or hand in another file."""
        session = self._face.session(**where)
        material = queries.of(session, key)
        form = (MaterialForm if material.is_link else MaterialFileForm).about(material)
        if form.validate_on_submit():
            news: list[bool] = []
            if _done(form, form.title, lambda: news.append(self._save(material, form))):
                return self._see("material-saved" if any(news) else "as-it-was", where)
        return self._ask("change", session, form, where, material)

    def remove(self, key: str, **where: str) -> ResponseReturnValue:
        """Ask whether it is to be taken away, and do so."""
        session = self._face.session(**where)
        material = queries.of(session, key)
        if request.method == "POST":
            services.take_away(material, who=self._face.who())
            return self._see("material-removed", where)
        return self._ask("remove", session, ButtonForm(), where, material)

    def release(self, key: str, **where: str) -> ResponseReturnValue:
        """Give the organisers' word."""
        material = queries.of(self._face.session(**where), key)
        is_news = services.release(material, who=self._face.who())
        return self._see("material-released" if is_news else "as-it-was", where)

    def file(self, key: str, **where: str) -> ResponseReturnValue:
        """Send the file to whoever may change it, whenever readers see it."""
        material = queries.of(self._face.session(**where), key)
        if material.is_link:
            raise NotFound(queries.GONE)
        answer = sending.sent(material)
        answer.headers["Cache-Control"] = "private, no-store"
        return answer

    def too_large(self, error: RequestEntityTooLarge) -> ResponseReturnValue:
        """Say beside the question that a file is too large."""
        where = dict(request.view_args or {})
        key = where.pop("key", "")
        if not _takes_a_file(request.endpoint) or not self._face.may_change():
            return problem(413)
        try:
            session = self._face.session(**where)
            material = queries.of(session, key) if key else None
        except ConferenceError:  # it is not theirs, and is not talked about
            return problem(413)
        form = MaterialFileForm(formdata=None, data={} if material is None else vars(material))
        form.is_kept = material is not None
        form.reject(form.file, Refused(str(TOO_LARGE)))
        return self._ask("change" if key else "file", session, form, where, material, 413)

    def _save(self, material: Material, form: MaterialForm | MaterialFileForm) -> bool:
        brings = isinstance(form, MaterialFileForm) and form.brings_a_file
        if brings:
            services.replace(material, form["file"].data.stream, who=self._face.who())
        return services.change(material, *_said(form), who=self._face.who()) or brings

    def _ask(  # noqa: PLR0913, PLR0917 - one page, and all that it shows
        self,
        what: str,
        session: Session,
        form: Form,
        where: dict[str, str],
        material: Material | None = None,
        status: int = 200,
    ) -> ResponseReturnValue:
        return page(
            f"speakers/materials/{what}.html",
            422 if form.errors and status == 200 else status,
            skeleton=self._face.skeleton,
            session=session,
            material=material,
            form=form,
            where=where,
            back=self._listed(where),
            **self._face.about(**where),
        )

    def _see(self, what: str, where: dict[str, str]) -> ResponseReturnValue:
        return self._face.see(self._listed(where), what)

    def _listed(self, where: dict[str, str]) -> str:
        return url_for(".listed", slug=where["slug"])


def _said(form: Any) -> tuple[str, str]:
    return form.title.data or "", form.opens.data or ""


def _done(form: Form, field: Any, deed: Callable[[], object]) -> bool:
    """Do a deed, or show beside a field why it cannot be done."""
    try:
        deed()
    except (Refused, Unreadable) as refusal:
        form.reject(field, refusal)
        return False
    return True
