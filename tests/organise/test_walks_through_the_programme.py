"""Every deed about the programme: by keyboard alone, as it is heard, in a real browser."""

from pathlib import Path

import pytest

from app.database import db
from tests.factories import a_room, a_session, a_speaker, a_theme
from tests.programme.pictures import a_picture
from tests.walker import Walker

SESSIONS, SPEAKERS = "/organise/sessions", "/organise/speakers"


@pytest.mark.walks(
    "organise.sessions.add",
    "organise.sessions.bring_back",
    "organise.sessions.cancel",
    "organise.sessions.change",
    "organise.sessions.copy",
    "organise.sessions.delete",
    "organise.undo.undo",
)
def test_sessions(walker: Walker) -> None:
    walker.at(SESSIONS)
    walker.press("Add a session")
    walker.press("Add this session")
    walker.hear("Enter the title")
    walker.fill("Title", "Tide pools")
    walker.fill("Find a speaker to add", "ada")
    walker.press("Find")
    walker.press("Add Ada Marsh")
    walker.press("Add this session")
    walker.hear("The session has been added as a draft.")
    walker.press("Change")
    walker.fill("Abstract (optional)", "What lives between the tides.")
    walker.press("Preview both")
    walker.read("What lives between the tides.")
    walker.press("Save")
    walker.hear("The draft has been saved.")
    walker.press("Make a copy")
    walker.hear("This is the copy")
    walker.press("Delete")
    walker.press("Delete")
    walker.hear("The session has been deleted.")

    walker.at(f"{SESSIONS}/opening")
    walker.press("Cancel this session")
    walker.press("Cancel this session")
    walker.hear("The session has been cancelled.")
    walker.press("Bring back")
    walker.hear("The session takes place again.")
    walker.press("Undo…")
    walker.hear("Undone.")


@pytest.mark.walks("organise.sessions.change_several", "organise.sessions.several")
@pytest.mark.without_scripts("a box in the head ticks every row; without scripts it is hidden")
def test_several_sessions(walker: Walker) -> None:
    walker.at(SESSIONS)
    walker.fill("Title, speaker or key", "tide")
    walker.press("Show")
    walker.hear("1 session")
    walker.tick("Tick Reading the tide")
    walker.press("Change the ticked sessions")
    walker.press("See what would change")
    walker.hear("Choose at least one thing to change.")
    walker.choose("Theme", "Stone")
    walker.press("See what would change")
    walker.press("Change 1 session")
    walker.hear("All of them have been changed.")


@pytest.mark.walks(
    "organise.speakers.add",
    "organise.speakers.bring_back",
    "organise.speakers.change",
    "organise.speakers.merge",
    "organise.speakers.withdraw",
)
def test_speakers(walker: Walker) -> None:
    walker.at(SPEAKERS)
    walker.press("Add a speaker")
    walker.press("Add this speaker")
    walker.hear("Enter the ")
    walker.fill("Name", "Ada Marsh")
    walker.press("Add a time")
    walker.press("Remove time 1")
    walker.fill("Biography (optional)", "She *went*.")
    walker.press("Preview the biography")
    walker.press("Add this speaker")
    walker.hear("The speaker has been added.")
    walker.press("This is the same person…")
    walker.press("Make them one")
    walker.hear("The two are one speaker now.")
    walker.at(f"{SPEAKERS}/joao-mare")
    walker.press("Change")
    walker.tick("Has confirmed that they take part")
    walker.press("Save")
    walker.hear("The speaker has been saved.")
    walker.press("Withdraw")
    walker.press("Withdraw")
    walker.hear("The speaker has been withdrawn.")
    walker.press("Bring back")
    walker.hear("The speaker takes part again.")


@pytest.mark.walks("organise.speakers.delete", "organise.speakers.several")
@pytest.mark.without_scripts("a box in the head ticks every row; without scripts it is hidden")
def test_several_speakers_and_one_too_many(walker: Walker) -> None:
    a_speaker(name="Nobody Knows", slug="nobody")
    db.session.commit()
    walker.at(SPEAKERS)
    walker.tick("Tick João Maré")
    walker.press("Mark as confirmed")
    walker.press("Mark as confirmed")
    walker.hear("All of them are marked as confirmed.")
    walker.press("Nobody Knows")
    walker.press("Delete")
    walker.press("Delete")
    walker.hear("The speaker has been deleted.")


