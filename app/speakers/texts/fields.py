"""The form fields of the public texts of speakers and sessions, with their limits."""

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import (
    FieldList,
    Form,
    FormField,
    SelectField,
    TextAreaField,
)
from wtforms.validators import ValidationError

from app.forms.fields import MARKDOWN_HINT, counted_text_field
from app.forms.validators import max_length, no_hidden_characters, one_of_choices
from app.programme import speaker_links
from app.text import normalise_lines
from app.web import languages

MAX_BIOGRAPHY_LENGTH = 3_000  # characters
MAX_ABSTRACT_LENGTH = 3_000
MAX_LINKS_LENGTH = (
    speaker_links.MAX_ADDRESS_LENGTH + speaker_links.MAX_LABEL_LENGTH + 2
) * speaker_links.MAX_LINKS
MAX_LANGUAGES = 12


def valid_links(_form: Any, field: TextAreaField) -> None:
    """Reject invalid links, naming each by its number."""
    links = speaker_links.parse_links(field.data or "")
    if len(links) > speaker_links.MAX_LINKS:
        raise ValidationError(gettext("Give at most %(most)s links", most=speaker_links.MAX_LINKS))
    for number, (address, label) in enumerate(links, start=1):
        if error := speaker_links.link_error(address):
            message = gettext(error)
            raise ValidationError(
                gettext("Link %(number)s %(wrong)s", number=number, wrong=message)
            )
        if len(label) > speaker_links.MAX_LABEL_LENGTH:
            raise ValidationError(
                gettext("The words of link %(number)s are too long", number=number)
            )


def links_field() -> TextAreaField:
    """Return a field for links, one per line."""
    return TextAreaField(
        _l("Links (optional)"),
        [max_length(MAX_LINKS_LENGTH, _l("The links")), no_hidden_characters, valid_links],
        [normalise_lines],
        _l(
            "Public. One a line: the address, then what to call it, like "
            "https://example.org My research. At most eight. "
            "What would follow whoever opens them is taken off the addresses"
        ),
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

    def apply_button(self, pressed: str) -> bool:
        """Add or remove a row if that button was pressed; return True if so."""
        action, _, number = pressed.partition(" ")
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
                field.errors = [gettext("There is a biography in this language already")]
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
