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


def returned() -> list[int]:
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
    assert returned() == [one.id, other.id]
    assert inbox.seen() == [1, 2, 3]


def test_the_command_reads_it_too(site: Flask, inbox: ImapServer) -> None:
    email = make_sent_email()
    inbox.add(write_report(email))
    inbox.add(OUT_OF_OFFICE)

    assert receive(site, b"", "--imap") == "1 returned, 1 ignored"
    assert receive(site, b"", "--imap") == "0 returned, 0 ignored"


def test_the_command_says_that_there_is_no_mailbox(site: Flask) -> None:
    done = site.test_cli_runner().invoke(args=["receive-bounce", "--imap"])

    assert done.exit_code == 1
    assert "IMAP_SERVER is not set, so there is no mailbox to read" in done.output


def test_a_server_that_asks_for_encryption_hears_the_password_only_then(
    site: Flask, starttls_inbox: ImapServer
) -> None:
    email = make_sent_email()
    starttls_inbox.add(write_report(email))

    assert read_inbox(site) == 1
    names = [command.partition(" ")[0] for command in starttls_inbox.commands]
    assert names.index("STARTTLS") < names.index("LOGIN")
    assert returned() == [email.id]


@pytest.mark.settings(IMAP_DONE_FOLDER="Read by the site")
@pytest.mark.parametrize(
    ("capabilities", "left"), [({"MOVE"}, []), ({"UIDPLUS"}, []), (set[str](), [1, 2])]
)
def test_messages_that_were_read_go_to_a_folder(
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


def test_what_was_there_before_is_read_only_if_nobody_has_seen_it(
    site: Flask, inbox: ImapServer
) -> None:
    emails = [make_sent_email() for _ in range(3)]
    inbox.add(write_report(emails[0]), r"\Seen")
    inbox.add(write_report(emails[1]))
    read_inbox(site)
    inbox.add(write_report(emails[2]), r"\Seen")  # somebody was faster than the site

    read_inbox(site)

    assert returned() == [emails[1].id, emails[2].id]


@pytest.mark.both_databases
@pytest.mark.parametrize("command", ["LOGIN", "SEARCH", "FETCH", "in the middle", "STORE"])
def test_a_connection_that_breaks_loses_nothing_and_repeats_nothing(
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

    assert returned() == [email.id for email in emails]


@pytest.mark.both_databases
def test_two_workers_that_read_at_the_same_time_handle_each_message_once(
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

    assert returned() == numbers
    assert len(handled) == 12


def test_a_message_that_the_server_cannot_read_holds_up_no_other(
    site: Flask, inbox: ImapServer
) -> None:
    emails = [make_sent_email() for _ in range(3)]
    for email in emails:
        inbox.add(write_report(email))
    inbox.refuse_fetch(2)

    assert read_inbox(site) == 3
    assert returned() == [emails[0].id, emails[2].id]


def test_a_message_at_which_the_site_stumbles_holds_up_no_other(
    site: Flask, inbox: ImapServer
) -> None:
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
    assert returned() == [email.id for email in emails]


def test_a_huge_message_is_read_as_far_as_a_report_may_go(site: Flask, inbox: ImapServer) -> None:
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
    assert returned() == [email.id]


def test_a_server_that_announces_gigabytes_is_not_believed(site: Flask, inbox: ImapServer) -> None:
    inbox.add(OUT_OF_OFFICE)
    inbox.announce(5_000_000_000)

    with pytest.raises(imap_inbox.InboxUnavailable, match="the server announced 5000000000 bytes"):
        read_inbox(site)


def test_a_large_mailbox_is_searched_in_parts(site: Flask, inbox: ImapServer) -> None:
    email = make_sent_email()
    for _ in range(3):
        inbox.add(OUT_OF_OFFICE, r"\Seen")
    inbox.next_uid = 3 * imap_inbox.SEARCH_RANGE
    inbox.add(write_report(email))

    assert [read_inbox(site), read_inbox(site)] == [1, 0]
    assert returned() == [email.id]
    searches = [one for one in inbox.commands if "SEARCH" in one]
    assert [one.split(" ")[3] for one in searches] == [
        *("1:20000", "20001:40000", "40001:*"),
        "60001:*",
    ]


def test_more_messages_than_one_round_takes_are_read_in_the_next(
    site: Flask, inbox: ImapServer
) -> None:
    for _ in range(imap_inbox.BATCH_SIZE + 3):
        inbox.add(OUT_OF_OFFICE)

    assert [read_inbox(site) for _ in range(3)] == [imap_inbox.BATCH_SIZE, 3, 0]


def test_a_mailbox_that_was_made_anew_is_read_from_its_beginning(
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
    assert returned() == [email.id for email in emails]


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"IMAP_PASSWORD": "wrong"}, "The server of the mailbox replied: wrong name or password"),
        ({"IMAP_FOLDER": "Post"}, "The server of the mailbox replied: there is no such folder"),
        ({"MAIL_CA_FILE": ""}, "The mailbox’s certificate or encryption was not accepted:"),
        ({"IMAP_PORT": 1}, "The server of the mailbox could not be reached:"),
    ],
)
def test_check_setup_says_why_a_mailbox_cannot_be_read(
    site: Flask, inbox: ImapServer, values: dict[str, Any], sentence: str
) -> None:
    site.config.update({name: value or None for name, value in values.items()})

    done = site.test_cli_runner().invoke(args=["check-setup"])

    assert f"Mail server: {sentence}" in done.output


