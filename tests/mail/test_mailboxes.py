"""Mailboxes that the site reads, IMAP and mbox: nothing is lost, and nothing counts twice."""

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import SQLAlchemyError

from app.database import db
from app.database_faults import newest_migration
from app.history.models import HistoryEntry
from app.mail import imap_inbox, mailbox_files
from app.mail.bounce_reports import MAX_REPORT_SIZE
from app.registration.desk import services as desk
from tests.imap_server import ImapServer
from tests.mail.test_bounces import make_sent_email, receive, write_report
from tests.waiting import wait_until

OUT_OF_OFFICE = b"Subject: Out of office\r\n\r\nBack on Monday."


def read_inbox(site: Flask) -> int:
    db.session.commit()
    count = imap_inbox.read_batch(desk.receive_bounce)
    db.session.expire_all()
    return count


def list_returned_emails() -> list[int]:
    """The emails that came back, each as often as it was recorded."""
    db.session.rollback()
    subjects = select(HistoryEntry.subject).where(HistoryEntry.summary.like("An email was ret%"))
    numbers = sorted(int(one.rpartition(" ")[2]) for one in db.session.scalars(subjects))
    db.session.rollback()  # a worker may want to write
    return numbers


@pytest.mark.both_databases
def test_new_messages_of_an_imap_mailbox_are_read_once_and_marked(
    site: Flask, inbox: ImapServer
) -> None:
    one, other = make_sent_email(), make_sent_email()
    inbox.add(write_report(one))
    inbox.add(OUT_OF_OFFICE)

    counts = [read_inbox(site), read_inbox(site)]
    inbox.add(write_report(other))
    counts.append(read_inbox(site))

    assert counts == [2, 0, 1]
    assert list_returned_emails() == [one.id, other.id]
    assert inbox.seen() == [1, 2, 3]


def test_receive_bounce_reads_the_imap_mailbox(site: Flask, inbox: ImapServer) -> None:
    email = make_sent_email()
    inbox.add(write_report(email))
    inbox.add(OUT_OF_OFFICE)

    assert receive(site, b"", "--imap") == "1 returned, 1 ignored"
    assert receive(site, b"", "--imap") == "0 returned, 0 ignored"


def test_receive_bounce_reports_a_missing_imap_setting(site: Flask) -> None:
    done = site.test_cli_runner().invoke(args=["receive-bounce", "--imap"])

    assert done.exit_code == 1
    assert "IMAP_SERVER is not set, so there is no mailbox to read" in done.output


def test_the_imap_password_is_sent_only_after_starttls(
    site: Flask, starttls_inbox: ImapServer
) -> None:
    email = make_sent_email()
    starttls_inbox.add(write_report(email))

    assert read_inbox(site) == 1
    names = [command.partition(" ")[0] for command in starttls_inbox.commands]
    assert names.index("STARTTLS") < names.index("LOGIN")
    assert list_returned_emails() == [email.id]


@pytest.mark.settings(IMAP_DONE_FOLDER="Read by the site")
@pytest.mark.parametrize(
    ("capabilities", "left"), [({"MOVE"}, []), ({"UIDPLUS"}, []), (set[str](), [1, 2])]
)
def test_processed_imap_messages_are_moved_to_a_folder(
    site: Flask, inbox: ImapServer, capabilities: set[str], left: list[int]
) -> None:
    inbox.capabilities = capabilities
    reports = [write_report(make_sent_email()) for _ in range(2)]
    for report in reports:
        inbox.add(report)

    assert [read_inbox(site), read_inbox(site)] == [2, 0]
    assert inbox.folders == {"Read by the site": reports}
    assert list(inbox.messages) == left
    assert all(r"\Deleted" in message.flags for message in inbox.messages.values())


def test_on_the_first_read_only_unseen_messages_are_processed(
    site: Flask, inbox: ImapServer
) -> None:
    emails = [make_sent_email() for _ in range(3)]
    inbox.add(write_report(emails[0]), r"\Seen")
    inbox.add(write_report(emails[1]))
    read_inbox(site)
    inbox.add(write_report(emails[2]), r"\Seen")  # another client was faster than the site

    read_inbox(site)

    assert list_returned_emails() == [emails[1].id, emails[2].id]


