"""Every other deed of the back office: by keyboard, as it is heard, in a real browser."""

from pathlib import Path

import pytest

from app.accounts.second_step import authenticator
from app.database import db
from app.mail.models import FAILED
from tests.factories import (
    SMALL_CONFERENCE,
    a_delegate,
    a_device,
    a_letter,
    a_session,
    an_organiser,
)
from tests.walker import Walker

ADA = "/organise/delegates/GHJK2345"


@pytest.mark.walks("organise.publishing.back", "organise.publishing.publish")
def test_publishing(walker: Walker) -> None:
    a_session(title="Knots", starts_at=None)
    db.session.commit()
    walker.at("/organise/publishing")
    walker.read("Knots")
    walker.press("Publish these changes")
    walker.fill("Note (optional)", "More to learn")
    walker.press("Continue")
    walker.press("Publish now")
    walker.hear("Published. Readers see this release now.")
    walker.press("Releases")
    walker.press("Show the differences")
    assert walker.heading == "From release 1 to release 2"
    walker.at("/organise/publishing/releases/1")
    walker.press("Go back to this release")
    walker.fill("Why you go back (optional)", "Too soon")
    walker.press("Go back to release 1")
    walker.hear("Readers see this release again.")


@pytest.mark.walks(
    "organise.publishing.cancel", "organise.publishing.change", "organise.publishing.publish"
)
def test_planning(walker: Walker) -> None:
    walker.at("/organise/publishing/publish")
    walker.go_on("Now", "At a set moment")
    walker.fill("Day", "2009-05-20")
    walker.fill("Time", "09:30")
    walker.press("Continue")
    walker.press("Plan this release")
    walker.hear("The release is planned.")
    walker.press("Plan it for another moment")
    walker.fill("Time", "10:30")
    walker.press("Save")
    walker.read("10:30am")
    walker.press("Call it off")
    walker.press("Call it off")
    walker.hear("The planned release has been called off.")


@pytest.mark.walks("organise.previews.new", "organise.previews.withdraw")
@pytest.mark.without_scripts("a button copies the link; without scripts it is hidden")
def test_previews_and_rehearsals(walker: Walker) -> None:
    walker.at("/organise/previews")
    walker.press("Make a preview link")
    walker.press("Make the link")
    walker.hear("Enter for whom the link is")
    walker.fill("For whom is it?", "The board")
    walker.go_on("1 week", "1 month")
    walker.press("Make the link")
    walker.press("See all preview links")
    walker.press("Withdraw the link for The board")
    walker.hear("The link has been withdrawn.")
    walker.at("/organise/rehearsal")
    walker.press("1pm on Wednesday 10 June 2009")
    walker.press("Leave the rehearsal")


@pytest.mark.walks(
    "organise.files.again", "organise.files.forget", "organise.files.tried", "organise.files.upload"
)
def test_files(walker: Walker, tmp_path: Path) -> None:
    part = tmp_path / "part.json"
    words = SMALL_CONFERENCE.read_text(encoding="utf-8").replace("Reading the tide", "Tide tables")
    part.write_text(words, encoding="utf-8")
    walker.at("/organise/files")
    name = "Download sessions.xlsx of the working programme"
    assert walker.take(name).endswith("sessions.xlsx")
    walker.at("/organise/files")
    walker.press("Load a programme")
    walker.press("See what it would do")
    walker.hear("Choose a file")
    walker.hand_in("Programme file", str(part))
    walker.press("See what it would do")
    walker.read("Nothing has been changed yet.")
    walker.press("Take it for a part of the programme")
    walker.press("Throw the file away")
    walker.hear("The file has been thrown away.")
    walker.press("Load a programme")
    walker.hand_in("Programme file", str(part))
    walker.press("See what it would do")
    walker.press("Load this programme")
    walker.hear("The programme has been loaded.")


