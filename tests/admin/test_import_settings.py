"""A programme editor loads programmes, but no settings, which only organisers may change."""

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import delete, select

from app.accounts.models import EDITOR
from app.database import db, transaction
from app.delegates.models import SeatLimit
from app.errors import RuleViolation
from app.interchange import uploads
from app.interchange.uploads import Upload
from app.programme import queries
from app.programme.models import Conference
from app.registration import import_rules
from app.registration import queries as registration
from tests.admin.test_import_export import LOAD, make_programme_file, upload_programme
from tests.browser import Browser, Browsers
from tests.factories import make_delegate, sign_in

KEPT = "Not changed, because only organisers can change the settings"
UNDO = "Undo import"
OTHER_FACTS: dict[str, Any] = {
    "contact_email": "evil@evil.example",
    "registration_opens_at": "2001-01-01T09:00:00+00:00",
    "registration_closes_at": "2001-01-02T09:00:00+00:00",
    "title": "Storms",
    "starts_on": "2009-06-11",
    "time_zone": "Etc/GMT-3",
}


@pytest.fixture
def editor(visitor: Browser) -> Browser:
    return sign_in(visitor, role=EDITOR)


def read_settings() -> tuple[str, datetime | None, datetime | None, str, str, str]:
    db.session.rollback()
    found: Conference = queries.get_conference()
    return (
        found.contact_email,
        found.registration_opens_at,
        found.registration_closes_at,
        found.title,
        found.starts_on.isoformat(),
        found.time_zone,
    )


@pytest.mark.both_databases
def test_an_import_by_an_editor_changes_no_settings(editor: Browser) -> None:
    editor.open("/organise/settings/change", status=403)
    before = read_settings()

    page = upload_programme(editor, make_programme_file(opening="A grand opening", **OTHER_FACTS))

    assert f"{KEPT} 1" in page.headings
    assert "The conference (contact email, first day, registration closes at" in page.text
    assert "Time zone of the conference" not in page.text
    page = editor.press(LOAD)
    assert "The settings of the conference stay as they were" in page.source
    assert page.summary_list["Title"] == "before: Opening → after: A grand opening"
    assert read_settings() == before


def test_an_import_by_an_editor_sets_no_number_of_places(editor: Browser) -> None:
    with transaction():
        db.session.execute(delete(SeatLimit))

    page = upload_programme(editor, make_programme_file(opening="A grand opening", places=20))

    assert "The number of places in this file will not be set" in page.text
    page = editor.press(LOAD)
    assert "The settings of the conference stay as they were" in page.source
    assert registration.get_seat_counts().limit == 0


def test_an_import_with_unchanged_settings_does_not_mention_them(editor: Browser) -> None:
    page = upload_programme(editor, make_programme_file(opening="A grand opening"))

    assert KEPT not in page.text
    assert "The programme has been loaded. These changes" in editor.press(LOAD).source


def test_an_import_by_an_organiser_changes_settings(visitor: Browser) -> None:
    page = upload_programme(
        sign_in(visitor), make_programme_file(contact_email="new@conference.example")
    )

    assert KEPT not in page.text
    visitor.press(LOAD)
    assert read_settings()[0] == "new@conference.example"


def test_an_import_previewed_by_an_organiser_is_checked_again_for_an_editor(
    editor: Browser, new_browser: Browsers
) -> None:
    before = read_settings()
    organiser = sign_in(new_browser(), "olga@conference.example")
    page = upload_programme(
        organiser, make_programme_file(opening="A grand opening", **OTHER_FACTS)
    )
    assert KEPT not in page.text
    editor.open(page.address)

    page = editor.press(LOAD)

    assert "so the file has not been loaded" in page.source
    assert f"{KEPT} 1" in page.headings
    editor.press(LOAD)
    assert read_settings() == before


def test_an_editor_cannot_load_a_different_conference(editor: Browser) -> None:
    before = read_settings()

    page = upload_programme(editor, make_programme_file(acronym="walls", title="Walls"))

    assert "Only organisers can load it, because it changes the settings." in page.text
    assert LOAD not in page.buttons
    [upload] = db.session.scalars(select(Upload)).all()
    answers = import_rules.LoadAnswers(uploads.fingerprint_upload(upload), is_confirmed=True)
    with pytest.raises(RuleViolation, match="Only organisers can load"):
        import_rules.load(
            upload, uploads.read_again(upload), answers, actor="grace", keeps_settings=True
        )
    assert read_settings() == before


@pytest.mark.empty
def test_an_editor_does_not_load_the_first_programme(editor: Browser) -> None:
    page = upload_programme(editor, make_programme_file())

    assert "Only organisers can load it, because it changes the settings." in page.text
    assert LOAD not in page.buttons
    db.session.rollback()
    assert not queries.has_conference()


def test_an_editor_cannot_undo_an_import_that_changed_settings(
    editor: Browser, new_browser: Browsers
) -> None:
    upload_programme(editor, make_programme_file(opening="A grand opening"))
    editor.press(LOAD)
    page = editor.open("/organise/files")
    assert UNDO in page.buttons
    organiser = sign_in(new_browser(), "olga@conference.example")
    upload_programme(organiser, make_programme_file(contact_email="new@conference.example"))
    organiser.press(LOAD)

    refused = page.press(UNDO, status=403)

    assert "Your role does not allow you to change the settings" in refused.text
    assert read_settings()[0] == "new@conference.example"
    page = editor.open("/organise/files")
    assert UNDO not in page.buttons
    assert "Only organisers can undo it, because it changed the settings." in page.text
    organiser.open("/organise/files").press(UNDO)
    assert read_settings()[0] != "new@conference.example"


def test_booked_days_do_not_block_an_import_by_an_editor(editor: Browser) -> None:
    make_delegate()  # for 10 June

    upload_programme(editor, make_programme_file(opening="A grand opening", starts_on="2009-06-11"))

    assert editor.press(LOAD).heading == "Unpublished changes"
