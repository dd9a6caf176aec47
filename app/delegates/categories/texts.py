"""What categories are called and what they say, in each language of the site.

What has no translation is shown in the language of the conference.
"""

import json
from collections.abc import Mapping
from typing import Final, NamedTuple

from app.delegates.categories.models import RegistrationCategory
from app.web import languages


class CategoryTexts(NamedTuple):
    """The words of a category in one language."""

    name: str = ""
    description: str = ""
    confirmation_text: str = ""  # Markdown


Translations = Mapping[str, CategoryTexts]  # by language, without that of the conference
FIELDS: Final = CategoryTexts._fields


def load_translations(stored: str) -> dict[str, CategoryTexts]:
    """Return the translations of a category from how they are stored."""
    read = json.loads(stored) if stored else {}
    return {code: CategoryTexts(**texts) for code, texts in read.items()}


def dump_translations(translations: Translations) -> str:
    """Return translations as they are stored, without those that are empty."""
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
