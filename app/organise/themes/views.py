"""The themes of the working programme: the list in their order, a page and a form for each."""

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app.forms import ButtonForm, checks_its_own_token
from app.history import queries as history
from app.organise import at_once, done, edited, ordered
from app.organise.edited import MoveForm
from app.organise.themes import lists
from app.organise.themes.forms import ThemeForm
from app.programme import queries, releases
from app.programme.editing import of_themes, order, themes, uses
from app.programme.editing.edits import Stale
from app.programme.editing.of_themes import KIND, LookTaken
from app.programme.models import Theme
from app.web.pages import page

pages = Blueprint("themes", __name__, url_prefix="/themes")


@pages.get("")
def listed() -> ResponseReturnValue:
    listing, deeds = lists.listing(), lists.deeds().values()
    return page("organise/themes/listed.html", listing=listing, deeds=deeds, form=ButtonForm())


@pages.post("/_several")
def several() -> ResponseReturnValue:
    deed = lists.deeds().get(request.form.get("deed", ""))
    chosen = themes.chosen(request.form.getlist("chosen"))
    if deed is None or not chosen:
        return _none_ticked()
    return at_once.asked(deed, chosen, at_once.back(url_for(".listed")))


@pages.route("/_add", methods=["GET", "POST"])
@checks_its_own_token
def add() -> ResponseReturnValue:
    form = ThemeForm(data=dict(zip(("shape", "palette"), of_themes.first_free_look(), strict=True)))
    form.offer()
    if _is_previewed() or not form.validate_on_submit():
        return _asked(form)
    try:
        theme = themes.add(form.values(), who=edited.who())
    except LookTaken as refusal:
        return _asked(form.refused(refusal))
    return _see(_address(theme), "theme-added")


@pages.get("/<slug>")
def shown(slug: str) -> ResponseReturnValue:
    theme = themes.theme(slug)
    return page(
        "organise/themes/shown.html",
        theme=theme,
        place=order.place(theme),
        sessions=uses.sessions(theme),
        is_public=any(one.slug == slug for one in releases.current().themes),
        past=history.newest_about(KIND.about(theme)),
        form=ButtonForm(),
    )


@pages.route("/<slug>/change", methods=["GET", "POST"])
@checks_its_own_token
def change(slug: str) -> ResponseReturnValue:
    theme = themes.theme(slug)
    form = ThemeForm(data=ThemeForm.shown(theme))
    form.offer()
    if _is_previewed() or not form.validate_on_submit():
        return _asked(form, theme)
    try:
        made = themes.save(theme, form.values(), seen=form.seen, who=edited.who())
    except Stale as stale:
        return _asked(form.begun_again(stale), theme, stale)
    except LookTaken as refusal:
        return _asked(form.refused(refusal), theme)
    return _see(_address(theme), "theme-saved" if made else "as-it-was")


@pages.post("/<slug>/move")
def move(slug: str) -> ResponseReturnValue:
    theme = themes.theme(slug)
    is_moved = themes.move(theme, request.form.get("way", ""), who=edited.who())
    return _see(ordered.address_of(theme), "theme-moved" if is_moved else "not-moved")


@pages.route("/<slug>/empty", methods=["GET", "POST"])
@checks_its_own_token
def empty(slug: str) -> ResponseReturnValue:
    theme = themes.theme(slug)
    others = [one for one in queries.themes() if one is not theme]
    form = MoveForm()
    form.to.choices = [(one.slug, one.name) for one in others]
    if form.validate_on_submit():
        themes.give_sessions(theme, themes.theme(form.to.data), who=edited.who())
        return _see(url_for(".delete", slug=slug), "theme-emptied")
    return page(
        "organise/themes/empty.html",
        status=422 if form.errors else 200,
        form=form,
        theme=theme,
        sessions=uses.sessions(theme),
        trail=[(theme.name, _address(theme))],
    )


@pages.route("/<slug>/delete", methods=["GET", "POST"])
def delete(slug: str) -> ResponseReturnValue:
    theme = themes.theme(slug)
    if request.method == "POST":
        themes.delete(theme, who=edited.who())
        return _see(url_for(".listed"), "theme-deleted")
    return page(
        "organise/themes/delete.html",
        theme=theme,
        sessions=uses.sessions(theme),
        is_public=any(one.slug == slug for one in releases.current().themes),
        has_others=len(queries.themes()) > 1,
        form=ButtonForm(),
        trail=[(theme.name, _address(theme))],
    )


def _none_ticked() -> ResponseReturnValue:
    """Show the list once more, and that a theme has to be ticked in it first."""
    return at_once.none_ticked(
        "organise/themes/listed.html",
        lists.listing(),
        "organise.themes.listed",
        gettext("Tick at least one theme first"),
        deeds=lists.deeds().values(),
    )


def _asked(
    form: ThemeForm, theme: Theme | None = None, stale: Stale | None = None
) -> ResponseReturnValue:
    """Show the form, with both versions when somebody else has saved meanwhile."""
    return page(
        "organise/themes/form.html",
        status=409 if stale else 422 if form.errors else 200,
        form=form,
        theme=theme,
        stale=stale,
        previewed=_is_previewed(),
        back=_address(theme) if theme else url_for(".listed"),
        trail=[(theme.name, _address(theme))] if theme else [],
    )


def _is_previewed() -> bool:
    return "preview" in request.form


def _see(address: str, what: str) -> ResponseReturnValue:
    return redirect(done.at(address, what), 303)


def _address(theme: Theme) -> str:
    return url_for(".shown", slug=theme.slug)
