"""Themes of the working programme: list, details, form, order and bulk actions."""

from collections.abc import Mapping
from typing import Any, Self

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _l
from wtforms import SelectField, StringField

from app.accounts import guards
from app.admin import bulk_actions, ordered_listing
from app.admin.bulk_actions import BulkAction
from app.admin.edit_form import EditForm, ReassignForm, name_field, notes_field, text_field
from app.admin.listing import ListFilter, translated_options
from app.admin.ordered_listing import OrderedListing, RowFilter
from app.errors import StaleEdit
from app.forms.base import ConfirmForm, validates_own_csrf
from app.forms.validators import max_length, no_hidden_characters, one_of_choices
from app.history import queries as history
from app.programme import queries
from app.programme.editing import ordering, themes
from app.programme.fields import rooms_and_themes
from app.programme.fields.rooms_and_themes import COLOURS, THEME_FIELDS, ThemeLookTaken
from app.programme.models import THEME_SHAPES, Theme
from app.releases import current_release
from app.text import collapse_whitespace
from app.web import flash
from app.web.rendering import render_page

SORTS = ("place", "name", "sessions")
MISSING_OPTIONS = (("summary", _l("Summary")),)


def get_listing() -> OrderedListing[Theme]:
    """Return the page of the list that the request asks for."""
    lacks = ListFilter("missing", gettext("Without"), translated_options(MISSING_OPTIONS))
    ways = (
        ordered_listing.usage_filter(),
        RowFilter(lacks, lambda row, chosen: not getattr(row.item, chosen)),
    )
    return ordered_listing.build_listing(
        queries.list_themes(), ordering.count_by_id(Theme), SORTS, ways
    )


def get_bulk_actions() -> Mapping[str, BulkAction[Theme]]:
    """Return the bulk actions by name."""
    deletion = ordered_listing.delete_action(
        Theme,
        gettext("Delete the ticked themes"),
        lambda num: ngettext("Delete %(num)s theme?", "Delete %(num)s themes?", num),
        "themes-deleted",
        themes.delete,
    )
    return {deletion.name: deletion}


MAX_SUMMARY_LENGTH = 1_000
MAX_LETTER_LENGTH = 2
PALETTES = tuple(str(number) for number in range(1, len(COLOURS) + 1))


class ThemeForm(EditForm):
    """Edit a theme."""

    name = name_field(_l("Name"), _l("The name"), _l("Enter the theme’s name"))
    summary = text_field(
        _l("Summary (optional)"),
        _l("The summary"),
        _l("One or two sentences on what its sessions have in common"),
        MAX_SUMMARY_LENGTH,
    )
    letter = StringField(
        _l("Letter (optional)"),
        [max_length(MAX_LETTER_LENGTH, _l("The letter")), no_hidden_characters],
        [collapse_whitespace],
        _l("It stands in the shape where there is room. Empty: the first letter of the name"),
        render_kw={"spellcheck": "false", "autocomplete": "off"},
    )
    shape = SelectField(_l("Shape"), [one_of_choices(_l("Choose a shape"))], validate_choice=False)
    palette = SelectField(
        _l("Colour"), [one_of_choices(_l("Choose a colour"))], validate_choice=False
    )
    notes = notes_field()

    def set_choices(self) -> None:
        """Set the shapes and colours to choose from."""
        self.shape.choices = [(shape, gettext(shape.capitalize())) for shape in THEME_SHAPES]
        self.palette.choices = [
            (number, gettext(colour)) for number, colour in zip(PALETTES, COLOURS, strict=True)
        ]

    @staticmethod
    def initial_data(theme: Theme) -> dict[str, Any]:
        """Return the current values of the fields."""
        return {
            "version": str(theme.version),
            "name": theme.name,
            "summary": theme.summary,
            "letter": theme.letter,
            "shape": theme.shape,
            "palette": str(theme.palette),
            "notes": theme.notes,
        }

    def values(self) -> dict[str, Any]:
        """Return the submitted values for saving."""
        name = self.name.data or ""
        return {
            "name": name,
            "summary": self.summary.data or "",
            "letter": self.letter.data or name[:1].upper(),
            "look": [self.shape.data, int(self.palette.data)],
            "notes": self.notes.data or "",
        }

    def with_error(self, refusal: ThemeLookTaken) -> Self:
        """Show the error beside the shape."""
        self.add_error(self.shape, refusal)
        return self

    def get_preview(self) -> dict[str, str]:
        """Return the theme's look as the public will see it; missing values have defaults."""
        name = self.name.data or gettext("Name of the theme")
        return {
            "name": name,
            "letter": self.letter.data or name[:1].upper(),
            "shape": self.shape.data if self.shape.data in THEME_SHAPES else THEME_SHAPES[0],
            "palette": self.palette.data if self.palette.data in PALETTES else "1",
        }


bp = Blueprint("themes", __name__, url_prefix="/themes")

flash.MESSAGES["admin"] |= {
    "theme-added": _l("The theme has been added. Readers see it once you publish."),
    "theme-saved": _l("The theme has been saved. Readers see it once you publish."),
    "theme-moved": _l("The order of themes has been changed. Readers see it once you publish."),
    "theme-emptied": _l("The sessions have been moved. Readers see it once you publish."),
    "themes-deleted": _l("They have been deleted. Readers see it once you publish."),
    "theme-deleted": _l("The theme has been deleted. Readers see it once you publish."),
}


