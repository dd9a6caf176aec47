"""Every command that the README and docs/ name works as it stands there, right after ``make run``.

A command stands in a block without a language, or in the text as code; the table of commands in
docs/operating.md says how each is used. What is not run, and why, stands in NOT_RUN.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.request import urlopen

import pytest
from flask import Flask

from app.registration.ballots import draw
from config import ROOT
from tests.subprocesses import ForkedProgram
from tests.waiting import HOST, free_port, wait_until

PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "docs" / "organisers").glob("*.md")),
]
README = (ROOT / "README.md").read_text(encoding="utf-8")
OPERATING = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
PROGRAM = re.compile(
    r"(\./|\.venv/bin/|\.ci/)\w+|bash|flask|granian|make|np[mx]|pip|python3?|sh|sqlite3"
)
NOT_RUN = {
    "pip install --require-hashes -r requirements.txt": "it would change what the tests run with",
    "granian --interface rsgi --host 127.0.0.1 --workers 4 --respawn-failed-workers "
    "--workers-kill-timeout 30 "
    "wsgi:rsgi_app": "a server with settings of its own: tests/live_site.py runs it so",
    "granian --interface wsgi --host 127.0.0.1 --workers 4 --blocking-threads 8 wsgi:app": "the "
    "same",
    "flask run": "named as a server that does not read settings.env; looked at below",
    "flask --app wsgi deliver-mail --forever": "it ends only when it is told to: tests/mail do so",
    "./site deliver-mail --forever": "the same",
    "./site receive-bounce --maildir FOLDER --mbox PATH --imap": "it reads a server: tests/mail do",
    "./site backup conference.backup --with-keys": "it asks for a passphrase: tests/backup do",
    '.venv/bin/python -m benchmarks "admin:waiting list"': "it measures for a minute: "
    "tests/test_benchmarks.py runs small ones",
    ".venv/bin/python -m tests.compatibility.make 2027-03": "it would write into tests/",
    './site db revision --rev-id 0002 --autogenerate -m "what it does"': "it would write into "
    "migrations/",
}
TURN = 120  # seconds that a program may take on a machine with much else to do
NEED_AN_ORGANISER = {"remove-organiser", "reset-second-factor"}
BACKUP = "conference.backup"
STANDS_FOR = {  # what a person would type in its place
    "BALLOT": "ballot-1.json",
    "COMMAND": "audit",
    "DAY": "2027-05-12",
    "EMAIL": "ada@example.org",
    "FILE": "schedule.xml",
    "FOLDER": "maildir",
    "N": "20",
    "NAME": "Pier",
    "PATH": "passphrase.txt",
    "TEXT": "'A room has changed'",
    "ZONE": "Europe/London",
}


A_BALLOT = {  # as the site publishes it: two people and one seat
    "format": draw.FORMAT,
    "commitment": draw.commit_to("seed"),
    "seed": "seed",
    "sessions": [{"key": "knots", "seats": 1}],
    "tickets": [
        {"ticket": ticket, "wishes": ["knots"], "won": won}
        for ticket, won in draw.draw(
            "seed", [draw.Slot("knots", 1)], {"AAAA2222": ["knots"], "BBBB3333": ["knots"]}
        ).items()
    ],
}


def commands() -> list[str]:
    """List the commands of all pages as written, each once."""
    found = [one for page in PAGES for one in _on(page.read_text(encoding="utf-8"))]
    return list(dict.fromkeys([*found, *_in_the_table()]))


def _on(page: str) -> Iterator[str]:
    for language, block in re.findall(r"^```(\w*)\n(.*?)^```$", page, re.MULTILINE | re.DOTALL):
        if not language:
            yield from filter(
                _is_command, (re.sub(r"\s+#.*", "", one) for one in block.split("\n"))
            )
    text = re.sub(r"^```.*?^```$", "", page, flags=re.MULTILINE | re.DOTALL)
    yield from filter(_is_command, re.findall(r"`([^`\n]+)`", text))


def _is_command(words: str) -> bool:
    program, *rest = words.split(" ")
    return bool(rest) and PROGRAM.fullmatch(program) is not None


def _in_the_table() -> Iterator[str]:
    """Give each row with nothing that may be left out, and with all of it."""
    for usage in _usages():
        yield "./site " + re.sub(r" \[.*?\]", "", usage)
        yield "./site " + re.sub(r"[\[\]]", "", usage)


def _usages() -> list[str]:
    table = OPERATING.partition("## Commands")[2].partition("\n## ")[0]
    return re.findall(r"^\| `([^`]+)` \|", table, re.MULTILINE)


@dataclass
class CommandLine:
    """A shell for documented commands: a folder, beside the running site."""

    folder: Path
    settings: dict[str, str]

    def site(self, *arguments: str) -> str:
        """Type a command of the site; give what was wrong."""
        return self.run("flask", "--app", str(ROOT / "wsgi.py"), *arguments)

    def run(self, *command: str, folder: Path | None = None) -> str:
        """Run a program to its end; give what it said if something was wrong."""
        log = self.folder / "said.log"
        log.unlink(missing_ok=True)
        program = ForkedProgram(command, self.settings, log, folder or self.folder)
        assert program.wait(TURN), command
        return "" if program.exit_code == 0 else log.read_text(encoding="utf-8")

    def type(self, command: str) -> str:
        """Run what a page says; return its errors."""
        if command in NOT_RUN:
            return ""
        words = re.sub(r"\b[A-Z]+\b", lambda one: STANDS_FOR.get(one[0], one[0]), command)
        program, *arguments = shlex.split(words)
        if program in {"make", "npm"}:
            return _lacks(program, arguments[-1] if program == "npm" else arguments[0])
        if program == "sqlite3":
            return self._copy(arguments)
        if program == "flask" and arguments[:2] == ["--app", "wsgi"]:
            return self._command(*arguments[2:])
        return self._command(*arguments) if program == "./site" else "nobody says how to try this"

    def type_in_a_bare_shell(self, command: str) -> str:
        """Type a command where no setting is known, and let the shell find the program."""
        done = subprocess.run(
            ["/bin/sh", "-c", f"{ROOT}/{command.removeprefix('./')}"],
            cwd=self.folder,
            env={"PATH": os.environ["PATH"], **self.settings},
            capture_output=True,
            text=True,
            check=False,
        )
        return f"{done.returncode} {done.stderr}".removeprefix("0 ")

    def _command(self, name: str, *arguments: str) -> str:
        if name in NEED_AN_ORGANISER:
            self.site("add-organiser", arguments[0])
        if name == "worker-health":
            wait_until(lambda: self.site(name) == "", "the worker is seen", TURN)
        if name == "backup":
            return self.site(name, BACKUP, *arguments[1:])
        return self._restore(*arguments) if name == "restore" else self.site(name, *arguments)

    def _restore(self, _file: str, *options: str) -> str:
        """Restore a backup of this site somewhere else, for this place is not empty."""
        with TemporaryDirectory(dir=self.folder) as folder:
            elsewhere = CommandLine(self.folder, {"INSTANCE_PATH": folder})
            has_keys = "--passphrase-file" in options
            words = (BACKUP, *(("--passphrase-file", STANDS_FOR["PATH"]) if has_keys else ()))
            return self.site("backup", *words) or elsewhere.site("restore", BACKUP, *options)

    def _copy(self, arguments: list[str]) -> str:
        """Use SQLite's own program, which not every machine has."""
        program = shutil.which("sqlite3")
        if program is None:
            return ""
        command = [program, *arguments]
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False)
        return done.stderr


