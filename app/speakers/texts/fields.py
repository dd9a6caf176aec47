"""The form fields of the public texts of speakers and sessions, with their limits."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, FieldList, Form, FormField, SelectField, TextAreaField
from wtforms.validators import ValidationError

from app.forms import form
from app.forms.fields import (
    DIR_AUTO,
    MARKDOWN_HINT,
    MAX_EDITOR_LINE_LENGTH,
    counted_text_field,
    editor_text_field,
    line_field,
)
from app.forms.validators import max_length, no_hidden_characters, one_of_choices
from app.programme import speaker_links
from app.programme.fields.sessions import MAX_TEXT_LENGTH
from app.programme.fields.table import (
    LANGUAGE,
    MAX_WORD_LENGTH,
    MAX_WORDS,
    PROSE,
    WORDS,
    YES_NO,
    Field,
    FieldTable,
    parse_links,
    parse_words,
)
from app.programme.labels import LANGUAGE_TAG
from app.text import normalise_lines
from app.web import languages

MAX_BIOGRAPHY_LENGTH = 3_000  # characters
MAX_ABSTRACT_LENGTH = 3_000
MAX_LINKS_LENGTH = (
    speaker_links.MAX_ADDRESS_LENGTH + speaker_links.MAX_LABEL_LENGTH + 2
) * speaker_links.MAX_LINKS
MAX_LANGUAGES = 12


def _valid_language(_form: Any, field: Any) -> None:
    """Reject a value that is not a language tag."""
    if field.data and not LANGUAGE_TAG.fullmatch(field.data):
        raise ValidationError(_l("Enter a language code, like en or pt-BR"))


def _valid_words(_form: Any, field: Any) -> None:
    """Reject too many words, and words that are too long."""
    words = parse_words(field.data or "")
    if len(words) > MAX_WORDS or any(len(word) > MAX_WORD_LENGTH for word in words):
        raise ValidationError(
            gettext(
                "Enter %(most)s or fewer, each of %(longest)s characters or fewer",
                most=MAX_WORDS,
                longest=MAX_WORD_LENGTH,
            )
        )


VALIDATORS = {LANGUAGE: _valid_language, WORDS: _valid_words}


def form_field(field: Field) -> Any:
    """Return the form field for a field of a table."""
    question = field.question
    if question is None:
        raise LookupError(field.name)
    if field.kind is YES_NO:
        return BooleanField(question.label, description=question.hint)
    limit = question.limit or MAX_EDITOR_LINE_LENGTH
    if field.kind is PROSE:
        return editor_text_field(question.label, question.subject, question.hint, limit)
    return line_field(
        question.label,
        question.subject,
        validator=VALIDATORS.get(field.kind),
        description=question.hint,
        max_chars=limit,
        **{**DIR_AUTO, **question.attributes},
    )


class TableForm(form.Form):
    """A form that asks for fields of a table."""

    table: ClassVar[FieldTable[Any]]
    other_names: ClassVar[Sequence[str]] = ()

    @classmethod
    def add_other_fields(cls, fields: Iterable[Field]) -> None:
        """Add the fields that have a question but no attribute in the form to ``other_fields``."""
        others = [field for field in fields if field.question and not hasattr(cls, field.name)]
        for one in others:
            setattr(cls, one.name, form_field(one))
        cls.other_names = [*cls.other_names, *(other.name for other in others)]

    @property
    def other_fields(self) -> Sequence[Any]:
        """The fields without their own attribute, for a loop in the template."""
        return [self[name] for name in self.other_names if name in self]

    @classmethod
    def initial_values(cls, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the form's initial data."""
        known = (one for one in cls.table if one.name in values)
        return {one.name: one.kind.format(values[one.name]) for one in known}

    @property
    def table_values(self) -> dict[str, Any]:
        """Return the submitted values, as values of the table."""
        present_fields = [one for one in self.table if one.name in self]
        return {field.name: field.kind.parse(self[field.name].data) for field in present_fields}


def valid_links(_form: Any, field: TextAreaField) -> None:
    """Reject invalid links, naming each by its number."""
    links = speaker_links.parse_links(field.data or "")
    if len(links) > speaker_links.MAX_LINKS:
        raise ValidationError(
            gettext("Enter %(most)s links or fewer", most=speaker_links.MAX_LINKS)
        )
    _check_links(enumerate(links, start=1))


