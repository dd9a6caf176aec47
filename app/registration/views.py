"""The pages on which someone registers."""

from dataclasses import replace
from typing import cast

from flask import Blueprint, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask.wrappers import Response

from app.registration import countries, journey, links, queries, review, seats, services
from app.registration.forms import ConfirmForm, DaysForm, Question, WorkForm
from app.registration.journey import FORMS, STEPS, Journey
from app.registration.models import Receipt
from app.web import languages
from app.web.pages import page

pages = Blueprint("registration", __name__, url_prefix="/register")
questions = Blueprint("questions", __name__)


@pages.get("")
def start() -> ResponseReturnValue:
    here = journey.of_this_visitor()
    receipt = here.answers.receipt if here.answers else None
    answer = page(
        "registration/start.html",
        door=queries.door(),
        has_begun=here.answers is not None,
        confirmed=_confirmed(receipt) if receipt else None,
        next_step=_address(here.next_step),
        form=ConfirmForm(),
    )
    return journey.forget(answer) if here.is_lost else answer


@pages.post("/again")
def again() -> ResponseReturnValue:
    here = journey.of_this_visitor()
    if here.answers is not None and not here.is_over:
        services.forget(here.answers)
    return journey.forget(_see("name"))


@questions.before_request
def _only_on_the_way() -> ResponseReturnValue | None:
    """Let nobody answer questions who has confirmed, comes too early or late, or lost the way."""
    here = journey.of_this_visitor()
    g.journey = here
    if here.answers is not None and here.answers.receipt is not None:
        return redirect(_confirmed(here.answers.receipt), 303)
    door = queries.door()
    if not door.is_open:
        return _shut(door, here)
    if here.is_lost:
        return _lost()
    step = (request.view_args or {}).get("step", "check")
    return None if here.has_reached(step) else _see(here.next_step)


@questions.route(f"/<any{tuple(FORMS)}:step>", methods=["GET", "POST"])
def question(step: str) -> ResponseReturnValue:
    here: Journey = g.journey
    form = _form(step, here)
    if form.validate_on_submit():
        return _kept(here, form)
    return page(
        f"registration/{step.replace('-', '_')}.html",
        status=422 if form.errors else 200,
        form=form,
        number=STEPS.index(step) + 1,
        steps=len(STEPS),
        back=_address("check") if here.next_step == "check" else None,
    )


@questions.get("/check")
def check() -> ResponseReturnValue:
    here: Journey = g.journey
    return page(
        "registration/check.html",
        rows=review.rows(here.told, _address),
        told=here.told,
        form=ConfirmForm(),
        number=len(STEPS),
        steps=len(STEPS),
    )


@pages.get("/confirm")
def confirm_later() -> ResponseReturnValue:
    return _see("check")


@pages.post("/confirm")
def confirm() -> ResponseReturnValue:
    here = journey.of_this_visitor()
    try:
        receipt = services.register(here.secret, languages.current().code)
    except services.Unfinished:
        return _see(here.next_step)
    except services.Lost:
        return _lost()
    except (seats.Full, services.Shut):
        return _shut(queries.door(), here)
    return redirect(_confirmed(receipt), 303)


@pages.get("/confirmation/<token>")
def confirmation(token: str) -> ResponseReturnValue:
    receipt = queries.receipt(links.receipt_key(token))
    return page("registration/confirmation.html", receipt=receipt, token=token)


def _form(step: str, here: Journey) -> Question:
    form = FORMS[step](data=FORMS[step].shown(here.told))
    if isinstance(form, DaysForm):
        form.days.offer(queries.days())
    if isinstance(form, WorkForm):
        form.country.choices = countries.listed(languages.current().code)
    return form


def _kept(here: Journey, form: Question) -> Response:
    """Keep an answer and show the next question that has none."""
    secret, answers = here.secret, here.answers
    if answers is None:
        begun = services.begin()
        secret, answers = begun.secret, begun.answers
    told = replace(here.told, **form.answer())
    services.tell(answers, told)
    return journey.remember(_see(replace(here, told=told).next_step), secret)


def _address(step: str) -> str:
    if step == "check":
        return url_for("registration.questions.check")
    return url_for("registration.questions.question", step=step)


def _see(step: str) -> Response:
    return cast(Response, redirect(_address(step), 303))


def _confirmed(receipt: Receipt) -> str:
    return url_for("registration.confirmation", token=links.receipt_token(receipt))


def _shut(door: queries.Door, here: Journey) -> Response:
    return page("registration/shut.html", status=409, door=door, has_begun=here.answers is not None)


def _lost() -> Response:
    return journey.forget(page("registration/lost.html", status=410))


pages.register_blueprint(questions)
