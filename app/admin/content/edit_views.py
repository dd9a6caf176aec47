"""Adding and editing pages and news: the form, its preview and edit conflicts."""

from typing import Any

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from app import clock
from app.accounts import form_drafts
from app.accounts.guards import current_actor
from app.admin.content import editable_text, image_views
from app.admin.content.dead_links import LinkChecker
from app.admin.content.editable_text import TEXT_KINDS_CONVERTER, EditableText
from app.admin.content.forms import ContentForm, NewPageForm, NewsForm
from app.admin_kit import draft_forms
from app.admin_kit.draft_forms import deletes_draft
from app.admin_kit.edit_form import redirect_after_adding
from app.content import diff, queries, services
from app.content.models import NEWS, PAGE
from app.content.versions import FALLBACK_LANGUAGE, ContentKey, Version
from app.content.views import get_content_folder
from app.errors import RuleViolation, StaleEdit
from app.forms.form import validates_own_csrf
from app.web import languages, redirects
from app.web.formatting import local_day
from app.web.rendering import render_page

redirects.MESSAGES["admin"] |= {
    "text-added": _l("Added. It is public now."),
    "text-saved": _l("Saved. It is public now."),
    "text-waiting": _l("Saved. It will be published automatically at the time you chose."),
}


PICTURES = "pictures"  # the button that leads to the pictures, and their page
EDIT_FORMS: dict[str, type[ContentForm]] = {PAGE: ContentForm, NEWS: NewsForm}
NEW_FORMS: dict[str, type[ContentForm]] = {PAGE: NewPageForm, NEWS: NewsForm}


def add_url_rules(bp: Blueprint) -> None:
    """Register the routes on the content blueprint."""
    both = ["GET", "POST"]
    new, text = (
        f"/add/<{TEXT_KINDS_CONVERTER}:kind>",
        f"/<{TEXT_KINDS_CONVERTER}:kind>/<slug>/<language>",
    )
    bp.add_url_rule(new, view_func=add, methods=both)
    bp.add_url_rule(f"{new}/preview", view_func=preview_new)
    bp.add_url_rule(text, view_func=edit, methods=both)
    bp.add_url_rule(f"{text}/preview", view_func=preview)


@validates_own_csrf
@deletes_draft
def add(kind: str) -> ResponseReturnValue:
    """Add a page or news item."""
    typed = draft_forms.get_form_arguments()
    form = NEW_FORMS[kind](**typed)
    if not form.is_submitted() and not typed:
        form.set_initial_data("", "", "", local_day(clock.now()))
    status, stale = _submit(form, lambda: _add(form, kind), url_for(".preview_new", kind=kind))
    if isinstance(status, Response):
        return status
    text = editable_text.get_new(kind)
    return render_page(
        "admin/content/edit.html", status, text=None, **_form_context(form, text, stale)
    )


@validates_own_csrf
@deletes_draft
def edit(kind: str, slug: str, language: str) -> ResponseReturnValue:
    """Save a new version of a page or news item."""
    text = editable_text.get_text(kind, slug, language)
    typed = draft_forms.get_form_arguments()
    form = EDIT_FORMS[kind](**typed)
    if not form.is_submitted() and not typed:
        _set_initial_data(form, text)
    urls = {page: url_for(f".{page}", **text.key._asdict()) for page in ("preview", PICTURES)}
    if PICTURES in request.form and (
        leaving := draft_forms.redirect_to_draft(form, urls[PICTURES])
    ):
        return leaving
    status, stale = _submit(form, lambda: _save(form, text), urls["preview"])
    if isinstance(status, Response):
        return status
    return render_page(
        "admin/content/edit.html",
        status,
        text=text,
        breadcrumbs=text.breadcrumbs,
        **_form_context(form, text, stale),
    )


def preview_new(kind: str) -> ResponseReturnValue:
    """Show a page or news item that is being added as the public will see it."""
    return _show_preview(
        NEW_FORMS[kind], editable_text.get_new(kind), url_for(".add", kind=kind), ""
    )


def preview(kind: str, slug: str, language: str) -> ResponseReturnValue:
    """Show what is typed into the form of a page or news item as the public will see it."""
    text = editable_text.get_text(kind, slug, language)
    return _show_preview(EDIT_FORMS[kind], text, text.edit_url(), text.title)


