"""The additional links of a page: add, edit, move and remove."""

from dataclasses import replace

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from app import clock
from app.accounts.guards import current_actor
from app.admin.content import editable_text
from app.admin.content.editable_text import EditableText
from app.admin.content.forms import EditLinkForm, LinkForm
from app.admin_kit.listing import paginate, parse_list_query
from app.content import links as content
from app.content import queries
from app.content.links import ManagedLink
from app.content.models import LINK, PAGE
from app.content.views import get_content_folder
from app.errors import RuleViolation, StaleEdit
from app.forms.form import validates_own_csrf
from app.web import redirects
from app.web.rendering import render_page

redirects.MESSAGES["admin"] |= {
    "link-added": _l("The link has been added. It is public now."),
    "link-saved": _l("The link has been saved. It is public now."),
    "link-removed": _l("The link has been deleted."),
}


METHODS = ["GET", "POST"]


def add_url_rules(bp: Blueprint) -> None:
    """Register the routes on the content blueprint."""
    one = "/page/<slug>/links/<int(max=999999999):link>"
    bp.add_url_rule("/page/<slug>/links", view_func=links, methods=METHODS)
    bp.add_url_rule(one, endpoint="edit_link", view_func=edit_link, methods=METHODS)
    bp.add_url_rule(f"{one}/remove", view_func=remove_link, methods=["POST"])


@validates_own_csrf
def links(slug: str) -> ResponseReturnValue:
    """List the links of a page and add one."""
    text, form = editable_text.get_text(PAGE, slug), LinkForm()
    if form.validate_on_submit():
        try:
            content.add(slug, form.to_draft(), actor=current_actor())
        except RuleViolation as refusal:
            form.add_error(form.label, refusal)
        else:
            return _redirect(slug, "text-waiting" if form.appears.utc_value else "link-added")
    return _render_links(text, form)


@validates_own_csrf
def edit_link(slug: str, link: int) -> ResponseReturnValue:
    """Edit a link."""
    found, form = content.get_link(slug, link), EditLinkForm()
    form.set_choices(len(content.list_links(slug)) + (not found.position))
    if not form.is_submitted():
        _set_initial_data(form, found)
    elif form.validate():
        try:
            return _save(found, form)
        except StaleEdit as stale:
            form.expected_version.data = stale.version
            return _render_link(found, form, stale)
        except RuleViolation as refusal:
            form.add_error(form.label, refusal)
    return _render_link(found, form)


def remove_link(slug: str, link: int) -> ResponseReturnValue:
    """Remove a link."""
    content.remove(get_content_folder(), content.get_link(slug, link), actor=current_actor())
    return _redirect(slug, "link-removed")


def _save(found: ManagedLink, form: EditLinkForm) -> ResponseReturnValue:
    is_new = content.update(
        get_content_folder(),
        found,
        form.to_draft(),
        form.requested_position,
        expected_version=form.expected_version.data,
        actor=current_actor(),
    )
    saved = "text-waiting" if form.appears.utc_value else "link-saved"
    return _redirect(found.link.page, saved if is_new else "as-it-was")


def _set_initial_data(form: EditLinkForm, found: ManagedLink) -> None:
    """Fill in the newest version, or the one in the query parameter ``from``."""
    text = editable_text.get_text(LINK, str(found.id))
    begins = editable_text.get_base_version(text)
    form.expected_version.data = text.latest_number
    if begins is not None:
        form.label.data, form.address.data = (
            begins.title,
            queries.get_body(get_content_folder(), begins),
        )
        form.appears.show(begins.appears_at if begins == text.scheduled else None)
    form.place.data = found.position or len(form.place.choices or ())
    form.initial_position.data = str(found.position)


def _redirect(slug: str, message_key: str) -> ResponseReturnValue:
    return redirects.redirect_to(url_for("admin.content.links", slug=slug), message_key)


def _render_links(text: EditableText, form: LinkForm) -> ResponseReturnValue:
    page_links = content.list_links(text.key.slug)
    rows = [(link, text.store.find_link(link.key, clock.now())) for link in page_links]
    listing = paginate(rows, parse_list_query((), ("place",), has_search=False))
    return render_page(
        "admin/content/links.html",
        text=text,
        listing=replace(listing, endpoint=".links"),
        gone=content.list_removed(text.key.slug),
        form=form,
        breadcrumbs=text.breadcrumbs,
    )


def _render_link(
    found: ManagedLink, form: LinkForm, stale: StaleEdit | None = None
) -> ResponseReturnValue:
    text = editable_text.get_text(LINK, str(found.id))
    return render_page(
        "admin/content/link.html",
        409 if stale else None,
        text=text,
        link=found,
        form=form,
        breadcrumbs=text.link_breadcrumbs,
        stale=stale,
    )
