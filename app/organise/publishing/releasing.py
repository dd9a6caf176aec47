"""The two steps of a release: say how, check, do. Nothing is kept between them but the form."""

from dataclasses import dataclass
from typing import Final

from flask_babel import gettext

from app.errors import Refused
from app.organise import edited
from app.organise.publishing.forms import PlanForm, ReleaseForm
from app.programme.models import PlannedRelease
from app.programme.publishing import plans, queries, services
from app.programme.publishing.queries import Outlook
from app.programme.publishing.services import Changed, Clashing, Published

CHANGE, DO = "change", "do"  # what was pressed; anything else leads to the check
FORM: Final = "organise/publishing/publish.html"
CHECK: Final = "organise/publishing/check.html"


@dataclass(frozen=True)
class Asked:
    """The page that comes next: the form, or the check of what was answered."""

    template: str
    status: int
    look: Outlook
    refusal: str = ""


def answered(form: ReleaseForm, step: str) -> Asked | Published | None:
    """Take one step; give what was published, or nothing where it was planned."""
    if not form.is_submitted():
        return _form(form)
    is_right = form.validate()
    if step == CHANGE and set(form.errors) <= {"day", "time", "overrule"}:
        return _asked_again(form)
    if not is_right:
        return _form(form)
    return _do(form) if step == DO else _check(form)


def changed(form: PlanForm, planned: PlannedRelease) -> Asked | None:
    """Give a plan another moment or note; give nothing once that is done."""
    if form.validate_on_submit():
        try:
            plans.change(planned.id, form.moment, form.note.data or "", **_by(form))
        except Refused as refusal:
            form.refuse(refusal)
        else:
            return None
    return _form(form)


def _do(form: ReleaseForm) -> Asked | Published | None:
    note = form.note.data or ""
    try:
        if not form.is_planned:
            return services.publish(note, seal=form.seal.data or "", **_by(form))
        plans.plan(form.moment, note, **_by(form))
    except Changed as late:
        return _check(form, gettext(str(late)))
    except Refused as refusal:
        form.refuse(refusal)
        return _form(form)
    return None


def _by(form: PlanForm) -> dict[str, str]:
    return {"overrule": form.overrule.data or "", "who": edited.who()}


def _form(form: PlanForm) -> Asked:
    return Asked(FORM, 422 if form.errors else 200, queries.outlook())


def _asked_again(form: ReleaseForm) -> Asked:
    """Show the form as it was filled in, to change something; nothing is wrong with that."""
    for field in form:
        field.errors = []
    return Asked(FORM, 200, queries.outlook())


def _check(form: ReleaseForm, refusal: str = "") -> Asked:
    look = queries.outlook()
    if look.clashes and not form.overrule.data:
        form.refuse(Clashing())
        return Asked(FORM, 422, look)
    form.seal.data = look.seal
    return Asked(CHECK, 409 if refusal else 200, look, refusal)
