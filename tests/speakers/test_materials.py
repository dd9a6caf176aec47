"""Materials: uploaded by speakers, released by organisers, downloaded by visitors."""

import json
import time
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from app.accounts.models import EDITOR, VIEWER
from app.database import db, transaction
from app.history.models import HistoryEntry
from app.interchange import services as interchange
from app.interchange.importers.detect import read_bytes
from app.materials import services as materials
from app.materials.file_validation import MAX_BYTES
from app.materials.files import CHUNK_BYTES
from app.materials.models import DownloadCount, Material, MaterialChunk
from app.programme.editing import session_queries
from app.programme.models import Appearance, Conference, Session
from app.speakers.models import ItemDeadline
from tests.browser import Browser, Browsers, Page
from tests.clock_helpers import age_cached_pages
from tests.factories import (
    SMALL_CONFERENCE,
    get_ada_marsh,
    make_session,
    make_speaker,
    publish_programme,
    sign_in,
    sign_in_speaker,
)
from tests.materials.sample_files import make_pdf, make_pptx
from tests.pages import read_text

OWN = "/speak/ada-marsh/materials"
HAND_IN = "Upload a file"
WHEN = "When should it be public?"


def trust(names: str = "slides") -> None:
    """Let these speaker fields be public without review."""
    with transaction():
        db.session.get_one(Conference, 1).trusted_fields = names


@pytest.fixture
def ada(visitor: Browser) -> Browser:
    """Ada, who may publish slides without review by default."""
    trust()
    return sign_in_speaker(visitor, get_ada_marsh())


@pytest.fixture
def reader(new_browser: Browsers) -> Browser:
    return new_browser()


@pytest.fixture
def editor(new_browser: Browsers) -> Browser:
    return sign_in(new_browser(), role=EDITOR)


def get_session_of_ada() -> Session:
    wanted = select(Session).join(Appearance).where(Appearance.speaker_id == get_ada_marsh().id)
    return db.session.scalars(wanted.order_by(Session.starts_at)).first() or make_session(
        speakers=(get_ada_marsh(),)
    )


def upload(
    who: Browser, body: bytes | None = None, when: str = "Now", status: int = 200, **more: Any
) -> Page:
    who.open(f"{OWN}/{get_session_of_ada().slug}/_file")
    answers = {"File": ("talk.pdf", body or make_pdf()), "Title": "Slides", WHEN: when, **more}
    return who.press("Upload file", answers, status)


def get_only_material() -> Material:
    return db.session.scalars(select(Material)).one()


@pytest.mark.both_databases
def test_the_same_file_with_the_same_title_is_stored_once(ada: Browser) -> None:
    upload(ada)

    again = upload(ada)
    other_words = upload(ada, title="Slides, once more")
    other_file = upload(ada, make_pdf(b"another"))

    assert "This file has already been uploaded, so it was not added again." in again.source
    assert "Saved." in other_words.source
    assert "Saved." in other_file.source
    titles = select(Material.title).order_by(Material.id)
    assert db.session.scalars(titles).all() == ["Slides", "Slides, once more", "Slides"]


def list_public_materials(reader: Browser) -> list[str]:
    page = reader.open(f"/sessions/{get_session_of_ada().slug}")
    return [words for words in page.links if words.startswith(("Slides", "Paper"))]


def line_of(page: Page) -> str:
    """How materials are listed on the speaker's checklist."""
    every = [
        read_text(row) for one in page.tree.find_by_class("answers") for row in one.iter("div")
    ]
    (line,) = [one for one in every if one.startswith("Slides and papers")]
    return line


def sentences() -> list[str]:
    about = select(HistoryEntry.summary).where(
        HistoryEntry.subject == f"session {get_session_of_ada().key}"
    )
    return list(db.session.scalars(about.order_by(HistoryEntry.id)))


