"""The processes of a server that was started by one of the documented commands."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.live_site import RSGI, WSGI, LiveSites
from tests.waiting import wait_until


def is_running(process_id: int) -> bool:
    try:
        state = Path(f"/proc/{process_id}/stat").read_text("utf-8").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


@pytest.mark.parametrize("interface", [RSGI, WSGI], ids=lambda words: words[1])
def test_web_workers_end_with_a_killed_server(
    live_site: LiveSites, interface: Sequence[str]
) -> None:
    running = live_site(processes=2, interface=interface)
    workers = running.web_processes()

    running.web.kill()

    wait_until(lambda: not any(map(is_running, workers)), "all workers have ended")
    assert len(workers) >= 2
    assert not running.is_answering()


@pytest.mark.parametrize("interface", [RSGI, WSGI], ids=lambda words: words[1])
def test_a_server_survives_the_death_of_a_worker(
    live_site: LiveSites, interface: Sequence[str]
) -> None:
    running = live_site(processes=2, interface=interface)

    killed = running.kill_web_process()

    wait_until(lambda: len(set(running.web_processes()) - {killed}) == 2, "another takes its place")
    wait_until(running.is_answering, "served")
