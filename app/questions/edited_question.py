"""What was typed on the page that edits a question, before anything is checked."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class EditedTexts:
    """What was typed in one language; the choices in their order."""

    label: str
    help: str = ""
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class EditedQuestion:
    """What was typed about a question."""

    kind: str
    texts: Mapping[str, EditedTexts]  # by language, the first one first
    purpose: str
    is_required: bool = False
    condition: str = ""
    readers: str = "team"
    erasure: str = "1-year"
    days: tuple[str, ...] = field(default_factory=tuple)
    categories: tuple[str, ...] = ()  # the ids of those that it is asked in; none: all
    max_megabytes: int = 5  # of a file
    is_wording_corrected: bool = False  # the same question and choices in better words

    @property
    def first(self) -> EditedTexts:
        """The words in the first language."""
        return next(iter(self.texts.values()))
