"""Files that somebody sends are read before anything is locked, so that nobody waits for them.

On SQLite whoever writes locks the whole database. A picture, slides or a programme that takes
seconds to read would hold up every registration.
"""

import json
import sqlite3
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import pytest
from flask import Flask, request
from sqlalchemy import event, select

from app.accounts import guards
from app.database import db, transaction
from app.forms.form import FileForm
from app.interchange import uploads
from app.materials.models import Material
from app.programme.photos import services as photos
from app.questions import services as questions
from app.questions.models import REGISTRATION
from app.registration import links
from app.request_transaction import is_reading_first
from app.transaction_settings import is_writable
from tests.browser import Answer, Browser, Browsers, Page
from tests.factories import (
    SMALL_CONFERENCE,
    get_ada_marsh,
    make_delegate,
    make_login_session,
    make_material,
    make_organiser,
    make_question,
    make_session,
    sign_in,
    sign_in_speaker,
)
from tests.materials.sample_files import make_pdf
from tests.programme.sample_pictures import make_logo, make_picture
from tests.registration.test_groups import begin
from tests.registration_flow import answer_questions

READERS = (  # what reads a file, by the beginning of the module's name
    *("app.interchange.importers.detect", "app.interchange.importers.safe_"),
    *("app.interchange.importers.schedule_", "app.interchange.importers.tables"),
    *("app.interchange.importers.table_rows", "app.interchange.importers.table_overview"),
    *("app.interchange.importers.spreadsheet", "app.interchange.importers.alike_names"),
    *("app.materials.file_validation", "app.materials.active_content"),
    "app.programme.photos.normalise_upload",
    *("PIL.", "zipfile", "xml.", "csv", "icalendar"),
)
WORDS: Mapping[str, Answer] = {"Description of the photo": "A woman with a red scarf"}
SLIDES: Mapping[str, Answer] = {"Title": "Slides", "When should it be public?": "Now"}
SAVED, SENT = "Save photo", "Send photo"


@dataclass(frozen=True)
class Place:
    """One page where a file is sent, and what it answers to a file that is no such thing."""

    endpoint: str
    address: str
    button: str
    label: str
    good: bytes
    refusal: str
    answers: Mapping[str, Answer]

    def send(self, browser: Browser, body: bytes, status: int = 200) -> Page:
        """Send a file on the page in view."""
        return browser.press(self.button, {self.label: ("file", body), **self.answers}, status)

    @property
    def is_public(self) -> bool:
        """Whether people send it who register a group."""
        return self.address.startswith("/register/")

    @property
    def is_speaker(self) -> bool:
        """Whether speakers send it, not the organisers."""
        return self.address.startswith("/speak/")


def a_photo(endpoint: str, address: str, button: str) -> Place:
    refusal = "Choose a JPEG, PNG or WebP picture"
    return Place(endpoint, address, button, "Picture", make_picture(), refusal, WORDS)


def slides(endpoint: str, address: str, button: str, label: str) -> Place:
    refusal = "Choose a PDF, ODP or PPTX file. Save any other file as a PDF first"
    return Place(endpoint, address, button, label, make_pdf(b"more"), refusal, SLIDES)


HAND_IN, REPLACE = ("Upload file", "File"), ("Save", "Replace the file (optional)")
PLACES = [
    Place(
        "admin.import_export.upload",
        "/organise/files/upload",
        "Preview changes",
        "Programme file",
        SMALL_CONFERENCE.read_bytes(),
        "We cannot read this file. Choose XML, JSON, a calendar, or a table with a column "
        "called “Title” or “Name”",
        {},
    ),
    Place(
        "admin.content.pictures",
        "/organise/pages/page/help/en/pictures",
        "Add picture",
        "Picture",
        make_picture(),
        "Choose a JPEG, PNG or WebP picture",
        {"Description of the picture": "A ramp"},
    ),
    Place(
        "admin.logo.edit",
        "/organise/look/logo",
        "Save",
        "Picture",
        make_logo("#ffffff"),
        "Choose a PNG or WebP picture",
        {"Description of the logo": "Tides"},
    ),
    Place(
        "admin.delegates.imports.upload",
        "/organise/delegates/_import",
        "Preview",
        "Spreadsheet",
        b"Given names,Email address,Country,Days\nAnn,ann@ward.example,Kenya,2009-06-10\n",
        "We cannot find a column “Given names”. Use the template, and keep its first row",
        {},
    ),
    a_photo("admin.speakers.photo.edit", "/organise/speakers/ada-marsh/photo", SAVED),
    a_photo("speakers.photo.edit", "/speak/ada-marsh/photo", SENT),
    slides(
        "admin.sessions.materials.add_file", "/organise/sessions/tides/materials/_file", *HAND_IN
    ),
    slides(
        "admin.sessions.materials.edit", "/organise/sessions/tides/materials/{material}", *REPLACE
    ),
    slides("speakers.materials.add_file", "/speak/ada-marsh/materials/tides/_file", *HAND_IN),
    slides("speakers.materials.edit", "/speak/ada-marsh/materials/tides/{material}", *REPLACE),
    Place(
        "registration.groups.upload.choose",
        "/register/group/upload",
        "Continue",
        "Spreadsheet",
        b"Given names,Family name\nAnn,Nurse\n",
        "We cannot find a column “Given names”. Use the template, and keep its first row",
        {},
    ),
]
ANSWERED: Mapping[str, str] = {  # pages that ask for a file if organisers do, and their buttons
    "registration.more.answer": "Continue",
    "registration.more.answer_one": "Continue",
    "bookings.answers.edit": "Save",
    "admin.delegates.details.edit": "Save",
    "admin.delegates.details.add": "Add",
}
every_place = pytest.mark.parametrize("place", PLACES, ids=lambda one: one.endpoint)


