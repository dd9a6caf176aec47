"""Emails to many people are written into the outbox, once for each of them."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.admin.mailings import audiences
from app.database import db
from app.mail.models import BULK, Email
from app.mailings import queries, release, services
from app.mailings.models import Mailing
from app.mailings.services import Draft, SendTime
from tests.factories import make_delegate

GRACE = "grace@conference.example"
WORDS = Draft("A word, {{ first_name }}", "Dear {{ full_name }},\n\nsee [it]({{ booking_link }}).")
DECLARED = audiences.FOR_DELEGATES  # importing it declares delegates and speakers


def write_mailing(query: str = "", audience: str = "delegates", draft: Draft = WORDS) -> Mailing:
    mailing = services.create(audience, query, actor=GRACE)
    services.save(mailing, draft, expected_version=0, actor=GRACE)
    db.session.commit()
    return mailing


def schedule(mailing: Mailing, **values: Any) -> int:
    """Schedule a mailing in ten minutes, as somebody who has seen who gets it."""
    count = len(queries.select_people(mailing).included)
    when = SendTime(services.undo_deadline(timedelta(minutes=10)), **values)
    services.schedule(
        mailing, when, expected_version=mailing.version, expected_count=count, actor=GRACE
    )
    db.session.commit()
    return count


def list_recipients() -> list[str]:
    db.session.rollback()
    return sorted(db.session.scalars(select(Email.recipient).where(Email.template == "mailing")))


@pytest.mark.both_databases
def test_those_who_were_chosen_get_it_once_the_time_to_undo_is_over(
    site: Flask, frozen_time: Any
) -> None:
    make_delegate(given_names="Ada", email="ada@example.org")
    make_delegate(given_names="Bo", email="bo@example.org", days="2009-06-11")
    make_delegate(given_names="Cy", email="cy@example.org")
    mailing = write_mailing("day=2009-06-10")
    schedule(mailing)
    make_delegate(given_names="Dora", email="dora@example.org")

    release.release_due()
    assert list_recipients() == []
    frozen_time.shift(timedelta(minutes=10))
    release.release_due()
    release.release_due()

    assert list_recipients() == ["ada@example.org", "cy@example.org"]
    assert mailing.state == "done"
    [first, _] = db.session.scalars(select(Email).order_by(Email.id))
    assert first.subject == "A word, Ada"
    assert (first.priority, first.is_secret) == (BULK, True)
