"""A command of the site that dies as in a power cut, as soon as it does what its first word says.

python -m tests.backup.die_in_restore "INSERT INTO delegate" --app wsgi restore FILE

The word “COMMIT” stands for the moment before the rows are there for good, and “UPDATE
alembic_version” for a migration that follows the rows of an older backup.
"""

import os
import signal
import sys
from typing import Any

from flask.cli import main
from sqlalchemy import Connection, Engine, event

AFTER_THE_ROWS = ("COMMIT", "UPDATE alembic_version")


def _die(*_: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _die_at(beginning: str) -> None:
    seen: list[bool] = []

    def look(_connection: Connection, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith(beginning) and (seen or beginning not in AFTER_THE_ROWS):
            _die()
        seen.extend([True] * statement.startswith("INSERT INTO delegate"))

    def look_at_commit(_connection: Connection) -> None:
        if seen and beginning == "COMMIT":
            _die()

    event.listen(Engine, "before_cursor_execute", look)
    event.listen(Engine, "commit", look_at_commit)


if __name__ == "__main__":
    _die_at(sys.argv.pop(1))
    main()