@pytest.mark.both_databases
@pytest.mark.parametrize("command", ["LOGIN", "SEARCH", "FETCH", "in the middle", "STORE"])
def test_a_broken_imap_connection_neither_loses_nor_repeats_messages(
    site: Flask, inbox: ImapServer, command: str
) -> None:
    emails = [make_sent_email() for _ in range(3)]
    for email in emails:
        inbox.add(write_report(email))
    inbox.drop_on(command)
    for _ in range(2):
        with pytest.raises(imap_inbox.InboxUnavailable):
            read_inbox(site)

    inbox.drop_on("")
    read_inbox(site)

    assert list_returned_emails() == [email.id for email in emails]


@pytest.mark.both_databases
def test_two_workers_that_read_concurrently_process_each_message_once(
    site: Flask, inbox: ImapServer
) -> None:
    emails = [make_sent_email() for _ in range(12)]
    numbers = [email.id for email in emails]
    for email in emails:
        inbox.add(write_report(email))
    db.session.commit()
    handled: list[bytes] = []

    def handle(raw: bytes) -> bool:
        handled.append(raw)
        return desk.receive_bounce(raw)

    def work() -> None:
        with site.app_context():
            imap_inbox.read_batch(handle)
            db.session.remove()

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert list_returned_emails() == numbers
    assert len(handled) == 12


def test_a_message_the_imap_server_cannot_fetch_is_skipped(site: Flask, inbox: ImapServer) -> None:
    emails = [make_sent_email() for _ in range(3)]
    for email in emails:
        inbox.add(write_report(email))
    inbox.refuse_fetch(2)

    assert read_inbox(site) == 3
    assert list_returned_emails() == [emails[0].id, emails[2].id]


def test_an_imap_message_that_raises_an_error_is_skipped(site: Flask, inbox: ImapServer) -> None:
    emails = [make_sent_email() for _ in range(2)]
    for raw in (write_report(emails[0]), b"a stumbling block", write_report(emails[1])):
        inbox.add(raw)
    db.session.commit()

    def handle(raw: bytes) -> bool:
        if raw == b"a stumbling block":
            desk.receive_bounce(write_report(emails[1]))  # what it did before is undone
            raise LookupError(raw)
        return desk.receive_bounce(raw)

    counts = [imap_inbox.read_batch(handle), imap_inbox.read_batch(handle)]

    assert counts == [3, 0]
    assert list_returned_emails() == [email.id for email in emails]


def test_a_huge_imap_message_is_fetched_up_to_the_size_limit(
    site: Flask, inbox: ImapServer
) -> None:
    email = make_sent_email()
    inbox.add(b"Subject: Holiday\r\n\r\n" + b"x" * (3 * MAX_REPORT_SIZE))
    inbox.add(write_report(email))
    db.session.commit()
    lengths: list[int] = []

    def handle(raw: bytes) -> bool:
        lengths.append(len(raw))
        return desk.receive_bounce(raw)

    imap_inbox.read_batch(handle)

    assert lengths == [MAX_REPORT_SIZE, len(write_report(email))]
    assert list_returned_emails() == [email.id]


def test_an_imap_literal_of_gigabytes_is_refused(site: Flask, inbox: ImapServer) -> None:
    inbox.add(OUT_OF_OFFICE)
    inbox.announce(5_000_000_000)

    with pytest.raises(imap_inbox.InboxUnavailable, match="the server announced 5000000000 bytes"):
        read_inbox(site)


def test_a_large_imap_mailbox_is_searched_in_ranges(site: Flask, inbox: ImapServer) -> None:
    email = make_sent_email()
    for _ in range(3):
        inbox.add(OUT_OF_OFFICE, r"\Seen")
    inbox.next_uid = 3 * imap_inbox.SEARCH_RANGE
    inbox.add(write_report(email))

    assert [read_inbox(site), read_inbox(site)] == [1, 0]
    assert list_returned_emails() == [email.id]
    searches = [one for one in inbox.commands if "SEARCH" in one]
    assert [one.split(" ")[3] for one in searches] == [
        *("1:20000", "20001:40000", "40001:*"),
        "60001:*",
    ]


