"""Words that stand in titles and names, and are nearly those that were asked for."""

from collections.abc import Iterable, Sequence

from app.programme.finding.things import Thing
from app.programme.finding.words import WORD, bare

FARTHEST = 2  # letters that differ
SHORTEST = 3  # letters of a word that is put right
MOST = 3  # suggestions
MOST_WORDS = 4  # of a question that are put right
MOST_COMPARED = 400  # words, the likeliest first


def vocabulary(things: Iterable[Thing]) -> dict[str, str]:
    """List the words of titles as they are compared, each as it is written."""
    known: dict[str, str] = {}
    for thing in things:
        for word in WORD.findall(thing.title):
            known.setdefault(bare(word), word.lower())
    return known


def suggestions(question: str, known: dict[str, str]) -> Sequence[str]:
    """Put the words right that nothing has, and give the questions that come of it."""
    asked = [bare(word) for word in WORD.findall(question)]
    unknown = [word for word in asked if not any(one.startswith(word) for one in known)]
    made = [""]
    for word in asked:
        wrong = word in unknown[:MOST_WORDS]
        choices = _near(word, known) if wrong else [known.get(word, word)]
        made = [f"{begun} {one}".strip() for begun in made for one in choices or [word]][:MOST]
    return made if unknown else ()


def _near(word: str, known: dict[str, str]) -> Sequence[str]:
    """List the known words nearest to one, the nearest first."""
    if len(word) < SHORTEST:
        return ()
    pairs = _pairs(word)
    alike = [one for one in known if abs(len(one) - len(word)) <= FARTHEST]
    alike.sort(key=lambda one: (-len(pairs & _pairs(one)), one))
    allowed = 1 if len(word) <= 4 else FARTHEST
    measured = ((_distance(word, one), one) for one in alike[:MOST_COMPARED])
    return [known[one] for far, one in sorted(measured) if far <= allowed][:MOST]


def _pairs(word: str) -> set[str]:
    edged = f" {word} "
    return {edged[place : place + 2] for place in range(len(edged) - 1)}


def _distance(one: str, other: str) -> int:
    """Count the letters to add, leave out, change or swap (Damerau and Levenshtein)."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        next_row = [i]
        for j, its in enumerate(other, 1):
            costs = [row[j] + 1, next_row[j - 1] + 1, row[j - 1] + (letter != its)]
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == its:
                costs.append(before[j - 2] + 1)
            next_row.append(min(costs))
        before, row = row, next_row
    return row[-1]
