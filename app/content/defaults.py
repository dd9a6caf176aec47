"""Default texts in the content folder: Markdown files with front matter."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from app.content.models import NEWS, PAGE
from app.content.versions import DEFAULT_VERSION, ContentKey, Version

KINDS = ((PAGE, "pages", "updated"), (NEWS, "news", "published"))


@dataclass(frozen=True)
class DefaultContent:
    """All default texts of a content folder."""

    versions: Mapping[ContentKey, Version]
    bodies: Mapping[ContentKey, str]


@cache
def load(folder: Path) -> DefaultContent:
    """Load all pages and news items of a folder, in all languages; cached for the process."""
    versions, bodies = {}, {}
    for kind, directory, date_name in KINDS:
        for path in sorted((folder / directory).glob("*/*.md")):
            facts, body = split_front_matter(path)
            key = ContentKey(kind, path.stem, path.parent.name)
            bodies[key] = body
            versions[key] = Version(
                *key,
                number=DEFAULT_VERSION,
                title=facts["title"],
                summary=facts["summary"],
                dated_on=date.fromisoformat(facts[date_name]),
            )
    return DefaultContent(versions, bodies)


def split_front_matter(path: Path) -> tuple[dict[str, str], str]:
    """Return the front matter of a file as a dict, and the text below it."""
    _, head, body = path.read_text(encoding="utf-8").split("---\n", 2)
    lines = (line.partition(":") for line in head.splitlines() if line.strip())
    return {name.strip(): value.strip() for name, _, value in lines}, body