@pytest.mark.walks(
    "organise.delegates.changing.add",
    "organise.delegates.changing.address",
    "organise.delegates.changing.change",
    "organise.delegates.needs.change",
    "organise.delegates.needs.shown",
)
def test_delegates(walker: Walker) -> None:
    walker.at("/organise/delegates")
    walker.press("Add somebody by hand")
    walker.press("Add")
    walker.hear("Enter ")
    walker.fill("Given names", "Zoë")
    walker.choose("Country", "Swed")
    walker.tick("Wednesday 10 June 2009")
    walker.fill("Email address", "zoe@example.org")
    walker.tick("They know what we keep and for how long, and agree")
    walker.press("Add")
    walker.hear("The booking has been made.")
    walker.press("Change the booking")
    walker.fill("Family name", "Ångström")
    walker.press("Save")
    walker.hear("The booking has been saved.")
    walker.press("Show needs")
    walker.fill("What they need to take part (optional)", "A ramp")
    walker.press("Save")
    walker.hear("The booking has been saved.")
    walker.press("Correct the address")
    walker.fill("The right email address", "zoe@example.com")
    walker.press("Correct the address")
    walker.hear("The address is corrected.")


@pytest.mark.walks(
    "organise.delegates.exports.export",
    "organise.delegates.exports.with_needs",
    "organise.delegates.leaving.cancel",
    "organise.delegates.leaving.erase",
    "organise.delegates.leaving.letter",
)
@pytest.mark.without_scripts(
    "the list is searched as one types; without scripts its button sends the form"
)
def test_leaving(walker: Walker) -> None:
    a_delegate(reference="GHJK2345")
    db.session.commit()
    walker.at("/organise/delegates")
    walker.fill("Search", "lovelace")
    walker.press("Show")
    walker.hear("1 delegate")
    assert walker.take("Download as CSV").endswith(".csv")
    walker.press("Download with access or dietary needs")
    walker.press("Download")
    walker.hear("Tick what you need to know")
    walker.tick("Access needs")
    walker.fill("What do you need it for?", "Seats near the door")
    assert walker.take("Download").endswith(".csv")
    walker.at(ADA)
    walker.press("Send the confirmation again")
    walker.press("Send it")
    walker.hear("The letter is on its way.")
    walker.press("Cancel the booking")
    walker.press("Cancel the booking")
    walker.hear("The booking is cancelled.")
    walker.press("Erase the details")
    walker.press("Erase for good")
    walker.hear("The details have been erased.")


@pytest.mark.walks("organise.letters.again")
@pytest.mark.without_scripts(
    "the list is searched as one types; without scripts its button sends the form"
)
def test_letters(walker: Walker) -> None:
    a_letter(state=FAILED, last_error="550 no such user")
    db.session.commit()
    walker.at("/organise")
    walker.press("1 letter could not be delivered")
    walker.press("You have a place")
    walker.press("Send it again")
    walker.hear("The letter is on its way again.")


