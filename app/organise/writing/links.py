"""The additional links of a page: add one, change it, move it, take it away."""

from typing import Any

from flask import Blueprint, redirect, url_for
from flask.typing import ResponseReturnValue

from app import clock
from app.content import links as content
from app.content import queries
from app.content.links import Placed
from app.content.models import LINK, PAGE
from app.content.services import Stale
from app.content.views import folder
from app.errors import Refused
from app.forms import checks_its_own_token
from app.organise import done
from app.organise.edited import who
from app.organise.writing import opened
from app.organise.writing.forms import LinkEditForm, LinkForm
from app.organise.writing.opened import Text
from app.web.pages import page

BOTH = ["GET", "POST"]


def attach(pages: Blueprint) -> None:
    """Put these addresses on the part."""
    one = "/page/<slug>/links/<int(max=999999999):link>"
    pages.add_url_rule("/page/<slug>/links", view_func=links, methods=BOTH)
    pages.add_url_rule(one, endpoint="link", view_func=change, methods=BOTH)
    pages.add_url_rule(f"{one}/remove", view_func=remove_link, methods=["POST"])


@checks_its_own_token
def links(slug: str) -> ResponseReturnValue:
    """List the links of a page, and add one."""
    text, form = opened.text(PAGE, slug), LinkForm()
    if form.validate_on_submit():
        try:
            content.add(slug, form.wording(), who=who())
        except Refused as refusal:
            form.reject(form.label, refusal)
        else:
            return _on_to(slug, "text-waiting" if form.appears.moment else "link-added")
    return _listed(text, form, 422 if form.is_submitted() else 200)


@checks_its_own_token
def change(slug: str, link: int) -> ResponseReturnValue:
    """Change one link."""
    found, form = content.link(slug, link), LinkEditForm()
    form.offer(len(content.links(slug)) + (not found.place))
    if not form.is_submitted():
        _begin(form, found)
        return _one(found, form, 200)
    if not form.validate():
        return _one(found, form, 422)
    try:
        return _save(found, form)
    except Stale as stale:
        form.version.data = str(stale.version)
        return _one(found, form, 409, stale=stale)
    except Refused as refusal:
        form.reject(form.label, refusal)
        return _one(found, form, 422)


def remove_link(slug: str, link: int) -> ResponseReturnValue:
    """Take one link away."""
    content.remove(folder(), content.link(slug, link), who=who())
    return _on_to(slug, "link-removed")


def _save(found: Placed, form: LinkEditForm) -> ResponseReturnValue:
    is_new = content.change(
        folder(), found, form.wording(), form.place_chosen, seen=form.seen, who=who()
    )
    saved = "text-waiting" if form.appears.moment else "link-saved"
    return _on_to(found.link.page, saved if is_new else "text-as-it-was")


def _begin(form: LinkEditForm, found: Placed) -> None:
    """Let the newest version stand in the form, or another that was asked for."""
    text = opened.text(LINK, str(found.id))
    begins = opened.to_begin_with(text)
    form.version.data = str(text.seen)
    if begins is not None:
        form.label.data, form.address.data = begins.title, queries.body(folder(), begins)
        form.appears.show(begins.appears_at if begins == text.waiting else None)
    form.place.data = found.place or len(form.place.choices or ())
    form.stood.data = str(found.place)


def _on_to(slug: str, what: str) -> ResponseReturnValue:
    return redirect(done.at(url_for("organise.writing.links", slug=slug), what), 303)


def _listed(text: Text, form: LinkForm, status: int) -> ResponseReturnValue:
    there = content.links(text.key.slug)
    return page(
        "organise/writing/links.html",
        status,
        text=text,
        links=[(link, text.writings.link(link.key, clock.now())) for link in there],
        gone=content.taken_away(text.key.slug),
        form=form,
        trail=text.trail,
    )


def _one(found: Placed, form: LinkForm, status: int, **more: Any) -> ResponseReturnValue:
    text = opened.text(LINK, str(found.id))
    return page(
        "organise/writing/link.html",
        status,
        text=text,
        link=found,
        form=form,
        trail=text.trail_of_links,
        **more,
    )
