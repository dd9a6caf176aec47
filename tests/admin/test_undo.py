"""Undo: an entry of the history is taken back where that is safe, and says why where it is not."""

from collections.abc import Callable
from typing import NamedTuple

import pytest
from sqlalchemy import select

from app.accounts.models import EDITOR, VIEWER
from app.database import db, transaction
from app.history import queries as history
from app.history import services
from app.history.models import Change, HistoryEntry
from app.programme import queries as programme
from app.programme.editing import sessions, versioned_edits
from app.programme.editing.versioned_edits import EditableEntity, FieldSet
from app.programme.fields import conference, rooms_and_themes, speakers
from app.programme.models import Room, Session, Speaker, Theme
from tests.browser import Browser, Browsers, Page
from tests.factories import make_session, sign_in

GRACE = "grace@conference.example"


def opening() -> Session:
    return db.session.scalars(select(Session).where(Session.key == "opening")).one()


def set_title(title: str) -> None:
    with transaction():
        sessions.save(opening(), {"title": title}, expected_version=opening().version, actor=GRACE)


def newest(about: str = "session opening") -> HistoryEntry:
    entry = history.find_latest(about)
    assert entry
    return entry


def undo(browser: Browser, entry: HistoryEntry, status: int = 200) -> None:
    """Press the button of an entry, on the page that shows the history."""
    token = token_of(browser.open("/organise/history"))
    browser.send("POST", f"/organise/undo/{entry.id}", status, data={"csrf_token": token})


def token_of(page: Page) -> str:
    fields = page.tree.find_all("input")
    return next(one.get("value", "") for one in fields if one.get("name") == "csrf_token")


@pytest.mark.both_databases
def test_an_undo_can_be_undone_and_both_are_in_the_history(organiser: Browser) -> None:
    set_title("The tide comes in")

    undo(organiser, newest())
    undone = opening().title
    undo(organiser, newest())

    assert (undone, opening().title) == ("Opening", "The tide comes in")
    told = [(one.summary, one.actor) for one in history.list_entries("session opening")]
    assert told == [
        ("The tide comes in: title changed from Opening to The tide comes in", GRACE),
        ("Undone: The tide comes in: title changed from Opening to The tide comes in", GRACE),
        ("Redone: The tide comes in: title changed from Opening to The tide comes in", GRACE),
    ]
    assert newest().undoes_id == newest().id - 1


def test_undoing_returns_to_the_page_it_was_pressed_on(organiser: Browser) -> None:
    set_title("The tide comes in")
    organiser.open("/organise/history?q=tide")

    organiser.press(f"Undo: {newest().summary}")

    assert organiser.page.address == "/organise/history?q=tide&done=undone"
    assert "Undone. You can redo it from the history." in organiser.page.source


@pytest.mark.both_databases
def test_an_undo_is_refused_if_the_field_has_changed_since(organiser: Browser) -> None:
    set_title("The tide comes in")
    first = newest()
    set_title("The tide goes out")

    undo(organiser, first, status=409)

    assert (
        "This cannot be undone because title of “The tide goes out” has been changed since."
        in organiser.page.text
    )
    assert opening().title == "The tide goes out"


def test_an_undo_keeps_later_changes_of_other_fields(organiser: Browser) -> None:
    set_title("The tide comes in")
    first = newest()
    with transaction():
        sessions.save(
            opening(), {"subtitle": "With tea"}, expected_version=opening().version, actor=GRACE
        )

    undo(organiser, first)

    assert (opening().title, opening().subtitle) == ("Opening", "With tea")


def test_an_undone_entry_is_marked_and_has_no_undo_button(organiser: Browser) -> None:
    set_title("The tide comes in")
    done = newest().summary
    page = organiser.open("/organise/sessions/opening").press(f"Undo: {done}")

    offered = [button for button in page.buttons if button.startswith("Undo")]

    assert page.address == "/organise/sessions/opening?done=undone"
    assert offered == [f"Undo: Undone: {done}"]
    assert "Undone" in [tag.text for tag in page.tree.find_by_class("tag")]


@pytest.mark.both_databases
def test_an_entry_can_be_undone_only_once(organiser: Browser) -> None:
    set_title("The tide comes in")
    first = newest()
    undo(organiser, first)
    set_title("The tide comes in")

    undo(organiser, first, status=409)

    assert "This has already been undone by grace@conference.example" in organiser.page.text


