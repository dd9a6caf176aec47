"""Which cases a delegate has, and their encrypted texts.

There is one case for each access requirement that was ticked, and one for what was written in the
delegate's own words. The answers of the booking are the truth: whoever stores them calls ``match``.
A text is bound to the booking, to its case and to its column.
"""

import secrets
from collections.abc import Sequence

from app import clock
from app.encryption import get_key_ring
from app.registration.access_cases.models import OPEN, WORDS, AccessCase
from app.registration.fields import BY_NAME
from app.registration.models import Delegate
from app.registration.private_answers import is_unreadable
from app.registration.requirement_kinds import ACCESS_KINDS, OTHER

KINDS_FIELD, WORDS_FIELD = BY_NAME["access_kinds"], BY_NAME["access_needs"]
COLUMNS = ("kind", "answer", "reply")


def find_place(reference: str, key: str, column: str) -> str:
    """Return the place of a text of a case."""
    return f"access_case.{column} {reference} {key}"


def read(case: AccessCase, reference: str, column: str) -> str:
    """Return a text of a case; it stays encrypted if it cannot be read."""
    stored: str = getattr(case, column)
    return get_key_ring().decrypt(stored, find_place(reference, case.key, column))


def write(case: AccessCase, reference: str, column: str, text: str) -> None:
    """Store a text of a case."""
    stored = get_key_ring().encrypt(text, find_place(reference, case.key, column))
    setattr(case, column, stored)


def match(delegate: Delegate, *, are_words_new: bool = False) -> None:
    """Give a delegate the cases that their answers ask for, and no others.

    A case that stays keeps what was arranged, unless it is about words that are new. While the
    answers cannot be read, nothing changes.
    """
    kinds, words = KINDS_FIELD.get(delegate), WORDS_FIELD.get(delegate)
    if is_unreadable(kinds) or is_unreadable(words):
        return
    existing = {read(one, delegate.reference, "kind"): one for one in delegate.access_cases}
    if are_words_new and WORDS in existing:
        existing[WORDS].state = OPEN
    wanted = _list_wanted(kinds, words)
    delegate.access_cases = [existing.get(one) or _create(delegate, one) for one in wanted]


def _list_wanted(kinds: str, words: str) -> Sequence[str]:
    """List the kinds that need a case; words say what "something else" is."""
    chosen = [one for one in ACCESS_KINDS if one in kinds.split()]
    if words and OTHER in chosen:
        chosen.remove(OTHER)
    return [*chosen, *([WORDS] if words else [])]


def _create(delegate: Delegate, kind: str) -> AccessCase:
    case = AccessCase(key=secrets.token_hex(8), updated_at=clock.now())
    write(case, delegate.reference, "kind", kind)
    return case
