"""A backup is restored on a machine where nothing is yet, and `make run` serves it there."""

from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

from app.registration.links import booking_link
from tests.backup.places import PASSPHRASE, site_at
from tests.factories import make_delegate
from tests.subprocesses import ForkedProgram
from tests.test_documented_commands import CommandLine
from tests.waiting import HOST, free_port, wait_until

TURN = 120  # seconds that a program may take on a machine with much else to do
Start = Callable[..., int]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Do what `make run` does in a folder, and give its port."""
    started: list[ForkedProgram] = []

    def run(folder: Path, **settings: str) -> int:
        port, log = free_port(), tmp_path / f"{folder.name}.log"
        settings = {"INSTANCE_PATH": str(folder), "PORT": str(port), **settings}
        started.append(ForkedProgram(("app.server",), settings, log))
        wait_until(
            lambda: "Press Ctrl-C" in log.read_text("utf-8") or started[-1].has_ended(),
            "served",
            TURN,
            log.read_text,
        )
        return port

    yield run
    for program in started:
        program.terminate()
    assert all(program.wait(TURN) for program in started)


def make_desk(tmp_path: Path, name: str) -> CommandLine:
    return CommandLine(tmp_path, {"INSTANCE_PATH": str(tmp_path / name)})


def read(folder: Path, name: str) -> str:
    return (folder / name).read_text(encoding="utf-8")


def add_booking(folder: Path, site_url: str) -> str:
    """Create a booking and return the target of its link."""
    key = read(folder, "secret-key").strip()
    database = f"sqlite:///{folder / 'conference.sqlite'}"
    settings = {"INSTANCE_PATH": str(folder), "DATABASE_URL": database}
    with site_at({**settings, "SECRET_KEY": key, "SITE_URL": site_url}):
        delegate = make_delegate(days="2008-11-06", is_added_by_team=True)
        return booking_link(delegate).removeprefix(site_url)


def open_title(port: int, path: str) -> str:
    with urlopen(f"http://{HOST}:{port}{path}", timeout=TURN) as answer:
        return str(answer.read().decode().partition("<title>")[2].partition(" – ")[0])


@pytest.mark.parametrize("extra", [(), ("--test-copy",)])
def test_every_link_works_on_a_new_machine_after_restore_and_start(
    tmp_path: Path, start: Start, extra: tuple[str, ...]
) -> None:
    (tmp_path / "old").mkdir()
    own_settings = tmp_path / "old" / "settings.env"
    own_settings.write_text("MAIL_DEFAULT_SENDER=a@b.example\n", encoding="utf-8")
    (tmp_path / "passphrase").write_text(PASSPHRASE, encoding="utf-8")
    old, new = make_desk(tmp_path, "old"), make_desk(tmp_path, "new")
    words = ("a.backup", "--passphrase-file", "passphrase")

    port = start(tmp_path / "old")
    booking = add_booking(tmp_path / "old", f"http://{HOST}:{port}")
    assert old.site("backup", *words) == ""  # while the site is running
    assert new.site("restore", *words, *extra) == ""
    assert new.site("audit") == ""
    port = start(tmp_path / "new")

    assert open_title(port, booking) == "Your booking"
    for key in ("secret-key", "data-key"):
        assert read(tmp_path / "new", key) == read(tmp_path / "old", key) + "\n"
    assert read(tmp_path / "new", "settings.env").splitlines() == [
        "# From a backup.",
        "CLOCK_STARTS_AT=2008-10-01T09:00:00+01:00",
        *([] if extra else ["MAIL_DEFAULT_SENDER=a@b.example"]),
        "",
        f"SITE_URL=http://{HOST}:{port}  # make run chose http://{HOST}:{port}",
    ]
    assert new.site("backup", *words) == ""  # and it can be backed up as the old one was


def test_a_restore_keeps_the_settings_an_operator_has_written(tmp_path: Path) -> None:
    old, new = make_desk(tmp_path, "old"), make_desk(tmp_path, "new")
    settings = {"SITE_URL": "https://conference.example", "SECRET_KEY": 20 * "k"}
    old.settings |= {**settings, "MAIL_SERVER": "mail.example", "MAIL_USERNAME": "it's me"}
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "settings.env").write_text(
        "# Ours\nSITE_URL=https://test.example\n"
        "CLOCK_STARTS_AT=2008-10-01T09:00:00+01:00  # make run chose 2008-10-01T09:00:00+01:00\n",
        encoding="utf-8",
    )

    assert old.site("db", "upgrade") == ""
    assert old.site("backup", "a.backup") == ""
    assert new.site("restore", "a.backup") == ""

    assert read(tmp_path / "new", "settings.env").splitlines() == [
        "# Ours",
        "SITE_URL=https://test.example",
        "CLOCK_STARTS_AT=2008-10-01T09:00:00+01:00  # make run chose 2008-10-01T09:00:00+01:00",
        "",
        "# From a backup.",
        "CLOCK_STARTS_AT=",
        "MAIL_SERVER=mail.example",
        "MAIL_USERNAME='it\\'s me'",
    ]


def test_a_restore_does_not_replace_a_different_secret_key(tmp_path: Path) -> None:
    old, new = make_desk(tmp_path, "old"), make_desk(tmp_path, "new")
    old.settings |= {"SITE_URL": "https://conference.example", "SECRET_KEY": 20 * "k"}
    (tmp_path / "passphrase").write_text(PASSPHRASE, encoding="utf-8")
    (tmp_path / "new").mkdir()
    key = tmp_path / "new" / "secret-key"
    key.write_text(20 * "x", encoding="utf-8")

    assert old.site("db", "upgrade") == ""
    assert old.site("backup", "a.backup", "--passphrase-file", "passphrase") == ""
    refusal = new.site("restore", "a.backup", "--passphrase-file", "passphrase")

    assert refusal == (
        f"Error: {key} is there already, and is not the key of the backup: move it away first\n"
    )
    assert key.read_text(encoding="utf-8") == 20 * "x"
