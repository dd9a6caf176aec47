"""The database is brought up and down by numbered steps, the same on both kinds."""

import flask_migrate
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from sqlalchemy import inspect, select

from app.database import Base, db, is_modelled
from app.programme.models import Conference, Session
from config import ROOT
from tests.browser import Browser
from tests.factories import published

MIGRATIONS = str(ROOT / "migrations")


@pytest.mark.both_databases
@pytest.mark.empty
def test_every_step_goes_down_and_up_again(site: Flask) -> None:
    flask_migrate.downgrade(directory=MIGRATIONS, revision="base")
    tables_below = set(inspect(db.engine).get_table_names())
    flask_migrate.upgrade(directory=MIGRATIONS)

    assert tables_below == {"alembic_version"}
    assert set(Base.metadata.tables) <= set(inspect(db.engine).get_table_names())


@pytest.mark.both_databases
@pytest.mark.empty
def test_the_steps_lead_to_what_the_models_say(site: Flask) -> None:
    with db.engine.connect() as connection:
        opts = {"compare_type": True, "include_name": is_modelled}
        context = MigrationContext.configure(connection, opts=opts)

        assert compare_metadata(context, Base.metadata) == []


@pytest.mark.both_databases
def test_what_was_published_before_can_be_followed_and_found_afterwards(
    site: Flask, visitor: Browser
) -> None:
    db.session.scalars(select(Session).where(Session.slug == "opening")).one().title = "A grand day"
    published()
    db.session.get_one(Conference, 1).current_release = 1
    db.session.commit()
    db.session.remove()

    flask_migrate.downgrade(directory=MIGRATIONS, revision="0005")
    flask_migrate.upgrade(directory=MIGRATIONS)

    page = visitor.open("/changes")
    titles = [one for one in page.headings if one.startswith("Release")]
    assert titles == ["Release 1 again Now", "Release 2", "Release 1"]
    assert page.headings.count("Renamed sessions 1") == 2
    assert visitor.open("/search?q=harbour+wall").heading == "One result for “harbour wall”"
