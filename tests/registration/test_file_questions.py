"""Questions for a file: sent with the form, kept, replaced, read by those who may, and deleted."""

import json
import random
import zlib
from base64 import b64decode
from collections.abc import Mapping
from datetime import timedelta
from threading import Thread, current_thread, main_thread
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, event, func, select

from app import clock
from app.accounts import rate_limits
from app.accounts.models import DESK, EDITOR, VIEWER
from app.database import db, transaction
from app.delegates.models import ApplicationDraft, Delegate, DelegateAnswer
from app.materials import active_content, file_validation
from app.questions import services as questions
from app.questions.edited_question import EditedQuestion, EditedTexts
from app.questions.models import REGISTRATION, AnswerFile, AnswerFileChunk, Question
from app.registration import integrity_check, retention
from app.registration.bookings import data_export, operations
from app.registration.bookings import services as bookings
from app.registration.file_cleanup import delete_unused
from tests.browser import Answer, Browser, Browsers, Page
from tests.counted_files import counts_when_called
from tests.factories import make_category, make_delegate, make_question, sign_in
from tests.materials.sample_files import OF_DOCX, make_pdf, make_pptx, make_zip
from tests.programme.sample_pictures import make_picture
from tests.refusals import TOO_MANY_FROM_NETWORK
from tests.registration_flow import WEDNESDAY, answer_for_waiting_list, answer_questions
from tests.sent_emails import find_link, get_last_email_to

PROOF = "Proof that you are a student"
OPTIONAL = f"{PROOF} (optional)"
TRAVEL = "How will you travel?"
LARGE = make_pdf(b"%" + bytes(400_000).replace(b"\0", b"x"))  # of two chunks
CARD: Answer = ("My card.pdf", LARGE)
SENT = "You uploaded My card.pdf (400 kB)."
MEGABYTE = 1024 * 1024


def make_file_question(**values: Any) -> int:
    """Ask for a file; return the question's id."""
    defaults = {"kind": "file", "purpose": "To check who pays less"}
    return int(make_question(PROOF, **{**defaults, **values}).id)


def register(visitor: Browser, file: Answer = CARD, label: str = OPTIONAL) -> Page:
    """Send a file while registering, and open the booking."""
    page = answer_questions(visitor, until="more").press("Continue", {label: file})
    page.press("Confirm registration")
    return open_booking(visitor)


def open_booking(visitor: Browser) -> Page:
    return visitor.open(find_link(get_last_email_to("ada@example.org"), "/booking/"))


def get_delegate() -> Delegate:
    db.session.rollback()
    return db.session.scalars(select(Delegate)).one()


def list_files() -> list[int]:
    """List the sizes of the files that are stored."""
    db.session.rollback()
    return sorted(db.session.scalars(select(AnswerFile.size)))


def count_chunks() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(AnswerFileChunk)) or 0


@pytest.mark.both_databases
def test_a_delegate_uploads_a_file_and_the_team_can_download_it(
    visitor: Browser, new_browser: Browsers
) -> None:
    number = make_file_question()
    make_question(TRAVEL)

    page = answer_questions(visitor, until="more")
    assert "Why we ask: To check who pays less." in page.text
    check = page.press("Continue", {OPTIONAL: CARD})
    assert check.summary_list[PROOF] == "My card.pdf"
    check.press("Confirm registration")
    assert f"{PROOF}: My card.pdf" in get_last_email_to("ada@example.org").text
    booking = open_booking(visitor)
    address = booking.links["My card.pdf"]
    own = visitor.fetch("GET", address)

    assert own.data == LARGE
    assert own.headers["Content-Type"] == "application/pdf"
    assert own.headers["X-Content-Type-Options"] == "nosniff"
    assert own.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert own.headers["Cache-Control"] == "no-store"
    assert 'attachment; filename="My card.pdf"' in own.headers["Content-Disposition"]
    assert (len(list_files()), count_chunks()) == (1, 2)

    viewer = sign_in(new_browser(), "vera@conference.example", VIEWER)
    reference = get_delegate().reference
    page = viewer.open(f"/organise/delegates/{reference}")
    answer = viewer.fetch("GET", page.links["My card.pdf"])
    assert answer.data == LARGE
    assert "attachment" in answer.headers["Content-Disposition"]
    stranger = new_browser()
    theirs = f"/organise/delegates/{reference}/files/{number}"
    refused = stranger.fetch("GET", theirs)
    assert (refused.status_code, refused.location) == (303, f"/sign-in?next={theirs}")
    editor = sign_in(new_browser(), "ed@conference.example", EDITOR)
    assert editor.fetch("GET", theirs).status_code == 403