def test_messages_beyond_the_batch_size_are_read_in_the_next_round(
    site: Flask, inbox: ImapServer
) -> None:
    for _ in range(imap_inbox.BATCH_SIZE + 3):
        inbox.add(OUT_OF_OFFICE)

    assert [read_inbox(site) for _ in range(3)] == [imap_inbox.BATCH_SIZE, 3, 0]


def test_a_recreated_imap_mailbox_is_read_from_its_beginning(
    site: Flask, inbox: ImapServer
) -> None:
    emails = [make_sent_email() for _ in range(2)]
    for _ in range(5):
        inbox.add(OUT_OF_OFFICE)
    inbox.add(write_report(emails[0]))
    read_inbox(site)
    inbox.recreate()
    inbox.add(write_report(emails[0]))
    inbox.add(write_report(emails[1]))

    assert read_inbox(site) == 2
    assert list_returned_emails() == [email.id for email in emails]


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"IMAP_PASSWORD": "wrong"}, "The server of the mailbox replied: wrong name or password"),
        ({"IMAP_FOLDER": "Post"}, "The server of the mailbox replied: there is no such folder"),
        ({"MAIL_CA_FILE": ""}, "The mailbox’s certificate or encryption was not accepted:"),
        ({"IMAP_PORT": 1}, "The server of the mailbox could not be reached:"),
    ],
)
def test_check_setup_reports_why_a_mailbox_cannot_be_read(
    site: Flask, inbox: ImapServer, values: dict[str, Any], sentence: str
) -> None:
    site.config.update({name: value or None for name, value in values.items()})

    done = site.test_cli_runner().invoke(args=["check-setup"])

    assert f"Mail server: {sentence}" in done.output


def test_a_silent_imap_server_times_out_and_is_retried_later(
    site: Flask, inbox: ImapServer
) -> None:
    site.config["MAIL_TIMEOUT"] = 0.2
    inbox.stay_silent()
    reader = imap_inbox.InboxReader(desk.receive_bounce)

    reader.run_if_due()
    connections = len(inbox.commands)
    reader.run_if_due()  # not due: it waits for a while

    assert len(inbox.commands) == connections
    with pytest.raises(imap_inbox.InboxUnavailable, match="did not respond in time"):
        read_inbox(site)


def test_the_worker_reads_the_imap_mailbox(
    site: Flask, inbox: ImapServer, start_worker: Callable[[], Any]
) -> None:
    email = make_sent_email()
    number = email.id
    inbox.add(write_report(email))

    start_worker()

    wait_until(lambda: inbox.seen() == [1], "the message is marked as seen")
    assert list_returned_emails() == [number]


# Files


def test_a_maildir_file_that_raises_an_error_is_skipped(site: Flask, tmp_path: Path) -> None:
    email = make_sent_email()
    for part in ("new", "cur"):
        (tmp_path / part).mkdir()
    (tmp_path / "new" / "1").write_bytes(b"a stumbling block")
    (tmp_path / "new" / "2").write_bytes(write_report(email))
    db.session.commit()

    def handle(raw: bytes) -> bool:
        if raw == b"a stumbling block":
            raise LookupError(raw)
        return desk.receive_bounce(raw)

    counts = [[*mailbox_files.read_maildir(tmp_path, handle)] for _ in range(2)]

    assert counts == [[False, True], []]
    assert list_returned_emails() == [email.id]


def write_mbox(path: Path, *messages: bytes, mode: str = "ab") -> None:
    with path.open(mode) as file:
        for raw in messages:
            file.write(b"From MAILER-DAEMON Tue May 12 08:30:00 2009\n" + raw + b"\n\n")


