"""Growth: a session page of a conference a hundred times as large, beside one of the same size."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from app.releases import current_release
from benchmarks import speed
from benchmarks.copies import SiteCopy
from benchmarks.figures import Figure, at_least
from benchmarks.running import Server
from benchmarks.wire import Connection

SMALL, GROWN = (20, 25), (2_000, 2_500)
MAX_PAGES = 300  # that are looked at to find two of the same size


def measure(folder: Path) -> Iterator[Figure]:
    """Compare warm pages at 2,000 sessions with those at 20."""
    small, grown = SiteCopy(folder / "small", SMALL), SiteCopy(folder / "grown", GROWN)
    with small.start_server() as few, grown.start_server() as many:
        one, other = _closest_in_size(
            _measure_page_sizes(small, few), _measure_page_sizes(grown, many)
        )
        ours, theirs, ratio = speed.alternate(
            lambda: speed.measure_rate(many.port, other),
            lambda: speed.measure_rate(few.port, one),
            rounds=7,
        )
    yield Figure(
        "a session page at 2,000 sessions ÷ at 20, warm",
        f"{ours:,.0f}/s",
        ratio,
        at_least(0.95, 0.98),
        f"at 20: {theirs:,.0f}/s",
        ratio,
    )


def _measure_page_sizes(copy: SiteCopy, site: Server) -> dict[str, int]:
    """Open session pages and return the size of each."""
    with copy.app_context():
        slugs = [one.slug for one in current_release.get_programme().sessions if one.has_page]
    with closing(Connection(site.port)) as visitor:
        return {
            path: len(visitor.get(path).body)
            for path in (f"/sessions/{slug}" for slug in slugs[:MAX_PAGES])
        }


def _closest_in_size(small: dict[str, int], grown: dict[str, int]) -> tuple[str, str]:
    """Choose a page of each that are most alike in size."""
    return min(
        ((one, other) for one in small for other in grown),
        key=lambda pair: abs(small[pair[0]] - grown[pair[1]]),
    )
