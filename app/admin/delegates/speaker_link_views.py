"""The speaker a booking belongs to: chosen manually where the site could not tell."""

from flask import Blueprint
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from wtforms import SelectField

from app.accounts.guards import current_actor
from app.admin.delegates.edit_views import breadcrumbs, redirect_to
from app.admin_kit import option_search
from app.delegates.models import Delegate
from app.errors import RuleViolation
from app.forms.form import Form, validates_own_csrf
from app.forms.validators import one_of_choices
from app.programme.editing import speaker_queries
from app.registration.desk import queries
from app.registration.speaker_places import queries as speaker_places
from app.registration.speaker_places import services
from app.web import redirects
from app.web.rendering import render_page

NOBODY = ""

redirects.MESSAGES["admin"] |= {
    "speaker-linked": _l("The booking now belongs to this speaker."),
    "speaker-unlinked": _l("The booking no longer belongs to a speaker."),
}


class SpeakerLinkForm(Form):
    """Choose the speaker that a booking belongs to."""

    speaker = SelectField(
        _l("Speaker"),
        [one_of_choices(_l("Choose a speaker from the list"))],
        validate_choice=False,
        description=_l("Speakers who have a place already are not in this list"),
    )


bp = Blueprint("speaker", __name__)


@bp.route("/<reference>/speaker", methods=["GET", "POST"])
@validates_own_csrf
def link(reference: str) -> ResponseReturnValue:
    delegate = queries.get_delegate(reference)
    words, form = option_search.get_words(), SpeakerLinkForm()
    has_more = _set_choices(form, delegate, words)
    if not option_search.is_searching() and form.validate_on_submit():
        try:
            return redirect_to(delegate, _save(delegate, str(form.speaker.data)))
        except RuleViolation as refusal:
            form.add_error(form.speaker, refusal)
    return render_page(
        "admin/delegates/speaker.html",
        form=form,
        delegate=delegate,
        words=words,
        has_more=has_more,
        breadcrumbs=breadcrumbs(delegate),
    )


def _set_choices(form: SpeakerLinkForm, delegate: Delegate, words: str) -> bool:
    """Offer no speaker, that of the booking and other matches; return True if there are more."""
    known = speaker_places.find_speaker(delegate)
    if not form.is_submitted():
        form.speaker.data = known.slug if known else NOBODY
    found = speaker_places.list_without_booking(words, option_search.MAX_LISTED + 1)
    own = {known.slug: known.name} if known else {}
    speakers = {**own, **dict(found[: option_search.MAX_LISTED])}
    form.speaker.choices = [(NOBODY, str(_l("Nobody"))), *speakers.items()]
    return len(found) > option_search.MAX_LISTED


def _save(delegate: Delegate, slug: str) -> str:
    """Store what was chosen; return the name of the message."""
    known = speaker_places.find_speaker(delegate)
    if (known.slug if known else NOBODY) == slug:
        return "as-it-was"
    if known is not None:
        services.unlink(known, actor=current_actor())
    if slug == NOBODY:
        return "speaker-unlinked"
    services.link(speaker_queries.get_speaker(slug), delegate, actor=current_actor())
    return "speaker-linked"