def test_a_file_with_restricted_readers_is_downloaded_only_by_them(
    visitor: Browser, new_browser: Browsers
) -> None:
    number = make_file_question(readers="registrations")
    register(visitor)
    address = f"/organise/delegates/{get_delegate().reference}/files/{number}"

    viewer = sign_in(new_browser(), "vera@conference.example", VIEWER)
    assert viewer.fetch("GET", address).status_code == 404
    desk = sign_in(new_browser(), "dora@conference.example", DESK)
    assert desk.fetch("GET", address).data == LARGE


@pytest.mark.both_databases
def test_an_uploaded_file_is_kept_if_another_answer_has_an_error(visitor: Browser) -> None:
    make_file_question()
    make_question(TRAVEL, is_required=True)

    page = answer_questions(visitor, until="more")
    page = page.press("Continue", {OPTIONAL: CARD}, status=422)
    assert page.errors == [f"Answer the question: {TRAVEL}"]
    assert SENT in page.text
    page = page.press("Continue", {TRAVEL: "x" * 300}, status=422)
    assert SENT in page.text
    check = page.press("Continue", {TRAVEL: "By bus"})

    assert check.summary_list[PROOF] == "My card.pdf"
    assert len(list_files()) == 1


@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        (("card.pdf", b"not at all"), file_validation.NOT_A_DOCUMENT_MESSAGE),
        (("card.pdf", make_pptx()), file_validation.NOT_A_DOCUMENT_MESSAGE),
        (("card.pdf", b""), "The file is empty"),
        (
            ("card.pdf", make_pdf(b"3 0 obj<</JS (app.alert(1))>>endobj")),
            "This PDF contains scripts or attachments. Save it without them",
        ),
    ],
    ids=["no such thing", "slides", "empty", "script"],
)
def test_a_refused_file_keeps_the_other_answers(
    visitor: Browser, file: Answer, sentence: str
) -> None:
    make_file_question()
    make_question(TRAVEL)
    page = answer_questions(visitor, until="more")

    page = page.press("Continue", {OPTIONAL: file, f"{TRAVEL} (optional)": "By bus"}, status=422)
    assert page.errors == [sentence]
    assert page.value_of(f"{TRAVEL} (optional)") == "By bus"
    assert list_files() == []
    page = page.press("Continue", {OPTIONAL: CARD})
    assert page.summary_list[PROOF] == "My card.pdf"
    page = page.follow(f"Change {PROOF}").press("Continue", {OPTIONAL: file}, status=422)

    assert page.errors == [sentence]
    assert SENT in page.text


def send_large(visitor: Browser, fields: Mapping[str, str], name: str, body: bytes) -> Page:
    """Send a large file, as a browser does; the test client would leave files of its own open."""
    token = visitor.page.tree.find_by_id("csrf_token")
    assert token is not None
    typed = {**fields, "csrf_token": token.get("value", "")}
    parts = [
        f'--part\r\nContent-Disposition: form-data; name="{one}"\r\n\r\n{value}\r\n'
        for one, value in typed.items()
    ]
    file = f'--part\r\nContent-Disposition: form-data; name="{name}"; filename="a.pdf"\r\n\r\n'
    whole = "".join([*parts, file]).encode() + body + b"\r\n--part--\r\n"
    headers = {"Content-Type": "multipart/form-data; boundary=part"}
    answer = visitor.fetch("POST", visitor.page.address, headers, data=whole)
    return Page(visitor, answer, visitor.page.address)


def test_organisers_set_the_maximum_size_of_a_file_question(visitor: Browser) -> None:
    number = make_file_question(max_megabytes=1)
    travel = make_question(TRAVEL).id
    answer_questions(visitor, until="more")
    fields = {"asked": str(number), f"question_{travel}": "By bus"}
    full = make_pdf(bytes(MEGABYTE - len(make_pdf())))
    asked = f"question_{number}"

    page = send_large(visitor, fields, asked, full + b" ")
    assert (page.status, page.errors) == (422, ["The file must be smaller than 1 MB"])
    page = send_large(visitor, fields, asked, full + bytes(12 * MEGABYTE))
    assert (page.status, page.heading) == (413, "Too much data")
    assert list_files() == []
    assert send_large(visitor, fields, asked, full).status == 303
    assert list_files() == [MEGABYTE]


