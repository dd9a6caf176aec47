"""Two who press at the same moment: nothing is done twice, nothing fails, nothing is lost."""

from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from threading import Barrier, Thread
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock
from app.accounts import services as accounts
from app.accounts.models import Device
from app.database import db, transaction
from app.errors import ConferenceError
from app.mail.models import Letter
from app.programme import releases
from app.programme import services as programme
from app.programme.materials import queries as materials
from app.programme.materials import services as handing_in
from app.programme.materials.models import Piece
from app.programme.proposals import merging, queries, services
from app.programme.proposals.models import Proposal
from app.programme.proposals.queries import Look
from app.speakers import keeping, mailing, readers, reminding
from app.speakers import queries as keepers
from app.speakers.models import PlannedReminder, WantedBy
from tests.factories import a_keeper, a_material, a_proposal, a_session, ada_marsh, saved
from tests.programme.documents import a_pdf

ADA, GRACE = "ada@example.org", "grace@conference.example"
Deed = Callable[[], object]


def at_once(site: Flask, *deeds: Deed) -> list[Exception]:
    """Do some deeds at the same moment, each in a request of its own; give what was raised."""
    ready, raised = Barrier(len(deeds)), list[Exception]()
    db.session.remove()  # which may hold what was read above

    def do(deed: Deed) -> None:
        with site.app_context():
            ready.wait(10)
            try:
                with transaction():
                    deed()
            except Exception as fault:  # noqa: BLE001 - whatever it is, the story looks at it
                raised.append(fault)
            db.session.remove()

    threads = [Thread(target=do, args=[deed]) for deed in deeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    db.session.expire_all()
    return raised


def only_refusals(raised: list[Exception]) -> bool:
    """Whether nothing went wrong but what a visitor is told in a sentence."""
    return all(isinstance(one, ConferenceError) for one in raised)


def letters() -> list[str]:
    return [one.recipient for one in db.session.scalars(select(Letter).order_by(Letter.id))]


@pytest.mark.both_databases
def test_two_who_approve_the_same_change_approve_it_once(site: Flask) -> None:
    proposal = a_proposal(ada_marsh(), role="Pilot")
    number, seal = proposal.id, Look(proposal).seal

    raised = at_once(site, *[lambda: services.approve(number, seal=seal, who=GRACE)] * 2)

    assert [str(one) for one in raised] == [f"{GRACE} has decided on this already"]
    assert letters() == [ADA]
    assert ada_marsh().role == "Pilot"


@pytest.mark.both_databases
def test_a_change_approved_while_somebody_publishes_is_in_one_of_two_releases(site: Flask) -> None:
    proposal = a_proposal(ada_marsh(), role="Pilot")
    number, seal = proposal.id, Look(proposal).seal

    raised = at_once(
        site,
        lambda: services.approve(number, seal=seal, who=GRACE),
        lambda: programme.publish("At once"),
    )

    assert raised == []
    assert queries.proposal(number).state == "approved"
    with transaction():
        programme.publish("Afterwards")
    assert releases.current().speaker("ada-marsh").role == "Pilot"


@pytest.mark.both_databases
def test_a_speaker_and_an_assistant_who_send_at_once_send_one_proposal(site: Flask) -> None:
    a_keeper(ada_marsh(), ADA)

    began = merging.marks(queries.standing(ada_marsh()).values)

    def send(role: str) -> Deed:
        return lambda: services.propose(ada_marsh(), {"role": role}, began=began, who=ADA)

    raised = at_once(site, send("Pilot"), send("Harbour engineer"))

    assert only_refusals(raised)
    (waiting,) = db.session.scalars(select(Proposal).where(Proposal.state == "open"))
    assert waiting.values["role"] in {"Pilot", "Harbour engineer"}


@pytest.mark.both_databases
def test_somebody_named_twice_at_once_helps_once(site: Flask) -> None:
    def name() -> object:
        return keeping.name_assistant(ada_marsh(), "helper@example.org", who=ADA)

    assert at_once(site, name, name) == []
    assert [one.person.email for one in keepers.keepers(ada_marsh())] == ["helper@example.org"]


@pytest.mark.both_databases
def test_a_link_that_is_used_twice_at_once_signs_in_once(site: Flask) -> None:
    with transaction():
        secret = accounts.make_invitation_link(a_keeper(ada_marsh(), ADA).person)

    raised = at_once(site, *[lambda: accounts.sign_in(secret)] * 2)

    assert len(raised) == 1
    assert only_refusals(raised)
    assert len(db.session.scalars(select(Device)).all()) == 1


@pytest.mark.both_databases
def test_two_files_in_the_place_of_one_at_once_leave_one_of_them_whole(site: Flask) -> None:
    key = a_material(a_session(speakers=(ada_marsh(),)), a_pdf()).key
    bodies = [a_pdf() + b"%" * length + b"\n%%EOF\n" for length in (300_000, 600_000)]

    def put(body: bytes) -> Deed:
        return lambda: handing_in.replace(materials.material(key), BytesIO(body), who=ADA)

    raised = at_once(site, *map(put, bodies))

    assert raised == []
    pieces = db.session.scalars(select(Piece).order_by(Piece.number))
    body = b"".join(one.body for one in pieces)
    assert body in bodies
    assert materials.material(key).size == len(body)


@pytest.mark.both_databases
def test_what_is_taken_away_twice_at_once_is_gone(site: Flask) -> None:
    key = a_material(a_session(speakers=(ada_marsh(),)), a_pdf()).key

    def remove() -> None:
        handing_in.take_away(materials.material(key), who=ADA)

    assert only_refusals(at_once(site, remove, remove))
    assert db.session.scalars(select(Piece)).all() == []


@pytest.mark.both_databases
def test_no_more_is_handed_in_at_once_than_a_session_may_have(site: Flask) -> None:
    session = a_session(speakers=(ada_marsh(),))
    for _ in range(handing_in.MOST - 1):
        a_material(session)
    number = session.id

    def hand_in() -> object:
        own = db.session.get_one(type(session), number)
        return handing_in.link(own, "https://slides.example/1", "Slides", "now", who=ADA)

    raised = at_once(site, hand_in, hand_in)

    assert len(raised) == 1
    assert only_refusals(raised)


@pytest.mark.both_databases
def test_two_workers_and_an_organiser_remind_somebody_once(site: Flask, held_clock: Any) -> None:
    a_keeper(ada_marsh(), ADA)
    saved(WantedBy(item="travel", day=clock.now().date() + timedelta(days=6)))

    def by_hand() -> None:
        mailing.hold_letters()
        known = readers.speakers(keepers.speakers_of("reminder"))
        mailing.send(mailing.batch(mailing.KINDS["reminder"], known), who=GRACE)

    assert at_once(site, *[reminding.plan] * 3) == []
    assert db.session.scalars(select(PlannedReminder.speaker_id)).all() == [ada_marsh().id]
    held_clock.shift(timedelta(days=3))
    assert at_once(site, *[reminding.send_what_is_due] * 2, by_hand, reminding.plan) == []

    assert letters() == [ADA]
    assert db.session.scalars(select(PlannedReminder)).all() == []
