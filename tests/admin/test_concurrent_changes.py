"""Two team members act concurrently: neither gets an error, and nothing is lost."""

import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app import clock
from app.accounts import form_drafts, saved_views, team
from app.accounts.models import VIEWER, FormDraft, Person, SavedView
from app.accounts.saved_views import ViewSettings
from app.accounts.two_factor import services as two_factor
from app.database import Base, db, transaction
from app.interchange import column_mappings
from app.interchange.column_mappings import ColumnMapping
from app.interchange.importers.table_choices import ColumnChoices
from app.interchange.importers.table_columns import header_key
from app.mailings import notice_mailing, services
from app.mailings.models import Mailing
from app.mailings.notice_models import ChangeNotice
from app.programme.models import Speaker
from app.questions import services as questions
from app.questions.models import REGISTRATION, QuestionSet
from app.speakers import access
from app.speakers import services as speakers
from app.speakers.models import ItemDeadline, SpeakerRequest
from tests.factories import (
    get_ada_marsh,
    make_mailing,
    make_organiser,
    make_saved_view,
    make_speaker,
    save,
)
from tests.races import run_while_locked

ADA, GRACE, MARY = "ada@example.org", "grace@conference.example", "mary@conference.example"
NEW = "new@conference.example"


def invite(site: Flask, actor: int) -> None:
    with site.test_request_context("/"):
        team.invite(NEW, VIEWER, db.session.get_one(Person, actor))
    db.session.flush()


@pytest.mark.postgresql_only
def test_two_concurrent_invitations_of_a_colleague_invite_them_once(site: Flask) -> None:
    grace, mary = make_organiser(GRACE).id, make_organiser(MARY).id
    db.session.rollback()

    ended = run_while_locked(
        site, lambda: invite(site, grace), lambda: None, lambda: invite(site, mary)
    )

    assert ended == ["done", f"{NEW} is already in the team. Change their role there"]


@pytest.mark.postgresql_only
def test_two_speakers_can_add_the_same_assistant_concurrently(site: Flask) -> None:
    first, second = get_ada_marsh().id, make_speaker(name="Bo New").id
    db.session.rollback()

    def add(number: int) -> None:
        access.add_assistant(db.session.get_one(Speaker, number), NEW, actor=ADA)

    ended = run_while_locked(site, lambda: add(first), lambda: None, lambda: add(second))

    assert ended == ["done", "done"]
    assert db.session.scalar(select(func.count(Person.id)).where(Person.email == NEW)) == 1


def save_mailing(mailing: Mailing) -> None:
    draft = services.Draft("A subject", "A text")
    services.save(mailing, draft, expected_version=mailing.version, actor=MARY)


def rename_view(view: SavedView) -> None:
    person = db.session.get_one(Person, view.person_id)
    known = saved_views.get_fingerprint(view)
    saved_views.update(view, ViewSettings("Other"), person, expected_fingerprint=known)


def delete_view(view: SavedView) -> None:
    saved_views.delete(view, db.session.get_one(Person, view.person_id))


def lock_mailing_of_notice(mailing: Mailing) -> None:
    notice_mailing.lock(ChangeNotice(mailing=mailing))


NO_MAILING, NO_VIEW = "There is no group email with that number", "There is no such saved view"
DELETIONS: dict[str, tuple[Callable[[], Base], Callable[[Any], None], str]] = {
    "save a group email": (make_mailing, save_mailing, NO_MAILING),
    "send the emails of a notice": (make_mailing, lock_mailing_of_notice, NO_MAILING),
    "rename a view": (lambda: make_saved_view(make_organiser(GRACE)), rename_view, NO_VIEW),
    "delete a view twice": (lambda: make_saved_view(make_organiser(GRACE)), delete_view, NO_VIEW),
    "reset a second step": (
        lambda: make_organiser(GRACE),
        lambda person: two_factor.reset(person.email),
        "This person has just been removed. Try again",
    ),
}


@pytest.mark.postgresql_only
@pytest.mark.parametrize("what", DELETIONS)
def test_changing_a_row_deleted_in_another_tab_is_refused_with_a_message(
    site: Flask, what: str
) -> None:
    make, act, sentence = DELETIONS[what]
    row = make()
    model, number = type(row), row.id  # type: ignore[attr-defined]
    db.session.rollback()

    def delete() -> None:
        db.session.delete(db.session.get_one(model, number))
        db.session.flush()

    def change() -> None:
        with site.test_request_context("/"), db.session.no_autoflush:
            act(db.session.get_one(model, number))

    ended = run_while_locked(site, delete, lambda: None, change)

    assert ended == sorted(["done", sentence])


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
def test_of_two_concurrent_first_saves_the_later_counts(site: Flask, what: str) -> None:
    act, read, expected = SAVES[what]
    make_organiser(GRACE)
    with transaction():
        for row in db.session.scalars(select(QuestionSet)):
            db.session.delete(row)

    ended = run_while_locked(site, lambda: act(20), lambda: None, lambda: act(21))

    assert ended == ["done", "done"]
    assert read() == expected


@pytest.mark.both_databases
@pytest.mark.parametrize("what", SAVES)
def test_saving_again_replaces_the_stored_value(site: Flask, what: str) -> None:
    act, read, expected = SAVES[what]
    make_organiser(GRACE)

    for value in (20, 21):
        with transaction():
            act(value)

    assert read() == expected


@pytest.mark.postgresql_only
def test_confirming_participation_while_a_request_is_answered_is_stale(
    site: Flask,
) -> None:
    ada = get_ada_marsh()
    values = {"kind": "another time", "message": "Later?", "actor": ADA}
    number = save(SpeakerRequest(speaker_id=ada.id, requested_at=clock.now(), **values)).id
    speaker, seen = ada.id, speakers.participation_fingerprint(get_ada_marsh())
    db.session.rollback()

    def answer() -> None:
        request = db.session.get_one(SpeakerRequest, number)
        speakers.resolve_request(request, "We have moved you to 3pm", actor=GRACE)
        db.session.flush()

    def confirm() -> None:
        speakers.confirm(db.session.get_one(Speaker, speaker), expected_fingerprint=seen, actor=ADA)

    ended = run_while_locked(site, answer, lambda: None, confirm)

    assert ended == sorted(["done", speakers.StaleParticipation.message])
    row = db.session.get_one(SpeakerRequest, number)
    assert (row.outcome, row.answer, row.resolved_by) == (
        "answered",
        "We have moved you to 3pm",
        GRACE,
    )
