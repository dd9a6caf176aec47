"""The database is brought up and down by numbered steps, the same on both kinds."""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import flask_migrate
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from sqlalchemy import DateTime, Table, bindparam, inspect, select, text

from app import clock
from app.accounts.models import EDITOR
from app.content import links as content
from app.content import services
from app.content.versions import ContentDraft
from app.content.views import get_content_folder
from app.database import Base, db, has_model, transaction
from app.delegates import delegate_record
from app.delegates.models import Delegate, DelegateAnswer
from app.equality import answer_tokens
from app.equality import services as equality
from app.equality.models import EqualityCount, SpentToken
from app.history import services as history
from app.mail import services as mail
from app.mail import suppression, unsubscribe
from app.mail.models import BOUNCED, BY_DESK, Email, EmailTextVersion, SuppressedAddress
from app.mail.rendering import RenderedEmail
from app.mailings.models import Mailing, MailingRecipient
from app.mailings.notice_models import ChangeNotice, NoticePerson
from app.materials.models import Material
from app.programme.models import Appearance, Conference, Session
from app.questions import services as questions
from app.questions.models import REGISTRATION, Question, QuestionSet, QuestionVersion
from app.questions.standard import list_of
from app.registration.applications.models import RegistrationApplication
from app.registration.bookings import queries as bookings
from app.speakers import removed_appearances
from app.speakers.models import LastComparedRelease
from config import ROOT
from tests.browser import Browser
from tests.factories import (
    get_ada_marsh,
    grant_speaker_access,
    make_application,
    make_delegate,
    make_material,
    make_question,
    make_session,
    make_waiting_list_entry,
    publish_programme,
    save,
    sign_in,
)
from tests.lookups import get_session
from tests.pages import read_text

MOMENT = DateTime(timezone=True)
MIGRATIONS = str(ROOT / "migrations")


@pytest.mark.both_databases
@pytest.mark.empty
def test_every_migration_can_be_downgraded_and_upgraded(site: Flask) -> None:
    flask_migrate.downgrade(directory=MIGRATIONS, revision="base")
    tables_below = set(inspect(db.engine).get_table_names())
    flask_migrate.upgrade(directory=MIGRATIONS)

    assert tables_below == {"alembic_version"}
    assert set(Base.metadata.tables) <= set(inspect(db.engine).get_table_names())


@pytest.mark.both_databases
@pytest.mark.empty
def test_the_migrations_match_the_models(site: Flask) -> None:
    with db.engine.connect() as connection:
        opts = {"compare_type": True, "include_name": has_model}
        context = MigrationContext.configure(connection, opts=opts)

        assert compare_metadata(context, Base.metadata) == []


def has_own_numbers(table: Table) -> bool:
    """Return True if no number of a deleted row is used again, on SQLite too."""
    return bool(table.dialect_options["sqlite"]["autoincrement"])


@pytest.mark.both_databases
@pytest.mark.empty
def test_constraint_names_of_migrations_match_the_models(site: Flask) -> None:
    """A step that changes one later finds it by the same name on every database."""
    there = inspect(db.engine)

    for table in Base.metadata.tables.values():
        listed = [
            there.get_pk_constraint(table.name),
            *there.get_foreign_keys(table.name),
            *there.get_unique_constraints(table.name),
            *there.get_check_constraints(table.name),
        ]
        names = {one.name for one in table.constraints}
        if site.config["SQLALCHEMY_DATABASE_URI"].startswith("sqlite") and has_own_numbers(table):
            names = {None, *names} - {table.primary_key.name}  # SQLite cannot name such a key
        assert {one["name"] for one in listed} == names


@pytest.mark.both_databases
def test_the_changelog_and_search_migrations_cover_existing_releases(
    site: Flask, visitor: Browser
) -> None:
    db.session.scalars(select(Session).where(Session.slug == "opening")).one().title = "A grand day"
    publish_programme()
    db.session.get_one(Conference, 1).current_release = 1
    db.session.commit()
    db.session.remove()

    flask_migrate.downgrade(directory=MIGRATIONS, revision="0005")
    flask_migrate.upgrade(directory=MIGRATIONS)

    page = visitor.open("/changes")
    titles = [one for one in page.headings if one.startswith("Release")]
    assert titles == ["Release 1 again Current", "Release 2", "Release 1"]
    assert page.headings.count("Renamed sessions 1") == 2
    assert visitor.open("/search?q=harbour+wall").heading == "One result for “harbour wall”"


