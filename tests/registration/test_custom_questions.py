"""Questions that organisers ask when people register: who is asked what, and where it shows."""

from typing import Any

import pytest

from app.accounts.models import DESK
from app.database import db, transaction
from app.delegates import custom_answers
from app.delegates.answer_json import dump_answers
from app.delegates.models import ApplicationDraft, Delegate, DelegateAnswer
from app.history import queries as history
from app.questions import services as questions
from app.questions.edited_question import EditedQuestion, EditedTexts
from app.questions.models import REGISTRATION, Question
from app.registration import retention
from app.registration.applications.models import RegistrationApplication
from app.registration.bookings import services as bookings
from app.registration.interest.models import ExpressionOfInterest
from app.registration.waiting_list.models import WaitingListEntry
from app.worker_tasks import PERIODIC_TASKS
from tests.browser import Browser, Browsers, Page
from tests.factories import make_application, make_delegate, make_interest, make_question, sign_in
from tests.registration.test_bad_input import token_of
from tests.registration_flow import (
    DAYS,
    IN_FRENCH,
    PAGES,
    THURSDAY,
    answer_for_waiting_list,
    answer_questions,
    continue_to,
)
from tests.sent_emails import find_link, get_last_email_to

TRAVEL = "How will you travel? (optional)"
HEADING = "A few more questions"


@pytest.mark.both_databases
def test_a_custom_question_is_asked_validated_stored_and_changed(visitor: Browser) -> None:
    make_question()

    page = answer_questions(visitor, until="more")
    assert page.heading == TRAVEL
    assert f"Step {PAGES + 1} of {PAGES + 2}" in page.text
    check = page.press("Continue", {TRAVEL: "By bus"})
    assert check.summary_list["How will you travel?"] == "By bus"
    check.press("Confirm registration")
    letter = get_last_email_to("ada@example.org")
    assert "How will you travel: By bus\n" in letter.text

    booking = visitor.open(find_link(letter, "/booking/"))
    page = booking.follow("Change How will you travel?").press("Save", {TRAVEL: "By train"})

    assert page.summary_list["How will you travel?"] == "By train"
    assert [one.value for one in db.session.query(DelegateAnswer)] == ["By train"]
    text = get_last_email_to("ada@example.org").text
    assert "How will you travel:\n\nBefore: By bus\nNow: By train\n" in text


def test_a_conditional_question_is_on_the_next_page_without_javascript(
    visitor: Browser,
) -> None:
    dinner = make_question("Will you come to the dinner?", kind="yes_no", is_required=True)
    seat = make_question(
        "Which table?",
        kind="choice",
        choices=["Window", "Door"],
        condition=f"{dinner.id} is yes",
        is_required=True,
    )
    make_question("Why the door?", condition=f"{seat.id} is c2")

    page = answer_questions(visitor, until="more")
    assert page.labels[:2] == ["Yes", "No"]
    page = page.press("Continue", status=422)
    assert page.errors == ["Answer the question: Will you come to the dinner?"]
    page = page.press("Continue", {"Will you come to the dinner?": "Yes"})
    assert page.heading == "Which table?"
    page = page.press("Continue", {"Which table?": "Door"})
    assert page.heading == "Why the door? (optional)"
    check = page.press("Continue", {"Why the door? (optional)": "Fresh air"})
    assert list(check.summary_list.items())[-3:] == [
        ("Will you come to the dinner?", "Yes"),
        ("Which table?", "Door"),
        ("Why the door?", "Fresh air"),
    ]

    page = check.follow("Change Will you come to the dinner?")
    assert page.heading == HEADING
    check = page.press("Continue", {"Will you come to the dinner?": "No"})

    assert list(check.summary_list)[-1] == "Will you come to the dinner?"
    check.press("Confirm registration")
    assert [one.value for one in db.session.query(DelegateAnswer)] == ["no"]


def test_questions_can_have_one_page_each(visitor: Browser) -> None:
    make_question("How will you travel?")
    make_question("When will you arrive?", kind="date")
    with transaction():
        questions.set_one_per_page(REGISTRATION, is_one_per_page=True, actor="Olga")

    page = answer_questions(visitor, until="more")
    assert page.heading == TRAVEL
    assert f"Step {PAGES + 1} of {PAGES + 3}" in page.text
    page = page.press("Continue", {TRAVEL: "By bus"})
    assert page.heading == "When will you arrive? (optional)"
    assert f"Step {PAGES + 2} of {PAGES + 3}" in page.text
    page = page.press("Continue", {"When will you arrive? (optional)": "soon"}, status=422)
    assert page.errors == ["Enter a date like 2008-11-06"]
    page = page.press("Continue", {"When will you arrive? (optional)": "2009-06-09"})

    assert page.summary_list["When will you arrive?"] == "9 June 2009"


