"""Slides and papers: handed in by speakers, released by organisers, taken along by readers."""

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
from tests.passing_time import age_cached_pages

OWN = "/speak/ada-marsh/materials"
HAND_IN = "Upload a file"
WHEN = "When should it be public?"


def trust(names: str = "slides") -> None:
    """Let these fields of speakers be public without anybody looking at them first."""
    with transaction():
        db.session.get_one(Conference, 1).trusted_fields = names


@pytest.fixture
def ada(visitor: Browser) -> Browser:
    """Ada, whom the organisers trust with her slides unless a story says otherwise."""
    trust()
    return sign_in_speaker(visitor, get_ada_marsh())


@pytest.fixture
def reader(new_browser: Browsers) -> Browser:
    return new_browser()


@pytest.fixture
def editor(new_browser: Browsers) -> Browser:
    return sign_in(new_browser(), role=EDITOR)


def her_session() -> Session:
    wanted = select(Session).join(Appearance).where(Appearance.speaker_id == get_ada_marsh().id)
    return db.session.scalars(wanted.order_by(Session.starts_at)).first() or make_session(
        speakers=(get_ada_marsh(),)
    )


def handed_in(
    who: Browser, body: bytes | None = None, when: str = "Now", status: int = 200, **more: Any
) -> Page:
    who.open(f"{OWN}/{her_session().slug}/_file")
    answers = {"File": ("talk.pdf", body or make_pdf()), "Title": "Slides", WHEN: when, **more}
    return who.press("Upload file", answers, status)


def the_material() -> Material:
    return db.session.scalars(select(Material)).one()


@pytest.mark.both_databases
def test_the_same_file_under_the_same_name_is_kept_once(ada: Browser) -> None:
    handed_in(ada)

    again = handed_in(ada)
    other_words = handed_in(ada, title="Slides, once more")
    other_file = handed_in(ada, make_pdf(b"another"))

    assert "This file has already been uploaded, so it was not added again." in again.source
    assert "Saved." in other_words.source
    assert "Saved." in other_file.source
    titles = select(Material.title).order_by(Material.id)
    assert db.session.scalars(titles).all() == ["Slides", "Slides, once more", "Slides"]


def seen(reader: Browser) -> list[str]:
    page = reader.open(f"/sessions/{her_session().slug}")
    return [words for words in page.links if words.startswith(("Slides", "Paper"))]


def line_of(page: Page) -> str:
    """How slides and papers stand in a speaker's list."""
    every = [
        read_text(row) for one in page.tree.find_by_class("answers") for row in one.iter("div")
    ]
    (line,) = [one for one in every if one.startswith("Slides and papers")]
    return line


def sentences() -> list[str]:
    about = select(HistoryEntry.summary).where(
        HistoryEntry.subject == f"session {her_session().key}"
    )
    return list(db.session.scalars(about.order_by(HistoryEntry.id)))


@pytest.mark.both_databases
def test_slides_are_handed_in_on_a_telephone_and_readers_take_them_along(
    ada: Browser, reader: Browser
) -> None:
    body = make_pdf(bytes(range(256)) * 1500)
    assert len(body) > CHUNK_BYTES

    page = handed_in(ada, body)

    assert page.heading == "Slides and papers"
    assert "Saved. It will be public at the time you chose." in page.source
    assert seen(reader) == ["Slides (PDF, 384 kB)"]
    answer = reader.fetch("GET", f"/materials/{the_material().key}")
    assert answer.data == body
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Content-Length"] == str(len(body))
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=")
    assert "Set-Cookie" not in answer.headers
    again = {"If-None-Match": answer.headers["ETag"]}
    assert reader.fetch("GET", f"/materials/{the_material().key}", again).status_code == 304
    assert sentences()[-1].endswith("Slides (PDF) was uploaded")


