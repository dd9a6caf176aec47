"""Seats of popular sessions are drawn by ballot, and anyone can verify the draw."""

import json
from datetime import timedelta
from pathlib import Path
from threading import Barrier

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from app import clock, encryption
from app.database import db, transaction
from app.delegates.models import Delegate
from app.history import queries as history
from app.programme.models import BOOKABLE
from app.registration import integrity_check, links, re_encryption
from app.registration.ballots import draw, scheduled_draws, services
from app.registration.ballots.models import Ballot, BallotEntry
from app.registration.ballots.services import BallotDetails
from app.registration.bookings import data_export, erasure, operations
from app.registration.session_bookings import services as session_bookings
from app.registration.session_bookings.models import SessionBooking
from app.releases.current_release import get_programme
from tests.browser import Browser, Page
from tests.factories import (
    FIRST_MORNING,
    make_delegate,
    make_session,
    publish_programme,
    set_places,
    sign_in,
)
from tests.pages import read_text
from tests.races import run_concurrently
from tests.sent_emails import get_last_email_to, list_subjects_to

TITLES = ("Knots", "Nets", "Sails")
CLOSES = FIRST_MORNING - timedelta(days=3)
KNOTS = "Knots (9:30am on Wednesday 10 June 2009)"
KNOTS_CHOICE = "Knots (Wed 10 Jun, 9:30am)"  # in a delegate's lists
NETS_CHOICE = "Nets (Wed 10 Jun, 9:30am)"
SAILS_CHOICE = "Sails (Wed 10 Jun, 11:30am)"


@pytest.fixture
def ballot(site: Flask) -> int:
    """Open a ballot for three sessions with one seat each; two are at the same time."""
    for title in TITLES:
        slug = title.lower()
        start = FIRST_MORNING + timedelta(hours=2 if title == "Sails" else 0)
        make_session(key=slug, slug=slug, title=title, booking=BOOKABLE, seats=1, starts_at=start)
    publish_programme()
    with transaction():
        keys = frozenset(title.lower() for title in TITLES)
        details = BallotDetails("Workshops", CLOSES, keys)
        return services.create(details, actor="grace@conference.example").id


def make_people(*names: str) -> list[Delegate]:
    set_places(50)
    return [make_delegate(email=f"{name}@example.org", given_names=name) for name in names]


def save_choices(delegate: Delegate, ballot: int, *keys: str) -> bool:
    with transaction():
        return services.save_wishes(db.session.merge(delegate), ballot, keys)


def run_worker() -> None:
    with transaction():
        scheduled_draws.run_due()


def path_of(delegate: Delegate, ballot: int) -> str:
    return f"/booking/{links.booking_token(delegate)}/ballots/{ballot}"


def booked() -> dict[str, list[str]]:
    """Return the sessions in which people have seats, by email address."""
    found: dict[str, list[str]] = {}
    rows = select(Delegate.email, SessionBooking.session_key).join(SessionBooking.delegate)
    for email, key in db.session.execute(rows.order_by(SessionBooking.session_key)):
        found.setdefault(email, []).append(key)
    db.session.commit()
    return found


def read_document(ballot: int) -> str:
    text = db.session.get_one(Ballot, ballot, populate_existing=True).document
    db.session.commit()
    return text


def test_an_organiser_opens_a_ballot_with_a_public_commitment(visitor: Browser) -> None:
    make_session(key="knots", slug="knots", title="Knots", booking=BOOKABLE, seats=1)
    publish_programme()
    sign_in(visitor)

    page = visitor.open("/organise/ballots").follow("Open a ballot")
    page = page.press(
        "Open this ballot",
        {"Title": "Workshops", "Closes": "2009-06-07T12:00", "Sessions": [KNOTS]},
    )

    assert page.heading == "Workshops"
    fingerprint = page.summary_list["Fingerprint of the secret number"]
    page = visitor.open("/ballots").follow("Workshops")
    assert page.heading == "Ballot: Workshops"
    assert f"Fingerprint of the secret number: {fingerprint}" in page.text
    assert visitor.open("/sessions/knots").summary_list["Seats"] == "By ballot"
    seed = db.session.scalars(select(Ballot.seed)).one()
    assert encryption.is_encrypted(seed)


