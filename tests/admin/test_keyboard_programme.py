"""Every programme action by keyboard and screen reader in a real browser."""

from pathlib import Path

import pytest

from app.database import db
from tests.factories import make_room, make_session, make_speaker, make_theme
from tests.keyboard_user import KeyboardUser
from tests.programme.sample_pictures import make_picture

SESSIONS, SPEAKERS = "/organise/sessions", "/organise/speakers"


@pytest.mark.walks(
    "admin.sessions.add",
    "admin.sessions.reinstate",
    "admin.sessions.cancel",
    "admin.sessions.edit",
    "admin.sessions.duplicate",
    "admin.sessions.delete",
    "admin.undo.undo",
)
def test_managing_sessions_by_keyboard(keyboard_user: KeyboardUser) -> None:
    keyboard_user.open(SESSIONS)
    keyboard_user.press("Add a session")
    keyboard_user.press("Add this session")
    keyboard_user.expect_announcement("Enter the title")
    keyboard_user.fill("Title", "Tide pools")
    keyboard_user.fill("Find a speaker to add", "ada")
    keyboard_user.press("Find")
    keyboard_user.press("Add Ada Marsh")
    keyboard_user.fill("Find a speaker to add", "Ingrid Holm")
    keyboard_user.press("Find")
    keyboard_user.press("Add Ingrid Holm as a new speaker")
    keyboard_user.press("Add this session")
    keyboard_user.expect_announcement("The session has been added as a draft.")
    keyboard_user.press("Change")
    keyboard_user.fill("Abstract (optional)", "What lives between the tides.")
    keyboard_user.press("Preview both")
    keyboard_user.expect_text("What lives between the tides.")
    keyboard_user.press("Save")
    keyboard_user.expect_announcement("The draft has been saved.")
    keyboard_user.press("Make a copy")
    keyboard_user.expect_announcement("This is the copy")
    keyboard_user.press("Delete")
    keyboard_user.press("Delete")
    keyboard_user.expect_announcement("The session has been deleted.")

    keyboard_user.open(f"{SESSIONS}/opening")
    keyboard_user.press("Cancel this session")
    keyboard_user.expect_announcement("The session has been cancelled.")
    keyboard_user.press("Restore")
    keyboard_user.expect_announcement("The session has been restored.")
    keyboard_user.press("Undo…")
    keyboard_user.expect_announcement("Undone.")


@pytest.mark.walks("admin.save_view")
def test_changing_view_options_by_keyboard(keyboard_user: KeyboardUser) -> None:
    keyboard_user.open(SESSIONS)
    keyboard_user.open_details("View options")
    keyboard_user.choose_radio("Roomy", "Compact")
    keyboard_user.tick("Theme")
    keyboard_user.press("Save options")

    assert keyboard_user.heading == "Sessions"
    keyboard_user.open_details("View options")
    keyboard_user.choose_radio("Compact", "Roomy")


@pytest.mark.walks(
    "admin.saved_views.add",
    "admin.saved_views.edit",
    "admin.saved_views.replace",
    "admin.saved_views.delete",
)
def test_managing_saved_views_by_keyboard(keyboard_user: KeyboardUser) -> None:
    keyboard_user.open(f"{SESSIONS}?state=confirmed")
    keyboard_user.press("Save this view")
    keyboard_user.press("Save view")
    keyboard_user.expect_announcement("Enter a name")
    keyboard_user.fill("Name", "Ready")
    keyboard_user.tick("Share with the team")
    keyboard_user.press("Save view")
    keyboard_user.expect_announcement("The view has been saved.")
    keyboard_user.press("All")
    keyboard_user.press("Ready")
    keyboard_user.fill("Search by title, speaker or key", "tide")
    keyboard_user.press("Search")
    keyboard_user.press("Save changes to this view")
    keyboard_user.expect_announcement("The view has been changed.")
    keyboard_user.press("Change this view")
    keyboard_user.tick("Show this view when I open the list")
    keyboard_user.press("Save view")
    keyboard_user.expect_announcement("The view has been changed.")
    keyboard_user.press("Change this view")
    keyboard_user.press("Delete this view")
    keyboard_user.press("Delete view")
    keyboard_user.expect_announcement("The view has been deleted.")
    assert keyboard_user.heading == "Sessions"


