"""Lighthouse's scores, on the mobile device that it assumes, of every page that people see."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from benchmarks import addresses
from benchmarks.copies import Copy
from benchmarks.figures import Bar, Figure, at_least
from benchmarks.first_visits import journey
from benchmarks.people import Person
from benchmarks.running import HOST, ROOT
from benchmarks.wire import Connection

PROGRAM = ROOT / "node_modules" / "lighthouse" / "cli" / "index.js"
SCORES = {"performance": 98, "accessibility": 100, "best-practices": 100, "seo": 100}
ALWAYS = ("performance", "accessibility", "best-practices")
NAMES = ("chromium", "chromium-browser", "google-chrome")


def measure(folder: Path) -> Iterator[Figure]:
    """Score every kind of public page, then each page of registering."""
    copy = Copy(folder / "lighthouse")
    with copy.server(), closing(Connection(copy.port)) as connection:
        for name, path in addresses.public(copy).items():
            yield _scored(copy, name, path, {}, tuple(SCORES))
        person = Person(connection, 1)
        for path, _ in journey(person):
            yield _scored(copy, path, path, person.cookies, ALWAYS)


def _scored(
    copy: Copy, name: str, path: str, cookies: dict[str, str], wanted: tuple[str, ...]
) -> Figure:
    """Let Lighthouse look at one page; its worst score against its bar decides."""
    scores = _scores(copy, path, cookies, wanted)
    lacking = min(scores[kind] - SCORES[kind] for kind in wanted)
    bar = Bar("≥", 0, 2) if scores["performance"] == 100 else at_least(0, 2)
    return Figure(
        f"Lighthouse, {name}",
        " / ".join(str(scores[kind]) for kind in wanted),
        lacking,
        bar,
    )


def _scores(
    copy: Copy, path: str, cookies: dict[str, str], wanted: tuple[str, ...]
) -> dict[str, int]:
    headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
    report = copy.folder / "report.json"
    chromium = next(filter(None, map(shutil.which, (os.environ.get("CHROMIUM", ""), *NAMES))))
    subprocess.run(
        [
            *("node", str(PROGRAM), f"http://{HOST}:{copy.port}{path}"),
            *("--quiet", "--output=json", f"--output-path={report}"),
            f"--only-categories={','.join(wanted)}",
            f"--extra-headers={json.dumps(headers) if cookies else '{}'}",
            "--chrome-flags=--headless=new --no-sandbox --disable-gpu",
        ],
        env={**os.environ, "CHROME_PATH": chromium},
        cwd=copy.folder,
        check=True,
        capture_output=True,
    )
    found = json.loads(report.read_text(encoding="utf-8"))["categories"]
    return {kind: round(100 * found[kind]["score"]) for kind in wanted}
