"""The picture that stands for a session where its address is shared."""

from collections.abc import Sequence
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import func, select, update

from app import cache_version, clock
from app.cache_version import SiteState
from app.database import db, transaction
from app.programme.models import Session
from app.releases import current_release, draw_share_images, share_images
from app.releases.models import ShareImage
from app.releases.share_images import LEASE
from tests.browser import Browser, Page
from tests.factories import make_room, make_session, make_theme, publish_programme
from tests.sites import Settings, build_site, close_site
from tests.waiting import wait_until

GENERAL = "https://conference.example/static/img/share.png"
LONG = "A very long title that goes on and on " * 5
USUAL = {
    "conference": "Tides and Harbours",
    "title": "Opening",
    "when": "Wednesday 10 June 2009, 9:30am to 10:30am, London time",
    "where": "Great hall",
    "theme": "Water",
    "shape": "circle",
    "palette": 1,
}


def picture_of(page: Page) -> str:
    """Return the share image of a page."""
    found = [one for one in page.tree.find_all("meta") if one.get("property") == "og:image"]
    (address,) = [one.get("content") or "" for one in found]
    return address


def draw() -> None:
    """Let the worker take a turn."""
    share_images.draw_missing()
    db.session.remove()


def count() -> int:
    return db.session.scalar(select(func.count()).select_from(ShareImage)) or 0


def drawn(*cards: dict[str, Any]) -> Sequence[Image.Image]:
    """Draw cards as the program of its own does."""
    return [
        Image.open(BytesIO(body))
        for body in draw_share_images.draw_all([{**USUAL, **one} for one in cards])
    ]


def test_a_session_without_share_image_uses_the_general_one(
    visitor: Browser,
) -> None:
    assert picture_of(visitor.open("/sessions/opening")).partition("?")[0] == GENERAL


def test_a_session_has_its_own_share_image(visitor: Browser) -> None:
    visitor.open("/sessions/opening")
    draw()

    address = picture_of(visitor.open("/sessions/opening"))
    answer = visitor.fetch("GET", urlsplit(address).path)

    assert address.startswith("https://conference.example/cards/")
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.mimetype == "image/png"
    assert len(answer.data) <= 25 * 1024
    with Image.open(BytesIO(answer.data)) as picture:
        assert (picture.size, picture.mode) == ((1200, 630), "P")


def test_the_share_image_has_an_alternative_text(visitor: Browser) -> None:
    draw()

    page = visitor.open("/sessions/opening")

    told = {one.get("property"): one.get("content") for one in page.tree.find_all("meta")}
    assert told["og:image:alt"] == (
        "Opening. Plenary, 9:30am on Wednesday 10 June 2009, Great hall"
    )
    assert (told["og:image:width"], told["og:image:height"]) == ("1200", "630")


def test_a_share_image_shows_title_type_time_and_room(site: Flask) -> None:
    programme = current_release.get_programme()

    cards = [
        share_images.build_share_image_content(one, programme.conference)
        for one in programme.sessions
        if one.has_page
    ]

    assert cards[0] == {**USUAL, "theme": "", "shape": ""}
    assert cards[2]["where"] == "Boat house, illustrative"
    assert (cards[2]["theme"], cards[2]["shape"], cards[2]["palette"]) == ("Stone", "square", 2)


def test_only_share_images_of_changed_sessions_are_drawn_again(
    visitor: Browser, frozen_time: Any
) -> None:
    draw()
    before = picture_of(visitor.open("/sessions/opening"))
    assert count() == 4
    with transaction():
        db.session.query(Session).filter_by(slug="farewell").one().title = "Goodbye"
    publish_programme()

    draw()

    assert count() == 5
    assert picture_of(visitor.open("/sessions/opening")) == before
    assert "/cards/" in picture_of(visitor.open("/sessions/farewell"))


def test_drawing_share_images_does_nothing_if_none_is_missing(site: Flask) -> None:
    draw()
    number = cache_version.current()

    draw()

    assert cache_version.current() == number


