"""The texts of standard questions: the site's own in each language, unless organisers changed them.

A row has the texts in the first language. While they equal the site's, pages in every language show
the site's translations.
"""

from app import cache_version
from app.questions import queries
from app.questions.definitions import Definition
from app.web import languages


def find_own_label(set_name: str, key: str) -> str:
    """Return the organisers' label of a question, in the language of the page; "" if unchanged."""
    return _find_own(set_name, key, "label") or ""


def find_own_help(set_name: str, key: str) -> str | None:
    """Return the organisers' help text, which may be empty; None if it is the site's."""
    return _find_own(set_name, key, "help")


def get_label(definition: Definition, set_name: str) -> str:
    """Return the label of a standard question in the language of the page."""
    if definition.standard is None:
        raise ValueError(f"{definition.name} is a question of the organisers")
    own = find_own_label(set_name, definition.standard.key)
    return own or str(definition.standard.label)


def _find_own(set_name: str, key: str, part: str) -> str | None:
    language = languages.current().code
    return cache_version.cached(
        f"own {part} of {set_name} {key} {language}",
        lambda: _compare(queries.find_standard(set_name, key), part, language),
    )


def _compare(definition: Definition | None, part: str, language: str) -> str | None:
    if definition is None:
        return None
    texts = definition.current.texts
    if language != languages.SOURCE_LANGUAGE and language in texts:
        translated: str = getattr(texts[language], part)
        if translated:
            return translated
    stored: str = getattr(definition.current.get_texts(languages.SOURCE_LANGUAGE), part)
    with languages.use_language(languages.SOURCE_LANGUAGE):
        shipped = str(getattr(definition.standard, part))
    return None if stored == shipped else stored
