"""Versions of a text: list, view, compare and restore them, and remove the text."""

from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from app.accounts.guards import current_actor
from app.admin.content import editable_text
from app.admin.content.editable_text import (
    MAX_VERSION_DIGITS,
    TEXT_KINDS_CONVERTER,
    VERSIONED_KINDS_CONVERTER,
    EditableText,
)
from app.admin_kit.edit_form import EditForm
from app.content import diff, links, queries, services
from app.content.models import LINK, NEWS, NOTICE, PAGE
from app.content.versions import Version
from app.content.views import get_content_folder
from app.text import parse_number
from app.web import languages, redirects
from app.web.formatting import local_moment
from app.web.rendering import render_page

redirects.MESSAGES["admin"] |= {
    "text-brought-back": _l("That version has been restored. It is public now."),
    "text-removed": _l("It has been deleted. You can restore any version."),
}


TEXT_RULE = f"/<{VERSIONED_KINDS_CONVERTER}:kind>/<slug>/<language>"


def add_url_rules(bp: Blueprint) -> None:
    """Register the routes on the content blueprint."""
    bp.add_url_rule(f"{TEXT_RULE}/versions", view_func=versions)
    bp.add_url_rule(f"{TEXT_RULE}/versions/<int(max=999999):number>", view_func=version)
    back = f"{TEXT_RULE}/versions/<int(max=999999):number>/bring-back"
    bp.add_url_rule(back, view_func=restore, methods=["POST"])
    bp.add_url_rule(f"{TEXT_RULE}/compare", view_func=compare)
    remove_rule = f"/<{TEXT_KINDS_CONVERTER}:kind>/<slug>/<language>/remove"
    bp.add_url_rule(remove_rule, view_func=remove, methods=["GET", "POST"])


def versions(kind: str, slug: str, language: str) -> ResponseReturnValue:
    """List the versions of a text."""
    text = editable_text.get_text(kind, slug, language)
    return render_page("admin/content/versions.html", text=text, breadcrumbs=text.breadcrumbs)


def version(kind: str, slug: str, language: str, number: int) -> ResponseReturnValue:
    """Show a version as the public sees it."""
    text = editable_text.get_text(kind, slug, language)
    selected_version = text.get_version(number)
    return render_page(
        "admin/content/version.html",
        text=text,
        version=selected_version,
        form=_version_form(text),
        as_read_here=_render_version(selected_version),
        breadcrumbs=text.version_breadcrumbs,
    )


def restore(kind: str, slug: str, language: str, number: int) -> ResponseReturnValue:
    """Publish an old version again."""
    text = editable_text.get_text(kind, slug, language)
    store = links if kind == LINK else services
    store.restore(
        get_content_folder(),
        text.key,
        number,
        expected_version=EditForm().expected_version.data,
        actor=current_actor(),
    )
    return _redirect(text, "text-brought-back")


def compare(kind: str, slug: str, language: str) -> ResponseReturnValue:
    """Show the differences between two versions."""
    text = editable_text.get_text(kind, slug, language)
    old, new = text.get_version(_parse_number("from")), text.get_version(_parse_number("to"))
    return render_page(
        "admin/content/compare.html",
        text=text,
        old=old,
        new=new,
        facts=[
            (label, before, after)
            for (label, before), (_, after) in zip(_list_facts(old), _list_facts(new), strict=True)
        ],
        lines=diff.diff_lines(_get_body(old), _get_body(new)),
        breadcrumbs=text.version_breadcrumbs,
    )


def remove(kind: str, slug: str, language: str) -> ResponseReturnValue:
    """Remove a text after confirmation."""
    text = editable_text.get_text(kind, slug, language)
    form = EditForm()
    if form.validate_on_submit():
        services.remove(
            get_content_folder(),
            text.key,
            expected_version=form.expected_version.data,
            actor=current_actor(),
        )
        return _redirect(text, "text-removed")
    return render_page(
        "admin/content/remove.html",
        text=text,
        form=_version_form(text),
        breadcrumbs=text.breadcrumbs,
    )


def _redirect(text: EditableText, message_key: str) -> ResponseReturnValue:
    return redirects.redirect_to(text.admin_url, message_key)


def _version_form(text: EditableText) -> EditForm:
    form = EditForm(formdata=None)
    form.expected_version.data = text.latest_number
    return form


def _parse_number(name: str) -> int:
    return parse_number(request.args.get(name, ""), MAX_VERSION_DIGITS) or 0


def _list_facts(version: Version) -> list[tuple[str, str]]:
    """Return the label and value of each short field."""
    if version.kind == LINK:
        address = queries.get_body(get_content_folder(), version)
        return [(gettext("Text"), version.title), (gettext("Web address"), address)]
    if version.kind == NOTICE:
        ends = local_moment(version.ends_at) if version.ends_at else ""
        return [(gettext("Text"), version.title), (gettext("Ends"), ends)]
    return [(gettext("Title"), version.title), (gettext("Summary"), version.summary)]


def _get_body(version: Version) -> str:
    """Return the text of a page or news item, else ""."""
    return queries.get_body(get_content_folder(), version) if version.kind in (PAGE, NEWS) else ""


def _render_version(content_version: Version) -> Any:
    """Return the version rendered as the public sees it."""
    if content_version.kind == NOTICE:
        return content_version.title
    body = queries.get_body(get_content_folder(), content_version)
    if content_version.kind == LINK:
        return [queries.PublicLink(content_version.title, body)]
    make = queries.render_content_page if content_version.kind == PAGE else queries.render_news_item
    images = queries.find_images(get_content_folder(), body)
    root = languages.url_prefix(content_version.language)
    return make(content_version, body, images, root, "as-read-")
