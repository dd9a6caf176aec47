"""``python -m benchmarks [NAME …]``: what is named, ``all``, or else all but Lighthouse.

``"admin:waiting list"`` measures only the pages of admin whose name contains these words.
"""

import os
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from benchmarks import (
    admin,
    board,
    email_previews,
    emails,
    exports,
    first_visits,
    growth,
    history,
    lighthouse,
    memory,
    pages,
    photos,
    publishing,
    registrations,
    search,
    sending,
    session_seats,
    slow_clients,
    starting,
    waiting,
    waiting_list,
)
from benchmarks.figures import Figure, format_report
from benchmarks.running import temporary_folder
from config import Config

Measurement = Callable[[Path], Iterator[Figure]]

# what is set on this machine is no business of a benchmark
UNSET_VARIABLES = [*Config.model_fields, "PYTHONDONTWRITEBYTECODE"]
QUICK: dict[str, Measurement] = {
    "pages": pages.measure,
    "publishing": publishing.measure,
    "growth": growth.measure,
    "search": search.measure,
    "history": history.measure,
    "visits": first_visits.measure,
    "registrations": registrations.measure,
    "slow-clients": slow_clients.measure,
    "waiting": waiting.measure,
    "waiting-list": waiting_list.measure,
    "seats": session_seats.measure,
    "emails": emails.measure,
    "sending": sending.measure,
    "previews": email_previews.measure,
    "admin": admin.measure,
    "board": board.measure,
    "exports": exports.measure,
    "photos": photos.measure,
    "memory": memory.measure,
    "starting": starting.measure,
}
SLOW: dict[str, Measurement] = {"lighthouse": lighthouse.measure}
ALL = QUICK | SLOW


def main(requested: list[str]) -> None:
    """Measure what was asked for, and print the table."""
    names = list(ALL) if requested == ["all"] else requested or list(QUICK)
    chosen = {name: measurement for name in names if (measurement := _find(name))}
    if unknown := [name for name in names if name not in chosen]:
        sys.exit(f"There is no measurement {', '.join(unknown)}. There are: {', '.join(ALL)}, all.")
    for name in UNSET_VARIABLES:
        os.environ.pop(name, None)
    figures: list[Figure] = []
    started_at = time.monotonic()
    with temporary_folder() as folder:
        for name in names:
            for figure in chosen[name](folder):
                print(f"{name}: {figure.name}: {figure.value_text}", file=sys.stderr, flush=True)
                figures.append(figure)
    print(format_report(figures))
    print(f"Took {time.monotonic() - started_at:.0f} s; load {os.getloadavg()[0]:.1f}.")


def _find(name: str) -> Measurement | None:
    """Find the measurement with a name, or that of the pages of admin that are named after it."""
    kind, _, words = name.partition(":")
    if words:
        return partial(admin.measure, words=words) if kind == "admin" else None
    return ALL.get(name)


if __name__ == "__main__":
    main(sys.argv[1:])
