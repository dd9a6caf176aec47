"""A delegate's own booking, opened by the link in their letters.

A page is only looked at when it is opened: mail scanners open every link. What changes
something is a button.
"""

import json
from dataclasses import replace

from flask import Blueprint, Response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from app.accounts import limits
from app.errors import ConferenceError, Gone, NotFound, Refused
from app.forms import ButtonForm, checks_its_own_token
from app.mail import queries as mail
from app.registration import calendar, countries, links, review
from app.registration import queries as registration
from app.registration.bookings import addresses, changes, own_copy, queries, services
from app.registration.bookings.deeds import Stale, Taken
from app.registration.bookings.forms import (
    AskForLinkForm,
    ChangeAccessNeedsForm,
    ChangeDaysForm,
    ChangeDietaryNeedsForm,
    ChangeForm,
    ChangeNameForm,
    ChangeWorkForm,
)
from app.registration.models import Delegate
from app.web import languages
from app.web.pages import page
from app.web.words import local_moment

FORMS: dict[str, type[ChangeForm]] = {
    "name": ChangeNameForm,
    "work": ChangeWorkForm,
    "days": ChangeDaysForm,
    "access-needs": ChangeAccessNeedsForm,
    "dietary-needs": ChangeDietaryNeedsForm,
}
QUESTIONS = ", ".join(f'"{question}"' for question in FORMS)
NEWS = {
    "changed": _l("Your changes are saved. A letter about them is on its way to you."),
    "asked": _l("We have written to your new address. It counts when you confirm it from there."),
    "kept": _l("Your address stays as it was. The link that we sent to the other one is dead."),
    "confirmed": _l("Your new address is confirmed. A letter with your new link is on its way."),
    "cancelled": _l("Your booking is cancelled. A letter that says so is on its way to you."),
    "already_cancelled": _l("This booking has already been cancelled. Nothing more was done."),
}

pages = Blueprint("bookings", __name__, url_prefix="/booking")


@pages.errorhandler(Gone)
@pages.errorhandler(NotFound)
def _dead(error: ConferenceError) -> ResponseReturnValue:
    is_gone = isinstance(error, Gone)
    return page(
        "registration/booking_dead.html",
        status=410 if is_gone else 404,
        is_gone=is_gone,
        reason=gettext(str(error)),
    )


@pages.route("", methods=["GET", "POST"])
@checks_its_own_token
def ask() -> ResponseReturnValue:
    form = AskForLinkForm()
    if form.validate_on_submit():
        network = limits.network(request.remote_addr)
        services.send_links(form.address(), languages.current().code, network)
        return redirect(url_for(".asked"), 303)
    return page("registration/booking_ask.html", status=422 if form.errors else 200, form=form)


@pages.get("/asked")
def asked() -> ResponseReturnValue:
    return page("registration/booking_asked.html")


@pages.get("/erased")
def erased() -> ResponseReturnValue:
    return page("registration/booking_erased.html")


@pages.get("/<secret>")
def shown(secret: str) -> ResponseReturnValue:
    delegate = _booking(secret)
    return page(
        "registration/booking.html",
        delegate=delegate,
        secret=secret,
        rows=_rows(delegate, secret),
        letters=mail.letters_about(delegate.reference),
        news=NEWS.get(request.args.get("news", "")),
        keep=ButtonForm(),
    )


@pages.route(f"/<secret>/<any({QUESTIONS}):question>", methods=["GET", "POST"])
@checks_its_own_token
def change(secret: str, question: str) -> ResponseReturnValue:
    delegate = queries.standing_booking(links.delegate_key(secret))
    form = _form(question, delegate)
    if form.validate_on_submit():
        wanted = replace(changes.told(delegate), **form.answer())
        try:
            is_other = services.change(delegate, wanted, form.changes_seen)
        except (Stale, Taken) as refusal:
            form.refuse(refusal, delegate.changes)
        else:
            return _see(delegate, "changed" if is_other else None)
    template = f"registration/{question.replace('-', '_')}.html"
    status = 422 if form.errors else 200
    return page(template, status, form=form, steps=0, back=url_for(".shown", secret=secret))


@pages.route("/<secret>/cancel", methods=["GET", "POST"])
@checks_its_own_token
def cancel(secret: str) -> ResponseReturnValue:
    delegate = _booking(secret)
    form = ButtonForm()
    if form.validate_on_submit():
        try:
            services.cancel(delegate)
        except Refused:
            return _see(delegate, "already_cancelled")
        return _see(delegate, "cancelled")
    if not delegate.is_attending:
        return _see(delegate, "already_cancelled")
    return _sure("registration/booking_cancel.html", form, delegate, secret)


@pages.route("/<secret>/erase", methods=["GET", "POST"])
@checks_its_own_token
def erase(secret: str) -> ResponseReturnValue:
    delegate = _booking(secret)
    form = ButtonForm()
    if form.validate_on_submit():
        services.erase_cancelled(delegate)
        return redirect(url_for(".erased"), 303)
    return _sure("registration/booking_erase.html", form, delegate, secret)


@pages.get("/<secret>/copy.json")
def copy(secret: str) -> ResponseReturnValue:
    held = own_copy.everything(_booking(secret))
    return _file(json.dumps(held, ensure_ascii=False, indent=2), "application/json", "booking.json")


@pages.get("/<secret>/calendar.ics")
def for_calendar(secret: str) -> ResponseReturnValue:
    return _file(calendar.entry(_booking(secret)), "text/calendar", "conference.ics")


def _booking(secret: str) -> Delegate:
    return queries.booking(links.delegate_key(secret))


def _form(question: str, delegate: Delegate) -> ChangeForm:
    kind = FORMS[question]
    form = kind(data={"seen": delegate.changes, **kind.shown(changes.told(delegate))})
    if isinstance(form, ChangeDaysForm):
        form.days.offer(registration.days())
    if isinstance(form, ChangeWorkForm):
        form.country.choices = countries.listed(languages.current().code)
    return form


def _sure(template: str, form: ButtonForm, delegate: Delegate, secret: str) -> Response:
    """Ask whether somebody is sure before anything is undone."""
    status = 422 if form.errors else 200
    return page(template, status, form=form, delegate=delegate, secret=secret)


def _rows(delegate: Delegate, secret: str) -> list[review.Row]:
    """List what is booked, each answer with where it is asked again; once cancelled, nowhere."""

    def where(question: str) -> str:
        if not delegate.is_attending:
            return ""
        if question == "email":
            return url_for(".addresses.correct", secret=secret)
        return url_for(".change", secret=secret, question=question)

    registered = (gettext("Registered"), local_moment(delegate.registered_at), "")
    return [*review.rows(changes.told(delegate), where), registered]


def _see(delegate: Delegate, news: str | None) -> Response:
    address = url_for(".shown", secret=links.booking_token(delegate), news=news)
    return Response(status=303, headers={"Location": address})


def _file(content: str | bytes, mimetype: str, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, mimetype=mimetype, headers=headers)


pages.register_blueprint(addresses.pages)
