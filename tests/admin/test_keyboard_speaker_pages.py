"""Every action on speakers' own pages by keyboard and screen reader in a real browser."""

from pathlib import Path

import pytest
from sqlalchemy import select

from app import clock
from app.database import db, transaction
from app.programme.models import Session
from app.speakers import reminders
from app.speakers.models import (
    ANOTHER_TIME,
    ItemDeadline,
    SpeakerAnswers,
    SpeakerNeeds,
    SpeakerRequest,
)
from tests.factories import (
    get_ada_marsh,
    grant_speaker_access,
    make_photo,
    make_proposal,
    make_speaker,
    save,
)
from tests.keyboard_user import KeyboardUser
from tests.programme.sample_pictures import make_picture

SPEAKING = "/organise/speaking"


@pytest.mark.walks(
    "admin.proposals.amend",
    "admin.proposals.approve",
    "admin.proposals.approve_part",
    "admin.proposals.request_changes",
    "admin.proposals.bulk",
)
@pytest.mark.without_scripts(
    "a box ticks every row, and a text tells how much room is left; without scripts neither"
)
def test_reviewing_proposals_by_keyboard(keyboard_user: KeyboardUser) -> None:
    opening = db.session.scalars(select(Session).where(Session.slug == "opening")).one()
    make_photo(get_ada_marsh())
    make_proposal(get_ada_marsh(), role="Pilot", photo=None)
    make_proposal(opening, abstract="Come.")
    make_proposal(make_speaker(name="Bo"), role="Cook")
    make_proposal(make_speaker(name="Cy"), role="Smith")
    db.session.commit()
    keyboard_user.open("/organise/proposals")
    keyboard_user.press("Approve")
    keyboard_user.expect_announcement("Select at least one change")
    keyboard_user.tick("Select Cy")
    keyboard_user.press("Approve")
    keyboard_user.expect_announcement("Approved.")
    keyboard_user.press("Ada Marsh")
    keyboard_user.press("Approve text only")
    keyboard_user.expect_announcement("Approved.")
    keyboard_user.press("Ada Marsh")
    keyboard_user.press("Approve")
    keyboard_user.expect_announcement("Approved.")
    keyboard_user.open("/organise/proposals")
    keyboard_user.press("Opening")
    keyboard_user.press("Approve with changes")
    keyboard_user.fill("Abstract (optional)", "Do come.")
    keyboard_user.fill("Note to the sender", "Calmer")
    keyboard_user.press("Approve your version")
    keyboard_user.expect_announcement("Your version has been approved.")
    keyboard_user.open("/organise/proposals")
    keyboard_user.press("Bo")
    keyboard_user.press("Send back")
    keyboard_user.press("Send back")
    keyboard_user.expect_announcement("Enter what the sender should do")
    keyboard_user.fill("Note to the sender", "Cook of what?")
    keyboard_user.press("Send back")
    keyboard_user.expect_announcement("Sent back.")


@pytest.mark.walks("admin.speaker_pages.batch_email")
def test_inviting_speakers_by_keyboard(keyboard_user: KeyboardUser) -> None:
    get_ada_marsh().contact_address = "ada@example.org"
    db.session.commit()
    keyboard_user.open("/organise/speaking/invitations")
    keyboard_user.tick("Select Ada Marsh")
    keyboard_user.press("Invite")
    keyboard_user.fill("Your message (optional)", "We meet at the east door")
    keyboard_user.press("Preview with your message")
    keyboard_user.expect_text("We meet at the east door")
    keyboard_user.press("Send 1 email")
    keyboard_user.expect_announcement("We are sending the emails.")
    keyboard_user.expect_text("Invited, not opened yet")


@pytest.mark.walks(
    "admin.speaker_pages.deadlines",
    "admin.speaker_pages.batch_email",
    "admin.speaker_pages.answer_request",
    "admin.speaker_pages.resolve_request",
    "admin.speaker_pages.access.revoke",
    "admin.speaker_needs.show_needs",
)
def test_emails_deadlines_and_requests_of_speakers_by_keyboard(keyboard_user: KeyboardUser) -> None:
    ada = get_ada_marsh()
    ada.contact_address = "ada@example.org"
    grant_speaker_access(ada, "helper@example.org", is_assistant=True)
    asked = {"kind": ANOTHER_TIME, "message": "The train is late", "actor": "ada@example.org"}
    for _ in range(2):
        save(SpeakerRequest(speaker_id=ada.id, requested_at=clock.now(), **asked))
    save(SpeakerAnswers(speaker_id=ada.id, needs_at=clock.now()))
    save(SpeakerNeeds(speaker_id=ada.id, access="A ramp"))
    db.session.commit()
    keyboard_user.open(SPEAKING)
    keyboard_user.press("Invite all unconfirmed speakers")
    keyboard_user.press("Send 1 email")
    keyboard_user.expect_announcement("We are sending the emails.")
    keyboard_user.open(SPEAKING)
    keyboard_user.press("Change deadlines")
    keyboard_user.fill("Travel and arrival", "2009-05-20")
    keyboard_user.press("Save")
    keyboard_user.expect_announcement("The deadlines have been saved.")
    keyboard_user.open(SPEAKING)
    keyboard_user.press("Answer…")
    keyboard_user.fill("Your answer", "We have moved it to 3pm")
    keyboard_user.press("Send answer")
    keyboard_user.expect_announcement("We are emailing your answer to the speaker.")
    keyboard_user.press("Close without an answer…")
    keyboard_user.expect_announcement("The request has been closed.")
    keyboard_user.open(f"{SPEAKING}/speakers/ada-marsh")
    keyboard_user.press("Show requirements")
    keyboard_user.open(f"{SPEAKING}/speakers/ada-marsh")
    keyboard_user.press("Remove access…")
    keyboard_user.expect_announcement("They can no longer open these pages.")


