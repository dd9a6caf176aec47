"""The photo of a speaker: uploaded, viewed, published, replaced and removed."""

from urllib.parse import urlsplit

import pytest
from sqlalchemy import select

from app.accounts.models import EDITOR, VIEWER
from app.database import db, transaction
from app.history.models import HistoryEntry
from app.interchange import services
from app.programme.models import Photo, Speaker
from app.programme.photos.normalise_upload import MAX_UPLOAD_BYTES
from app.proposals import photo_retention
from tests.browser import Browser, Browsers, Page
from tests.factories import SMALL_CONFERENCE, make_photo, make_speaker, publish_programme, sign_in
from tests.programme.sample_pictures import (
    BLUE,
    GREEN,
    RED,
    make_picture,
    make_rotated_with_location,
    open_jpeg,
)

ADA = "/organise/speakers/ada-marsh"
SAVE = "Save photo"
WORDS = "A woman with a red scarf"


@pytest.fixture
def editor(visitor: Browser) -> Browser:
    return sign_in(visitor, role=EDITOR)


def upload_photo(editor: Browser, body: bytes, words: str = WORDS, status: int = 200) -> Page:
    editor.open(ADA).follow("Add a photo")
    return editor.press(
        SAVE, status=status, picture=("me.jpg", body), description_of_the_photo=words
    )


def get_photo() -> Photo:
    return db.session.scalars(
        select(Photo)
        .join(Speaker, Speaker.id == Photo.speaker_id)
        .where(Speaker.slug == "ada-marsh")
    ).one()


def get_public_image(browser: Browser) -> tuple[str, str]:
    """Return the public photo of Ada and its description."""
    drawn = browser.open("/speakers/ada-marsh").tree.find_by_class("portrait")
    (portrait,) = drawn
    return portrait.get("src", ""), portrait.get("alt", "")


def list_history_summaries() -> list[str]:
    about = (
        select(HistoryEntry.summary)
        .where(HistoryEntry.subject == "speaker ada-marsh")
        .order_by(HistoryEntry.id)
    )
    return list(db.session.scalars(about))


@pytest.mark.both_databases
def test_an_uploaded_photo_is_public_once_it_is_published(
    editor: Browser, new_browser: Browsers
) -> None:
    reader = new_browser()
    assert get_public_image(reader) == ("", "")  # the drawing

    page = upload_photo(editor, make_rotated_with_location())

    assert page.heading == "Ada Marsh"
    assert "The photo has been saved. It will be public when you publish." in page.source
    assert WORDS in page.text
    assert editor.fetch("GET", f"{ADA}/photo.jpg").data == get_photo().picture
    assert get_public_image(reader) == ("", "")
    assert "Photo" in editor.open("/organise/publishing").summary_list
    key = get_photo().key
    assert reader.fetch("GET", f"/photos/{key}.jpg").status_code == 404
    publish_programme()
    assert get_public_image(reader) == (f"/photos/{key}.jpg", WORDS)
    answer = reader.fetch("GET", f"/photos/{key}.jpg")
    assert open_jpeg(answer.data).size == (480, 480)
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "Set-Cookie" not in answer.headers
    assert list_history_summaries() == ["A photo of Ada Marsh was added"]


def test_the_photo_description_can_be_changed_without_the_photo(editor: Browser) -> None:
    upload_photo(editor, make_picture())
    key = get_photo().key

    editor.follow("Change the photo")
    page = editor.press(SAVE, description_of_the_photo="A woman, laughing")

    assert "A woman, laughing" in page.text
    assert get_photo().key == key
    editor.follow("Change the photo")
    assert "There were no changes to save" in editor.press(SAVE).source
    assert len(list_history_summaries()) == 2


