"""Concurrent actions on speakers' pages: nothing is done twice, fails or is lost."""

from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock
from app.accounts import services as accounts
from app.accounts.models import LoginSession
from app.database import db, transaction
from app.mail.models import Email
from app.materials import file_validation, services
from app.materials import queries as materials
from app.materials.models import MaterialChunk
from app.proposals import merging, queries, reviews
from app.proposals import services as proposals_services
from app.proposals.models import Proposal
from app.proposals.queries import ProposalReview
from app.releases import current_release
from app.releases import services as releases_services
from app.speakers import access, batch_emails, reminders
from app.speakers import queries as keepers
from app.speakers.models import ItemDeadline, PlannedReminder
from tests.factories import (
    get_ada_marsh,
    grant_speaker_access,
    make_material,
    make_proposal,
    make_session,
    save,
)
from tests.materials.sample_files import make_pdf
from tests.races import run_concurrently

ADA, GRACE = "ada@example.org", "grace@conference.example"
UPLOADER = services.Uploader(ADA)
Operation = Callable[[], object]


def list_email_recipients() -> list[str]:
    return [one.recipient for one in db.session.scalars(select(Email).order_by(Email.id))]


@pytest.mark.both_databases
def test_two_concurrent_approvals_of_a_proposal_approve_it_once(site: Flask) -> None:
    proposal = make_proposal(get_ada_marsh(), role="Pilot")
    number, fingerprint = proposal.id, ProposalReview(proposal).fingerprint

    def approve() -> None:
        reviews.approve(number, expected_fingerprint=fingerprint, actor=GRACE)

    ended = run_concurrently(site, [approve, approve])

    assert ended == ["done", f"{GRACE} has already decided on this"]
    assert list_email_recipients() == [ADA]
    assert get_ada_marsh().role == "Pilot"


@pytest.mark.both_databases
def test_a_proposal_approved_during_publishing_is_in_one_of_two_releases(site: Flask) -> None:
    proposal = make_proposal(get_ada_marsh(), role="Pilot")
    number, fingerprint = proposal.id, ProposalReview(proposal).fingerprint

    ended = run_concurrently(
        site,
        [
            lambda: reviews.approve(number, expected_fingerprint=fingerprint, actor=GRACE),
            lambda: releases_services.create_release("At once"),
        ],
    )

    assert ended == ["done", "done"]
    assert queries.get_proposal(number).state == "approved"
    with transaction():
        releases_services.create_release("Afterwards")
    assert current_release.get_programme().get_speaker("ada-marsh").role == "Pilot"


@pytest.mark.both_databases
def test_concurrent_proposals_of_speaker_and_assistant_become_one(site: Flask) -> None:
    grant_speaker_access(get_ada_marsh(), ADA)

    began = merging.fingerprints(queries.get_status(get_ada_marsh()).values)

    def send(role: str) -> Operation:
        return lambda: proposals_services.propose(
            get_ada_marsh(), {"role": role}, base_fingerprints=began, actor=ADA
        )

    run_concurrently(site, [send("Pilot"), send("Harbour engineer")])

    (waiting,) = db.session.scalars(select(Proposal).where(Proposal.state == "open"))
    assert waiting.values["role"] in {"Pilot", "Harbour engineer"}


@pytest.mark.both_databases
def test_an_assistant_added_twice_concurrently_is_added_once(site: Flask) -> None:
    def name() -> object:
        return access.add_assistant(get_ada_marsh(), "helper@example.org", actor=ADA)

    assert run_concurrently(site, [name, name]) == ["done", "done"]
    assert [one.person.email for one in keepers.list_access_to_speaker(get_ada_marsh())] == [
        "helper@example.org"
    ]


@pytest.mark.both_databases
def test_a_sign_in_link_used_twice_concurrently_signs_in_once(site: Flask) -> None:
    with transaction():
        secret = accounts.create_invitation_link(grant_speaker_access(get_ada_marsh(), ADA).person)

    ended = run_concurrently(site, [lambda: accounts.sign_in(secret)] * 2)

    assert ended.count("done") == 1
    assert len(db.session.scalars(select(LoginSession)).all()) == 1


@pytest.mark.both_databases
def test_two_concurrent_replacements_of_a_file_leave_one_complete_file(site: Flask) -> None:
    material = make_material(make_session(speakers=(get_ada_marsh(),)), make_pdf())
    key, seen = material.key, materials.fingerprint(material)
    bodies = [make_pdf() + b"%" * length + b"\n%%EOF\n" for length in (300_000, 600_000)]

    def put(body: bytes) -> Operation:
        return lambda: services.update(
            materials.get_material(key),
            "Slides",
            "now",
            file=file_validation.accept(BytesIO(body)),
            expected_fingerprint=seen,
            uploader=UPLOADER,
        )

    ended = run_concurrently(site, [put(body) for body in bodies])

    assert ended == [services.StaleMaterial.message, "done"]
    pieces = db.session.scalars(select(MaterialChunk).order_by(MaterialChunk.number))
    body = b"".join(one.body for one in pieces)
    assert body in bodies
    assert materials.get_material(key).size == len(body)


@pytest.mark.both_databases
def test_a_file_deleted_twice_concurrently_is_deleted_once(site: Flask) -> None:
    material = make_material(make_session(speakers=(get_ada_marsh(),)), make_pdf())
    key, seen = material.key, materials.fingerprint(material)

    def remove() -> None:
        found = materials.get_material(key)
        services.delete(found, expected_fingerprint=seen, uploader=UPLOADER)

    assert run_concurrently(site, [remove, remove]).count("done") == 1


@pytest.mark.both_databases
def test_concurrent_uploads_never_exceed_the_limit_of_a_session(site: Flask) -> None:
    session = make_session(speakers=(get_ada_marsh(),))
    for _ in range(services.MAX_MATERIALS_PER_SESSION - 1):
        make_material(session)
    number = session.id

    def hand_in() -> object:
        own = db.session.get_one(type(session), number)
        address = "https://slides.example/1"
        return services.add_link(own, address, "Slides", "now", uploader=UPLOADER)

    assert run_concurrently(site, [hand_in, hand_in]).count("done") == 1


@pytest.mark.both_databases
def test_concurrent_reminders_send_one_email(site: Flask, frozen_time: Any) -> None:
    grant_speaker_access(get_ada_marsh(), ADA)
    save(ItemDeadline(item="travel", due_on=clock.now().date() + timedelta(days=6)))

    def by_hand() -> None:
        batch_emails.lock_mailings()
        batch_emails.send(batch_emails.build_batch("reminder"), actor=GRACE)

    assert run_concurrently(site, [reminders.plan] * 3) == ["done"] * 3
    assert db.session.scalars(select(PlannedReminder.speaker_id)).all() == [get_ada_marsh().id]
    frozen_time.shift(timedelta(days=3))
    deeds = [reminders.send_due, reminders.send_due, by_hand, reminders.plan]
    assert run_concurrently(site, deeds) == ["done"] * 4

    assert list_email_recipients() == [ADA]
    assert db.session.scalars(select(PlannedReminder)).all() == []