@pytest.mark.both_databases
def test_a_speaker_uploads_slides_that_visitors_can_download(ada: Browser, reader: Browser) -> None:
    body = make_pdf(bytes(range(256)) * 1500)
    assert len(body) > CHUNK_BYTES

    page = upload(ada, body)

    assert page.heading == "Slides and papers"
    assert "Saved. It will be public at the time you chose." in page.source
    assert list_public_materials(reader) == ["Slides (PDF, 384 kB)"]
    answer = reader.fetch("GET", f"/materials/{get_only_material().key}")
    assert answer.data == body
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Content-Length"] == str(len(body))
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=")
    assert "Set-Cookie" not in answer.headers
    again = {"If-None-Match": answer.headers["ETag"]}
    assert reader.fetch("GET", f"/materials/{get_only_material().key}", again).status_code == 304
    assert sentences()[-1].endswith("Slides (PDF) was uploaded")


def test_a_download_supports_range_requests(ada: Browser, reader: Browser) -> None:
    body = make_pdf(bytes(range(256)) * 1500)
    upload(ada, body)
    address = f"/materials/{get_only_material().key}"

    for first, last in ((0, 9), (CHUNK_BYTES - 5, CHUNK_BYTES + 5), (len(body) - 3, len(body) - 1)):
        answer = reader.fetch("GET", address, {"Range": f"bytes={first}-{last}"})
        assert answer.status_code == 206
        assert answer.data == body[first : last + 1]
    assert reader.fetch("GET", address, {"Range": "bytes=99999999-"}).status_code == 416
    assert reader.fetch("HEAD", address).headers["Content-Length"] == str(len(body))


@pytest.mark.parametrize(
    ("when", "moment"),
    [("When the session starts", "starts_at"), ("When the session has ended", "ends_at")],
)
def test_a_material_becomes_public_at_the_chosen_time(  # noqa: PLR0913, PLR0917 - a table's
    ada: Browser,
    reader: Browser,
    frozen_time: Any,
    monkeypatch: pytest.MonkeyPatch,
    when: str,
    moment: str,
) -> None:
    upload(ada, when=when)
    at, key = getattr(get_session_of_ada(), moment), get_only_material().key
    frozen_time.move_to(at - timedelta(seconds=1))
    assert list_public_materials(reader) == []
    assert reader.fetch("GET", f"/materials/{key}").status_code == 404

    age_cached_pages(monkeypatch, timedelta(seconds=1.1))
    frozen_time.move_to(at)

    assert list_public_materials(reader) == ["Slides (PDF, 1 kB)"]
    assert reader.fetch("GET", f"/materials/{key}").status_code == 200


def test_a_material_can_wait_for_approval_by_an_organiser(
    ada: Browser, reader: Browser, editor: Browser
) -> None:
    upload(ada, when="When an organiser approves it")
    assert list_public_materials(reader) == []

    page = editor.open(f"/organise/sessions/{get_session_of_ada().slug}").follow(
        "Manage files and links"
    )
    assert "Waiting for approval" in page.text
    page = editor.press("Approve Slides")

    assert "Approved. It is public now" in page.source
    assert list_public_materials(reader) == ["Slides (PDF, 1 kB)"]
    assert sentences()[-1].endswith("Slides was approved")


def test_a_replaced_file_waits_for_approval_again(
    ada: Browser, reader: Browser, editor: Browser
) -> None:
    upload(ada, when="When an organiser approves it")
    shelf = f"/organise/sessions/{get_session_of_ada().slug}/materials"
    editor.open(shelf).press("Approve Slides")
    assert list_public_materials(reader) == ["Slides (PDF, 1 kB)"]

    ada.open(OWN).follow("Change Slides")
    ada.press("Save", {"Replace the file (optional)": ("other.pdf", make_pdf())})

    assert list_public_materials(reader) == []
    assert "Waiting for approval" in editor.open(shelf).text


def test_a_material_can_be_changed_replaced_and_deleted(ada: Browser, reader: Browser) -> None:
    upload(ada)
    key = get_only_material().key
    ada.open(OWN).follow("Change Slides")

    ada.press(
        "Save",
        {"Replace the file": ("new.pptx", make_pptx()), "Title": "Paper"},
    )

    assert list_public_materials(reader) == ["Paper (PPTX, 1 kB)"]
    answer = reader.fetch("GET", f"/materials/{key}")
    assert answer.data == make_pptx()
    assert answer.headers["Content-Type"].endswith("presentationml.presentation")
    ada.open(OWN).follow("Change Paper")
    assert "There were no changes to save" in ada.press("Save").source
    ada.open(OWN).follow("Delete Paper")
    page = ada.press("Delete")
    assert "Deleted. It is no longer public. You can restore it for a week." in page.source
    assert list_public_materials(reader) == []
    gone = reader.fetch("GET", f"/materials/{key}")
    assert gone.status_code == 404