def test_without_a_file_question_large_forms_are_refused(visitor: Browser) -> None:
    make_question(TRAVEL)
    page = answer_questions(visitor, until="more")

    refused = page.press("Continue", {f"{TRAVEL} (optional)": "x" * 300_000}, status=413)

    assert refused.heading == "Too much data"


def test_a_missing_required_file_is_reported_by_name(visitor: Browser) -> None:
    make_file_question(is_required=True)

    page = answer_questions(visitor, until="more")
    assert page.heading == "One more question"
    page = page.press("Continue", status=422)

    assert page.errors == [f"Choose a file: {PROOF}"]


@pytest.mark.both_databases
def test_a_file_of_a_booking_is_replaced_and_removed(visitor: Browser) -> None:
    make_file_question()
    page = register(visitor).follow(f"Change {PROOF}")
    assert page.text.index(OPTIONAL) < page.text.index(SENT)  # below the question that it answers
    page = page.press("Save")
    assert page.summary_list[PROOF] == "My card.pdf"
    picture = make_picture()

    page = page.follow(f"Change {PROOF}").press("Save", {OPTIONAL: ("IMG_1.jpeg", picture)})
    assert page.summary_list[PROOF] == "IMG_1.jpg"
    assert visitor.fetch("GET", page.links["IMG_1.jpg"]).data == picture
    assert list_files() == [len(picture)]
    text = get_last_email_to("ada@example.org").text
    assert "Before: My card.pdf\nNow: IMG_1.jpg\n" in text
    gone = page.links["IMG_1.jpg"]
    page = page.follow(f"Change {PROOF}").press("Save", {f"Remove this file: {OPTIONAL}": True})

    assert page.summary_list[PROOF] == "Not given"
    assert (list_files(), count_chunks()) == ([], 0)
    assert visitor.fetch("GET", gone).status_code == 404


def test_a_file_of_another_delegate_cannot_be_claimed(
    visitor: Browser, new_browser: Browsers
) -> None:
    make_file_question()
    register(visitor)
    answer = db.session.scalars(select(DelegateAnswer.value)).one()
    other = new_browser()
    page = answer_questions(other, until="more", email="eve@example.org").press("Continue")
    page = page.follow(f"Change {PROOF}")
    token = page.tree.find_by_id("csrf_token")
    assert token is not None
    asked = str(db.session.scalars(select(DelegateAnswer.question_id)).one())

    page = other.send(
        "POST",
        "/register/more",
        data={"csrf_token": token.get("value"), "asked": asked, f"question_{asked}": answer},
    )

    assert page.summary_list[PROOF] == "Not given"


@pytest.mark.both_databases
def test_an_uploaded_file_is_deleted_with_its_answer(visitor: Browser, frozen_time: Any) -> None:
    make_file_question(erasure="30-days")
    register(visitor)

    frozen_time.move_to("2009-07-12T00:30:00+01:00")
    with transaction():
        retention.purge_expired()

    assert (list_files(), count_chunks()) == ([], 0)


@pytest.mark.both_databases
def test_an_uploaded_file_is_deleted_when_the_delegate_is_erased(visitor: Browser) -> None:
    make_file_question()
    register(visitor)

    with transaction():
        delegate = get_delegate()
        bookings.cancel(delegate)
        bookings.erase_cancelled(delegate)

    assert (list_files(), count_chunks()) == ([], 0)


def test_a_private_file_is_deleted_with_the_requirements(visitor: Browser) -> None:
    make_file_question(readers="registrations")
    register(visitor)

    with transaction():
        operations.remove_needs(get_delegate(), "Removed", actor="Olga")

    assert list_files() == []


