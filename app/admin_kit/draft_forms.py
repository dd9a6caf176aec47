"""Forms whose preview is a page with a URL: a POST stores a draft, and a GET shows it.

The view of such a form is decorated with ``deletes_draft``, creates its form with
``**get_form_arguments()``, and handles the preview button with ``redirect_to_preview``.
"""

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, Final, ParamSpec

from flask import g, make_response, redirect, request
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from app.accounts import form_drafts, guards
from app.accounts.models import FormDraft
from app.errors import PermissionDenied
from app.forms.form import Form
from app.web import redirects

PREVIEW: Final = "preview"  # the button, and the query parameter of the page that shows it
LIVE_PREVIEW: Final = "live"  # its value for a script, which stores nothing
NOT_STORED: Final = {"csrf_token", PREVIEW, "button", "step"}  # buttons and the token
SELECTION: Final = {"all", "chosen", "group", "speakers"}  # of rows of a list
SEE_OTHER: Final = 303
P = ParamSpec("P")

redirects.MESSAGES["admin"] |= {"draft-deleted": _l("Your unsaved changes have been discarded.")}


def find_draft(path: str = "") -> FormDraft | None:
    """Return the current user's draft of the form at a path, by default of this page."""
    return form_drafts.find(_person_id(), path or request.path)


def get_form_arguments() -> dict[str, Any]:
    """Return the arguments that fill the form of this page with its draft, if it is opened.

    The page then says that it shows a draft.
    """
    g.shown_draft = find_draft() if _is_read() and "from" not in request.args else None
    return to_arguments(g.shown_draft)


def to_arguments(draft: FormDraft | None) -> dict[str, Any]:
    """Return the arguments that fill a form with a draft."""
    return {} if draft is None else {"formdata": MultiDict(form_drafts.load_fields(draft))}


def draft_context() -> dict[str, Any]:
    """Return template variables with the draft that the form of this page shows, if any."""
    return {"draft": g.get("shown_draft")}


def get_pressed_button() -> str:
    """Return the pressed button; a preview page starts as if its button had just been pressed."""
    if _is_read():
        return PREVIEW if PREVIEW in request.args and g.get("shown_draft") else ""
    return PREVIEW if PREVIEW in request.form else request.form.get("button", "")


def redirect_to_preview(form: Form, url: str = "") -> Response | None:
    """Store the input and redirect to the preview, if its button was pressed.

    The preview is on the page of the form, unless ``url`` is that of a page of its own.
    """
    is_asked = not _is_read() and get_pressed_button() == PREVIEW
    if not is_asked or request.form.get(PREVIEW) == LIVE_PREVIEW:
        return None
    return redirect_to_draft(form, url or f"{request.script_root}{request.path}?preview=1")


def redirect_to_draft(form: Form, url: str, path: str = "") -> Response | None:
    """Store the input of the form at a path and redirect; return None for an invalid token."""
    if not form.csrf_token.validate(form):
        return None
    typed = [pair for pair in request.form.items(multi=True) if pair[0] not in NOT_STORED]
    form_drafts.save(_person_id(), path or request.path, typed)
    g.stored_draft = path or request.path
    return redirect(url, SEE_OTHER)


def redirect_to_selection(chosen: Iterable[str], url: str) -> Response:
    """Store the input and the selected rows of a list, and redirect to their page."""
    typed = [
        pair for pair in request.form.items(multi=True) if pair[0] not in NOT_STORED | SELECTION
    ]
    store_fields(url, [*typed, *(("chosen", one) for one in chosen)])
    g.stored_draft = _to_path(url)
    return redirect(url, SEE_OTHER)


def find_selection() -> MultiDict[str, str]:
    """Return the selection and input, sent with this request or stored before."""
    return get_stored_fields() if _is_read() else request.form


def get_stored_fields() -> MultiDict[str, str]:
    """Return the stored fields for the page of this request; empty if there is no draft."""
    draft = find_draft()
    return MultiDict(form_drafts.load_fields(draft) if draft else ())


def store_fields(url: str, fields: Iterable[tuple[str, str]]) -> None:
    """Store fields that the page at a URL will show to the current user."""
    form_drafts.save(_person_id(), _to_path(url), fields)


def delete_stored(url: str) -> None:
    """Delete the stored fields of the page at a URL."""
    form_drafts.delete(_person_id(), _to_path(url))


def deletes_draft(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
    """Delete the draft of a form when the form has been saved, that is, when its view redirects."""

    @wraps(view)
    def run(*args: P.args, **values: P.kwargs) -> ResponseReturnValue:
        response = make_response(view(*args, **values))
        is_saved = not _is_read() and response.status_code == SEE_OTHER
        if is_saved and "stored_draft" not in g:
            form_drafts.delete(_person_id(), request.path)
        return response

    return run


def discard_draft() -> ResponseReturnValue:
    """Discard the draft of a form, and show the saved values."""
    path = redirects.safe_path_or_blank(request.form.get("path", ""))
    form_drafts.delete(_person_id(), path)
    return redirects.redirect_to(f"{request.script_root}{path}", "draft-deleted")


def _to_path(url: str) -> str:
    return url.partition("?")[0].removeprefix(request.script_root)


def _is_read() -> bool:
    return request.method in {"GET", "HEAD"}


def _person_id() -> int:
    person = guards.current_person()
    if person is None:
        raise PermissionDenied("Sign in first")
    return person.id