@pytest.mark.walks("admin.sessions.bulk_edit", "admin.sessions.bulk")
@pytest.mark.without_scripts("a box in the head ticks every row; without scripts it is hidden")
def test_bulk_editing_sessions_by_keyboard(keyboard_user: KeyboardUser) -> None:
    keyboard_user.open(SESSIONS)
    keyboard_user.fill("Search by title, speaker or key", "tide")
    keyboard_user.press("Search")
    keyboard_user.expect_announcement("1 session")
    keyboard_user.tick("Select Reading the tide")
    keyboard_user.press("Change selected sessions")
    keyboard_user.press("Preview changes")
    keyboard_user.expect_announcement("Choose at least one thing to change.")
    keyboard_user.choose("Theme", "Stone")
    keyboard_user.press("Preview changes")
    keyboard_user.press("Change 1 session")
    keyboard_user.expect_announcement("All selected sessions have been changed.")
    keyboard_user.tick("Select Reading the tide")
    keyboard_user.press("Cancel selected sessions")
    keyboard_user.press("Cancel 1 session")
    keyboard_user.expect_announcement("All selected sessions have been changed.")


@pytest.mark.walks(
    "admin.speakers.add",
    "admin.speakers.restore",
    "admin.speakers.edit",
    "admin.speakers.merge",
    "admin.speakers.withdraw",
)
def test_managing_speakers_by_keyboard(keyboard_user: KeyboardUser) -> None:
    keyboard_user.open(SPEAKERS)
    keyboard_user.press("Add a speaker")
    keyboard_user.press("Add this speaker")
    keyboard_user.expect_announcement("Enter the ")
    keyboard_user.fill("Name", "Ada Marsh")
    keyboard_user.press("Add a time")
    keyboard_user.press("Remove time 1")
    keyboard_user.fill("Biography (optional)", "She *went*.")
    keyboard_user.press("Preview the biography")
    keyboard_user.press("Add this speaker")
    keyboard_user.expect_announcement("The speaker has been added.")
    keyboard_user.press("Merge with this speaker…")
    keyboard_user.press("Merge entries")
    keyboard_user.expect_announcement("The entries have been merged.")
    keyboard_user.open(f"{SPEAKERS}/joao-mare")
    keyboard_user.press("Change")
    keyboard_user.tick("Has confirmed that they are taking part")
    keyboard_user.press("Save")
    keyboard_user.expect_announcement("The speaker has been saved.")
    keyboard_user.press("Withdraw")
    keyboard_user.press("Withdraw")
    keyboard_user.expect_announcement("The speaker has been withdrawn.")
    keyboard_user.press("Restore")
    keyboard_user.expect_announcement("The speaker has been restored.")


@pytest.mark.walks("admin.speakers.delete", "admin.speakers.bulk")
@pytest.mark.without_scripts("a box in the head ticks every row; without scripts it is hidden")
def test_bulk_editing_and_merging_speakers_by_keyboard(keyboard_user: KeyboardUser) -> None:
    make_speaker(name="Nobody Knows", slug="nobody")
    db.session.commit()
    keyboard_user.open(SPEAKERS)
    keyboard_user.tick("Select João Maré")
    keyboard_user.press("Mark as confirmed")
    keyboard_user.press("Mark as confirmed")
    keyboard_user.expect_announcement("All selected speakers have been marked as confirmed.")
    keyboard_user.press("Nobody Knows")
    keyboard_user.press("Delete")
    keyboard_user.press("Delete")
    keyboard_user.expect_announcement("The speaker has been deleted.")


