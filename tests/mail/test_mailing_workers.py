"""Workers write and send an email to many people, and die midway."""

import time
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select, update

from app import cache_version, clock
from app.database import db, transaction
from app.mail.models import SENT, Email
from app.mailings import scheduling, services
from app.mailings.scheduling import SendTime
from app.mailings.services import Draft
from tests.factories import make_many_delegates
from tests.mail.conftest import StartWorker
from tests.mail_server import MailServer
from tests.waiting import wait_until

LOOK_EVERY = 1.0  # seconds
BEFORE_CONFERENCE = datetime(2009, 5, 12, 8, 30, tzinfo=UTC)
GRACE = "grace@conference.example"


def list_recipients() -> list[str]:
    db.session.rollback()
    found = db.session.scalars(select(Email.recipient).where(Email.template == "mailing"))
    addresses = sorted(found)
    db.session.rollback()
    return addresses


@pytest.mark.both_databases
def test_two_killed_workers_send_each_group_email_at_most_once_more_per_worker(
    mailbox: MailServer, start_worker: StartWorker
) -> None:
    make_many_delegates(120)
    with transaction():
        cache_version.set_clock_start(BEFORE_CONFERENCE)  # else workers erase past delegates
        mailing = services.create("delegates", "", actor=GRACE)
        draft = Draft("Hello", "Dear {{ first_name }}")
        services.save(mailing, draft, expected_version=0, actor=GRACE)
        scheduling.schedule(
            mailing,
            SendTime(BEFORE_CONFERENCE),
            expected_version=1,
            expected_count=120,
            actor=GRACE,
        )
    workers = [start_worker(), start_worker()]
    wait_until(lambda: len(list_recipients()) >= 50, "some emails written", 60)

    for worker in workers:
        worker.kill()
    for worker in workers:
        worker.wait(10)
    with transaction():  # each has leased several by then: their leases run out
        db.session.execute(update(Email).values(lease_until=clock.real_now()))
    start_worker()
    start_worker()
    wait_until(lambda: count_sent() == 120, "all emails sent", 60)

    assert list_recipients() == sorted(f"ada-{one}@example.org" for one in range(120))
    distinct = {email.message["Message-ID"] for email in mailbox.emails}
    assert len(distinct) == 120
    assert len(mailbox.emails) <= 122


def count_sent() -> int:
    """Count the emails that were sent, now and then: on SQLite each look holds the workers up."""
    time.sleep(LOOK_EVERY)
    db.session.rollback()
    state = Email.state == SENT
    number = db.session.scalar(select(func.count()).select_from(Email).where(state)) or 0
    db.session.rollback()
    return number
