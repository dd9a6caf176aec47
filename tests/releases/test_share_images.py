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
    """Tell which picture stands for a page."""
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


def test_until_its_card_is_drawn_a_session_is_shared_with_the_general_picture(
    visitor: Browser,
) -> None:
    assert picture_of(visitor.open("/sessions/opening")).partition("?")[0] == GENERAL


def test_a_session_has_a_card_of_its_own(visitor: Browser) -> None:
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


def test_what_stands_for_a_session_is_told_in_words_too(visitor: Browser) -> None:
    draw()

    page = visitor.open("/sessions/opening")

    told = {one.get("property"): one.get("content") for one in page.tree.find_all("meta")}
    assert told["og:image:alt"] == (
        "Opening. Plenary, 9:30am on Wednesday 10 June 2009, Great hall"
    )
    assert (told["og:image:width"], told["og:image:height"]) == ("1200", "630")


def test_a_card_shows_what_the_session_is_when_and_where(site: Flask) -> None:
    programme = current_release.get_programme()

    cards = [
        share_images.build_share_image_content(one, programme.conference)
        for one in programme.sessions
        if one.has_page
    ]

    assert cards[0] == {**USUAL, "theme": "", "shape": ""}
    assert cards[2]["where"] == "Boat house, illustrative"
    assert (cards[2]["theme"], cards[2]["shape"], cards[2]["palette"]) == ("Stone", "square", 2)


def test_only_what_has_changed_is_drawn_anew(visitor: Browser, frozen_time: Any) -> None:
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


def test_nothing_is_done_where_nothing_is_lacking(site: Flask) -> None:
    draw()
    number = cache_version.current()

    draw()

    assert cache_version.current() == number


def test_a_turn_draws_a_few_and_readers_are_told_at_the_end(
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
def test_two_workers_never_draw_the_same_card(
    site: Flask,
    settings: Settings,
    visitor: Browser,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setattr(share_images, "BATCH_SIZE", 3)
    monkeypatch.setattr(share_images, "DRAW_SCRIPT", slow_pen(tmp_path))
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


def slow_pen(folder: Path) -> Path:
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
def test_what_a_worker_had_in_hand_when_it_died_is_drawn_by_another(
    site: Flask, frozen_time: Any
) -> None:
    with transaction():
        db.session.execute(update(SiteState).values(drawing_until=clock.real_now() + LEASE))

    draw()
    assert count() == 0
    frozen_time.shift(LEASE + timedelta(seconds=1))
    draw()

    assert count() == 4


def test_a_pen_that_fails_holds_up_nothing(
    visitor: Browser, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    broken = tmp_path / "pen.py"
    broken.write_text("raise SystemExit(1)")
    monkeypatch.setattr(share_images, "DRAW_SCRIPT", broken)
    number = cache_version.current()

    draw()

    assert (count(), cache_version.current()) == (0, number)
    assert "share.png" in picture_of(visitor.open("/sessions/opening"))


def test_cards_that_nothing_leads_to_are_forgotten_after_a_month(
    site: Flask, frozen_time: Any
) -> None:
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
def test_any_title_makes_a_card_of_little_weight(title: str) -> None:
    (body,) = draw_share_images.draw_all([{**USUAL, "title": title, "theme": LONG, "where": LONG}])

    assert len(body) <= 25 * 1024


@pytest.mark.parametrize("title", ["مؤتمر الصحة للجميع", "健康公平", "Care 🏥", "שלום"])
def test_a_title_that_cannot_be_written_is_left_out_rather_than_shown_as_boxes(title: str) -> None:
    with_it, without = drawn({"title": title}, {"title": ""})

    assert with_it.tobytes() == without.tobytes()
    assert with_it.tobytes() != drawn({"title": "Opening"})[0].tobytes()


def test_each_theme_has_its_shape(site: Flask) -> None:
    shapes = ("circle", *draw_share_images.SHAPES)

    pictures = {one.tobytes() for one in drawn(*({"shape": shape} for shape in shapes))}

    assert len(pictures) == 8


def test_what_is_called_off_says_so_on_its_card(site: Flask) -> None:
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


def test_an_unknown_card_is_404(visitor: Browser) -> None:
    assert "There is no picture at that web address." in visitor.open("/cards/none.png", 404).text
