"""What the site answers when something goes wrong: the right status, and a page in plain words."""

from flask import Flask, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, lazy_gettext
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException, InternalServerError

from app.database import is_unavailable
from app.errors import ConferenceError, Gone, Moved, NotAllowed, NotFound, Refused, TooOften
from app.log import log
from app.web.logs import REQUEST_ID, ROUTE
from app.web.pages import page
from app.web.public import CACHE_CONTROL

STATUS = {NotFound: 404, NotAllowed: 403, Refused: 409, Gone: 410, TooOften: 429}
HEADINGS = {
    400: lazy_gettext("We could not understand that request"),
    403: lazy_gettext("This page is not open to you"),
    404: lazy_gettext("Page not found"),
    405: lazy_gettext("This address cannot do that"),
    409: lazy_gettext("That cannot be done now"),
    410: lazy_gettext("This page or link is no longer in use"),
    413: lazy_gettext("What you sent is too large"),
    422: lazy_gettext("Something in the form needs your attention"),
    429: lazy_gettext("That was asked for too often"),
    500: lazy_gettext("Sorry, there is a problem with the service"),
    503: lazy_gettext("Sorry, the service is not available for the moment"),
}
REASONS = {
    400: lazy_gettext("Something in the address or the form was not as this site expects."),
    403: lazy_gettext("Only some people may open it. If you are one of them, sign in first."),
    404: lazy_gettext(
        "If you typed the address, check that it is right. "
        "If you pasted it, check that you copied all of it."
    ),
    405: lazy_gettext(
        "Something can be found there, but it was asked for in a way that does not work. "
        "Open the page and try from there."
    ),
    409: lazy_gettext("Something has changed since you opened the page."),
    410: lazy_gettext("It was there once. It has been used, replaced or withdrawn."),
    413: lazy_gettext("Send less at a time: the forms of this site need only a few lines of text."),
    422: lazy_gettext("Go back, check your answers and send the form again."),
    429: lazy_gettext("Wait for an hour, then try again."),
    500: lazy_gettext(
        "It is our fault, not yours. Nothing that you had sent before has been lost. "
        "Try again in a few minutes."
    ),
    503: lazy_gettext(
        "Nothing that you had sent before has been lost. Try again in a few minutes."
    ),
}


def attach(app: Flask) -> None:
    """Answer every error in one place."""
    app.register_error_handler(ConferenceError, _conference_error)
    app.register_error_handler(Moved, _moved)
    app.register_error_handler(CSRFError, _expired_form)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(SQLAlchemyError, _database_error)
    app.register_error_handler(InternalServerError, _our_fault)


def problem(code: int, reason: str = "") -> ResponseReturnValue:
    """Show the page of an error, with the conference's own reason where there is one."""
    g.is_problem = True
    shown = code if code in HEADINGS else 500 if code >= 500 else 400
    return page(
        "site/error.html",
        status=code,
        code=code,
        heading_text=HEADINGS[shown],
        reason=f"{reason}." if reason else REASONS[shown],
        request_id=request.environ.get(REQUEST_ID, ""),
    )


def is_problem_page() -> bool:
    """Whether this request is answered with the page of an error, which shows what it can."""
    return bool(g.get("is_problem"))


def _conference_error(error: ConferenceError) -> ResponseReturnValue:
    code = next(code for kind, code in STATUS.items() if isinstance(error, kind))
    return problem(code, gettext(str(error)) if str(error) else "")


def _moved(error: Moved) -> ResponseReturnValue:
    """Lead to where it is now; not for ever, since it may come back."""
    values = {**(request.view_args or {}), "slug": error.slug}
    answer = redirect(url_for(request.endpoint or "", **values), 308)
    answer.headers["Cache-Control"] = CACHE_CONTROL
    return answer


def _expired_form(_: CSRFError) -> ResponseReturnValue:
    return problem(
        400, gettext("This form was open for too long. Go back, load the page again and send it")
    )


def _http_error(error: HTTPException) -> ResponseReturnValue:
    if error.code is None or error.code < 400:
        return error.get_response()
    ours = error.code == 400 and error.description != type(error).description
    answer = problem(error.code, gettext(str(error.description)) if ours else "")
    for name, value in error.get_headers(request.environ):
        if name == "Allow":
            answer.headers[name] = value  # type: ignore[union-attr]  # problem() makes a Response
    return answer


def _database_error(error: SQLAlchemyError) -> ResponseReturnValue:
    """Answer while the database is unavailable; what else goes wrong in it is our fault."""
    if not is_unavailable(error):
        raise error
    return _away(error)


def _away(error: BaseException) -> ResponseReturnValue:
    log.error("database away", id=request.environ.get(REQUEST_ID), kind=type(error).__name__)
    answer = problem(503)
    answer.headers["Retry-After"] = "60"  # type: ignore[union-attr]
    return answer


def _our_fault(error: InternalServerError) -> ResponseReturnValue:
    original = error.original_exception or error
    if is_unavailable(original):
        return _away(original)
    log.error(
        "failed",
        id=request.environ.get(REQUEST_ID),
        route=request.environ.get(ROUTE),
        exc_info=original,
    )
    return problem(500)