@pytest.mark.both_databases
def test_visitors_see_the_previous_photo_until_the_next_release(
    editor: Browser, new_browser: Browsers
) -> None:
    reader = new_browser()
    upload_photo(editor, make_picture(colour=RED))
    publish_programme()
    first, _ = get_public_image(reader)
    editor.open(ADA).follow("Change the photo")

    editor.press(SAVE, replace_the_picture_optional=("new.png", make_picture("PNG", colour=BLUE)))
    with transaction():
        photo_retention.purge_unused()

    assert get_public_image(reader)[0] == first
    assert reader.fetch("GET", first).status_code == 200
    page = editor.open("/organise/publishing")
    assert page.summary_list["Photo"] == f"before: {WORDS} → after: New picture: {WORDS}"
    publish_programme()
    second, _ = get_public_image(reader)
    assert second != first
    assert reader.fetch("GET", first).status_code == 404
    with transaction():
        photo_retention.purge_unused()
    assert [photo.key for photo in db.session.scalars(select(Photo))] == [get_photo().key]
    assert list_history_summaries()[-1] == "A photo of Ada Marsh was replaced"


def test_restoring_a_release_does_not_restore_a_removed_photo(
    editor: Browser, new_browser: Browsers
) -> None:
    upload_photo(editor, make_picture())
    publish_programme()
    editor.open(ADA)
    page = editor.press("Remove photo")
    assert "The photo has been removed." in page.source
    assert "No photo yet." in page.text
    publish_programme()
    with transaction():
        photo_retention.purge_unused()

    editor.open("/organise/publishing/releases/2/back")
    editor.press("Restore release 2", reason_for_restoring_optional="")

    assert get_public_image(new_browser()) == ("", "")
    assert list_history_summaries()[-1] == "The photo of Ada Marsh was removed"


def test_a_removed_photo_can_be_uploaded_again(editor: Browser) -> None:
    upload_photo(editor, make_picture(colour=GREEN))
    key = get_photo().key
    editor.press("Remove photo")

    upload_photo(editor, make_picture(colour=GREEN), "Another text")

    assert (get_photo().key, get_photo().description) == (key, "Another text")
    editor.open(ADA)
    editor.press("Remove photo")
    token = editor.open(f"{ADA}/photo").tree.find_by_id("csrf_token")
    assert token is not None
    told = {"csrf_token": token.get("value")}
    assert (
        "There were no changes to save"
        in editor.send("POST", f"{ADA}/photo/remove", data=told).source
    )


@pytest.mark.parametrize(
    ("body", "words", "error"),
    [
        (b"<svg/>", WORDS, "Choose a JPEG, PNG or WebP picture"),
        (b"", WORDS, "This file is empty"),
        (make_picture()[:800], WORDS, "This picture is damaged. Choose another"),
        (make_picture(), "", "Enter a description of the photo"),
        (make_picture(), "…", "The description"),
    ],
)
def test_an_invalid_photo_is_refused_and_the_typed_description_kept(
    editor: Browser, body: bytes, words: str, error: str
) -> None:
    page = upload_photo(editor, body, words, status=422)

    assert any(error in one for one in page.errors)
    assert page.value_of("Description of the photo") == words
    described = select(Photo).where(Photo.description != "")  # others are stored to send again
    assert db.session.scalars(described).all() == []
    assert list_history_summaries() == []


def test_saving_a_photo_form_without_a_file_is_refused(editor: Browser) -> None:
    editor.open(f"{ADA}/photo")

    page = editor.press(SAVE, status=422, description_of_the_photo=WORDS)

    assert page.errors == ["Choose a picture"]


