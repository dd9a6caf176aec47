"""Changing the questions of a form: add, edit, reorder, retire, delete.

Every change locks the table first, so that concurrent changes cannot break a condition. Each change
is public as soon as it is committed.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date

from app import clock
from app.cache_version import bump_cache_version
from app.database import db, insert_if_absent, lock_table
from app.errors import RuleViolation, StaleEdit
from app.history import services as history
from app.history.models import Change
from app.questions import changes, checks, ordering, queries, readers, standard, versions
from app.questions.checks import QuestionInUse
from app.questions.definitions import (
    ERASURES,
    STANDARD,
    Condition,
    Definition,
    Texts,
    Wording,
    dump_texts,
    load_condition,
    load_texts,
)
from app.questions.edited_question import EditedQuestion
from app.questions.models import Question, QuestionSet, QuestionVersion
from app.row_locks import lock_row
from app.web import languages

ALWAYS_ASKED = "Everyone has to be asked this question"


def add(set_name: str, edited: EditedQuestion, *, actor: str) -> Question:
    """Add a question at the end; raise RuleViolation if it is invalid."""
    definitions = _lock(set_name)
    own = [
        definition
        for definition in definitions
        if not (definition.is_retired or definition.standard)
    ]
    if len(own) >= checks.MAX_QUESTIONS:
        raise RuleViolation(f"There are {checks.MAX_QUESTIONS} questions already")
    _check(edited, None, definitions)
    question = Question(set_name=set_name, position=len(definitions), version=1)
    question.versions = [versions.build(edited, (), 1)]
    _set_values(question, edited)
    db.session.add(question)
    _record(question, f"The question “{edited.first.label}” was added", actor)
    return question


def save(question: Question, edited: EditedQuestion, *, expected_version: int, actor: str) -> bool:
    """Save a question; return True if anything changed. Raise StaleEdit or RuleViolation.

    Changing the kind, or removing or replacing a choice, makes a new version.
    """
    definitions = _lock(question.set_name)
    db.session.refresh(question)
    edited = _keep_fixed_values(question, edited)
    before = changes.describe(question)
    if question.version != expected_version:
        typed = changes.describe_edited(question, edited)
        raise StaleEdit(question.version, changes.diff(before, typed))
    _check(edited, question.id, definitions)
    newest = question.versions[-1]
    version = versions.build(edited, question.versions, newest.number)
    changed = _to_definition(question, version)
    checks.check_dependants(question.id, changed, definitions)
    if versions.is_needed(newest, version):
        version.number += 1
        question.versions.append(version)
    else:
        newest.choices, newest.texts = version.choices, version.texts
    _set_values(question, edited)
    changed_fields = changes.diff(before, changes.describe(question))
    if not changed_fields:
        return False
    question.version += 1
    _record(question, f"The question “{edited.first.label}” was changed", actor, changed_fields)
    return True


def move(question: Question, direction: str, *, actor: str) -> bool:
    """Move a question "up", "down" or to a position ("3"); return True if it moved."""
    definitions = list(_lock(question.set_name))
    active = [definition for definition in definitions if not definition.is_retired]
    index = next((i for i, one in enumerate(active) if one.id == question.id), -1)
    target = ordering.find_target(direction, index)
    if index < 0 or target == index or not 0 <= target < len(active):
        return False
    moved = ordering.move(active, index, target)
    checks.check_order(moved)
    _set_order(question.set_name, moved)
    place = [one.id for one in moved].index(question.id)
    _record(question, f"A question was moved from place {index + 1} to {place + 1}", actor)
    return True


def _set_order(set_name: str, asked: Sequence[Definition]) -> None:
    positions = {one.id: number for number, one in enumerate(asked)}
    for one in queries.list_all(set_name):
        one.position = positions.get(one.id, len(positions) + one.id)


def retire(question: Question, *, actor: str) -> None:
    """Retire a question, so that it is no longer asked; its answers stay until their erasure."""
    checks.check_dependants(question.id, None, _lock(question.set_name))
    known = standard.find(question.set_name, question.key)
    if known is not None and not known.can_be_hidden:
        raise RuleViolation(ALWAYS_ASKED)
    if question.retired_at is None:
        question.retired_at = clock.now()
        question.version += 1
        _record(question, "A question was retired: it is no longer asked", actor)


def restore(question: Question, *, actor: str) -> None:
    """Restore a retired question as the last one; a standard one as the last on its own page."""
    definitions = _lock(question.set_name)
    others = [definition for definition in definitions if definition.id != question.id]
    if question.retired_at is not None:
        restored = next(definition for definition in definitions if definition.id == question.id)
        active = ordering.add(restored, [other for other in others if not other.is_retired])
        earlier = active[: active.index(restored)]
        checks.check_condition(restored.condition, None, earlier)
        readers.check_restored(restored)
        question.retired_at = None
        _set_order(question.set_name, active)
        question.version += 1
        _record(question, "A retired question is asked again", actor)


def delete(question: Question, *, is_answered: Callable[[int], bool], actor: str) -> None:
    """Delete a question without answers; raise QuestionInUse if there are any.

    Storing an answer takes a shared lock on the question. Wait for these locks before deleting
    anything that such an answer may need, so that it is counted.
    """
    checks.check_dependants(question.id, None, _lock(question.set_name))
    if question.key:
        raise QuestionInUse("This question is part of the site. Hide it instead")
    lock_row(question, "This question has been deleted")
    if is_answered(question.id):
        raise QuestionInUse("People have answered this question. Retire it instead")
    label = load_texts(question.versions[-1].texts)
    first = next(iter(label.values())).label
    db.session.delete(question)
    db.session.flush()
    _record(question, f"The question “{first}” was deleted", actor)


def set_one_per_page(set_name: str, *, is_one_per_page: bool, actor: str) -> bool:
    """Give each question a page of its own, or none of them; return True if that changed."""
    insert_if_absent(QuestionSet, [{"name": set_name, "is_one_per_page": False}])
    row = db.session.get_one(QuestionSet, set_name, with_for_update=True, populate_existing=True)
    if row.is_one_per_page == is_one_per_page:
        return False
    row.is_one_per_page = is_one_per_page
    how = "each on a page of its own" if is_one_per_page else "together on one page"
    history.record(f"Questions are now asked {how}", subject="questions", actor=actor)
    bump_cache_version()
    return True


def _lock(set_name: str) -> Sequence[Definition]:
    """Lock the questions until the transaction ends, and return them all."""
    db.session.flush()
    lock_table(Question)
    return queries.read_definitions(set_name)


def _check(
    edited: EditedQuestion, question_id: int | None, definitions: Sequence[Definition]
) -> None:
    if not edited.first.label:
        raise RuleViolation("Enter the question")
    for texts in edited.texts.values():
        if texts is edited.first or texts.choices:
            checks.check_choices(edited.kind, texts.choices)
        if texts.choices and len(texts.choices) != len(edited.first.choices):
            raise checks.InvalidChoices("Enter the same number of choices in each language")
    if edited.erasure not in ERASURES and date.fromisoformat(edited.erasure) < clock.now().date():
        raise RuleViolation("Enter a date in the future")
    condition = load_condition(edited.condition)
    checks.check_condition(condition, question_id, definitions)
    readers.check(edited.readers, condition, question_id, definitions)
    changed = _place(edited, condition, question_id, definitions)
    checks.check_order(changed)


def _place(
    edited: EditedQuestion,
    condition: Condition | None,
    question_id: int | None,
    definitions: Sequence[Definition],
) -> Sequence[Definition]:
    """Return the questions with the input about one of them applied."""
    new = Definition(0, (Wording(0, edited.kind, (), {}),))
    all_definitions = definitions if question_id else [*definitions, new]
    return [
        replace(definition, condition=condition, days=frozenset(edited.days))
        if definition.id == (question_id or 0)
        else definition
        for definition in all_definitions
    ]


def _to_definition(question: Question, version: QuestionVersion) -> Definition:
    wording = Wording(0, version.kind, tuple(version.choices.split()), load_texts(version.texts))
    return Definition(question.id, (wording,))


def _keep_fixed_values(question: Question, edited: EditedQuestion) -> EditedQuestion:
    """Return the input without what cannot be changed about a standard question."""
    known = standard.find(question.set_name, question.key)
    if known is None:
        return edited
    fixed = replace(edited, kind=STANDARD, readers=known.readers)
    if not known.can_be_required:
        fixed = replace(fixed, is_required=known.is_required)
    if not known.can_be_hidden:
        fixed = replace(fixed, condition="", days=(), categories=())
    return fixed if known.can_be_erased_early else replace(fixed, erasure=known.erasure)


def add_standard(set_name: str) -> None:
    """Add rows for missing standard questions, with their defaults."""
    known = {one.key for one in queries.list_all(set_name)}
    with languages.use_language(languages.SOURCE_LANGUAGE):
        for position, one in enumerate(standard.list_of(set_name)):
            if one.key in known:
                continue
            texts = {languages.SOURCE_LANGUAGE: Texts(str(one.label), str(one.help), {})}
            version = QuestionVersion(number=1, kind=STANDARD, texts=dump_texts(texts))
            question = Question(set_name=set_name, key=one.key, position=position, version=1)
            question.versions = [version]
            question.is_required, question.purpose = one.is_required, str(one.purpose)
            question.readers, question.erasure = one.readers, one.erasure
            db.session.add(question)
    bump_cache_version()


def _set_values(question: Question, edited: EditedQuestion) -> None:
    question.is_required = edited.is_required
    question.condition = edited.condition
    question.purpose = edited.purpose
    question.readers = edited.readers
    question.erasure = edited.erasure
    question.days = " ".join(edited.days)
    question.categories = " ".join(edited.categories)
    question.max_megabytes = edited.max_megabytes


def _record(
    question: Question, summary: str, actor: str, changed_fields: Sequence[Change] = ()
) -> None:
    """Record a change in the history, and have every process reload the questions."""
    db.session.flush()
    history.record(
        summary, subject=question.history_subject, actor=actor, field_changes=changed_fields
    )
    bump_cache_version()
