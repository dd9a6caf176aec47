"""Browsers in which people are signed in: what they are called, and how long they stay."""

from datetime import timedelta

from sqlalchemy import update
from sqlalchemy.orm.attributes import set_committed_value

from app import clock
from app.accounts.models import Device
from app.database import write_afterwards

A_WHILE = timedelta(minutes=1)  # within which being used again is not worth a write
BROWSERS = (  # what tells them apart in how a browser names itself; the first that is found
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


def label(user_agent: str) -> str:
    """Name a browser so that its owner knows it again: Firefox on Windows; else nothing."""
    browser = _first(BROWSERS, user_agent)
    system = _first(SYSTEMS, user_agent)
    return f"{browser} on {system}" if browser and system else browser or system


def note_use(device: Device) -> None:
    """Put off the end of a device that is being used; of uses within a minute, once."""
    if clock.real_now() - device.used_at >= A_WHILE:
        put_off(device)


def put_off(device: Device) -> None:
    """Put off the end of a device."""
    now = clock.real_now()
    write_afterwards(update(Device).where(Device.id == device.id).values(seen_at=now))
    set_committed_value(device, "seen_at", now)  # what is shown now; a GET itself writes nothing


def _first(signs: tuple[tuple[str, str], ...], user_agent: str) -> str:
    return next((name for sign, name in signs if sign in user_agent), "")
