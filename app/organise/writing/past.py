"""The versions of a text: each as readers saw it, two side by side, an old one brought back."""

from typing import Any

from flask import Blueprint, redirect, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app.content import comparing, links, queries, services
from app.content.models import LINK, NEWS, NOTICE, PAGE
from app.content.versions import Version
from app.content.views import folder
from app.organise import done
from app.organise.edited import EditForm, who
from app.organise.writing import opened
from app.organise.writing.opened import DIGITS, KINDS, VERSIONED, Text
from app.web import languages
from app.web.pages import page
from app.web.words import local_moment

ONE = f"/<{VERSIONED}:kind>/<slug>/<language>"


def attach(pages: Blueprint) -> None:
    """Put these addresses on the part."""
    pages.add_url_rule(f"{ONE}/versions", view_func=versions)
    pages.add_url_rule(f"{ONE}/versions/<int(max=999999):number>", view_func=version)
    back = f"{ONE}/versions/<int(max=999999):number>/bring-back"
    pages.add_url_rule(back, view_func=bring_back, methods=["POST"])
    pages.add_url_rule(f"{ONE}/compare", view_func=compare)
    gone = f"/<{KINDS}:kind>/<slug>/<language>/remove"
    pages.add_url_rule(gone, view_func=remove, methods=["GET", "POST"])


def versions(kind: str, slug: str, language: str) -> ResponseReturnValue:
    """List every version, with who wrote it and when."""
    text = opened.text(kind, slug, language)
    return page("organise/writing/versions.html", text=text, trail=text.trail)


def version(kind: str, slug: str, language: str, number: int) -> ResponseReturnValue:
    """Show one version as readers see it."""
    text = opened.text(kind, slug, language)
    shown = text.version(number)
    return page(
        "organise/writing/version.html",
        text=text,
        version=shown,
        form=_seen(text),
        as_read_here=_as_read(shown),
        trail=text.trail_of_versions,
    )


def bring_back(kind: str, slug: str, language: str, number: int) -> ResponseReturnValue:
    """Let readers see an old version again."""
    text = opened.text(kind, slug, language)
    deeds = links if kind == LINK else services
    deeds.bring_back(folder(), text.key, number, seen=EditForm().seen, who=who())
    return _on_to(text, "text-brought-back")


def compare(kind: str, slug: str, language: str) -> ResponseReturnValue:
    """Show what differs between two versions."""
    text = opened.text(kind, slug, language)
    old, new = text.version(_number("from")), text.version(_number("to"))
    return page(
        "organise/writing/compare.html",
        text=text,
        old=old,
        new=new,
        facts=[
            (label, before, after)
            for (label, before), (_, after) in zip(_facts(old), _facts(new), strict=True)
        ],
        lines=comparing.lines(_long(old), _long(new)),
        trail=text.trail_of_versions,
    )


def remove(kind: str, slug: str, language: str) -> ResponseReturnValue:
    """Ask, and take a text away."""
    text = opened.text(kind, slug, language)
    form = EditForm()
    if form.validate_on_submit():
        services.remove(folder(), text.key, seen=form.seen, who=who())
        return _on_to(text, "text-removed")
    return page("organise/writing/remove.html", text=text, form=_seen(text), trail=text.trail)


def _on_to(text: Text, what: str) -> ResponseReturnValue:
    return redirect(done.at(text.place, what), 303)


def _seen(text: Text) -> EditForm:
    form = EditForm(formdata=None)
    form.version.data = str(text.seen)
    return form


def _number(name: str) -> int:
    typed = request.args.get(name, "")
    is_number = typed.isascii() and typed.isdecimal() and len(typed) <= DIGITS
    return int(typed) if is_number else 0


def _facts(version: Version) -> list[tuple[str, str]]:
    """Give what a version says in short, each with what it is called."""
    if version.kind == LINK:
        address = queries.body(folder(), version)
        return [(gettext("Words"), version.title), (gettext("Address"), address)]
    if version.kind == NOTICE:
        ends = local_moment(version.ends_at) if version.ends_at else ""
        return [(gettext("Words"), version.title), (gettext("Ends"), ends)]
    return [(gettext("Title"), version.title), (gettext("Summary"), version.summary)]


def _long(version: Version) -> str:
    """Give the text of a version, where it has one of many lines."""
    return queries.body(folder(), version) if version.kind in (PAGE, NEWS) else ""


def _as_read(shown: Version) -> Any:
    """Set a version as readers see it."""
    if shown.kind == NOTICE:
        return shown.title
    body = queries.body(folder(), shown)
    if shown.kind == LINK:
        return [queries.Link(shown.title, body)]
    make = queries.set_page if shown.kind == PAGE else queries.set_news
    return make(shown, body, languages.root(shown.language), "as-read-")
