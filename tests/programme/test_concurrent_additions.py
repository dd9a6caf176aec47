"""People add things at the same moment: each gets an address of its own."""

from functools import partial

import pytest
from flask import Flask
from sqlalchemy.exc import IntegrityError

from app.database import transaction
from app.programme import slugs
from app.programme.editing import speakers
from tests.races import run_in_threads

AT_ONCE = 6
NOBODY = {"name": "Mary Seacole", "role": ""}


def added_at_once(site: Flask) -> list[str]:
    """Let several people add the same name; tell the address that each of them got."""

    def add(number: int) -> str:
        try:
            with transaction():
                return speakers.add(NOBODY, actor=f"{number}@conference.example").slug
        except IntegrityError:
            return "taken"

    return sorted(run_in_threads(site, [partial(add, number) for number in range(AT_ONCE)]))


@pytest.mark.both_databases
def test_the_same_name_at_the_same_moment_gets_addresses_of_its_own(site: Flask) -> None:
    got = added_at_once(site)

    assert got == ["mary-seacole", *(f"mary-seacole-{number}" for number in range(2, 7))]


@pytest.mark.postgresql_only
def test_without_the_lock_they_would_take_each_others(
    site: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slugs, "queue_for", lambda _: None)

    assert "taken" in added_at_once(site)
