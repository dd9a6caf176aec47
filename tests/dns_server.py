"""A DNS server for the tests, on this machine.

dns_server.add("example.org", "TXT", '"v=spf1 -all"')     a record
dns_server.is_silent = True                               never answer
"""

import socket
from threading import Thread

import dns.flags
import dns.message
import dns.rcode
import dns.rrset

from tests.waiting import HOST


class DnsServer:
    """The server and the records that it has."""

    def __init__(self) -> None:
        self.is_silent = False
        self._records: dict[tuple[str, str], list[str]] = {}
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((HOST, 0))
        self._thread = Thread(target=self._answer_all, daemon=True)
        self._thread.start()

    @property
    def settings(self) -> dict[str, str]:
        """The settings by which a site asks this server."""
        return {"DNS_SERVER": f"{HOST}:{self._socket.getsockname()[1]}"}

    def add(self, name: str, kind: str, *records: str) -> None:
        """Add records of one kind to a name."""
        self._records.setdefault((f"{name}.", kind), []).extend(records)

    def close(self) -> None:
        """Stop answering."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as goodbye:
            goodbye.sendto(b"", self._socket.getsockname())
        self._thread.join(5)
        self._socket.close()

    def _answer_all(self) -> None:
        while True:
            question, sender = self._socket.recvfrom(4096)
            if not question:
                return
            if not self.is_silent:
                self._socket.sendto(self._answer(question), sender)

    def _answer(self, question: bytes) -> bytes:
        asked = dns.message.from_wire(question)
        [about] = asked.question
        reply = dns.message.make_response(asked)
        reply.flags |= dns.flags.RA
        name, kind = about.name.to_text(), dns.rdatatype.to_text(about.rdtype)
        records = self._records.get((name, kind), [])
        if records:
            reply.answer.append(dns.rrset.from_text(name, 60, "IN", kind, *records))
        elif not any(known == name for known, _ in self._records):
            reply.set_rcode(dns.rcode.NXDOMAIN)
        return reply.to_wire()