def test_a_missing_date_keeps_its_date_field_and_an_invalid_one_becomes_text(
    visitor: Browser,
) -> None:
    label = "When will you arrive?"
    name = f"question_{make_question(label, kind='date', is_required=True).id}"
    asked = answer_questions(visitor, until="more")

    missing = asked.press("Continue", status=422)
    wrong = missing.press("Continue", {label: "soon"}, status=422)

    assert get_type(missing, name) == get_type(asked, name) == "date"
    assert (get_type(wrong, name), wrong.value_of(label)) == ("text", "soon")


def get_type(page: Page, name: str) -> str | None:
    field = page.tree.find_by_id(name)
    assert field is not None
    return field.get("type")


def test_a_question_for_one_day_is_asked_only_of_its_attendees(visitor: Browser) -> None:
    make_question(days=("2009-06-11",))

    check = answer_questions(visitor, until="check")
    assert check.heading == "Check your answers"
    assert f"Step {PAGES + 1} of {PAGES + 1}" in check.text
    check = check.follow("Change days").press("Continue", {DAYS: [THURSDAY]})

    assert check.heading == TRAVEL


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        (
            "x" * 5000,
            "Your answer to “How will you travel?” must be 200 characters or fewer",
        ),
        (
            "By\x00 bus\u202e",
            "Type this instead of pasting it. It contains hidden characters that we cannot use",
        ),
    ],
)
def test_an_invalid_custom_answer_is_reported_beside_the_field(
    visitor: Browser, typed: str, error: str
) -> None:
    make_question()

    page = answer_questions(visitor, until="more").press("Continue", {TRAVEL: typed}, status=422)

    assert page.errors == [error]
    assert page.value_of(TRAVEL) == typed.replace("\x00", "").replace("\u202e", "")


def test_a_question_retired_meanwhile_does_not_block_registration(visitor: Browser) -> None:
    question = make_question(is_required=True)
    page = answer_questions(visitor, until="more")
    with transaction():
        questions.retire(question, actor="Olga")

    check = page.press("Continue", {"How will you travel?": "By bus"})

    assert check.heading == "Check your answers"
    check.press("Confirm registration")
    assert db.session.query(DelegateAnswer).all() == []


def test_choices_replaced_meanwhile_are_asked_again(visitor: Browser) -> None:
    question = make_question(kind="choice", choices=["Bus", "Train"], is_required=True)
    page = answer_questions(visitor, until="more")
    texts = {"en": EditedTexts("How will you travel?", "", ("Boat", "Train"))}
    edited = EditedQuestion("choice", texts, "To plan the buses", is_required=True)
    with transaction():
        questions.save(question, edited, expected_version=1, actor="Olga")

    page = page.press("Continue", {"How will you travel?": "Bus"}, status=422)
    assert page.errors == ["Choose an answer from the list"]
    check = page.press("Continue", {"How will you travel?": "Boat"})

    assert check.summary_list["How will you travel?"] == "Boat"


def reword(question: Question, label: str) -> None:
    """Replace a question that no booking or draft has answered."""
    edited = EditedQuestion("text", {"en": EditedTexts(label)}, "To plan the buses")
    with transaction():
        questions.save(
            db.session.merge(question), edited, expected_version=question.version, actor="Olga"
        )


REWORDED = "This question has been reworded since you answered it."
REWORDED_SINCE = (
    "A question has been reworded since you opened this page, so you are not registered yet. "
    "Check your answers, then confirm"
)


@pytest.mark.both_databases
def test_a_question_reworded_meanwhile_is_named_on_the_check_page(
    visitor: Browser,
) -> None:
    question = make_question()
    check = answer_questions(visitor, until="more").press("Continue", {TRAVEL: "By bus"})
    assert REWORDED not in check.text
    reword(question, "Do you have an allergy?")

    page = check.press("Confirm registration", status=422)
    assert page.errors == [REWORDED_SINCE]
    assert f"{REWORDED} Check that your answer still applies, or change it." in page.text
    assert page.summary_list["Do you have an allergy?"] == "By bus"
    assert db.session.query(Delegate).all() == []

    page = page.follow("Change Do you have an allergy?")
    page = page.press("Continue", {"Do you have an allergy? (optional)": "No"})
    assert REWORDED not in page.text
    assert page.press("Confirm registration").heading == "You are registered"
    assert [one.value for one in db.session.query(DelegateAnswer)] == ["No"]


