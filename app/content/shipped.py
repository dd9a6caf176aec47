"""The texts as they lie in the content folder: Markdown beneath a few lines of facts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from app.content.models import NEWS, PAGE
from app.content.versions import AS_SHIPPED, Key, Version

KINDS = ((PAGE, "pages", "updated"), (NEWS, "news", "published"))


@dataclass(frozen=True)
class Shipped:
    """Everything in a content folder."""

    versions: Mapping[Key, Version]
    bodies: Mapping[Key, str]


@cache
def texts(folder: Path) -> Shipped:
    """Read every page and news item of a folder, in every language."""
    versions, bodies = {}, {}
    for kind, place, dated in KINDS:
        for path in sorted((folder / place).glob("*/*.md")):
            facts, body = parts(path)
            key = Key(kind, path.stem, path.parent.name)
            bodies[key] = body
            versions[key] = Version(
                *key,
                number=AS_SHIPPED,
                title=facts["title"],
                summary=facts["summary"],
                dated_on=date.fromisoformat(facts[dated]),
            )
    return Shipped(versions, bodies)


def parts(path: Path) -> tuple[dict[str, str], str]:
    """Part the facts at the head of a file from what stands beneath them."""
    _, head, body = path.read_text(encoding="utf-8").split("---\n", 2)
    lines = (line.partition(":") for line in head.splitlines() if line.strip())
    return {name.strip(): value.strip() for name, _, value in lines}, body