def test_a_link_can_be_added_instead_of_a_file(ada: Browser, reader: Browser) -> None:
    ada.open(f"{OWN}/{get_session_of_ada().slug}/_link")
    page = ada.press(
        "Add link", {"Web address": "http://a.example", "Title": "Slides", WHEN: "Now"}, 422
    )
    assert page.error_for("Web address").startswith("The web address must start with https://")
    assert page.value_of("Title") == "Slides"

    ada.press("Add link", {"Web address": "https://slides.example/1?utm_source=x"})

    page = reader.open(f"/sessions/{get_session_of_ada().slug}")
    assert page.links["Slides"] == "https://slides.example/1"
    assert reader.fetch("GET", f"/materials/{get_only_material().key}").status_code == 404
    ada.open(OWN).follow("Change Slides")
    ada.press("Save", {"Title": "Paper"})
    assert list_public_materials(reader) == ["Paper"]
    key = get_only_material().key
    address = f"{OWN}/{get_session_of_ada().slug}/{key}/file"
    assert ada.fetch("GET", address).status_code == 404


def test_an_invalid_upload_is_refused_and_typed_values_are_kept(ada: Browser) -> None:
    page = upload(ada, b"<html>", "When the session starts", 422)
    assert page.errors == ["Choose a PDF, ODP or PPTX file. Save any other file as a PDF first"]
    assert page.value_of("Title") == "Slides"
    assert page.value_of(WHEN) == "When the session starts"

    page = ada.press("Upload file", {"Title": "…"}, 422)
    assert page.error_for("File") == "Choose a file"
    assert db.session.scalars(select(Material)).all() == []
    assert sentences() == []


def test_a_session_can_have_at_most_12_materials(ada: Browser) -> None:
    for number in range(12):
        upload(ada, title=f"Slides {number}")

    page = upload(ada, status=422)

    assert page.errors == ["A session can have 12 files and links: delete one first"]


