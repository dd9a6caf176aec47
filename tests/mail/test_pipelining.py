"""Servers that take the commands of an email together, and those that break the rules for that."""

import socketserver
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread

import pytest
from flask import Flask

from app.mail import transports
from tests.factories import make_email
from tests.mail_server import MailServer
from tests.waiting import HOST

Deliver = Callable[[], str]
DOTS = b"Subject: Dots\r\n\r\n.\r\n..\r\n.hidden\r\n"


class ScriptedServer(socketserver.ThreadingTCPServer):
    """An SMTP server with scripted replies that waits for DATA before it answers."""

    def __init__(self) -> None:
        self.replies: dict[str, str] = {}  # over the first connection
        self.messages: list[bytes] = []
        self.commands: list[list[str]] = []  # of each connection
        self.drips = False
        super().__init__((HOST, 0), _Conversation)


class _Conversation(socketserver.StreamRequestHandler):
    """One connection."""

    server: ScriptedServer

    def handle(self) -> None:
        commands: list[str] = []
        self._replies = {} if self.server.commands else self.server.replies
        self.server.commands.append(commands)
        self.wfile.write(b"220 Hello\r\n")
        answers: list[str] = []
        while line := self.rfile.readline():
            verb = line.split()[0].decode().upper()
            commands.append(verb)
            answers.append(self._answer(verb))
            if verb not in {"MAIL", "RCPT"}:
                self._write("".join(answers))
                is_over = verb == "QUIT" or answers[-1].startswith("421")
                answers.clear()
                if verb == "DATA" and self._takes_message:
                    self._read_message()
                if is_over:
                    return

    def _answer(self, verb: str) -> str:
        usual = {"EHLO": "250-Hello\r\n250 PIPELINING", "DATA": "354 Go on", "QUIT": "221 Bye"}
        answer = self._replies.get(verb, usual.get(verb, "250 OK"))
        if verb == "DATA":
            self._takes_message = answer.startswith("354")
        return f"{answer}\r\n"

    def _write(self, text: str) -> None:
        size = 1 if self.server.drips else len(text)
        for start in range(0, len(text), size):
            self.wfile.write(text[start : start + size].encode())

    def _read_message(self) -> None:
        lines = []
        while (line := self.rfile.readline()) not in {b".\r\n", b""}:
            lines.append(line)
        if line:
            self.server.messages.append(b"".join(lines))
            self._write(self._replies.get("message", "250 Accepted") + "\r\n")


@pytest.fixture
def server(site: Flask) -> Iterator[ScriptedServer]:
    """A server that waits for DATA before it answers the commands before it."""
    with run_server() as running:
        site.config.update(MAIL_SERVER=HOST, MAIL_PORT=running.server_address[1], MAIL_TIMEOUT=5)
        yield running


@contextmanager
def run_server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as running:
        thread = Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield running
        finally:
            running.shutdown()
            thread.join()


@pytest.mark.parametrize("drips", [False, True])
def test_smtp_commands_of_an_email_are_pipelined(
    server: ScriptedServer, deliver: Deliver, monkeypatch: pytest.MonkeyPatch, *, drips: bool
) -> None:
    monkeypatch.setattr(transports, "NOOP_AFTER", 60)  # however long one email is recorded
    server.drips = drips
    make_email()
    make_email()

    assert deliver() == "2 sent, 0 failed, 0 waiting"

    assert server.commands == [["EHLO", *(["MAIL", "RCPT", "DATA"] * 2), "QUIT"]]


def test_after_a_refusal_the_next_email_uses_the_same_smtp_connection(
    server: ScriptedServer, deliver: Deliver
) -> None:
    server.replies = {"RCPT": "550 No such mailbox", "DATA": "503 Nobody to send it to"}
    nobody = make_email()

    assert deliver() == "0 sent, 1 failed, 0 waiting"

    assert nobody.last_error == "The mail server replied: 550 No such mailbox"
    assert server.commands == [["EHLO", "MAIL", "RCPT", "DATA", "RSET", "QUIT"]]


@pytest.mark.parametrize(
    ("replies", "error"),
    [
        ({"RCPT": "550 No such mailbox"}, "The mail server replied: 550 No such mailbox"),
        ({"MAIL": "451 Later", "RCPT": "503 Who?"}, "The mail server replied: 451 Later"),
        ({"RCPT": "nonsense"}, "The mail server sent a reply that we do not understand"),
        ({"RCPT": "250 OK\r\n250 Twice"}, "The mail server replied: 250 Twice"),
        ({"RCPT": "421 Closing"}, "The mail server replied: 421 Closing"),
        ({"DATA": "421 Closing"}, "The mail server replied: 421 Closing"),
        ({"message": "nonsense"}, "The mail server sent a reply that we do not understand"),
    ],
)
def test_an_unexpected_smtp_reply_is_never_applied_to_the_next_email(
    server: ScriptedServer, deliver: Deliver, replies: dict[str, str], error: str
) -> None:
    server.replies = replies
    first = make_email()
    second = make_email(recipient="zoe@example.com")

    deliver()

    assert first.last_error == error
    assert second.is_sent
    assert len(server.messages) == 1 + ("message" in replies)
    assert server.commands[1] == ["EHLO", "MAIL", "RCPT", "DATA", "QUIT"]


def test_no_empty_message_is_sent_if_data_is_accepted_after_a_refused_recipient(
    server: ScriptedServer, deliver: Deliver
) -> None:
    server.replies = {"RCPT": "550 No such mailbox"}
    make_email()

    assert deliver() == "0 sent, 1 failed, 0 waiting"

    assert server.messages == []
    assert server.commands == [["EHLO", "MAIL", "RCPT", "DATA"]]


def test_a_non_ascii_address_fails_on_a_server_without_smtputf8(
    server: ScriptedServer, deliver: Deliver
) -> None:
    server.replies = {"EHLO": "502 Not implemented"}
    email = make_email(recipient="zoë@example.org")

    assert deliver() == "0 sent, 1 failed, 0 waiting"

    assert email.last_error.endswith("(it does not offer SMTPUTF8)")
    assert server.commands == [["EHLO", "HELO", "QUIT"]]


@pytest.mark.parametrize("pipelining", [False, True])
def test_lines_that_begin_with_a_dot_arrive_as_they_are(
    site: Flask, mailbox: MailServer, deliver: Deliver, *, pipelining: bool
) -> None:
    mailbox.close()
    mailbox.open(pipelining=pipelining)
    make_email(message=DOTS)
    make_email(message=DOTS.replace(b"\r\n", b"\n").rstrip())
    before = mailbox.connections

    assert deliver() == "2 sent, 0 failed, 0 waiting"

    assert [email.raw for email in mailbox.emails] == [DOTS, DOTS]
    assert mailbox.connections - before == 1


def test_a_server_without_pipelining_gets_one_command_at_a_time(
    mailbox: MailServer, deliver: Deliver
) -> None:
    mailbox.close()
    mailbox.open(pipelining=False)
    nobody = make_email(recipient="nobody@example.org")
    later = make_email(recipient="later@example.org")
    ada = make_email(recipient="ada@example.org")
    zoe = make_email(recipient="zoë@example.org")
    mailbox.refuse(550, "No such mailbox", to="nobody@example.org")
    mailbox.refuse(451, "Try later", to="later@example.org")
    before = mailbox.connections

    assert deliver() == "2 sent, 1 failed, 1 waiting"

    assert [one.state for one in (nobody, later, ada, zoe)] == ["failed", "waiting", "sent", "sent"]
    assert mailbox.connections - before == 1
