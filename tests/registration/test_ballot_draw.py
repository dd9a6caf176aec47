"""The draw of a ballot: never too many, never in two rooms, the same from one seed, and fair."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.registration.ballots import draw
from app.registration.ballots.draw import Result, Slot, Wishes

pytestmark = pytest.mark.hypothesis
HOURS = [f"2009-06-10T{hour:02}:00:00Z" for hour in range(8, 14)]


@st.composite
def ballots(make: st.DrawFn) -> tuple[str, list[Slot], dict[str, list[str]]]:
    """A seed, a few sessions of one or two hours, and people's ranked wishes."""
    slots = []
    for number in range(make(st.integers(1, 6))):
        start = make(st.integers(0, 3))
        times = (HOURS[start], HOURS[start + make(st.integers(1, 2))])
        if make(st.booleans()) and number == 0:
            times = ("", "")
        slots.append(Slot(f"s{number}", make(st.integers(0, 4)), *times))
    keys = [one.key for one in slots]
    wishes = {
        f"T{number}": make(st.lists(st.sampled_from(keys), unique=True))
        for number in range(make(st.integers(0, 12)))
    }
    return make(st.text(st.characters(codec="ascii"), max_size=8)), slots, wishes


def run(ballot: tuple[str, list[Slot], dict[str, list[str]]]) -> Result:
    return draw.draw(*ballot)


@given(ballots())
def test_the_draw_never_gives_more_seats_than_a_session_has(
    ballot: tuple[str, list[Slot], dict[str, list[str]]],
) -> None:
    winners = Counter(key for keys in run(ballot).values() for key in keys)

    assert {one.key: winners[one.key] for one in ballot[1] if winners[one.key] > one.seats} == {}


@given(ballots())
def test_the_draw_gives_no_overlapping_or_unwanted_seats(
    ballot: tuple[str, list[Slot], dict[str, list[str]]],
) -> None:
    by_key = {one.key: one for one in ballot[1]}
    for ticket, keys in run(ballot).items():
        assert set(keys) <= set(ballot[2][ticket])
        assert len(set(keys)) == len(keys)
        pairs = [(one, other) for one in keys for other in keys if one < other]
        assert [pair for pair in pairs if by_key[pair[0]].overlaps(by_key[pair[1]])] == []


@given(ballots())
def test_a_choice_is_lost_only_to_a_full_session_or_a_higher_ranked_overlapping_one(
    ballot: tuple[str, list[Slot], dict[str, list[str]]],
) -> None:
    _, slots, wishes = ballot
    by_key = {one.key: one for one in slots}
    won = run(ballot)
    winners = Counter(key for keys in won.values() for key in keys)
    for ticket, ranked in wishes.items():
        for rank, key in enumerate(ranked):
            is_full = winners[key] == by_key[key].seats
            dearer = [one for one in ranked[:rank] if one in won[ticket]]
            clashes = [one for one in dearer if by_key[one].overlaps(by_key[key])]
            assert key in won[ticket] or is_full or clashes


@given(ballots())
def test_nobody_gets_a_second_seat_before_everyone_could_have_a_first(
    ballot: tuple[str, list[Slot], dict[str, list[str]]],
) -> None:
    """Who won nothing would have found every session full after the first round."""
    won = run(ballot)
    first_round = Counter(keys[0] for keys in won.values() if keys)
    seats = {one.key: one.seats for one in ballot[1]}
    for ticket, keys in won.items():
        if not keys:
            assert [key for key in ballot[2][ticket] if first_round[key] < seats[key]] == []


@given(ballots(), st.randoms(use_true_random=False))
def test_the_draw_is_deterministic_for_a_seed_in_any_order(
    ballot: tuple[str, list[Slot], dict[str, list[str]]], random: object
) -> None:
    seed, slots, wishes = ballot
    backwards = dict(reversed(list(wishes.items())))

    assert draw.draw(seed, slots[::-1], backwards) == run(ballot)


def test_over_many_seeds_every_ticket_has_the_same_chance() -> None:
    """100 people want 10 seats, with 2,000 fixed seeds: each is to win in about a tenth of them."""
    slots = [Slot("knots", 10)]
    wishes: Wishes = {f"T{number:03}": ["knots"] for number in range(100)}
    wins: Counter[str] = Counter()
    for seed in range(2_000):
        wins.update(ticket for ticket, keys in draw.draw(str(seed), slots, wishes).items() if keys)

    assert sum(wins.values()) == 20_000
    chi_squared = sum((wins[ticket] - 200) ** 2 / (200 * 0.9) for ticket in wishes) * 99 / 100
    assert chi_squared < 134.6  # one in a hundred, with 99 degrees of freedom
    assert min(wins[ticket] for ticket in wishes) > 150


def test_the_order_of_tickets_is_reversed_in_each_round() -> None:
    slots = [Slot(f"s{number}", 1, HOURS[number], HOURS[number + 1]) for number in range(4)]
    wishes: Wishes = {ticket: [one.key for one in slots] for ticket in ("A", "B")}

    won = draw.draw("seed", slots, wishes)
    first, last = draw.order_tickets("seed", slots, wishes)

    assert (won[first], won[last]) == (["s0", "s3"], ["s1", "s2"])


def make_file(path: Path) -> dict[str, object]:
    """Write the published file of a small draw."""
    slots = [Slot("knots", 1, HOURS[0], HOURS[1]), Slot("nets", 1, HOURS[0], HOURS[1])]
    wishes: Wishes = {"T1": ["knots", "nets"], "T2": ["knots"], "T3": ["nets", "knots"]}
    won = draw.draw("a seed", slots, wishes)
    document: dict[str, object] = {
        "format": draw.FORMAT,
        "seed": "a seed",
        "commitment": draw.commit_to("a seed"),
        "sessions": [
            {"key": one.key, "seats": one.seats, "starts_at": one.starts_at, "ends_at": one.ends_at}
            for one in slots
        ],
        "tickets": [
            {"ticket": ticket, "wishes": wishes[ticket], "won": won[ticket]} for ticket in wishes
        ],
    }
    path.write_text(json.dumps(document))
    return document


def check(path: Path) -> tuple[int, str]:
    """Run the program standalone, with only the file."""
    program = str(Path(draw.__file__))
    done = subprocess.run(
        [sys.executable, "-I", "-S", program, str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout.strip() + done.stderr.strip()


def test_a_published_ballot_file_can_be_verified_with_the_program_alone(tmp_path: Path) -> None:
    document = make_file(tmp_path / "ballot.json")

    status, output = check(tmp_path / "ballot.json")

    assert status == 0
    assert output.splitlines() == [
        "The draw is right. Sessions: 2. Tickets: 3. Seats given: 2.",
        f"Fingerprint of the secret number: {document['commitment']}",
        "It must be the fingerprint that the site showed before the draw.",
    ]


@pytest.mark.parametrize("changed", ["seed", "won", "wishes"])
def test_an_altered_ballot_file_is_detected(tmp_path: Path, changed: str) -> None:
    path = tmp_path / "ballot.json"
    document = make_file(path)
    tickets: list[dict[str, list[str]]] = document["tickets"]  # type: ignore[assignment]
    if changed == "seed":
        document["seed"] = "another seed"
    elif changed == "won":
        loser = next(one for one in tickets if not one["won"])
        winner = next(one for one in tickets if one["won"])
        loser["won"], winner["won"] = winner["won"], []
    else:
        next(one for one in tickets if one["won"])["wishes"] = []
    path.write_text(json.dumps(document))

    assert check(path)[0] == 1
