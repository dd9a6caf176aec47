"""Public pages, warm: requests per second beside a trivial Flask route with as large a body."""

import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from benchmarks import speed
from benchmarks.copies import SiteCopy
from benchmarks.figures import Figure, at_least
from benchmarks.running import Server
from benchmarks.wire import Connection

BAR = at_least(0.9, 1.5)
ENCODINGS = ("identity", "br")


def measure(folder: Path) -> Iterator[Figure]:
    """Measure the pages that most people open, and the feeds."""
    copy = SiteCopy(folder / "pages")
    with copy.start_server() as site, copy.start_control() as control:
        for name, path in list_paths(site).items():
            for encoding in ENCODINGS:
                yield _compare(site, control, name, path, encoding)


def list_paths(site: Server) -> dict[str, str]:
    """Find one address of each kind of page."""
    with closing(Connection(site.port)) as visitor:
        programme = visitor.get("/programme").body.decode()
        speakers = visitor.get("/speakers").body.decode()
    session = _find_first(r'href="(/sessions/[^"]+)"', programme)
    return {
        "front page": "/",
        "programme": "/programme",
        "session": session,
        "speakers": "/speakers",
        "speaker": _find_first(r'href="(/speakers/[^"]+)"', speakers),
        "developers": "/developers",
        **list_feeds(session),
    }


def list_feeds(session: str) -> dict[str, str]:
    """Give one address of each kind of feed."""
    return {
        "calendar": "/programme.ics",
        "a session's calendar": f"{session}.ics",
        "schedule.xml": "/schedule.xml",
        "schedule.json": "/schedule.json",
        "text": "/programme.txt",
        "changes": "/changes.atom",
        "news": "/whats-new.atom",
        "site map for search engines": "/sitemap.xml",
    }


def _find_first(pattern: str, page: str) -> str:
    found = re.search(pattern, page)
    assert found, pattern
    return found[1]


def _compare(site: Server, control: Server, name: str, path: str, encoding: str) -> Figure:
    with closing(Connection(site.port)) as visitor:
        size = len(visitor.get(path, Accept_Encoding=encoding).body)
    ours, theirs, ratio = speed.alternate(
        lambda: speed.measure_rate(site.port, path, encoding),
        lambda: speed.measure_rate(control.port, f"/body/{size}", encoding),
    )
    return Figure(
        f"{name}, warm, {encoding}, {size / 1000:.1f} kB",
        f"{ours:,.0f}/s",
        ratio,
        BAR,
        f"C {theirs:,.0f}/s",
        ratio,
    )
