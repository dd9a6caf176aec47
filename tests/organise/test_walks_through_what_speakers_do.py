"""Every deed about speakers' own pages: by keyboard, as it is heard, in a real browser."""

from pathlib import Path

import pytest
from sqlalchemy import select

from app import clock
from app.database import db, transaction
from app.programme.models import Session
from app.speakers import reminding
from app.speakers.models import ANOTHER_TIME, Reply, SpeakerNeeds, SpeakerRequest, WantedBy
from tests.factories import a_keeper, a_proposal, a_speaker, ada_marsh, saved
from tests.programme.pictures import a_picture
from tests.walker import Walker

SPEAKING = "/organise/speaking"


@pytest.mark.walks(
    "organise.proposals.amend",
    "organise.proposals.approve",
    "organise.proposals.send_back",
    "organise.proposals.several",
)
@pytest.mark.without_scripts(
    "a box ticks every row, and a text tells how much room is left; without scripts neither"
)
def test_changes_by_speakers(walker: Walker) -> None:
    opening = db.session.scalars(select(Session).where(Session.slug == "opening")).one()
    a_proposal(ada_marsh(), role="Pilot")
    a_proposal(opening, abstract="Come.")
    a_proposal(a_speaker(name="Bo"), role="Cook")
    a_proposal(a_speaker(name="Cy"), role="Smith")
    db.session.commit()
    walker.at("/organise/proposals")
    walker.press("Approve")
    walker.hear("Tick at least one change first")
    walker.tick("Tick Cy")
    walker.press("Approve")
    walker.hear("Approved.")
    walker.press("Ada Marsh")
    walker.press("Approve")
    walker.hear("Approved.")
    walker.at("/organise/proposals")
    walker.press("Opening")
    walker.press("Choose other words")
    walker.fill("Abstract (optional)", "Do come.")
    walker.fill("Note to the sender", "Calmer")
    walker.press("Approve with these words")
    walker.hear("Approved with your words.")
    walker.at("/organise/proposals")
    walker.press("Bo")
    walker.press("Send back")
    walker.press("Send back")
    walker.hear("Say what the sender should do")
    walker.fill("Note to the sender", "Cook of what?")
    walker.press("Send back")
    walker.hear("Sent back.")


@pytest.mark.walks(
    "organise.speaking.dates",
    "organise.speaking.letter",
    "organise.speaking.settle",
    "organise.speaking.keepers.end",
    "organise.speaker_needs.shown",
)
def test_letters_days_and_questions(walker: Walker) -> None:
    ada = ada_marsh()
    ada.contact_address = "ada@example.org"
    a_keeper(ada, "helper@example.org", is_assistant=True)
    asked = {"kind": ANOTHER_TIME, "words": "The train is late", "who": "ada@example.org"}
    saved(SpeakerRequest(speaker_id=ada.id, asked_at=clock.now(), **asked))
    saved(Reply(speaker_id=ada.id, needs_at=clock.now()))
    saved(SpeakerNeeds(speaker_id=ada.id, access="A ramp"))
    db.session.commit()
    walker.at(SPEAKING)
    walker.press("Invite all who have not confirmed")
    walker.press("Send 1 letter")
    walker.hear("The letters are on their way.")
    walker.at(SPEAKING)
    walker.press("Change the days")
    walker.fill("Travel and arrival", "2009-05-20")
    walker.press("Save")
    walker.hear("The days have been saved.")
    walker.at(SPEAKING)
    walker.press("I have seen to it…")
    walker.hear("Good: it no longer waits.")
    walker.at(f"{SPEAKING}/speakers/ada-marsh")
    walker.press("Show needs")
    walker.at(f"{SPEAKING}/speakers/ada-marsh")
    walker.press("End this…")
    walker.hear("They no longer keep these pages.")


@pytest.mark.walks("organise.speaking.reminders.hold", "organise.speaking.reminders.let_go")
@pytest.mark.without_scripts("a box in the head ticks every row; without scripts it is hidden")
def test_reminders_that_go_by_themselves(walker: Walker) -> None:
    a_keeper(ada_marsh(), "ada@example.org")
    saved(WantedBy(item="travel", day=clock.now().date()))
    with transaction():
        reminding.plan()
    walker.at(SPEAKING)
    walker.press("See the reminders that go by themselves, and hold them back")
    walker.press("Read it…")
    walker.press("Hold back those you have ticked")
    walker.hear("Nothing was changed: tick at least one first.")
    walker.tick("Tick Ada Marsh")
    walker.press("Hold back those you have ticked")
    walker.hear("Held back.")
    walker.press("Let all of these go")
    walker.hear("They go by themselves again")


@pytest.mark.walks("organise.speaking.keepers.owner", "organise.speaking.keepers.end_owner")
def test_owners(walker: Walker) -> None:
    walker.at("/organise/sessions/opening")
    walker.press("Say who edits its text")
    walker.fill("Email address", "owner@example.org")
    walker.press("Name the owner")
    walker.hear("The owner is named.")
    walker.at(f"{SPEAKING}/sessions/opening/owner")
    walker.press("Let it have no owner")
    walker.hear("The session has no owner now.")


@pytest.mark.walks(
    "organise.sessions.materials.add_file",
    "organise.sessions.materials.add_link",
    "organise.sessions.materials.change",
    "organise.sessions.materials.release",
    "organise.sessions.materials.remove",
)
def test_slides_and_papers(walker: Walker) -> None:
    walker.at("/organise/sessions/opening")
    walker.press("Files and links of this session")
    walker.press("Hand in a file…")
    walker.press("Hand it in")
    walker.hear("Choose a file")
    walker.press("Go back without saving")
    walker.press("Add a link…")
    walker.fill("What it is", "Slides")
    walker.fill("Address", "https://slides.example/")
    walker.go_on("When the session starts", "When the organisers say so")
    walker.press("Add it")
    walker.hear("Saved.")
    walker.press("Release Slides")
    walker.hear("Released.")
    walker.press("Change Slides")
    walker.fill("What it is", "The slides")
    walker.press("Save")
    walker.hear("Saved.")
    walker.press("Take away The slides")
    walker.press("Take it away")
    walker.hear("It has been taken away")


@pytest.mark.walks("organise.speakers.part")
@pytest.mark.without_scripts(
    "the part is moved on the picture; without scripts it is one of nine places"
)
def test_the_part_of_a_photo_that_is_shown(walker: Walker, tmp_path: Path) -> None:
    picture = tmp_path / "wide.png"
    picture.write_bytes(a_picture("PNG", size=(900, 500)))
    walker.at("/organise/speakers/ada-marsh/photo")
    walker.hand_in("Picture", str(picture))
    walker.fill("What the photo shows", "A woman by the sea")
    walker.press("Save the photo")
    walker.at("/organise/speakers/ada-marsh/photo/part")
    walker.press("Save this part")
    walker.hear("Nothing was changed")
