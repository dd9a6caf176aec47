"""Filters of the list of proposals, and the fields of one compared with the current values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l

from app.accounts import roles
from app.admin_kit import saved_views
from app.admin_kit.listing import PAGE_SIZE, ListFilter, Listing, parse_list_query
from app.content import diff
from app.content.diff import DiffLine
from app.programme.fields.speakers import PHOTO
from app.programme.models import Session
from app.proposals import queries
from app.proposals.models import (
    AMENDED,
    APPROVED,
    AUTO_APPROVED,
    CHANGES_REQUESTED,
    OPEN,
    PROPOSAL_WITHDRAWN,
    Proposal,
)
from app.proposals.queries import KINDS, SORTS, ProposalFilter, ProposalReview, ProposedField
from app.text import parse_number

STATE_LABELS = {
    OPEN: _l("To approve"),
    APPROVED: _l("Approved"),
    AMENDED: _l("Approved with changes"),
    CHANGES_REQUESTED: _l("Sent back"),
    PROPOSAL_WITHDRAWN: _l("Withdrawn by the sender"),
    AUTO_APPROVED: _l("Published automatically"),
}
SUBJECT_LABELS = {"speakers": _l("Speakers"), "sessions": _l("Sessions")}
MAX_ON_DASHBOARD = 5


def get_filters() -> Sequence[ListFilter]:
    """Return the filters of the list."""
    return (
        ListFilter("state", _l("State"), tuple(STATE_LABELS.items())),
        ListFilter("about", _l("Subject"), [(kind, SUBJECT_LABELS[kind]) for kind in KINDS]),
    )


saved_views.declare(
    "proposals",
    _l("Changes by speakers"),
    roles.PROGRAMME,
    lambda _: get_filters(),
    tuple(SORTS),
)


def get_listing() -> Listing[ProposalReview]:
    """Return the page of the list that the request asks for."""
    filters = get_filters()
    list_query = parse_list_query(filters, tuple(SORTS))
    proposal_filter = ProposalFilter(
        list_query.search, list_query.get_filter("state"), list_query.get_filter("about")
    )
    rows = queries.list_reviews(proposal_filter, **list_query.window)
    return Listing(rows, queries.count_proposals(proposal_filter), list_query, filters)


def list_longest_waiting() -> Sequence[ProposalReview]:
    """List the longest waiting proposals, for the dashboard."""
    return queries.list_reviews(
        ProposalFilter(state=OPEN), "sent", is_reversed=False, offset=0, limit=MAX_ON_DASHBOARD
    )


def parse_fingerprints(pairs: Sequence[str]) -> Mapping[int, str]:
    """Return the fingerprint of each selected proposal, from “12:fingerprint” pairs."""
    split_pairs = [pair.partition(":") for pair in pairs[:PAGE_SIZE]]
    numbered = ((parse_number(number), fingerprint) for number, _, fingerprint in split_pairs)
    return {number: fingerprint for number, fingerprint in numbered if number is not None}


@dataclass(frozen=True)
class FieldDiff:
    """A field's old and new text; with the original if it has changed since."""

    label: str
    old: Sequence[DiffLine]
    new: Sequence[DiffLine]
    base: str = ""  # the value when it was proposed, if it has changed since
    is_overtaken: bool = False
    photos: tuple[Any, Any] | None = None  # keys, before and after


def diff_fields(look: ProposalReview) -> list[FieldDiff]:
    """Compare a proposal with the current values; with the original ones if it is closed."""
    return [_diff_field(field, is_open=look.is_open) for field in look.fields]


def diff_amendments(proposal: Proposal) -> list[FieldDiff]:
    """Return the fields that were approved with changes."""
    pairs = [
        (amendment.label, diff.diff_words(amendment.old, amendment.new))
        for amendment in proposal.amendments
    ]
    return [FieldDiff(label, old, new) for label, (old, new) in pairs]


def get_subject_page(proposal: Proposal) -> tuple[str, str]:
    """Return the endpoint and slug of the session or speaker in the admin area."""
    part = "sessions" if isinstance(proposal.entity, Session) else "speakers"
    return f"admin.{part}.show", proposal.entity.slug


def _diff_field(field: ProposedField, *, is_open: bool) -> FieldDiff:
    change = field.requested
    is_overtaken = is_open and field.is_overtaken
    old, new = diff.diff_words(field.current_text if is_open else change.old, change.new)
    before = field.current_value if is_open else change.before
    return FieldDiff(
        label=change.label,
        old=old,
        new=new,
        base=change.old if is_overtaken else "",
        is_overtaken=is_overtaken,
        photos=(before, change.after) if change.field == PHOTO else None,
    )
