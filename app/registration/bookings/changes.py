"""What a delegate has told us, as the journey's forms know it, and how it differs from before."""

from dataclasses import dataclass

from app.registration.models import Delegate, Needs
from app.registration.told import Name, Told, Work

NEEDS = "needs"


@dataclass(frozen=True)
class Change:
    """One thing that is no longer as it was; of needs it says only that they changed."""

    what: str  # a column of Delegate, or NEEDS
    old: str = ""
    new: str = ""


def told(delegate: Delegate) -> Told:
    """Give a booking as the answers that would make it."""
    needs = _needs(delegate)
    return Told(
        name=Name(delegate.given_names, delegate.family_name, delegate.badge_name),
        email=delegate.email,
        work=Work(delegate.organisation, delegate.role, delegate.country),
        days=tuple(delegate.days_attending),
        access_needs=needs.access,
        dietary_needs=needs.dietary,
        consented_at=delegate.consented_at,
    )


def differing(delegate: Delegate, wanted: Told) -> list[Change]:
    """List which answers are not what a booking holds, but for the address and the needs."""
    return [
        Change(what, getattr(delegate, what), answer)
        for what, answer in _columns(wanted).items()
        if getattr(delegate, what) != answer
    ]


def make(delegate: Delegate, wanted: Told) -> list[Change]:
    """Put answers into a booking, but for the address; list what is not as it was."""
    changes = differing(delegate, wanted)
    for change in changes:
        setattr(delegate, change.what, change.new)
    return changes + _make_in_needs(delegate, wanted)


def _columns(wanted: Told) -> dict[str, str]:
    """Give answers as a booking holds them."""
    columns: dict[str, str] = {}
    if wanted.name:
        columns |= vars(wanted.name)
        columns["badge_name"] = wanted.name.badge_name or wanted.name.full
    if wanted.days:
        columns["days"] = " ".join(day.isoformat() for day in wanted.days)
    if wanted.work:
        columns |= vars(wanted.work)
    return columns


def _make_in_needs(delegate: Delegate, wanted: Told) -> list[Change]:
    """Put needs into a booking; where there are none any more, keep no row."""
    known = _needs(delegate)
    access, dietary = wanted.access_needs or "", wanted.dietary_needs or ""
    if (known.access, known.dietary) == (access, dietary):
        return []
    if not (access or dietary):
        delegate.needs = None
    elif delegate.needs is None:
        delegate.needs = Needs(access=access, dietary=dietary)
    else:
        delegate.needs.access, delegate.needs.dietary = access, dietary
    return [Change(NEEDS)]


def _needs(delegate: Delegate) -> Needs:
    return delegate.needs or Needs(access="", dietary="")
