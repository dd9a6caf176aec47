"""The conference that a file is read for, as far as a file that does not tell needs to know it.

A calendar seldom names its conference, and a table never does: what it holds belongs to the one
that is being worked on, and its hours are told by that one's clocks.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from app.programme.reading import moments


@dataclass(frozen=True)
class Home:
    """What is known of a conference. ``facts`` stand under the names of our own format."""

    facts: Mapping[str, str] = field(default_factory=dict)

    @property
    def acronym(self) -> str:
        """The short name by which a conference is known from another."""
        return self.facts.get("acronym", "")

    def has_day(self, day: date) -> bool:
        """Whether a day is one of the conference's."""
        first = moments.day(self.facts.get("starts_on", ""))
        last = moments.day(self.facts.get("ends_on", ""))
        return first is not None and last is not None and first <= day <= last


NOWHERE = Home()
