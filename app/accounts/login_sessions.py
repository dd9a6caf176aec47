"""Login sessions: how they are named on the account page, and when they expire."""

from datetime import timedelta

from sqlalchemy import update
from sqlalchemy.orm.attributes import set_committed_value

from app import clock
from app.accounts.models import LoginSession
from app.request_transaction import execute_after_request

TOUCH_INTERVAL = timedelta(minutes=1)  # repeated use within this time is not written
BROWSERS = (  # tokens of the User-Agent header; the first match decides
    ("Edg/", "Edge"),
    ("EdgA/", "Edge"),
    ("EdgiOS/", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Macintosh", "Mac"),
    ("Linux", "Linux"),
)


def describe_user_agent(user_agent: str) -> str:
    """Name a browser so that its owner recognises it ("Firefox on Windows"); empty if unknown."""
    browser = _first_match(BROWSERS, user_agent)
    system = _first_match(SYSTEMS, user_agent)
    return f"{browser} on {system}" if browser and system else browser or system


def touch(login_session: LoginSession) -> None:
    """Extend a login session that is being used, at most once a minute."""
    if clock.real_now() - login_session.active_at >= TOUCH_INTERVAL:
        extend(login_session)


def extend(login_session: LoginSession) -> None:
    """Extend a login session."""
    now = clock.real_now()
    execute_after_request(
        update(LoginSession).where(LoginSession.id == login_session.id).values(last_used_at=now)
    )
    set_committed_value(
        login_session, "last_used_at", now
    )  # for this response only; a GET does not write


def _first_match(patterns: tuple[tuple[str, str], ...], user_agent: str) -> str:
    return next((name for sign, name in patterns if sign in user_agent), "")