def _lacks(program: str, name: str) -> str:
    """Say what `make` or `npm` does not know; what they do is not tried here: it takes minutes."""
    known = {
        "make": re.findall(r"^([a-z-]+):", _read("Makefile"), re.MULTILINE),
        "npm": list(json.loads(_read("package.json"))["scripts"]),
    }
    return "" if name in known[program] else f"{program} knows no {name}"


def _read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.fixture
def desk(tmp_path: Path) -> CommandLine:
    return CommandLine(tmp_path, {"INSTANCE_PATH": str(tmp_path / "instance")})


@pytest.fixture
def running(desk: CommandLine) -> Iterator[ForkedProgram]:
    """What `make run` starts."""
    port, log = free_port(), desk.folder / "run.log"
    site = ForkedProgram(("app.server",), {**desk.settings, "PORT": str(port)}, log)
    wait_until(
        lambda: "Press Ctrl-C" in log.read_text("utf-8") or site.has_ended(),
        "served",
        TURN,
        log.read_text,
    )
    with urlopen(f"http://{HOST}:{port}/schedule.xml", timeout=20) as programme:
        (desk.folder / "schedule.xml").write_bytes(programme.read())
    (desk.folder / STANDS_FOR["BALLOT"]).write_text(json.dumps(A_BALLOT), encoding="utf-8")
    (desk.folder / STANDS_FOR["FOLDER"] / "new").mkdir(parents=True)
    (desk.folder / STANDS_FOR["PATH"]).write_text("tides and piers and walls", encoding="utf-8")
    yield site
    site.terminate()
    assert site.wait(TURN)


