"""Answers as pages show them, each with the registration page that asks for it."""

from collections.abc import Callable, Iterator, Sequence

from flask_babel import gettext
from markupsafe import Markup

from app.delegates import custom_questions, question_pages
from app.delegates.answer_json import Answers, full_name
from app.delegates.delegate_field import NOT_GIVEN, DelegateField
from app.delegates.fields import BOOKING_FIELDS, DAYS, FIELDS
from app.delegates.standard_questions import is_retired
from app.questions import file_answers

Row = tuple[str, str, str]  # label, text and step


def list_for_desk(answers: Answers) -> Iterator[Row]:
    """Yield the answers to standard questions, without private ones."""
    shown_fields = [
        field for field in BOOKING_FIELDS if answers.get(field.name) or not is_retired(field)
    ]
    yield from _list_standard(shown_fields, answers, desk=True)


def list_standard(answers: Answers) -> Iterator[Row]:
    """Yield the answers to standard questions that a delegate is asked, or has answered."""
    asked_names = {
        question.name for question in custom_questions.list_relevant_with_standard(answers)
    }
    shown_fields = [
        field for field in FIELDS if answers.get(field.name) or field.key in asked_names
    ]
    yield from _list_standard(shown_fields, answers, desk=False)


def _list_standard(
    shown: Sequence[DelegateField], answers: Answers, *, desk: bool
) -> Iterator[Row]:
    rows = custom_questions.list_all_with_standard()
    places = {one.name: place for place, one in enumerate(rows)}
    has_name = False
    for field in sorted(shown, key=lambda one: places.get(one.key, len(places))):
        if field.is_part_of_name:
            if not has_name:
                yield gettext("Name"), full_name(answers), field.step
            has_name = True
        elif not field.continues:
            yield field.label_for(desk=desk), _format_whole(field, answers), field.step


def _format_whole(field: DelegateField, answers: Answers) -> str:
    """Return an answer with those that continue it, each on its own line."""
    parts = [field, *(one for one in FIELDS if one.continues == field.name)]
    texts = filter(None, (part.format(part.read(answers)) for part in parts))
    text = "\n".join(dict.fromkeys(texts)) or str(field.empty)
    return text.replace(", ", ",\n") if field.name == DAYS else text


def list_own(answers: Answers, find_url: Callable[[int], str] | None = None) -> Iterator[Row]:
    """Yield the answers to the organisers' questions; files as links, if URLs are given."""
    steps = question_pages.name_by_question()
    for question in custom_questions.list_relevant(answers):
        answer = answers.get(question.name, "")
        text = custom_questions.format_answer(question, answer) or str(NOT_GIVEN)
        if find_url is not None and file_answers.read(answer):
            text = link_file(text, find_url(question.id))
        yield custom_questions.get_label(question), text, steps[question.id]


def link_file(name: str, url: str) -> Markup:
    """Return the name of a file as a link that downloads it."""
    return Markup('<a href="{}">{}</a>').format(url, name)


def sort_by_page(rows: Sequence[Row]) -> Sequence[Row]:
    """Return rows in the order of their pages, after those that belong to no page."""
    steps = [page.step for page in question_pages.list_pages()]
    places = {step: place for place, step in enumerate(steps)}
    place, keyed = -1, []
    for row in rows:
        place = places.get(row[2], place)
        keyed.append((place, row))
    return [row for _, row in sorted(keyed, key=lambda pair: pair[0])]