def test_sessions_of_a_ballot_can_be_found_by_title(visitor: Browser) -> None:
    for number in range(52):
        key = f"workshop-{number}"
        make_session(key=key, slug=key, title=f"Workshop {number}", booking=BOOKABLE, seats=1)
    make_session(key="knots", slug="knots", title="Knots", booking=BOOKABLE, seats=1)
    publish_programme()
    page = sign_in(visitor).open("/organise/ballots/_add")
    offered = [one for one in page.labels if one.startswith("Workshop")]
    assert len(offered) <= 50
    assert "There are more sessions." in page.text

    typed = {"Title": "All", "Closes": "2009-06-07T12:00", "Sessions": [offered[0]]}
    page = page.press("Find", {**typed, "Find by title": "KNOT"})
    assert [one for one in page.labels if "(" in one] == [KNOTS, offered[0]]
    assert page.value_of("Title") == "All"
    assert page.press("Find", {"Find by title": "sails"}).labels.count(offered[0]) == 1
    page = visitor.press("Find", {"Find by title": "knot"})
    page = page.press("Open this ballot", {"Sessions": [offered[0], KNOTS]})

    assert page.heading == "All"
    assert {"Knots", offered[0].partition(" (")[0]} <= set(page.links)


def test_a_ballot_needs_a_future_time_and_sessions_with_seats(
    visitor: Browser, ballot: int
) -> None:
    sign_in(visitor)
    page = visitor.open("/organise/ballots/_add")
    page = page.press("Open this ballot", {"Title": "", "Closes": ""}, status=422)
    assert page.errors == [
        "Enter a title, such as Workshops",
        "Enter when the ballot closes",
        "Choose at least one session",
    ]

    page = visitor.open(f"/organise/ballots/{ballot}/change")
    page = page.press("Save", {"Closes": "2009-05-01T12:00"}, status=422)
    assert page.errors == ["Enter a closing time that is in the future"]
    page = page.press("Save", {"Closes": "2009-06-10T10:00"}, status=422)
    assert page.errors == ["“Knots” starts before the ballot closes"]
    page = page.press("Save", {"Closes": "2009-06-08T10:00", "Title": "All workshops"})
    assert page.heading == "All workshops"


def test_a_delegate_can_rank_sessions_until_the_ballot_closes(
    visitor: Browser, ballot: int, frozen_time: time_machine.Traveller
) -> None:
    [ada] = make_people("Ada")
    token = links.booking_token(ada)

    page = visitor.open(f"/booking/{token}/sessions").follow("Enter the ballot: Knots")
    assert f"Booking for {ada.full_name}, reference {ada.reference}" in page.text
    page = page.press("Save my choices", {"Choice 1": KNOTS_CHOICE, "Choice 2": SAILS_CHOICE})
    assert "Your choices have been saved." in page.text
    page = page.press(
        "Save my choices", {"Choice 1": NETS_CHOICE, "Choice 2": NETS_CHOICE}, status=422
    )
    assert page.errors == ["You have chosen a session twice. Choose each session only once"]
    page = page.press("Save my choices", {"Choice 1": NETS_CHOICE, "Choice 2": SAILS_CHOICE})
    frozen_time.move_to(CLOSES)
    page = page.press("Save my choices", {"Choice 1": KNOTS_CHOICE}, status=422)
    assert page.errors == ["This ballot has closed, so you can no longer change your choices"]

    run_worker()
    assert booked() == {"Ada@example.org": ["nets", "sails"]}
    page = visitor.open(path_of(ada, ballot))
    assert "You have won seats" in page.text


def test_saved_choices_are_listed_in_full_while_the_ballot_is_open(
    visitor: Browser, ballot: int
) -> None:
    [ada] = make_people("Ada")
    page = visitor.open(path_of(ada, ballot))
    assert "Your saved choices" not in page.headings

    page = page.press("Save my choices", {"Choice 1": SAILS_CHOICE, "Choice 2": KNOTS_CHOICE})
    assert "Your saved choices" in page.headings
    sails, knots = list_choices(page)
    assert sails.startswith("Sails: ")
    assert sails.endswith("11:30am on Wednesday 10 June 2009")
    assert knots.startswith("Knots: ")

    page = page.press("Save my choices", {"Choice 2": SAILS_CHOICE}, status=422)
    assert list_choices(page) == [sails, knots], "what is saved, and not what was just refused"


def list_choices(page: Page) -> list[str]:
    """List what is in the first ordered list of a page, before the rules."""
    choices = next(page.tree.find_all("ol", within=page.main))
    return [read_text(one) for one in page.tree.find_all("li", within=choices)]


