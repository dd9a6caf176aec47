"""Measures which lines and branches of the site a run covers: `pytest -p tests.tracer`.

Slipcover takes its probes out of code that has run, so that the whole suite takes little longer
with it than without. Each process of the run writes a file; scripts/report_coverage.py joins them.
What runs in processes that a story starts is not measured.
"""

import json
import os
from pathlib import Path
from typing import Final

import pytest
import slipcover
from slipcover.importer import FileMatcher, ImportManager

from tests.waiting import WORKER

FOLDER: Final = Path(".coverage")
SITE: Final = ["app", "config.py", "wsgi.py"]
NEVER_RUN: Final = ["if TYPE_CHECKING:", "@overload"]  # read by the type checker alone

# Taking probes out makes Python specialise its bytecode again, which costs as much as
# thousands of hits
HITS_BEFORE_REMOVAL: Final = 1000

_tracer = slipcover.Slipcover(
    branch=True, d_miss_threshold=HITS_BEFORE_REMOVAL, exclude_also=NEVER_RUN
)


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Instrument the site before conftest.py imports it, wherever tests will run."""
    if WORKER in os.environ or not early_config.known_args_namespace.numprocesses:
        ImportManager(_tracer, FileMatcher(sources=SITE)).__enter__()


def pytest_configure(config: pytest.Config) -> None:
    """Remove what an earlier run of the same kind has covered."""
    if not hasattr(config, "workerinput"):
        for old in FOLDER.glob(f"{_kind(config)}-*.json"):
            old.unlink()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Write the coverage of this process, unless it only distributes the tests."""
    coverage = _tracer.get_coverage()
    if not coverage["files"]:
        return
    process = os.environ.get(WORKER, "main")
    FOLDER.mkdir(exist_ok=True)
    file = FOLDER / f"{_kind(config)}-{process}.json"
    file.write_text(json.dumps(coverage))


def _kind(config: pytest.Config) -> str:
    return "browser" if config.getoption("-m").startswith("browser") else "tests"
