"""The agenda of a browser; the only module that reads the cookie ``agenda``.

The cookie contains a secret and is sent only to the URLs of agendas, so that public pages are the
same for everyone. Each language has its own.
"""

from datetime import timedelta

from flask import current_app, request
from flask.wrappers import Response

from app.agenda import services
from app.agenda.models import Agenda
from app.web import languages, signing

COOKIE = "agenda"
SALT = "agenda"
MAX_SECRET_LENGTH = 200  # characters
COOKIE_LIFETIME = timedelta(days=365)


def current_agenda() -> Agenda | None:
    """Return the agenda of this browser or None; lock it in a request that may write."""
    key = read_key()
    if key is None:
        return None
    return services.get_for_update(key) if request.method == "POST" else services.find_agenda(key)


def read_key() -> str | None:
    """Return the key of this browser's agenda, or None."""
    return signing.unsign(SALT, _read_secret())


def is_cookie_orphaned(agenda: Agenda | None) -> bool:
    """Return True if the browser has a cookie for an agenda that does not exist any more."""
    return agenda is None and bool(_read_secret())


def set_cookie(response: Response, agenda: Agenda) -> Response:
    """Set the cookie of the agenda for a year from now."""
    for path in _cookie_paths():
        response.set_cookie(
            COOKIE,
            signing.sign(SALT, agenda.key),
            max_age=COOKIE_LIFETIME,
            path=path,
            secure=current_app.config["SESSION_COOKIE_SECURE"],
            httponly=True,
            samesite="Lax",
        )
    return response


def delete_cookie(response: Response) -> Response:
    """Delete the cookie."""
    for path in _cookie_paths():
        response.delete_cookie(
            COOKIE,
            path=path,
            secure=current_app.config["SESSION_COOKIE_SECURE"],
            httponly=True,
            samesite="Lax",
        )
    return response


def _read_secret() -> str:
    secret = request.cookies.get(COOKIE, "")
    return secret if len(secret) <= MAX_SECRET_LENGTH else ""


def _cookie_paths() -> list[str]:
    return [f"{languages.language_prefix(code)}/agenda" for code in languages.list_codes()]