def test_choosing_no_session_leaves_the_ballot(visitor: Browser, ballot: int) -> None:
    [ada] = make_people("Ada")
    save_choices(ada, ballot, "knots")

    page = visitor.open(path_of(ada, ballot))
    page = page.press("Save my choices", {"Choice 1": "No session"})

    assert "You are no longer in this ballot." in page.text
    assert db.session.scalars(select(BallotEntry)).all() == []


def test_seats_in_a_ballot_cannot_be_booked_until_the_draw(visitor: Browser, ballot: int) -> None:
    [ada] = make_people("Ada")

    page = visitor.open(f"/booking/{links.booking_token(ada)}/sessions/knots")
    assert page.heading == "Seats are allocated by ballot"
    with pytest.raises(session_bookings.NotBookable), transaction():
        session_bookings.book(db.session.merge(ada), get_programme().get_session("knots"))

    sign_in(visitor)
    visitor.open(f"/organise/ballots/{ballot}/delete").press("Delete")
    page = visitor.open(f"/booking/{links.booking_token(ada)}/sessions/knots")
    page.press("Book a seat")
    assert booked() == {"Ada@example.org": ["knots"]}


@pytest.mark.both_databases
def test_the_draw_books_seats_once_and_emails_everyone(
    site: Flask, ballot: int, frozen_time: time_machine.Traveller
) -> None:
    people = make_people("Ada", "Bea", "Cy")
    for one in people:
        save_choices(one, ballot, "knots", "nets", "sails")
    run_worker()
    assert booked() == {}
    frozen_time.move_to(CLOSES)

    run_worker()
    first, published = booked(), read_document(ballot)
    run_worker()
    run_worker()

    assert (booked(), read_document(ballot)) == (first, published)
    assert sorted(len(keys) for keys in first.values()) == [1, 1, 1]
    assert [len(list_subjects_to(one.email)) for one in people] == [1, 1, 1]
    email = get_last_email_to("Ada@example.org")
    assert email.subject == "Result of the ballot “Workshops”"
    assert "You have won a seat in this session:" in email.text
    assert "BEGIN:VEVENT" in email.calendar
    assert [one for one in integrity_check.run_checks() if "email" not in one] == []


@pytest.mark.both_databases
def test_concurrent_workers_draw_a_ballot_once(
    site: Flask, ballot: int, frozen_time: time_machine.Traveller
) -> None:
    people = make_people(*(f"P{number}" for number in range(6)))
    for one in people:
        save_choices(one, ballot, "knots", "sails")
    frozen_time.move_to(CLOSES)

    assert run_concurrently(site, [run_worker] * 5) == ["done"] * 5
    run_concurrently(site, [run_worker] * 5)

    assert sum(map(len, booked().values())) == 2
    assert [len(list_subjects_to(one.email)) for one in people] == [1] * 6
    assert draw.verify(json.loads(read_document(ballot))) == []


