"""Two of the team act at the same moment: neither meets an error, and nothing is lost."""

import json
from collections.abc import Callable
from datetime import date

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.accounts import form_drafts, team
from app.accounts.models import VIEWER, FormDraft, Person
from app.database import db, transaction
from app.interchange import column_mappings
from app.interchange.column_mappings import ColumnMapping
from app.interchange.importers.table_choices import ColumnChoices
from app.interchange.importers.table_columns import header_key
from app.programme.models import Speaker
from app.questions import services as questions
from app.questions.models import REGISTRATION, QuestionSet
from app.speakers import access
from app.speakers import services as speakers
from app.speakers.models import ItemDeadline
from tests.factories import (
    get_ada_marsh,
    make_organiser,
    make_speaker,
)
from tests.registration.test_session_booking_races import cross

ADA, GRACE, MARY = "ada@example.org", "grace@conference.example", "mary@conference.example"
NEW = "new@conference.example"


def invite(site: Flask, actor: int) -> None:
    with site.test_request_context("/"):
        team.invite(NEW, VIEWER, db.session.get_one(Person, actor))
    db.session.flush()


@pytest.mark.postgresql_only
def test_two_who_invite_the_same_colleague_invite_them_once(site: Flask) -> None:
    grace, mary = make_organiser(GRACE).id, make_organiser(MARY).id
    db.session.rollback()

    ended = cross(site, lambda: invite(site, grace), lambda: None, lambda: invite(site, mary))

    assert ended == ["done", f"{NEW} is already in the team. Change their role there"]


@pytest.mark.postgresql_only
def test_two_speakers_name_the_same_assistant(site: Flask) -> None:
    first, second = get_ada_marsh().id, make_speaker(name="Bo New").id
    db.session.rollback()

    def add(number: int) -> None:
        access.add_assistant(db.session.get_one(Speaker, number), NEW, actor=ADA)

    ended = cross(site, lambda: add(first), lambda: None, lambda: add(second))

    assert ended == ["done", "done"]
    assert db.session.scalar(select(func.count(Person.id)).where(Person.email == NEW)) == 1


def set_deadline(day: int) -> None:
    speakers.set_deadlines({"travel": date(2009, 5, day)}, actor=GRACE)
    db.session.flush()


def save_draft(value: int) -> None:
    person = db.session.scalars(select(Person.id).where(Person.email == GRACE)).one()
    form_drafts.save(person, "/organise/pages/about", [("a", str(value))])


def remember_columns(value: int) -> None:
    header = ("Title", "When")
    meanings = ["title", str(value)]
    column_mappings.remember([header], ColumnChoices({header_key(header): meanings}, {}))


def ask_on_pages(value: int) -> None:
    questions.set_one_per_page(REGISTRATION, is_one_per_page=value == 21, actor=GRACE)
    db.session.flush()


SAVES: dict[str, tuple[Callable[[int], None], Callable[[], object], object]] = {
    "deadlines": (
        set_deadline,
        lambda: [one.due_on for one in db.session.scalars(select(ItemDeadline))],
        [date(2009, 5, 21)],
    ),
    "a draft": (
        save_draft,
        lambda: [json.loads(one.fields) for one in db.session.scalars(select(FormDraft))],
        [[["a", "21"]]],
    ),
    "columns": (
        remember_columns,
        lambda: [json.loads(one.meanings) for one in db.session.scalars(select(ColumnMapping))],
        [["title", "21"]],
    ),
    "how questions are asked": (
        ask_on_pages,
        lambda: [one.is_one_per_page for one in db.session.scalars(select(QuestionSet))],
        [True],
    ),
}


@pytest.mark.postgresql_only
@pytest.mark.parametrize("what", SAVES)
def test_of_two_who_save_the_same_thing_first_the_later_counts(site: Flask, what: str) -> None:
    act, read, expected = SAVES[what]
    make_organiser(GRACE)
    with transaction():
        for row in db.session.scalars(select(QuestionSet)):
            db.session.delete(row)

    ended = cross(site, lambda: act(20), lambda: None, lambda: act(21))

    assert ended == ["done", "done"]
    assert read() == expected


@pytest.mark.both_databases
@pytest.mark.parametrize("what", SAVES)
def test_what_is_saved_again_is_replaced(site: Flask, what: str) -> None:
    act, read, expected = SAVES[what]
    make_organiser(GRACE)

    for value in (20, 21):
        with transaction():
            act(value)

    assert read() == expected
