"""Who is at the door: the only code that reads the session cookie.

The cookie holds one random secret, signed by the site; what it opens is looked up in the
database on every request, so that signing out holds at once and everywhere.
"""

from collections.abc import Callable

from flask import g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue

from app.accounts import devices, kept, queries
from app.accounts.models import Device, Person
from app.accounts.roles import Part
from app.database import READ_ONLY_METHODS
from app.errors import NotAllowed

DEVICE = "device"  # the name of what the cookie holds
NOTHING = object()


def current_person() -> Person | None:
    """Tell who is signed in, in this browser, second step and all."""
    device = current_device()
    return device.person if device and device.has_passed else None


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
        raise NotAllowed("This page is for those who run the conference")
    return None if device.has_passed else to_second_step(device)


def this_device() -> dict[str, Device | None]:
    """Tell the pages of the back office when their reader will be signed out."""
    return {"this_device": current_device()}


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
    return _lead_to("accounts.second_step.ask" if has_one else "accounts.second_step.set_up")


def _lead_to(endpoint: str) -> ResponseReturnValue:
    if request.method not in READ_ONLY_METHODS:
        return kept.until_signed_in(endpoint)
    back = request.script_root + request.full_path.rstrip("?")
    return redirect(url_for(endpoint, next=back), 303)
