"""The draw of a ballot, and the check of its published file: Python's standard library alone.

Anyone can run it:  python3 draw.py FILE

The file is JSON with the sessions and their seats, the tickets with their ranked wishes, a seed,
the commitment to it, and the result. The draw in words:

1. The commitment is the SHA-256 of the seed, written as 64 hexadecimal digits. It was public
   before the ballot closed, so the seed could not be chosen once the wishes were known.
2. The list is written as text (``write_list``) and hashed. The position of a ticket in the order
   is given by the SHA-256 of "SEED LIST-HASH TICKET"; smaller comes first. So the order depends on
   all wishes, and cannot be predicted from the seed before the list is complete.
3. There are rounds. In the first, each ticket in the order gets a seat in the first session of its
   wishes that has a seat left. In the second the order is reversed, in the third it is as in the
   first, and so on. So everyone has a turn before anyone gets a second seat, and the last in one
   round is the first in the next.
4. A wish is skipped, in every round, if the session is at the same time as one that the ticket
   has won. Two sessions are at the same time if each starts before the other ends.
5. It ends after a round in which no ticket gets a seat.
"""

import hashlib
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

FORMAT = "ballot 1"


@dataclass(frozen=True)
class Slot:
    """A session to be drawn: its seats, and its times in UTC as text, "" if it has none."""

    key: str
    seats: int
    starts_at: str = ""
    ends_at: str = ""

    def overlaps(self, other: "Slot") -> bool:
        """Return True if the sessions overlap."""
        if not self.starts_at or not other.starts_at:
            return False
        return self.starts_at < (other.ends_at or other.starts_at) and other.starts_at < (
            self.ends_at or self.starts_at
        )


Wishes = Mapping[str, Sequence[str]]  # keys of sessions by ticket, in order of preference
Result = dict[str, list[str]]


def commit_to(seed: str) -> str:
    """Return the commitment to publish before the draw: it fixes the seed without revealing it."""
    return hashlib.sha256(seed.encode()).hexdigest()


def write_list(slots: Sequence[Slot], wishes: Wishes) -> str:
    """Return the input of the draw as text: a line for each session by key, then each ticket."""
    sessions = [
        json.dumps(["session", slot.key, slot.seats, slot.starts_at, slot.ends_at])
        for slot in sorted(slots, key=lambda slot: slot.key)
    ]
    tickets = [json.dumps(["ticket", ticket, *wishes[ticket]]) for ticket in sorted(wishes)]
    return "\n".join([*sessions, *tickets])


def order_tickets(seed: str, slots: Sequence[Slot], wishes: Wishes) -> list[str]:
    """Return the tickets in the order of the first round."""
    list_hash = hashlib.sha256(write_list(slots, wishes).encode()).hexdigest()

    def place(ticket: str) -> str:
        return hashlib.sha256(f"{seed} {list_hash} {ticket}".encode()).hexdigest()

    return sorted(wishes, key=place)


def draw(seed: str, slots: Sequence[Slot], wishes: Wishes) -> Result:
    """Return the sessions that each ticket has won, in the order in which they were won."""
    by_key = {slot.key: slot for slot in slots}
    free_seats = {slot.key: slot.seats for slot in slots}
    won: Result = {ticket: [] for ticket in sorted(wishes)}
    order = order_tickets(seed, slots, wishes)
    for tickets in cycle((order, order[::-1])):
        gained = 0
        for ticket in tickets:
            key = _find_next(wishes[ticket], won[ticket], free_seats, by_key)
            if key is not None:
                won[ticket].append(key)
                free_seats[key] -= 1
                gained += 1
        if not gained:
            break
    return won


def _find_next(
    wishes: Sequence[str], won: Sequence[str], left: Mapping[str, int], slots: Mapping[str, Slot]
) -> str | None:
    """Return the most preferred wish that a ticket can still win, or None."""
    for key in wishes:
        is_free = left.get(key, 0) > 0 and key not in won
        if is_free and not any(slots[key].overlaps(slots[one]) for one in won):
            return key
    return None


def verify(document: Mapping[str, object]) -> list[str]:
    """Return the faults of a published file; none if the draw was correct."""
    slots, wishes, published = read(document)
    seed = str(document["seed"])
    faults = []
    if document.get("format") != FORMAT:
        faults.append(f"The format is not “{FORMAT}”.")
    if commit_to(seed) != document["commitment"]:
        faults.append("The seed is not the one that the site committed to.")
    drawn = draw(seed, slots, wishes)
    for ticket in sorted(drawn.keys() | published.keys()):
        expected, found = drawn.get(ticket), published.get(ticket)
        if expected != found:
            faults.append(f"Ticket {ticket} wins {expected}, but the file says {found}.")
    return faults


def read(document: Mapping[str, object]) -> tuple[list[Slot], Result, Result]:
    """Return the sessions, the wishes and the published result of a file."""
    sessions: Sequence[Mapping[str, object]] = document["sessions"]  # type: ignore[assignment]
    tickets: Sequence[Mapping[str, object]] = document["tickets"]  # type: ignore[assignment]
    slots = [
        Slot(
            str(session["key"]),
            int(str(session["seats"])),
            str(session.get("starts_at", "")),
            str(session.get("ends_at", "")),
        )
        for session in sessions
    ]
    return slots, _read_keys(tickets, "wishes"), _read_keys(tickets, "won")


def _read_keys(tickets: Sequence[Mapping[str, object]], name: str) -> Result:
    return {str(ticket["ticket"]): list(map(str, ticket[name])) for ticket in tickets}  # type: ignore[call-overload]


def summarise(document: Mapping[str, object]) -> str:
    """Return the result of checking a correct file.

    A file whose seed was chosen afterwards is consistent too, except for its published commitment.
    """
    slots, wishes, won = read(document)
    seat_count = sum(map(len, won.values()))
    counts = f"Sessions: {len(slots)}. Tickets: {len(wishes)}. Seats given: {seat_count}."
    return (
        f"The draw is right. {counts}\n"
        f"Fingerprint of the secret number: {document['commitment']}\n"
        "It must be the fingerprint that the site showed before the draw."
    )


def main(arguments: Sequence[str]) -> int:
    """Check the named file; return 0 if the draw is correct, 1 if not, 2 without a draw."""
    try:
        document = json.loads(Path(arguments[0]).read_text(encoding="utf-8"))
        faults = verify(document)
    except (OSError, ValueError, LookupError, TypeError):
        sys.stdout.write("This is not the published file of a ballot.\n")
        return 2
    sys.stdout.write("\n".join(faults or [summarise(document)]) + "\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
