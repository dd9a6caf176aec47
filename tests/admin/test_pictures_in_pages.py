"""Organisers put pictures into pages and news; visitors get them in the size that they need."""

from io import BytesIO
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import func, select

from app.content.models import PageImage, PageImageRendition
from app.database import db
from app.history import queries as history
from app.programme.photos import page_images, renditions
from tests.browser import Browser, Page
from tests.pages import read_text
from tests.programme.sample_pictures import (
    BLUE,
    make_decompression_bomb,
    make_picture,
    make_rotated_with_location,
    open_jpeg,
)

HELP = "/organise/pages/page/help/en"
RAMP = "The entrance, with a ramp on the left"
TOO_MANY_PIXELS = (
    "This picture has too many pixels. The limit is 64 megapixels for a standard JPEG, 12 for a "
    "PNG or progressive JPEG and 6 for a WebP. Make it smaller, or save it as a standard JPEG"
)


def add(editor: Browser, body: bytes, description: str = RAMP, status: int = 200) -> Page:
    editor.open(f"{HELP}/pictures")
    return editor.press(
        "Add picture",
        status=status,
        picture=("ramp.jpg", body),
        description_of_the_picture=description,
    )


def find_markdown(page: Page) -> str:
    (code,) = [
        read_text(one) for one in page.tree.find_all("code") if "/pictures/" in read_text(one)
    ]
    return code


def get_picture() -> PageImage:
    return db.session.scalars(select(PageImage)).one()


@pytest.mark.both_databases
def test_a_picture_can_be_added_inserted_and_is_public(editor: Browser, visitor: Browser) -> None:
    editor.open(HELP)
    editor.press("Add or delete pictures", title="Help at sea")
    page = editor.press(
        "Add picture",
        picture=("ramp.jpg", make_rotated_with_location()),
        description_of_the_picture=RAMP,
    )

    assert page.value_of("Title") == "Help at sea"
    key = get_picture().key
    assert find_markdown(page) == f"![{RAMP}](/pictures/{key}.jpg)"
    page = editor.press("Preview", text=f"Come in.\n\n{find_markdown(page)}\n\nWelcome.")
    assert [one.get("alt") for one in page.tree.find_all("img")] == [RAMP]
    editor.press("Save and publish")
    (image,) = visitor.open("/help").tree.find_all("img")
    assert {name: image.get(name) for name in ("src", "alt", "width", "height", "loading")} == {
        "src": f"/pictures/{key}.jpg",
        "alt": RAMP,
        "width": "400",
        "height": "600",
        "loading": "lazy",
    }
    answer = visitor.fetch("GET", f"/pictures/{key}.jpg")
    assert open_jpeg(answer.data).size == (400, 600)
    assert b"Secretcam" not in answer.data
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    entry = history.find_latest("page help")
    assert entry is not None
    assert entry.summary.startswith("The page “Help at sea” was changed")


