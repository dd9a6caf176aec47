"""By what a booking is recognised: its reference, whose it is, and what the search reads."""

import secrets
import unicodedata

from app.registration.models import Delegate

LETTERS_OF_REFERENCES = "23456789CDFGHJKMNPQRTVWXYZ"  # none that look alike, none that make words
LENGTH_OF_REFERENCES = 8
LONGEST_ORDER = 100  # characters by which names are put in order


def new_reference() -> str:
    """Make a booking reference that nobody can guess."""
    return "".join(secrets.choice(LETTERS_OF_REFERENCES) for _ in range(LENGTH_OF_REFERENCES))


def recognise(delegate: Delegate) -> None:
    """Bring what a booking is recognised by up to date with what it holds."""
    delegate.same_person = same_person(delegate.full_name, delegate.email)
    whole_name = (delegate.family_name, delegate.given_names)
    delegate.name_order = searched(*whole_name)[:LONGEST_ORDER]
    delegate.organisation_order = searched(delegate.organisation)[:LONGEST_ORDER]
    others = (delegate.badge_name, delegate.email, delegate.organisation, delegate.reference)
    delegate.found_by = searched(*whole_name, *others)


def same_person(name: str, email: str) -> str:
    """Give what is the same for two registrations by one person, however they were typed."""
    return f"{folded(email)} {folded(name)}"


def folded(text: str) -> str:
    """Give text without what typing may change: case, width, and how many spaces."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def searched(*words: str) -> str:
    """Give words as the search compares them: without accents and case too."""
    parted = unicodedata.normalize("NFKD", " ".join(words))
    bare = "".join(letter for letter in parted if not unicodedata.combining(letter))
    return " ".join(bare.casefold().split())
