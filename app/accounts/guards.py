"""Guards of views that need a sign-in; the only code that reads the session cookie.

The cookie contains one random secret, signed by the site. The login session it belongs to is
looked up in the database on every request, so that signing out works everywhere at once.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, NoReturn

from flask import Response, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue

from app import clock
from app.accounts import login_sessions, queries
from app.accounts.models import LoginSession, Person
from app.accounts.roles import Area
from app.errors import PermissionDenied
from app.forms.form import ConfirmForm
from app.request_transaction import READ_ONLY_METHODS
from app.text import strip_hidden
from app.web import redirects
from app.web.formatting import local_time
from app.web.rendering import render_page

COOKIE_KEY = "device"  # key in Flask's session
UNSET = object()
TEAM_ONLY = "Only the conference team can open this page"
SPEAKERS_ONLY = "Only speakers and their assistants can open this page"


def current_person() -> Person | None:
    """Return who is signed in, including the second factor where one is required, or None."""
    login_session = current_login_session()
    return login_session.person if login_session and login_session.is_authenticated else None


def current_login_session() -> LoginSession | None:
    """Return this browser's login session or None; its second factor may still be pending."""
    found = g.get("device", UNSET)
    if found is UNSET:
        secret = session_token()
        found = g.device = queries.find_login_session(secret) if secret else None
        if found is not None:
            login_sessions.touch(found)
    return found  # type: ignore[no-any-return]  # the type of Flask's g is Any


def require_team_member() -> ResponseReturnValue | None:
    """Allow team members; send others to sign in or refuse them."""
    login_session = current_login_session()
    if login_session is None:
        return redirect_to_sign_in()
    if not login_session.person.is_team_member:
        raise PermissionDenied(TEAM_ONLY)
    return None if login_session.is_verified else redirect_to_second_factor(login_session)


def require_speaker() -> ResponseReturnValue | None:
    """Allow people with speaker access; team members among them need their second factor."""
    login_session = current_login_session()
    if login_session is None:
        return redirect_to_sign_in()
    if not login_session.is_authenticated:
        return redirect_to_second_factor(login_session)
    if not login_session.person.has_speaker_access:
        raise PermissionDenied(SPEAKERS_ONLY)
    return None


def require_signed_in() -> ResponseReturnValue | None:
    """Allow anyone signed in, including the second factor where one is required."""
    login_session = current_login_session()
    if login_session is None:
        return redirect_to_sign_in()
    return None if login_session.is_authenticated else redirect_to_second_factor(login_session)


def require_pending_second_factor() -> ResponseReturnValue | None:
    """Allow people who have yet to use the second factor that they have."""
    login_session = current_login_session()
    if login_session is None:
        return redirect_to_sign_in()
    if login_session.is_verified:
        return redirect(redirects.requested_next() or url_for("admin.home"), 303)
    return (
        None if login_session.person.has_second_factor else redirect_to_second_factor(login_session)
    )


def require_second_factor_setup() -> ResponseReturnValue | None:
    """Allow people who set up a first second factor, or another one once they are signed in."""
    login_session = current_login_session()
    if login_session is None:
        return redirect_to_sign_in()
    if not login_session.person.is_team_member:
        raise PermissionDenied(TEAM_ONLY)
    is_first = not login_session.person.has_second_factor
    return (
        None if login_session.is_verified or is_first else redirect_to_second_factor(login_session)
    )


def require_login_session() -> LoginSession:
    """Return the login session of this browser, behind a guard that requires one."""
    login_session = current_login_session()
    if login_session is None:
        raise PermissionDenied("Sign in first")
    return login_session


@dataclass(frozen=True)
class SessionExpiry:
    """When a session expires, as pages and their script show it."""

    time: str  # of day, at the conference
    seconds_left: int
    can_extend: bool


def describe_expiry(login_session: LoginSession) -> SessionExpiry:
    """Return when a login session will expire."""
    ends_at = login_session.ends_at
    seconds_left = int((ends_at - clock.real_now()).total_seconds())
    return SessionExpiry(local_time(ends_at), seconds_left, login_session.can_extend)


