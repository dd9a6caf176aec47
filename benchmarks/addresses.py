"""Every kind of public page, with one address of each."""

from pathlib import Path

from app.programme import releases
from benchmarks.copies import Copy
from config import ROOT


def public(copy: Copy) -> dict[str, str]:
    """List one address of each kind of public page."""
    with copy.at_work():
        programme = releases.current()
        session = next(one for one in programme.sessions if one.is_told and one.parts)
        found = {
            "front page": "/",
            "programme": "/programme",
            "day": f"/programme/{programme.days[0].date.isoformat()}",
            "session": f"/sessions/{session.slug}",
            "speakers": "/speakers",
            "speaker": f"/speakers/{programme.speakers[0].slug}",
            "theme": f"/themes/{programme.themes[0].slug}",
            "room": f"/rooms/{programme.rooms[0].slug}",
            "search": "/search",
        }
    return found | {name: f"/{name}" for name in ("site-map", "whats-new", *_written())}


def _written() -> list[str]:
    """List the pages that are kept as text."""
    folder: Path = ROOT / "content" / "pages" / "en"
    return sorted(file.stem for file in folder.glob("*.md"))
