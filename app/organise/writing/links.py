"""The additional links of a page: add one, change it, move it, take it away."""

from typing import Any

from flask import Blueprint, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app.content import links as content
from app.content.links import Replaced
from app.content.models import PAGE, Link
from app.errors import Refused
from app.forms import checks_its_own_token
from app.organise import done
from app.organise.edited import who
from app.organise.writing import opened
from app.organise.writing.forms import LinkEditForm, LinkForm
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
    form = LinkForm()
    if form.validate_on_submit():
        try:
            content.add(slug, form.label.data or "", form.address.data or "", who=who())
        except Refused as refusal:
            form.reject(form.label, refusal)
        else:
            return _on_to(slug, "link-added")
    return _listed(slug, form, 422 if form.is_submitted() else 200)


@checks_its_own_token
def change(slug: str, link: int) -> ResponseReturnValue:
    """Change one link."""
    found = content.link(slug, link)
    form = LinkEditForm()
    form.offer(len(content.links(slug)))
    replaced, status = None, 422 if form.is_submitted() else 200
    if form.validate_on_submit():
        try:
            content.change(found, form.wanted(), saw=form.seen.data or "", who=who())
        except Replaced as error:
            replaced, status, form.seen.data = error, 409, error.seen
        else:
            return _on_to(slug, "link-saved")
    _begin(form, found)
    return _one(slug, found, form, status, stale=replaced)


def remove_link(slug: str, link: int) -> ResponseReturnValue:
    """Take one link away."""
    content.remove(content.link(slug, link), who=who())
    return _on_to(slug, "link-removed")


def _begin(form: LinkEditForm, found: Link) -> None:
    if not form.is_submitted():
        form.seen.data = content.seen(found)
        form.label.data, form.address.data = found.label, found.address
        form.place.data = found.position


def _on_to(slug: str, what: str) -> ResponseReturnValue:
    return redirect(done.at(url_for("organise.writing.links", slug=slug), what), 303)


def _listed(slug: str, form: LinkForm, status: int) -> ResponseReturnValue:
    text = opened.text(PAGE, slug)
    there = content.links(slug)
    return page(
        "organise/writing/links.html", status, text=text, links=there, form=form, trail=text.trail
    )


def _one(slug: str, found: Link, form: LinkForm, status: int, **more: Any) -> ResponseReturnValue:
    text = opened.text(PAGE, slug)
    above = (gettext("Additional links"), url_for(".links", slug=slug))
    trail = [*text.trail, above]
    return page(
        "organise/writing/link.html", status, text=text, link=found, form=form, trail=trail, **more
    )
