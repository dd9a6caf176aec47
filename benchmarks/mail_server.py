"""A mail server that accepts everything and notes when.

``python -m benchmarks.mail_server PORT FILE``
"""

import asyncio
import re
import sys
import time
from pathlib import Path
from typing import Any, cast

from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.waiting import HOST

MESSAGE_ID = re.compile(rb"(?mi)^message-id:\s*(\S+)")


class RecordingHandler:
    """Writes a line for each email: the time and its Message-ID."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", encoding="ascii", buffering=1)

    async def handle_EHLO(  # noqa: N802 – aiosmtpd calls it so
        self, server: Any, session: Session, envelope: Envelope, name: str, lines: list[str]
    ) -> list[str]:
        """Offer pipelining, as usual mail servers do."""
        session.host_name = name
        return [lines[0], "250-PIPELINING", *lines[1:]]

    async def handle_DATA(  # noqa: N802 – aiosmtpd calls it so
        self, server: Any, session: Any, envelope: Envelope
    ) -> str:
        """Accept a letter."""
        found = MESSAGE_ID.search(cast("bytes", envelope.content))
        self._file.write(f"{time.time()} {found[1].decode() if found else '-'}\n")
        return "250 Accepted"


async def serve(port: int, path: Path) -> None:
    """Accept emails until the process is ended."""
    handler = RecordingHandler(path)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(handler), HOST, port)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), Path(sys.argv[2])))