@pytest.mark.both_databases
def test_the_worker_renders_pictures_in_each_width_and_format(
    editor: Browser, visitor: Browser
) -> None:
    page = add(editor, make_picture("PNG", (2000, 1000), BLUE))
    editor.press("Save", text=find_markdown(page))
    key = get_picture().key

    page_images.render_pending()

    widths = (480, 960, 1600)
    page = visitor.open("/help")
    offered = {one.get("type"): one.get("srcset") for one in page.tree.find_all("source")}
    (image,) = page.tree.find_all("img")
    assert {**offered, "jpg": image.get("srcset")} == {
        key_of: ", ".join(f"/pictures/{key}/{width}.{kind} {width}w" for width in widths)
        for key_of, kind in (("image/avif", "avif"), ("image/webp", "webp"), ("jpg", "jpg"))
    }
    for kind, name in (("avif", "AVIF"), ("webp", "WEBP"), ("jpg", "JPEG")):
        for width in widths:
            body = visitor.fetch("GET", f"/pictures/{key}/{width}.{kind}").data
            with Image.open(BytesIO(body), formats=[name]) as opened:
                assert opened.size == (width, width // 2)
    visitor.open(f"/pictures/{key}/100.jpg", 404)
    page_images.render_pending()
    assert db.session.scalar(select(func.count()).select_from(PageImageRendition)) == 9


@pytest.mark.both_databases
def test_rendering_a_picture_that_times_out_is_retried(editor: Browser, frozen_time: Any) -> None:
    add(editor, make_picture(size=(640, 300)))
    made = select(func.count()).select_from(PageImageRendition)

    page_images.render_pending(0.001)

    page_images.render_pending()
    assert db.session.scalar(made) == 0
    frozen_time.shift(renditions.RETRY_AFTER * 2)
    page_images.render_pending()
    assert db.session.scalar(made) == 6


def test_small_pictures_are_not_enlarged(editor: Browser) -> None:
    add(editor, make_picture(size=(640, 300)))

    page_images.render_pending()

    found = db.session.scalars(select(PageImageRendition.width).distinct())
    assert sorted(found) == [480, 640]


def test_a_picture_needs_a_description_unless_it_is_decoration(
    editor: Browser, visitor: Browser
) -> None:
    page = add(editor, make_picture(), "", 422)
    assert page.errors == ["Enter a description of the picture, or tick that it is only decoration"]

    editor.open(f"{HELP}/pictures")
    page = editor.press(
        "Add picture",
        picture=("dots.jpg", make_picture()),
        this_picture_is_only_decoration_and_needs_no_description=True,
    )

    editor.press("Save", text=find_markdown(page))
    (image,) = visitor.open("/help").tree.find_all("img")
    assert image.get("alt") == ""


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"<svg xmlns='x'><script>alert(1)</script></svg>", "Choose a JPEG, PNG or WebP picture"),
        (b"%PDF-1.7 no picture", "Choose a JPEG, PNG or WebP picture"),
        (b"", "This file is empty"),
        (make_picture()[:800], "This picture is damaged. Choose another"),
        (make_decompression_bomb(10_000, 10_000), TOO_MANY_PIXELS),
    ],
)
def test_an_invalid_picture_is_refused_and_the_typed_text_kept(
    editor: Browser, body: bytes, error: str
) -> None:
    editor.open(HELP).press("Add or delete pictures", text="Typed before.")

    page = add(editor, body, status=422)

    assert page.errors == [error]
    assert page.value_of("Description of the picture") == RAMP
    assert db.session.scalars(select(PageImage)).all() == []
    assert editor.follow("Back to the form").value_of("Text") == "Typed before."


def test_a_picture_that_is_used_cannot_be_deleted(editor: Browser, visitor: Browser) -> None:
    page = add(editor, make_picture())
    editor.press("Save", text=find_markdown(page))
    key = get_picture().key

    page = editor.open(f"{HELP}/pictures")
    assert "Used in “Help”. Remove it from the text before you delete it." in page.text
    token = page.tree.find_by_id("csrf_token")
    assert token is not None
    told = {"csrf_token": token.get("value")}
    page = editor.send("POST", f"{HELP}/pictures/{key}/remove", data=told, status=409)
    assert "This picture is still used in “Help”" in page.text

    editor.open(HELP).press("Save", text="Without it.")
    page = editor.open(f"{HELP}/pictures").press("Delete: ramp.jpg")
    assert "The picture has been deleted." in page.source
    visitor.open(f"/pictures/{key}.jpg", 404)


def test_a_missing_picture_is_replaced_by_its_description(
    editor: Browser, visitor: Browser
) -> None:
    gone = f"/pictures/{'0' * 32}.jpg"

    editor.open(HELP).press("Save", text=f"See ![the ramp]({gone}).")

    page = visitor.open("/help")
    assert "See the ramp." in page.text
    assert list(page.tree.find_all("img")) == []


def test_cached_pages_with_pictures_need_no_queries(
    editor: Browser, visitor: Browser, queries: list[str]
) -> None:
    page = add(editor, make_picture())
    editor.press("Save", text=find_markdown(page))
    visitor.open("/help")
    queries.clear()

    visitor.open("/help?again=1")

    assert [one for one in queries if "FROM site_state" not in one] == []