def test_an_answer_to_an_outdated_wording_is_named_on_the_check_page(visitor: Browser) -> None:
    question = make_question()
    page = answer_questions(visitor, until="more")
    reword(question, "Do you have an allergy?")

    check = page.press("Continue", {TRAVEL: "By bus"})

    assert REWORDED in check.text
    assert check.press("Confirm registration").heading == "You are registered"  # they have seen it


def test_a_draft_stores_only_a_hash_of_the_question_wording(visitor: Browser) -> None:
    question = make_question()
    page = answer_questions(visitor, until="more")
    sent = {"asked": f"{question.id} {'x' * 9_000}", f"question_{question.id}": "By bus"}

    visitor.send("POST", page.address, data={**sent, "csrf_token": token_of(page.source)})

    (draft,) = db.session.query(ApplicationDraft)
    assert "By bus" in draft.document
    assert "x" * 17 not in draft.document


def test_an_answer_keeps_the_wording_it_was_given_to(visitor: Browser) -> None:
    question = make_question(kind="choice", choices=["Bus", "Train"])
    page = answer_questions(visitor, until="more").press("Continue", {TRAVEL: "Bus"})
    page.press("Confirm registration")
    texts = {"en": EditedTexts("Which way do you come?", "", ("Boat", "Train"))}
    edited = EditedQuestion("choice", texts, "To plan the boats")
    with transaction():
        questions.save(question, edited, expected_version=1, actor="Olga")

    delegate = db.session.query(Delegate).one()

    [given] = custom_answers.list_given(delegate)
    assert (given.label, given.text) == ("How will you travel?", "Bus")


def test_custom_answers_are_kept_from_waiting_list_to_booking(visitor: Browser) -> None:
    make_question()

    page = answer_for_waiting_list(visitor)
    page.press("Continue", {TRAVEL: "By bus"}).press("Join the waiting list")
    with transaction():
        bookings.cancel(db.session.query(Delegate).one())
    letter = get_last_email_to("bea@example.org")
    page = visitor.open(find_link(letter, "/waiting-list/")).press("Accept the place")

    assert page.summary_list["How will you travel?"] == "By bus"


def test_private_custom_answers_are_not_in_emails_or_history(visitor: Browser) -> None:
    make_question("Who should we call?", readers="registrations")
    make_question()
    page = answer_questions(visitor, until="more")
    page = page.press("Continue", {"Who should we call? (optional)": "Bob", TRAVEL: "By bus"})
    page.press("Confirm registration")
    letter = get_last_email_to("ada@example.org")
    page = visitor.open(find_link(letter, "/booking/")).follow("Change Who should we call?")
    page.press("Save", {"Who should we call? (optional)": "Carla", TRAVEL: "By train"})

    news = get_last_email_to("ada@example.org").text
    delegate = db.session.query(Delegate).one()
    [_, entry] = history.list_entries(delegate.history_subject)

    assert "Who should we call" not in letter.text
    assert "Carla" not in news
    assert "Answers that only the organisers and the registration desk can see:" in news
    assert (entry.summary, entry.field_changes) == ("Changed: answers", ())


@pytest.mark.both_databases
def test_custom_answers_are_deleted_on_their_date_and_with_the_booking(
    visitor: Browser, frozen_time: Any
) -> None:
    make_question("Soon?", erasure="30-days")
    make_question("Later?", erasure="1-year")
    page = answer_questions(visitor, until="more")
    assert "We delete it after 11 July 2009." in page.text
    page = page.press("Continue", {"Soon? (optional)": "A", "Later? (optional)": "B"})
    page.press("Confirm registration")

    frozen_time.move_to("2009-07-12T00:30:00+01:00")
    with transaction():
        retention.purge_expired()
    assert [one.value for one in db.session.query(DelegateAnswer)] == ["B"]

    with transaction():
        delegate = db.session.query(Delegate).one()
        bookings.cancel(delegate)
        bookings.erase_cancelled(delegate)
    assert db.session.query(DelegateAnswer).all() == []


