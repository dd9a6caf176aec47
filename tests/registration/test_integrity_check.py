"""The site looks itself over and tells organisers of faults."""

from datetime import timedelta
from typing import Any

from flask import Flask
from sqlalchemy import select, update

from app.database import db, transaction
from app.mail.models import Email
from app.registration import integrity_check
from app.registration.models import SeatLimit
from tests.factories import make_delegate, make_organiser


def test_a_site_where_all_is_well_says_so(site: Flask) -> None:
    result = site.test_cli_runner().invoke(args=["audit"])

    assert (result.output, result.exit_code) == ("Nothing is wrong with the data\n", 0)


def test_places_that_are_counted_wrongly_are_found(site: Flask) -> None:
    with transaction():
        db.session.execute(update(SeatLimit).values(taken=3))

    result = site.test_cli_runner().invoke(args=["audit"])

    assert result.output == "3 places are counted as taken, but 0 people are coming.\n"
    assert result.exit_code == 1


def test_a_booking_without_its_letter_is_found_but_an_invented_one_needs_none(site: Flask) -> None:
    make_delegate(reference="BCDFGHJK")
    make_delegate(reference="MNPQRTVW", given_names="Grace", is_demo=True)

    assert integrity_check.run_checks() == [
        "No letter was ever written to confirm booking BCDFGHJK."
    ]


def test_organisers_get_one_letter_a_day_about_faults(site: Flask, frozen_time: Any) -> None:
    make_organiser("grace@conference.example")
    make_delegate(reference="BCDFGHJK")

    for _ in range(2):
        with transaction():
            integrity_check.run_daily()
    frozen_time.shift(timedelta(days=1))
    with transaction():
        integrity_check.run_daily()

    written = db.session.scalars(select(Email).where(Email.template == "audit_found")).all()
    assert [letter.recipient for letter in written] == ["grace@conference.example"] * 2


def test_a_day_without_faults_brings_no_letter(site: Flask) -> None:
    make_organiser("grace@conference.example")

    with transaction():
        integrity_check.run_daily()

    assert db.session.scalars(select(Email)).all() == []
