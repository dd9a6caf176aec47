"""Speakers upload their photo: an editor approves it, then it is public."""

from collections.abc import Callable
from io import BytesIO

import pytest
from flask import Flask
from sqlalchemy import select

from app.accounts.models import EDITOR
from app.database import db, transaction
from app.programme.models import Conference, Photo
from app.programme.photos.normalise_upload import MAX_UPLOAD_BYTES
from app.proposals import photo_retention, queries, reviews
from app.proposals.models import Proposal
from app.proposals.queries import ProposalReview
from tests.admin.test_photos import post_photo as sent_to
from tests.browser import Browser, Browsers, Page
from tests.factories import (
    get_ada_marsh,
    make_photo,
    make_proposal,
    make_speaker,
    publish_programme,
    sign_in,
    sign_in_speaker,
)
from tests.programme.sample_pictures import (
    BLUE,
    RED,
    make_picture,
    make_rotated_with_location,
    open_jpeg,
)
from tests.races import run_in_threads

OWN = "/speak/ada-marsh/photo"
SEND = "Send photo"
GRACE = "grace@conference.example"
WORDS = "A woman with a red scarf"
LOOKS = "An organiser will check"


def upload(ada: Browser, body: bytes = b"", words: str = WORDS, status: int = 200) -> Page:
    ada.open(OWN)
    label = "Picture" if "Picture" in ada.page.labels else "Replace the picture (optional)"
    picture = ("me.jpg", body or make_rotated_with_location())
    return ada.press(SEND, {label: picture}, status, description_of_the_photo=words)


def approve_latest() -> None:
    proposal = db.session.scalars(select(Proposal).where(Proposal.state == "open")).one()
    with transaction():
        fingerprint = ProposalReview(queries.get_proposal(proposal.id)).fingerprint
        reviews.approve(proposal.id, expected_fingerprint=fingerprint, actor=GRACE)


def get_current_photo() -> Photo | None:
    return db.session.scalar(select(Photo).where(Photo.speaker_id == get_ada_marsh().id))


@pytest.mark.both_databases
def test_a_photo_is_uploaded_cropped_approved_and_published(
    ada: Browser, new_browser: Browsers
) -> None:
    assert "To do" in ada.open("/speak/ada-marsh").text

    page = upload(ada)
    assert page.heading == "Crop your photo"
    page = ada.press("Save crop", which_part_to_show="Top left", zoom="Closest")

    assert page.heading == "Your photo"
    assert LOOKS in page.text
    assert "Waiting for approval" in ada.open("/speak/ada-marsh").text
    assert get_current_photo() is None
    with transaction():
        photo_retention.purge_unused()
    (waits,) = db.session.scalars(select(Photo))
    assert (waits.crop, waits.description) == ("0 0 50", WORDS)
    shown = ada.fetch("GET", f"{OWN}/{waits.key}.jpg")
    assert open_jpeg(shown.data).size == (480, 480)
    assert shown.headers["Cache-Control"] == "private, no-store"
    reader = new_browser()
    assert reader.fetch("GET", f"/photos/{waits.key}.jpg").status_code == 404
    approve_latest()
    assert get_current_photo() == waits
    publish_programme()
    assert reader.fetch("GET", f"/photos/{waits.key}.jpg").status_code == 200


def test_the_old_photo_stays_public_until_a_new_one_is_approved(ada: Browser) -> None:
    upload(ada)
    approve_latest()
    before = get_current_photo()

    upload(ada, make_picture(colour=BLUE), "Another one")

    assert get_current_photo() == before
    assert "Another one" in ada.open(OWN).text
    approve_latest()
    now = get_current_photo()
    assert now is not None
    assert now != before
    assert before is not None
    assert before.original is None


def test_a_changed_photo_description_needs_approval(ada: Browser) -> None:
    upload(ada)
    approve_latest()

    ada.open(OWN)
    page = ada.press(SEND, description_of_the_photo="A woman, laughing")

    assert LOOKS in page.text
    before = get_current_photo()
    assert before is not None
    assert before.description == WORDS
    approve_latest()
    now = get_current_photo()
    assert now is not None
    assert now.description == "A woman, laughing"
    ada.open(OWN)
    assert "There were no changes to save" in ada.press(SEND).source


def test_a_photo_can_be_removed_after_approval(ada: Browser) -> None:
    upload(ada)
    approve_latest()

    page = ada.open(OWN).press("Remove photo")

    assert LOOKS in page.text
    assert get_current_photo() is not None
    approve_latest()
    assert get_current_photo() is None


@pytest.mark.both_databases
def test_proposals_for_photo_and_profile_are_withdrawn_separately(ada: Browser) -> None:
    make_proposal(get_ada_marsh(), role="Pilot")
    upload(ada)

    page = ada.open(OWN).press("Withdraw what you sent")
    once = ada.open("/speak/ada-marsh").summary_list

    assert "You have withdrawn your changes." in page.source
    assert LOOKS not in page.text
    assert (once["Photo"], once["Your profile"]) == ("To do", "Waiting for approval")
    upload(ada)
    page = ada.open("/speak/ada-marsh/profile").press("Withdraw what you sent")
    assert (page.summary_list["Photo"], page.summary_list["Your profile"]) == (
        "Waiting for approval",
        "Done",
    )
    assert WORDS in ada.open(OWN).text
    with transaction():
        photo_retention.purge_unused()
    assert len(db.session.scalars(select(Photo)).all()) == 1


