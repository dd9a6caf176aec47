"""Memory of the processes that ``make run`` starts, with the large programme warm."""

import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from app.database import db, transaction
from app.delegates.models import Delegate
from app.interchange.demo.generator import generate_delegates
from app.registration import demo, emails
from app.releases import current_release
from benchmarks import addresses
from benchmarks.copies import SiteCopy
from benchmarks.figures import Figure, at_most
from benchmarks.people import register
from benchmarks.running import Process, children
from benchmarks.wire import Connection
from tests.waiting import HOST, wait_until


def measure(folder: Path) -> Iterator[Figure]:
    """Open every page and register, send the emails, then measure the memory of both processes."""
    copy = SiteCopy(folder / "memory")
    settings = {
        **copy.settings,
        "HOST": HOST,
        "PORT": str(copy.port),
        "WEB_WORKERS": "1",
        "PYTHONPATH": str(_hide_tools(copy.folder / "tools")),
    }
    log = copy.folder / "serving.log"
    with Process([sys.executable, "-m", "app.server"], settings, log) as running:
        wait_until(lambda: "Ctrl-C" in running.log(), "the site", 30, running.log)
        _warm_up(copy)
        parts = children(running.process.pid)
        web = next(part for part in parts if children(part))
        mail = next(part for part in parts if part != web)
        worker = children(web)[0]
        yield _measure_memory("memory of a web worker, large programme warm", worker, 160)
        yield _measure_memory("memory of the mail worker", mail, 130)


def _hide_tools(folder: Path) -> Path:
    """Hide the one development tool that a library of the site would import too if it is installed.

    An operator has only what requirements.txt pins.
    """
    folder.mkdir()
    (folder / "rich.py").write_text("raise ImportError", encoding="ascii")
    return folder


def _warm_up(copy: SiteCopy) -> None:
    """Open every page, register a few people and let the emails be sent."""
    with copy.app_context(), transaction():
        programme = current_release.get_programme()
        paths = [
            *addresses.list_public_pages(copy).values(),
            *(f"/sessions/{one.slug}" for one in programme.sessions if one.has_page),
            *(f"/speakers/{one.slug}" for one in programme.speakers),
        ]
        demo.create(generate_delegates(10))
        for delegate in db.session.query(Delegate):
            emails.send_registration_confirmed(delegate)
    with closing(Connection(copy.port)) as visitor:
        for path in paths:
            for encoding in ("br", "gzip", "identity"):
                assert visitor.get(path, Accept_Encoding=encoding).status == 200, path
        for number in range(5):
            assert register(visitor, number) == 200
    wait_until(lambda: len([*(copy.folder / "mail").glob("*.eml")]) == 15, "emails", 30)
    time.sleep(1)


def _measure_memory(name: str, process: int, maximum: float) -> Figure:
    """Weigh a process; what it shares with others counts in full, as the bar is for one alone."""
    lines = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="ascii").splitlines()[1:]
    found = {line.split(":")[0]: int(line.split()[1]) / 1000 for line in lines}
    return Figure(
        name,
        f"{found['Rss']:.0f} MB RSS, {found['Pss']:.0f} MB PSS",
        found["Rss"],
        at_most(maximum, maximum * 0.8, "MB"),
    )