def test_a_part_of_a_file_can_be_asked_for(ada: Browser, reader: Browser) -> None:
    body = make_pdf(bytes(range(256)) * 1500)
    handed_in(ada, body)
    address = f"/materials/{the_material().key}"

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
def test_readers_see_it_from_the_moment_that_was_chosen(  # noqa: PLR0913, PLR0917 - a table's
    ada: Browser,
    reader: Browser,
    frozen_time: Any,
    monkeypatch: pytest.MonkeyPatch,
    when: str,
    moment: str,
) -> None:
    handed_in(ada, when=when)
    at, key = getattr(her_session(), moment), the_material().key
    frozen_time.move_to(at - timedelta(seconds=1))
    assert seen(reader) == []
    assert reader.fetch("GET", f"/materials/{key}").status_code == 404

    age_cached_pages(monkeypatch, timedelta(seconds=1.1))
    frozen_time.move_to(at)

    assert seen(reader) == ["Slides (PDF, 1 kB)"]
    assert reader.fetch("GET", f"/materials/{key}").status_code == 200


def test_it_waits_for_the_organisers_word_where_somebody_wants_that(
    ada: Browser, reader: Browser, editor: Browser
) -> None:
    handed_in(ada, when="When an organiser approves it")
    assert seen(reader) == []

    page = editor.open(f"/organise/sessions/{her_session().slug}").follow("Manage files and links")
    assert "Waiting for approval" in page.text
    page = editor.press("Approve Slides")

    assert "Approved. It is public now" in page.source
    assert seen(reader) == ["Slides (PDF, 1 kB)"]
    assert sentences()[-1].endswith("Slides was approved")


def test_another_file_waits_for_the_organisers_word_again(
    ada: Browser, reader: Browser, editor: Browser
) -> None:
    handed_in(ada, when="When an organiser approves it")
    shelf = f"/organise/sessions/{her_session().slug}/materials"
    editor.open(shelf).press("Approve Slides")
    assert seen(reader) == ["Slides (PDF, 1 kB)"]

    ada.open(OWN).follow("Change Slides")
    ada.press("Save", {"Replace the file (optional)": ("other.pdf", make_pdf())})

    assert seen(reader) == []
    assert "Waiting for approval" in editor.open(shelf).text


def test_what_was_handed_in_can_be_changed_replaced_and_taken_away(
    ada: Browser, reader: Browser
) -> None:
    handed_in(ada)
    key = the_material().key
    ada.open(OWN).follow("Change Slides")

    ada.press(
        "Save",
        {"Replace the file": ("new.pptx", make_pptx()), "Title": "Paper"},
    )

    assert seen(reader) == ["Paper (PPTX, 1 kB)"]
    answer = reader.fetch("GET", f"/materials/{key}")
    assert answer.data == make_pptx()
    assert answer.headers["Content-Type"].endswith("presentationml.presentation")
    ada.open(OWN).follow("Change Paper")
    assert "There were no changes to save" in ada.press("Save").source
    ada.open(OWN).follow("Delete Paper")
    page = ada.press("Delete")
    assert "Deleted. It is no longer public. You can restore it for a week." in page.source
    assert seen(reader) == []
    gone = reader.fetch("GET", f"/materials/{key}")
    assert gone.status_code == 404


def test_a_link_is_given_instead(ada: Browser, reader: Browser) -> None:
    ada.open(f"{OWN}/{her_session().slug}/_link")
    page = ada.press(
        "Add link", {"Web address": "http://a.example", "Title": "Slides", WHEN: "Now"}, 422
    )
    assert page.error_for("Web address").startswith("The web address must start with https://")
    assert page.value_of("Title") == "Slides"

    ada.press("Add link", {"Web address": "https://slides.example/1?utm_source=x"})

    page = reader.open(f"/sessions/{her_session().slug}")
    assert page.links["Slides"] == "https://slides.example/1"
    assert reader.fetch("GET", f"/materials/{the_material().key}").status_code == 404
    ada.open(OWN).follow("Change Slides")
    ada.press("Save", {"Title": "Paper"})
    assert seen(reader) == ["Paper"]
    key = the_material().key
    address = f"{OWN}/{her_session().slug}/{key}/file"
    assert ada.fetch("GET", address).status_code == 404