@pytest.mark.walks("organise.speakers.photo", "organise.speakers.remove_photo")
def test_photos(walker: Walker, tmp_path: Path) -> None:
    picture = tmp_path / "me.png"
    picture.write_bytes(a_picture("PNG"))
    walker.at(f"{SPEAKERS}/ada-marsh")
    walker.press("Give them a photo")
    walker.press("Save the photo")
    walker.hear("Choose a picture")
    walker.hand_in("Picture", str(picture))
    walker.fill("What the photo shows", "A woman by the sea")
    walker.press("Save the photo")
    walker.hear("The photo has been saved.")
    walker.press("Take the photo away")
    walker.hear("The photo has been taken away.")


@pytest.mark.walks(
    "organise.rooms.add",
    "organise.rooms.change",
    "organise.rooms.delete",
    "organise.rooms.empty",
    "organise.rooms.move",
)
def test_rooms(walker: Walker) -> None:
    walker.at("/organise/rooms")
    walker.press("Move Boat house up")
    walker.hear("The order of rooms has been changed.")
    walker.press("Add a room")
    walker.press("Add this room")
    walker.hear("Enter the ")
    walker.fill("Name", "Pier")
    walker.tick("Step-free access")
    walker.press("Add this room")
    walker.hear("The room has been added.")
    walker.press("Change")
    walker.fill("Capacity (optional)", "12")
    walker.press("Save")
    walker.hear("The room has been saved.")
    walker.at("/organise/rooms/great-hall")
    walker.press("Delete")
    walker.press("Move the sessions to another room")
    walker.choose("Move them to", "Pier")
    walker.press("Move 3 sessions")
    walker.press("Delete")
    walker.hear("The room has been deleted.")


@pytest.mark.walks(
    "organise.themes.add",
    "organise.themes.change",
    "organise.themes.delete",
    "organise.themes.empty",
    "organise.themes.move",
)
def test_themes(walker: Walker) -> None:
    walker.at("/organise/themes")
    walker.press("Move Stone up")
    walker.hear("The order of themes has been changed.")
    walker.press("Add a theme")
    walker.press("Add this theme")
    walker.hear("Enter the ")
    walker.fill("Name", "Wind")
    walker.press("Show it as it is now")
    walker.press("Add this theme")
    walker.hear("The theme has been added.")
    walker.press("Change")
    walker.fill("Name", "Winds")
    walker.press("Save")
    walker.hear("The theme has been saved.")
    walker.at("/organise/themes/water")
    walker.press("Delete")
    walker.press("Give the sessions another theme")
    walker.choose("Move them to", "Winds")
    walker.press("Move 1 session")
    walker.press("Delete")
    walker.hear("The theme has been deleted.")


@pytest.mark.walks("organise.rooms.several", "organise.themes.several")
@pytest.mark.without_scripts("a box in the head ticks every row; without scripts it is hidden")
def test_several_rooms_and_several_themes(walker: Walker) -> None:
    a_theme(name="Wind", position=9)
    db.session.commit()
    walker.at("/organise/rooms")
    walker.press("Add to the ticked rooms")
    walker.hear("Tick at least one room first")
    walker.tick("Tick Great hall")
    walker.tick("Tick Boat house")
    walker.choose("What they offer", "Live captions")
    walker.press("Add to the ticked rooms")
    walker.press("Add it")
    walker.hear("All of them have been changed.")
    walker.at("/organise/themes")
    walker.press("Delete the ticked themes")
    walker.hear("Tick at least one theme first")
    walker.tick("Tick Wind")
    walker.press("Delete the ticked themes")
    walker.press("Delete")
    walker.hear("They have been deleted.")


@pytest.mark.walks("organise.board.move", "organise.undo.undo")
@pytest.mark.without_scripts("the board moves sessions itself; without scripts each has a form")
def test_the_board(walker: Walker) -> None:
    walker.at("/organise/board")
    walker.press("Move Reading the tide")
    walker.choose("Room", "Boat house")
    walker.press("Save")
    walker.hear("Boat house")
    walker.read("“Harbour walls” is in Boat house at the same time")
    walker.press("Undo")
    walker.hear("Undone.")
    walker.press("Move Coffee")
    walker.press("Take it off the schedule")
    walker.read("Without a time")


@pytest.mark.walks("organise.undo.undo")
def test_the_history(walker: Walker) -> None:
    a_session(title="Knots", theme=a_theme(name="Rope"), room=a_room(name="Loft"))
    db.session.commit()
    walker.at("/organise/rooms/great-hall/change")
    walker.fill("Capacity (optional)", "30")
    walker.press("Save")
    walker.at("/organise/history")
    walker.fill("Words in an entry", "capacity")
    walker.press("Show")
    walker.hear("1 entry")
    walker.press("Undo…")
    walker.hear("Undone.")
    assert walker.take("Download the whole history as CSV").endswith(".csv")
