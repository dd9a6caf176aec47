"""What several processes did with the same few seats, held step by step against a small model.

Each process writes down what it changed, with a number that it takes while it still holds the lock:
so the numbers are the order in which the changes came. Whoever was refused, or changed nothing,
writes down between which numbers that was: the model must give the same answer in one of the states
between them.
"""

import multiprocessing
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection as Pipe
from random import Random
from typing import Any

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from app.database import db, transaction
from app.errors import RuleViolation
from tests.slow_machine import is_busy

PROCESSES, PEOPLE_OF_EACH, STEPS = 8, 2, 12
DONE, UNCHANGED, REFUSED = "done", "unchanged", "refused"
ACTIONS = ("take", "take", "give_back", "join", "leave")

Act = Callable[[str, int], bool]  # do something for a person; False if nothing was to be done


@dataclass
class SeatModel:
    """A number of seats: who has one, who has an offer, and who waits, in order."""

    seats: int
    held: set[int] = field(default_factory=set)
    offered: set[int] = field(default_factory=set)
    queue: list[int] = field(default_factory=list)

    def apply(self, action: str, person: int) -> str:
        """Do what somebody asks for, as the rules say, and return how that ends."""
        outcome: str = getattr(self, action)(person)
        while self.queue and len(self.held) + len(self.offered) < self.seats:
            self.offered.add(self.queue.pop(0))
        return outcome

    @property
    def is_full(self) -> bool:
        """Whether a newcomer gets no seat: each is taken or on offer, or somebody waits."""
        return bool(self.queue) or len(self.held) + len(self.offered) >= self.seats

    def take(self, person: int) -> str:
        """Take the seat on offer, or a free one."""
        if person in self.held:
            return UNCHANGED
        if self.is_full and person not in self.offered:
            return REFUSED
        self.offered.discard(person)
        self.held.add(person)
        return DONE

    def join(self, person: int) -> str:
        """Wait for a seat; whoever could have one need not."""
        if person in self.held or person in self.offered or person in self.queue:
            return UNCHANGED
        if not self.is_full:
            return REFUSED
        self.queue.append(person)
        return DONE

    def give_back(self, person: int) -> str:
        """Give a seat back."""
        if person not in self.held:
            return UNCHANGED
        self.held.remove(person)
        return DONE

    def leave(self, person: int) -> str:
        """Wait no longer, or decline an offer."""
        if person not in self.offered and person not in self.queue:
            return UNCHANGED
        self.offered.discard(person)
        self.queue = [one for one in self.queue if one != person]
        return DONE

    def copy(self) -> "SeatModel":
        """Return the same state, to try something out."""
        return SeatModel(self.seats, set(self.held), set(self.offered), list(self.queue))


@dataclass(frozen=True)
class Event:
    """What somebody asked for, how it ended, and between which numbers; a change has its own."""

    action: str
    person: int
    outcome: str
    after: int
    number: int


def check(history: Sequence[Event], model: SeatModel) -> list[str]:
    """List what the model says otherwise about; afterwards the model is in the last state."""
    changes = sorted((one for one in history if one.outcome == DONE), key=lambda one: one.number)
    states, faults = {0: model.copy()}, []
    for change in changes:
        if model.apply(change.action, change.person) != DONE:
            faults.append(f"{change} must not have been done")
        states[change.number] = model.copy()
    for one in history:
        if one.outcome != DONE:
            first = max(number for number in states if number <= one.after)
            between = [state for number, state in states.items() if first <= number <= one.number]
            answers = {state.copy().apply(one.action, one.person) for state in between}
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