@pytest.mark.both_databases
def test_links_and_notices_become_content_versions_and_back(
    site: Flask, visitor: Browser, frozen_time: Any
) -> None:
    flask_migrate.downgrade(directory=MIGRATIONS, revision="0016")
    nine, now = datetime(2009, 5, 12, 7, tzinfo=UTC), clock.now()
    moments = [bindparam(name, type_=MOMENT) for name in ("begins", "ends")]
    a_link = text(
        "INSERT INTO link (page, position, label, address) VALUES ('help', 1, 'WHO', :to)"
    )
    a_notice = text(
        "INSERT INTO notice (words, appears_at, ends_at, who, written_at) "
        "VALUES (:words, :begins, :ends, 'otto@conference.example', :begins)"
    ).bindparams(*moments)
    with db.engine.begin() as connection:
        connection.execute(a_link, {"to": "https://who.example/"})
        for sentence, ends in (("Run.", nine), ("Walk.", None)):
            connection.execute(a_notice, {"words": sentence, "begins": nine, "ends": ends})

    flask_migrate.upgrade(directory=MIGRATIONS)

    page = visitor.open("/help")
    assert page.links["WHO (opens another website)"] == "https://who.example/"
    assert [read_text(one) for one in page.tree.find_by_class("notice--urgent")] == ["Walk."]
    with transaction():
        (link,) = content.list_links("help")
        wording = ContentDraft("The WHO", "", link.url, now.date())
        content.update(
            get_content_folder(),
            link,
            wording,
            1,
            expected_version=1,
            actor="wanda@conference.example",
        )
        services.withdraw_notice(
            get_content_folder(), expected_version=2, actor="wanda@conference.example"
        )
    db.session.remove()

    flask_migrate.downgrade(directory=MIGRATIONS, revision="0016")

    with db.engine.connect() as connection:
        rows = connection.execute(text("SELECT page, label, address FROM link")).all()
        assert [tuple(row) for row in rows] == [("help", "The WHO", "https://who.example/")]
        again = connection.execute(text("SELECT words, ends_at FROM notice")).all()
        assert {sentence for sentence, _ in again} == {"Run.", "Walk."}
        assert all(ends for _, ends in again)
    flask_migrate.upgrade(directory=MIGRATIONS)


@pytest.mark.both_databases
def test_uploaders_of_existing_materials_are_taken_from_the_history(visitor: Browser) -> None:
    session, other = get_session("opening"), make_session(title="Other")
    ada = get_ada_marsh()
    with transaction():
        session.appearances = [Appearance(speaker=ada, position=1, role="speaker")]
    grant_speaker_access(ada, "helper@example.org", is_assistant=True)
    hers = _make_earlier(session, "Hers", "helper@example.org", "Hers (PDF) was handed in")
    ours = _make_earlier(session, "Ours", "dora@example.org", "Old title (PDF) was handed in")
    unclear = _make_earlier(session, "Unclear", "dora@example.org", "Unclear was changed")
    elsewhere = _make_earlier(other, "Else", "helper@example.org", "Else (PDF) was handed in")
    db.session.remove()

    flask_migrate.downgrade(directory=MIGRATIONS, revision="0029")
    flask_migrate.upgrade(directory=MIGRATIONS)

    rows = db.session.execute(select(Material.key, Material.uploaded_by, Material.speaker_id))
    assert {row.key: tuple(row)[1:] for row in rows} == {
        hers: ("helper@example.org", get_ada_marsh().id),
        ours: ("dora@example.org", None),
        unclear: ("", None),
        elsewhere: ("helper@example.org", None),
    }
    page = sign_in(visitor, role=EDITOR).open("/organise/sessions/opening/materials")
    assert "Uploaded for Ada Marsh" in page.text
    assert "Uploaded by the organisers" in page.text
    assert "Uploader not recorded" in page.text


_minutes = count(1)


def _make_earlier(session: Session, title: str, actor: str, sentence: str) -> str:
    """Save a material as the site did before it stored owners, and its entry in the history."""
    moment = clock.now() - timedelta(minutes=next(_minutes))
    material = make_material(session, title=title, created_at=moment)
    with transaction():
        entry = history.record(
            f"{session.title}: {sentence}", subject=f"session {session.key}", actor=actor
        )
        entry.happened_at = moment + timedelta(milliseconds=40)
    return material.key


