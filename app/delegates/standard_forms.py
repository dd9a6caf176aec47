"""Standard questions in forms as organisers configured them: which, wording, required or not."""

from collections.abc import Collection, Sequence
from typing import Any

from flask_babel import gettext
from wtforms import Field
from wtforms.fields import Label
from wtforms.validators import DataRequired, Optional

from app.delegates import custom_questions
from app.delegates.delegate_field import DelegateField
from app.delegates.fields import BY_NAME, FIELDS
from app.delegates.forms import AnswersForm
from app.delegates.standard_questions import find_definition, is_changed, is_retired
from app.questions import standard_texts
from app.questions.definitions import Definition
from app.questions.models import REGISTRATION


def adapt(form: AnswersForm, asked: Sequence[Definition]) -> None:
    """Adapt a registration form to the organisers' settings; ``asked`` limits its questions."""
    if not asked:
        return
    _explain(form, asked)
    names = {definition.name for definition in asked}
    form.order = [
        field.name for definition in asked for field in FIELDS if field.key == definition.name
    ]
    is_unchanged = _adapt_fields(
        form, [question for question in form.questions if BY_NAME[question.short_name].key in names]
    )
    if not is_unchanged:
        form.lede = ""


def _explain(form: AnswersForm, asked: Sequence[Definition]) -> None:
    """Show when the answers of a page are deleted: once, unless organisers changed a question.

    Pages of private questions say so themselves, where they ask for consent.
    """
    explanations = {definition.name: custom_questions.explain(definition) for definition in asked}
    if any(is_changed(definition) for definition in asked):
        form.explanations = explanations
    elif not any(definition.is_private for definition in asked):
        form.deleted_on = next(iter(explanations.values())).erased_on


def adapt_for_desk(form: AnswersForm) -> None:
    """Adapt a desk form: hidden questions are removed, and none is required."""
    known = [question for question in form.questions if question.short_name in BY_NAME]
    _adapt_fields(
        form,
        [question for question in known if not is_retired(BY_NAME[question.short_name])],
        desk=True,
    )


def adapt_for_group(form: Any) -> None:
    """Adapt a form about a group or its people: hidden questions are removed, others as configured.

    Questions that organisers cannot change keep the wording for a contact person.
    """
    for question in form.questions:
        field = BY_NAME.get(question.short_name)
        definition = find_definition(field) if field else None
        if field is None or definition is None or definition.standard is None:
            continue
        if definition.is_retired:
            del form[question.short_name]
        elif definition.standard.can_be_required:
            _adapt_field(question, field, desk=False)


def _adapt_fields(form: Any, kept: Collection[Field], *, desk: bool = False) -> bool:
    """Remove all other questions; return True if the rest have their default settings."""
    is_same = True
    for question in form.questions:
        field = BY_NAME.get(question.short_name)
        if field is None:
            continue
        if question not in kept:
            del form[question.short_name]
            is_same = False
        elif not field.continues:
            is_same &= _adapt_field(question, field, desk=desk)
    return is_same


def _adapt_field(question: Field, field: DelegateField, *, desk: bool) -> bool:
    definition = find_definition(field)
    if definition is None or definition.standard is None:
        return True
    is_usual = definition.is_required == definition.standard.is_required
    if not is_usual and not (desk and definition.is_required):
        rule = DataRequired(_describe_missing(field)) if definition.is_required else Optional()
        question.validators = [rule, *question.validators]
    label = field.own_label
    if label or not is_usual:
        question.label = Label(question.id, _name(definition, label or field.label_for(desk=desk)))
    words = standard_texts.find_own_help(REGISTRATION, field.key)
    if words is not None and not desk:
        question.description = words
    return is_usual and not label


def _name(definition: Definition, label: str) -> str:
    if definition.is_required:
        return label
    return str(gettext("%(question)s (optional)", question=label))


def _describe_missing(field: DelegateField) -> str:
    return str(gettext("Answer the question: %(question)s", question=field.label_for(desk=False)))