def _show_preview(
    form_class: type[ContentForm], text: EditableText, edit_url: str, title: str
) -> ResponseReturnValue:
    draft = draft_forms.find_draft(edit_url.removeprefix(request.script_root))
    if draft is None:
        return redirect(edit_url, 303)
    form = form_class(**draft_forms.to_arguments(draft))
    return render_page(
        "admin/content/preview.html",
        fields=form_drafts.load_fields(draft),
        edit_url=edit_url,
        title=title,
        breadcrumbs=[(title or form.title.data or "", edit_url)],
        **_form_context(form, text, None),
    )


def _submit(form: ContentForm, save: Any, preview_url: str) -> tuple[Any, StaleEdit | None]:
    """Save the form or store it as a draft.

    Return the redirect, or the status with which to render the form.
    """
    if not form.is_submitted():
        return 200, None
    if not form.validate():
        return 422, None
    if draft_forms.get_pressed_button() == draft_forms.PREVIEW:
        return draft_forms.redirect_to_preview(form, preview_url) or 200, None
    try:
        return save(), None
    except StaleEdit as stale:
        form.expected_version.data = stale.version
        return 409, stale
    except RuleViolation as refusal:
        form.add_error(getattr(form, "address", form.title), refusal)
        return 422, None


def _add(form: ContentForm, kind: str) -> Response:
    address = form.address.data if isinstance(form, NewPageForm) else ""
    wanted = ContentKey(kind, address or "", FALLBACK_LANGUAGE)
    key = services.add(
        get_content_folder(),
        wanted,
        form.to_draft(),
        other_slugs=editable_text.get_reserved_slugs(),
        actor=current_actor(),
    )
    place = url_for("admin.content.text", kind=key.kind, slug=key.slug)
    waits = bool(form.appears.utc_value)
    return redirect_after_adding(place, "text-waiting" if waits else "text-added")


def _save(form: ContentForm, text: EditableText) -> Response:
    is_new = services.save(
        get_content_folder(),
        text.key,
        form.to_draft(),
        expected_version=form.expected_version.data,
        actor=current_actor(),
    )
    saved = "text-waiting" if form.appears.utc_value else "text-saved"
    return _redirect(text.key, saved if is_new else "as-it-was")


def _redirect(key: ContentKey, message_key: str) -> Response:
    place = url_for("admin.content.text", kind=key.kind, slug=key.slug)
    return redirects.redirect_to(place, message_key)


def _set_initial_data(form: ContentForm, text: EditableText) -> None:
    """Fill in the newest version, or the one in the query parameter ``from``."""
    form.expected_version.data = text.latest_number
    begins = editable_text.get_base_version(text)
    if begins is not None:
        words = queries.get_body(get_content_folder(), begins)
        form.set_initial_data(begins.title, begins.summary, words, begins.dated_on)
    else:
        form.set_initial_data("", "", "", local_day(clock.now()))


def _form_context(form: ContentForm, text: EditableText, stale: StaleEdit | None) -> dict[str, Any]:
    key = text.key
    english = None if key.language == FALLBACK_LANGUAGE else text.in_english.effective
    preview = _render_preview(form, key)
    checker = LinkChecker(text.store)
    return {
        "form": form,
        "kind": key.kind,
        "written_in": languages.describe(key.language),
        "english": queries.get_body(get_content_folder(), english) if english else "",
        "preview": preview,
        "dead_links": checker.find_in_draft(key, form.body.data or ""),
        "pictures": image_views.list_pictures(key),
        "stale": stale,
        "difference": _diff_body(stale),
    }


def _render_preview(form: ContentForm, key: ContentKey) -> Any:
    """Return the rendered draft as the public will see it, or None without a text."""
    if not form.body.data:
        return None
    wording = form.to_draft()
    version = Version(
        *key, form.expected_version.data, wording.title, wording.summary, wording.dated_on
    )
    make = queries.render_content_page if key.kind == PAGE else queries.render_news_item
    images = queries.find_images(get_content_folder(), wording.body)
    return make(version, wording.body, images, languages.url_prefix(key.language), "preview-")


def _diff_body(stale: StaleEdit | None) -> Any:
    body = (
        next((change for change in stale.differing if change.field == "body"), None)
        if stale
        else None
    )
    return diff.diff_lines(body.before, body.after) if body else ()
