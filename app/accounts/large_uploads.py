"""Large uploads: accepted from people who are signed in, at the addresses that ask for a file."""

from collections.abc import Callable, Collection
from functools import partial
from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import RequestEntityTooLarge

from app.accounts import guards, queries
from app.errors import ConferenceError
from app.forms.form import FORM_OVERHEAD_BYTES
from app.request_transaction import READ_ONLY_METHODS, read_first
from app.web.error_handlers import render_error_page


def accept(
    bp: Blueprint,
    max_bytes: int,
    view_names: Collection[str],
    render_too_large: Callable[..., ResponseReturnValue],
) -> None:
    """Raise the limit of request bodies for these views of a blueprint.

    They begin without the write lock, and call ``request_transaction.start_writing`` once they have
    judged the file.

    If an upload is larger still, ``render_too_large`` shows its form again; it is called like the
    view, and raises what the view raises for people without access.
    """
    takes_file = partial(_is_among, view_names)

    def raise_limit(endpoint: str | None, values: dict[str, Any] | None) -> None:
        if takes_file(endpoint) and may_send_file():
            request.max_content_length = max_bytes + FORM_OVERHEAD_BYTES

    def handle_too_large(error: RequestEntityTooLarge) -> ResponseReturnValue:
        if not takes_file(request.endpoint):
            return render_error_page(413)
        if (request.content_length or 0) <= max_bytes + FORM_OVERHEAD_BYTES and _has_expired():
            return guards.redirect_to_sign_in_page()
        return _render_too_large_file(render_too_large)

    read_first(bp, view_names)
    bp.url_value_preprocessor(raise_limit)
    bp.register_error_handler(RequestEntityTooLarge, handle_too_large)


def _is_among(view_names: Collection[str], endpoint: str | None) -> bool:
    return (endpoint or "").rpartition(".")[2] in view_names


def _render_too_large_file(
    render_too_large: Callable[..., ResponseReturnValue],
) -> ResponseReturnValue:
    try:
        return render_too_large(**(request.view_args or {}))
    except ConferenceError:  # no access, so nothing about it is revealed
        return render_error_page(413)


def may_send_file() -> bool:
    """Return True for a POST from a browser whose cookie still opens a login session."""
    return request.method not in READ_ONLY_METHODS and queries.is_login_session_active(
        guards.session_token()
    )


def _has_expired() -> bool:
    """Return True if this browser was signed in, and its login session has ended."""
    return bool(guards.session_token()) and guards.current_login_session() is None
