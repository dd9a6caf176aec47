"""Every kind of public page, with one address of each."""

from pathlib import Path

from app.releases import current_release
from benchmarks.copies import SiteCopy
from config import ROOT

NAMED_PAGES = ("now", "changes", "developers", "offline", "site-map", "whats-new")
UNLISTED = {  # search engines are asked to leave these out
    "results": "/search?q=health",
    "earlier programme": "/releases/1",
    "agenda": "/agenda",
}


def list_public_pages(copy: SiteCopy) -> dict[str, str]:
    """List one address of each kind of public page."""
    with copy.app_context():
        programme = current_release.get_programme()
        session = next(one for one in programme.sessions if one.has_page and one.parts)
        pages = {
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
    return pages | {name: f"/{name}" for name in (*NAMED_PAGES, *_list_text_pages())}


def _list_text_pages() -> list[str]:
    """List the pages that are kept as text."""
    folder: Path = ROOT / "content" / "pages" / "en"
    return sorted(file.stem for file in folder.glob("*.md"))