def send_oversized(browser: Browser, body: bytes, where: str) -> Page:
    """Send a large file, as a browser does; the test client would leave files of its own open."""
    token = browser.open(f"{OWN}/{get_session_of_ada().slug}/_file").tree.find_by_id("csrf_token")
    fields = {
        "csrf_token": "" if token is None else token.get("value"),
        "title": "Slides",
        "opens": "now",
    }
    parts = [
        f'--part\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    about = '--part\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n'
    whole = "".join([*parts, about]).encode() + body + b"\r\n--part--\r\n"
    headers = {"Content-Type": "multipart/form-data; boundary=part"}
    return Page(browser, browser.fetch("POST", where, headers, data=whole), where)


def test_a_material_can_have_at_most_50_mb(ada: Browser) -> None:
    full = make_pdf()
    full = make_pdf(bytes(MAX_BYTES - len(full)))
    where = f"{OWN}/{get_session_of_ada().slug}/_file"

    assert send_oversized(ada, full, where).status == 303
    assert get_only_material().size == MAX_BYTES
    for more, status in ((1, 422), (2 * 1024 * 1024, 413)):
        page = send_oversized(ada, full + bytes(more), where)
        assert (page.status, page.heading) == (status, "Upload a file")
        assert page.errors == ["The file must be smaller than 50 MB"]


def test_large_bodies_are_accepted_only_for_uploads_by_speakers(
    ada: Browser, reader: Browser
) -> None:
    where = f"{OWN}/{get_session_of_ada().slug}"

    assert send_oversized(ada, bytes(200_000), f"{where}/_link").status == 413
    headers = {"Content-Type": "multipart/form-data; boundary=part"}
    answer = reader.fetch("POST", f"{where}/_file", headers, data=bytes(200_000))
    assert answer.status_code == 413


def test_materials_of_another_speaker_are_not_found(ada: Browser, new_browser: Browsers) -> None:
    upload(ada)
    key, slug = get_only_material().key, get_session_of_ada().slug
    other = make_speaker(name="Somebody Else", slug="somebody")
    theirs = make_session(speakers=(other,), slug="theirs")
    somebody = sign_in_speaker(new_browser(), other, "else@example.org")

    for address in (
        f"/speak/somebody/materials/{slug}/_file",
        f"/speak/somebody/materials/{slug}/{key}",
        f"/speak/somebody/materials/{theirs.slug}/{key}",
        f"/speak/somebody/materials/{theirs.slug}/{key}/file",
        f"/speak/somebody/materials/{theirs.slug}/{key}/remove",
        f"/speak/ada-marsh/materials/{slug}/{key}",
    ):
        assert somebody.fetch("GET", address).status_code == 404, address


def test_a_viewer_sees_materials_but_cannot_change_them(
    ada: Browser, new_browser: Browsers
) -> None:
    upload(ada)
    viewer = sign_in(new_browser(), "hedy@conference.example", role=VIEWER)

    page = viewer.open(f"/organise/sessions/{get_session_of_ada().slug}/materials")

    assert "Slides" in page.text
    assert not [link for link in page.links if link.startswith(HAND_IN)]
    assert "Change Slides" not in page.links


@pytest.mark.both_databases
def test_downloads_are_counted_anonymously(
    ada: Browser, reader: Browser, new_browser: Browsers, frozen_time: Any
) -> None:
    upload(ada)
    address = f"/materials/{get_only_material().key}"
    for _ in range(2):
        reader.fetch("GET", address)
    reader.fetch("HEAD", address)
    reader.fetch("GET", address, {"Range": "bytes=5-9"})
    frozen_time.shift(timedelta(days=1))
    reader.fetch("GET", address, {"Range": "bytes=0-9"})

    editor = sign_in(new_browser(), role=EDITOR)
    page = editor.open(f"/organise/sessions/{get_session_of_ada().slug}/materials")

    assert "Downloaded 3 times" in page.text
    counts = db.session.execute(select(DownloadCount.day, DownloadCount.count)).all()
    assert sorted(count for _, count in counts) == [1, 2]


@pytest.mark.both_databases
def test_downloads_do_not_wait_for_the_locked_counter(ada: Browser, reader: Browser) -> None:
    upload(ada)
    address = f"/materials/{get_only_material().key}"
    reader.fetch("GET", address)
    reader._before_request = lambda: None  # noqa: SLF001 - the story goes on holding what it has written
    began = time.monotonic()
    with db.engine.begin() as somebody:
        somebody.execute(update(DownloadCount).values(count=DownloadCount.count))
        answer = reader.fetch("GET", address)
    took = time.monotonic() - began

    assert answer.status_code == 200
    assert took < 15  # a writer would wait for 20 seconds
    assert db.session.scalar(select(func.sum(DownloadCount.count))) == 1


def test_the_checklist_shows_the_number_of_uploaded_materials(ada: Browser) -> None:
    assert line_of(ada.open("/speak/ada-marsh")) == "Slides and papers Optional"

    upload(ada)

    assert line_of(ada.open("/speak/ada-marsh")) == "Slides and papers 1 uploaded"


def test_materials_become_a_task_with_a_deadline(ada: Browser) -> None:
    with transaction():
        db.session.add(ItemDeadline(item="materials", due_on=date(2009, 6, 1)))

    before = line_of(ada.open("/speak/ada-marsh"))
    upload(ada)
    after = line_of(ada.open("/speak/ada-marsh"))

    assert before == "Slides and papers To do Due by Monday 1 June 2009"
    assert after == "Slides and papers 1 uploaded"


def test_upload_links_name_their_session(ada: Browser) -> None:
    make_session(title="Knots", slug="knots", speakers=(get_ada_marsh(),))

    page = ada.open(OWN)

    assert page.links["Upload a file: Knots"] == f"{OWN}/knots/_file"
    assert page.links["Add a link: Knots"] == f"{OWN}/knots/_link"
    assert {HAND_IN, "Add a link"}.isdisjoint(page.links)
    assert ada.follow("Upload a file: Knots").heading == HAND_IN


def test_materials_of_an_unpublished_session_are_not_public(ada: Browser, reader: Browser) -> None:
    session = make_session(speakers=(get_ada_marsh(),), slug="new-one", title="New one")
    ada.open(f"{OWN}/new-one/_file")
    ada.press("Upload file", {"File": ("talk.pdf", make_pdf()), "Title": "Slides", WHEN: "Now"})
    address = f"/materials/{get_only_material().key}"
    assert reader.fetch("GET", address).status_code == 404

    publish_programme()

    assert reader.fetch("GET", address).status_code == 200
    session_queries.get_session(session.slug).withdrawn_at = session.starts_at
    publish_programme()
    assert reader.fetch("GET", address).status_code == 404


@pytest.mark.parametrize("count", [1, 3])
def test_the_materials_page_needs_a_constant_number_of_queries(
    ada: Browser, queries: list[str], count: int
) -> None:
    for number in range(count):
        make_session(speakers=(get_ada_marsh(),), slug=f"more-{number}")
        upload(ada)
    queries.clear()

    ada.open(OWN)

    assert len([one for one in queries if "FROM site_state" not in one]) == 10


def test_a_public_page_with_materials_needs_no_extra_queries(
    ada: Browser, reader: Browser, queries: list[str]
) -> None:
    upload(ada)
    reader.open("/programme")
    queries.clear()

    assert list_public_materials(reader) == ["Slides (PDF, 1 kB)"]

    asked = [
        one for one in queries if "FROM site_state" not in one and "FROM session JOIN" not in one
    ]
    assert [one for one in asked if "appearance" not in one and "FROM speaker" not in one] == []


def make_co_speaker(browser: Browser) -> Browser:
    """Ben, who speaks in the same session as Ada and is signed in."""
    ben = make_speaker(name="Ben Okri", slug="ben-okri")
    session = get_session_of_ada()
    with transaction():
        db.session.add(Appearance(session_id=session.id, speaker_id=ben.id, position=9))
    publish_programme()
    return sign_in_speaker(browser, ben, "ben@example.org")


@pytest.mark.both_databases
def test_uploads_wait_for_approval_unless_auto_approved(
    ada: Browser, reader: Browser, editor: Browser
) -> None:
    trust("")

    page = upload(ada)

    assert "Saved. An organiser will check it before it is public." in page.source
    assert "Waiting for approval" in page.text
    assert list_public_materials(reader) == []
    assert reader.fetch("GET", f"/materials/{get_only_material().key}").status_code == 404
    assert "session with slides or papers to approve" in editor.open("/organise").text
    editor.open(f"/organise/sessions/{get_session_of_ada().slug}/materials").press("Approve Slides")
    assert list_public_materials(reader) == ["Slides (PDF, 1 kB)"]

    ada.open(OWN).follow("Change Slides")
    ada.press("Save", {WHEN: "When the session starts"})
    assert get_only_material().released_at is not None
    ada.open(OWN).follow("Change Slides")
    page = ada.press("Save", {"Title": "Buy my book"})

    assert "Saved. An organiser will check it before it is public." in page.source
    assert get_only_material().released_at is None


def test_uploads_by_organisers_need_no_approval(editor: Browser, reader: Browser) -> None:
    editor.open(f"/organise/sessions/{get_session_of_ada().slug}/materials/_file")
    page = editor.press(
        "Upload file", {"File": ("talk.pdf", make_pdf()), "Title": "Slides", WHEN: "Now"}
    )

    assert "Saved. It will be public at the time you chose." in page.source
    assert list_public_materials(reader) == ["Slides (PDF, 1 kB)"]


@pytest.mark.both_databases
def test_materials_for_technicians_are_never_public(
    ada: Browser, reader: Browser, editor: Browser, frozen_time: Any
) -> None:
    page = upload(ada, when="Never. It is only for technicians")

    assert (
        "Saved. It will not be public. Only organisers, technicians and the other speakers in "
        "the session can see it." in page.source
    )
    assert "Waiting for approval" not in page.text
    shelf = f"/organise/sessions/{get_session_of_ada().slug}/materials"
    assert "Approve Slides" not in editor.open(shelf).text
    assert editor.fetch("GET", f"{shelf}/{get_only_material().key}/file").data == make_pdf()
    frozen_time.shift(timedelta(days=400))
    assert reader.fetch("GET", f"/materials/{get_only_material().key}").status_code == 404


def consent(ada: Browser, slides: str) -> None:
    ada.open("/speak/ada-marsh/consent")
    answers = {"May we publish a recording of your talk?": "Yes"}
    ada.press("Save", {**answers, "May we publish your slides?": slides})


@pytest.mark.both_databases
def test_materials_are_public_only_with_the_consent_of_the_speaker(
    ada: Browser, reader: Browser, editor: Browser
) -> None:
    upload(ada)
    editor.open(f"/organise/sessions/{get_session_of_ada().slug}/materials/_link")
    link = {"Web address": "https://slides.example", "Title": "Paper", WHEN: "Now"}
    editor.press("Add link", link)
    assert list_public_materials(reader) == ["Slides (PDF, 1 kB)", "Paper"]

    consent(ada, "No")

    assert list_public_materials(reader) == []
    address = f"/materials/{db.session.scalars(select(Material.key)).first()}"
    assert reader.fetch("GET", address).status_code == 404
    why = "Ada Marsh has not agreed to their slides being published, or has withdrawn."
    assert ada.open(OWN).text.count(why) == 2
    consent(ada, "Yes")
    assert list_public_materials(reader) == ["Slides (PDF, 1 kB)", "Paper"]


@pytest.mark.both_databases
def test_materials_of_a_withdrawn_speaker_are_not_public(
    ada: Browser, reader: Browser, editor: Browser, new_browser: Browsers
) -> None:
    ben = make_co_speaker(new_browser())
    upload(ada)
    ben.open(f"/speak/ben-okri/materials/{get_session_of_ada().slug}/_file")
    ben.press("Upload file", {"File": ("b.pdf", make_pdf(b"b")), "Title": "Paper", WHEN: "Now"})
    assert list_public_materials(reader) == ["Slides (PDF, 1 kB)", "Paper (PDF, 1 kB)"]

    editor.open("/organise/speakers/ada-marsh/withdraw").press("Withdraw")

    assert list_public_materials(reader) == ["Paper (PDF, 1 kB)"]
    page = upload(ada, make_pdf(b"more"), status=422)
    assert page.errors == ["You have withdrawn, so you cannot change this here"]
    editor.open("/organise/speakers/ada-marsh").press("Restore")
    assert list_public_materials(reader) == ["Slides (PDF, 1 kB)", "Paper (PDF, 1 kB)"]


def test_materials_of_a_speaker_withdrawn_by_an_import_are_not_public(
    ada: Browser, reader: Browser
) -> None:
    upload(ada)
    address = f"/sessions/{get_session_of_ada().slug}"
    assert "Slides (PDF, 1 kB)" in reader.open(address).links
    content = json.loads(SMALL_CONFERENCE.read_text(encoding="utf-8"))
    content["speakers"] = [one for one in content["speakers"] if one["slug"] != "ada-marsh"]
    for session in content["sessions"]:
        parts = session.get("appearances", [])
        session["appearances"] = [one for one in parts if one["speaker"] != "ada-marsh"]
    reading = read_bytes(json.dumps(content).encode())

    with transaction():
        interchange.load(reading)

    assert "Slides (PDF, 1 kB)" not in reader.open(address).links


def test_materials_of_a_speaker_removed_from_a_session_stop_being_public_when_published(
    ada: Browser, reader: Browser, new_browser: Browsers
) -> None:
    make_co_speaker(new_browser())
    upload(ada)
    with transaction():
        theirs = Appearance.speaker_id == get_ada_marsh().id
        session = get_session_of_ada()
        session.appearances = [
            one for one in session.appearances if one.speaker_id != get_ada_marsh().id
        ]
        assert not db.session.scalars(
            select(Appearance).where(theirs, Appearance.session_id == session.id)
        ).all()
    still = reader.open(f"/sessions/{session.slug}")
    assert "Slides (PDF, 1 kB)" in still.links

    publish_programme()

    assert "Slides (PDF, 1 kB)" not in reader.open(f"/sessions/{session.slug}").links


def test_a_co_speaker_sees_all_materials_but_changes_only_their_own(
    ada: Browser, editor: Browser, new_browser: Browsers
) -> None:
    ben = make_co_speaker(new_browser())
    upload(ada)
    shelf, key = f"/speak/ben-okri/materials/{get_session_of_ada().slug}", get_only_material().key

    page = ben.open("/speak/ben-okri/materials")

    assert "Uploaded for Ada Marsh" in page.text
    assert "ada@example.org" not in page.text
    assert "Change Slides" not in page.links
    assert "Delete Slides" not in page.links
    for address in (f"{shelf}/{key}", f"{shelf}/{key}/remove"):
        refused = ben.open(address, 403)
        assert "Someone else uploaded this" in refused.text
    page = editor.open(f"/organise/sessions/{get_session_of_ada().slug}/materials")
    assert "Uploaded for Ada Marsh" in page.text
    assert "ada@example.org" in page.text
    editor.follow("Delete Slides")
    assert "Deleted. It is no longer public." in editor.press("Delete").source


@pytest.mark.both_databases
def test_a_deleted_material_can_be_restored_for_a_week(
    ada: Browser, reader: Browser, frozen_time: Any
) -> None:
    upload(ada)
    ada.open(OWN).follow("Delete Slides")
    page = ada.press("Delete")
    assert "It can be restored until" in page.text
    assert list_public_materials(reader) == []
    frozen_time.shift(timedelta(days=6))
    materials.purge_deleted()
    db.session.commit()
    sign_in_speaker(ada, get_ada_marsh(), "ada.marsh@example.org")

    page = ada.open(OWN).press("Restore Slides")

    assert "Restored." in page.source
    assert list_public_materials(reader) == ["Slides (PDF, 1 kB)"]
    assert sentences()[-2:] == [
        f"{get_session_of_ada().title}: Slides was deleted",
        f"{get_session_of_ada().title}: Slides was restored",
    ]
    ada.open(OWN).follow("Delete Slides")
    ada.press("Delete")
    frozen_time.shift(timedelta(days=7, seconds=1))
    materials.purge_deleted()
    db.session.commit()
    assert db.session.scalars(select(Material)).all() == []
    assert db.session.scalar(select(func.count()).select_from(MaterialChunk)) == 0


def test_a_material_deleted_by_an_organiser_needs_approval_when_restored(
    ada: Browser, reader: Browser, editor: Browser
) -> None:
    trust("")
    upload(ada)
    shelf = f"/organise/sessions/{get_session_of_ada().slug}/materials"
    editor.open(shelf).press("Approve Slides")
    editor.open(shelf).follow("Delete Slides")
    editor.press("Delete")

    ada.open(OWN).press("Restore Slides")

    assert list_public_materials(reader) == []
    editor.open(shelf).press("Approve Slides")
    assert list_public_materials(reader) == ["Slides (PDF, 1 kB)"]


def test_a_stale_edit_of_a_material_is_refused(
    ada: Browser, new_browser: Browsers, reader: Browser
) -> None:
    upload(ada)
    helper = sign_in_speaker(new_browser(), get_ada_marsh(), "helper@example.org")
    change = ada.open(OWN).follow("Change Slides")
    removal = ada.open(OWN).follow("Delete Slides")
    helper.open(OWN).follow("Change Slides")
    helper.press("Save", {"Title": "Slides, final"})

    late = change.press("Save", {"Title": "Slides, old"}, status=409)
    too_late = removal.press("Delete", status=409)

    assert late.error_for("Title").startswith("Someone else has changed this")
    assert late.value_of("Title") == "Slides, old"
    assert "Someone else has changed this" in too_late.text
    assert list_public_materials(reader) == ["Slides, final (PDF, 1 kB)"]
    late.press("Save")
    assert list_public_materials(reader) == ["Slides, old (PDF, 1 kB)"]