def test_what_cannot_be_taken_is_refused_and_what_was_typed_is_kept(ada: Browser) -> None:
    page = handed_in(ada, b"<html>", "When the session starts", 422)
    assert page.errors == ["Choose a PDF, ODP or PPTX file. Save any other file as a PDF first"]
    assert page.value_of("Title") == "Slides"
    assert page.value_of(WHEN) == "When the session starts"

    page = ada.press("Upload file", {"Title": "…"}, 422)
    assert page.error_for("File") == "Choose a file"
    assert db.session.scalars(select(Material)).all() == []
    assert sentences() == []


def test_a_session_takes_no_more_than_a_dozen(ada: Browser) -> None:
    for number in range(12):
        handed_in(ada, title=f"Slides {number}")

    page = handed_in(ada, status=422)

    assert page.errors == ["A session can have 12 files and links: delete one first"]


def sent(browser: Browser, body: bytes, where: str) -> Page:
    """Send a large file, as a browser does; the test client would leave files of its own open."""
    token = browser.open(f"{OWN}/{her_session().slug}/_file").tree.find_by_id("csrf_token")
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


def test_a_file_may_have_50_mb_and_no_more(ada: Browser) -> None:
    full = make_pdf()
    full = make_pdf(bytes(MAX_BYTES - len(full)))
    where = f"{OWN}/{her_session().slug}/_file"

    assert sent(ada, full, where).status == 303
    assert the_material().size == MAX_BYTES
    for more, status in ((1, 422), (2 * 1024 * 1024, 413)):
        page = sent(ada, full + bytes(more), where)
        assert (page.status, page.heading) == (status, "Upload a file")
        assert page.errors == ["The file must be smaller than 50 MB"]


def test_nothing_else_takes_as_much_and_strangers_may_send_nothing(
    ada: Browser, reader: Browser
) -> None:
    where = f"{OWN}/{her_session().slug}"

    assert sent(ada, bytes(200_000), f"{where}/_link").status == 413
    headers = {"Content-Type": "multipart/form-data; boundary=part"}
    answer = reader.fetch("POST", f"{where}/_file", headers, data=bytes(200_000))
    assert answer.status_code == 413


def test_another_speakers_session_and_file_are_not_found(
    ada: Browser, new_browser: Browsers
) -> None:
    handed_in(ada)
    key, slug = the_material().key, her_session().slug
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


def test_a_viewer_sees_what_there_is_and_is_offered_nothing(
    ada: Browser, new_browser: Browsers
) -> None:
    handed_in(ada)
    viewer = sign_in(new_browser(), "hedy@conference.example", role=VIEWER)

    page = viewer.open(f"/organise/sessions/{her_session().slug}/materials")

    assert "Slides" in page.text
    assert not [link for link in page.links if link.startswith(HAND_IN)]
    assert "Change Slides" not in page.links


@pytest.mark.both_databases
def test_downloads_are_counted_and_nobody_is_known_by_them(
    ada: Browser, reader: Browser, new_browser: Browsers, frozen_time: Any
) -> None:
    handed_in(ada)
    address = f"/materials/{the_material().key}"
    for _ in range(2):
        reader.fetch("GET", address)
    reader.fetch("HEAD", address)
    reader.fetch("GET", address, {"Range": "bytes=5-9"})
    frozen_time.shift(timedelta(days=1))
    reader.fetch("GET", address, {"Range": "bytes=0-9"})

    editor = sign_in(new_browser(), role=EDITOR)
    page = editor.open(f"/organise/sessions/{her_session().slug}/materials")

    assert "Downloaded 3 times" in page.text
    counts = db.session.execute(select(DownloadCount.day, DownloadCount.count)).all()
    assert sorted(count for _, count in counts) == [1, 2]


