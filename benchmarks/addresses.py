"""Every kind of public page, with one address of each."""

from pathlib import Path

from app.programme import releases
from benchmarks.copies import Copy
from config import ROOT

NAMED = ("now", "changes", "developers", "offline", "site-map", "whats-new")
UNLISTED = {  # search engines are asked to leave these out
    "results": "/search?q=health",
    "earlier programme": "/releases/1",
    "agenda": "/agenda",
}


def public(copy: Copy) -> dict[str, str]:
    """List one address of each kind of public page."""
    with copy.at_work():
        programme = releases.current()
        session = next(one for one in programme.sessions if one.is_told and one.parts)
        found = {
            "front page": "/",
            "programme": "/programme",
            "grid": "/programme?view=grid",
            "titles": "/sessions",
            "day": f"/programme/{programme.days[0].date.isoformat()}",
            "session": f"/sessions/{session.slug}",
            "speakers": "/speakers",
            "speaker": f"/speakers/{programme.speakers[0].slug}",
            "theme": f"/themes/{programme.themes[0].slug}",
            "room": f"/rooms/{programme.rooms[0].slug}",
            "search": "/search",
        }
    return found | {name: f"/{name}" for name in (*NAMED, *_written())}


def _written() -> list[str]:
    """List the pages that are kept as text."""
    folder: Path = ROOT / "content" / "pages" / "en"
    return sorted(file.stem for file in folder.glob("*.md"))