@pytest.mark.walks(
    "organise.writing.add",
    "organise.writing.bring_back",
    "organise.writing.edit",
    "organise.writing.link",
    "organise.writing.links",
    "organise.writing.remove",
    "organise.writing.remove_link",
)
@pytest.mark.without_scripts(
    "the preview follows what is typed; without scripts its button shows it"
)
def test_pages_and_links(walker: Walker) -> None:
    walker.at("/organise/pages")
    walker.press("Add a page")
    walker.press("Save")
    walker.hear("Enter ")
    walker.fill("Title", "Getting here")
    walker.fill("Summary", "By train and by boat.")
    walker.fill("Text", "Take the *train*.")
    walker.press("Preview")
    walker.read("Take the train.")
    walker.press("Save")
    walker.hear("It has been added, and readers see it now.")
    walker.press("Change")
    walker.fill("Text", "Take the boat.")
    walker.press("Save")
    walker.hear("Saved. Readers see it now.")
    walker.press("2 versions")
    walker.press("Show the differences")
    walker.press("Every version")
    walker.press("Version 1")
    walker.press("Let readers see this version now")
    walker.hear("That version is back")
    walker.press("Change the additional links")
    walker.fill("Words of the link", "Trains")
    walker.fill("Address", "https://trains.example/")
    walker.press("Add this link")
    walker.hear("The link has been added")
    walker.press("Change or move…")
    walker.fill("Words of the link", "All trains")
    walker.press("Save")
    walker.hear("The link has been saved")
    walker.press("Change or move…")
    walker.fill("Appears (optional)", "2001-01-01T10:00")
    walker.press("Save")
    walker.hear("That moment has gone by.")
    walker.press("2 versions")
    walker.press("Version 1")
    walker.press("Let readers see this version now")
    walker.hear("That version is back")
    walker.press("Take this link away")
    walker.hear("The link has been taken away.")
    walker.press("Trains")
    walker.press("Version 3")
    walker.press("Let readers see this version now")
    walker.hear("That version is back")
    walker.at("/organise/pages/page/getting-here")
    walker.press("Take it away")
    walker.press("Take it away")
    walker.hear("It has been taken away.")


@pytest.mark.walks(
    "organise.settings.change",
    "organise.settings.limit",
    "organise.writing.remove_notice",
    "organise.writing.write_notice",
)
@pytest.mark.without_scripts(
    "the preview follows what is typed; without scripts its button shows it"
)
def test_the_notice_and_the_settings(walker: Walker) -> None:
    walker.at("/organise/pages/notice")
    walker.press("Write a notice")
    walker.press("Save the notice")
    walker.hear("Enter the words of the notice")
    walker.fill("The notice", "No trains today: take the bus.")
    walker.press("Preview")
    walker.read("It would stand like this above every page.")
    walker.press("Save the notice")
    walker.hear("The notice has been saved.")
    walker.press("Take the notice down")
    walker.hear("The notice has been taken down.")
    walker.press("2 versions")
    walker.press("Version 1")
    walker.read("No trains today: take the bus.")
    walker.press("Let readers see this version now")
    walker.hear("That version is back")
    walker.at("/organise/settings")
    walker.press("Change the settings")
    walker.fill("Title", "Tides and Storms")
    walker.press("Save")
    walker.hear("The settings have been saved")
    walker.press("Change the limit of places")
    walker.fill("Limit of places", "30")
    walker.press("Save")
    walker.hear("The limit has been changed")


@pytest.mark.walks(
    "organise.people.invite",
    "organise.people.person",
    "organise.people.remove",
    "organise.people.reset",
)
def test_the_team(walker: Walker) -> None:
    an_organiser("vera@conference.example", "viewer").code_secret = authenticator.sealed("secret")
    db.session.commit()
    walker.at("/organise/people")
    walker.press("Invite somebody")
    walker.press("Send the invitation")
    walker.hear("Enter the email address")
    walker.fill("Email address", "otto@conference.example")
    walker.go_on("Organiser", "Viewer")
    walker.press("Send the invitation")
    walker.hear("The invitation is on its way.")
    walker.press("vera@conference.example")
    walker.go_on("Viewer", "Organiser")
    walker.press("Save the role")
    walker.hear("The role has been changed.")
    walker.press("Reset their second step")
    walker.hear("Their second step has been reset.")
    walker.press("Remove from the team")
    walker.press("Remove from the team")
    walker.hear("They no longer have a part.")


@pytest.mark.walks(
    "accounts.own.make_recovery_codes",
    "accounts.own.sign_out_device",
    "accounts.own.sign_out_everywhere",
)
def test_ones_own_devices(walker: Walker) -> None:
    a_device(an_organiser(), label="Safari on iPhone")
    walker.at("/my")
    walker.press("Sign it out…")
    walker.hear("signed out")
    walker.press("Make new codes")
    walker.read("Keep them")
    walker.at("/my")
    walker.press("Sign out everywhere")
    assert walker.heading == "You are signed out"
