"""The pages of ordered items: list, details, form, order, reassigning, deleting.

A section, such as rooms, declares an ``OrderedSection``; ``register`` adds its pages to a blueprint
from templates in ``templates/admin/<plural>/``, which extend those in ``templates/admin/ordered/``.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial, update_wrapper
from typing import Any, ClassVar, Generic, Self

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from app.accounts import guards, roles
from app.admin_kit import assign_views, bulk_actions, draft_forms, ordered_listing, saved_views
from app.admin_kit.bulk_actions import BulkAction
from app.admin_kit.draft_forms import deletes_draft
from app.admin_kit.edit_form import EditForm, ReassignForm, redirect_after_adding, with_slug
from app.admin_kit.listing import PAGE_SIZE, ListFilter, get_selected, parse_list_query, render_list
from app.admin_kit.ordered_listing import RowFilter
from app.errors import RuleViolation, StaleEdit
from app.forms.form import ConfirmForm, validates_own_csrf
from app.history import queries as history
from app.programme.editing import rooms_and_themes as editing
from app.programme.editing.rooms_and_themes import EntityT, OrderedKind
from app.programme.fields.rooms_and_themes import SLUG
from app.programme.slugs import SlugTaken
from app.releases import current_release
from app.speakers.texts.fields import form_field
from app.web import redirects
from app.web.rendering import render_page

redirects.MESSAGES["admin"] |= {
    "not-moved": _l("The order has not changed. Enter a different position from the list."),
}


class OrderedForm(EditForm):
    """The form of one item, by default with the fields in ``labels``."""

    labels: ClassVar[Mapping[str, str]]  # of its field set, in the order of the history
    refused_field: ClassVar[str] = "name"  # where an error from saving is shown
    slug = form_field(SLUG)

    def set_choices(self, item: Any = None) -> None:
        """Set the choices for an existing or a new item."""

    @classmethod
    def new_data(cls) -> dict[str, Any]:
        """Return the initial values of a new item."""
        return {}

    @classmethod
    def initial_data(cls, kind: OrderedKind[Any], item: Any) -> dict[str, Any]:
        """Return the current values of the fields."""
        values = {field: kind.field_set.get_value(item, field) for field in cls.labels}
        return {"expected_version": item.version, **values}

    def values(self) -> dict[str, Any]:
        """Return the submitted values for saving."""
        return with_slug({field: self.get_typed(field) for field in self.labels})

    def get_typed(self, field: str) -> Any:
        """Return the submitted value of a field."""
        return self[field].data

    def with_error(self, refusal: RuleViolation) -> Self:
        """Show an error from saving beside its field."""
        name = "slug" if isinstance(refusal, SlugTaken) else self.refused_field
        self.add_error(self[name], refusal)
        return self

    @property
    def is_preview(self) -> bool:
        """Return True if the form is only to be shown again, with its input."""
        return draft_forms.get_pressed_button() == draft_forms.PREVIEW


@dataclass(frozen=True)
class OrderedSection(Generic[EntityT]):
    """The section of one kind of item."""

    kind: OrderedKind[EntityT]
    form: type[OrderedForm]
    sorts: Sequence[str]  # of the list, from ordered_listing.SORTS; the first is the default
    get_filters: Callable[[Sequence[EntityT]], Sequence[RowFilter]]
    get_bulk_actions: Callable[[], Mapping[str, BulkAction[EntityT]]]
    nothing_selected: Any  # the error message, translated when it is shown


def register(bp: Blueprint, label: Any, section: OrderedSection[EntityT]) -> None:
    """Add the pages of a section to its blueprint; the label is that of the list."""
    saved_views.declare(
        bp.name, label, roles.PROGRAMME, lambda _: _list_filters(section), section.sorts
    )
    for rule, methods, view in (
        ("", ["GET"], index),
        ("/_several", ["POST"], bulk),
        ("/_add", ["GET", "POST"], add),
        ("/<slug>", ["GET"], show),
        ("/<slug>/change", ["GET", "POST"], edit),
        ("/<slug>/move", ["POST"], move),
        ("/<slug>/empty", ["GET", "POST"], reassign),
        ("/<slug>/delete", ["GET", "POST"], delete),
    ):
        bound = update_wrapper(partial(view, section), view)
        bp.add_url_rule(rule, view_func=bound, methods=methods)
    assign_views.register(bp, section.kind)


def index(section: OrderedSection[EntityT], error: str = "") -> ResponseReturnValue:
    items = editing.list_all(section.kind)
    return render_list(
        f"admin/{section.kind.plural}/index.html",
        ordered_listing.build_listing(
            section.kind, items, section.sorts, section.get_filters(items)
        ),
        error,
        actions=section.get_bulk_actions().values(),
    )


def bulk(section: OrderedSection[EntityT]) -> ResponseReturnValue:
    slugs = get_selected(partial(_list_slugs, section))
    find = partial(editing.list_by_slug, section.kind)
    done = bulk_actions.confirm_or_run(section.get_bulk_actions(), slugs, find)
    return index(section, str(section.nothing_selected)) if done is None else done


def _list_slugs(section: OrderedSection[EntityT]) -> Sequence[str]:
    """List the slugs of all items that match the request, on any page."""
    items = editing.list_all(section.kind)
    row_filters = section.get_filters(items)
    query = parse_list_query([one.filter for one in row_filters], section.sorts)
    rows = ordered_listing.find_rows(section.kind, items, query, row_filters)
    return [row.item.slug for row in rows]


def _list_filters(section: OrderedSection[EntityT]) -> Sequence[ListFilter]:
    return [row_filter.filter for row_filter in section.get_filters(editing.list_all(section.kind))]


@validates_own_csrf
@deletes_draft
def add(section: OrderedSection[EntityT]) -> ResponseReturnValue:
    form = section.form(data=section.form.new_data(), **draft_forms.get_form_arguments())
    form.set_choices()
    if form.is_preview or not form.validate_on_submit():
        return draft_forms.redirect_to_preview(form) or _render_form(section, form)
    try:
        item = editing.add(section.kind, form.values(), actor=guards.current_actor())
    except RuleViolation as refusal:
        return _render_form(section, form.with_error(refusal))
    page = url_for(".assign", slug=item.slug) if "assign" in request.form else _url(item)
    return redirect_after_adding(page, f"{section.kind.name}-added")


def show(section: OrderedSection[EntityT], slug: str) -> ResponseReturnValue:
    item = editing.get_by_slug(section.kind, slug)
    return _render(
        section,
        "show",
        item,
        position=editing.get_position(section.kind, item),
        entries=history.list_newest(section.kind.field_set.history_subject(item)),
        form=ConfirmForm(),
        undo=assign_views.parse_entries(request.args.get("undo", "")),
        breadcrumbs=None,
    )


@validates_own_csrf
@deletes_draft
def edit(section: OrderedSection[EntityT], slug: str) -> ResponseReturnValue:
    item = editing.get_by_slug(section.kind, slug)
    saved = section.form.initial_data(section.kind, item)
    form = section.form(data=saved, **draft_forms.get_form_arguments())
    form.set_choices(item)
    if form.is_preview or not form.validate_on_submit():
        return draft_forms.redirect_to_preview(form) or _render_form(section, form, item)
    try:
        changes = editing.save(
            section.kind,
            item,
            form.values(),
            expected_version=form.expected_version.data,
            actor=guards.current_actor(),
        )
    except StaleEdit as stale:
        return _render_form(section, form.rebase_on(stale), item, stale)
    except RuleViolation as refusal:
        return _render_form(section, form.with_error(refusal), item)
    return redirects.redirect_to(
        _url(item), f"{section.kind.name}-saved" if changes else "as-it-was"
    )


def move(section: OrderedSection[EntityT], slug: str) -> ResponseReturnValue:
    item = editing.get_by_slug(section.kind, slug)
    direction = request.form.get("direction", "")
    is_moved = editing.move(section.kind, item, direction, actor=guards.current_actor())
    page = (editing.get_position(section.kind, item).number - 1) // PAGE_SIZE + 1
    url = url_for(".index", page=page if page > 1 else None, _anchor=item.slug)
    return redirects.redirect_to(url, f"{section.kind.name}-moved" if is_moved else "not-moved")


@validates_own_csrf
def reassign(section: OrderedSection[EntityT], slug: str) -> ResponseReturnValue:
    kind = section.kind
    item = editing.get_by_slug(kind, slug)
    form = ReassignForm()
    form.to.choices = [
        (other.slug, other.name) for other in editing.list_all(kind) if other is not item
    ]
    if form.validate_on_submit():
        target = editing.get_by_slug(kind, form.to.data)
        editing.reassign_sessions(kind, item, target, actor=guards.current_actor())
        return redirects.redirect_to(url_for(".delete", slug=slug), f"{kind.name}-emptied")
    return _render(section, "reassign", item, form=form)


def delete(section: OrderedSection[EntityT], slug: str) -> ResponseReturnValue:
    item = editing.get_by_slug(section.kind, slug)
    if request.method == "POST":
        editing.delete(section.kind, item, actor=guards.current_actor())
        return redirects.redirect_to(url_for(".index"), f"{section.kind.name}-deleted")
    has_others = len(editing.list_all(section.kind)) > 1
    return _render(section, "delete", item, has_others=has_others, form=ConfirmForm())


def _render_form(
    section: OrderedSection[EntityT],
    form: OrderedForm,
    item: EntityT | None = None,
    stale: StaleEdit | None = None,
) -> ResponseReturnValue:
    """Render the form; with both versions if another user has saved in the meantime."""
    return render_page(
        f"admin/{section.kind.plural}/form.html",
        status=409 if stale else None,
        form=form,
        item=item,
        stale=stale,
        back=_url(item) if item else url_for(".index"),
        breadcrumbs=[(item.name, _url(item))] if item else [],
    )


def _render(
    section: OrderedSection[EntityT], page: str, item: EntityT, **context: Any
) -> ResponseReturnValue:
    """Render a page of an item, with the first sessions that use it."""
    sessions = editing.list_sessions_using(section.kind, item, PAGE_SIZE)
    is_full = len(sessions) == PAGE_SIZE
    count = editing.count_sessions_using(section.kind, item) if is_full else len(sessions)
    published = getattr(current_release.get_programme(), section.kind.plural)
    known: dict[str, Any] = {
        "item": item,
        "sessions": sessions,
        "session_count": count,
        "sessions_url": _sessions_url(section.kind, item) if count > PAGE_SIZE else "",
        "is_public": any(one.slug == item.slug for one in published),
        "public_url": url_for(f"programme.{section.kind.name}", slug=item.slug),
        "back": _url(item),
        "breadcrumbs": [(item.name, _url(item))],
    }
    return render_page(f"admin/{section.kind.plural}/{page}.html", **{**known, **context})


def _url(item: EntityT) -> str:
    return url_for(".show", slug=item.slug)


def _sessions_url(kind: OrderedKind[EntityT], item: EntityT) -> str:
    """Return the URL of the list of sessions that use an item."""
    filters: dict[str, Any] = {kind.name: item.key}
    return url_for("admin.sessions.index", **filters)
