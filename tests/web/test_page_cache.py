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


def get_page_cache(site: Flask) -> PageCache:
    """Give the store of finished pages."""
    store: PageCache = site.extensions["page_cache"]
    return store


def test_a_page_rendered_before_a_release_is_not_cached_after_it(
    site: Flask, visitor: Browser
) -> None:
    store = get_page_cache(site)
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
def test_host_name_spellings_share_the_cached_page(
    site: Flask, visitor: Browser, host: str
) -> None:
    visitor.open("/programme")
    kept = get_page_cache(site).get({"PATH_INFO": "/programme"})

    answer = visitor.fetch("GET", "/programme", {"Host": host})

    assert answer.status_code == 200
    assert kept is not None
    assert get_page_cache(site).get({"PATH_INFO": "/programme"}) is kept


def test_replacing_a_cached_page_updates_the_cache_size(site: Flask, visitor: Browser) -> None:
    store = get_page_cache(site)
    now = store.current_version()

    store.put(LATE, CachedPage(b"12345", [], "/late"), now, None)
    store.put(LATE, CachedPage(b"123", [], "/late"), now, None)

    assert (len(store), store.size) == (1, 3)


@pytest.mark.own_site
def test_the_cache_of_a_site_that_has_just_started_is_empty(site: Flask) -> None:
    assert (len(get_page_cache(site)), get_page_cache(site).size) == (0, 0)


def test_pages_that_exactly_fill_the_cache_are_kept(
    site: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.web.page_cache.MAX_BYTES", 6)
    store = get_page_cache(site)
    now = store.current_version()

    for path in ("/one", "/two"):
        store.put(LATE._replace(path=path), CachedPage(b"123", [], path), now, None)

    assert (len(store), store.size) == (2, 6)


def test_pages_in_other_time_zones_evict_only_each_other(
    site: Flask, visitor: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = get_page_cache(site)
    plain = ("/programme", "/speakers", "/sessions/opening")
    for address in plain:
        visitor.open(address)
    _limit_cache_size(3.5, store, monkeypatch)

    for zone in TIME_ZONES:
        visitor.open(f"/programme?zone={zone}")

    assert all(store.get({"PATH_INFO": address}) for address in plain)
    kept = [zone for zone in TIME_ZONES if _zone_page(store, zone)]
    assert kept == TIME_ZONES[-len(kept) :]
    assert 0 < len(kept) < len(TIME_ZONES)


def test_a_recently_used_time_zone_page_is_not_evicted(
    site: Flask, visitor: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = get_page_cache(site)
    popular, *others = TIME_ZONES
    visitor.open("/programme")
    _limit_cache_size(3.5, store, monkeypatch)
    visitor.open(f"/programme?zone={popular}")
    stored = _zone_page(store, popular)

    for zone in others:
        visitor.open(f"/programme?zone={popular}")
        visitor.open(f"/programme?zone={zone}")

    assert stored is not None
    assert _zone_page(store, popular) is stored, "it was never pushed out and made anew"
    assert _zone_page(store, others[0]) is None


def test_the_oldest_page_is_evicted_when_the_cache_is_full(
    site: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.web.page_cache.MAX_BYTES", 6)
    store = get_page_cache(site)
    now = store.current_version()

    for path in ("/one", "/two", "/three"):
        store.put(LATE._replace(path=path), CachedPage(b"123", [], path), now, None)

    assert [store.get({"PATH_INFO": path}) is None for path in ("/one", "/two", "/three")] == [
        True,
        False,
        False,
    ]


def test_cached_time_zone_pages_are_evicted_at_a_release(
    site: Flask, visitor: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor.open(f"/programme?zone={TIME_ZONES[0]}")
    with transaction():
        cache_version.bump_cache_version()
    visitor.open("/programme")
    store = get_page_cache(site)
    _limit_cache_size(1.5, store, monkeypatch)

    for zone in TIME_ZONES[1:4]:
        assert visitor.open(f"/programme?zone={zone}").status == 200

    assert _zone_page(store, TIME_ZONES[1]) is None
    assert _zone_page(store, TIME_ZONES[3]) is not None


def test_the_page_cache_is_fresh_unless_the_version_must_be_read(site: Flask) -> None:
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


def _limit_cache_size(number: float, store: PageCache, monkeypatch: pytest.MonkeyPatch) -> None:
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
def test_a_cached_page_is_compressed_well_and_an_uncached_one_quickly(
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


def test_gzip_compression_is_deterministic(frozen_time: Any) -> None:
    page = "".join(f"Session {number} begins. " for number in range(1000)).encode()
    before = ENCODERS["gzip"](page)
    frozen_time.shift(timedelta(hours=1))

    assert ENCODERS["gzip"](page) == before == gzip.compress(page, compresslevel=6, mtime=0)


def test_an_invalid_accept_weight_still_gets_html(
    visitor: Browser,
) -> None:
    answer = visitor.fetch("GET", "/programme", {"Accept": "text/html;q=many"})

    assert answer.mimetype == "text/html"
