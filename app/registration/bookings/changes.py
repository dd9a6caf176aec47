"""Bookings as form answers: converting, comparing, applying changes, and recording them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from app.history.changes import Change as RecordedChange
from app.registration import countries
from app.registration.answers import Affiliation, DraftAnswers, PersonName
from app.registration.models import Delegate, Needs
from app.web import languages
from app.web.formatting import local_date

NEEDS = "needs"


@dataclass(frozen=True)
class BookingChange:
    """One changed field; for requirements, only the fact that they changed."""

    field: str  # column of Delegate, or NEEDS
    old: str = ""
    new: str = ""


def to_draft(delegate: Delegate) -> DraftAnswers:
    """Return a booking as the answers that would create it."""
    needs = _needs_or_blank(delegate)
    return DraftAnswers(
        name=PersonName(delegate.given_names, delegate.family_name, delegate.badge_name),
        email=delegate.email,
        work=Affiliation(delegate.organisation, delegate.role, delegate.country),
        days=tuple(delegate.days_attending),
        access_needs=needs.access,
        dietary_needs=needs.dietary,
        consented_at=delegate.consented_at,
    )


def diff(delegate: Delegate, draft: DraftAnswers) -> list[BookingChange]:
    """List the fields in which answers differ from a booking, without email and requirements."""
    return [
        BookingChange(what, getattr(delegate, what), answer)
        for what, answer in _to_columns(draft).items()
        if getattr(delegate, what) != answer
    ]


def apply(delegate: Delegate, draft: DraftAnswers) -> list[BookingChange]:
    """Apply answers to a booking, except the email address, and list the changed fields."""
    changes = diff(delegate, draft)
    for change in changes:
        setattr(delegate, change.field, change.new)
    return changes + _apply_needs(delegate, draft)


def _to_columns(draft: DraftAnswers) -> dict[str, str]:
    """Return answers as column values."""
    columns: dict[str, str] = {}
    if draft.name:
        columns |= vars(draft.name)
        columns["badge_name"] = draft.name.badge_name or draft.name.full_name
    if draft.days:
        columns["days"] = " ".join(day.isoformat() for day in draft.days)
    if draft.work:
        columns |= vars(draft.work)
    return columns


def _apply_needs(delegate: Delegate, draft: DraftAnswers) -> list[BookingChange]:
    """Apply the requirements; delete their row if there are none."""
    known = _needs_or_blank(delegate)
    access, dietary = draft.access_needs or "", draft.dietary_needs or ""
    if (known.access, known.dietary) == (access, dietary):
        return []
    if not (access or dietary):
        delegate.needs = None
    elif delegate.needs is None:
        delegate.needs = Needs(access=access, dietary=dietary)
    else:
        delegate.needs.access, delegate.needs.dietary = access, dietary
    return [BookingChange(NEEDS)]


def _needs_or_blank(delegate: Delegate) -> Needs:
    return delegate.needs or Needs(access="", dietary="")


EMAIL, PENDING_EMAIL = "email", "new_email"
LABELS = {
    "given_names": "Given names",
    "family_name": "Family name",
    "badge_name": "Name on the badge",
    EMAIL: "Email address",
    PENDING_EMAIL: "New email address, to be confirmed",
    "organisation": "Organisation",
    "role": "Role",
    "country": "Country",
    "days": "Days",
}


def to_history(field_changes: Iterable[BookingChange]) -> Sequence[RecordedChange]:
    """Return changes for the audit log, without requirements."""
    with languages.use_language(languages.SOURCE_LANGUAGE):
        return [_to_recorded_change(one) for one in field_changes if one.field in LABELS]


def _to_recorded_change(change: BookingChange) -> RecordedChange:
    return RecordedChange(
        field=change.field,
        before=change.old,
        after=change.new,
        label=LABELS[change.field],
        old=_display_value(change.field, change.old),
        new=_display_value(change.field, change.new),
    )


def _display_value(field: str, value: str) -> str:
    if field == "days":
        return ", ".join(local_date(date.fromisoformat(day)) for day in value.split())
    return countries.name_of(value, languages.SOURCE_LANGUAGE) if field == "country" else value
