"""How people are found and copied for the previews of emails.

A copy belongs to no database session, so nothing that a preview does is saved. It has no secret
that opens a page of its person, and no private answers.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from sqlalchemy import inspect, select
from sqlalchemy.orm.attributes import set_committed_value

from app.accounts import roles
from app.accounts.roles import Area
from app.admin_emails.kinds.samples import SAMPLE_KEY, Context
from app.database import Base, db
from app.text import parse_number

MAX_PEOPLE: Final = 10
NOT_COPIED: Final = frozenset({"id"})
SECRETS: Final = {
    **dict.fromkeys(("access_key", "pending_email_key", "code"), SAMPLE_KEY),
    "document": "{}",  # the answers of a person without a booking
}

Row = TypeVar("Row", bound=Base)


@dataclass(frozen=True)
class PreviewPerson:
    """A person whose email can be previewed."""

    key: str  # kind and reference, slug or number, for a URL
    name: str
    detail: str


@dataclass(frozen=True)
class PreviewSource:
    """A kind of people whose emails can be previewed."""

    label: Any  # of the search
    hint: Any  # on what to type into it
    find: Callable[[str], Sequence[PreviewPerson]]
    build_context: Callable[[str, str], Context | None]  # for an email and a key
    area: Area = roles.EMAIL_TEXTS  # needed to look for these people


def copy_row(row: Row, related: Collection[str] = (), **changes: Any) -> Row:
    """Return a copy of a row with some of its related rows, and without its secrets."""
    names = {attr.key for attr in inspect(type(row)).column_attrs} - NOT_COPIED
    secrets = {name: value for name, value in SECRETS.items() if name in names}
    values = {name: getattr(row, name) for name in names}
    copied = type(row)(**values | secrets | changes)
    for name in related:
        set_committed_value(copied, name, getattr(row, name))
    return copied


def list_rows(model: Any, words: Sequence[str], *conditions: Any) -> Sequence[Any]:
    """List the first rows whose search text contains each folded word."""
    found = [model.search_text.contains(word, autoescape=True) for word in words]
    statement = select(model).where(*found, *conditions).order_by(model.id).limit(MAX_PEOPLE)
    return db.session.scalars(statement).all()


def find_row(model: Any, number: str, *conditions: Any) -> Any:
    """Return the row with a number, or None."""
    row_id = parse_number(number)
    if row_id is None:
        return None
    return db.session.scalar(select(model).where(model.id == row_id, *conditions))