@pytest.mark.postgresql_only
def test_without_the_lock_a_ballot_would_be_drawn_twice(
    site: Flask, ballot: int, frozen_time: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Control: without the lock, the test above fails."""
    for one in make_people("Ada", "Bea"):
        save_choices(one, ballot, "knots", "sails")
    frozen_time.move_to(CLOSES)
    together = Barrier(2)
    monkeypatch.setattr(scheduled_draws, "lock", lambda _ballot: together.wait(20))

    run_concurrently(site, [run_worker] * 2)

    drawn = history.list_newest(f"ballot {ballot}")
    assert [one.summary.count("was drawn") for one in drawn][:2] == [1, 1]


@pytest.mark.both_databases
def test_choices_saved_during_the_draw_are_included_or_refused(
    site: Flask, ballot: int, frozen_time: time_machine.Traveller
) -> None:
    [ada] = make_people("Ada")
    number = ada.id
    frozen_time.move_to(CLOSES - timedelta(microseconds=1))

    def change() -> None:
        with transaction():
            services.save_wishes(db.session.get_one(Delegate, number), ballot, ["knots"])

    change()
    frozen_time.move_to(CLOSES)
    ended = run_concurrently(site, [change, run_worker, change])

    refused = "This ballot has closed, so you can no longer change your choices"
    assert ended == [refused, refused, "done"]
    assert booked() == {"Ada@example.org": ["knots"]}


def test_the_published_ballot_file_is_verified_by_command_and_program(
    visitor: Browser,
    ballot: int,
    frozen_time: time_machine.Traveller,
    tmp_path: Path,
    site: Flask,
) -> None:
    for one in make_people("Ada", "Bea"):
        save_choices(one, ballot, "sails")
    assert visitor.open(f"/ballots/{ballot}.json", status=404).heading == "Page not found"
    shown = visitor.open(f"/ballots/{ballot}").text.partition("Fingerprint of the secret number: ")
    fingerprint = shown[2][:64]
    frozen_time.move_to(CLOSES)
    run_worker()

    page = visitor.open(f"/ballots/{ballot}")
    assert "2 people took part." in page.text
    assert f"Fingerprint of the secret number: {fingerprint}" in page.text
    file = tmp_path / "ballot.json"
    file.write_bytes(visitor.fetch("GET", f"/ballots/{ballot}.json").get_data())
    program = visitor.fetch("GET", "/ballots/draw.py").get_data()
    assert program == Path(draw.__file__).read_bytes()
    done = site.test_cli_runner().invoke(args=["verify-ballot", str(file)])
    assert done.exit_code == 0
    assert done.output.splitlines() == [
        "The draw is right. Sessions: 3. Tickets: 2. Seats given: 1.",
        f"Fingerprint of the secret number: {fingerprint}",
        "It must be the fingerprint that the site showed before the draw.",
    ]
    file.write_text("<no ballot/>", encoding="utf-8")
    refused = site.test_cli_runner().invoke(args=["verify-ballot", str(file)])
    assert (refused.exit_code, refused.output) == (
        2,
        "This is not the published file of a ballot.\n",
    )
    file.write_bytes(visitor.fetch("GET", f"/ballots/{ballot}.json").get_data())
    names = [word for word in ("Ada", "Bea", "example.org") if word in file.read_text()]
    assert names == []


def test_choices_that_cannot_be_fulfilled_take_no_seat(
    site: Flask, ballot: int, frozen_time: time_machine.Traveller
) -> None:
    """One person has cancelled, one has a clashing seat, one session is cancelled."""
    ada, bea = make_people("Ada", "Bea")
    make_session(key="tar", slug="tar", title="Tar", booking=BOOKABLE, seats=5)
    publish_programme()
    for one in (ada, bea):
        save_choices(one, ballot, "knots", "sails")
    with transaction():
        session_bookings.book(db.session.merge(bea), get_programme().get_session("tar"))
        operations.cancel(db.session.merge(ada), actor="Ada")
    frozen_time.move_to(CLOSES)

    run_worker()

    assert booked() == {"Bea@example.org": ["sails", "tar"]}
    tickets = json.loads(read_document(ballot))["tickets"]
    assert sorted(one["wishes"] for one in tickets) == [[], ["sails"]]


def test_the_ballot_seed_is_re_encrypted_and_without_its_key_nothing_is_drawn(
    site: Flask, ballot: int, frozen_time: time_machine.Traveller
) -> None:
    with transaction():
        assert list(re_encryption.list_pending()) == []
        row = db.session.get_one(Ballot, ballot)
        row.seed = encryption.get_key_ring().decrypt(row.seed, f"ballot.seed {row.commitment}")
    with transaction():
        assert re_encryption.encrypt_batch() == 1
    assert encryption.is_encrypted(db.session.get_one(Ballot, ballot).seed)
    db.session.rollback()
    with transaction():
        db.session.get_one(Ballot, ballot).seed = "another seed"
    frozen_time.move_to(CLOSES)

    run_worker()

    assert db.session.get_one(Ballot, ballot).drawn_at is None


def test_ballot_choices_are_exported_and_erased_with_the_booking(site: Flask, ballot: int) -> None:
    [ada] = make_people("Ada")
    save_choices(ada, ballot, "knots")

    [copy] = data_export.export_delegate(db.session.merge(ada))["ballots"]
    assert (copy["ballot"], copy["wishes"]) == ("Workshops", ["knots"])
    with transaction():
        erasure.erase(db.session.merge(ada))
    assert db.session.scalars(select(BallotEntry)).all() == []


def test_a_seat_booking_during_the_draw_never_oversells(
    site: Flask, ballot: int, frozen_time: time_machine.Traveller
) -> None:
    ada, bea = make_people("Ada", "Bea")
    save_choices(ada, ballot, "knots")
    number = bea.id
    frozen_time.move_to(CLOSES)

    def book() -> None:
        with transaction():
            own = db.session.get_one(Delegate, number)
            session_bookings.book(own, get_programme().get_session("knots"))

    run_concurrently(site, [book, run_worker])

    assert booked() == {"Ada@example.org": ["knots"]}
    assert clock.now() == CLOSES
