"""The versions of a question: an answer belongs to the version that it answered."""

from collections.abc import Mapping, Sequence

from app.questions.definitions import WITH_CHOICES, Texts, dump_texts, load_texts
from app.questions.edited_question import EditedQuestion
from app.questions.models import QuestionVersion


def build(
    edited: EditedQuestion, earlier: Sequence[QuestionVersion], number: int
) -> QuestionVersion:
    """Return the new version, keeping the keys of the choices that are still there."""
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
    """Return the keys of the choices: the existing ones for unchanged texts, otherwise new ones.

    Keys are never reused, so that a draft's answer cannot change its meaning.
    """
    known = [key for version in earlier for key in version.choices.split()]
    newest = earlier[-1].choices.split() if earlier else []
    if edited.is_wording_corrected and len(newest) == len(edited.first.choices):
        return newest
    known_keys: Mapping[str, str] = {}
    if newest:
        choices = next(iter(load_texts(earlier[-1].texts).values())).choices
        known_keys = {text: key for key, text in choices.items()}
    fresh = max((int(key[1:]) for key in known), default=0)
    keys = []
    for text in edited.first.choices:
        if text not in known_keys:
            fresh += 1
        keys.append(known_keys.get(text, f"c{fresh}"))
    return keys


def is_needed(newest: QuestionVersion, version: QuestionVersion) -> bool:
    """Return True if answers to the old version would have another meaning in the new one."""
    is_removed = not set(newest.choices.split()) <= set(version.choices.split())
    return newest.kind != version.kind or is_removed
