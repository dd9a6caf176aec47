"""Names of delegates and speakers with a spelling similar to the query.

The database returns only names that share a piece with each word; their words are then compared by
edit distance. So a search among thousands of names reads only a few of them.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from rapidfuzz import process
from rapidfuzz.distance import OSA
from sqlalchemy import ColumnElement, Select, func, literal, or_, select, union_all

from app.database import db
from app.delegates.models import Delegate
from app.programme.collation import sort_key
from app.programme.models import Speaker

MIN_FUZZY_LENGTH = 3  # letters; shorter words are not corrected
MAX_EDIT_DISTANCE = 2  # letters added, removed, changed or swapped
NAMES: Final[Mapping[str, tuple[Any, Any]]] = {  # by kind: the id, and the text to compare
    "delegate": (Delegate.id, Delegate.name_sort_key),  # an index has both, so only that is read
    "speaker": (Speaker.id, Speaker.name_sort_key),
}


def find_ids(query: str, kinds: Sequence[str], limit: int) -> Mapping[str, Sequence[int]]:
    """Return the ids of the first people with similar names, by kind."""
    words = sort_key(query).split()
    parts = [_select_candidates(kind, words) for kind in kinds if kind in NAMES]
    rows = db.session.execute(union_all(*parts)).tuples().all() if words and parts else ()
    positions: defaultdict[str, set[int]] = defaultdict(set)
    for position, (_, _, name) in enumerate(rows):
        for word in name.split():
            positions[word].add(position)
    matches = [_positions_of_similar(word, positions) for word in words]
    found: dict[str, list[int]] = {}
    nearest = (rows[one] for one in (set.intersection(*matches) if matches else ()))
    for kind, number, _ in sorted(nearest, key=lambda row: row[2]):
        found.setdefault(kind, []).append(number)
    return {kind: ids[:limit] for kind, ids in found.items()}


def _select_candidates(kind: str, words: Sequence[str]) -> Select[tuple[str, int, str]]:
    number, name = NAMES[kind]
    return select(literal(kind), number, name).where(
        *(_shares_piece(name, word, _allowed_distance(word)) for word in words)
    )


def _has_piece(name: Any, piece: str) -> ColumnElement[bool]:
    """Return the condition that a name contains a piece; spaces match the ends of the name."""
    before = " " + name if piece.startswith(" ") else name
    within = before + " " if piece.endswith(" ") else before
    find = func.instr if db.engine.dialect.name == "sqlite" else func.strpos
    position: ColumnElement[int] = find(within, piece)  # faster than LIKE, without wildcards
    return position > 0


def _shares_piece(name: Any, word: str, allowed: int) -> ColumnElement[bool]:
    """Return the condition that a name has a piece of the word unchanged, at its position.

    With n changes, at least one of n + 1 pieces stays unchanged. Swapping two letters changes two
    pieces where the word is cut between them, so it is cut in two ways.
    """
    cuts = {piece for shift in (0, 1) for piece in _cut(word, allowed + 1, shift)}
    return or_(*(_has_piece(name, piece) for piece in sorted(cuts)))


def _cut(word: str, count: int, shift: int) -> Iterator[str]:
    """Yield the pieces of a word; the first starts it, and the last ends it."""
    ends = [len(word) * number // count + shift for number in range(1, count)]
    for start, end in zip([0, *ends], [*ends, len(word)], strict=True):
        opening = "" if start else " "
        closing = " " if end >= len(word) and count > 1 else ""
        yield opening + word[start:end] + closing


def _allowed_distance(word: str) -> int:
    if len(word) < MIN_FUZZY_LENGTH:
        return 0
    return 1 if len(word) <= MIN_FUZZY_LENGTH + 1 else MAX_EDIT_DISTANCE


def _positions_of_similar(word: str, positions: Mapping[str, set[int]]) -> set[int]:
    """Return the indexes of names with a word that starts like this one, or is spelt similarly."""
    begins = {known for known in positions if known.startswith(word)}
    allowed = _allowed_distance(word)
    near = (
        process.extract(
            word, positions.keys(), scorer=OSA.distance, score_cutoff=allowed, limit=None
        )
        if allowed
        else ()
    )
    return set().union(*(positions[known] for known in begins | {one[0] for one in near}))