def test_an_undo_that_would_break_a_rule_is_refused(organiser: Browser) -> None:
    with transaction():
        sessions.save(
            opening(), {"ends_at": "2009-06-10T12:00:00Z"}, expected_version=1, actor=GRACE
        )
    later = newest()
    with transaction():
        sessions.save(
            opening(), {"starts_at": "2009-06-10T11:00:00Z"}, expected_version=2, actor=GRACE
        )

    undo(organiser, later, status=409)

    assert "A session must end after it starts" in organiser.page.text
    assert opening().version == 3


def test_an_undo_of_a_change_to_a_deleted_session_is_refused(organiser: Browser) -> None:
    key = make_session().key
    with transaction():
        slip = db.session.scalars(select(Session).where(Session.key == key)).one()
        sessions.save(slip, {"title": "A slip"}, expected_version=1, actor=GRACE)
    entry = newest(f"session {key}")
    with transaction():
        sessions.delete(slip, actor=GRACE)

    undo(organiser, entry, status=409)

    assert "What was changed here has since been deleted" in organiser.page.text


@pytest.mark.parametrize("about", ["session opening", "booking BCDF2345"])
def test_an_entry_without_field_changes_cannot_be_undone(organiser: Browser, about: str) -> None:
    with transaction():
        services.record("Something was done", subject=about)

    undo(organiser, newest(about), status=409)

    assert "This entry cannot be undone" in organiser.page.text


def test_changes_of_a_booking_cannot_be_undone(organiser: Browser) -> None:
    told = Change("role", "Pilot", "Captain", "Role", "Pilot", "Captain")
    with transaction():
        services.record_personal("Changed: role", subject="booking BCDF2345", field_changes=[told])
    assert "Undo" not in organiser.open("/organise/history?q=captain").source

    undo(organiser, newest("booking BCDF2345"), status=409)


@pytest.mark.parametrize("number", [10**9, 2**31, 2**70])
def test_undoing_an_unknown_entry_is_not_found(organiser: Browser, number: int) -> None:
    token = token_of(organiser.open("/organise/history"))

    organiser.send("POST", f"/organise/undo/{number}", 404, data={"csrf_token": token})


class Example(NamedTuple):
    """A thing of another kind: one of its fields, and what that holds."""

    about: str
    kind: FieldSet
    thing: Callable[[], EditableEntity]
    field: str
    before: str


OTHERS = [
    Example(
        "speaker ada-marsh",
        speakers.SPEAKER_FIELDS,
        lambda: db.session.scalars(select(Speaker).where(Speaker.key == "ada-marsh")).one(),
        "role",
        "Harbour master",
    ),
    Example(
        "room great-hall",
        rooms_and_themes.ROOM_FIELDS,
        lambda: db.session.scalars(select(Room).where(Room.key == "great-hall")).one(),
        "name",
        "Great hall",
    ),
    Example(
        "theme water",
        rooms_and_themes.THEME_FIELDS,
        lambda: db.session.scalars(select(Theme).where(Theme.key == "water")).one(),
        "summary",
        "What moves.",
    ),
    Example(
        "conference", conference.CONFERENCE_FIELDS, programme.get_conference, "place", "Whitby"
    ),
]


@pytest.mark.parametrize("example", OTHERS, ids=lambda one: one.about)
def test_every_kind_of_edit_can_be_undone(organiser: Browser, example: Example) -> None:
    kind, field = example.kind, example.field
    with transaction():
        versioned_edits.save(
            kind, example.thing(), {field: "Other"}, expected_version=1, actor=GRACE
        )

    undo(organiser, newest(example.about))

    assert kind.get_value(example.thing(), field) == example.before


def test_viewers_cannot_undo_changes(new_browser: Browsers) -> None:
    set_title("The tide comes in")

    undo(sign_in(new_browser(), "vera@conference.example", VIEWER), newest(), status=403)

    assert opening().title == "The tide comes in"


def test_editors_cannot_undo_settings_changes(new_browser: Browsers) -> None:
    with transaction():
        versioned_edits.save(
            conference.CONFERENCE_FIELDS,
            programme.get_conference(),
            {"place": "Hull"},
            expected_version=1,
            actor=GRACE,
        )
    editor = sign_in(new_browser(), "ed@conference.example", EDITOR)
    token = token_of(editor.open("/organise/sessions/_add"))

    editor.send(
        "POST", f"/organise/undo/{newest('conference').id}", 403, data={"csrf_token": token}
    )

    assert programme.get_conference().place == "Hull"


def test_undoing_never_redirects_to_another_site(organiser: Browser) -> None:
    set_title("The tide comes in")
    token = token_of(organiser.open("/organise/history"))

    answer = organiser.fetch(
        "POST",
        f"/organise/undo/{newest().id}",
        {"Referer": "https://conference.example//evil.example/"},
        data={"csrf_token": token},
    )

    assert answer.headers["Location"] == "/organise?done=undone"
