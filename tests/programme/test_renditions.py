"""Sizes and kinds of a photo: made by the worker, offered to browsers, and nothing else served."""

from io import BytesIO
from threading import Thread
from typing import Any

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import func, select

from app import clock
from app.database import db, transaction
from app.programme.models import Photo, Rendition, Speaker
from app.programme.photos import cropping, encode_renditions, normalise_upload, renditions
from app.programme.photos.cropping import Crop
from app.proposals import photo_retention
from tests.browser import Browser
from tests.factories import make_photo, make_speaker, publish_programme
from tests.pages import read_text
from tests.programme.sample_pictures import BLUE, RED, encode

pytestmark = pytest.mark.usefixtures("site")

TOO_SHORT = 0.001  # seconds, in which no program starts
KINDS = {"avif": "AVIF", "webp": "WEBP", "jpg": "JPEG"}
EVERY = [(kind, side) for kind in sorted(KINDS) for side in (96, 192, 480)]


def ada() -> Speaker:
    return db.session.scalars(select(Speaker).where(Speaker.slug == "ada-marsh")).one()


def make_renderable_photo(speaker: Speaker, cut: Crop | None = None, **about: object) -> Photo:
    """Save a photo of a speaker whose left half is red and whose right half is blue."""
    halves = Image.new("RGB", (900, 600), BLUE)
    halves.paste(RED, (0, 0, 450, 600))
    whole = normalise_upload.normalise_upload(encode(halves))
    cut = cut or Crop()
    held = {"original": whole, "crop": str(cut), "picture": cropping.crop_square(whole, cut)}
    return make_photo(speaker, **held, **about)


def list_offered(reader: Browser) -> dict[str, str]:
    """Return the sources of the picture of the first speaker in a session."""
    page = reader.open("/sessions/harbour-walls")
    offered = {one.get("type", ""): one.get("srcset", "") for one in page.tree.find_all("source")}
    return {**offered, "img": next(page.tree.find_all("img")).get("src", "")}


@pytest.mark.both_databases
def test_every_rendition_is_offered_once_the_worker_has_rendered_it(visitor: Browser) -> None:
    photo = make_renderable_photo(ada())
    publish_programme()
    at = f"/photos/{photo.key}"
    assert list_offered(visitor) == {"img": f"{at}.jpg"}

    renditions.render_pending()

    assert list_offered(visitor) == {
        "image/avif": f"{at}/96.avif, {at}/192.avif 2x",
        "image/webp": f"{at}/96.webp, {at}/192.webp 2x",
        "img": f"{at}/192.jpg",
    }
    for kind, side in EVERY:
        answer = visitor.fetch("GET", f"{at}/{side}.{kind}")
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert "Set-Cookie" not in answer.headers
        assert len(answer.data) <= 25 * 1024
        with Image.open(BytesIO(answer.data), formats=[KINDS[kind]]) as picture:
            assert picture.size == (side, side)
            assert not picture.getexif()
    (portrait,) = visitor.open("/speakers/ada-marsh").tree.find_by_class("portrait")
    sized = {name: portrait.get(name) for name in ("width", "height", "loading", "alt")}
    assert sized == {"width": "480", "height": "480", "loading": "lazy", "alt": "A person, smiling"}


def test_a_photo_without_sizes_is_offered_whole_although_another_has_them(
    visitor: Browser,
) -> None:
    make_renderable_photo(make_speaker())
    renditions.render_pending()
    photo = make_renderable_photo(ada())

    publish_programme()

    assert list_offered(visitor) == {"img": f"/photos/{photo.key}.jpg"}


@pytest.mark.parametrize(
    "end", ["97.avif", "480.png", "480.gif", "0.jpg", "999.jpg", "99999999999.jpg", "480.avif/x"]
)
def test_an_unknown_rendition_size_or_format_is_not_found(visitor: Browser, end: str) -> None:
    photo = make_renderable_photo(ada())
    publish_programme()
    renditions.render_pending()

    assert visitor.fetch("GET", f"/photos/{photo.key}/{end}").status_code == 404


def test_renditions_of_unpublished_photos_are_not_served(visitor: Browser) -> None:
    photo = make_renderable_photo(ada())

    renditions.render_pending()

    assert visitor.fetch("GET", f"/photos/{photo.key}/96.avif").status_code == 404


