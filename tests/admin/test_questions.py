"""Organisers ask questions of their own: added, changed, put in order, retired, deleted."""

import re

import pytest

from app.accounts.models import DESK, VIEWER
from app.admin.questions.descriptions import ERASURE_NAMES, READER_NAMES
from app.database import transaction
from app.delegates import delegate_record
from app.delegates.categories.models import BY_CODE
from app.questions.definitions import AFTER_A_YEAR, KEY_PREFIX, TEAM
from app.registration import question_promises
from tests.browser import Answer, Browser, Browsers, Page
from tests.factories import make_application, make_category, make_delegate, make_question, sign_in
from tests.registration_flow import DAYS, PAGES, THURSDAY, WEDNESDAY, answer_questions
from tests.sent_emails import find_link, get_last_email_to

TRAVEL = "How will you travel?"
A_YEAR = str(ERASURE_NAMES[AFTER_A_YEAR])
CORRECTED = "I only corrected the wording, so earlier answers still apply"


@pytest.mark.both_databases
def test_a_new_question_appears_on_the_form_at_once(
    visitor: Browser, new_browser: Browsers
) -> None:
    organiser = sign_in(visitor)
    somebody = new_browser()
    check = f"Step {PAGES + 1} of {PAGES + 1}"
    assert check in answer_questions(somebody).text

    page = organiser.open("/organise/questions").follow("Add a question")
    page = page.press(
        "Add this question",
        {
            "Question": TRAVEL,
            "Type of answer": "One of several choices",
            "Choices": "Bus\nTrain",
            "People must answer this question": True,
            "Why do you ask?": "To plan the buses.",
        },
    )
    assert page.heading == TRAVEL
    assert "The question has been added." in page.source

    form = answer_questions(new_browser(), until="more")
    assert form.heading == TRAVEL
    assert "Why we ask: To plan the buses." in form.text


def test_a_question_with_answers_cannot_change_its_meaning(
    visitor: Browser, new_browser: Browsers
) -> None:
    question = make_question(TRAVEL, readers="registrations", erasure="30-days")
    sign_in(visitor)
    change = f"/organise/questions/{question.id}/change"
    page = visitor.open(change).press("Save", {"Question": "How do you come?"})
    assert page.heading == "How do you come?"  # no answers yet
    check = answer_questions(new_browser(), until="more").press(
        "Continue", {"How do you come? (optional)": "By bus"}
    )
    check.press("Confirm registration")

    for typed, sentence in (
        ({"Question": "Where do you live?"}, question_promises.OTHER_WORDS),
        ({"Why do you ask?": "To sell tickets"}, question_promises.OTHER_WORDS),
        ({"Who can see the answers?": str(READER_NAMES[TEAM])}, question_promises.MORE_READERS),
        ({"When are the answers deleted?": A_YEAR}, question_promises.KEPT_LONGER),
    ):
        page = visitor.open(change).press("Save", typed, status=422)
        assert page.errors == [sentence]
        assert [page.value_of(label) for label in typed] == list(typed.values())

    typed = {"Type of answer": "Yes or no", "Why do you ask?": "To sell tickets"}
    page = visitor.open(change).press("Save", typed, status=422)
    assert page.errors == [question_promises.OTHER_REASON]

    page = visitor.open(change).press("Save", {"Question": TRAVEL, CORRECTED: True})
    assert page.heading == TRAVEL
    page = visitor.open(change).press("Save", {"Type of answer": "Yes or no", "Question": "A bus?"})
    assert page.heading == "A bus?"  # a new version
    page = visitor.open("/organise/delegates").follow("Ada Lovelace")
    assert page.summary_list[TRAVEL] == "By bus"  # with the words that it was given to


def test_a_question_is_asked_only_in_the_selected_categories(
    visitor: Browser, new_browser: Browsers
) -> None:
    make_category(name="Student")
    make_category(name="Press")
    preview = sign_in(new_browser()).open("/organise/questions/_preview").text
    assert "How will you attend? Student Press What is your name? Question Given names" in preview
    make_question(TRAVEL)
    organiser = sign_in(visitor)
    page = organiser.open("/organise/questions").follow(TRAVEL).follow("Change")
    page = page.press("Save", {"Press": True})
    assert page.summary_list["Categories"] == "Press"
    page = organiser.open("/organise/categories").follow("Press").follow("Delete")
    page = page.press("Delete", status=409)
    sentence = f"The question “{TRAVEL}” is asked in this category. Change it first"
    assert sentence in page.text

    ways = {name: new_browser() for name in ("Student", "Press")}
    asked = {}
    for name, somebody in ways.items():
        answers: dict[str, Answer] = {
            "How will you attend?": name,
            DAYS: [THURSDAY],
            TRAVEL: "By bus",
        }
        page = answer_questions(somebody, email=f"{name.lower()}@example.org", answers=answers)
        asked[name] = page.summary_list.get(TRAVEL)
    assert asked == {"Student": None, "Press": "By bus"}
    ways["Press"].press("Confirm registration")
    booking = ways["Press"].open(find_link(get_last_email_to("press@example.org"), "/booking/"))
    booking = booking.follow("Change days").press("Save", {DAYS: [WEDNESDAY]})
    assert booking.summary_list[TRAVEL] == "By bus"