@pytest.mark.both_databases
def test_new_messages_of_an_mbox_file_are_read_once(site: Flask, tmp_path: Path) -> None:
    one, other = make_sent_email(), make_sent_email()
    path = tmp_path / "bounces"
    write_mbox(path, write_report(one), b"Subject: Hello\n\nFrom here on\n\n>From there")

    said = [receive(site, b"", "--mbox", str(path)) for _ in range(2)]
    content = path.read_bytes()
    write_mbox(path, write_report(other))
    said.append(receive(site, b"", "--mbox", str(path)))

    assert said == ["1 returned, 1 ignored", "0 returned, 0 ignored", "1 returned, 0 ignored"]
    assert path.read_bytes().startswith(content)  # the file is only read
    assert list_returned_emails() == [one.id, other.id]


def test_each_mbox_file_of_a_folder_is_read(site: Flask, tmp_path: Path) -> None:
    folder = tmp_path / "mail"
    folder.mkdir()
    emails = [make_sent_email() for _ in range(2)]
    for name, email in zip(("bounces", "complaints"), emails, strict=True):
        write_mbox(folder / name, write_report(email))
    write_mbox(folder / "bounces.lock", b"Subject: a lock")
    (folder / "empty").touch()
    (folder / "sub").mkdir()

    assert receive(site, b"", "--mbox", str(folder)) == "2 returned, 0 ignored"


def test_an_mbox_file_from_which_messages_were_deleted_is_read_again(
    site: Flask, tmp_path: Path
) -> None:
    emails = [make_sent_email() for _ in range(3)]
    path = tmp_path / "bounces"
    write_mbox(path, *(write_report(email) for email in emails[:2]))
    receive(site, b"", "--mbox", str(path))
    write_mbox(path, write_report(emails[1]), write_report(emails[2]), mode="wb")

    receive(site, b"", "--mbox", str(path))

    assert list_returned_emails() == [email.id for email in emails]


def test_a_locked_mbox_file_is_read_later(
    site: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "bounces"
    write_mbox(path, write_report(make_sent_email()))
    monkeypatch.setattr(mailbox_files, "LOCK_PAUSE", 0)
    with locked_by_another_process(path):
        done = site.test_cli_runner().invoke(args=["receive-bounce", "--mbox", str(path)])

    assert done.exit_code == 1
    assert f"{path} is locked by another program. Try again later" in done.output
    assert receive(site, b"", "--mbox", str(path)) == "1 returned, 0 ignored"


def test_malformed_data_in_an_mbox_file_is_ignored(site: Flask, tmp_path: Path) -> None:
    email = make_sent_email()
    path = tmp_path / "bounces"
    path.write_bytes(b"no From line\n" + b"\0\xff" * 5000 + b"\n\n")
    write_mbox(path, b"x" * (2 * MAX_REPORT_SIZE), write_report(email))

    assert receive(site, b"", "--mbox", str(path)) == "1 returned, 2 ignored"
    assert list_returned_emails() == [email.id]


@pytest.mark.both_databases
def test_a_database_error_loses_no_imap_message(site: Flask, inbox: ImapServer) -> None:
    before, email = make_sent_email(), make_sent_email()
    number = email.id
    inbox.add(write_report(before))
    read_inbox(site)
    inbox.add(write_report(email))
    db.session.commit()
    rename_table("email", "elsewhere", migration="0001")
    with pytest.raises(SQLAlchemyError):
        imap_inbox.read_batch(desk.receive_bounce)
    db.session.rollback()
    rename_table("elsewhere", "email", migration=newest_migration())

    assert read_inbox(site) == 1
    assert list_returned_emails()[-1] == number


def rename_table(name: str, new_name: str, *, migration: str) -> None:
    """Leave the database as it is in the middle of a migration, or after it."""
    with db.engine.begin() as connection:
        connection.execute(text(f"ALTER TABLE {name} RENAME TO {new_name}"))
        connection.execute(text("UPDATE alembic_version SET version_num = :to"), {"to": migration})


LOCK = """
import fcntl, sys
with open(sys.argv[1], "ab") as file:
    fcntl.lockf(file, fcntl.LOCK_EX)
    print("locked", flush=True)
    sys.stdin.read()
"""


@contextmanager
def locked_by_another_process(path: Path) -> Iterator[None]:
    command = [sys.executable, "-c", LOCK, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as program:
        assert program.stdin is not None
        assert program.stdout is not None
        assert program.stdout.readline() == b"locked\n"
        yield
        program.stdin.close()