@pytest.mark.both_databases
def test_custom_answers_without_a_booking_are_deleted_on_their_date(
    visitor: Browser, frozen_time: Any
) -> None:
    question = make_question(erasure="2009-05-20")
    page = answer_for_waiting_list(visitor)
    assert "We delete it after 20 May 2009." in page.text
    page.press("Continue", {TRAVEL: "By bus"}).press("Join the waiting list")
    told = dump_answers({"organisation": "Bus station", f"question_{question.id}": "By bus"})
    make_application(document=told)
    make_interest(document=told)

    frozen_time.move_to("2009-05-21T00:30:00+01:00")
    with transaction():
        retention.erase_answers_of_requests()

    db.session.expire_all()
    [waiting] = db.session.query(WaitingListEntry)
    [applied] = db.session.query(RegistrationApplication)
    [interested] = db.session.query(ExpressionOfInterest)
    rest = dump_answers({"organisation": "Bus station"})
    assert "By bus" not in waiting.document
    assert (applied.document, interested.document) == (rest, rest)
    assert retention.erase_answers_of_requests in PERIODIC_TASKS
    with transaction():
        bookings.cancel(db.session.query(Delegate).one())
    letter = get_last_email_to("bea@example.org")
    page = visitor.open(find_link(letter, "/waiting-list/")).press("Accept the place")
    assert "How will you travel?" not in page.summary_list


def test_the_privacy_page_lists_each_custom_question(visitor: Browser) -> None:
    assert "Other questions that we ask" not in visitor.open("/privacy").text
    make_question()
    make_question("Who should we call?", readers="registrations", erasure="30-days")

    page = visitor.open("/privacy")

    rows = [list(row.values()) for row in page.rows[-2:]]
    end = ", or until you cancel and delete your booking"
    assert rows == [
        [
            "How will you travel?",
            "To plan the buses",
            "The members of the conference team who can see bookings",
            f"Until 11 June 2010{end}",
        ],
        [
            "Who should we call?",
            "To plan the buses",
            "Only the organisers and the registration desk",
            f"Until 11 July 2009{end}",
        ],
    ]


def test_custom_questions_need_no_queries_on_form_pages(
    visitor: Browser, queries: list[str]
) -> None:
    make_question()
    answer_questions(visitor, until="more")
    visitor.open("/privacy")  # what it says is read once after a change

    queries.clear()
    visitor.open("/privacy")
    visitor.open("/register/more")

    assert [one for one in queries if "question" in one] == []


def test_the_desk_can_enter_custom_answers(visitor: Browser) -> None:
    make_question(is_required=True)
    delegate = make_delegate()
    sign_in(visitor, role=DESK)

    page = visitor.open(f"/organise/delegates/{delegate.reference}/change").press("Save", role="Dr")
    assert page.summary_list["Role"] == "Dr"
    page = page.follow("Change booking").press("Save", {TRAVEL: "By bus"})

    assert page.summary_list["How will you travel?"] == "By bus"


@pytest.mark.settings(LANGUAGES='["en", "fr"]')
@pytest.mark.both_databases
def test_a_french_registration_shows_custom_questions_in_french_everywhere(
    visitor: Browser, new_browser: Browsers
) -> None:
    english = EditedTexts("How will you travel?", "", ("Bus", "Train"))
    french = EditedTexts("Votre moyen de transport", "", ("Autocar", "Train"))
    texts = {"en": english, "fr": french}
    make_question(kind="choice", texts=texts, is_required=True)

    page = visitor.open("/fr/register").follow("Start now")
    page = continue_to(page, until="more", answers=IN_FRENCH)
    assert page.heading == "Votre moyen de transport"
    check = page.press("Continue", {"Votre moyen de transport": "Autocar"})
    assert check.summary_list["Votre moyen de transport"] == "Autocar"
    check.press("Confirm registration")

    email = get_last_email_to("ada@example.org")
    assert "Votre moyen de transport: Autocar\n" in email.text
    own = find_link(email, "/fr/booking/")
    assert visitor.open(own).summary_list["Votre moyen de transport"] == "Autocar"
    in_english = new_browser().open(own.replace("/fr/", "/"))
    assert in_english.summary_list["How will you travel?"] == "Bus"


def test_a_country_is_chosen_from_the_list_and_changed_by_the_desk(
    visitor: Browser, new_browser: Browsers
) -> None:
    make_question("Where do you travel from?", kind="country")
    label = "Where do you travel from? (optional)"

    page = answer_questions(visitor, until="more")
    assert page.heading == "One more question"
    check = page.press("Continue", {label: "Kenya"})
    assert check.summary_list["Where do you travel from?"] == "Kenya"
    check.press("Confirm registration")

    desk = sign_in(new_browser(), role=DESK)
    reference = db.session.query(Delegate).one().reference
    page = desk.open(f"/organise/delegates/{reference}/change")
    page = page.press("Save", {label: "Ghana"})
    assert page.summary_list["Where do you travel from?"] == "Ghana"