def post_photo(editor: Browser, body: bytes, where: str = "", at: str = f"{ADA}/photo") -> Page:
    """Send a large file, as a browser does; the test client would leave files of its own open."""
    token = editor.open(at).tree.find_by_id("csrf_token")
    fields = {"csrf_token": "" if token is None else token.get("value"), "description": WORDS}
    parts = [
        f'--part\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    about = '--part\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n'
    whole = "".join([*parts, about]).encode() + body + b"\r\n--part--\r\n"
    headers = {"Content-Type": "multipart/form-data; boundary=part"}
    return Page(editor, editor.fetch("POST", f"{at}/{where}".rstrip("/"), headers, data=whole), at)


def test_photos_of_up_to_10_mb_can_be_uploaded(editor: Browser) -> None:
    full = make_picture()
    full += bytes(MAX_UPLOAD_BYTES - len(full))

    assert post_photo(editor, full).status == 303
    editor.open(ADA)
    editor.press("Remove photo")
    for more, status in ((1, 422), (2 * 1024 * 1024, 413)):
        page = post_photo(editor, full + bytes(more))
        assert page.status == status
        assert page.heading == "Add a photo of Ada Marsh"
        assert page.errors == ["The picture must be smaller than 10 MB"]


def test_other_speaker_forms_accept_smaller_uploads_than_the_photo_form(editor: Browser) -> None:
    assert post_photo(editor, bytes(200_000), "../change").status == 413
    assert post_photo(editor, bytes(200_000), "remove").status == 413


def test_viewers_see_the_photo_but_cannot_change_it(visitor: Browser) -> None:
    make_photo(db.session.scalars(select(Speaker).where(Speaker.slug == "ada-marsh")).one())
    viewer = sign_in(visitor, role=VIEWER)

    page = viewer.open(ADA)

    assert "A person, smiling" in page.text
    assert "Remove photo" not in page.buttons
    assert "Change the photo" not in page.links
    assert viewer.fetch("GET", f"{ADA}/photo.jpg").headers["Cache-Control"] == "private, no-store"


def test_the_speaker_list_can_be_filtered_by_missing_photo(editor: Browser) -> None:
    make_photo(make_speaker(name="Has One"))
    make_speaker(name="Has None")

    page = editor.open("/organise/speakers?missing=photo")

    assert "Has None" in page.text
    assert "Has One" not in page.text


def test_a_preview_shows_the_photo_before_it_is_public(
    editor: Browser, new_browser: Browsers
) -> None:
    upload_photo(editor, make_picture())
    editor.open("/organise/previews/new")
    page = editor.press("Create link", {"Who is it for?": "Ada"})
    holder = new_browser()
    field = page.tree.find_by_id("link")
    assert field is not None
    link = urlsplit(field.get("value", "")).path.rstrip("/")

    (portrait,) = holder.open(f"{link}/speakers/ada-marsh").tree.find_by_class("portrait")
    answer = holder.fetch("GET", portrait.get("src", ""))

    assert (
        portrait.get("src")
        == f"{link.removeprefix('https://conference.example')}/photos/{get_photo().key}.jpg"
    )
    assert answer.data == get_photo().picture
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert new_browser().fetch("GET", f"/photos/{get_photo().key}.jpg").status_code == 404


def test_a_stale_edit_of_a_photo_shows_both_versions(
    editor: Browser, new_browser: Browsers
) -> None:
    other = sign_in(new_browser(), "dorothy@conference.example", role=EDITOR)
    other.open(f"{ADA}/change")

    upload_photo(editor, make_picture())

    other.press("Save", country="Peru", status=409)
    other.press("Save")
    assert get_photo().description == WORDS


@pytest.mark.both_databases
def test_loading_a_programme_file_keeps_the_photos_of_its_speakers(editor: Browser) -> None:
    upload_photo(editor, make_picture())
    key = get_photo().key

    with transaction():
        services.load_file(SMALL_CONFERENCE)

    assert get_photo().key == key


@pytest.mark.both_databases
def test_merging_speakers_keeps_the_photo_of_either_entry(editor: Browser) -> None:
    kept = db.session.scalars(select(Speaker).where(Speaker.slug == "ada-marsh")).one()
    other = make_speaker(name="Ada Marsh", slug="twin")
    make_photo(other)

    editor.open(f"{ADA}/merge/twin")
    editor.press("Merge entries")

    assert get_photo().speaker_id == kept.id


@pytest.mark.both_databases
def test_the_photo_of_a_deleted_speaker_is_purged_once_it_is_no_longer_public(
    editor: Browser,
) -> None:
    make_photo(make_speaker(name="Never seen", slug="never"))

    editor.open("/organise/speakers/never/delete")
    editor.press("Delete")

    (photo,) = db.session.scalars(select(Photo))
    assert photo.speaker_id is None
    with transaction():
        photo_retention.purge_unused()
    assert db.session.scalars(select(Photo)).all() == []


def test_public_pages_with_photos_need_no_queries(
    editor: Browser, new_browser: Browsers, queries: list[str]
) -> None:
    upload_photo(editor, make_picture())
    publish_programme()
    reader = new_browser()
    address, _ = get_public_image(reader)
    queries.clear()

    reader.open("/speakers/joao-mare")
    assert [one for one in queries if "FROM site_state" not in one] == []
    reader.fetch("GET", address)
    (asked,) = [one for one in queries if "FROM site_state" not in one]
    assert "FROM photo" in asked
