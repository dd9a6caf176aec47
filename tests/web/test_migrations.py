"""The database is brought up and down by numbered steps, the same on both kinds."""

import flask_migrate
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from sqlalchemy import inspect

from app.database import Base, db, is_modelled
from config import ROOT

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
