"""What cannot be asked is refused with a sentence, and nothing has changed."""

from dataclasses import replace

import pytest
from flask import Flask

from app.database import db, transaction
from app.errors import RuleViolation, StaleEdit
from app.questions import queries, services
from app.questions.edited_question import EditedQuestion, EditedTexts
from app.questions.models import REGISTRATION, Question, QuestionVersion
from tests.factories import make_question

DINNER = EditedQuestion("yes_no", {"en": EditedTexts("Will you dine?")}, "To cook enough")
TABLE = EditedQuestion("choice", {"en": EditedTexts("Where?", "", ("Window", "Door"))}, "To sit")


def list_own() -> list[str]:
    """List the questions that organisers have added."""
    every = queries.read_definitions(REGISTRATION)
    return [one.name for one in every if one.standard is None]


def refused(edited: EditedQuestion, question: Question | None = None) -> str:
    with pytest.raises(RuleViolation) as refusal, transaction():
        _submit(edited, question)
    return str(refusal.value)


def _submit(edited: EditedQuestion, question: Question | None) -> None:
    if question is None:
        services.add(REGISTRATION, edited, actor="Olga")
    else:
        services.save(question, edited, expected_version=question.version, actor="Olga")


def get_versions(question: Question) -> list[tuple[int, str]]:
    rows = db.session.query(QuestionVersion).filter_by(question_id=question.id)
    return [(one.number, one.choices) for one in rows.order_by(QuestionVersion.number)]


@pytest.mark.parametrize(
    ("choices", "sentence"),
    [
        (("Window",), "Enter at least two choices, each on a line of its own"),
        (("Window", "window"), "Two of the choices are the same. Change or remove one of them"),
        (tuple(map(str, range(31))), "Enter 30 choices or fewer"),
    ],
)
def test_choices_of_a_question_must_be_unique(
    site: Flask, choices: tuple[str, ...], sentence: str
) -> None:
    assert refused(replace(TABLE, texts={"en": EditedTexts("Where?", "", choices)})) == sentence
    assert list_own() == []


def test_a_question_without_text_is_refused(site: Flask) -> None:
    assert refused(replace(DINNER, texts={"en": EditedTexts("")})) == "Enter the question"


def test_a_translation_must_have_the_same_number_of_choices(site: Flask) -> None:
    texts = {**TABLE.texts, "fr": EditedTexts("Où ?", "", ("Fenêtre", "Porte", "Jardin"))}

    assert (
        refused(replace(TABLE, texts=texts)) == "Enter the same number of choices in each language"
    )


def test_a_condition_must_refer_to_an_earlier_question_with_that_answer(site: Flask) -> None:
    dinner, table = make_question(kind="yes_no"), make_question("Where?")
    itself = replace(DINNER, condition=f"{dinner.id} is yes")
    later = replace(DINNER, condition=f"{table.id} answered")

    assert refused(itself, dinner) == "A question cannot depend on its own answer"
    assert refused(later, dinner) == "A question can depend only on one that is asked before it"
    gone = "The question that this one depends on no longer exists"
    assert refused(replace(DINNER, condition="99 answered")) == gone
    other = "The question that this one depends on has no such answer"
    assert refused(replace(DINNER, condition=f"{dinner.id} is perhaps")) == other
    with transaction():
        services.retire(dinner, actor="Olga")
    retired = "The question that this one depends on is no longer asked"
    assert refused(replace(DINNER, condition=f"{dinner.id} is yes")) == retired


def test_a_question_that_another_depends_on_cannot_be_changed_moved_or_deleted(site: Flask) -> None:
    dinner = make_question("Will you dine?", kind="yes_no")
    where = make_question("Where?", condition=f"{dinner.id} is yes")
    needed = "Change “Where?” first: it depends on an answer to this question"

    other_kind = replace(DINNER, kind="date")
    assert refused(other_kind, dinner) == needed
    with pytest.raises(RuleViolation, match="first"), transaction():
        services.retire(dinner, actor="Olga")
    with pytest.raises(RuleViolation, match="first"), transaction():
        services.delete(dinner, is_answered=lambda _: False, actor="Olga")
    with pytest.raises(RuleViolation, match="must come after"), transaction():
        services.move(where, "up", actor="Olga")
    with transaction():
        services.delete(where, is_answered=lambda _: False, actor="Olga")
        services.delete(dinner, is_answered=lambda _: False, actor="Olga")
    assert list_own() == []


def test_only_changes_of_meaning_create_a_new_version_of_a_question(site: Flask) -> None:
    question = make_question("Where?", kind="choice", choices=["Window", "Door"])

    def save(*choices: str, is_corrected: bool = False) -> None:
        texts = {"en": EditedTexts("Where do you sit?", "Help", choices)}
        edited = replace(TABLE, texts=texts, is_wording_corrected=is_corrected)
        with transaction():
            services.save(question, edited, expected_version=question.version, actor="Olga")

    save("Window", "Door", "Garden")
    assert get_versions(question) == [(1, "c1 c2 c3")]
    save("Window seat", "Door", "Garden", is_corrected=True)
    assert get_versions(question) == [(1, "c1 c2 c3")]
    save("Roof", "Door", "Garden")
    assert get_versions(question) == [(1, "c1 c2 c3"), (2, "c4 c2 c3")]
    save("Window seat", "Door", "Garden")
    assert get_versions(question)[2] == (3, "c5 c2 c3")


def test_an_erasure_date_in_the_past_and_a_stale_edit_are_refused(site: Flask) -> None:
    question = make_question()

    assert refused(replace(DINNER, erasure="2009-01-01")) == "Enter a date in the future"
    with pytest.raises(StaleEdit) as stale, transaction():
        services.save(question, DINNER, expected_version=7, actor="Olga")
    labels = [one.label for one in stale.value.differing]
    assert labels == ["Question", "Type of answer", "Why it is asked"]


def test_an_answered_question_is_retired_instead_of_deleted(site: Flask) -> None:
    question = make_question()

    with pytest.raises(RuleViolation, match="Retire it instead"), transaction():
        services.delete(question, is_answered=lambda _: True, actor="Olga")
