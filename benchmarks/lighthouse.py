"""Lighthouse's scores, on the mobile device that it assumes, of every page that people see.

Performance, accessibility, best practices, and for public pages what search engines need. The
last three must be 100, or the page does not meet its bar.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from benchmarks import addresses
from benchmarks.copies import Copy
from benchmarks.figures import Figure, at_least
from benchmarks.first_visits import journey, named
from benchmarks.people import Person
from benchmarks.running import HOST, ROOT
from benchmarks.wire import Connection

PROGRAM = ROOT / "node_modules" / "lighthouse" / "cli" / "index.js"
ALWAYS = ("performance", "accessibility", "best-practices")
PUBLIC = (*ALWAYS, "seo")
NAMES = ("chromium", "chromium-browser", "google-chrome")


def measure(folder: Path) -> Iterator[Figure]:
    """Score every kind of public page, then each page of registering."""
    copy = Copy(folder / "lighthouse")
    with copy.server(), closing(Connection(copy.port)) as connection:
        for name, path in addresses.public(copy).items():
            yield _scored(copy, name, path, {}, PUBLIC)
        for name, path in addresses.UNLISTED.items():
            yield _scored(copy, name, path, {}, ALWAYS)
        person = Person(connection, 1)
        for path, _ in journey(person):
            yield _scored(copy, named(path), path, person.cookies, ALWAYS)


def _scored(
    copy: Copy, name: str, path: str, cookies: dict[str, str], wanted: tuple[str, ...]
) -> Figure:
    """Let Lighthouse look at one page: its performance counts if all else is faultless."""
    scores = _scores(copy, path, cookies, wanted)
    faultless = all(scores[kind] == 100 for kind in wanted[1:])
    return Figure(
        f"Lighthouse, {name}",
        " / ".join(str(scores[kind]) for kind in wanted),
        scores["performance"] if faultless else 0,
        at_least(98, 100),
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