@pytest.mark.walks("admin.speaker_pages.pause_reminders", "admin.speaker_pages.resume_reminders")
@pytest.mark.without_scripts("a box in the head ticks every row; without scripts it is hidden")
def test_pausing_automatic_reminders_by_keyboard(keyboard_user: KeyboardUser) -> None:
    grant_speaker_access(get_ada_marsh(), "ada@example.org")
    save(ItemDeadline(item="travel", due_on=clock.now().date()))
    with transaction():
        reminders.plan()
    keyboard_user.open(SPEAKING)
    keyboard_user.press("View or pause automatic reminders")
    keyboard_user.press("Preview…")
    keyboard_user.press("Pause selected")
    keyboard_user.expect_announcement("Nothing was changed. Select at least one reminder.")
    keyboard_user.tick("Select Ada Marsh")
    keyboard_user.press("Pause selected")
    keyboard_user.expect_announcement("Paused.")
    keyboard_user.press("Resume all")
    keyboard_user.expect_announcement("Resumed.")


@pytest.mark.walks("admin.speaker_pages.access.owner", "admin.speaker_pages.access.remove_owner")
def test_changing_session_owners_by_keyboard(keyboard_user: KeyboardUser) -> None:
    keyboard_user.open("/organise/sessions/opening")
    keyboard_user.press("Choose who writes the text")
    keyboard_user.fill("Email address", "owner@example.org")
    keyboard_user.press("Save owner")
    keyboard_user.expect_announcement("The owner has been saved.")
    keyboard_user.open(f"{SPEAKING}/sessions/opening/owner")
    keyboard_user.press("Remove owner")
    keyboard_user.expect_announcement("The owner has been removed.")


@pytest.mark.walks(
    "admin.sessions.materials.add_file",
    "admin.sessions.materials.add_link",
    "admin.sessions.materials.edit",
    "admin.sessions.materials.release",
    "admin.sessions.materials.remove",
    "admin.sessions.materials.restore",
)
def test_managing_materials_by_keyboard(keyboard_user: KeyboardUser) -> None:
    keyboard_user.open("/organise/sessions/opening")
    keyboard_user.press("Manage files and links")
    keyboard_user.press("Upload a file…")
    keyboard_user.press("Upload file")
    keyboard_user.expect_announcement("Choose a file")
    keyboard_user.press("Go back without saving")
    keyboard_user.press("Add a link…")
    keyboard_user.fill("Title", "Slides")
    keyboard_user.fill("Web address", "https://slides.example/")
    keyboard_user.choose_radio("When the session starts", "When an organiser approves it")
    keyboard_user.press("Add link")
    keyboard_user.expect_announcement("Saved.")
    keyboard_user.press("Approve Slides")
    keyboard_user.expect_announcement("Approved.")
    keyboard_user.press("Change Slides")
    keyboard_user.fill("Title", "The slides")
    keyboard_user.press("Save")
    keyboard_user.expect_announcement("Saved.")
    keyboard_user.press("Delete The slides")
    keyboard_user.press("Delete")
    keyboard_user.expect_announcement("Deleted.")
    keyboard_user.press("Restore The slides")
    keyboard_user.expect_announcement("Restored.")


@pytest.mark.walks("admin.speaker_pages.access.replace_address")
def test_correcting_a_contact_address_by_keyboard(keyboard_user: KeyboardUser) -> None:
    ada = get_ada_marsh()
    grant_speaker_access(ada, "old@example.org")
    with transaction():
        get_ada_marsh().contact_address = "ada@example.org"
    keyboard_user.open(f"{SPEAKING}/speakers/ada-marsh")
    keyboard_user.press("Remove the old address and invite the new one")
    keyboard_user.expect_announcement("We are sending an invitation to the contact email address.")


@pytest.mark.walks("admin.speakers.photo.crop")
@pytest.mark.without_scripts(
    "the part is moved on the picture; without scripts it is one of nine places"
)
def test_cropping_a_photo_by_keyboard(keyboard_user: KeyboardUser, tmp_path: Path) -> None:
    picture = tmp_path / "wide.png"
    picture.write_bytes(make_picture("PNG", size=(900, 500)))
    keyboard_user.open("/organise/speakers/ada-marsh/photo")
    keyboard_user.attach_file("Picture", str(picture))
    keyboard_user.fill("Description of the photo", "A woman by the sea")
    keyboard_user.press("Save photo")
    keyboard_user.open("/organise/speakers/ada-marsh/photo/part")
    keyboard_user.press("Save crop")
    keyboard_user.expect_announcement("There were no changes to save")