@pytest.mark.both_databases
def test_unreferenced_files_are_deleted_a_day_later(
    visitor: Browser, new_browser: Browsers
) -> None:
    make_file_question()
    make_question(TRAVEL, is_required=True)
    page = answer_questions(visitor, until="more")
    page.press("Continue", {OPTIONAL: CARD}, status=422)  # stored, and named by this page alone
    other = new_browser()
    page = answer_questions(other, until="more", email="bea@example.org")
    page.press("Continue", {OPTIONAL: ("b.pdf", make_pdf()), TRAVEL: "By bus"})  # in a draft

    with transaction():
        delete_unused()
    assert len(list_files()) == 2
    with transaction():
        for file in db.session.scalars(select(AnswerFile)):
            file.used_at -= timedelta(days=2)
        delete_unused()
    assert list_files() == [len(make_pdf())]
    page = visitor.page.press("Continue", {TRAVEL: "By bus"}, status=422)
    assert page.errors == ["We no longer have this file. Choose it again"]
    assert "You uploaded" not in page.text

    with transaction():
        for file in db.session.scalars(select(AnswerFile)):
            file.used_at -= timedelta(days=2)
        for draft in db.session.scalars(select(ApplicationDraft)):
            draft.changed_at = clock.real_now() - timedelta(days=8)
    with transaction():
        retention.purge_expired()
        delete_unused()
    assert list_files() == []


@pytest.mark.both_databases
def test_an_uploaded_file_is_kept_from_waiting_list_to_booking(visitor: Browser) -> None:
    make_file_question()
    page = answer_for_waiting_list(visitor)
    page.press("Continue", {OPTIONAL: CARD}).press("Join the waiting list")
    with transaction():
        db.session.execute(delete(ApplicationDraft))
        for file in db.session.scalars(select(AnswerFile)):
            file.used_at -= timedelta(days=2)
    with transaction():
        delete_unused()
    with transaction():
        bookings.cancel(db.session.query(Delegate).one())
    letter = get_last_email_to("bea@example.org")
    page = visitor.open(find_link(letter, "/waiting-list/")).press("Accept the place")

    assert visitor.fetch("GET", page.links["My card.pdf"]).data == LARGE


@pytest.mark.postgresql_only
def test_a_file_confirmed_while_unused_files_are_deleted_is_kept(
    visitor: Browser, site: Flask
) -> None:
    """SQLite lets in one transaction at a time that may write, so there nothing comes between."""
    make_file_question()
    check = answer_questions(visitor, until="more").press("Continue", {OPTIONAL: CARD})
    with transaction():
        for file in db.session.scalars(select(AnswerFile)):
            file.used_at -= timedelta(days=2)
    confirmed: list[str] = []

    def confirm() -> None:
        with site.app_context():
            confirmed.append(check.press("Confirm registration").heading)

    def come_between(*about: Any) -> None:
        is_reading = "application_draft" in about[2] or "delegate_answer" in about[2]
        if is_reading and not confirmed and current_thread() is main_thread():
            person = Thread(target=confirm)
            person.start()
            person.join(60)

    event.listen(db.engine, "after_cursor_execute", come_between)
    try:
        with transaction():
            delete_unused()
    finally:
        event.remove(db.engine, "after_cursor_execute", come_between)

    assert len(confirmed) == 1
    assert visitor.fetch("GET", open_booking(visitor).links["My card.pdf"]).data == LARGE


@pytest.mark.both_databases
def test_the_file_of_an_application_can_be_downloaded_to_decide_it(
    visitor: Browser, new_browser: Browsers
) -> None:
    number = make_file_question()
    make_category(name="Student", approvals_needed=1)
    make_category(name="Delegate")
    answers: dict[str, Answer] = {"How will you attend?": "Student", OPTIONAL: CARD}
    answer_questions(visitor, answers=answers).press("Send application")

    organiser = sign_in(new_browser())
    page = organiser.open("/organise/applications").follow("Ada Lovelace")
    address = page.links["My card.pdf"]
    assert organiser.fetch("GET", address).data == LARGE
    editor = sign_in(new_browser(), "ed@conference.example", EDITOR)
    assert editor.fetch("GET", address).status_code == 403
    assert organiser.fetch("GET", address.replace(f"files/{number}", "files/1")).status_code == 404
    page.follow("Approve").press("Approve")
    reference = get_delegate().reference
    page = organiser.open(f"/organise/delegates/{reference}")
    assert organiser.fetch("GET", page.links["My card.pdf"]).data == LARGE
    assert organiser.fetch("GET", address).status_code == 404