@pytest.mark.walks("admin.speakers.photo.edit", "admin.speakers.photo.remove")
def test_managing_photos_by_keyboard(keyboard_user: KeyboardUser, tmp_path: Path) -> None:
    picture = tmp_path / "me.png"
    picture.write_bytes(make_picture("PNG"))
    keyboard_user.open(f"{SPEAKERS}/ada-marsh")
    keyboard_user.press("Add a photo")
    keyboard_user.press("Save photo")
    keyboard_user.expect_announcement("Choose a picture")
    keyboard_user.attach_file("Picture", str(picture))
    keyboard_user.fill("Description of the photo", "A woman by the sea")
    keyboard_user.press("Save photo")
    keyboard_user.expect_announcement("The photo has been saved.")
    keyboard_user.press("Remove photo")
    keyboard_user.expect_announcement("The photo has been removed.")


@pytest.mark.walks(
    "admin.rooms.add",
    "admin.rooms.edit",
    "admin.rooms.delete",
    "admin.rooms.reassign",
    "admin.rooms.move",
    "admin.rooms.assign",
    "admin.rooms.undo_assign",
)
def test_managing_rooms_by_keyboard(keyboard_user: KeyboardUser) -> None:
    keyboard_user.open("/organise/rooms")
    keyboard_user.press("Move Boat house up")
    keyboard_user.expect_announcement("The order of rooms has been changed.")
    keyboard_user.press("Add a room")
    keyboard_user.press("Add this room")
    keyboard_user.expect_announcement("Enter the ")
    keyboard_user.fill("Name", "Pier")
    keyboard_user.tick("Step-free access")
    keyboard_user.press("Add this room")
    keyboard_user.expect_announcement("The room has been added.")
    keyboard_user.press("Change")
    keyboard_user.fill("Capacity (optional)", "12")
    keyboard_user.press("Save")
    keyboard_user.expect_announcement("The room has been saved.")
    keyboard_user.open("/organise/rooms/great-hall")
    keyboard_user.press("Add sessions")
    keyboard_user.press("Add selected sessions")
    keyboard_user.expect_announcement("Select at least one session")
    keyboard_user.tick("Select Coffee")
    keyboard_user.press("Add selected sessions")
    keyboard_user.expect_announcement("The sessions have been added.")
    keyboard_user.press("Undo adding 1 session")
    keyboard_user.expect_announcement("Undone. The sessions are as they were before.")
    keyboard_user.press("Delete")
    keyboard_user.press("Move sessions to another room")
    keyboard_user.choose("Move them to", "Pier")
    keyboard_user.press("Move 3 sessions")
    keyboard_user.press("Delete")
    keyboard_user.expect_announcement("The room has been deleted.")


@pytest.mark.walks(
    "admin.themes.add",
    "admin.themes.edit",
    "admin.themes.delete",
    "admin.themes.reassign",
    "admin.themes.move",
    "admin.themes.assign",
    "admin.themes.undo_assign",
)
def test_managing_themes_by_keyboard(keyboard_user: KeyboardUser) -> None:
    keyboard_user.open("/organise/themes")
    keyboard_user.press("Move Stone up")
    keyboard_user.expect_announcement("The order of themes has been changed.")
    keyboard_user.press("Add a theme")
    keyboard_user.press("Add this theme")
    keyboard_user.expect_announcement("Enter the ")
    keyboard_user.fill("Name", "Wind")
    keyboard_user.press("Update preview")
    keyboard_user.press("Add this theme")
    keyboard_user.expect_announcement("The theme has been added.")
    keyboard_user.press("Change")
    keyboard_user.fill("Name", "Winds")
    keyboard_user.press("Save")
    keyboard_user.expect_announcement("The theme has been saved.")
    keyboard_user.open("/organise/themes/water")
    keyboard_user.press("Add sessions")
    keyboard_user.tick("Select Coffee")
    keyboard_user.press("Add selected sessions")
    keyboard_user.expect_announcement("The sessions have been added.")
    keyboard_user.press("Undo adding 1 session")
    keyboard_user.expect_announcement("Undone. The sessions are as they were before.")
    keyboard_user.press("Delete")
    keyboard_user.press("Move sessions to another theme")
    keyboard_user.choose("Move them to", "Winds")
    keyboard_user.press("Move 1 session")
    keyboard_user.press("Delete")
    keyboard_user.expect_announcement("The theme has been deleted.")


