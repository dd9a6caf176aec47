"""Error handlers: map exceptions to HTTP statuses and render the error page."""

from datetime import timedelta
from math import ceil
from typing import Any

from flask import Flask, current_app, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask.wrappers import Response
from flask_babel import gettext, lazy_gettext, ngettext
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException, InternalServerError

from app.database_faults import is_unavailable
from app.errors import (
    ConferenceError,
    DamagedData,
    Gone,
    Moved,
    NetworkLimitExceeded,
    NotFound,
    PermissionDenied,
    RateLimitExceeded,
    RuleViolation,
)
from app.log import log
from app.web.cache_policy import PUBLIC_CACHE_CONTROL
from app.web.rendering import render_page
from app.web.request_log import REQUEST_ID, ROUTE

DEFAULT_RETRY_AFTER = "3600"  # seconds, as in the explanation of 429
PUBLIC_TEMPLATE = "site/error.html"
STATUS_CODES = {
    NotFound: 404,
    PermissionDenied: 403,
    RuleViolation: 409,
    Gone: 410,
    RateLimitExceeded: 429,
    DamagedData: 503,
}
HEADINGS = {
    400: lazy_gettext("We could not understand that request"),
    403: lazy_gettext("You do not have access to this page"),
    404: lazy_gettext("Page not found"),
    405: lazy_gettext("You cannot do that on this page"),
    408: lazy_gettext("The connection was too slow"),
    409: lazy_gettext("You cannot do that now"),
    410: lazy_gettext("This page is no longer available"),
    413: lazy_gettext("Too much data"),
    422: lazy_gettext("There is a problem with the form"),
    429: lazy_gettext("Too many requests"),
    500: lazy_gettext("Sorry, there is a problem with the service"),
    503: lazy_gettext("Sorry, the service is unavailable"),
}
EXPLANATIONS = {
    400: lazy_gettext("There was a mistake in the web address or the form. Go back and try again."),
    403: lazy_gettext("If you should have access, sign in first."),
    404: lazy_gettext(
        "If you typed the web address, check that it is correct. "
        "If you pasted it, check that you copied all of it."
    ),
    405: lazy_gettext("Go back to the page with the form or button, and try again."),
    408: lazy_gettext(
        "Your connection was slow or interrupted, so nothing was saved. Go back and try again."
    ),
    409: lazy_gettext("Something has changed since you opened the page. Reload it and try again."),
    410: lazy_gettext("It has been used, replaced or removed."),
    413: lazy_gettext("Go back, shorten your text or choose a smaller file, and try again."),
    422: lazy_gettext("Go back, check your answers and try again."),
    429: lazy_gettext("Wait 1 hour, then try again."),
    500: lazy_gettext(
        "Something went wrong on our side. Anything you have already sent is safe. "
        "Try again in a few minutes."
    ),
    503: lazy_gettext("Try again in a few minutes. Anything you have already sent is safe."),
}
MAYBE_UNSAVED = lazy_gettext(
    "What you just sent may not have been saved. Wait a few minutes, then go back and send it "
    "again. Anything you sent before is safe."
)


def init_app(app: Flask) -> None:
    """Register the handlers of all errors."""
    app.register_error_handler(ConferenceError, _handle_conference_error)
    app.register_error_handler(Moved, _redirect_moved)
    app.register_error_handler(CSRFError, _handle_csrf_error)
    app.register_error_handler(HTTPException, _handle_http_error)
    app.register_error_handler(SQLAlchemyError, _handle_database_error)
    app.register_error_handler(InternalServerError, _handle_internal_error)
    app.after_request(_add_retry_after)


def render_error_page(code: int, reason: str = "") -> Response:
    """Return the error page of a status, with a specific reason if there is one."""
    g.is_problem = True
    known_code = code if code in HEADINGS else 500 if code >= 500 else 400
    own_template = getattr(g, "error_template", PUBLIC_TEMPLATE)
    template = own_template if code < 500 else PUBLIC_TEMPLATE
    return render_page(
        template,
        status=code,
        code=code,
        heading_text=HEADINGS[known_code],
        reason=f"{reason}." if reason else _explain(known_code),
        request_id=request.environ.get(REQUEST_ID, ""),
    )


def _explain(code: int) -> str:
    is_sending = request.method not in {"GET", "HEAD"}
    return str(MAYBE_UNSAVED if code >= 500 and is_sending else EXPLANATIONS[code])


def is_error_page() -> bool:
    """Return True if this request is being answered with an error page."""
    return bool(g.get("is_problem"))


