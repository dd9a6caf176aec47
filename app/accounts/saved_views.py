"""Saved views of the lists of admin: what a person has saved, and what the team shares.

A view holds a query string, so that its URL is that of any other search. Only the list knows what
the string means (``app.admin_kit.saved_views``), which parses it when it is saved and each time it
is opened.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy import bindparam, func, or_, select
from sqlalchemy import delete as sql_delete
from sqlalchemy import update as sql_update

from app import clock
from app.accounts.models import Person, SavedView
from app.database import db
from app.errors import NotFound, PermissionDenied, RuleViolation, StaleEdit
from app.row_locks import lock_row

CHANGED_MEANWHILE = (
    "Someone else has changed this view since you opened it, so nothing of yours has been saved. "
    "Open the view again and repeat your change"
)
NO_SUCH_VIEW = "There is no such saved view"
MAX_VIEWS = 20  # per person and list
MAX_NAME_LENGTH = 40  # characters
MAX_QUERY_LENGTH = 1500  # characters
VIEWS = (
    select(SavedView)
    .where(
        SavedView.list_name == bindparam("list_name"),
        or_(SavedView.person_id == bindparam("person_id"), SavedView.is_shared),
    )
    .order_by(SavedView.name_key, SavedView.id)
)


@dataclass(frozen=True)
class ViewSettings:
    """What a person chooses for a view, apart from what the list shows."""

    name: str
    is_shared: bool = False
    is_start: bool = False  # the list opens with this view for its owner


def list_views(person: Person, list_name: str) -> Sequence[SavedView]:
    """List the views of a list that a person has saved or that the team shares, by name."""
    return db.session.scalars(VIEWS, {"list_name": list_name, "person_id": person.id}).all()


def get_view(number: int, person: Person) -> SavedView:
    """Return a view that a person may open; raise NotFound if there is none."""
    view = db.session.get(SavedView, number)
    if view is None or not (view.is_shared or view.person_id == person.id):
        raise NotFound(NO_SUCH_VIEW)
    return view


def can_edit(view: SavedView, person: Person) -> bool:
    """Return True for the owner of a view, and for organisers if the team shares it."""
    return view.person_id == person.id or (view.is_shared and person.is_organiser)


def create(person: Person, list_name: str, query: str, settings: ViewSettings) -> SavedView:
    """Save a view of a list."""
    _lock_owner(person.id)
    own = select(func.count()).where(
        SavedView.person_id == person.id, SavedView.list_name == list_name
    )
    if (db.session.scalar(own) or 0) >= MAX_VIEWS:
        raise RuleViolation(
            f"You have {MAX_VIEWS} saved views of this list, which is the most. "
            "Delete one that you no longer need"
        )
    view = SavedView(person_id=person.id, list_name=list_name, query=_check_length(query))
    _apply(view, settings, person)
    db.session.add(view)
    db.session.flush()
    return view


def get_fingerprint(view: SavedView) -> str:
    """Return a fingerprint that changes with the settings of a view."""
    parts = view.name, str(view.is_shared), str(view.is_start)
    return sha256("\n".join(parts).encode()).hexdigest()


def update(
    view: SavedView, settings: ViewSettings, person: Person, *, expected_fingerprint: str
) -> None:
    """Rename a view, share it or stop sharing it, or choose it as the start of the list.

    Raise StaleEdit if someone else has changed it since.
    """
    _lock(view, person)
    if get_fingerprint(view) != expected_fingerprint:
        raise StaleEdit(message=CHANGED_MEANWHILE)
    _apply(view, settings, person)
    db.session.flush()


def replace_query(view: SavedView, query: str, person: Person, *, expected_query: str) -> None:
    """Replace the search, filters, order and columns of a view.

    Raise StaleEdit if someone else has changed it since.
    """
    _lock(view, person)
    if view.query != expected_query:
        raise StaleEdit(message=CHANGED_MEANWHILE)
    view.query = _check_length(query)
    view.changed_at = clock.now()


def delete(view: SavedView, person: Person) -> None:
    """Delete a view."""
    _lock(view, person)
    db.session.delete(view)


def delete_private(person: Person) -> None:
    """Delete the private views of a person who leaves the team; shared views stay."""
    db.session.execute(
        sql_delete(SavedView).where(
            SavedView.person_id == person.id, SavedView.is_shared.is_(False)
        )
    )


def _apply(view: SavedView, settings: ViewSettings, person: Person) -> None:
    key = settings.name.casefold()
    with db.session.no_autoflush:
        visible_views = [*list_views(person, view.list_name), *_list_own(view)]
    if any(other.name_key == key and other.id != view.id for other in visible_views):
        raise RuleViolation(
            f"There is already a view called “{settings.name}” in this list. Enter another name"
        )
    if settings.is_start:
        _clear_start(view)
    view.name, view.name_key = settings.name, key
    view.is_shared, view.is_start = settings.is_shared, settings.is_start
    view.changed_at = clock.now()


def _list_own(view: SavedView) -> Sequence[SavedView]:
    """List all of its owner's views of the same list."""
    return db.session.scalars(
        select(SavedView).where(
            SavedView.person_id == view.person_id, SavedView.list_name == view.list_name
        )
    ).all()


def _clear_start(view: SavedView) -> None:
    db.session.execute(
        sql_update(SavedView)
        .where(SavedView.person_id == view.person_id, SavedView.list_name == view.list_name)
        .values(is_start=False)
    )


def _check_editable(view: SavedView, person: Person) -> None:
    if not can_edit(view, person):
        raise PermissionDenied("Only its owner and organisers can change this view")


def _lock(view: SavedView, person: Person) -> None:
    """Lock a view that a person may change, and read it again."""
    _lock_owner(view.person_id)
    lock_row(view, NO_SUCH_VIEW)
    _check_editable(view, person)


def _check_length(query: str) -> str:
    if len(query) > MAX_QUERY_LENGTH:
        raise RuleViolation("This search is too long to be saved. Use fewer words")
    return query


def _lock_owner(person_id: int) -> None:
    """Keep other requests from saving views of this person, so that counts and names hold."""
    db.session.execute(select(Person.id).where(Person.id == person_id).with_for_update())
