"""Writing a version: the form, its preview, and what happens when someone else was faster."""

from typing import Any

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from app import clock
from app.content import comparing, queries, services
from app.content.models import NEWS, PAGE
from app.content.services import Stale
from app.content.versions import FALLBACK, Key, Version
from app.content.views import folder
from app.errors import Refused
from app.forms import checks_its_own_token
from app.organise import done
from app.organise.edited import who
from app.organise.writing import opened
from app.organise.writing.forms import NewPageForm, NewsForm, WritingForm
from app.organise.writing.opened import KINDS, Text
from app.web import languages
from app.web.pages import page
from app.web.words import local_day

FORMS: dict[str, type[WritingForm]] = {PAGE: WritingForm, NEWS: NewsForm}
NEW: dict[str, type[WritingForm]] = {PAGE: NewPageForm, NEWS: NewsForm}


def attach(pages: Blueprint) -> None:
    """Put these addresses on the part."""
    both = ["GET", "POST"]
    pages.add_url_rule(f"/add/<{KINDS}:kind>", view_func=add, methods=both)
    pages.add_url_rule(f"/<{KINDS}:kind>/<slug>/<language>", view_func=edit, methods=both)


@checks_its_own_token
def add(kind: str) -> ResponseReturnValue:
    """Write something new."""
    form = NEW[kind]()
    if not form.is_submitted():
        form.begin_with("", "", "", local_day(clock.now()))
    status, stale = _saved(form, lambda: _add(form, kind))
    if isinstance(status, Response):
        return status
    key = Key(kind, "new", FALLBACK)
    return page("organise/writing/edit.html", status, text=None, **_shown(form, key, stale))


@checks_its_own_token
def edit(kind: str, slug: str, language: str) -> ResponseReturnValue:
    """Write the next version of a text."""
    text = opened.text(kind, slug, language)
    form = FORMS[kind]()
    if not form.is_submitted():
        _begin(form, text)
    status, stale = _saved(form, lambda: _save(form, text))
    if isinstance(status, Response):
        return status
    return page(
        "organise/writing/edit.html",
        status,
        text=text,
        trail=text.trail,
        **_shown(form, text.key, stale),
    )


def _saved(form: WritingForm, save: Any) -> tuple[Any, Stale | None]:
    """Save what was typed; give where to go on, or the status of the form as it is shown again."""
    if not form.is_submitted():
        return 200, None
    if not form.validate():
        return 422, None
    if "preview" in request.form:
        return 200, None
    try:
        return save(), None
    except Stale as stale:
        form.version.data = str(stale.version)
        return 409, stale
    except Refused as refusal:
        form.reject(getattr(form, "address", form.title), refusal)
        return 422, None


def _add(form: WritingForm, kind: str) -> Response:
    address = form.address.data if isinstance(form, NewPageForm) else ""
    wanted = Key(kind, address or "", FALLBACK)
    key = services.add(folder(), wanted, form.wording(), taken=opened.taken(), who=who())
    return _on_to(key, "text-waiting" if form.appears.moment else "text-added")


def _save(form: WritingForm, text: Text) -> Response:
    is_new = services.save(folder(), text.key, form.wording(), seen=form.seen, who=who())
    saved = "text-waiting" if form.appears.moment else "text-saved"
    return _on_to(text.key, saved if is_new else "text-as-it-was")


def _on_to(key: Key, what: str) -> Response:
    place = url_for("organise.writing.text", kind=key.kind, slug=key.slug)
    return redirect(done.at(place, what), 303)


def _begin(form: WritingForm, text: Text) -> None:
    """Let the newest version stand in the form, or another that was asked for."""
    form.version.data = str(text.seen)
    begins = opened.to_begin_with(text)
    if begins is not None:
        words = queries.body(folder(), begins)
        form.begin_with(begins.title, begins.summary, words, begins.dated_on)
    else:
        form.begin_with("", "", "", local_day(clock.now()))


def _shown(form: WritingForm, key: Key, stale: Stale | None) -> dict[str, Any]:
    english = None if key.language == FALLBACK else opened.text(key.kind, key.slug).counts
    return {
        "form": form,
        "kind": key.kind,
        "written_in": languages.described(key.language),
        "english": queries.body(folder(), english) if english else "",
        "preview": _preview(form, key),
        "stale": stale,
        "difference": _difference(stale),
    }


def _preview(form: WritingForm, key: Key) -> Any:
    """Set what was typed as readers would see it; nothing while there is no text."""
    if not form.body.data:
        return None
    wording = form.wording()
    version = Version(*key, form.seen, wording.title, wording.summary, wording.dated_on)
    make = queries.set_page if key.kind == PAGE else queries.set_news
    return make(version, wording.body, languages.root(key.language), "preview-")


def _difference(stale: Stale | None) -> Any:
    body = next((one for one in stale.differing if one.field == "body"), None) if stale else None
    return comparing.lines(body.before, body.after) if body else ()
