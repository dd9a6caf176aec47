"""The menus in the header and footer of every page: the shipped ones, and organisers' changes.

A menu without rows is the shipped one; the first change stores all of its entries. Pages are
identified by their paths, which belong to the site's own pages or to those of organisers.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, select

from app.cache_version import bump_cache_version
from app.content.models import PAGE, MenuEntry
from app.content.versions import FALLBACK_LANGUAGE, ContentKey, ContentStore, MenuPosition
from app.database import db, lock_table
from app.errors import Gone, NotFound, RuleViolation
from app.history import services as history

HEADER: Final = "header"
MAX_LABEL_LENGTH: Final = 40  # characters
HISTORY_SUBJECT: Final = "menus"


class MenuPage(NamedTuple):
    """A shipped page: its short label, and its access key by the UK government standard."""

    label: Any  # translated when shown
    access_key: str = ""


@dataclass(frozen=True)
class Menu:
    """A menu, with its shipped pages."""

    title: Any  # translated when shown
    history_name: str
    max_entries: int
    shipped: Sequence[str]


@dataclass(frozen=True)
class MenuLink:
    """A link in a menu, for visitors."""

    label: str
    url: str
    access_key: str


MENU_PAGES: Final[Mapping[str, MenuPage]] = {
    "programme": MenuPage(_l("Programme")),
    "agenda": MenuPage(_l("My agenda")),
    "speakers": MenuPage(_l("Speakers")),
    "venue": MenuPage(_l("Venue")),
    "search": MenuPage(_l("Search"), "4"),
    "whats-new": MenuPage(_l("What’s new"), "2"),
    "health-inequalities": MenuPage(_l("Health inequalities")),
    "questions": MenuPage(_l("Frequently asked questions"), "5"),
    "site-map": MenuPage(_l("Site map"), "3"),
    "help": MenuPage(_l("Help"), "6"),
    "contact": MenuPage(_l("Contact")),
    "feedback": MenuPage(_l("Feedback"), "9"),
    "complaints": MenuPage(_l("Complaints"), "7"),
    "sign-in": MenuPage(_l("Sign in")),
    "speak": MenuPage(_l("Speaker pages")),
    "accessibility": MenuPage(_l("Accessibility")),
    "access-keys": MenuPage(_l("Access keys"), "0"),
    "privacy": MenuPage(_l("Privacy")),
    "cookies": MenuPage(_l("Cookies")),
    "terms": MenuPage(_l("Terms and conditions"), "8"),
    "developers": MenuPage(_l("For developers")),
}
PAGES_WITHOUT_TEXT: Final = frozenset(  # always public; the others have a text that can be removed
    {
        *("programme", "agenda", "speakers", "search", "whats-new"),
        *("site-map", "sign-in", "speak", "developers"),
    }
)
MENUS: Final[Mapping[str, Menu]] = {
    HEADER: Menu(
        _l("Header"),
        "menu in the header",
        6,
        ("programme", "agenda", "speakers", "venue", "search"),
    ),
    "conference": Menu(
        _l("Footer: The conference"),
        "footer menu “The conference”",
        8,
        ("whats-new", "health-inequalities", "questions", "site-map"),
    ),
    "help": Menu(
        _l("Footer: Getting help"),
        "footer menu “Getting help”",
        8,
        ("help", "contact", "feedback", "complaints", "sign-in", "speak"),
    ),
    "site": Menu(
        _l("Footer: This site"),
        "footer menu “This site”",
        8,
        ("accessibility", "access-keys", "privacy", "cookies", "terms", "developers"),
    ),
}


def get_menu(name: str) -> Menu:
    """Return a menu; raise NotFound if there is none."""
    if name not in MENUS:
        raise NotFound("There is no such menu")
    return MENUS[name]


def is_shipped(store: ContentStore, menu: str) -> bool:
    """Return True if the menu is unchanged."""
    return not any(position.menu == menu for position in store.menus)


def list_entries(store: ContentStore, menu: str) -> Sequence[MenuPosition]:
    """List the entries of a menu in order, including those that visitors do not see now."""
    changed = [position for position in store.menus if position.menu == menu]
    return changed or [MenuPosition(menu, page) for page in MENUS[menu].shipped]


def list_links(
    store: ContentStore, menu: str, language: str, at: datetime, *, root: str
) -> Sequence[MenuLink]:
    """List the links that visitors in a language see; ``root`` is the path prefix of that language.

    An access key stays with its page, and is used once if a page is in several menus.
    """
    before = set(_list_pages_before(store, menu))
    return [
        MenuLink(
            entry.label or title,
            f"{root}/{entry.page}",
            "" if entry.page in before else _get_access_key(entry.page),
        )
        for entry in list_entries(store, menu)
        if (title := find_title(store, entry.page, language, at)) is not None
    ]


def find_title(store: ContentStore, page: str, language: str, at: datetime) -> str | None:
    """Return the label of a page in a menu, or None if visitors cannot read it."""
    known = MENU_PAGES.get(page)
    if known and page in PAGES_WITHOUT_TEXT:
        return str(known.label)
    try:
        version = store.get_effective(PAGE, page, language, at)
    except (NotFound, Gone):
        return None
    return str(known.label) if known else version.title


def find_any_title(store: ContentStore, page: str) -> str:
    """Return the current or former title of a page, for organisers."""
    if page in MENU_PAGES:
        return str(MENU_PAGES[page].label)
    newest = store.find_latest(ContentKey(PAGE, page, FALLBACK_LANGUAGE))
    return newest.title if newest else page


def list_addable(store: ContentStore, menu: str, at: datetime) -> Sequence[tuple[str, str]]:
    """List path and title of the public pages that are not in a menu, by title."""
    present = {entry.page for entry in list_entries(store, menu)}
    pages = (store.list_slugs(PAGE) | MENU_PAGES.keys()) - present
    found = ((page, find_title(store, page, FALLBACK_LANGUAGE, at)) for page in pages)
    titles = [(page, title) for page, title in found if title is not None]
    return sorted(titles, key=lambda pair: (pair[1].casefold(), pair[0]))


def add(store: ContentStore, menu: str, page: str, at: datetime, *, actor: str) -> None:
    """Add a page at the end; raise RuleViolation if the menu is full or has it already."""
    rows = _get_rows_for_update(menu)
    if len(rows) >= get_menu(menu).max_entries:
        raise RuleViolation("This menu is full. Remove an entry before you add another")
    if find_title(store, page, FALLBACK_LANGUAGE, at) is None:
        raise RuleViolation("Choose a page from the list")
    if any(row.page == page for row in rows):
        raise RuleViolation("This page is already in the menu")
    _save([*rows, MenuEntry(menu=menu, page=page, label="")])
    _record(f"The page /{page} was added to the {get_menu(menu).history_name}", actor)


def move(menu: str, page: str, direction: str, *, actor: str) -> bool:
    """Move an entry one place “up” or “down”; return True if it moved."""
    rows = _get_rows_for_update(menu)
    start = rows.index(entry := _find(rows, page))
    end = start + {"up": -1, "down": 1}.get(direction, 0)
    if end == start or not 0 <= end < len(rows):
        return False
    rows.insert(end, rows.pop(start))
    _save(rows)
    name = get_menu(menu).history_name
    _record(f"The page /{entry.page} was moved to place {end + 1} in the {name}", actor)
    return True


def remove(menu: str, page: str, *, actor: str) -> None:
    """Remove an entry; raise RuleViolation for the last one, since an empty menu is the default."""
    rows = _get_rows_for_update(menu)
    rows.remove(entry := _find(rows, page))
    if not rows:
        raise RuleViolation(
            "A menu needs at least one entry. Add another before you remove this one"
        )
    if entry in db.session:
        db.session.delete(entry)
    _save(rows)
    _record(f"The page /{page} was removed from the {get_menu(menu).history_name}", actor)


def set_labels(menu: str, labels: Mapping[str, str], *, actor: str) -> bool:
    """Set the labels of entries, by page; return True if one has changed."""
    rows = _get_rows_for_update(menu)
    changed = [row for row in rows if labels.get(row.page, row.label) != row.label]
    for entry in changed:
        entry.label = labels[entry.page]
        label = f"“{entry.label}”" if entry.label else "its own title"
        name = get_menu(menu).history_name
        _record(f"The page /{entry.page} was labelled with {label} in the {name}", actor)
    if changed:
        _save(rows)
    return bool(changed)


def restore_shipped(menu: str, *, actor: str) -> None:
    """Restore the shipped menu."""
    get_menu(menu)
    lock_table(MenuEntry)
    db.session.execute(delete(MenuEntry).where(MenuEntry.menu == menu))
    bump_cache_version()
    _record(f"The {get_menu(menu).history_name} was changed back to the original", actor)


def _list_pages_before(store: ContentStore, menu: str) -> Iterator[str]:
    """Yield the pages of the menus that come before one on every page."""
    for name in MENUS:
        if name == menu:
            return
        yield from (entry.page for entry in list_entries(store, name))


def _get_access_key(page: str) -> str:
    return MENU_PAGES[page].access_key if page in MENU_PAGES else ""


def _get_rows_for_update(menu: str) -> list[MenuEntry]:
    """Return the entries of a menu for a change; new rows if it is the shipped menu."""
    shipped = get_menu(menu).shipped
    lock_table(MenuEntry)
    rows = db.session.scalars(
        select(MenuEntry)
        .where(MenuEntry.menu == menu)
        .order_by(MenuEntry.position, MenuEntry.id)
        .execution_options(populate_existing=True)
    )
    return list(rows) or [MenuEntry(menu=menu, page=page, label="") for page in shipped]


def _find(rows: Sequence[MenuEntry], page: str) -> MenuEntry:
    for row in rows:
        if row.page == page:
            return row
    raise NotFound("This page is not in the menu")


def _save(rows: Sequence[MenuEntry]) -> None:
    for position, entry in enumerate(rows, 1):
        entry.position = position
    db.session.add_all(rows)
    db.session.flush()
    bump_cache_version()


def _record(summary: str, actor: str) -> None:
    history.record(summary, subject=HISTORY_SUBJECT, actor=actor)
