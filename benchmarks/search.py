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
from sqlalchemy import select

from app.database import db, read_only_connection, transaction
from app.factory import create_app
from app.interchange import services
from app.programme.models import Release
from app.releases import services as releases_services
from benchmarks.figures import Figure, at_most
from config import ROOT, Config
from tests.postgres import PostgresServer

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
    yield from _measure_database("SQLite", f"sqlite:///{folder / 'search.sqlite'}", folder)
    server = PostgresServer()
    try:
        yield from _measure_database("PostgreSQL", server.url(server.create_database()), folder)
    finally:
        server.shut_down()


def _measure_database(name: str, database: str, folder: Path) -> Iterator[Figure]:
    site = create_site(database, folder, (SESSIONS, SPEAKERS))
    control_time = _median_time(site, ["/site-map"] * len(QUESTIONS))
    search_time = _median_time(site, [f"/search?q={one.replace(' ', '+')}" for one in QUESTIONS])
    yield Figure(
        f"search among {SESSIONS} sessions, {name}: p50",
        f"{search_time:.1f} ms",
        search_time,
        at_most(25, 15, "ms"),
        f"{control_time:.1f} ms, a bare indexed query",
        search_time / control_time,
    )


def create_site(database: str, folder: Path, size: tuple[int, int]) -> Flask:
    """Make a site with so many sessions and speakers, and the control in place of its site map."""
    site = create_app(
        Config.model_validate({**SETTINGS, "DATABASE_URL": database, "INSTANCE_PATH": str(folder)})
    )
    with site.app_context():
        upgrade(directory=str(ROOT / "migrations"))
        with transaction():
            services.load_demo(*size)
            releases_services.create_release()
    body = open_page(site, f"/search?q={QUESTIONS[0]}")

    def control() -> str:
        with read_only_connection(db.engine) as connection:
            connection.execute(select(Release.number).where(Release.number == 1)).one()
        return body

    site.view_functions["site.site_map"] = control  # no address may be added to a site that runs
    return site


def open_page(site: Flask, address: str) -> str:
    """Open a page, without a server."""
    answer = site.test_client().get(address, base_url=SETTINGS["SITE_URL"])
    assert answer.status_code == 200, address
    return answer.get_data(as_text=True)


def _median_time(site: Flask, addresses: list[str]) -> float:
    times = []
    for address in addresses * ROUNDS:
        started_at = time.perf_counter()
        open_page(site, address)
        times.append((time.perf_counter() - started_at) * 1000)
    return median(times)
