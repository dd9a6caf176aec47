"""The site as it really runs: web processes and a mail worker, in processes of their own.

running = live_site(processes=2)
running.address             http://127.0.0.1:49213
running.web, .mail_worker   their processes (tests/subprocesses.py)
running.kill_web_process(), .kill_mail_worker(), .start_mail_worker()
running.log()               what they have written
running.stop()              at the end of the test this happens by itself
"""

import os
import re
import signal
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from urllib.request import urlopen

from tests.subprocesses import ForkedProgram
from tests.waiting import HOST, wait_until

RSGI = ("--interface", "rsgi", "wsgi:rsgi_app")
WSGI = ("--interface", "wsgi", "--blocking-threads", "8", "wsgi:app")
WORKER_COMMAND = ("flask", "--app", "wsgi", "deliver-mail", "--forever")


class LiveSite:
    """One running copy of the site."""

    def __init__(
        self,
        settings: Mapping[str, str],
        log: Path,
        processes: int,
        port: int,
        interface: Sequence[str] = RSGI,
    ) -> None:
        self.address = settings["SITE_URL"]
        self.port = port
        self._settings = settings
        self._log = log
        self.mail_worker: ForkedProgram | None = None
        self.web = self._start(
            *("granian", "--host", HOST, "--port", str(port), "--workers", str(processes)),
            *("--no-ws", "--http", "1", "--respawn-failed-workers", "--respawn-interval", "0.1"),
            *("--workers-kill-timeout", "2"),
            *interface,
        )
        wait_until(
            lambda: self._all_workers_serve(processes) or self.web.has_ended(),
            "served",
            60,
            self.log,
        )
        assert not self.web.has_ended(), self.log()

    def is_answering(self) -> bool:
        """Whether it answers requests."""
        try:
            with urlopen(f"{self.address}/healthz", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def _all_workers_serve(self, processes: int) -> bool:
        return self.count_started() >= processes and self.is_answering()

    def count_started(self) -> int:
        """Count the processes that have ever begun to answer requests."""
        return len(re.findall(r"Started worker-\d+$", self.log(), re.MULTILINE))

    def start_mail_worker(self) -> None:
        """Start delivering emails."""
        self.mail_worker = self._start(*WORKER_COMMAND)

    def kill_mail_worker(self) -> None:
        """End the mail worker as a power cut would."""
        assert self.mail_worker is not None
        self.mail_worker.kill()
        self.mail_worker.wait(10)

    def kill_web_process(self) -> int:
        """End one of the processes that answer requests, as a power cut would; tell which."""
        process_id = self.web_processes()[0]
        os.kill(process_id, signal.SIGKILL)
        wait_until(lambda: not Path(f"/proc/{process_id}/exe").exists(), "the end of a process")
        return process_id

    def web_processes(self) -> list[int]:
        """List the processes that answer requests."""
        return _children(self.web.pid)

    def log(self) -> str:
        """Return the output of the processes."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    def stop(self) -> None:
        """Ask every process to end, and see that it does."""
        for process in filter(None, (self.mail_worker, self.web)):
            process.terminate()
        for process in filter(None, (self.mail_worker, self.web)):
            if not process.wait(15):
                for child in _children(process.pid):
                    os.kill(child, signal.SIGKILL)
                process.kill()
                process.wait(15)

    def _start(self, *command: str) -> ForkedProgram:
        return ForkedProgram(command, self._settings, self._log)


def _children(parent: int) -> list[int]:
    listing = Path(f"/proc/{parent}/task/{parent}/children").read_text(encoding="ascii")
    return [int(number) for number in listing.split()]


LiveSites = Callable[..., LiveSite]  # the fixture `live_site`