@pytest.mark.both_databases
def test_readers_do_not_wait_for_the_count(ada: Browser, reader: Browser) -> None:
    handed_in(ada)
    address = f"/materials/{the_material().key}"
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


def test_the_speakers_list_tells_what_was_handed_in(ada: Browser) -> None:
    assert line_of(ada.open("/speak/ada-marsh")) == "Slides and papers Optional"

    handed_in(ada)

    assert line_of(ada.open("/speak/ada-marsh")) == "Slides and papers 1 uploaded"


def test_slides_are_left_to_do_once_a_day_is_named_for_them(ada: Browser) -> None:
    with transaction():
        db.session.add(ItemDeadline(item="materials", due_on=date(2009, 6, 1)))

    before = line_of(ada.open("/speak/ada-marsh"))
    handed_in(ada)
    after = line_of(ada.open("/speak/ada-marsh"))

    assert before == "Slides and papers To do Due by Monday 1 June 2009"
    assert after == "Slides and papers 1 uploaded"


def test_the_ways_to_hand_in_say_for_which_session(ada: Browser) -> None:
    make_session(title="Knots", slug="knots", speakers=(get_ada_marsh(),))

    page = ada.open(OWN)

    assert page.links["Upload a file: Knots"] == f"{OWN}/knots/_file"
    assert page.links["Add a link: Knots"] == f"{OWN}/knots/_link"
    assert {HAND_IN, "Add a link"}.isdisjoint(page.links)
    assert ada.follow("Upload a file: Knots").heading == HAND_IN


def test_materials_of_a_session_that_readers_do_not_see_are_not_seen(
    ada: Browser, reader: Browser
) -> None:
    session = make_session(speakers=(get_ada_marsh(),), slug="new-one", title="New one")
    ada.open(f"{OWN}/new-one/_file")
    ada.press("Upload file", {"File": ("talk.pdf", make_pdf()), "Title": "Slides", WHEN: "Now"})
    address = f"/materials/{the_material().key}"
    assert reader.fetch("GET", address).status_code == 404

    publish_programme()

    assert reader.fetch("GET", address).status_code == 200
    session_queries.get_session(session.slug).withdrawn_at = session.starts_at
    publish_programme()
    assert reader.fetch("GET", address).status_code == 404


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_asks_the_same_few_questions(ada: Browser, queries: list[str], count: int) -> None:
    for number in range(count):
        make_session(speakers=(get_ada_marsh(),), slug=f"more-{number}")
        handed_in(ada)
    queries.clear()

    ada.open(OWN)

    assert len([one for one in queries if "FROM site_state" not in one]) == 10


def test_a_page_of_readers_with_materials_asks_the_database_nothing(
    ada: Browser, reader: Browser, queries: list[str]
) -> None:
    handed_in(ada)
    reader.open("/programme")
    queries.clear()

    assert seen(reader) == ["Slides (PDF, 1 kB)"]

    asked = [
        one for one in queries if "FROM site_state" not in one and "FROM session JOIN" not in one
    ]
    assert [one for one in asked if "appearance" not in one and "FROM speaker" not in one] == []


def make_co_speaker(browser: Browser) -> Browser:
    """Ben, who speaks in the same session as Ada and is signed in."""
    ben = make_speaker(name="Ben Okri", slug="ben-okri")
    session = her_session()
    with transaction():
        db.session.add(Appearance(session_id=session.id, speaker_id=ben.id, position=9))
    publish_programme()
    return sign_in_speaker(browser, ben, "ben@example.org")