def test_the_form_can_be_previewed_for_each_category_and_day(visitor: Browser) -> None:
    make_category(name="Student")
    press = make_category(name="Press")
    make_category(name="Guest", access=BY_CODE)
    dinner = make_question("Will you dine?", kind="yes_no", days=("2009-06-11",))
    make_question("Which paper do you write for?", categories=(str(press.id),))
    make_question("Which wine?", condition=f"{dinner.id} is yes")
    organiser = sign_in(visitor)

    page = organiser.open("/organise/questions").follow("Preview the form")
    asked = {}
    for name in ("Student", "Press"):
        page = page.press("Show this form", {"Category": name, "Days": [THURSDAY]})
        asked[name] = [one for one in page.labels if "(optional)" in one][-2:]
        assert "How will you attend?" in page.text
    guest = page.press("Show this form", {"Category": "Guest"})
    assert "How will you attend?" not in guest.text
    wednesday = page.press("Show this form", {"Days": [WEDNESDAY]})

    assert asked["Press"] == ["Which paper do you write for? (optional)", "Which wine? (optional)"]
    assert "Which paper do you write for?" not in " ".join(asked["Student"])
    assert "Asked only if “Will you dine?” is “Yes”" in page.text
    never_asked = ("Will you dine?", "Which wine?")
    assert [one for one in never_asked if one in wednesday.text] == []


def test_private_answers_are_not_counted(visitor: Browser) -> None:
    page = sign_in(visitor).open("/organise/questions")
    private = [row["Question"] for row in page.rows if row["Answers"] == "–"]

    assert private == ["Access requirements Standard", "Dietary requirements Standard"]


def test_a_question_answered_by_an_applicant_cannot_be_deleted(visitor: Browser) -> None:
    question = make_question(TRAVEL)
    make_application(document=f'{{"{KEY_PREFIX}{question.id}": "By bus"}}')

    page = sign_in(visitor).open(f"/organise/questions/{question.id}/delete")

    assert page.heading == f"Delete the question “{TRAVEL}”?"
    assert "Delete" not in page.buttons
    assert page.follow("Back to the question").heading == TRAVEL


@pytest.mark.both_databases
def test_an_answer_to_a_deleted_question_is_not_reused_for_a_new_question(
    visitor: Browser, new_browser: Browsers
) -> None:
    make_question(TRAVEL)
    check = answer_questions(new_browser(), until="more")
    check = check.press("Continue", {f"{TRAVEL} (optional)": "By bus"})
    organiser = sign_in(visitor)
    page = organiser.open("/organise/questions").follow(TRAVEL).follow("Delete")
    page.press("Delete")
    make_question("Who should we call?")

    page = check.press("Confirm registration")

    assert page.heading == "Who should we call? (optional)"
    assert "By bus" not in page.source


def list_emails(page: Page) -> list[str]:
    return re.findall(r"a[0-9]@example\.org", page.text_by_id("main"))


def test_answers_appear_as_columns_filters_and_in_exports(visitor: Browser) -> None:
    bus = make_question("How will you travel?", kind="choice", choices=["Bus", "Train"])
    call = make_question("Who should we call?", readers="registrations")
    with transaction():
        for number, way in enumerate(["c1", "c2"]):
            delegate = make_delegate(given_names=f"Ada {number}", email=f"a{number}@example.org")
            phone = f"07700 90000{number}"
            answers = {f"question_{bus.id}": way, f"question_{call.id}": phone}
            delegate_record.store(delegate, answers)
    sign_in(visitor, role=DESK)

    page = visitor.open(f"/organise/delegates?question_{bus.id}=c2")

    assert list_emails(page) == ["a1@example.org"]
    file = page.press("Download as CSV").source
    assert '"How will you travel?","Who should we call?"' in file
    assert '"Train","07700 900001"' in file
    page = visitor.open("/organise/delegates")
    page = page.press("Save options", {"How will you travel?": True})
    assert [row["How will you travel?"] for row in page.rows] == ["Bus", "Train"]
    page = visitor.open(f"/organise/delegates/{delegate.reference}")
    assert page.summary_list["Who should we call?"] == "07700 900001"

    viewer = sign_in(visitor, role=VIEWER, email="vera@conference.example")
    page = viewer.open(f"/organise/delegates/{delegate.reference}")
    assert "How will you travel?" in page.text
    assert "Who should we call?" not in page.text


@pytest.mark.both_databases
def test_delegates_can_be_filtered_by_a_missing_required_answer(visitor: Browser) -> None:
    press, student = make_category(name="Press"), make_category(name="Student")
    label = "Which paper do you write for?"
    paper = make_question(label, is_required=True, categories=(str(press.id),))
    desk = make_question("Which desk?", condition=f"{paper.id} answered", is_required=True)
    with transaction():
        for number, category in enumerate([press, press, student]):
            email = f"a{number}@example.org"
            delegate = make_delegate(given_names="Ada", email=email, category_id=category.id)
            if number == 0:
                delegate_record.store(delegate, {f"question_{paper.id}": "The Times"})
    sign_in(visitor, role=DESK)

    page = visitor.open("/organise/delegates")
    filters = {one.get("name") for one in page.tree.find_all("select")}
    assert f"question_{paper.id}" in filters
    assert f"question_{desk.id}" not in filters  # who is asked it is not known
    page = page.press("Search", {label: "No answer"})

    assert list_emails(page) == ["a1@example.org"]


@pytest.mark.parametrize("count", [1, 3])
def test_six_columns_of_answers_need_no_more_queries(
    visitor: Browser, queries: list[str], count: int
) -> None:
    numbers = [make_question(f"Question {number}?").id for number in range(6)]
    with transaction():
        answers = {f"question_{one}": f"Answer {place}" for place, one in enumerate(numbers)}
        for number in range(count):
            delegate = make_delegate(given_names=f"Ada {number}", email=f"a{number}@example.org")
            delegate_record.store(delegate, answers)
    organiser = sign_in(visitor)
    shown = {f"Question {number}?": True for number in range(6)}
    organiser.open("/organise/delegates").press("Save options", shown)
    queries.clear()

    page = organiser.open("/organise/delegates")

    assert len(queries) == 7
    assert [row["Question 5?"] for row in page.rows] == ["Answer 5"] * count
