"""Finished pages are kept for the edition from which they were made, and for no other."""

import gzip
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import brotli
import pytest
from flask import Flask
from sqlalchemy import text

from app import cache_version, clock
from app.content import services as content
from app.content.versions import ContentDraft
from app.content.views import get_content_folder
from app.database import db, transaction
from app.web.cache_policy import (
    ENCODERS,
    HUGE_BODY_BYTES,
    LARGE_BODY_BYTES,
    compress_quickly,
)
from app.web.page_cache import CachedPage, PageCache, PageKey
from tests.browser import Browser

TIME_ZONES = [
    f"America/{city}"
    for city in ("Bogota", "Caracas", "Chicago", "Denver", "Halifax", "Havana", "Lima", "Phoenix")
]
TRAINS = "No trains between Whitby and York today"
LATE = PageKey(language="", path="/late", keys_off=False, variant="", as_text=False)


def shelf(site: Flask) -> PageCache:
    """Give the store of finished pages."""
    store: PageCache = site.extensions["page_cache"]
    return store


def test_a_page_begun_before_a_release_does_not_take_the_place_of_those_made_since(
    site: Flask, visitor: Browser
) -> None:
    store = shelf(site)
    begun = store.current_version()
    with transaction():
        cache_version.bump_cache_version()
    visitor.open("/programme")
    made_since = store.get({"PATH_INFO": "/programme"})

    store.put(LATE, CachedPage(b"As it was before", [], "/late"), begun, None)

    assert made_since is not None
    assert store.get({"PATH_INFO": "/programme"}) is made_since
    assert store.get({"PATH_INFO": "/late"}) is None


@pytest.mark.parametrize("host", ["CONFERENCE.example", "conference.example:443"])
def test_a_host_name_written_differently_finds_the_same_page(
    site: Flask, visitor: Browser, host: str
) -> None:
    visitor.open("/programme")
    kept = shelf(site).get({"PATH_INFO": "/programme"})

    answer = visitor.fetch("GET", "/programme", {"Host": host})

    assert answer.status_code == 200
    assert kept is not None
    assert shelf(site).get({"PATH_INFO": "/programme"}) is kept


def test_a_page_that_replaces_another_takes_its_room(site: Flask, visitor: Browser) -> None:
    store = shelf(site)
    now = store.current_version()

    store.put(LATE, CachedPage(b"12345", [], "/late"), now, None)
    store.put(LATE, CachedPage(b"123", [], "/late"), now, None)

    assert (len(store), store.size) == (1, 3)


@pytest.mark.own_site
def test_the_cache_of_a_site_that_has_just_started_is_empty(site: Flask) -> None:
    assert (len(shelf(site)), shelf(site).size) == (0, 0)