@pytest.fixture
def open_place(new_browser: Browsers) -> Callable[[Place], Browser]:
    """A user who may upload a file, on the page before its form."""

    def open_page(place: Place) -> Browser:
        material = make_material(
            make_session(speakers=(get_ada_marsh(),), title="Tides", slug="tides")
        )
        browser = new_browser()
        if place.is_public:
            begin(browser)
        elif place.is_speaker:
            sign_in_speaker(browser, get_ada_marsh())
        else:
            sign_in(browser)
        browser.open(place.address.format(material=material.key))
        return browser

    return open_page


@contextmanager
def another_transaction_writes() -> Iterator[None]:
    """Hold the write lock, as a long import would."""
    with closing(sqlite3.connect(db.engine.url.database or "", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


class Watcher:
    """Records which modules of `READERS` are called while the write lock is held."""

    def __init__(self) -> None:
        self.found: set[str] = set()

    def begin(self, *_: object) -> None:
        """Look on from now on, if the transaction that begins may write."""
        if is_writable.get():
            sys.setprofile(self._look)

    def end(self, *_: object) -> None:
        """Look away."""
        sys.setprofile(None)

    def _look(self, frame: Any, *_: object) -> None:
        module = str(frame.f_globals.get("__name__"))
        if module.startswith(READERS):
            self.found.add(module)


@pytest.fixture
def read_while_locked(site: Flask) -> Iterator[set[str]]:
    """The modules of `READERS` that were called while the write lock was held."""
    watcher = Watcher()
    listeners = (("begin", watcher.begin), ("commit", watcher.end), ("rollback", watcher.end))
    for name, listener in listeners:
        event.listen(db.engine, name, listener)
    yield watcher.found
    watcher.end()
    for name, listener in listeners:
        event.remove(db.engine, name, listener)


def test_every_page_with_a_file_upload_is_covered_here(site: Flask) -> None:
    assert {form.__name__ for form in FileForm.__subclasses__()} == {
        "UploadForm",
        "PhotoForm",
        "MaterialFileForm",
        "PictureForm",
        "LogoForm",
        "GroupFileForm",
        "ImportFileForm",
    }
    assert {one.endpoint for one in PLACES} == _endpoints_for_large_files(site)
    make_question(kind="file")
    asked = _endpoints_for_large_files(site) - {one.endpoint for one in PLACES}
    assert asked == set(ANSWERED)


def _endpoints_for_large_files(site: Flask) -> set[str]:
    """List the routes that take more than a form with words in it."""
    found, secret = set(), make_login_session(make_organiser())
    for rule in site.url_map.iter_rules():
        with site.test_request_context("/", method="POST"):
            usual = request.max_content_length
            guards.start_login_session(secret)
            for part in _blueprints_of(rule.endpoint):
                for function in site.url_value_preprocessors.get(part, ()):
                    function(rule.endpoint, {})
            if request.max_content_length != usual:
                assert is_reading_first(), rule.endpoint
                found.add(rule.endpoint)
    return found


def _blueprints_of(endpoint: str) -> list[str]:
    """Name the blueprints around a route, the outermost first."""
    parts = endpoint.split(".")[:-1]
    return [".".join(parts[: number + 1]) for number in range(len(parts))]


@every_place
def test_an_invalid_file_is_refused_while_another_transaction_writes(
    place: Place, open_place: Callable[[Place], Browser]
) -> None:
    browser = open_place(place)

    with another_transaction_writes():
        page = place.send(browser, b"not at all", status=422)

    assert page.errors == [place.refusal]


def test_the_mail_check_runs_while_another_transaction_writes(visitor: Browser) -> None:
    page = sign_in(visitor).open("/organise/letters/check")

    with another_transaction_writes():
        page = page.press("Check now")

    assert page.rows[0]["Checked"] == "Mail server"


@every_place
def test_no_uploaded_file_is_parsed_under_a_database_lock(
    place: Place, open_place: Callable[[Place], Browser], read_while_locked: set[str]
) -> None:
    browser = open_place(place)

    place.send(browser, place.good)

    assert read_while_locked == set()


@pytest.mark.parametrize("endpoint", ANSWERED)
def test_no_file_answer_is_parsed_under_a_database_lock(
    site: Flask, visitor: Browser, read_while_locked: set[str], endpoint: str
) -> None:
    make_question("Your card", kind="file")
    delegate = make_delegate()
    if endpoint == "bookings.answers.edit":
        with site.test_request_context("/"):
            token = links.booking_token(delegate)
        visitor.open(f"/booking/{token}/more")
    elif endpoint.startswith("admin."):
        address = f"{delegate.reference}/change" if endpoint.endswith("edit") else "_add"
        sign_in(visitor).open(f"/organise/delegates/{address}")
    else:
        with transaction():
            is_alone = endpoint.endswith("answer_one")
            questions.set_one_per_page(REGISTRATION, is_one_per_page=is_alone, actor="Olga")
        answer_questions(visitor, until="more", email="bea@example.org")
    asked = {"Your card (optional)": ("a.pdf", make_pdf())}

    page = visitor.press(ANSWERED[endpoint], asked, 422 if endpoint.endswith("add") else 200)

    assert "a.pdf" in page.text
    assert read_while_locked == set()


def test_a_stored_upload_is_parsed_before_the_database_lock(
    visitor: Browser, read_while_locked: set[str]
) -> None:
    content = json.loads(SMALL_CONFERENCE.read_text(encoding="utf-8"))
    content["sessions"][0]["title"] = "A grand opening"
    sign_in(visitor).open("/organise/files/upload")
    visitor.press("Preview changes", programme_file=("a.json", json.dumps(content).encode()))

    page = visitor.press("Load programme")

    assert page.heading == "Unpublished changes"
    assert read_while_locked == set()


def test_a_table_with_changed_columns_is_parsed_before_the_database_lock(
    visitor: Browser, read_while_locked: set[str]
) -> None:
    table = b"Was;Wo;Farbe\nHarbour walls;Great hall;tea\n"
    sign_in(visitor).open("/organise/files/upload")
    part = "Part of the programme"
    visitor.press(
        "Preview changes", programme_file=("a.csv", table), what_does_the_file_contain=part
    )

    page = visitor.press("Preview changes", column_a_was="Title of the session", column_b_wo="Room")
    assert "Session: Harbour walls (room)" in page.text
    page = visitor.press("Load programme")

    assert page.heading == "Unpublished changes"
    assert read_while_locked == set()


def test_a_photo_submitted_again_with_description_is_decoded_before_the_lock(
    visitor: Browser, read_while_locked: set[str]
) -> None:
    sign_in(visitor).open("/organise/speakers/ada-marsh/photo")

    page = visitor.press(SAVED, {"Picture": ("me.jpg", make_picture())}, 422)
    visitor.press(SAVED, WORDS)

    assert page.errors == ["Enter a description of the photo"]
    assert visitor.page.heading == "Ada Marsh"
    assert read_while_locked == set()


def test_a_new_crop_of_a_photo_is_rendered_before_the_database_lock(
    visitor: Browser, read_while_locked: set[str]
) -> None:
    sign_in(visitor).open("/organise/speakers/ada-marsh/photo")
    visitor.press(SAVED, {"Picture": ("me.jpg", make_picture()), **WORDS})
    visitor.open("/organise/speakers/ada-marsh/photo/part")

    page = visitor.press("Save crop", which_part_to_show="Left", zoom="Closer")

    assert page.heading == "Ada Marsh"
    assert read_while_locked == set()


class SlowBody(BytesIO):
    """An upload; each chunk arrives only while others could write."""

    def __init__(self, body: bytes) -> None:
        super().__init__(body)
        self._database = db.engine.url.database or ""

    def read(self, size: int | None = -1, /) -> bytes:
        """Give a piece, or fail because the database is locked."""
        with closing(sqlite3.connect(self._database, timeout=0, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            other.execute("ROLLBACK")
        return super().read(size)


@pytest.mark.parametrize(
    "address", ["/register/name", "/register/email", "/organise/sessions/opening/change"]
)
def test_the_database_is_not_locked_while_a_form_is_being_received(
    visitor: Browser, address: str
) -> None:
    sign_in(visitor)
    visitor.open("/register/name")
    visitor.press("Continue", given_names="Ada", family_name="Lovelace")
    form = b"email=ada%40example.org"

    answer = visitor.fetch(
        "POST",
        address,
        input_stream=SlowBody(form),
        content_length=len(form),
        content_type="application/x-www-form-urlencoded",
    )

    assert answer.status_code == 422


def test_parsing_under_a_database_lock_is_detected(read_while_locked: set[str]) -> None:
    """Control of the tests above: parsing within a transaction is detected."""
    with transaction():
        db.session.scalar(select(Material.id))
        uploads.read_programme(SMALL_CONFERENCE.read_bytes())
        photos.prepare_upload(make_picture())

    assert {"app.interchange.importers.detect", "PIL.Image"} <= read_while_locked


def test_a_file_given_to_a_command_is_parsed_before_the_database_lock(
    site: Flask, read_while_locked: set[str]
) -> None:
    db.session.commit()

    done = site.test_cli_runner().invoke(args=["load-programme", str(SMALL_CONFERENCE)])

    assert done.output == "Nothing changed\n"
    assert read_while_locked == set()