@pytest.mark.both_databases
def test_downgrading_removes_questions_and_answers_and_nothing_else(site: Flask) -> None:
    question, delegate = make_question(), make_delegate()
    with transaction():
        delegate_record.store(delegate, {f"question_{question.id}": "By bus"})
        questions.set_one_per_page(REGISTRATION, is_one_per_page=True, actor="Olga")
    db.session.remove()

    flask_migrate.downgrade(directory=MIGRATIONS, revision="0049")
    flask_migrate.upgrade(directory=MIGRATIONS)

    tables = (Question, QuestionVersion, QuestionSet, DelegateAnswer)
    standard = len(list_of(REGISTRATION))
    counts = [db.session.query(table).count() for table in tables]
    assert counts == [standard, standard, 0, 0]
    assert db.session.query(Delegate).one().email == "ada@example.org"


@pytest.mark.both_databases
def test_existing_bookings_are_found_by_email_in_any_case_after_migration(site: Flask) -> None:
    addresses = ("Ada.Marsh@Example.org", "ÉLODIE@example.org", "bea@example.org")
    for email in addresses:
        make_delegate(email=email, identity_key=email)
    db.session.commit()
    db.session.remove()

    flask_migrate.downgrade(directory=MIGRATIONS, revision="0076")
    flask_migrate.upgrade(directory=MIGRATIONS)

    for email in addresses:
        found = bookings.list_by_email(email.swapcase())
        assert [one.email for one in found] == [email]


@pytest.mark.both_databases
def test_texts_of_removed_email_templates_are_deleted_by_the_migration(site: Flask) -> None:
    access = grant_speaker_access(get_ada_marsh())
    for template in ("speaker_session_moved", "speaker_left_out", "speaker_invited"):
        save(make_text_version(template))
        with transaction():
            mail.enqueue_rendered(template, RENDERED, to="ada@example.org")
    span = {"from_release": 1, "to_release": 1, "changed_at": clock.now()}
    notice = save(ChangeNotice(**span, content="[changes of speakers]"))
    people = {"changes": "", "day_changes": "", "is_included": True, "notice_id": notice.id}
    save(NoticePerson(person_id=access.person_id, name="Ada Marsh", **people))
    booked = save(NoticePerson(delegate_id=make_delegate().id, **people)).delegate_id
    db.session.remove()

    flask_migrate.downgrade(directory=MIGRATIONS, revision="0079")
    flask_migrate.upgrade(directory=MIGRATIONS)

    assert db.session.scalars(select(EmailTextVersion.template)).all() == ["speaker_invited"]
    assert len(db.session.scalars(select(Email)).all()) == 3
    assert db.session.scalars(select(NoticePerson.delegate_id)).all() == [booked]
    assert {*db.session.scalars(select(ChangeNotice.content))} == {""}  # it is detected again


@pytest.mark.both_databases
def test_suppressed_addresses_are_normalised_like_those_of_bookings(site: Flask) -> None:
    emails = ["zoë@bücher.example", "ada@nhs.example", "ada@xn--zzzzzz.example"]
    with transaction():
        for email in emails:
            suppression.suppress(email, BOUNCED)
            suppression.suppress(email, BY_DESK)
        erased = suppression.list_stored_forms("jörg@bücher.example")
        suppression.suppress("jörg@bücher.example", BY_DESK)
        suppression.erase("jörg@bücher.example")
    urls = unsubscribe.get_urls(emails)
    db.session.commit()
    db.session.remove()

    flask_migrate.downgrade(directory=MIGRATIONS, revision="0081")
    before = set(db.session.scalars(select(SuppressedAddress.address)))
    db.session.remove()
    flask_migrate.upgrade(directory=MIGRATIONS)

    assert before == {"zoë@xn--bcher-kva.example", *emails[1:], erased[1]}
    after = set(db.session.scalars(select(SuppressedAddress.address)))
    assert after == {*emails, erased[1]}
    assert unsubscribe.get_urls(emails) == urls


@pytest.mark.both_databases
def test_renaming_the_last_notified_release_table_keeps_its_row(site: Flask) -> None:
    publish_programme()
    with transaction():
        removed_appearances.record_release()
    number = db.session.scalars(select(LastComparedRelease.number)).one()
    db.session.remove()

    flask_migrate.downgrade(directory=MIGRATIONS, revision="0082")
    before = db.session.execute(text("SELECT id, number FROM last_notified_release")).all()
    db.session.remove()
    flask_migrate.upgrade(directory=MIGRATIONS)

    assert [tuple(row) for row in before] == [(1, number)]
    assert not inspect(db.engine).has_table("last_notified_release")
    assert db.session.scalars(select(LastComparedRelease.number)).all() == [number]


