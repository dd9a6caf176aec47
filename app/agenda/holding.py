"""Which agenda a browser holds: the only module that reads the cookie ``agenda``.

The cookie holds a secret and is sent to the addresses of agendas alone, so that public pages
stay the same for everyone. Every language has such addresses.
"""

from datetime import timedelta

from flask import current_app, request
from flask.wrappers import Response

from app.agenda import queries, services
from app.agenda.models import Agenda
from app.web import languages, signing

COOKIE = "agenda"
PURPOSE = "agenda"
LONGEST = 200  # characters of a secret
KEPT = timedelta(days=365)


def held() -> Agenda | None:
    """Find the agenda of this browser; in a request that may write, nobody else changes it."""
    key = signing.read(PURPOSE, _secret())
    if key is None:
        return None
    return services.hold(key) if request.method == "POST" else queries.agenda(key)


def is_lost(agenda: Agenda | None) -> bool:
    """Whether the browser holds a cookie that opens nothing any more."""
    return agenda is None and bool(_secret())


def remember(answer: Response, agenda: Agenda) -> Response:
    """Let the browser keep the agenda for a year from now."""
    for path in _paths():
        answer.set_cookie(
            COOKIE,
            signing.signed(PURPOSE, agenda.key),
            max_age=KEPT,
            path=path,
            secure=current_app.config["SESSION_COOKIE_SECURE"],
            httponly=True,
            samesite="Lax",
        )
    return answer


def let_go(answer: Response) -> Response:
    """Take the agenda from the browser."""
    for path in _paths():
        answer.delete_cookie(
            COOKIE,
            path=path,
            secure=current_app.config["SESSION_COOKIE_SECURE"],
            httponly=True,
            samesite="Lax",
        )
    return answer


def _secret() -> str:
    secret = request.cookies.get(COOKIE, "")
    return secret if len(secret) <= LONGEST else ""


def _paths() -> list[str]:
    return [f"{languages.own_root(code)}/agenda" for code in languages.offered()]
