"""Who is at the door: the only code that reads the session cookie.

The cookie holds one random secret, signed by the site; what it opens is looked up in the
database on every request, so that signing out holds at once and everywhere.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask import g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue

from app import clock
from app.accounts import devices, kept, onward, queries
from app.accounts.models import Device, Person
from app.accounts.roles import Part
from app.database import READ_ONLY_METHODS
from app.errors import NotAllowed

DEVICE = "device"  # the name of what the cookie holds
NOTHING = object()
NO_PART = "This page is for those who run the conference"
NO_PAGES = "This page is for speakers and for those who help them"


def current_person() -> Person | None:
    """Tell who is signed in, in this browser, second step and all where one is asked of them."""
    device = current_device()
    return device.person if device and device.is_in else None


def current_device() -> Device | None:
    """Tell which device this browser is, while someone is signed in or half signed in."""
    found = g.get("device", NOTHING)
    if found is NOTHING:
        secret = held_secret()
        found = g.device = queries.device(secret) if secret else None
        if found is not None:
            devices.note_use(found)
    return found  # type: ignore[no-any-return]  # Flask's g holds anything


def require_a_part() -> ResponseReturnValue | None:
    """Let those in who run the conference; show the others the way in, or that there is none."""
    device = current_device()
    if device is None:
        return to_sign_in()
    if not device.person.has_a_part:
        raise NotAllowed(NO_PART)
    return None if device.has_passed else to_second_step(device)


def require_speaker() -> ResponseReturnValue | None:
    """Let those in who keep a speaker's pages; whoever has a part besides takes the second step."""
    device = current_device()
    if device is None:
        return to_sign_in()
    if not device.is_in:
        return to_second_step(device)
    if not device.person.keeps_pages:
        raise NotAllowed(NO_PAGES)
    return None


def require_signed_in() -> ResponseReturnValue | None:
    """Let those in who are signed in, second step and all where one is asked of them."""
    device = current_device()
    if device is None:
        return to_sign_in()
    return None if device.is_in else to_second_step(device)


def require_half_way() -> ResponseReturnValue | None:
    """Let those in who have their second step before them, and one to take."""
    device = current_device()
    if device is None:
        return to_sign_in()
    if device.has_passed:
        return redirect(onward.asked_for() or url_for("organise.home"), 303)
    return None if device.person.has_second_factor else to_second_step(device)


def require_setting_up() -> ResponseReturnValue | None:
    """Let those in who may set up a second step: their first, or another when they are in."""
    device = current_device()
    if device is None:
        return to_sign_in()
    if not device.person.has_a_part:
        raise NotAllowed(NO_PART)
    is_first = not device.person.has_second_factor
    return None if device.has_passed or is_first else to_second_step(device)


def signed_in_device() -> Device:
    """Give the device of this browser, behind a guard that has seen one."""
    device = current_device()
    if device is None:
        raise NotAllowed("Sign in first")
    return device


def when_it_ends() -> dict[str, Any]:
    """Tell the pages behind the door when their reader will be signed out."""
    device = current_device()
    left = device.ends_at - clock.real_now() if device else timedelta()
    return {"this_device": device, "seconds_left": int(left.total_seconds())}


def only_for(part: Part) -> Callable[[], None]:
    """Give the guard of one part of the back office.

    A page that takes a form is for those who may change the part, its empty form too; any
    other page is for those who may read it.
    """

    def _require() -> None:
        person = current_person()
        rule = request.url_rule
        changes = rule is not None and not READ_ONLY_METHODS.issuperset(rule.methods or ())
        allowed = part.writes if changes else part.reads
        if person is None or person.role not in allowed:
            raise NotAllowed("Your role does not open this page")

    return _require


def may_read(part: Part) -> bool:
    """Whether a part is open to who is signed in, so that pages lead there."""
    person = current_person()
    return person is not None and person.role in part.reads


def may_change(part: Part) -> bool:
    """Whether who is signed in may change what is in a part, so that pages offer it."""
    person = current_person()
    return person is not None and person.role in part.writes


def held_secret() -> str:
    """Give the secret that this browser holds."""
    return str(session.get(DEVICE, ""))


def hold(secret: str) -> None:
    """Let this browser hold a new secret, and nothing of what it held before.

    Whatever a stranger may have planted in it beforehand, the token of its forms too, ends.
    """
    session.clear()
    session[DEVICE] = secret
    g.pop("device", None)


def let_go() -> None:
    """Let this browser hold nothing."""
    session.clear()
    g.pop("device", None)


def to_sign_in() -> ResponseReturnValue:
    """Lead to the sign-in page and back; what was posted is kept on a page meanwhile."""
    return _lead_to("accounts.sign_in")


def to_second_step(device: Device) -> ResponseReturnValue:
    """Lead whoever is half signed in to the second step, or to setting one up, and back."""
    has_one = device.person.has_second_factor
    return _lead_to("accounts.second_step.ask" if has_one else "accounts.set_up.choose")


def _lead_to(endpoint: str) -> ResponseReturnValue:
    if request.method not in READ_ONLY_METHODS:
        return kept.until_signed_in(endpoint)
    here = request.script_root + request.full_path.rstrip("?")
    return redirect(url_for(endpoint, next=onward.asked_for() or here), 303)