def _handle_conference_error(error: ConferenceError) -> ResponseReturnValue:
    code = next(code for kind, code in STATUS_CODES.items() if isinstance(error, kind))
    if isinstance(error, RateLimitExceeded):
        page = render_error_page(code, describe(error))
        return refuse(page, error)
    return render_error_page(code, gettext(str(error)) if str(error) else "")


def _add_retry_after(response: Response) -> Response:
    """Say when to try again on a form that shows the error itself (RFC 6585, 4)."""
    if response.status_code == 429:
        response.headers.setdefault("Retry-After", DEFAULT_RETRY_AFTER)
    return response


def _redirect_moved(error: Moved) -> ResponseReturnValue:
    """Redirect to the new address; not cached for long, since the page may move back."""
    values = {**(request.view_args or {}), "slug": error.slug}
    response = redirect(url_for(request.endpoint or "", **values), 308)
    if error.is_public:
        response.headers["Cache-Control"] = PUBLIC_CACHE_CONTROL
    return response


def has_session_cookie() -> bool:
    """Return True if the browser sent the cookie that was set with the form."""
    return current_app.config["SESSION_COOKIE_NAME"] in request.cookies


def _handle_csrf_error(_: CSRFError) -> ResponseReturnValue:
    if has_session_cookie():
        reason = gettext("This page was open for too long. Go back, reload it and try again")
    else:
        reason = gettext(
            "Your browser did not send our cookie, so nothing has been saved. Allow cookies for "
            "this site in your browser’s settings. Then go back, reload the page and try again"
        )
    return render_error_page(400, reason)


def _handle_http_error(error: HTTPException) -> ResponseReturnValue:
    if error.code is None or error.code < 400:
        return error.get_response()
    is_own_message = error.code == 400 and error.description != type(error).description
    response = render_error_page(
        error.code, gettext(str(error.description)) if is_own_message else ""
    )
    for name, value in error.get_headers(request.environ):
        if name in {"Allow", "Retry-After"}:
            response.headers[name] = value
    return response


def _handle_database_error(error: SQLAlchemyError) -> ResponseReturnValue:
    """Respond 503 if the database is unavailable; re-raise any other error."""
    if not is_unavailable(error):
        raise error
    return _render_database_unavailable(error)


def _render_database_unavailable(error: BaseException) -> ResponseReturnValue:
    log.error("database away", id=request.environ.get(REQUEST_ID), kind=type(error).__name__)
    response = render_error_page(503)
    response.headers["Retry-After"] = "60"
    return response


def _handle_internal_error(error: InternalServerError) -> ResponseReturnValue:
    original = error.original_exception or error
    if is_unavailable(original):
        return _render_database_unavailable(original)
    log.error(
        "failed",
        id=request.environ.get(REQUEST_ID),
        route=request.environ.get(ROUTE),
        exc_info=original,
    )
    return render_error_page(500)


A_MINUTE, AN_HOUR, A_DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
LONGEST_IN_MINUTES, LONGEST_IN_HOURS = 90 * A_MINUTE, 48 * AN_HOUR


def describe(error: RateLimitExceeded) -> str:
    """Return the message of an error, without a full stop."""
    parts = [gettext(str(error))] if str(error) else []
    if isinstance(error, NetworkLimitExceeded):
        parts.append(
            gettext(
                "There have been too many requests from your network, "
                "which you may share with other people"
            )
        )
    elif not parts and error.retry_after is not None:
        parts.append(gettext("There have been too many requests"))
    if error.retry_after is not None:
        parts.append(_describe_retry(error.retry_after))
    return ". ".join(parts)


def refuse(response: Response, error: RateLimitExceeded) -> Response:
    """Turn a page into the response to a rate-limited request, for programs too (RFC 6585, 4)."""
    response.status_code = 429
    if error.retry_after is not None:
        response.headers["Retry-After"] = str(ceil(error.retry_after.total_seconds()))
    return response


def _describe_retry(wait: timedelta) -> str:
    contact = _contact_email()
    if not contact:
        return str(gettext("Try again in %(time)s", time=_describe_time(wait)))
    template = gettext("Try again in %(time)s, or email %(email)s")
    return str(template % {"time": _describe_time(wait), "email": contact})


def _describe_time(wait: timedelta) -> str:
    if wait <= LONGEST_IN_MINUTES:
        return str(ngettext("one minute", "%(num)s minutes", ceil(wait / A_MINUTE)))
    if wait <= LONGEST_IN_HOURS:
        return str(ngettext("one hour", "%(num)s hours", ceil(wait / AN_HOUR)))
    return str(ngettext("one day", "%(num)s days", ceil(wait / A_DAY)))


def _contact_email() -> str:
    context: dict[str, Any] = {}
    current_app.update_template_context(context)  # the variables that every template has
    return str(context["conference"].contact_email)