@pytest.mark.walks("admin.rooms.bulk", "admin.themes.bulk")
@pytest.mark.without_scripts("a box in the head ticks every row; without scripts it is hidden")
def test_bulk_deleting_rooms_and_themes_by_keyboard(keyboard_user: KeyboardUser) -> None:
    make_theme(name="Wind", position=9)
    db.session.commit()
    keyboard_user.open("/organise/rooms")
    keyboard_user.press("Add to selected rooms")
    keyboard_user.expect_announcement("Select at least one room")
    keyboard_user.tick("Select Great hall")
    keyboard_user.tick("Select Boat house")
    keyboard_user.choose("Access feature", "Live captions")
    keyboard_user.press("Add to selected rooms")
    keyboard_user.press("Add")
    keyboard_user.expect_announcement("All selected rooms have been changed.")
    keyboard_user.open("/organise/themes")
    keyboard_user.press("Delete selected themes")
    keyboard_user.expect_announcement("Select at least one theme")
    keyboard_user.tick("Select Wind")
    keyboard_user.press("Delete selected themes")
    keyboard_user.press("Delete")
    keyboard_user.expect_announcement("All selected items have been deleted.")


@pytest.mark.walks("admin.board.move", "admin.undo.undo")
@pytest.mark.without_scripts("the board moves sessions itself; without scripts each has a form")
def test_moving_sessions_on_the_board_by_keyboard(keyboard_user: KeyboardUser) -> None:
    keyboard_user.open("/organise/board")
    keyboard_user.press("Move Reading the tide")
    keyboard_user.choose("Room", "Boat house")
    keyboard_user.press("Save")
    keyboard_user.expect_announcement("Boat house")
    keyboard_user.expect_text("“Harbour walls” is in Boat house at the same time")
    keyboard_user.press("Undo")
    keyboard_user.expect_announcement("Undone.")
    keyboard_user.press("Move Coffee")
    keyboard_user.press("Remove from the schedule")
    keyboard_user.expect_text("Without a time")


@pytest.mark.walks("admin.board.move", "admin.sessions.add")
def test_using_free_times_of_the_board_by_keyboard(keyboard_user: KeyboardUser) -> None:
    make_session(title="Knots", starts_at=None)
    db.session.commit()
    keyboard_user.open("/organise/board?hours=all")
    keyboard_user.press("Add a session in Boat house at 2pm")
    keyboard_user.fill("Find by title or speaker", "knot")
    keyboard_user.press("Find")
    keyboard_user.press("Choose Knots")
    keyboard_user.expect_announcement("Knots was moved to Boat house, 2pm")
    keyboard_user.open("/organise/board?hours=all")
    keyboard_user.press("Add a session in Great hall at 2pm")
    keyboard_user.press("Add a new session here")
    keyboard_user.fill("Title", "Tide pools")
    keyboard_user.press("Add this session")
    keyboard_user.expect_announcement("The session has been added as a draft.")
    keyboard_user.expect_text("2pm to 3pm, Great hall")


@pytest.mark.walks("admin.undo.undo")
def test_using_the_history_by_keyboard(keyboard_user: KeyboardUser) -> None:
    make_session(title="Knots", theme=make_theme(name="Rope"), room=make_room(name="Loft"))
    db.session.commit()
    keyboard_user.open("/organise/rooms/great-hall/change")
    keyboard_user.fill("Capacity (optional)", "30")
    keyboard_user.press("Save")
    keyboard_user.open("/organise/history")
    keyboard_user.fill("Search the history", "capacity")
    keyboard_user.press("Search")
    keyboard_user.expect_announcement("1 entry")
    keyboard_user.press("Undo…")
    keyboard_user.expect_announcement("Undone.")
    assert keyboard_user.download("Download as CSV").endswith(".csv")
