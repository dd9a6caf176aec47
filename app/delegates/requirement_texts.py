"""Which cases a delegate has, and their encrypted texts.

There is one case for each selected requirement, and per type one for the delegate's own words. The
answers of the booking are authoritative: code that stores them calls ``match``. A text is bound to
the booking, to its case and to its column.
"""

import secrets
from collections.abc import Collection, Sequence

from app import clock
from app.delegates.delegate_field import DelegateField
from app.delegates.fields import BY_NAME
from app.delegates.models import Delegate
from app.delegates.private_answers import is_unreadable
from app.delegates.requirement_kinds import OTHER, REQUIREMENT_TYPES, RequirementType
from app.delegates.requirement_models import OPEN, WORDS, RequirementCase
from app.encryption import get_key_ring

COLUMNS = ("kind", "answer", "reply")


def find_place(reference: str, key: str, column: str) -> str:
    """Return the place of a text of a case, which keeps its original name."""
    return f"access_case.{column} {reference} {key}"


def read(case: RequirementCase, reference: str, column: str) -> str:
    """Decrypt a text of a case; it stays encrypted if it cannot be read."""
    stored: str = getattr(case, column)
    return get_key_ring().decrypt(stored, find_place(reference, case.key, column))


def write(case: RequirementCase, reference: str, column: str, text: str) -> None:
    """Encrypt and store a text of a case."""
    stored = get_key_ring().encrypt(text, find_place(reference, case.key, column))
    setattr(case, column, stored)


def read_words(case: RequirementCase, delegate: Delegate) -> str:
    """Return what the delegate wrote in their own words about the type of a case."""
    return BY_NAME[REQUIREMENT_TYPES[case.type].words_name].get(delegate)


def match(delegate: Delegate, changed: Collection[DelegateField] = ()) -> None:
    """Create and delete cases of a delegate to match their answers.

    A case that stays keeps its arrangements, unless it is about words that have changed. While the
    answers of a type cannot be decrypted, its cases do not change.
    """
    for one in REQUIREMENT_TYPES.values():
        _match_type(delegate, one, are_words_new=BY_NAME[one.words_name] in changed)


def _match_type(delegate: Delegate, wanted: RequirementType, *, are_words_new: bool) -> None:
    kinds, words = (BY_NAME[name].get(delegate) for name in (wanted.kinds_name, wanted.words_name))
    if is_unreadable(kinds) or is_unreadable(words):
        return
    others = [case for case in delegate.requirement_cases if case.type != wanted.name]
    existing = {
        read(case, delegate.reference, "kind"): case
        for case in delegate.requirement_cases
        if case.type == wanted.name
    }
    if are_words_new and WORDS in existing:
        existing[WORDS].state = OPEN
    delegate.requirement_cases = others + [
        existing.get(one) or _create(delegate, wanted, one)
        for one in _list_wanted(wanted, kinds, words)
    ]


def _list_wanted(wanted: RequirementType, kinds: str, words: str) -> Sequence[str]:
    """List the kinds that need a case; "something else" needs none if words describe it."""
    chosen = [kind for kind in wanted.kinds if kind in kinds.split()]
    if words and OTHER in chosen:
        chosen.remove(OTHER)
    return [*chosen, *([WORDS] if words else [])]


def _create(delegate: Delegate, wanted: RequirementType, kind: str) -> RequirementCase:
    case = RequirementCase(type=wanted.name, key=secrets.token_hex(8), updated_at=clock.now())
    write(case, delegate.reference, "kind", kind)
    return case
