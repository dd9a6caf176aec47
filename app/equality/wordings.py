"""Changing the questions of equality monitoring: another wording, one more question, the order.

Answers are counted by wording, so any rewording starts new counts; those of the earlier wording
stay as they are, and are never combined with others.
"""

from collections.abc import Mapping, Sequence

from app.cache_version import bump_cache_version
from app.database import db, lock_table
from app.equality import queries
from app.equality.models import EqualityQuestion
from app.equality.questions import NOT_SAID_LABEL, QUESTIONS, EqualityItem
from app.errors import NotFound, RuleViolation, StaleEdit, require
from app.history import services as history
from app.history.models import Change
from app.questions import checks, ordering
from app.questions.checks import InvalidChoices
from app.questions.definitions import AFTER_A_YEAR, CHOICE, TEAM, Texts, dump_texts, load_texts
from app.questions.edited_question import EditedTexts
from app.questions.models import Question, QuestionVersion
from app.web import languages

SUBJECT = "equality monitoring"
MAX_QUESTIONS = 20
NOT_SAID_IS_ADDED = "Delete “Prefer not to say”: it is added to each question automatically"

Edited = Mapping[str, EditedTexts]  # by language, that of the site's source first


def add(edited: Edited, *, actor: str) -> Question:
    """Add a question at the end; it is not asked until it is selected."""
    rows = _lock_rows()
    if len(rows) >= MAX_QUESTIONS:
        raise RuleViolation(f"There are {MAX_QUESTIONS} questions already")
    _check(edited)
    question = _build_question("", len(rows), _build_version(1, edited))
    db.session.add(question)
    _record(f"A question about equality was added: {_get_first(edited).label}", actor)
    return question


def reword(key: str, edited: Edited, *, expected_version: int, actor: str) -> bool:
    """Reword a question; return True if the wording differs.

    Raise StaleEdit after a concurrent change, or RuleViolation if it is invalid.
    """
    question = _find(_lock_rows(), key)
    newest = question.versions[-1]
    changes = _diff(newest, edited)
    if question.version != expected_version:
        raise StaleEdit(question.version, changes)
    _check(edited)
    if not changes:
        return False
    version = _build_version(newest.number + 1, edited)
    question.versions.append(version)
    question.version += 1
    _ask_instead(
        queries.name_wording(key, newest.number), queries.name_wording(key, version.number)
    )
    summary = f"A question about equality has another wording: {_get_first(edited).label}"
    _record(summary, actor, changes)
    return True


def move(key: str, direction: str, *, actor: str) -> bool:
    """Move a question "up", "down" or to a position ("3"); return True if it moved."""
    rows = list(_lock_rows())
    index = rows.index(_find(rows, key))
    target = ordering.find_target(direction, index)
    if target == index or not 0 <= target < len(rows):
        return False
    rows.insert(target, rows.pop(index))
    for position, row in enumerate(rows):
        row.position = position
    _record(f"A question about equality was moved from place {index + 1} to {target + 1}", actor)
    return True


def _lock_rows() -> Sequence[Question]:
    """Lock the questions until the transaction ends; create their rows if needed."""
    db.session.flush()
    lock_table(Question)
    lock_table(EqualityQuestion)
    rows = queries.list_rows()
    if not rows:
        rows = [
            _build_question(one.key, position, _build_shipped(one))
            for position, one in enumerate(QUESTIONS)
        ]
        db.session.add_all(rows)
        db.session.flush()
    return rows


def _find(rows: Sequence[Question], key: str) -> Question:
    found = next((one for one in rows if queries.name_question(one) == key), None)
    return require(found, NotFound("There is no such question"))


def _build_question(key: str, position: int, version: QuestionVersion) -> Question:
    question = Question(
        set_name=queries.SET_NAME,
        key=key,
        position=position,
        purpose="",
        readers=TEAM,
        erasure=AFTER_A_YEAR,
        version=1,
    )
    question.versions = [version]
    return question


def _build_shipped(item: EqualityItem) -> QuestionVersion:
    """Return a wording of the site as it is in each language."""
    texts = {}
    for code in (languages.SOURCE_LANGUAGE, *languages.list_other_codes()):
        with languages.use_language(code):
            answers = {name: str(text) for name, text in item.answers.items()}
            texts[code] = Texts(str(item.label), str(item.help), answers)
    choices = " ".join(item.answers)
    return QuestionVersion(number=1, kind=CHOICE, choices=choices, texts=dump_texts(texts))


def _build_version(number: int, edited: Edited) -> QuestionVersion:
    keys = [f"c{place}" for place, _ in enumerate(_get_first(edited).choices, start=1)]
    texts = {
        code: Texts(one.label, one.help, dict(zip(keys, one.choices, strict=False)))
        for code, one in edited.items()
        if one.label or one.help or one.choices
    }
    return QuestionVersion(
        number=number, kind=CHOICE, choices=" ".join(keys), texts=dump_texts(texts)
    )


def _get_first(edited: Edited) -> EditedTexts:
    return next(iter(edited.values()))


def _check(edited: Edited) -> None:
    """Raise RuleViolation if a question is invalid."""
    first = _get_first(edited)
    if not first.label:
        raise RuleViolation("Enter the question")
    for code, texts in edited.items():
        if texts is first or texts.choices:
            checks.check_choices(CHOICE, texts.choices)
        if texts.choices and len(texts.choices) != len(first.choices):
            raise InvalidChoices("Enter the same number of choices in each language")
        with languages.use_language(code):
            not_said = str(NOT_SAID_LABEL).casefold()
        if not_said in {one.casefold() for one in texts.choices}:
            raise InvalidChoices(NOT_SAID_IS_ADDED)


def _ask_instead(old: str, new: str) -> None:
    """Ask the new wording in place of the old, if that is active."""
    row = db.session.get(EqualityQuestion, old, populate_existing=True)
    is_asked = row is not None and row.is_asked
    if row is not None:
        row.is_asked = False
    db.session.add(EqualityQuestion(key=new, is_asked=is_asked, answered=0, published=0))


def _diff(newest: QuestionVersion, edited: Edited) -> Sequence[Change]:
    """Return the differences between the current wording and another."""
    before = _describe(load_texts(newest.texts))
    after = _describe(load_texts(_build_version(0, edited).texts))
    return [
        Change(name, before.get(name, ""), text, name, before.get(name, ""), text)
        for name, text in {**dict.fromkeys(before, ""), **after}.items()
        if before.get(name, "") != text
    ]


def _describe(texts: Mapping[str, Texts]) -> Mapping[str, str]:
    """Return the texts of a wording, by field and language."""
    found: dict[str, str] = {}
    for code, one in texts.items():
        end = "" if code == languages.SOURCE_LANGUAGE else f" ({code})"
        found[f"Question{end}"], found[f"Help{end}"] = one.label, one.help
        found[f"Choices{end}"] = "; ".join(one.choices.values())
    return {name: text for name, text in found.items() if text}


def _record(summary: str, actor: str, changes: Sequence[Change] = ()) -> None:
    db.session.flush()
    history.record(summary, subject=SUBJECT, actor=actor, field_changes=changes)
    bump_cache_version()
