"""Changes of a question, for its history and for conflict pages."""

from collections.abc import Mapping, Sequence

from app.history.models import Change
from app.questions.definitions import load_texts
from app.questions.edited_question import EditedQuestion
from app.questions.models import Question

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


def describe(question: Question) -> Mapping[str, str]:
    """Return the editable values of a question, as text."""
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
            ", ".join((other.label, other.help, *other.choices.values())) for other in others
        ),
    }


def describe_edited(question: Question, edited: EditedQuestion) -> Mapping[str, str]:
    """Return the same values of a question as it was typed."""
    return {
        **describe(question),
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


def diff(before: Mapping[str, str], after: Mapping[str, str]) -> Sequence[Change]:
    """List the differences between two descriptions."""
    return [
        Change(name, before[name], after[name], LABELS[name], before[name], after[name])
        for name in LABELS
        if before[name] != after.get(name, before[name])
    ]
