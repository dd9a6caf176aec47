"""Organisers see in one list how full sessions are, who waits and which offers end soon."""

import csv
import io
from datetime import timedelta

import pytest
import time_machine
from flask import Flask

from app.accounts.models import DESK, EDITOR
from app.database import db, transaction
from app.programme.models import BOOKABLE, Session
from app.registration.ballots import services as ballots
from app.registration.ballots.services import BallotDetails
from app.registration.session_bookings import holds
from app.registration.session_bookings.holds import HoldDetails
from app.releases.current_release import get_programme
from tests.browser import Browser
from tests.factories import FIRST_MORNING, make_room, publish_programme, sign_in
from tests.registration.test_session_waiting_list import (
    book,
    join,
    make_bookable,
    make_person,
    release_seat,
)

PAGE = "/organise/session-seats"


@pytest.fixture
def three_sessions(site: Flask) -> None:
    """Knots has a seat on offer, and one person waits; Nets has one reserved; Sails is drawn."""
    loft = make_room(key="loft", slug="loft", name="Loft")
    make_bookable("knots", 1)
    make_bookable("nets", 4, starts_at=FIRST_MORNING + timedelta(days=1), room=loft)
    make_bookable("sails", 2)
    eve, ada, bea = make_person("Eve"), make_person("Ada"), make_person("Bea")
    book(eve, "knots")
    join(ada)
    join(bea)
    release_seat(eve)
    book(eve, "nets")
    with transaction():
        nets = get_programme().get_session("nets")
        holds.add(nets, HoldDetails(1, "Guests"), actor="grace@conference.example")
        closes_at = FIRST_MORNING - timedelta(hours=5)
        ballots.create(BallotDetails("Crafts", closes_at, frozenset({"sails"})), actor="grace")


@pytest.mark.usefixtures("three_sessions")
def test_the_seat_overview_lists_and_filters_sessions_by_availability(
    visitor: Browser, frozen_time: time_machine.Traveller
) -> None:
    desk = sign_in(visitor, role=DESK)
    desk.open("/organise/sessions").follow("Seats")

    rows = {row["Title"].split()[0]: row for row in desk.page.rows}
    shown = ("Seats", "Reserved", "Free", "Waiting", "On offer")
    assert {name: [rows[name][one].split(" waiting")[0] for one in shown] for name in rows} == {
        "Knots": ["0 of 1 booked", "0", "0", "1", "1"],
        "Sails": ["0 of 2 booked", "0", "2", "0", "0"],
        "Nets": ["1 of 4 booked", "1", "2", "0", "0"],
    }

    def found(query: str) -> list[str]:
        page = desk.open(f"{PAGE}?{query}")
        return [next(iter(row.values())).split()[0] for row in page.rows]  # by any order

    assert found("state=full") == ["Knots"]
    assert found("state=waiting") == ["Knots"]
    assert found("state=ending") == []
    assert found("state=ballot") == found("ballot=1") == ["Sails"]
    assert found("day=2009-06-11") == found("room=loft") == ["Nets"]
    assert found("q=net") == ["Nets"]
    assert found("sort=title") == ["Knots", "Nets", "Sails"]
    assert found("sort=-free")[-1] == found("sort=queue")[0] == "Knots"
    assert "No sessions found" in desk.open(f"{PAGE}?state=ending").text

    frozen_time.shift(timedelta(hours=19))  # of 24
    page = sign_in(desk, role=DESK).open(f"{PAGE}?state=ending")
    assert "1 ends within 6 hours" in page.rows[0]["On offer"]
    page = page.follow("1 waiting for Knots")
    assert [row["Name"].split(",")[0] for row in page.rows][1].startswith("Bea Lovelace")


@pytest.mark.usefixtures("three_sessions")
def test_the_seat_overview_is_exported_with_its_filters(visitor: Browser) -> None:
    sign_in(visitor, role=DESK).open(f"{PAGE}?sort=title")
    answer = visitor.page.press("Download as CSV")

    rows = list(csv.DictReader(io.StringIO(answer.source.lstrip("\ufeff"))))

    assert [row["Session"] for row in rows] == ["Knots", "Nets", "Sails"]
    assert (rows[1]["Booked"], rows[1]["Reserved"], rows[1]["Room"]) == ("1", "1", "Loft")
    assert (rows[0]["Waiting"], rows[0]["On offer"], rows[2]["Ballot"]) == ("1", "1", "Crafts")
    answer = visitor.open(f"{PAGE}?state=full").press("Download as CSV")
    assert len(answer.source.splitlines()) == 2


def test_the_seat_overview_of_a_thousand_sessions_needs_no_more_queries(
    visitor: Browser, queries: list[str]
) -> None:
    sign_in(visitor, role=DESK)

    def count_queries() -> int:
        publish_programme()
        visitor.open(PAGE)  # what every page reads once
        queries.clear()
        visitor.open(PAGE)
        return len([one for one in queries if "site_state" not in one])

    make_bookable("knots", 2)
    before = count_queries()
    with transaction():
        for number in range(999):
            name = f"{number:03}"
            shared = {"key": name, "slug": name, "title": name, "kind": "parallel"}
            db.session.add(Session(**shared, booking=BOOKABLE, seats=2))
    after = count_queries()

    assert after == before <= 8
    assert "1,000 sessions" in visitor.page.text


def test_editors_cannot_open_the_seat_overview(visitor: Browser) -> None:
    page = sign_in(visitor, role=EDITOR).open("/organise/sessions")
    assert "Seats in sessions" not in page.text
    visitor.open(PAGE, status=403)
