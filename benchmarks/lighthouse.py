"""Lighthouse's scores, on the mobile device that it assumes, of every page that people see.

Performance, accessibility, best practices, and for public pages what search engines need. The
last three must be 100, or the page does not meet its bar. The control is the performance of a page
of as many plain paragraphs as the large programme has sessions.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path

from benchmarks import addresses
from benchmarks.copies import LARGE, Copy
from benchmarks.figures import Figure, at_least
from benchmarks.first_visits import journey, named
from benchmarks.people import Person
from benchmarks.running import HOST, ROOT
from benchmarks.wire import Connection

PROGRAM = ROOT / "node_modules" / "lighthouse" / "cli" / "index.js"
ALWAYS = ("performance", "accessibility", "best-practices")
PUBLIC = (*ALWAYS, "seo")
PERFORMANCE = ("performance",)
ATTEMPTS = 3
NAMES = ("chromium", "chromium-browser", "google-chrome")


def measure(folder: Path) -> Iterator[Figure]:
    """Score every kind of public page, then each page of registering, beside a plain page."""
    copy = Copy(folder / "lighthouse")
    with copy.control() as control:
        address = f"http://{HOST}:{control.port}/page/{LARGE[0]}"
        plain = scores(copy.folder, address, {}, PERFORMANCE)["performance"]
    with copy.server():
        for name, path, cookies, wanted in _pages(copy):
            found = scores(copy.folder, f"http://{HOST}:{copy.port}{path}", cookies, wanted)
            yield _figure(name, found, plain)


def _pages(copy: Copy) -> Iterator[tuple[str, str, dict[str, str], Sequence[str]]]:
    """List each page: its name and address, what its visitor has kept, what is wanted of it."""
    for name, path in addresses.public(copy).items():
        yield name, path, {}, PUBLIC
    for name, path in addresses.UNLISTED.items():
        yield name, path, {}, ALWAYS
    with closing(Connection(copy.port)) as connection:
        person = Person(connection, 1)
        for path, _ in journey(person):
            yield named(path), path, person.cookies, ALWAYS


def _figure(name: str, found: dict[str, int], plain: int) -> Figure:
    """Judge what was found: a page's performance counts if all else is faultless."""
    performance, *others = found.values()
    return Figure(
        f"Lighthouse, {name}",
        " / ".join(map(str, found.values())),
        performance if set(others) == {100} else 0,
        at_least(98, 100),
        f"plain page {plain}",
        performance / plain,
    )


def scores(
    folder: Path, address: str, cookies: dict[str, str], wanted: Sequence[str]
) -> dict[str, int]:
    """Let Lighthouse look at one address; its report is left in the folder."""
    headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
    report = folder / "report.json"
    chromium = next(filter(None, map(shutil.which, (os.environ.get("CHROMIUM", ""), *NAMES))))
    command = [
        *("node", str(PROGRAM), address),
        *("--quiet", "--output=json", f"--output-path={report}"),
        f"--only-categories={','.join(wanted)}",
        f"--extra-headers={json.dumps(headers) if cookies else '{}'}",
        "--chrome-flags=--headless=new --no-sandbox --disable-gpu",
    ]
    _run(command, cwd=folder, env={**os.environ, "CHROME_PATH": chromium})
    found = json.loads(report.read_text(encoding="utf-8"))["categories"]
    return {kind: round(100 * found[kind]["score"]) for kind in wanted}


def _run(command: Sequence[str], cwd: Path, env: Mapping[str, str]) -> None:
    """Run Lighthouse, which now and then loses its browser (NO_NAVSTART), until it has finished."""
    for left in reversed(range(ATTEMPTS)):
        done = subprocess.run(command, cwd=cwd, env=env, check=not left, capture_output=True)
        if not done.returncode:
            return
