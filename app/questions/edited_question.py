"""The input of the page that edits a question, before validation."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class EditedTexts:
    """The input in one language, with the choices in order."""

    label: str
    help: str = ""
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class EditedQuestion:
    """The input about a question."""

    kind: str
    texts: Mapping[str, EditedTexts]  # by language, the first one first
    purpose: str
    is_required: bool = False
    condition: str = ""
    readers: str = "team"
    erasure: str = "1-year"
    days: tuple[str, ...] = field(default_factory=tuple)
    categories: tuple[str, ...] = ()  # ids of the categories in which it is asked; none: all
    max_megabytes: int = 5  # of a file
    is_wording_corrected: bool = False  # the same question and choices, better worded

    @property
    def first(self) -> EditedTexts:
        """The texts in the first language."""
        return next(iter(self.texts.values()))
