"""The log: JSON lines on standard error, which every module may write.

A line contains no personal data. It names an event, with details in fields.
"""

import logging
import sys
from contextlib import suppress
from typing import TextIO, cast

import structlog

log = structlog.get_logger("conference")


class StandardError:
    """The current standard error stream; a full disk must not stop the site."""

    def write(self, text: str) -> None:
        """Write text; discard it if it cannot be written."""
        with suppress(OSError, ValueError):
            sys.stderr.write(text)

    def flush(self) -> None:
        """Flush the stream; ignore an error."""
        with suppress(OSError, ValueError):
            sys.stderr.flush()


standard_error = StandardError()


def configure() -> None:
    """Write each line as JSON, with its level and the time."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(cast("TextIO", standard_error)),
    )
