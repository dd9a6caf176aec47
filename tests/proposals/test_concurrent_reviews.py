"""Two concurrent decisions on one proposal: one succeeds, the other sees a conflict."""

from collections.abc import Sequence
from threading import Barrier

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import make_transient_to_detached

from app.database import db, read_only_connection
from app.mail.models import Email
from app.proposals import reviews
from app.proposals.models import Proposal
from app.proposals.queries import ProposalReview
from tests.factories import get_ada_marsh
from tests.proposals.test_proposals import get_open_proposal, send
from tests.races import run_concurrently

pytestmark = pytest.mark.both_databases

GRACE, HEDY = "grace@conference.example", "hedy@conference.example"
AGREES, ASKS_AGAIN = (
    "Your changes have been approved",
    "Please check your changes again",
)


def decide_together(site: Flask) -> list[str]:
    """Let one editor approve and another send back the same proposal; return the outcomes."""
    proposal = get_open_proposal()
    number, fingerprint = proposal.id, ProposalReview(proposal).fingerprint

    def approve() -> None:
        reviews.approve(number, expected_fingerprint=fingerprint, actor=GRACE)

    def send_back() -> None:
        reviews.request_changes(
            number, "Which harbour?", expected_fingerprint=fingerprint, actor=HEDY
        )

    return run_concurrently(site, [approve, send_back])


def list_emails() -> Sequence[str]:
    return db.session.scalars(select(Email.subject).order_by(Email.subject)).all()


def test_of_two_concurrent_reviews_one_succeeds_and_the_other_names_who_decided(
    site: Flask,
) -> None:
    send(get_ada_marsh(), role="Harbour engineer")

    ended = decide_together(site)

    proposal = db.session.scalars(select(Proposal)).one()
    first = GRACE if proposal.state == "approved" else HEDY
    assert ended == ["done", f"{first} has already decided on this"]
    assert proposal.decided_by == first
    assert (get_ada_marsh().role == "Harbour engineer") is (proposal.state == "approved")
    assert list_emails() == [AGREES if proposal.state == "approved" else ASKS_AGAIN]


def test_without_the_lock_both_reviews_would_succeed_and_send_emails(
    site: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: it shows that the test above can see the race."""
    send(get_ada_marsh(), role="Harbour engineer")
    barrier = Barrier(2)

    def find_without_lock(number: int, fingerprint: str) -> Proposal:
        with read_only_connection(db.engine) as connection:
            row = connection.execute(select(Proposal.__table__).where(Proposal.id == number)).one()
        barrier.wait(20)  # both have looked before either writes
        found = Proposal(**row._mapping)  # noqa: SLF001 - its name keeps it apart from columns
        make_transient_to_detached(found)
        db.session.add(found)
        return found

    monkeypatch.setattr(reviews, "_lock_reviewed", find_without_lock)

    assert decide_together(site) == ["done", "done"]
    assert list_emails() == [ASKS_AGAIN, AGREES]
