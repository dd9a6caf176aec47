"""The pages on which someone registers."""

from dataclasses import replace
from typing import cast

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask.wrappers import Response

from app.forms import ButtonForm, checks_its_own_token
from app.registration import blank, countries, journey, links, queries, review, seats, services
from app.registration.forms import DaysForm, Question, WorkForm
from app.registration.journey import FORMS, STEPS, Journey
from app.registration.models import Receipt
from app.registration.queries import Door
from app.registration.told import Told
from app.web import languages
from app.web.lenses import shown_inside
from app.web.pages import page

pages = Blueprint("registration", __name__, url_prefix="/register")
questions = Blueprint("questions", __name__)


@pages.get("")
@shown_inside
def start() -> ResponseReturnValue:
    here = journey.of_this_visitor()
    door = queries.door()
    if not here.secret:
        return blank.page(f"start {door.state}", lambda: _started(here, door))
    answer = _started(here, door)
    return journey.forget(answer) if here.is_lost else answer


@pages.post("/again")
def again() -> ResponseReturnValue:
    here = journey.of_this_visitor()
    if here.answers is not None and not here.is_over:
        services.forget(here.answers)
    return journey.forget(_see("name"))


@questions.route(f"/<any{tuple(FORMS)}:step>", methods=["GET", "POST"])
@checks_its_own_token
@shown_inside
def question(step: str) -> ResponseReturnValue:
    return _answered(step) if request.method == "POST" else _shown(step)


def _shown(step: str) -> Response:
    here = journey.of_this_visitor()
    elsewhere = _elsewhere(here, step)
    if elsewhere is not None:
        return elsewhere
    if step == here.next_step:
        return blank.page(step, lambda: _asked(step, _form(step), here))
    return _asked(step, _form(step, here.told), here)


def _answered(step: str) -> Response:
    form = _form(step)
    is_right = form.validate()  # before the database is asked: from then on others wait
    here = journey.of_this_visitor()
    elsewhere = _elsewhere(here, step)
    if elsewhere is not None:
        return elsewhere
    return _kept(here, form) if is_right else _asked(step, form, here)


@questions.get("/check")
def check() -> ResponseReturnValue:
    here = journey.of_this_visitor()
    elsewhere = _elsewhere(here, "check")
    if elsewhere is not None:
        return elsewhere
    return page(
        "registration/check.html",
        rows=review.rows(here.told, _address),
        told=here.told,
        form=ButtonForm(),
        number=len(STEPS),
        steps=len(STEPS),
    )


@pages.get("/confirm")
def confirm_later() -> ResponseReturnValue:
    return _see("check")


@pages.post("/confirm")
def confirm() -> ResponseReturnValue:
    try:
        receipt = services.register(journey.secret(), languages.current().code)
    except services.Unfinished:
        return _see("check")
    except services.Lost:
        return _lost()
    except (seats.Full, services.Shut):
        return _shut(queries.door(), has_begun=True)
    return redirect(_confirmed(receipt), 303)


@pages.get("/confirmation/<token>")
def confirmation(token: str) -> ResponseReturnValue:
    told = queries.confirmation(links.receipt_key(token))
    return page("registration/confirmation.html", told=told, token=token)


def _started(here: Journey, door: Door) -> Response:
    return page(
        "registration/start.html",
        door=door,
        has_begun=here.answers is not None,
        confirmed=_confirmation_of(here),
        next_step=_address(here.next_step),
        form=ButtonForm() if here.answers else None,
    )


def _elsewhere(here: Journey, step: str) -> Response | None:
    """Lead whoever has confirmed, comes too early or late, or lost the way where they belong."""
    confirmation = _confirmation_of(here)
    if confirmation:
        return cast(Response, redirect(confirmation, 303))
    door = queries.door()
    if not door.is_open:
        return _shut(door, has_begun=here.answers is not None)
    if here.is_lost:
        return _lost()
    return None if here.has_reached(step) else _see(here.next_step)


def _form(step: str, told: Told | None = None) -> Question:
    form = FORMS[step](data=FORMS[step].shown(told) if told else None)
    if isinstance(form, DaysForm):
        form.days.offer(queries.days())
    if isinstance(form, WorkForm):
        form.country.choices = countries.listed(languages.current().code)
    return form


def _asked(step: str, form: Question, here: Journey) -> Response:
    return page(
        f"registration/{step.replace('-', '_')}.html",
        status=422 if form.errors else 200,
        form=form,
        number=STEPS.index(step) + 1,
        steps=len(STEPS),
        back=_address("check") if here.next_step == "check" else None,
    )


def _kept(here: Journey, form: Question) -> Response:
    """Keep an answer and show the next question that has none."""
    told = replace(here.told, **form.answer())
    secret = here.secret
    if here.answers is None:
        secret = services.begin(told)
    else:
        services.tell(here.answers, told)
    return journey.remember(_see(replace(here, told=told).next_step), secret)


def _address(step: str) -> str:
    if step == "check":
        return url_for("registration.questions.check")
    return url_for("registration.questions.question", step=step)


def _see(step: str) -> Response:
    return cast(Response, redirect(_address(step), 303))


def _confirmation_of(here: Journey) -> str | None:
    receipt = queries.receipt_of(here.answers) if here.answers else None
    return _confirmed(receipt) if receipt else None


def _confirmed(receipt: Receipt) -> str:
    return url_for("registration.confirmation", token=links.receipt_token(receipt))


def _shut(door: Door, *, has_begun: bool) -> Response:
    return page("registration/shut.html", status=409, door=door, has_begun=has_begun)


def _lost() -> Response:
    return journey.forget(page("registration/lost.html", status=410))


pages.register_blueprint(questions)
