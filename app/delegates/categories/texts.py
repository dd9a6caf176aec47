"""The texts of categories in each language of the site.

Missing translations are shown in the language of the conference.
"""

import json
from collections.abc import Mapping
from typing import Final, NamedTuple

from app.delegates.categories.models import RegistrationCategory
from app.web import languages


class CategoryTexts(NamedTuple):
    """The texts of a category in one language."""

    name: str = ""
    description: str = ""
    confirmation_text: str = ""  # Markdown


Translations = Mapping[str, CategoryTexts]  # by language, except the conference's own
FIELDS: Final = CategoryTexts._fields


def load_translations(stored: str) -> dict[str, CategoryTexts]:
    """Parse the stored translations of a category."""
    read = json.loads(stored) if stored else {}
    return {code: CategoryTexts(**texts) for code, texts in read.items()}


def dump_translations(translations: Translations) -> str:
    """Return translations in their stored form, without empty ones."""
    written = {
        code: {name: text for name, text in texts._asdict().items() if text}
        for code, texts in sorted(translations.items())
    }
    written = {code: texts for code, texts in written.items() if texts}
    return json.dumps(written, ensure_ascii=False) if written else ""


def choose(own: CategoryTexts, translations: Translations) -> CategoryTexts:
    """Return the texts in the language of the page or email."""
    translated = translations.get(languages.current().code, CategoryTexts())
    return CategoryTexts(*(new or old for new, old in zip(translated, own, strict=True)))


def translated(category: RegistrationCategory) -> CategoryTexts:
    """Return the texts of a category in the language of the page or email."""
    own = CategoryTexts(category.name, category.description, category.confirmation_text)
    return choose(own, load_translations(category.translations))