@bp.get("")
def index() -> ResponseReturnValue:
    listing, deeds = get_listing(), get_bulk_actions().values()
    return render_page(
        "admin/themes/index.html", listing=listing, actions=deeds, form=ConfirmForm()
    )


@bp.post("/_several")
def bulk() -> ResponseReturnValue:
    deed = get_bulk_actions().get(request.form.get("deed", ""))
    chosen = themes.list_by_slug(request.form.getlist("chosen"))
    if deed is None or not chosen:
        return _render_nothing_selected()
    return bulk_actions.confirm_or_run(deed, chosen, bulk_actions.get_back_url(url_for(".index")))


@bp.route("/_add", methods=["GET", "POST"])
@validates_own_csrf
def add() -> ResponseReturnValue:
    form = ThemeForm(
        data=dict(zip(("shape", "palette"), rooms_and_themes.next_free_look(), strict=True))
    )
    form.set_choices()
    if _is_preview() or not form.validate_on_submit():
        return _render_form(form)
    try:
        theme = themes.add(form.values(), actor=guards.current_actor())
    except ThemeLookTaken as refusal:
        return _render_form(form.with_error(refusal))
    return _redirect(_url(theme), "theme-added")


@bp.get("/<slug>")
def show(slug: str) -> ResponseReturnValue:
    theme = themes.get_theme(slug)
    return render_page(
        "admin/themes/show.html",
        theme=theme,
        place=ordering.get_position(theme),
        sessions=ordering.list_sessions_using(theme),
        is_public=any(one.slug == slug for one in current_release.get_programme().themes),
        past=history.list_newest(THEME_FIELDS.history_subject(theme)),
        form=ConfirmForm(),
    )


@bp.route("/<slug>/change", methods=["GET", "POST"])
@validates_own_csrf
def edit(slug: str) -> ResponseReturnValue:
    theme = themes.get_theme(slug)
    form = ThemeForm(data=ThemeForm.initial_data(theme))
    form.set_choices()
    if _is_preview() or not form.validate_on_submit():
        return _render_form(form, theme)
    try:
        changes = themes.save(
            theme,
            form.values(),
            expected_version=form.expected_version,
            actor=guards.current_actor(),
        )
    except StaleEdit as stale:
        return _render_form(form.rebase_on(stale), theme, stale)
    except ThemeLookTaken as refusal:
        return _render_form(form.with_error(refusal), theme)
    return _redirect(_url(theme), "theme-saved" if changes else "as-it-was")


@bp.post("/<slug>/move")
def move(slug: str) -> ResponseReturnValue:
    theme = themes.get_theme(slug)
    is_moved = themes.move(theme, request.form.get("way", ""), actor=guards.current_actor())
    return _redirect(
        ordered_listing.url_in_listing(theme), "theme-moved" if is_moved else "not-moved"
    )


@bp.route("/<slug>/empty", methods=["GET", "POST"])
@validates_own_csrf
def reassign(slug: str) -> ResponseReturnValue:
    theme = themes.get_theme(slug)
    others = [one for one in queries.list_themes() if one is not theme]
    form = ReassignForm()
    form.to.choices = [(one.slug, one.name) for one in others]
    if form.validate_on_submit():
        themes.reassign_sessions(
            theme, themes.get_theme(form.to.data), actor=guards.current_actor()
        )
        return _redirect(url_for(".delete", slug=slug), "theme-emptied")
    return render_page(
        "admin/themes/reassign.html",
        status=422 if form.errors else 200,
        form=form,
        theme=theme,
        sessions=ordering.list_sessions_using(theme),
        trail=[(theme.name, _url(theme))],
    )


@bp.route("/<slug>/delete", methods=["GET", "POST"])
def delete(slug: str) -> ResponseReturnValue:
    theme = themes.get_theme(slug)
    if request.method == "POST":
        themes.delete(theme, actor=guards.current_actor())
        return _redirect(url_for(".index"), "theme-deleted")
    return render_page(
        "admin/themes/delete.html",
        theme=theme,
        sessions=ordering.list_sessions_using(theme),
        is_public=any(one.slug == slug for one in current_release.get_programme().themes),
        has_others=len(queries.list_themes()) > 1,
        form=ConfirmForm(),
        trail=[(theme.name, _url(theme))],
    )


def _render_nothing_selected() -> ResponseReturnValue:
    return bulk_actions.render_nothing_selected(
        "admin/themes/index.html",
        get_listing(),
        "admin.themes.index",
        gettext("Tick at least one theme first"),
        actions=get_bulk_actions().values(),
    )


def _render_form(
    form: ThemeForm, theme: Theme | None = None, stale: StaleEdit | None = None
) -> ResponseReturnValue:
    """Render the form; with both versions if somebody else has saved meanwhile."""
    return render_page(
        "admin/themes/form.html",
        status=409 if stale else 422 if form.errors else 200,
        form=form,
        theme=theme,
        stale=stale,
        previewed=_is_preview(),
        back=_url(theme) if theme else url_for(".index"),
        trail=[(theme.name, _url(theme))] if theme else [],
    )


def _is_preview() -> bool:
    return "preview" in request.form


def _redirect(url: str, message_key: str) -> ResponseReturnValue:
    return redirect(flash.with_flash(url, message_key), 303)


def _url(theme: Theme) -> str:
    return url_for(".show", slug=theme.slug)