def test_a_proposed_removal_of_a_photo_can_be_withdrawn(ada: Browser) -> None:
    upload(ada)
    approve_latest()
    asked = ada.open(OWN).press("Remove photo")

    page = asked.press("Withdraw what you sent")

    assert "You have asked for your photo to be removed." in asked.text
    assert WORDS in page.text
    assert ada.open("/speak/ada-marsh").summary_list["Photo"] == "Done"
    stale = asked.press("Withdraw what you sent")
    assert "There were no changes to save" in stale.source


def test_a_photo_is_published_automatically_if_auto_approved(ada: Browser) -> None:
    with transaction():
        db.session.scalars(select(Conference)).one().trusted_fields = "photo"

    upload(ada)
    page = ada.press("Save crop", which_part_to_show="Top left", zoom="Closer")

    assert "Saved. It will be public in a few minutes." in page.source
    photo = get_current_photo()
    assert photo is not None
    assert photo.crop == "0 0 75"
    assert "There were no changes to save" in ada.open(f"{OWN}/part").press("Save crop").source


@pytest.mark.parametrize(
    ("body", "words", "error"),
    [
        (b"<svg/>", WORDS, "Choose a JPEG, PNG or WebP picture"),
        (make_picture()[:800], WORDS, "This picture is damaged. Choose another"),
    ],
)
def test_an_invalid_photo_is_refused_and_its_description_kept(
    ada: Browser, body: bytes, words: str, error: str
) -> None:
    page = upload(ada, body, words, status=422)

    assert page.errors == [error]
    assert page.value_of("Description of the photo") == words
    assert db.session.scalars(select(Photo)).all() == []


@pytest.mark.parametrize("exact", ["50 50 10", "200 0 100", "nonsense", "-1 0 50"])
def test_a_crop_outside_the_picture_is_refused(ada: Browser, exact: str) -> None:
    upload(ada)
    token = ada.open(f"{OWN}/part").tree.find_by_id("csrf_token")
    assert token is not None
    seen = ada.page.tree.find_by_id("seen")
    assert seen is not None
    told = {"csrf_token": token.get("value"), "exact": exact, "seen": seen.get("value")}

    page = ada.send("POST", f"{OWN}/part", 422, data=told)

    assert page.errors == ["Choose an area inside the picture"]


def test_a_photo_without_its_original_cannot_be_cropped(ada: Browser) -> None:
    make_photo(get_ada_marsh())

    assert "Crop the photo" not in ada.open(OWN).links
    assert ada.fetch("GET", f"{OWN}/part").status_code == 404
    page = ada.press(SEND, description_of_the_photo="Other words", status=422)
    assert page.errors == ["We no longer have the whole picture. Upload it again"]


def test_a_photo_can_have_at_most_10_mb(ada: Browser) -> None:
    full = make_picture()
    full += bytes(MAX_UPLOAD_BYTES - len(full))

    for more, status in ((1, 422), (2 * 1024 * 1024, 413)):
        page = sent_to(ada, full + bytes(more), at=OWN)
        assert (page.status, page.heading) == (status, "Your photo")
        assert page.errors == ["The picture must be smaller than 10 MB"]
    assert sent_to(ada, bytes(200_000), "part", at=OWN).status == 413


def test_a_pending_photo_of_another_speaker_is_not_found(
    ada: Browser, new_browser: Browsers
) -> None:
    upload(ada)
    (waits,) = db.session.scalars(select(Photo))
    somebody = sign_in_speaker(new_browser(), make_speaker(slug="somebody"), "else@example.org")

    for end in ("", "/part", "/whole.jpg", f"/{waits.key}.jpg"):
        assert somebody.fetch("GET", f"{OWN}{end}").status_code == 404
        assert somebody.fetch("GET", f"/speak/somebody/photo{end or '/part'}").status_code == 404
    headers = {"Content-Type": "multipart/form-data; boundary=part"}
    answer = new_browser().fetch("POST", OWN, headers, data=bytes(200_000))
    assert answer.status_code == 413


def test_an_editor_sees_the_proposed_photo(ada: Browser, new_browser: Browsers) -> None:
    upload(ada)
    editor = sign_in(new_browser(), role=EDITOR)
    proposal = db.session.scalars(select(Proposal)).one()

    page = editor.open(f"/organise/proposals/{proposal.id}")

    assert WORDS in page.source