def session_expiry_context() -> dict[str, Any]:
    """Return for templates when the session of the person signed in will expire."""
    login_session = current_login_session()
    expiry = describe_expiry(login_session) if login_session else None
    return {"this_device": login_session, "expiry": expiry}


def require_role_for(area: Area) -> Callable[[], None]:
    """Return the guard of one area of the admin.

    Pages that accept a form, and the empty form too, need permission to change the area; other
    pages need permission to read it.
    """

    def _require() -> None:
        person = current_person()
        rule = request.url_rule
        changes = rule is not None and not READ_ONLY_METHODS.issuperset(rule.methods or ())
        allowed = area.write_roles if changes else area.read_roles
        if person is None or person.role not in allowed:
            deny(allowed, "Your role does not give you access to this page")

    return _require


def deny(allowed_roles: Collection[str], reason: str) -> NoReturn:
    """Refuse access because of the role; the error page names the roles that are allowed."""
    g.allowed_roles = allowed_roles
    raise PermissionDenied(reason)


def can_read(area: Area) -> bool:
    """Return True if the person signed in may read an area, so that pages link to it."""
    person = current_person()
    return person is not None and person.role in area.read_roles


def can_change(area: Area) -> bool:
    """Return True if the person signed in may change an area, so that pages offer it."""
    person = current_person()
    return person is not None and person.role in area.write_roles


def session_token() -> str:
    """Return the secret in this browser's cookie."""
    return str(session.get(COOKIE_KEY, ""))


def start_login_session(secret: str) -> None:
    """Replace the contents of this browser's cookie with a new secret.

    This prevents session fixation: nothing from before remains, the CSRF token included.
    """
    session.clear()
    session[COOKIE_KEY] = secret
    g.pop("device", None)


def end_login_session() -> None:
    """Clear this browser's cookie."""
    session.clear()
    g.pop("device", None)


def redirect_to_sign_in() -> ResponseReturnValue:
    """Redirect to the sign-in page and back; the fields of a POST are kept on a page meanwhile."""
    return _redirect_with_next("accounts.sign_in")


def redirect_to_second_factor(login_session: LoginSession) -> ResponseReturnValue:
    """Redirect to the second factor, or to its setup, and back."""
    has_one = login_session.person.has_second_factor
    return _redirect_with_next(
        "accounts.two_factor.verify_code" if has_one else "accounts.two_factor_setup.choose"
    )


def redirect_to_sign_in_page() -> ResponseReturnValue:
    """Redirect to the sign-in page and back, without what was sent: it was not read."""
    return redirect(url_for("accounts.sign_in", next=request.script_root + request.path), 303)


def _redirect_with_next(endpoint: str) -> ResponseReturnValue:
    if request.method not in READ_ONLY_METHODS:
        return render_reauthentication_page(endpoint)
    current_url = request.script_root + request.full_path.rstrip("?")
    return redirect(url_for(endpoint, next=redirects.requested_next() or current_url), 303)


CSRF_FIELD = "csrf_token"  # the name of a form field
AUTH_SCHEME = "EmailLink"  # for 401 responses: not Basic, so browsers do not ask for a password


def render_reauthentication_page(endpoint: str) -> Response:
    """Return a page that keeps all submitted fields, with a link to sign in."""
    fields = [
        (name, strip_hidden(value))
        for name, value in request.form.items(multi=True)
        if name != CSRF_FIELD
    ]
    response = render_page(
        "accounts/reauthenticate.html",
        status=401,
        button_form=ConfirmForm(formdata=None),
        fields=fields,
        has_files=bool(request.files),
        address=request.script_root + request.full_path.rstrip("?"),
        way_in=url_for(endpoint),
        is_half_way=endpoint != "accounts.sign_in",
    )
    response.headers["WWW-Authenticate"] = AUTH_SCHEME
    return response


def current_actor() -> str:
    """Return the email address that the history records for what is being done."""
    person = current_person()
    return person.email if person else ""