def valid_new_links(_form: Any, field: TextAreaField) -> None:
    """Reject invalid links, except those that organisers have set, which follow other rules."""
    links, known = parse_links(field.data or ""), parse_links(field.object_data or "")
    added = [(number, link) for number, link in enumerate(links, start=1) if link not in known]
    if added and len(links) > max(len(known), speaker_links.MAX_LINKS):
        raise ValidationError(
            gettext("Enter %(most)s links or fewer", most=speaker_links.MAX_LINKS)
        )
    _check_links(added)


def _check_links(links: Iterable[tuple[int, Sequence[str]]]) -> None:
    for number, (address, label) in links:
        if error := speaker_links.link_error(address):
            message = gettext(error)
            raise ValidationError(
                gettext("Link %(number)s %(wrong)s", number=number, wrong=message)
            )
        if len(label) > speaker_links.MAX_LABEL_LENGTH:
            raise ValidationError(gettext("The text of link %(number)s is too long", number=number))


def links_field() -> TextAreaField:
    """Return a field for links, one per line."""
    return TextAreaField(
        _l("Links (optional)"),
        [max_length(MAX_LINKS_LENGTH, _l("The links")), no_hidden_characters, valid_links],
        [normalise_lines],
        _l(
            "Public. One link per line: the web address, then the link text. For example: "
            "https://example.org My research. Up to 8 links. We remove tracking codes from the "
            "addresses"
        ),
        render_kw={"spellcheck": "false", "autocapitalize": "none", "dir": "ltr"},
    )


def session_links_field() -> TextAreaField:
    """Return a field for the links of a session, one per line."""
    return TextAreaField(
        _l("Links (optional)"),
        [max_length(MAX_TEXT_LENGTH, _l("The links")), no_hidden_characters, valid_new_links],
        [normalise_lines],
        _l("Public. One link per line: the web address, then the link text"),
        render_kw={"spellcheck": "false", "autocapitalize": "none", "dir": "ltr"},
    )


class BiographyForm(Form):
    """A biography in another language."""

    language = SelectField(
        _l("Language"), [one_of_choices(_l("Choose one of the languages"))], validate_choice=False
    )
    text = counted_text_field(
        _l("Biography in this language"), _l("The biography"), MARKDOWN_HINT, MAX_BIOGRAPHY_LENGTH
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        languages_offered = (
            (code, languages.describe(code).name) for code in speaker_links.LANGUAGES
        )
        self.language.choices = [("", str(_l("Choose a language"))), *languages_offered]

    def validate_language(self, field: SelectField) -> None:
        """Require a language if there is a text."""
        if self.text.data and not field.data:
            raise ValidationError(_l("Choose the language of this biography"))


class BiographiesField(FieldList):  # type: ignore[type-arg]  # not generic at run time
    """The list of biographies."""

    def __init__(self, label: Any, **kwargs: Any) -> None:
        super().__init__(FormField(BiographyForm), label, max_entries=MAX_LANGUAGES, **kwargs)

    def apply_button(self, button: str) -> bool:
        """Add or remove a row if that button was pressed; return True if so."""
        action, _, number = button.partition(" ")
        if action == "add-language" and len(self.entries) < MAX_LANGUAGES:
            self.append_entry().form.language.render_kw = {"autofocus": ""}
        elif action == "remove-language" and number in map(str, range(len(self.entries))):
            self.entries.pop(int(number))
        return action in {"add-language", "remove-language"}

    def validate(self, form: Any, extra_validators: Any = ()) -> bool:
        """Reject two biographies in one language."""
        is_valid: bool = super().validate(form, extra_validators)
        language_fields = [row.form.language for row in self.entries if row.form.text.data]
        for number, field in enumerate(language_fields):
            if field.data and field.data in {one.data for one in language_fields[:number]}:
                field.errors = [gettext("You have already added a biography in this language")]
                self.errors = [*self.errors, field.errors]
                is_valid = False
        return is_valid

    @property
    def to_pairs(self) -> list[list[str]]:
        """Return pairs of language and text; empty texts are left out."""
        texts = {
            row.form.language.data: row.form.text.data for row in self.entries if row.form.text.data
        }
        return [[code, texts[code]] for code in sorted(texts)]

    @staticmethod
    def initial_data(pairs: Sequence[Sequence[str]]) -> list[dict[str, str]]:
        """Return the form data of stored biographies."""
        return [{"language": code, "text": text} for code, text in pairs]