def test_every_rendition_shows_the_chosen_crop() -> None:
    halves = Image.new("RGB", (900, 600), BLUE)
    halves.paste(RED, (0, 0, 450, 600))
    whole = normalise_upload.normalise_upload(encode(halves))

    for across, wanted in ((0, RED), (100, BLUE)):
        square = Image.open(BytesIO(cropping.crop_square(whole, Crop(across, 50, 50))))
        small = [
            body
            for kind, _, body in encode_renditions.encode_all(whole, across, 50, 50)
            if kind == "jpg"
        ]
        for picture in (square, *(Image.open(BytesIO(body)) for body in small)):
            found = picture.getpixel((picture.width // 2, picture.height // 2))
            assert isinstance(found, tuple)
            assert all(abs(one - two) < 12 for one, two in zip(found, wanted, strict=True))


@pytest.mark.both_databases
def test_many_workers_render_each_rendition_once(site: Flask) -> None:
    for _ in range(4):
        make_renderable_photo(make_speaker())
    db.session.commit()

    def work() -> None:
        with site.app_context():
            renditions.render_pending()

    workers = [Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    made = db.session.scalar(select(func.count()).select_from(Rendition))
    assert made == 4 * len(EVERY)
    assert not renditions.has_pending()


def test_a_rendering_lease_of_a_dead_worker_expires() -> None:
    photo = make_renderable_photo(ada(), rendering_until=clock.real_now() + renditions.LEASE_TIME)
    assert not renditions.has_pending()
    photo.rendering_until = clock.real_now() - renditions.LEASE_TIME
    db.session.commit()

    renditions.render_pending()

    assert db.session.scalar(select(func.count()).select_from(Rendition)) == len(EVERY)


def test_a_photo_that_cannot_be_rendered_is_tried_once_and_still_shown(visitor: Browser) -> None:
    make_photo(ada())  # which is no picture
    publish_programme()

    renditions.render_pending()

    assert not renditions.has_pending()
    assert list(list_offered(visitor)) == ["img"]


@pytest.mark.both_databases
def test_a_photo_that_times_out_is_retried_later_and_delays_no_other(
    frozen_time: Any,
) -> None:
    slow = make_renderable_photo(ada()).key
    renditions.render_pending(TOO_SHORT)
    other = make_renderable_photo(make_speaker()).key

    renditions.render_pending()

    assert list_rendered() == {other}
    frozen_time.shift(renditions.RETRY_AFTER * 2)
    renditions.render_pending()
    assert list_rendered() == {slow, other}


def test_a_photo_that_always_times_out_is_tried_max_attempts_times(
    frozen_time: Any, visitor: Browser
) -> None:
    make_renderable_photo(ada())
    publish_programme()

    for _ in range(renditions.MAX_ATTEMPTS):
        assert renditions.has_pending()
        renditions.render_pending(TOO_SHORT)
        frozen_time.shift(renditions.RETRY_AFTER * 2)

    assert not renditions.has_pending()
    assert list(list_offered(visitor)) == ["img"]


def list_rendered() -> set[str]:
    return {*db.session.scalars(select(Rendition.photo_key))}


def test_a_photo_without_its_original_is_rendered_from_the_stored_square() -> None:
    photo = make_renderable_photo(ada(), Crop(0, 0, 50))
    photo.original = None
    db.session.commit()

    renditions.render_pending()

    held = db.session.scalars(select(Rendition.body).where(Rendition.kind == "jpg")).first()
    assert held is not None
    with Image.open(BytesIO(held)) as picture:
        assert picture.size == (96, 96)


def test_renditions_are_deleted_with_their_photo() -> None:
    photo = make_renderable_photo(ada())
    renditions.render_pending()
    photo.speaker_id = None
    db.session.commit()

    with transaction():
        photo_retention.purge_unused()

    assert db.session.scalar(select(func.count()).select_from(Rendition)) == 0


def test_originals_of_photos_are_deleted_a_month_after_the_conference(
    frozen_time: Any, visitor: Browser
) -> None:
    photo = make_renderable_photo(ada())
    visitor.open("/")  # which sees the time of the database
    for moment, is_kept in (("2009-07-11", True), ("2009-07-13", False)):
        frozen_time.move_to(f"{moment}T12:00:00+01:00")
        with transaction():
            photo_retention.purge_originals()
        db.session.refresh(photo)
        assert (photo.original is not None) == is_kept


def test_a_list_with_photos_needs_no_queries(visitor: Browser, queries: list[str]) -> None:
    for number in range(3):
        make_renderable_photo(make_speaker(name=f"Somebody {number}"))
    make_speaker(name="Without One")
    publish_programme()
    renditions.render_pending()
    visitor.open("/programme")
    queries.clear()

    page = visitor.open("/speakers")

    assert [one for one in queries if "FROM site_state" not in one] == []
    assert len(list(page.tree.find_all("picture"))) == 3


def test_a_list_without_photos_shows_initials(visitor: Browser) -> None:
    page = visitor.open("/speakers")

    assert list(page.tree.find_all("img", within=page.main)) == []
    assert [read_text(one) for one in page.tree.find_by_class("portrait")] == ["JM", "AM"]