def test_share_images_are_drawn_in_batches_and_shown_after_the_last(
    visitor: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(share_images, "BATCH_SIZE", 3)
    visitor.open("/sessions/opening")

    draw()
    assert count() == 3
    for slug in ("opening", "reading-the-tide", "harbour-walls", "farewell"):
        assert "share.png" in picture_of(visitor.open(f"/sessions/{slug}"))

    draw()
    assert count() == 4
    assert "/cards/" in picture_of(visitor.open("/sessions/opening"))


@pytest.mark.both_databases
def test_two_workers_never_draw_the_same_share_image(
    site: Flask,
    settings: Settings,
    visitor: Browser,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setattr(share_images, "BATCH_SIZE", 3)
    monkeypatch.setattr(share_images, "DRAW_SCRIPT", slow_draw_script(tmp_path))
    beside = build_site(settings)

    def let_the_other_work() -> None:
        with beside.app_context():
            draw()

    other = Thread(target=let_the_other_work)
    other.start()
    wait_until((tmp_path / "begun").exists, "the other worker draws")
    draw()  # while the other has the pen
    (tmp_path / "go on").touch()
    other.join()
    draw()
    close_site(beside)

    titles = (tmp_path / "begun").read_text(encoding="utf-8").splitlines()
    assert sorted(titles) == ["Farewell", "Harbour walls", "Opening", "Reading the tide"]
    assert count() == 4
    assert "/cards/" in picture_of(visitor.open("/sessions/opening"))


def slow_draw_script(folder: Path) -> Path:
    """Make a program that writes down what it is to draw, waits to be let on, and draws it."""
    pen = folder / "pen.py"
    pen.write_text(
        f"""
import json, pathlib, runpy, sys, time, io
cards = sys.stdin.read()
folder = pathlib.Path({str(folder)!r})
with (folder / "begun").open("a", encoding="utf-8") as begun:
    begun.writelines(card["title"] + "\\n" for card in json.loads(cards))
while not (folder / "go on").exists():
    time.sleep(0.01)
sys.stdin = io.StringIO(cards)
runpy.run_path({str(share_images.DRAW_SCRIPT)!r}, run_name="__main__")
""",
        encoding="utf-8",
    )
    return pen


@pytest.mark.both_databases
def test_a_drawing_lease_of_a_dead_worker_expires(site: Flask, frozen_time: Any) -> None:
    with transaction():
        db.session.execute(update(SiteState).values(drawing_until=clock.real_now() + LEASE))

    draw()
    assert count() == 0
    frozen_time.shift(LEASE + timedelta(seconds=1))
    draw()

    assert count() == 4


def test_a_failing_draw_script_keeps_the_general_share_image(
    visitor: Browser, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    broken = tmp_path / "pen.py"
    broken.write_text("raise SystemExit(1)")
    monkeypatch.setattr(share_images, "DRAW_SCRIPT", broken)
    number = cache_version.current()

    draw()

    assert (count(), cache_version.current()) == (0, number)
    assert "share.png" in picture_of(visitor.open("/sessions/opening"))


def test_unused_share_images_are_deleted_after_a_month(site: Flask, frozen_time: Any) -> None:
    draw()
    with transaction():
        db.session.query(Session).filter_by(slug="farewell").one().title = "Goodbye"
    publish_programme()
    draw()

    frozen_time.shift(timedelta(days=29))
    with transaction():
        share_images.purge_unused()
    assert count() == 5
    frozen_time.shift(timedelta(days=2))
    with transaction():
        share_images.purge_unused()

    assert count() == 4


@pytest.mark.parametrize("title", [LONG, "w" * 200, "Žluťoučký kůň", "Ωμέγα и Я", "", "1 < 2 & 3"])
def test_the_share_image_of_any_title_is_a_small_file(title: str) -> None:
    (body,) = draw_share_images.draw_all([{**USUAL, "title": title, "theme": LONG, "where": LONG}])

    assert len(body) <= 25 * 1024


@pytest.mark.parametrize("title", ["مؤتمر الصحة للجميع", "健康公平", "Care 🏥", "שלום"])
def test_a_title_without_glyphs_is_left_out_of_the_share_image(title: str) -> None:
    with_it, without = drawn({"title": title}, {"title": ""})

    assert with_it.tobytes() == without.tobytes()
    assert with_it.tobytes() != drawn({"title": "Opening"})[0].tobytes()


def test_each_theme_shape_is_drawn_differently(site: Flask) -> None:
    shapes = ("circle", *draw_share_images.SHAPES)

    pictures = {one.tobytes() for one in drawn(*({"shape": shape} for shape in shapes))}

    assert len(pictures) == 8


def test_the_share_image_of_a_cancelled_session_says_cancelled(site: Flask) -> None:
    make_session(
        title="Off", cancelled_at=clock.now(), room=make_room(), theme=make_theme(name="Fire")
    )
    make_session(title="Some day", starts_at=None)
    publish_programme()
    programme = current_release.get_programme()

    told = {
        one.title: share_images.build_share_image_content(one, programme.conference)["when"]
        for one in programme.sessions
    }

    assert told["Off"] == "Cancelled"
    assert told["Some day"] == ""


def test_an_unknown_share_image_is_not_found(visitor: Browser) -> None:
    assert "There is no picture at that web address." in visitor.open("/cards/none.png", 404).text
