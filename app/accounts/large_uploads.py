"""Large uploads: accepted from people who are signed in, at the addresses that ask for a file."""

from collections.abc import Callable, Collection
from functools import partial
from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import RequestEntityTooLarge

from app.accounts import guards
from app.errors import ConferenceError
from app.forms.base import FORM_OVERHEAD_BYTES
from app.request_transaction import read_first
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
        if takes_file(endpoint) and guards.session_token():
            request.max_content_length = max_bytes + FORM_OVERHEAD_BYTES

    def handle_too_large(error: RequestEntityTooLarge) -> ResponseReturnValue:
        if not takes_file(request.endpoint):
            return render_error_page(413)
        try:
            return render_too_large(**(request.view_args or {}))
        except ConferenceError:  # no access, so nothing about it is revealed
            return render_error_page(413)

    read_first(bp, view_names)
    bp.url_value_preprocessor(raise_limit)
    bp.register_error_handler(RequestEntityTooLarge, handle_too_large)


def _is_among(view_names: Collection[str], endpoint: str | None) -> bool:
    return (endpoint or "").rpartition(".")[2] in view_names
