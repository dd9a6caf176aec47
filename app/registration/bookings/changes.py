"""What a delegate has changed, old and new, as letters and pages tell it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Change:
    """One thing that is no longer as it was."""

    what: str  # in plain English, translated where it is shown
    old: str
    new: str