@pytest.mark.both_databases
def test_applications_that_had_ended_are_no_longer_waiting_after_migration(site: Flask) -> None:
    delegate, now = make_delegate().id, clock.now()
    waits = [
        make_waiting_list_entry(),
        make_waiting_list_entry(state="offered", offered_at=now),
        make_waiting_list_entry(state="lapsed", ended_at=now),
        make_waiting_list_entry(state="accepted", ended_at=now, delegate_id=delegate),
    ]
    for entry in (*(one.id for one in waits), None):
        make_application(state="waiting", ended_at=now, identity_key="", entry_id=entry)
    make_application(state="unplaced", ended_at=now, identity_key="")
    make_application()
    found = select(RegistrationApplication).order_by(RegistrationApplication.id)
    states = ["waiting", "waiting", "unplaced", "approved", "unplaced", "unplaced", "asked"]

    flask_migrate.downgrade(directory=MIGRATIONS, revision="0083")
    before = db.session.execute(text("SELECT DISTINCT state FROM registration_application")).all()
    db.session.remove()
    flask_migrate.upgrade(directory=MIGRATIONS)

    assert {state for (state,) in before} == {"waiting", "asked"}
    after = db.session.scalars(found).all()
    assert [one.state for one in after] == states
    assert [one.delegate_id for one in after if one.state == "approved"] == [delegate]


@pytest.mark.both_databases
def test_unsent_messages_of_first_approvers_are_separated_by_the_migration(
    site: Flask,
) -> None:
    first = {"first_approved_by": "grace@conference.example"}
    make_application(**first, unsent_message="Bring your press card.", message="Please wait.")
    make_application(**first, unsent_message="Come early.", message="Wait.", state="on hold")
    make_application(message="We are full.", state="declined", ended_at=clock.now())
    columns = "message FROM registration_application ORDER BY id"

    flask_migrate.downgrade(directory=MIGRATIONS, revision="0084")
    before = db.session.scalars(text(f"SELECT {columns}")).all()
    db.session.remove()
    flask_migrate.upgrade(directory=MIGRATIONS)

    assert before == ["Bring your press card.", "Wait.", "We are full."]
    after = db.session.execute(text(f"SELECT unsent_message, {columns}")).all()
    assert [tuple(one) for one in after] == [
        ("Bring your press card.", ""),
        ("", "Wait."),
        ("", "We are full."),
    ]


@pytest.mark.both_databases
def test_address_keys_of_recipients_are_recalculated_by_the_migration(site: Flask) -> None:
    mailing = {"audience": "delegates", "created_by": "Grace", "changed_by": "Grace"}
    one = save(Mailing(**mailing, created_at=clock.now(), changed_at=clock.now())).id
    addresses = ("Weiß@example.org", "weis@example.org", "ÉLISE@example.org", "")
    for number, address in enumerate(addresses):
        who = {"person": f"delegate {number}", "address": address}
        save(MailingRecipient(mailing_id=one, **who, address_key=address.casefold()))
    db.session.remove()

    flask_migrate.downgrade(directory=MIGRATIONS, revision="0084")
    flask_migrate.upgrade(directory=MIGRATIONS)

    found = db.session.scalars(select(MailingRecipient.address_key).order_by(MailingRecipient.id))
    assert found.all() == [address.lower() for address in addresses]


@pytest.mark.both_databases
def test_counts_and_bookings_stay_without_the_tickets_of_equality_monitoring(site: Flask) -> None:
    with transaction():
        equality.set_active(["age"], actor="Grace")
    with transaction():
        equality.count_answers({"age": "25-34"})
        assert answer_tokens.spend("a token")
    numbers = [make_delegate(has_opened_equality=True).id, make_delegate(email="b@x.org").id]
    counted = select(EqualityCount.number).where(EqualityCount.choice == "25-34")
    db.session.remove()

    flask_migrate.downgrade(directory=MIGRATIONS, revision="0086")
    assert "equality_spent_token" not in inspect(db.engine).get_table_names()
    flask_migrate.upgrade(directory=MIGRATIONS)

    rows = select(Delegate.id, Delegate.has_opened_equality).order_by(Delegate.id)
    assert db.session.execute(rows).tuples().all() == [(number, False) for number in numbers]
    assert db.session.scalars(counted).all() == [1]
    assert db.session.scalars(select(SpentToken)).all() == []


RENDERED = RenderedEmail("Hello", "Hello", "<p>Hello</p>", "en", "a@example.org", "", "")


def make_text_version(template: str) -> EmailTextVersion:
    return EmailTextVersion(
        template=template,
        language="en",
        version=1,
        subject="Hello",
        body="Hello",
        shipped_subject="",
        shipped_body="",
        author="Grace",
        created_at=clock.now(),
    )
