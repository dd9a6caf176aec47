"""Concurrent additions: each gets its own slug."""

from functools import partial

import pytest
from flask import Flask
from sqlalchemy.exc import IntegrityError

from app.database import transaction
from app.programme import slugs
from app.programme.editing import speakers
from tests.races import run_in_threads

CONCURRENT_ADDITIONS = 6
NOBODY = {"name": "Mary Seacole", "role": ""}


def add_concurrently(site: Flask) -> list[str]:
    """Let several people add the same name concurrently and return each slug."""

    def add(number: int) -> str:
        try:
            with transaction():
                return speakers.add(NOBODY, actor=f"{number}@conference.example").slug
        except IntegrityError:
            return "taken"

    return sorted(
        run_in_threads(site, [partial(add, number) for number in range(CONCURRENT_ADDITIONS)])
    )


@pytest.mark.both_databases
def test_speakers_of_one_name_added_concurrently_get_unique_slugs(site: Flask) -> None:
    got = add_concurrently(site)

    assert got == ["mary-seacole", *(f"mary-seacole-{number}" for number in range(2, 7))]


@pytest.mark.postgresql_only
def test_without_the_lock_concurrent_additions_would_collide_on_slugs(
    site: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slugs, "queue_for", lambda _: None)

    assert "taken" in add_concurrently(site)
