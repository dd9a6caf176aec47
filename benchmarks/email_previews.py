"""The previews of what emails say: of each type, its page and the HTML in its frame."""

from collections.abc import Iterator
from pathlib import Path
from statistics import median

from app.admin_emails.kinds.registry import EMAIL_KINDS
from benchmarks.admin import SignedInSite, sign_in_organiser, time_request
from benchmarks.copies import SiteCopy
from benchmarks.figures import Figure, at_most

ROUNDS = 7
SIZE = (200, 250)  # sessions and speakers
PAGE = "/organise/letters/wording"
CONTROL = PAGE  # the list of all types


def measure(folder: Path) -> Iterator[Figure]:
    """Measure the slowest preview: the email is rendered for the page, and again for the frame."""
    site = sign_in_organiser(SiteCopy(folder / "previews", SIZE))
    times = {template: time_preview(site, template) for template in EMAIL_KINDS}
    slowest = max(times, key=lambda template: times[template])
    control = median(time_request(site, CONTROL) for _ in range(ROUNDS))
    yield Figure(
        "the slowest preview of an email in admin, page and frame",
        f"{times[slowest]:.1f} ms ({slowest}; median of all {median(times.values()):.1f} ms)",
        times[slowest],
        at_most(100, 50, "ms"),
        f"the list of all types {control:.1f} ms",
        times[slowest] / control,
    )


def time_preview(site: SignedInSite, template: str) -> float:
    """Open a preview and its frame several times and return the milliseconds both took."""
    paths = [f"{PAGE}/{template}", f"{PAGE}/{template}/html"]
    rounds = [sum(time_request(site, path) for path in paths) for _ in range(ROUNDS)]
    return median(rounds)