def test_the_desk_can_upload_a_file_for_a_delegate(visitor: Browser) -> None:
    make_file_question(is_required=True)
    delegate = make_delegate()
    sign_in(visitor, role=DESK)

    page = visitor.open(f"/organise/delegates/{delegate.reference}/change")
    page = page.press("Save", {OPTIONAL: ("a.exe", b"MZ")}, status=422)
    assert page.errors == [file_validation.NOT_A_DOCUMENT_MESSAGE]
    page = page.press("Save", {OPTIONAL: ("Letter.docx", make_zip(OF_DOCX))})
    assert page.summary_list[PROOF] == "Letter.docx"
    page = page.follow("Change booking")
    assert "File: Letter.docx (1 kB)" in page.text
    page = page.press("Save", role="Dr")
    assert page.summary_list[PROOF] == "Letter.docx"

    csv = visitor.fetch(
        "POST", "/organise/delegates/_export", data=_read_csrf_token(visitor)
    ).data.decode()
    assert "Letter.docx" in csv
    page = visitor.open(f"/organise/delegates/{delegate.reference}/change")
    page = page.press("Save", {f"Remove this file: {OPTIONAL}": True})
    assert PROOF not in page.summary_list
    assert list_files() == []


def _read_csrf_token(browser: Browser) -> dict[str, str]:
    fields = browser.open("/organise/delegates").tree.find_all("input")
    found = next(one for one in fields if one.get("name") == "csrf_token")
    return {"csrf_token": found.get("value", "")}


def test_the_desk_can_add_a_delegate_with_a_file(visitor: Browser) -> None:
    make_file_question()
    sign_in(visitor, role=DESK)
    page = visitor.open("/organise/delegates/_add")

    page = page.press("Add", {"given_names": "Bea", OPTIONAL: CARD}, status=422)
    assert "File: My card.pdf (400 kB)" in page.text
    page = page.press(
        "Add",
        {
            "email_address": "bea@example.org",
            "country": "Ghana",
            "Days": [WEDNESDAY],
        },
    )

    assert page.summary_list[PROOF] == "My card.pdf"


def test_the_data_export_contains_the_file(visitor: Browser) -> None:
    make_file_question()
    page = register(visitor)

    copy = json.loads(visitor.fetch("GET", f"{page.address}/copy.json").data)

    [answer] = copy["answers"]
    assert (answer["question"], answer["answer"]) == (PROOF, "My card.pdf")
    assert b64decode(answer["file_in_base64"]) == LARGE
    assert copy["history"]


def test_a_data_export_with_a_file_is_streamed(visitor: Browser) -> None:
    make_file_question()
    register(visitor)

    pieces = [len(one) for one in data_export.stream(get_delegate())]

    assert sum(pieces) > len(LARGE)
    assert max(pieces) < len(LARGE)


@pytest.mark.parametrize("lost", [AnswerFile, AnswerFileChunk])
def test_the_data_export_works_without_a_lost_file(
    visitor: Browser, lost: type[AnswerFile | AnswerFileChunk]
) -> None:
    make_file_question()
    register(visitor)
    with transaction():
        db.session.execute(delete(lost))

    copy = data_export.export_delegate(get_delegate())

    assert copy["answers"] == [{"question": PROOF, "answer": "My card.pdf"}]
    assert copy["history"]


def test_the_integrity_check_finds_an_answer_without_its_file(visitor: Browser) -> None:
    make_file_question()
    register(visitor)
    assert integrity_check.run_checks() == []

    with transaction():
        db.session.execute(delete(AnswerFileChunk).where(AnswerFileChunk.number == 1))

    reference = get_delegate().reference
    assert integrity_check.run_checks() == [
        f"A file of booking {reference} is missing or incomplete."
    ]


def test_changing_the_type_of_a_file_question_keeps_earlier_files(
    visitor: Browser, new_browser: Browsers
) -> None:
    number = make_file_question()
    register(visitor)
    with transaction():
        question = db.session.get(Question, number)
        assert question is not None
        texts = {"en": EditedTexts("Number of your student card")}
        edited = EditedQuestion("text", texts, "To check who pays less")
        questions.save(question, edited, expected_version=1, actor="Olga")

    organiser = sign_in(new_browser())
    page = organiser.open(f"/organise/delegates/{get_delegate().reference}")
    assert organiser.fetch("GET", page.links["My card.pdf"]).data == LARGE
    page = open_booking(visitor).follow("Change Number of your student card")
    label = "Number of your student card (optional)"
    assert page.value_of(label) == ""
    page = page.press("Save", {label: "17"})

    assert page.summary_list["Number of your student card"] == "17"
    assert list_files() == []


