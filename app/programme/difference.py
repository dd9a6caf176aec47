"""What loading a programme changed, in words for whoever loaded it."""

from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass
class Difference:
    """The names of what was added, changed and withdrawn; of what changed, also in what."""

    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    withdrawn: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.withdrawn)

    def __str__(self) -> str:
        if not self:
            return "Nothing changed"
        return (
            f"{len(self.added)} added, {len(self.changed)} changed, {len(self.withdrawn)} withdrawn"
        )

    def note_change(self, name: str, columns: Iterable[str]) -> None:
        """Write down that a thing changed, and in what."""
        told = ", ".join(sorted(WORDS.get(column, column.replace("_", " ")) for column in columns))
        self.changed.append(f"{name} ({told})")


WORDS = {
    "appearances": "speakers",
    "cancelled_at": "called off or not",
    "is_draft": "draft or not",
    "is_illustrative": "illustrative or not",
    "is_invented": "invented or not",
    "is_recorded": "recorded or not",
    "starts_at": "start",
    "ends_at": "end",
    "starts_on": "first day",
    "ends_on": "last day",
    "position": "place in the order",
}