@pytest.mark.both_databases
def test_slides_wait_until_an_organiser_has_looked_at_them(
    ada: Browser, reader: Browser, editor: Browser
) -> None:
    trust("")

    page = handed_in(ada)

    assert "Saved. An organiser will check it before it is public." in page.source
    assert "Waiting for approval" in page.text
    assert seen(reader) == []
    assert reader.fetch("GET", f"/materials/{the_material().key}").status_code == 404
    assert "session with slides or papers to approve" in editor.open("/organise").text
    editor.open(f"/organise/sessions/{her_session().slug}/materials").press("Approve Slides")
    assert seen(reader) == ["Slides (PDF, 1 kB)"]

    ada.open(OWN).follow("Change Slides")
    ada.press("Save", {WHEN: "When the session starts"})
    assert the_material().released_at is not None
    ada.open(OWN).follow("Change Slides")
    page = ada.press("Save", {"Title": "Buy my book"})

    assert "Saved. An organiser will check it before it is public." in page.source
    assert the_material().released_at is None


def test_what_organisers_upload_needs_nobodys_approval(editor: Browser, reader: Browser) -> None:
    editor.open(f"/organise/sessions/{her_session().slug}/materials/_file")
    page = editor.press(
        "Upload file", {"File": ("talk.pdf", make_pdf()), "Title": "Slides", WHEN: "Now"}
    )

    assert "Saved. It will be public at the time you chose." in page.source
    assert seen(reader) == ["Slides (PDF, 1 kB)"]


@pytest.mark.both_databases
def test_slides_for_the_technicians_are_never_public(
    ada: Browser, reader: Browser, editor: Browser, frozen_time: Any
) -> None:
    page = handed_in(ada, when="Never. It is only for technicians")

    assert (
        "Saved. It will not be public. Only organisers, technicians and the other speakers in "
        "the session can see it." in page.source
    )
    assert "Waiting for approval" not in page.text
    shelf = f"/organise/sessions/{her_session().slug}/materials"
    assert "Approve Slides" not in editor.open(shelf).text
    assert editor.fetch("GET", f"{shelf}/{the_material().key}/file").data == make_pdf()
    frozen_time.shift(timedelta(days=400))
    assert reader.fetch("GET", f"/materials/{the_material().key}").status_code == 404


def consent(ada: Browser, slides: str) -> None:
    ada.open("/speak/ada-marsh/consent")
    answers = {"May we publish a recording of your talk?": "Yes"}
    ada.press("Save", {**answers, "May we publish your slides?": slides})


@pytest.mark.both_databases
def test_slides_are_public_only_while_their_speaker_agrees(
    ada: Browser, reader: Browser, editor: Browser
) -> None:
    handed_in(ada)
    editor.open(f"/organise/sessions/{her_session().slug}/materials/_link")
    link = {"Web address": "https://slides.example", "Title": "Paper", WHEN: "Now"}
    editor.press("Add link", link)
    assert seen(reader) == ["Slides (PDF, 1 kB)", "Paper"]

    consent(ada, "No")

    assert seen(reader) == []
    address = f"/materials/{db.session.scalars(select(Material.key)).first()}"
    assert reader.fetch("GET", address).status_code == 404
    why = "Ada Marsh has not agreed to their slides being published, or has withdrawn."
    assert ada.open(OWN).text.count(why) == 2
    consent(ada, "Yes")
    assert seen(reader) == ["Slides (PDF, 1 kB)", "Paper"]


@pytest.mark.both_databases
def test_slides_of_a_speaker_who_withdraws_are_public_no_longer(
    ada: Browser, reader: Browser, editor: Browser, new_browser: Browsers
) -> None:
    ben = make_co_speaker(new_browser())
    handed_in(ada)
    ben.open(f"/speak/ben-okri/materials/{her_session().slug}/_file")
    ben.press("Upload file", {"File": ("b.pdf", make_pdf(b"b")), "Title": "Paper", WHEN: "Now"})
    assert seen(reader) == ["Slides (PDF, 1 kB)", "Paper (PDF, 1 kB)"]

    editor.open("/organise/speakers/ada-marsh/withdraw").press("Withdraw")

    assert seen(reader) == ["Paper (PDF, 1 kB)"]
    page = handed_in(ada, make_pdf(b"more"), status=422)
    assert page.errors == ["You have withdrawn, so you cannot change this here"]
    editor.open("/organise/speakers/ada-marsh").press("Restore")
    assert seen(reader) == ["Slides (PDF, 1 kB)", "Paper (PDF, 1 kB)"]


