"""What several processes did with the same few seats, held step by step against a small model.

Each process writes down what it changed, with a number that it takes while it still holds the lock:
so the numbers are the order in which the changes came. Whoever was refused, or changed nothing,
writes down between which numbers that was: the model must give the same answer in one of the states
between them.
"""

import multiprocessing
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing.connection import Connection as Pipe
from random import Random
from typing import Any

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from app.database import db, transaction
from app.errors import RuleViolation
from tests.database_timeouts import is_busy
from tests.registration.seat_model import Claim, SeatList

SEATS = "seats"
A_SEAT, NO_END = Claim((SEATS,)), datetime.max.replace(tzinfo=UTC)
PROCESSES, PEOPLE_OF_EACH, STEPS = 8, 2, 12
DONE, UNCHANGED, REFUSED = "done", "unchanged", "refused"
ACTIONS = ("take", "take", "give_back", "join", "leave")

Act = Callable[[str, int], bool]  # do something for a person; False if nothing was to be done


def make_model(number: int) -> SeatList:
    """Return a list with so many seats, none taken."""
    return SeatList({SEATS: number})


def apply(model: SeatList, action: str, person: int) -> str:
    """Apply an act by the rules and return its outcome."""
    has_seat, has_offer = person in model.held, person in model.offered
    waits, is_free = has_offer or person in model.queue, model.is_free_for(A_SEAT)
    has_it = {"take": has_seat, "join": has_seat or waits, "give_back": not has_seat}
    cannot = {"take": not (is_free or has_offer), "join": is_free}
    if has_it.get(action, not waits):
        return UNCHANGED
    if cannot.get(action):
        return REFUSED
    model.forget(person)
    if action == "take":
        model.give(person, A_SEAT)
    elif action == "join":
        model.queue[person] = A_SEAT
    model.offer_free(NO_END)
    return DONE


@dataclass(frozen=True)
class Event:
    """An act, its outcome, and its numbers; a change has exactly one."""

    action: str
    person: int
    outcome: str
    after: int
    number: int


def check(history: Sequence[Event], model: SeatList) -> list[str]:
    """List what the model says otherwise about; afterwards the model is in the last state."""
    changes = sorted((one for one in history if one.outcome == DONE), key=lambda one: one.number)
    states, faults = {0: deepcopy(model)}, []
    for change in changes:
        if apply(model, change.action, change.person) != DONE:
            faults.append(f"{change} must not have been done")
        states[change.number] = deepcopy(model)
    for one in history:
        if one.outcome != DONE:
            first = max(number for number in states if number <= one.after)
            between = [state for number, state in states.items() if first <= number <= one.number]
            answers = {apply(deepcopy(state), one.action, one.person) for state in between}
            if one.outcome not in answers:
                faults.append(f"{one} must have been {' or '.join(sorted(answers))}")
    return faults


def record(site: Flask, act: Act) -> list[Event]:
    """Let eight processes act for their own people at once; return what each wrote down."""
    db.session.remove()
    db.engine.dispose()
    fork = multiprocessing.get_context("fork")
    number, barrier = fork.Value("i", 0), fork.Barrier(PROCESSES)
    pipes, processes = [], []
    for position in range(PROCESSES):
        receiver, sender = fork.Pipe(duplex=False)
        arguments = (site, act, position, number, barrier, sender)
        process = fork.Process(target=_act_in_process, args=arguments)
        process.start()
        sender.close()
        pipes.append(receiver)
        processes.append(process)
    history = [one for pipe in pipes for one in pipe.recv()]
    for process in processes:
        process.join()
    return history


def _act_in_process(  # noqa: PLR0913, PLR0917 – all that a process of its own needs
    site: Flask, act: Act, position: int, number: Any, barrier: Any, sender: Pipe
) -> None:
    random, history = Random(position), list[Event]()
    first = position * PEOPLE_OF_EACH
    with site.app_context():
        db.engine.dispose(close=False)  # the connections of the process that was forked
        barrier.wait(60)
        for _ in range(STEPS):
            person = random.randrange(first, first + PEOPLE_OF_EACH)
            try:
                history.append(_act_once(act, random.choice(ACTIONS), person, number))
            except SQLAlchemyError as fault:
                if not is_busy(fault):
                    raise
            db.session.remove()
        db.engine.dispose()
    sender.send(history)


def _act_once(act: Act, action: str, person: int, number: Any) -> Event:
    after = number.value
    try:
        with transaction():
            if act(action, person):
                with number.get_lock():
                    number.value += 1
                    return Event(action, person, DONE, after, number.value)
        return Event(action, person, UNCHANGED, after, number.value)
    except RuleViolation:
        return Event(action, person, REFUSED, after, number.value)
