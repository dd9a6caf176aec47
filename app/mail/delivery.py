"""The worker: carries what is in the outbox away, one letter at a time.

Each letter is saved with the next one's loan in one transaction, which is over before the
network is used. So nothing is lost when a worker dies; at most the letter in its hand goes
twice, with the same Message-ID.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta

from flask import current_app
from sqlalchemy.exc import SQLAlchemyError

from app.database import db, is_unavailable, transaction
from app.errors import Refused
from app.log import log
from app.mail import outbox
from app.mail.bell import Bell
from app.mail.carriers import Away, Carrier, Never, NotNow
from app.mail.models import FAILED, SENT, WAITING
from app.mail.outbox import Outcome, Taken

LOOK_EVERY = 0.2  # seconds between looks into an outbox where nothing is due
HOUSEKEEPING_EVERY = 600.0  # seconds
APPOINTMENTS_EVERY = 2.0  # seconds
LONGEST_PAUSE = 30.0  # seconds without a try, while the mail server or the database is away
LAST_TRIES = 5  # to reach the database with the last letter, after being told to stop

Chore = Callable[[], None]


class Worker:
    """Delivers letters until there are none, or until told to stop."""

    def __init__(self, carrier: Carrier, bell: Bell) -> None:
        self.tally: Counter[str] = Counter()
        self._carrier = carrier
        self._bell = bell
        self._lease = timedelta(seconds=carrier.longest)
        self._troubles = 0  # in a row, with the server or the database

    def deliver(self) -> None:
        """Deliver every letter that is due; stop early when no letter can be carried."""
        try:
            self._deliver()
        finally:
            self._carrier.close()

    def deliver_forever(self, chores: Sequence[Chore], appointments: Sequence[Chore] = ()) -> None:
        """Go on delivering, and keep house and appointments, until the bell rings."""
        with _kept(appointments):
            self._deliver_forever(chores)

    def _deliver_forever(self, chores: Sequence[Chore]) -> None:
        keep_house_at = time.monotonic()
        while not self._bell.has_rung:
            try:
                if time.monotonic() >= keep_house_at:
                    keep_house_at = time.monotonic() + HOUSEKEEPING_EVERY
                    keep_house(chores)
                self._deliver_when_due()
            except SQLAlchemyError as fault:
                if not is_unavailable(fault):
                    raise
                self._report_database(fault)
            self._bell.wait(self._pause())
        self._carrier.close()

    def _deliver_when_due(self) -> None:
        if outbox.is_anything_due(db.engine):
            self._deliver()
        else:
            self._carrier.rest()
            self._troubles = 0

    def _deliver(self) -> None:
        letter = self._turn(None, None)
        while letter is not None:
            outcome = self._carry(letter)
            self._troubles = self._troubles + 1 if outcome.is_servers_fault else 0
            letter = self._turn(letter, outcome)

    def _carry(self, letter: Taken) -> Outcome:
        try:
            self._carrier.carry(letter)
        except (Never, Refused) as refusal:
            return Outcome(FAILED, str(refusal))
        except NotNow as refusal:
            return Outcome(WAITING, str(refusal), is_servers_fault=isinstance(refusal, Away))
        except Exception as fault:  # noqa: BLE001 – one letter must not hold up the others
            log.error("letter troubles the worker", letter=letter.id, kind=type(fault).__name__)
            return Outcome(WAITING, "Something went wrong on our side")
        return Outcome(SENT)

    def _turn(self, letter: Taken | None, outcome: Outcome | None) -> Taken | None:
        """Write down what became of a letter and take the next, however long the database is away.

        A letter that has gone out must be written down, or it would go out again.
        """
        tries_left = LAST_TRIES
        while True:
            try:
                return self._turn_once(letter, outcome)
            except SQLAlchemyError as fault:
                if letter is None or not tries_left or not is_unavailable(fault):
                    raise
                self._report_database(fault)
            if self._bell.wait(self._pause()):
                tries_left -= 1
                time.sleep(LOOK_EVERY)

    def _turn_once(self, letter: Taken | None, outcome: Outcome | None) -> Taken | None:
        state = ""
        with transaction():
            if letter is not None and outcome is not None:
                state = outbox.write_down(letter, outcome)
            is_over = self._bell.has_rung or bool(outcome and outcome.is_servers_fault)
            taken = None if is_over else outbox.take(self._lease)
        if letter is not None:
            self.tally[state] += 1
            log.info("letter", letter=letter.id, name=letter.name, state=state)
        return taken

    def _pause(self) -> float:
        if not self._troubles:
            return LOOK_EVERY
        return min(LONGEST_PAUSE, 0.5 * 2.0 ** min(self._troubles, 10))

    def _report_database(self, fault: SQLAlchemyError) -> None:
        db.session.remove()
        self._troubles += 1
        log.error("database away", kind=type(fault).__name__)


@contextmanager
def _kept(appointments: Sequence[Chore]) -> Iterator[None]:
    """Look at appointments every few seconds, however long a letter takes meanwhile."""
    over = threading.Event()
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 – Flask's own advice

    def look() -> None:
        with app.app_context():
            while not over.wait(APPOINTMENTS_EVERY):
                keep_house(appointments)

    looking = threading.Thread(target=look, name="appointments")
    looking.start()
    try:
        yield
    finally:
        over.set()
        looking.join()


def keep_house(chores: Sequence[Chore]) -> None:
    """Do what must be done from time to time; one chore that fails does not stop the others."""
    for chore in chores:
        try:
            with transaction():
                chore()
        except Exception as fault:  # noqa: BLE001 – the letters must go on
            db.session.remove()
            log.error("housekeeping failed", chore=chore.__qualname__, kind=type(fault).__name__)
