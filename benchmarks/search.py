"""Search among 2,000 sessions, on both databases, beside a question answered from an index.

The control is a view of the same site that asks for one row by its primary key and answers with
as many bytes as the page of results.
"""

import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import text

from app import create_app
from app.database import db, reading, transaction
from app.programme import services
from benchmarks.figures import Figure, at_most
from benchmarks.running import ROOT
from config import Config
from tests.postgres import Postgres

SESSIONS, SPEAKERS = 2000, 2500
QUESTIONS = ("health", "care fin", "measur", "ma", "water city", "zeppelin")
ROUNDS = 10
SETTINGS = {
    "SECRET_KEY": "a key for benchmarks",
    "SITE_URL": "https://conference.example",
    "MAIL_DEFAULT_SENDER": "bench@conference.example",
}


def measure(folder: Path) -> Iterator[Figure]:
    """Ask on either database, warm."""
    yield from _measured("SQLite", f"sqlite:///{folder / 'search.sqlite'}", folder)
    server = Postgres()
    try:
        yield from _measured("PostgreSQL", server.url(server.make()), folder)
    finally:
        server.end()


def _measured(name: str, database: str, folder: Path) -> Iterator[Figure]:
    site = _site(database, folder)
    plain = _median(site, ["/site-map"] * len(QUESTIONS))
    asked = _median(site, [f"/search?q={one.replace(' ', '+')}" for one in QUESTIONS])
    yield Figure(
        f"search among {SESSIONS} sessions, {name}: p50",
        f"{asked:.1f} ms",
        asked,
        at_most(25, 15, "ms"),
        f"{plain:.1f} ms, a bare indexed query",
        asked / plain,
    )


def _site(database: str, folder: Path) -> Flask:
    site = create_app(
        Config.model_validate({**SETTINGS, "DATABASE_URL": database, "INSTANCE_PATH": str(folder)})
    )
    with site.app_context():
        upgrade(directory=str(ROOT / "migrations"))
        with transaction():
            services.invent(SESSIONS, SPEAKERS)
            services.publish()
    body = _get(site, f"/search?q={QUESTIONS[0]}")

    def control() -> str:
        with reading(db.engine) as connection:
            connection.execute(text("SELECT number FROM release WHERE number = 1")).one()
        return body

    site.view_functions["site.site_map"] = control  # no address may be added to a site that runs
    return site


def _get(site: Flask, address: str) -> str:
    answer = site.test_client().get(address, base_url=SETTINGS["SITE_URL"])
    assert answer.status_code == 200, address
    return answer.get_data(as_text=True)


def _median(site: Flask, addresses: list[str]) -> float:
    times = []
    for address in addresses * ROUNDS:
        began = time.perf_counter()
        _get(site, address)
        times.append((time.perf_counter() - began) * 1000)
    return median(times)
