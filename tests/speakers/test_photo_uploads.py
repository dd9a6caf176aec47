"""A photo of an invalid form is kept for the next try, and private."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select

from app.database import db, transaction
from app.programme.models import Photo
from app.proposals import photo_retention
from tests.browser import Browser, Browsers, Page
from tests.factories import get_ada_marsh, make_photo, make_speaker, sign_in, sign_in_speaker
from tests.programme.sample_pictures import BLUE, make_picture, open_jpeg

OWN, THEIRS = "/speak/ada-marsh/photo", "/organise/speakers/ada-marsh/photo"
SEND, SAVE = "Send photo", "Save photo"
WORDS = "A woman with a red scarf"
DESCRIBE = "We have your photo. Now describe it."
LOST = "We no longer have the picture you chose. Choose it again"


def send_without_words(
    browser: Browser, address: str = OWN, button: str = SEND, body: bytes = b""
) -> Page:
    browser.open(address)
    picture = ("me.jpg", body or make_picture())
    return browser.press(button, status=422, picture=picture, description_of_the_photo="")


def token_of(page: Page) -> str:
    field = page.tree.find_by_id("upload")
    assert field is not None
    return field.get("value", "")


def address_of_picture(page: Page) -> str:
    (drawn,) = page.tree.find_by_class("portrait")
    return urlsplit(drawn.get("src", "")).path


def stored() -> list[Photo]:
    db.session.expire_all()
    return list(db.session.scalars(select(Photo).order_by(Photo.key)))


def make_older(photo: Photo, by: timedelta) -> None:
    with transaction():
        photo.created_at -= by


def send_token(browser: Browser, token: str, address: str = OWN, status: int = 422) -> Page:
    """Send the description alone, with this token."""
    browser.open(address)
    fields = {"upload": token, "description": WORDS}
    for name in ("csrf_token", "seen"):
        field = browser.page.tree.find_by_id(name)
        assert field is not None
        fields[name] = field.get("value", "")
    return browser.send("POST", address, status, data=fields)


@pytest.mark.both_databases
def test_a_photo_sent_without_description_need_not_be_chosen_again(ada: Browser) -> None:
    page = send_without_words(ada)

    assert page.errors == ["Enter a description of the photo"]
    assert DESCRIBE in page.text
    shown = ada.fetch("GET", address_of_picture(page))
    assert open_jpeg(shown.data).size == (480, 480)
    assert shown.headers["Cache-Control"] == "private, no-store"
    assert DESCRIBE in page.press(SEND, status=422, description_of_the_photo="").text
    page = ada.press(SEND, description_of_the_photo=WORDS)
    assert page.heading == "Crop your photo"
    (waits,) = stored()
    assert waits.description == WORDS
    assert waits.picture == shown.data
    assert WORDS in ada.open(OWN).text


@pytest.mark.both_databases
def test_an_organiser_need_not_choose_a_photo_again_to_add_its_description(
    visitor: Browser,
) -> None:
    editor = sign_in(visitor)

    page = send_without_words(editor, THEIRS, SAVE)

    assert DESCRIBE in page.text
    assert editor.fetch("GET", address_of_picture(page)).status_code == 200
    assert get_ada_marsh().photo is None
    page = editor.press(SAVE, description_of_the_photo=WORDS)
    assert "The photo has been saved." in page.source
    (photo,) = stored()
    assert (photo.description, photo.speaker_id) == (WORDS, get_ada_marsh().id)


def test_a_photo_of_a_stale_edit_need_not_be_chosen_again(
    ada: Browser, new_browser: Browsers
) -> None:
    helper = sign_in_speaker(new_browser(), get_ada_marsh(), "helper@example.org")
    form = ada.open(OWN)
    helper.open(OWN)
    helper.press(SEND, picture=("me.jpg", make_picture()), description_of_the_photo="In red")

    picture = ("me.jpg", make_picture(colour=BLUE))
    late = form.press(SEND, status=409, picture=picture, description_of_the_photo="In blue")
    late.press(SEND)

    assert "We have your photo." in late.text
    assert "In blue" in ada.open(OWN).text


def test_another_picture_replaces_the_pending_one(ada: Browser) -> None:
    first = token_of(send_without_words(ada))
    second = token_of(send_without_words(ada, body=make_picture(colour=BLUE)))

    assert len(stored()) == 1
    assert second != first
    assert send_token(ada, first).errors == [LOST]


@pytest.mark.both_databases
def test_a_pending_photo_upload_expires_after_a_day(ada: Browser) -> None:
    page = send_without_words(ada)
    make_older(stored()[0], timedelta(hours=23))
    with transaction():
        photo_retention.purge_unused()
    assert len(stored()) == 1
    make_older(stored()[0], timedelta(hours=2))

    assert ada.fetch("GET", address_of_picture(page)).status_code == 404
    late = page.press(SEND, status=422, description_of_the_photo=WORDS)

    assert late.errors == [LOST]
    assert late.value_of("Description of the photo") == WORDS
    assert late.tree.find_by_id("upload") is None
    with transaction():
        photo_retention.purge_unused()
    assert stored() == []


def test_the_description_of_an_expired_upload_is_not_applied_to_another_photo(ada: Browser) -> None:
    make_photo(get_ada_marsh())

    assert send_token(ada, "nonsense").errors == [LOST]


@pytest.mark.both_databases
def test_a_pending_photo_upload_is_visible_only_to_its_uploader(
    ada: Browser, new_browser: Browsers
) -> None:
    page = send_without_words(ada)
    token, end = token_of(page), address_of_picture(page).removeprefix(OWN)
    helper = sign_in_speaker(new_browser(), get_ada_marsh(), "helper@example.org")
    other = sign_in_speaker(new_browser(), make_speaker(slug="other"), "other@example.org")
    editor = sign_in(new_browser())

    assert send_token(helper, token).errors == [LOST]
    assert send_token(other, token, "/speak/other/photo").errors == [LOST]
    assert send_token(editor, token, THEIRS).errors == [LOST]
    for browser, address in (
        (helper, OWN),
        (other, OWN),
        (other, "/speak/other/photo"),
        (editor, THEIRS),
    ):
        assert browser.fetch("GET", f"{address}{end}").status_code == 404
    (photo,) = stored()
    assert new_browser().fetch("GET", f"/photos/{photo.key}.jpg").status_code == 404


def test_an_altered_upload_token_is_refused(ada: Browser) -> None:
    token = token_of(send_without_words(ada))
    (photo,) = stored()

    for altered in (token[:-1], token + "x", photo.key, f"../{photo.key}", "\0", "é", "." * 5000):
        assert send_token(ada, altered).errors == [LOST]
        assert ada.fetch("GET", f"{OWN}/sent/{photo.key}.jpg").status_code == 404
    assert send_token(ada, token, status=200).heading.startswith("Crop your photo")


def test_a_photo_sent_with_a_forged_csrf_token_is_not_stored(ada: Browser) -> None:
    ada.open(OWN)
    field = ada.page.tree.find_by_id("csrf_token")
    assert field is not None
    field.set("value", "forged")

    ada.press(SEND, status=422, picture=("me.jpg", make_picture()), description_of_the_photo="")

    assert stored() == []