def test_a_silent_server_does_not_hold_the_worker_for_ever(site: Flask, inbox: ImapServer) -> None:
    site.config["MAIL_TIMEOUT"] = 0.2
    inbox.stay_silent()
    reader = imap_inbox.InboxReader(desk.receive_bounce)

    reader.run_if_due()
    connections = len(inbox.commands)
    reader.run_if_due()  # not due: it waits for a while

    assert len(inbox.commands) == connections
    with pytest.raises(imap_inbox.InboxUnavailable, match="did not respond in time"):
        read_inbox(site)


def test_the_worker_reads_the_mailbox(
    site: Flask, inbox: ImapServer, start_worker: Callable[[], Any]
) -> None:
    email = make_sent_email()
    number = email.id
    inbox.add(write_report(email))

    start_worker()

    wait_until(lambda: inbox.seen() == [1], "the message is marked as seen")
    assert returned() == [number]


# Files


def test_a_file_at_which_the_site_stumbles_holds_up_no_other(site: Flask, tmp_path: Path) -> None:
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
    assert returned() == [email.id]


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
    assert returned() == [one.id, other.id]


def test_each_file_of_a_folder_is_read(site: Flask, tmp_path: Path) -> None:
    folder = tmp_path / "mail"
    folder.mkdir()
    emails = [make_sent_email() for _ in range(2)]
    for name, email in zip(("bounces", "complaints"), emails, strict=True):
        write_mbox(folder / name, write_report(email))
    write_mbox(folder / "bounces.lock", b"Subject: a lock")
    (folder / "empty").touch()
    (folder / "sub").mkdir()

    assert receive(site, b"", "--mbox", str(folder)) == "2 returned, 0 ignored"


def test_a_file_from_which_messages_were_deleted_is_read_again(site: Flask, tmp_path: Path) -> None:
    emails = [make_sent_email() for _ in range(3)]
    path = tmp_path / "bounces"
    write_mbox(path, *(write_report(email) for email in emails[:2]))
    receive(site, b"", "--mbox", str(path))
    write_mbox(path, write_report(emails[1]), write_report(emails[2]), mode="wb")

    receive(site, b"", "--mbox", str(path))

    assert returned() == [email.id for email in emails]


def test_a_file_that_is_being_written_is_left_for_later(
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


def test_rubbish_in_a_file_is_ignored(site: Flask, tmp_path: Path) -> None:
    email = make_sent_email()
    path = tmp_path / "bounces"
    path.write_bytes(b"no From line\n" + b"\0\xff" * 5000 + b"\n\n")
    write_mbox(path, b"x" * (2 * MAX_REPORT_SIZE), write_report(email))

    assert receive(site, b"", "--mbox", str(path)) == "1 returned, 2 ignored"
    assert returned() == [email.id]


@pytest.mark.both_databases
def test_a_database_that_is_away_loses_no_message(site: Flask, inbox: ImapServer) -> None:
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
    assert returned()[-1] == number


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
