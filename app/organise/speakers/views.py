"""The speakers of the working programme: the list, a page and a form for each."""

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app.content import prose
from app.errors import NotFound
from app.forms import ButtonForm, checks_its_own_token
from app.history import queries as history
from app.organise import at_once, done, edited
from app.organise.speakers import lists, photos
from app.organise.speakers.forms import SpeakerForm
from app.programme import releases
from app.programme.editing import speakers, speakers_listed
from app.programme.editing.edits import Stale
from app.programme.editing.of_speakers import KIND, LABELS
from app.programme.models import Speaker
from app.registration import countries
from app.registration import queries as registration
from app.speakers import absences, keeping
from app.web import languages
from app.web.pages import page
from app.web.words import zone

pages = Blueprint("speakers", __name__, url_prefix="/speakers")
photos.attach(pages)

BESIDES = ("honorific", "pronunciation", "pronouns", "biographies", "links")


@pages.get("")
def listed() -> ResponseReturnValue:
    listing, deeds = lists.listing(), lists.DEEDS.values()
    return page("organise/speakers/listed.html", listing=listing, deeds=deeds, form=ButtonForm())


@pages.post("/_several")
def several() -> ResponseReturnValue:
    deed = lists.DEEDS.get(request.form.get("deed", ""))
    chosen = speakers_listed.chosen(request.form.getlist("chosen"))
    if deed is None or not chosen:
        return _nobody_ticked()
    return at_once.asked(deed, chosen, at_once.back(url_for(".listed")))


@pages.route("/_add", methods=["GET", "POST"])
@checks_its_own_token
def add() -> ResponseReturnValue:
    form = SpeakerForm()
    if form.arrange(request.form.get("press", ""), registration.days()):
        return _asked(form)
    if form.validate_on_submit():
        speaker = speakers.add(form.values(zone()), who=edited.who())
        return _see(_address(speaker), "speaker-added")
    return _asked(form)


@pages.get("/<slug>")
def shown(slug: str) -> ResponseReturnValue:
    speaker = speakers_listed.speaker(slug)
    sessions = speakers_listed.sessions_of(speaker)
    return page(
        "organise/speakers/shown.html",
        speaker=speaker,
        biography=prose.safe_html(speaker.biography),
        besides=[
            (LABELS[field], KIND.said(field, KIND.value(speaker, field))) for field in BESIDES
        ],
        absences=absences.said(speaker.absences, zone()),
        sessions=sessions,
        namesakes=speakers_listed.namesakes(speaker),
        may_be_deleted=not speakers.why_not_deleted(speaker),
        is_public=any(one.slug == slug for one in releases.current().speakers),
        is_for_readers=speakers_listed.is_for_readers(speaker, sessions),
        past=history.newest_about(KIND.about(speaker)),
        form=ButtonForm(),
    )


@pages.route("/<slug>/change", methods=["GET", "POST"])
@checks_its_own_token
def change(slug: str) -> ResponseReturnValue:
    speaker = speakers_listed.speaker(slug)
    form = SpeakerForm(data=SpeakerForm.shown(speaker, zone()))
    if form.arrange(request.form.get("press", ""), registration.days()):
        return _asked(form, speaker)
    if form.validate_on_submit():
        try:
            made = speakers.save(speaker, form.values(zone()), seen=form.seen, who=edited.who())
        except Stale as stale:
            return _asked(form.begun_again(stale), speaker, stale)
        return _see(_address(speaker), "speaker-saved" if made else "as-it-was")
    return _asked(form, speaker)


@pages.route("/<slug>/withdraw", methods=["GET", "POST"])
def withdraw(slug: str) -> ResponseReturnValue:
    speaker = speakers_listed.speaker(slug)
    if request.method == "POST":
        speakers.withdraw(speaker, who=edited.who())
        return _see(_address(speaker), "speaker-withdrawn")
    return _sure("withdraw", speaker)


@pages.post("/<slug>/bring-back")
def bring_back(slug: str) -> ResponseReturnValue:
    speaker = speakers_listed.speaker(slug)
    speakers.bring_back(speaker, who=edited.who())
    return _see(_address(speaker), "speaker-back")


@pages.route("/<slug>/merge/<other>", methods=["GET", "POST"])
def merge(slug: str, other: str) -> ResponseReturnValue:
    kept, goes = speakers_listed.speaker(slug), speakers_listed.speaker(other)
    if kept is goes:
        raise NotFound("There is only one such speaker")
    if request.method == "POST":
        speakers.merge(kept, goes, who=edited.who())
        keeping.pass_on(goes, kept, who=edited.who())
        return _see(_address(kept), "speakers-merged")
    sessions = speakers_listed.sessions_of(goes)
    return page(
        "organise/speakers/merge.html",
        speaker=kept,
        other=goes,
        sessions=sessions,
        form=ButtonForm(),
        trail=[(kept.name, _address(kept))],
    )


@pages.route("/<slug>/delete", methods=["GET", "POST"])
def delete(slug: str) -> ResponseReturnValue:
    speaker = speakers_listed.speaker(slug)
    if request.method == "POST":
        speakers.delete(speaker, who=edited.who())
        return _see(url_for(".listed"), "speaker-deleted")
    return _sure("delete", speaker)


def _asked(
    form: SpeakerForm, speaker: Speaker | None = None, stale: Stale | None = None
) -> ResponseReturnValue:
    """Show the form, with both versions when somebody else has saved meanwhile."""
    return page(
        "organise/speakers/form.html",
        status=409 if stale else 422 if form.errors else 200,
        form=form,
        speaker=speaker,
        stale=stale,
        preview=prose.safe_html(form.biography.data or ""),
        pressed=request.form.get("press", ""),
        countries=countries.listed(languages.current().code),
        back=_address(speaker) if speaker else url_for(".listed"),
        trail=[(speaker.name, _address(speaker))] if speaker else [],
    )


def _sure(deed: str, speaker: Speaker) -> ResponseReturnValue:
    return page(
        f"organise/speakers/{deed}.html",
        speaker=speaker,
        sessions=speakers_listed.sessions_of(speaker),
        refusal=speakers.why_not_deleted(speaker),
        form=ButtonForm(),
        trail=[(speaker.name, _address(speaker))],
    )


def _nobody_ticked() -> ResponseReturnValue:
    """Show the list once more, and that somebody has to be ticked in it first."""
    return at_once.none_ticked(
        "organise/speakers/listed.html",
        lists.listing(),
        "organise.speakers.listed",
        gettext("Tick at least one speaker first"),
        deeds=lists.DEEDS.values(),
    )


def _see(address: str, what: str) -> ResponseReturnValue:
    return redirect(done.at(address, what), 303)


def _address(speaker: Speaker) -> str:
    return url_for(".shown", slug=speaker.slug)