def test_every_documented_command_works_while_the_site_runs_and_when_stopped(
    desk: CommandLine, running: ForkedProgram
) -> None:
    assert desk.site("add-organiser", "colleague@example.org") == ""  # the last cannot be removed

    typed = commands()
    faults = {command: desk.type(command) for command in typed}
    running.terminate()
    assert running.wait(TURN)
    afterwards = desk.type_in_a_bare_shell(next(one for one in _on(README) if "./site" in one))

    assert [command for command in NOT_RUN if command not in typed] == []
    assert {command: fault for command, fault in faults.items() if fault} == {}
    assert afterwards == ""


@pytest.mark.parametrize(
    "command",
    [
        ("granian", "--interface", "rsgi", "--port", "0", "wsgi:rsgi_app"),
        ("granian", "--interface", "wsgi", "--port", "0", "wsgi:app"),
        ("flask", "--app", "wsgi", "run", "--port", "0"),
        ("wsgi",),  # what any other server imports
    ],
)
def test_a_command_outside_the_instance_folder_ignores_its_settings_file(
    desk: CommandLine, command: tuple[str, ...]
) -> None:
    (desk.folder / "instance").mkdir()
    for name, words in (
        ("settings.env", "SITE_URL=https://conference.example"),
        ("secret-key", 20 * "k"),
    ):
        (desk.folder / "instance" / name).write_text(words, encoding="utf-8")

    fault = desk.run(*command, folder=ROOT)

    assert "The site cannot start. These settings need your attention:\n" in fault
    assert "  SECRET_KEY: is not set\n  SITE_URL: is not set\n" in fault


def test_an_invalid_line_in_the_settings_file_stops_the_start(desk: CommandLine) -> None:
    file = desk.folder / "instance" / "settings.env"
    file.parent.mkdir()
    file.write_text("\nMAIL_SERVER mail.example\n", encoding="utf-8")

    assert desk.run("app.server", folder=ROOT) == (
        "The site cannot start. These settings need your attention:\n"
        f"  {file}: line 2 is not valid: write NAME=value, or start the line with #\n"
    )


def test_operating_md_lists_every_command_with_its_options(site: Flask) -> None:
    known = {
        name: {option for one in command.params for option in one.opts if option.startswith("--")}
        for name, command in site.cli.commands.items()
        if name != "db"  # Flask-Migrate's
    }

    listed = {
        usage.split()[0]: set(re.findall(r"--[a-z-]+", usage))
        for usage in _usages()
        if not usage.startswith("db ")
    }

    assert listed == known
