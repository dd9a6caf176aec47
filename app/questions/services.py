"""Changing the questions of a form: add, edit, put in order, retire, delete.

Whoever changes one locks the table first, so that no condition can be broken by two people at
once. Each change is public as soon as it is committed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from app import clock
from app.cache_version import bump_cache_version
from app.database import db, lock_table
from app.errors import RuleViolation, StaleEdit
from app.history import services as history
from app.history.models import Change
from app.questions import checks, ordering, queries, standard
from app.questions.checks import QuestionInUse
from app.questions.definitions import (
    ERASURES,
    STANDARD,
    WITH_CHOICES,
    Condition,
    Definition,
    Texts,
    Wording,
    dump_texts,
    load_condition,
    load_texts,
)
from app.questions.models import Question, QuestionSet, QuestionVersion
from app.web import languages

ALWAYS_ASKED = "Everyone has to be asked this question"


@dataclass(frozen=True)
class EditedTexts:
    """What was typed in one language; the choices in their order."""

    label: str
    help: str = ""
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class EditedQuestion:
    """What was typed about a question."""

    kind: str
    texts: Mapping[str, EditedTexts]  # by language, the first one first
    purpose: str
    is_required: bool = False
    condition: str = ""
    readers: str = "team"
    erasure: str = "1-year"
    days: tuple[str, ...] = field(default_factory=tuple)
    categories: tuple[str, ...] = ()  # the ids of those that it is asked in; none: all
    max_megabytes: int = 5  # of a file
    are_choices_corrected: bool = False  # the same choices in better words, line by line

    @property
    def first(self) -> EditedTexts:
        """The words in the first language."""
        return next(iter(self.texts.values()))


def add(set_name: str, edited: EditedQuestion, *, actor: str) -> Question:
    """Add a question at the end; raise RuleViolation if it cannot be asked."""
    definitions = _lock(set_name)
    own = [one for one in definitions if not (one.is_retired or one.standard)]
    if len(own) >= checks.MAX_QUESTIONS:
        raise RuleViolation(f"There are {checks.MAX_QUESTIONS} questions already")
    _check(edited, None, definitions)
    question = Question(set_name=set_name, position=len(definitions), version=1)
    question.versions = [_build_version(edited, (), 1)]
    _set_values(question, edited)
    db.session.add(question)
    _record(question, f"The question “{edited.first.label}” was added", actor)
    return question


def save(question: Question, edited: EditedQuestion, *, expected_version: int, actor: str) -> bool:
    """Save a question; return True if anything changed. Raise StaleEdit or RuleViolation.

    Another kind, or a choice that is removed or replaced, makes a new version.
    """
    definitions = _lock(question.set_name)
    db.session.refresh(question)
    edited = _keep_what_is_fixed(question, edited)
    before = _describe(question)
    if question.version != expected_version:
        raise StaleEdit(question.version, _diff(before, _describe_edited(question, edited)))
    _check(edited, question.id, definitions)
    newest = question.versions[-1]
    version = _build_version(edited, question.versions, newest.number)
    changed = _to_definition(question, version)
    checks.check_dependants(question.id, changed, definitions)
    if _needs_version(newest, version):
        version.number += 1
        question.versions.append(version)
    else:
        newest.choices, newest.texts = version.choices, version.texts
    _set_values(question, edited)
    changes = _diff(before, _describe(question))
    if not changes:
        return False
    question.version += 1
    _record(question, f"The question “{edited.first.label}” was changed", actor, changes)
    return True


def move(question: Question, direction: str, *, actor: str) -> bool:
    """Move a question "up", "down" or to a place ("3"); return True if it moved."""
    definitions = list(_lock(question.set_name))
    asked = [one for one in definitions if not one.is_retired]
    index = next((i for i, one in enumerate(asked) if one.id == question.id), -1)
    target = ordering.find_target(direction, index)
    if index < 0 or target == index or not 0 <= target < len(asked):
        return False
    moved = ordering.move(asked, index, target)
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
    """Ask a question no longer; its answers stay until their date of erasure."""
    checks.check_dependants(question.id, None, _lock(question.set_name))
    known = standard.find(question.set_name, question.key)
    if known is not None and not known.can_be_hidden:
        raise RuleViolation(ALWAYS_ASKED)
    if question.retired_at is None:
        question.retired_at = clock.now()
        question.version += 1
        _record(question, "A question was retired: it is no longer asked", actor)


def restore(question: Question, *, actor: str) -> None:
    """Ask a retired question again, after all others; a standard one on its own page."""
    definitions = _lock(question.set_name)
    others = [one for one in definitions if one.id != question.id]
    if question.retired_at is not None:
        restored = next(one for one in definitions if one.id == question.id)
        asked = ordering.add(restored, [one for one in others if not one.is_retired])
        earlier = asked[: asked.index(restored)]
        checks.check_condition(restored.condition, None, earlier)
        question.retired_at = None
        _set_order(question.set_name, asked)
        question.version += 1
        _record(question, "A retired question is asked again", actor)


def delete(question: Question, *, is_answered: bool, actor: str) -> None:
    """Delete a question that nobody has answered; raise QuestionInUse."""
    checks.check_dependants(question.id, None, _lock(question.set_name))
    if question.key:
        raise QuestionInUse("This question is part of the site. Hide it instead")
    if is_answered:
        raise QuestionInUse("People have answered this question. Retire it instead")
    label = load_texts(question.versions[-1].texts)
    first = next(iter(label.values())).label
    db.session.delete(question)
    db.session.flush()  # waits for whoever stores an answer, before anything that they may need
    _record(question, f"The question “{first}” was deleted", actor)


def set_one_per_page(set_name: str, *, is_one_per_page: bool, actor: str) -> bool:
    """Ask each question on a page of its own, or all on one; return True if that changed."""
    row = db.session.get(QuestionSet, set_name, with_for_update=True)
    if row is None:
        row = QuestionSet(name=set_name, is_one_per_page=False)
        db.session.add(row)
    if row.is_one_per_page == is_one_per_page:
        return False
    row.is_one_per_page = is_one_per_page
    how = "each on a page of its own" if is_one_per_page else "together on one page"
    history.record(f"Questions are now asked {how}", subject="questions", actor=actor)
    bump_cache_version()
    return True


def _lock(set_name: str) -> Sequence[Definition]:
    """Let nobody else change questions until the transaction ends, and return them all."""
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
    changed = _place(edited, condition, question_id, definitions)
    checks.check_order(changed)


def _place(
    edited: EditedQuestion,
    condition: Condition | None,
    question_id: int | None,
    definitions: Sequence[Definition],
) -> Sequence[Definition]:
    """Return the questions as they would be asked with what was typed about one of them."""
    new = Definition(0, (Wording(0, edited.kind, (), {}),))
    every = definitions if question_id else [*definitions, new]
    return [
        replace(one, condition=condition, days=frozenset(edited.days))
        if one.id == (question_id or 0)
        else one
        for one in every
    ]


def _build_version(
    edited: EditedQuestion, earlier: Sequence[QuestionVersion], number: int
) -> QuestionVersion:
    """Return the version that was typed, with the keys of the choices that are still there."""
    keys = _choose_keys(edited, earlier) if edited.kind in WITH_CHOICES else ()
    texts = {
        code: Texts(one.label, one.help, dict(zip(keys, one.choices, strict=False)))
        for code, one in edited.texts.items()
        if one.label or one.help or one.choices
    }
    return QuestionVersion(
        number=number, kind=edited.kind, choices=" ".join(keys), texts=dump_texts(texts)
    )


def _choose_keys(edited: EditedQuestion, earlier: Sequence[QuestionVersion]) -> Sequence[str]:
    """Return the keys of the choices: as before where the text is, else new ones.

    No key is ever used again, so that an answer that somebody has not yet submitted cannot come to
    mean something else.
    """
    known = [key for version in earlier for key in version.choices.split()]
    newest = earlier[-1].choices.split() if earlier else []
    if edited.are_choices_corrected and len(newest) == len(edited.first.choices):
        return newest
    held: Mapping[str, str] = {}
    if newest:
        choices = next(iter(load_texts(earlier[-1].texts).values())).choices
        held = {text: key for key, text in choices.items()}
    fresh = max((int(key[1:]) for key in known), default=0)
    keys = []
    for text in edited.first.choices:
        if text not in held:
            fresh += 1
        keys.append(held.get(text, f"c{fresh}"))
    return keys


def _needs_version(newest: QuestionVersion, version: QuestionVersion) -> bool:
    """Return True if answers to the one would mean something else with the other."""
    is_removed = not set(newest.choices.split()) <= set(version.choices.split())
    return newest.kind != version.kind or is_removed


def _to_definition(question: Question, version: QuestionVersion) -> Definition:
    wording = Wording(0, version.kind, tuple(version.choices.split()), load_texts(version.texts))
    return Definition(question.id, (wording,))


def _keep_what_is_fixed(question: Question, edited: EditedQuestion) -> EditedQuestion:
    """Return what was typed without what nobody can change of a standard question."""
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
    """Add the standard questions that have no row, as they are until somebody changes them."""
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


LABELS = {
    "label": "Question",
    "help": "Help",
    "choices": "Choices",
    "kind": "Type of answer",
    "is_required": "Answer needed",
    "condition": "Asked if",
    "purpose": "Why it is asked",
    "readers": "Who can see the answers",
    "erasure": "Answers are deleted",
    "days": "Days",
    "categories": "Categories",
    "max_megabytes": "Largest file (MB)",
    "texts": "Translations",
}


def _describe(question: Question) -> Mapping[str, str]:
    """Return what can be changed of a question, as text."""
    newest = question.versions[-1]
    texts = load_texts(newest.texts)
    first, *others = texts.values()
    return {
        "label": first.label,
        "help": first.help,
        "choices": ", ".join(first.choices.get(key, "") for key in newest.choices.split()),
        "kind": newest.kind,
        "is_required": "yes" if question.is_required else "no",
        "condition": question.condition,
        "purpose": question.purpose,
        "readers": question.readers,
        "erasure": question.erasure,
        "days": question.days,
        "categories": question.categories,
        "max_megabytes": str(question.max_megabytes),
        "texts": "; ".join(
            ", ".join((one.label, one.help, *one.choices.values())) for one in others
        ),
    }


def _describe_edited(question: Question, edited: EditedQuestion) -> Mapping[str, str]:
    return {
        **_describe(question),
        "label": edited.first.label,
        "help": edited.first.help,
        "choices": ", ".join(edited.first.choices),
        "kind": edited.kind,
        "purpose": edited.purpose,
        "is_required": "yes" if edited.is_required else "no",
        "condition": edited.condition,
        "readers": edited.readers,
        "erasure": edited.erasure,
        "days": " ".join(edited.days),
        "categories": " ".join(edited.categories),
        "max_megabytes": str(edited.max_megabytes),
    }


def _diff(before: Mapping[str, str], after: Mapping[str, str]) -> Sequence[Change]:
    return [
        Change(name, before[name], after[name], LABELS[name], before[name], after[name])
        for name in LABELS
        if before[name] != after.get(name, before[name])
    ]


def _record(question: Question, summary: str, actor: str, changes: Sequence[Change] = ()) -> None:
    """Record a change in the history, and let every process read the questions again."""
    db.session.flush()
    history.record(summary, subject=question.history_subject, actor=actor, field_changes=changes)
    bump_cache_version()