def test_a_photo_sent_back_shows_the_note(ada: Browser) -> None:
    make_photo(get_ada_marsh())
    upload(ada)
    post_photo = db.session.scalars(select(Proposal).where(Proposal.state == "open")).one()
    with transaction():
        reviews.request_changes(
            post_photo.id,
            "Who of the two is you?",
            expected_fingerprint=ProposalReview(post_photo).fingerprint,
            actor=GRACE,
        )

    facts = ada.open("/speak/ada-marsh").summary_list
    page = ada.open(OWN)
    again = ada.press("Send photo", {"Replace the picture (optional)": ("me.jpg", make_picture())})

    assert facts["Photo"] == "Sent back for changes"
    assert facts["Your profile"] == "Done"
    assert "Who of the two is you?" in page.text
    assert WORDS in page.text
    assert again.status == 200
    assert ada.open("/speak/ada-marsh").summary_list["Photo"] == "Waiting for approval"
    assert "Who of the two is you?" not in ada.open(OWN).text


@pytest.mark.both_databases
def test_a_speaker_who_chooses_initials_has_no_photo_task(ada: Browser) -> None:
    assert ada.open("/speak/ada-marsh").summary_list["Photo"] == "To do"

    page = ada.open(OWN).press("Use my initials")

    assert "Saved. We will show your initials instead of a photo." in page.source
    assert ada.open("/speak/ada-marsh").summary_list["Photo"] == "Using initials"
    upload(ada)
    approve_latest()
    assert ada.open("/speak/ada-marsh").summary_list["Photo"] == "Done"
    ada.open(OWN).press("Remove photo")
    approve_latest()
    assert ada.open("/speak/ada-marsh").summary_list["Photo"] == "To do"


@pytest.mark.both_databases
def test_a_speaker_who_chooses_initials_is_not_listed_as_missing_a_photo(
    ada: Browser, new_browser: Browsers
) -> None:
    editor = sign_in(new_browser(), role=EDITOR)
    missing = "/organise/speakers?missing=photo"
    assert "Ada Marsh" in editor.open(missing).text
    assert "2 speakers without a photo" in editor.open("/organise").links

    ada.open(OWN).press("Use my initials")

    assert "Ada Marsh" not in editor.open(missing).text
    assert "1 speaker without a photo" in editor.open("/organise").links


def test_a_stale_page_does_not_replace_a_newer_photo(ada: Browser, new_browser: Browsers) -> None:
    upload(ada)
    helper = sign_in_speaker(new_browser(), get_ada_marsh(), "helper@example.org")
    form, crop = ada.open(OWN), ada.open(f"{OWN}/part")
    upload(helper, make_picture(colour=BLUE), "In blue")

    late = form.press(SEND, {}, 409, description_of_the_photo="An old one")
    too_late = crop.press("Save crop", status=409)
    removal = form.press("Remove photo", status=409)

    expected = "The photo has changed since you opened this page"
    assert late.errors[0].startswith(expected)
    assert too_late.errors[0].startswith(expected)
    assert expected in removal.text
    assert "In blue" in ada.open(OWN).text
    late.press(SEND)
    assert "An old one" in ada.open(OWN).text


@pytest.mark.both_databases
def test_of_two_concurrent_photo_uploads_one_is_saved(
    site: Flask, ada: Browser, new_browser: Browsers
) -> None:
    helper = sign_in_speaker(new_browser(), get_ada_marsh(), "helper@example.org")

    answers = run_in_threads(
        site, [_to_send(ada, RED, "In red"), _to_send(helper, BLUE, "In blue")]
    )

    assert sorted(answers) == [303, 409]
    described = select(Photo).where(Photo.description != "")  # the other is stored to send again
    assert len(db.session.scalars(described).all()) == 1
    saved = "In red" if answers[0] == 303 else "In blue"
    assert saved in ada.open(OWN).text


def _to_send(browser: Browser, colour: tuple[int, int, int], words: str) -> Callable[[], int]:
    """Open the page, and return what sends a photo from it and returns the status."""
    browser.open(OWN)
    token, seen = (browser.page.tree.find_by_id(name) for name in ("csrf_token", "seen"))
    assert token is not None
    assert seen is not None
    fields = {"csrf_token": token.get("value"), "seen": seen.get("value"), "description": words}
    picture = make_picture(colour=colour)
    return lambda: (
        browser.fetch(
            "POST", OWN, data={**fields, "file": (BytesIO(picture), "me.jpg")}
        ).status_code
    )


def test_photo_and_profile_are_reviewed_separately(ada: Browser, new_browser: Browsers) -> None:
    upload(ada)
    ada.open("/speak/ada-marsh/profile")
    ada.press("Preview", role="Pilot").press("Send")
    editor = sign_in(new_browser(), role=EDITOR)
    (proposal,) = db.session.scalars(select(Proposal))

    page = editor.open(f"/organise/proposals/{proposal.id}").press("Approve photo only")

    assert "Approved. The rest of the change still needs your approval." in page.source
    assert get_current_photo() is not None
    assert get_ada_marsh().role != "Pilot"
    editor.follow("Ada Marsh").follow("Send back")
    editor.press("Send back", {"Note to the sender": "Pilot of what?"})
    assert get_ada_marsh().role != "Pilot"
    assert get_current_photo() is not None
