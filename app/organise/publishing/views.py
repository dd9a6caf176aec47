"""What will change for readers, publishing it, and the releases there have been."""

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app.errors import NotFound, Refused
from app.forms import ButtonForm, checks_its_own_token
from app.history import queries as history
from app.organise import done, edited
from app.organise.publishing import comparing, releasing
from app.organise.publishing.forms import BackForm, PlanForm, ReleaseForm
from app.organise.publishing.releasing import Asked
from app.organise.undo.views import HIGHEST
from app.programme import queries as programme
from app.programme.publishing import plans, services
from app.programme.publishing import queries as publishing
from app.speakers import news
from app.web.pages import page

pages = Blueprint("publishing", __name__, url_prefix="/publishing")

A_RELEASE = f"/releases/<int(max={HIGHEST}):number>"
A_PLAN = f"/plans/<int(max={HIGHEST}):number>"


@pages.get("")
def changes() -> ResponseReturnValue:
    try:
        look = publishing.outlook()
    except NotFound:
        return _nothing_yet()
    return page(
        "organise/publishing/changes.html",
        look=look,
        shown=comparing.outlook(look, request.args.get("whole", "")),
        plans=publishing.plans(),
    )


@pages.route("/publish", methods=["GET", "POST"])
@checks_its_own_token
def publish() -> ResponseReturnValue:
    if not programme.has_conference():
        return _nothing_yet(409)
    form = ReleaseForm()
    answer = releasing.answered(form, request.form.get("step", ""))
    if isinstance(answer, Asked):
        return _ask(form, answer)
    if answer is None:
        return _see(url_for(".changes"), "release-planned")
    what = "published" if answer.is_new else "public-already"
    return _see(url_for(".release", number=answer.release.number), what)


@pages.get("/letters")
def letters() -> ResponseReturnValue:
    try:
        look = publishing.outlook()
    except NotFound:
        return _nothing_yet()
    return page(
        "organise/publishing/letters.html",
        kinds=[(news.preview(kind[0]), kind) for kind in news.due(look.public, look.working)],
    )


@pages.route(f"{A_PLAN}/change", methods=["GET", "POST"])
@checks_its_own_token
def change(number: int) -> ResponseReturnValue:
    planned, form = publishing.plan(number), PlanForm()
    if not form.is_submitted():
        form.show(planned)
    asked = releasing.changed(form, planned)
    return _ask(form, asked) if asked else _see(url_for(".changes"), "release-planned")


@pages.route(f"{A_PLAN}/cancel", methods=["GET", "POST"])
@checks_its_own_token
def cancel(number: int) -> ResponseReturnValue:
    form = ButtonForm()
    if form.validate_on_submit():
        plans.cancel(number, who=edited.who())
        return _see(url_for(".changes"), "release-called-off")
    return page(
        "organise/publishing/cancel.html",
        422 if form.errors else 200,
        form=form,
        planned=publishing.plan(number),
    )


@pages.get("/releases")
def releases() -> ResponseReturnValue:
    return page("organise/publishing/releases.html", releases=publishing.releases())


@pages.get(A_RELEASE)
def release(number: int) -> ResponseReturnValue:
    return page(
        "organise/publishing/release.html",
        release=publishing.release(number),
        current=publishing.conference().current_release,
        past=history.newest_about(f"release {number}"),
        trail=_trail_to_releases(),
    )


@pages.get("/compare")
def compare() -> ResponseReturnValue:
    listed = publishing.releases()
    asked = comparing.asked(listed)
    return page(
        "organise/publishing/compare.html",
        releases=listed,
        asked=asked,
        shown=comparing.two(*asked, request.args.get("whole", "")) if asked else None,
        trail=_trail_to_releases(),
    )


@pages.route(f"{A_RELEASE}/back", methods=["GET", "POST"])
@checks_its_own_token
def back(number: int) -> ResponseReturnValue:
    form = BackForm()
    if form.validate_on_submit():
        try:
            services.roll_back(number, form.note.data or "", seen=form.current, who=edited.who())
        except Refused as refusal:
            form.reject(form.note, refusal)
        else:
            return _see(url_for(".release", number=number), "rolled-back")
    shown = comparing.back_to(number)
    form.seen.data = str(shown.old)
    return page(
        "organise/publishing/back.html",
        422 if form.errors else 200,
        form=form,
        shown=shown,
        trail=[*_trail_to_releases(), (_named(number), url_for(".release", number=number))],
    )


def _ask(form: PlanForm, asked: Asked) -> ResponseReturnValue:
    return page(
        asked.template,
        asked.status,
        form=form,
        look=asked.look,
        refusal=asked.refusal,
        shown=comparing.outlook(asked.look),
    )


def _nothing_yet(status: int = 200) -> ResponseReturnValue:
    """Say that there is no programme, and what makes one."""
    return page("organise/publishing/nothing.html", status)


def _see(address: str, what: str) -> ResponseReturnValue:
    return redirect(done.at(address, what), 303)


def _named(number: int) -> str:
    name: str = gettext("Release %(number)s", number=number)
    return name


def _trail_to_releases() -> list[tuple[str, str]]:
    return [(gettext("Releases"), url_for(".releases"))]