def test_file_uploads_are_rate_limited_for_each_network(
    visitor: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_file_question()
    few = rate_limits.NetworkLimit("file", (rate_limits.Window(1, timedelta(hours=1)),))
    monkeypatch.setattr(rate_limits, "ANSWER_FILE", few)
    page = answer_questions(visitor, until="more").press("Continue", {OPTIONAL: CARD})

    page = page.follow(f"Change {PROOF}")
    page = page.press("Continue", {OPTIONAL: ("b.pdf", make_pdf())}, status=422)

    assert page.errors == [TOO_MANY_FROM_NETWORK]
    assert SENT in page.text
    check = page.press("Continue")
    assert check.summary_list[PROOF] == "My card.pdf"


def test_a_pdf_bomb_is_refused_and_other_answers_are_kept(
    visitor: Browser,
) -> None:
    make_file_question()
    make_question(TRAVEL)
    packed = zlib.compress(b"/A" * (9 * MEGABYTE // 2), 9)
    hostile = make_pdf(
        b"1 0 obj<</Type/ObjStm/Filter/FlateDecode>>\nstream\n%s\nendstream\nendobj" % packed
    )
    page = answer_questions(visitor, until="more")

    page = page.press("Continue", {OPTIONAL: ("a.pdf", hostile), TRAVEL: "By bus"}, status=422)

    assert page.errors == [
        "This PDF is too complex for us to check. Print it to a new PDF and upload that file"
    ]
    assert page.value_of(f"{TRAVEL} (optional)") == "By bus"
    photos = b"1 0 obj<</Subtype/Image>>stream\n%s\nendstream endobj"
    scan = make_pdf(photos % random.Random(1).randbytes(400_000))
    check = page.press("Continue", {OPTIONAL: ("scan.pdf", scan)})
    assert check.summary_list[PROOF] == "scan.pdf"


def test_a_file_counts_towards_the_rate_limit_before_it_is_parsed(
    visitor: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_file_question()
    few = rate_limits.NetworkLimit("file", (rate_limits.Window(1, timedelta(hours=1)),))
    monkeypatch.setattr(rate_limits, "ANSWER_FILE", few)
    page = answer_questions(visitor, until="more")

    with counts_when_called(active_content.check_pdf, few.action) as counted:
        page = page.press("Continue", {OPTIONAL: CARD}).follow(f"Change {PROOF}")
        page.press("Continue", {OPTIONAL: ("b.pdf", make_pdf())}, status=422)

    assert counted == [2]  # its address and its network, once


def test_organisers_can_add_a_file_question_and_preview_it(visitor: Browser) -> None:
    organiser = sign_in(visitor)
    page = organiser.open("/organise/questions/_add").press(
        "Add this question",
        {
            "Question": PROOF,
            "Type of answer": "A file",
            "Largest file": "2 MB",
            "Why do you ask?": "To check who pays less",
        },
    )
    assert page.summary_list["Largest file"] == "2 MB"
    preview = organiser.open("/organise/questions/_preview")
    assert f"{OPTIONAL} PDF, DOCX, ODT, JPEG or PNG, up to 2 MB" in preview.text
    page = organiser.open("/organise/questions").follow(PROOF).follow("Change")
    page = page.press("Save", {"Largest file": "10 MB"})

    assert page.summary_list["Largest file"] == "10 MB"
    privacy = visitor.open("/privacy")
    assert "You upload a file. If you do not register, we delete it" in privacy.text


def test_a_file_question_on_its_own_page_accepts_a_file(visitor: Browser) -> None:
    make_file_question()
    make_question(TRAVEL)
    with transaction():
        questions.set_one_per_page(REGISTRATION, is_one_per_page=True, actor="Olga")

    page = answer_questions(visitor, until="more")
    page = page.press("Continue", {OPTIONAL: ("a.exe", b"MZ")}, status=422)
    page = page.press("Continue", {OPTIONAL: CARD}).press("Continue")

    assert page.summary_list[PROOF] == "My card.pdf"


def test_an_expression_of_interest_does_not_ask_file_questions(visitor: Browser) -> None:
    make_file_question()
    make_question(TRAVEL)
    organiser = sign_in(visitor)

    page = organiser.open("/organise/categories/_add")

    assert TRAVEL in page.labels
    assert PROOF not in page.labels
