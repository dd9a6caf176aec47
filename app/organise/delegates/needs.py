"""What a delegate needs to take part: shown when somebody presses for it, and then noted."""

from dataclasses import replace

from flask import Blueprint
from flask.typing import ResponseReturnValue

from app.errors import Refused
from app.forms import checks_its_own_token
from app.organise.delegates import told
from app.organise.delegates.changing import asked, see
from app.organise.delegates.forms import WRITE, NeedsForm
from app.organise.edited import who
from app.registration.bookings import changes
from app.registration.bookings.deeds import Stale
from app.registration.desk import queries, services
from app.registration.models import Delegate

pages = Blueprint("needs", __name__)


@pages.post("/<reference>/needs")
def shown(reference: str) -> ResponseReturnValue:
    """Show what somebody needs, and let it be changed."""
    delegate = queries.delegate(reference)
    needs = services.show_needs(delegate, who=who())
    typed = {"access_needs": needs.access, "dietary_needs": needs.dietary}
    form = NeedsForm(None, data={"seen": delegate.changes, **typed})
    return asked("needs", form, delegate, None)


@pages.post("/<reference>/needs/change")
@checks_its_own_token
def change(reference: str) -> ResponseReturnValue:
    """Change what somebody needs."""
    delegate = queries.delegate(reference)
    form = NeedsForm()
    stale = None
    if form.validate_on_submit():
        wanted = replace(changes.told(delegate), **form.needs())
        deed = services.change if form.letter.data == WRITE else services.change_quietly
        try:
            is_other = deed(delegate, wanted, seen=form.changes_seen, who=who())
        except Stale:
            stale = _versions(delegate, form)
        except Refused as refusal:
            form.refuse(refusal, delegate.changes)
        else:
            return see(delegate, "delegate-saved" if is_other else "delegate-as-it-was")
    return asked("needs", form, delegate, stale)


def _versions(delegate: Delegate, form: NeedsForm) -> told.Versions:
    needs = form.needs()
    return told.needs(delegate, needs["access_needs"], needs["dietary_needs"])
