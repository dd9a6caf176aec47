"""The menus of the site: pages are added, ordered, given labels and removed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import StringField

from app import clock
from app.accounts.guards import current_actor
from app.content import menus, queries
from app.content.menus import Menu
from app.content.models import PAGE
from app.content.versions import ContentStore
from app.content.views import get_content_folder
from app.forms.form import ConfirmForm, Form, validates_own_csrf
from app.forms.validators import max_length, no_hidden_characters
from app.history import queries as history
from app.text import collapse_whitespace
from app.web import languages, redirects
from app.web.rendering import render_page

redirects.MESSAGES["admin"] |= {
    "menu-added": _l("The page has been added to the menu."),
    "menu-moved": _l("The menu is in its new order."),
    "menu-removed": _l("The page has been removed from the menu."),
    "menu-labelled": _l("The labels have been saved."),
    "menu-shipped": _l("The menu is the original one again."),
}

bp = Blueprint("menus", __name__, url_prefix="/menus")


@dataclass(frozen=True)
class ListedEntry:
    """An entry of a menu, as the list shows it."""

    page: str
    name: str  # the title of the page
    is_public: bool
    has_text: bool  # whether organisers can change the page
    field: Any  # the field for its label, in the form of the menu


@dataclass(frozen=True)
class ListedMenu:
    """A menu, with its entries and the pages that can be added."""

    name: str
    menu: Menu
    form: Form  # the form of the labels
    entries: Sequence[ListedEntry]
    addable: Sequence[tuple[str, str]]
    is_shipped: bool

    @property
    def is_full(self) -> bool:
        """Return True if nothing can be added."""
        return len(self.entries) >= self.menu.max_entries


@bp.get("")
def index() -> ResponseReturnValue:
    return _render_index()


@bp.post("/<menu>/_add")
def add(menu: str) -> ResponseReturnValue:
    store, page = queries.get_store(get_content_folder()), request.form.get("page", "")
    menus.add(store, menu, page, clock.now(), actor=current_actor())
    return _redirect(menu, "menu-added")


@bp.post("/<menu>/<page>/move")
def move(menu: str, page: str) -> ResponseReturnValue:
    direction = request.form.get("direction", "")
    is_moved = menus.move(menu, page, direction, actor=current_actor())
    return _redirect(f"{menu}-{page}", "menu-moved" if is_moved else "not-moved")


@bp.post("/<menu>/<page>/remove")
def remove(menu: str, page: str) -> ResponseReturnValue:
    menus.remove(menu, page, actor=current_actor())
    return _redirect(menu, "menu-removed")


@bp.post("/<menu>/labels")
@validates_own_csrf
def save_labels(menu: str) -> ResponseReturnValue:
    menus.get_menu(menu)
    store = queries.get_store(get_content_folder())
    form = _build_form(store, menu)
    if not form.validate_on_submit():
        return _render_index(menu, form)
    pages = [entry.page for entry in menus.list_entries(store, menu)]
    fields = {page: form[_field_name(page)] for page in pages}
    labels = {page: field.data or "" for page, field in fields.items() if field.raw_data}
    is_changed = menus.set_labels(menu, labels, actor=current_actor())
    return _redirect(menu, "menu-labelled" if is_changed else "as-it-was")


@bp.route("/<menu>/shipped", methods=["GET", "POST"])
def restore_shipped(menu: str) -> ResponseReturnValue:
    found = menus.get_menu(menu)
    if request.method == "POST":
        menus.restore_shipped(menu, actor=current_actor())
        return _redirect(menu, "menu-shipped")
    return render_page(
        "admin/content/menu_shipped.html",
        chosen=found,
        labels=[str(menus.MENU_PAGES[page].label) for page in found.shipped],
        form=ConfirmForm(),
        breadcrumbs=[(gettext("Menus"), url_for(".index"))],
    )


def _redirect(anchor: str, message_key: str) -> ResponseReturnValue:
    return redirects.redirect_to(url_for(".index", _anchor=anchor), message_key)


def _build_form(store: ContentStore, menu: str, *, is_submitted: bool = True) -> Form:
    """Return the form of a menu's labels, with a field for each entry."""
    fields = {
        _field_name(entry.page): StringField(
            _l("Label"),
            [max_length(menus.MAX_LABEL_LENGTH, _l("The label")), no_hidden_characters],
            [collapse_whitespace],
            id=f"label-{menu}-{entry.page}",
            default=entry.label,
        )
        for entry in menus.list_entries(store, menu)
    }
    form: Form = type("LabelsForm", (Form,), fields)(**({} if is_submitted else {"formdata": None}))
    return form


def _field_name(page: str) -> str:
    return f"label_{page}"


def _list_menu(store: ContentStore, name: str, form: Form) -> ListedMenu:
    now, language = clock.now(), languages.current().code
    slugs = store.list_slugs(PAGE)
    return ListedMenu(
        name=name,
        menu=menus.MENUS[name],
        form=form,
        entries=[
            ListedEntry(
                page=entry.page,
                name=menus.find_any_title(store, entry.page),
                is_public=menus.find_title(store, entry.page, language, now) is not None,
                has_text=entry.page in slugs,
                field=form[_field_name(entry.page)],
            )
            for entry in menus.list_entries(store, name)
        ],
        addable=menus.list_addable(store, name, now),
        is_shipped=menus.is_shipped(store, name),
    )


def _render_index(submitted: str = "", form: Form | None = None) -> ResponseReturnValue:
    """Render the list, with the form of the labels that could not be saved."""
    store = queries.get_store(get_content_folder())
    listed = [
        _list_menu(store, name, form)
        if form is not None and name == submitted
        else _list_menu(store, name, _build_form(store, name, is_submitted=False))
        for name in menus.MENUS
    ]
    return render_page(
        "admin/content/menus.html",
        200 if form is None else 422,
        menus=listed,
        form=form,
        max_label=menus.MAX_LABEL_LENGTH,
        entries=history.list_newest(menus.HISTORY_SUBJECT),
    )