def test_pages_that_fill_the_cache_to_the_last_byte_stay(
    site: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.web.page_cache.MAX_BYTES", 6)
    store = shelf(site)
    now = store.current_version()

    for path in ("/one", "/two"):
        store.put(LATE._replace(path=path), CachedPage(b"123", [], path), now, None)

    assert (len(store), store.size) == (2, 6)


def test_many_time_zones_push_no_page_out_but_each_other(
    site: Flask, visitor: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = shelf(site)
    plain = ("/programme", "/speakers", "/sessions/opening")
    for address in plain:
        visitor.open(address)
    _leave_room_for(3.5, store, monkeypatch)

    for zone in TIME_ZONES:
        visitor.open(f"/programme?zone={zone}")

    assert all(store.get({"PATH_INFO": address}) for address in plain)
    kept = [zone for zone in TIME_ZONES if _zone_page(store, zone)]
    assert kept == TIME_ZONES[-len(kept) :]
    assert 0 < len(kept) < len(TIME_ZONES)


def test_a_time_zone_that_is_asked_for_again_stays(
    site: Flask, visitor: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = shelf(site)
    popular, *others = TIME_ZONES
    visitor.open("/programme")
    _leave_room_for(3.5, store, monkeypatch)
    visitor.open(f"/programme?zone={popular}")
    stored = _zone_page(store, popular)

    for zone in others:
        visitor.open(f"/programme?zone={popular}")
        visitor.open(f"/programme?zone={zone}")

    assert stored is not None
    assert _zone_page(store, popular) is stored, "it was never pushed out and made anew"
    assert _zone_page(store, others[0]) is None


def test_more_plain_pages_than_fit_push_out_the_oldest(
    site: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.web.page_cache.MAX_BYTES", 6)
    store = shelf(site)
    now = store.current_version()

    for path in ("/one", "/two", "/three"):
        store.put(LATE._replace(path=path), CachedPage(b"123", [], path), now, None)

    assert [store.get({"PATH_INFO": path}) is None for path in ("/one", "/two", "/three")] == [
        True,
        False,
        False,
    ]


def test_pages_in_time_zones_leave_nothing_behind_at_a_release(
    site: Flask, visitor: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor.open(f"/programme?zone={TIME_ZONES[0]}")
    with transaction():
        cache_version.bump_cache_version()
    visitor.open("/programme")
    store = shelf(site)
    _leave_room_for(1.5, store, monkeypatch)

    for zone in TIME_ZONES[1:4]:
        assert visitor.open(f"/programme?zone={zone}").status == 200

    assert _zone_page(store, TIME_ZONES[1]) is None
    assert _zone_page(store, TIME_ZONES[3]) is not None


def test_a_store_answers_at_once_unless_the_version_has_to_be_read(site: Flask) -> None:
    watcher = cache_version.CacheVersionWatcher(db.engine, 3600, None)
    store = PageCache(watcher)

    is_fresh = [store.is_fresh]
    store.current_version()
    is_fresh.append(store.is_fresh)
    watcher.recheck()
    is_fresh.append(store.is_fresh)

    assert is_fresh == [False, True, False]


@pytest.mark.own_site  # it has not read the notice yet
@pytest.mark.both_databases
def test_a_form_opened_while_the_notice_could_not_be_read_shows_it_as_soon_as_it_can(
    visitor: Browser,
) -> None:
    put_up(TRAINS)
    with content_out_of_reach():
        assert TRAINS not in visitor.open("/register/name").source

    assert TRAINS in visitor.open("/register/name").source


def put_up(words: str) -> None:
    """Put up an urgent notice above every page."""
    draft = ContentDraft(title=words, summary="", body="", dated_on=clock.now().date())
    with transaction():
        content.publish_notice(get_content_folder(), draft, expected_version=0, actor="Grace")


@contextmanager
def content_out_of_reach() -> Iterator[None]:
    """Leave the database as in the middle of a migration: what organisers have written is away."""
    with transaction():
        (newest,) = db.session.execute(text("SELECT version_num FROM alembic_version")).one()
        db.session.execute(text("UPDATE alembic_version SET version_num = '0017'"))
        db.session.execute(text("ALTER TABLE content_version RENAME TO away"))
    yield
    with transaction():
        db.session.execute(text("ALTER TABLE away RENAME TO content_version"))
        db.session.execute(
            text("UPDATE alembic_version SET version_num = :newest"), {"newest": newest}
        )


def _leave_room_for(number: float, store: PageCache, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let so many more programmes fit, each with the times of another zone."""
    programme = store.get({"PATH_INFO": "/programme"})
    assert programme is not None
    room = int(number * programme.size)
    monkeypatch.setattr("app.web.page_cache.MAX_BYTES", store.size + room)


def _zone_page(store: PageCache, zone: str) -> CachedPage | None:
    return store.get({"PATH_INFO": "/programme", "QUERY_STRING": f"zone={zone}"})


@pytest.mark.parametrize(
    ("address", "compress", "other"),
    [
        ("/programme", ENCODERS["br"], compress_quickly),
        ("/search?q=tide", compress_quickly, ENCODERS["br"]),
    ],
)
def test_a_page_is_packed_well_if_it_is_stored_and_quickly_if_it_is_not(
    visitor: Browser,
    address: str,
    compress: Callable[[bytes], bytes],
    other: Callable[[bytes], bytes],
) -> None:
    answer = visitor.fetch("GET", address, {"Accept-Encoding": "br"})

    packed = answer.get_data()
    assert answer.headers.getlist("Content-Length") == [str(len(packed))]
    page = brotli.decompress(packed)
    assert packed == compress(page)
    assert packed != other(page)


def test_compression_quality_depends_on_page_size() -> None:
    line = "".join(f"Session {number} begins in room {number % 7}. " for number in range(40_000))

    for size, quality in (
        (LARGE_BODY_BYTES, 6),
        (LARGE_BODY_BYTES + 1, 10),
        (HUGE_BODY_BYTES, 10),
        (HUGE_BODY_BYTES + 1, 9),
    ):
        body = line[:size].encode()
        assert len(body) == size
        assert ENCODERS["br"](body) == brotli.compress(body, quality=quality)


def test_a_page_is_the_same_to_the_byte_whenever_it_is_packed(frozen_time: Any) -> None:
    page = "".join(f"Session {number} begins. " for number in range(1000)).encode()
    before = ENCODERS["gzip"](page)
    frozen_time.shift(timedelta(hours=1))

    assert ENCODERS["gzip"](page) == before == gzip.compress(page, compresslevel=6, mtime=0)


def test_an_invalid_accept_weight_still_gets_html(
    visitor: Browser,
) -> None:
    answer = visitor.fetch("GET", "/programme", {"Accept": "text/html;q=many"})

    assert answer.mimetype == "text/html"