def test_slides_of_a_speaker_whom_a_loaded_file_leaves_out_are_public_no_longer(
    ada: Browser, reader: Browser
) -> None:
    handed_in(ada)
    address = f"/sessions/{her_session().slug}"
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


def test_slides_of_whoever_is_taken_out_of_a_session_go_with_them(
    ada: Browser, reader: Browser, new_browser: Browsers
) -> None:
    make_co_speaker(new_browser())
    handed_in(ada)
    with transaction():
        theirs = Appearance.speaker_id == get_ada_marsh().id
        session = her_session()
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


def test_a_co_speaker_sees_who_handed_in_what_and_changes_only_their_own(
    ada: Browser, editor: Browser, new_browser: Browsers
) -> None:
    ben = make_co_speaker(new_browser())
    handed_in(ada)
    shelf, key = f"/speak/ben-okri/materials/{her_session().slug}", the_material().key

    page = ben.open("/speak/ben-okri/materials")

    assert "Uploaded for Ada Marsh" in page.text
    assert "ada@example.org" not in page.text
    assert "Change Slides" not in page.links
    assert "Delete Slides" not in page.links
    for address in (f"{shelf}/{key}", f"{shelf}/{key}/remove"):
        refused = ben.open(address, 403)
        assert "Someone else uploaded this" in refused.text
    page = editor.open(f"/organise/sessions/{her_session().slug}/materials")
    assert "Uploaded for Ada Marsh" in page.text
    assert "ada@example.org" in page.text
    editor.follow("Delete Slides")
    assert "Deleted. It is no longer public." in editor.press("Delete").source


@pytest.mark.both_databases
def test_what_was_deleted_can_be_restored_for_a_week(
    ada: Browser, reader: Browser, frozen_time: Any
) -> None:
    handed_in(ada)
    ada.open(OWN).follow("Delete Slides")
    page = ada.press("Delete")
    assert "It can be restored until" in page.text
    assert seen(reader) == []
    frozen_time.shift(timedelta(days=6))
    materials.purge_deleted()
    db.session.commit()
    sign_in_speaker(ada, get_ada_marsh(), "ada.marsh@example.org")

    page = ada.open(OWN).press("Restore Slides")

    assert "Restored." in page.source
    assert seen(reader) == ["Slides (PDF, 1 kB)"]
    assert sentences()[-2:] == [
        f"{her_session().title}: Slides was deleted",
        f"{her_session().title}: Slides was restored",
    ]
    ada.open(OWN).follow("Delete Slides")
    ada.press("Delete")
    frozen_time.shift(timedelta(days=7, seconds=1))
    materials.purge_deleted()
    db.session.commit()
    assert db.session.scalars(select(Material)).all() == []
    assert db.session.scalar(select(func.count()).select_from(MaterialChunk)) == 0


def test_what_an_organiser_deleted_waits_for_approval_when_its_speaker_restores_it(
    ada: Browser, reader: Browser, editor: Browser
) -> None:
    trust("")
    handed_in(ada)
    shelf = f"/organise/sessions/{her_session().slug}/materials"
    editor.open(shelf).press("Approve Slides")
    editor.open(shelf).follow("Delete Slides")
    editor.press("Delete")

    ada.open(OWN).press("Restore Slides")

    assert seen(reader) == []
    editor.open(shelf).press("Approve Slides")
    assert seen(reader) == ["Slides (PDF, 1 kB)"]


def test_a_page_that_was_open_for_long_changes_nothing_that_others_have_changed(
    ada: Browser, new_browser: Browsers, reader: Browser
) -> None:
    handed_in(ada)
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
    assert seen(reader) == ["Slides, final (PDF, 1 kB)"]
    late.press("Save")
    assert seen(reader) == ["Slides, old (PDF, 1 kB)"]
