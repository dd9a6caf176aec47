"""The fields of what readers see of a speaker and of a session: what each may hold."""

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import (
    FieldList,
    Form,
    FormField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import DataRequired, ValidationError

from app.forms import one_line, plain_characters, tidy
from app.programme import profile
from app.registration.fields import at_most, lettered, offered
from app.web import languages

LONGEST_NAME = 200  # characters
LONGEST_LINE = 300
SHORT_LINE = 100
LONGEST_BIOGRAPHY = 3_000
LONGEST_ABSTRACT = 3_000
LONGEST_LINKS = (profile.LONGEST_ADDRESS + profile.LONGEST_LABEL + 2) * profile.MOST_LINKS
MOST_LANGUAGES = 12
EITHER_WAY = {"dir": "auto"}  # as what is typed is written
LEFT, OVER = _l("Characters left: …"), _l("Characters too many: …")  # told while somebody writes
MARKDOWN = _l("Public. Markdown: an empty line begins a new paragraph, *words* are emphasised")


def lines(text: str | None) -> str:
    """Give typed text tidied, with one sign at the end of each line."""
    return tidy(text).replace("\r\n", "\n").replace("\r", "\n")


def a_name(label: Any, called: Any, missing: Any, hint: Any) -> StringField:
    """Ask for what a thing is called, in any writing."""
    checks = [DataRequired(missing), at_most(LONGEST_NAME, called), plain_characters]
    checks.append(lettered(called))
    return StringField(label, checks, [one_line], hint, render_kw=EITHER_WAY)


def a_line(
    label: Any, called: Any, hint: Any, most: int = LONGEST_LINE, **look: str
) -> StringField:
    """Ask for a line, which may be left out."""
    checks = [at_most(most, called), plain_characters]
    return StringField(label, checks, [one_line], hint, render_kw={**EITHER_WAY, **look})


def a_text(label: Any, called: Any, hint: Any, most: int) -> TextAreaField:
    """Ask for Markdown of some length; what stood there before may be longer."""
    return TextAreaField(
        label,
        [not_longer(most, called), plain_characters],
        [lines],
        hint,
        render_kw={**EITHER_WAY, "data-most": str(most), "data-left": LEFT, "data-over": OVER},
    )


def not_longer(most: int, called: Any) -> Any:
    """Refuse what is too long, unless it has stood there all along."""
    check = at_most(most, called)

    def not_longer_now(form: Any, field: StringField) -> None:
        if field.data != lines(field.object_data):
            check(form, field)

    return not_longer_now


def leads_to_websites(_form: Any, field: TextAreaField) -> None:
    """Refuse links that may not stand on a page, each by its number."""
    links = profile.read_links(field.data or "")
    if len(links) > profile.MOST_LINKS:
        raise ValidationError(gettext("Give at most %(most)s links", most=profile.MOST_LINKS))
    for number, (address, label) in enumerate(links, start=1):
        if wrong := profile.fault(address):
            said = gettext(wrong)
            raise ValidationError(gettext("Link %(number)s %(wrong)s", number=number, wrong=said))
        if len(label) > profile.LONGEST_LABEL:
            raise ValidationError(
                gettext("The words of link %(number)s are too long", number=number)
            )


def links() -> TextAreaField:
    """Ask for links, one a line."""
    return TextAreaField(
        _l("Links (optional)"),
        [at_most(LONGEST_LINKS, _l("The links")), plain_characters, leads_to_websites],
        [lines],
        _l(
            "Public. One a line: the address, then what to call it, like "
            "https://example.org My research. At most eight. "
            "What would follow whoever opens them is taken off the addresses"
        ),
        render_kw={"spellcheck": "false", "autocapitalize": "none", "dir": "ltr"},
    )


class BiographyForm(Form):
    """A biography in one more language."""

    language = SelectField(
        _l("Language"), [offered(_l("Choose one of the languages"))], validate_choice=False
    )
    text = a_text(
        _l("Biography in this language"), _l("The biography"), MARKDOWN, LONGEST_BIOGRAPHY
    )

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        spoken = ((code, languages.described(code).name) for code in profile.LANGUAGES)
        self.language.choices = [("", str(_l("Choose a language"))), *spoken]

    def validate_language(self, field: SelectField) -> None:
        """Ask in which language a text is."""
        if self.text.data and not field.data:
            raise ValidationError(_l("Choose the language of this biography"))


class Biographies(FieldList):  # type: ignore[type-arg]  # not generic at run time
    """The rows."""

    def __init__(self, label: Any, **bound: Any) -> None:
        super().__init__(FormField(BiographyForm), label, max_entries=MOST_LANGUAGES, **bound)

    def arrange(self, pressed: str) -> bool:
        """Add or remove a row, if that button was pressed; tell whether it was."""
        deed, _, number = pressed.partition(" ")
        if deed == "add-language" and len(self.entries) < MOST_LANGUAGES:
            self.append_entry().form.language.render_kw = {"autofocus": ""}
        elif deed == "remove-language" and number in map(str, range(len(self.entries))):
            self.entries.pop(int(number))
        return deed in {"add-language", "remove-language"}

    def validate(self, form: Any, extra_validators: Any = ()) -> bool:
        """Refuse two in one language."""
        is_right: bool = super().validate(form, extra_validators)
        given = [row.form.language for row in self.entries if row.form.text.data]
        for number, field in enumerate(given):
            if field.data and field.data in {one.data for one in given[:number]}:
                field.errors = [gettext("There is a biography in this language already")]
                self.errors = [*self.errors, field.errors]
                is_right = False
        return is_right

    @property
    def pairs(self) -> list[list[str]]:
        """Give each language with its text; one without words is left out."""
        told = {
            row.form.language.data: row.form.text.data for row in self.entries if row.form.text.data
        }
        return [[code, told[code]] for code in sorted(told)]

    @staticmethod
    def shown(pairs: Sequence[Sequence[str]]) -> list[dict[str, str]]:
        """Give the rows of what is known."""
        return [{"language": code, "text": text} for code, text in pairs]
