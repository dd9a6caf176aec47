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
from benchmarks.copies import LARGE_SIZE, SiteCopy
from benchmarks.figures import Figure, at_least
from benchmarks.first_visits import registration_page_name, walk_through_registration
from benchmarks.people import RegisteringVisitor
from benchmarks.wire import Connection
from config import ROOT
from tests.waiting import HOST

PROGRAM = ROOT / "node_modules" / "lighthouse" / "cli" / "index.js"
BASE_CATEGORIES = ("performance", "accessibility", "best-practices")
PUBLIC_CATEGORIES = (*BASE_CATEGORIES, "seo")
PERFORMANCE_ONLY = ("performance",)
ATTEMPTS = 3
BROWSER_NAMES = ("chromium", "chromium-browser", "google-chrome")


def measure(folder: Path) -> Iterator[Figure]:
    """Score every kind of public page, then each page of registering, beside a plain page."""
    copy = SiteCopy(folder / "lighthouse")
    with copy.start_control() as control:
        address = f"http://{HOST}:{control.port}/page/{LARGE_SIZE[0]}"
        plain = run_lighthouse(copy.folder, address, {}, PERFORMANCE_ONLY)["performance"]
    with copy.start_server():
        for name, path, cookies, categories in _list_pages(copy):
            scores_found = run_lighthouse(
                copy.folder, f"http://{HOST}:{copy.port}{path}", cookies, categories
            )
            yield _judge(name, scores_found, plain)


def _list_pages(copy: SiteCopy) -> Iterator[tuple[str, str, dict[str, str], Sequence[str]]]:
    """List each page: its name and address, what its visitor has kept, what is wanted of it."""
    for name, path in addresses.list_public_pages(copy).items():
        yield name, path, {}, PUBLIC_CATEGORIES
    for name, path in addresses.UNLISTED.items():
        yield name, path, {}, BASE_CATEGORIES
    with closing(Connection(copy.port)) as connection:
        person = RegisteringVisitor(connection, 1)
        for path, _ in walk_through_registration(person):
            yield registration_page_name(path), path, person.cookies, BASE_CATEGORIES


def _judge(name: str, scores_found: dict[str, int], plain: int) -> Figure:
    """Judge what was found: a page's performance counts if all else is faultless."""
    performance, *others = scores_found.values()
    return Figure(
        f"Lighthouse, {name}",
        " / ".join(map(str, scores_found.values())),
        performance if set(others) == {100} else 0,
        at_least(98, 100),
        f"plain page {plain}",
        performance / plain,
    )


def run_lighthouse(
    folder: Path, address: str, cookies: dict[str, str], categories: Sequence[str]
) -> dict[str, int]:
    """Let Lighthouse look at one address; its report is left in the folder."""
    headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
    report = folder / "report.json"
    chromium = next(
        filter(None, map(shutil.which, (os.environ.get("CHROMIUM", ""), *BROWSER_NAMES)))
    )
    command = [
        *("node", str(PROGRAM), address),
        *("--quiet", "--output=json", f"--output-path={report}"),
        f"--only-categories={','.join(categories)}",
        f"--extra-headers={json.dumps(headers) if cookies else '{}'}",
        "--chrome-flags=--headless=new --no-sandbox --disable-gpu",
    ]
    _run(command, cwd=folder, env={**os.environ, "CHROME_PATH": chromium})
    results = json.loads(report.read_text(encoding="utf-8"))["categories"]
    return {kind: round(100 * results[kind]["score"]) for kind in categories}


def _run(command: Sequence[str], cwd: Path, env: Mapping[str, str]) -> None:
    """Run Lighthouse, which now and then loses its browser (NO_NAVSTART), until it has finished."""
    for left in reversed(range(ATTEMPTS)):
        done = subprocess.run(command, cwd=cwd, env=env, check=not left, capture_output=True)
        if not done.returncode:
            return
