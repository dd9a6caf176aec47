"""``settings.env``: what one start of the site chose, the next command goes by."""

import os
import shutil
import stat
import sys
from contextlib import nullcontext
from pathlib import Path

import click
import pytest
from flask.cli import ScriptInfo

from app.server.options import (
    DEFAULT_CLOCK_START,
    ServerOptions,
    apply_local_defaults,
    get_instance_folder,
)
from app.server.settings_file import (
    INTRODUCTION,
    find_path,
    is_command,
    load_command_config,
    load_typed,
    save,
)
from config import Config, SettingsError


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "instance" / "settings.env"


@pytest.fixture(autouse=True)
def bare_shell(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    set_environment(monkeypatch, file)


def set_environment(monkeypatch: pytest.MonkeyPatch, file: Path, **settings: str) -> None:
    """Open another shell, which knows the folder and these settings."""
    monkeypatch.setattr(os, "environ", {"INSTANCE_PATH": str(file.parent), **settings})


def start(monkeypatch: pytest.MonkeyPatch, file: Path, **settings: str) -> Config:
    """Do what a start of the site does about its settings, and leave a bare shell behind."""
    set_environment(monkeypatch, file, **settings)
    get_instance_folder(os.environ)
    load_typed(os.environ, file)
    apply_local_defaults(os.environ, ServerOptions.from_environment(os.environ))
    config = Config.from_environment()
    save(file, config)
    set_environment(monkeypatch, file)
    return config


def write(file: Path, words: str) -> None:
    file.parent.mkdir(exist_ok=True)
    file.write_text(words, encoding="utf-8")


def lines(file: Path) -> list[str]:
    return file.read_text(encoding="utf-8").removeprefix(INTRODUCTION).splitlines()


def test_a_command_uses_the_settings_chosen_by_the_last_start(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = start(monkeypatch, file, PORT="8001")

    assert load_command_config() == started
    assert started.SITE_URL == "http://127.0.0.1:8001"
    assert file.read_text(encoding="utf-8") == INTRODUCTION + (
        "SITE_URL=http://127.0.0.1:8001  # make run chose http://127.0.0.1:8001\n"
        f"CLOCK_STARTS_AT={DEFAULT_CLOCK_START}  # make run chose {DEFAULT_CLOCK_START}\n"
    )
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_port_given_to_one_start_is_not_kept(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    start(monkeypatch, file, PORT="8001")
    once_more = start(monkeypatch, file)

    assert once_more.SITE_URL == "http://127.0.0.1:8000"
    assert load_command_config() == once_more


def test_a_site_url_given_to_a_start_is_used_by_commands(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start(monkeypatch, file, SITE_URL="https://conference.example", CLOCK_STARTS_AT="")

    config = load_command_config()

    assert (config.SITE_URL, config.CLOCK_STARTS_AT) == ("https://conference.example", None)


@pytest.mark.parametrize(
    ("words", "is_restore"),
    [
        (("--app", "wsgi.py", "restore", "a.backup"), True),
        (("-A", "wsgi", "--debug", "restore", "a.backup"), True),
        (("--app=wsgi", "restore", "a.backup"), True),
        (("--app", "wsgi.py", "backup", "restore"), False),
        (("--app", "wsgi.py", "add-organiser", "restore"), False),
    ],
)
def test_only_the_restore_command_needs_no_settings(
    file: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], is_restore: bool
) -> None:
    monkeypatch.setattr(sys, "argv", ["flask", *words])

    with nullcontext() if is_restore else pytest.raises(SettingsError):
        load_command_config()


def test_settings_added_by_a_person_are_used_and_kept(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start(monkeypatch, file)
    with file.open("a", encoding="utf-8") as end:
        end.write(
            "\n# Our own server\nexport MAIL_SERVER = 'mail.example'\n"
            'MAIL_PASSWORD="a # and a ${HOME}"  # from Ada\nPORT=8002\n'
        )
    file.chmod(0o644)

    started = start(monkeypatch, file)
    again = start(monkeypatch, file)

    assert load_command_config() == started == again
    assert started.SITE_URL == "http://127.0.0.1:8002"
    assert started.MAIL_SERVER == "mail.example"
    assert started.MAIL_PASSWORD.get_secret_value() == "a # and a ${HOME}"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert lines(file) == [
        "",
        "# Our own server",
        "export MAIL_SERVER = 'mail.example'",
        'MAIL_PASSWORD="a # and a ${HOME}"  # from Ada',
        "PORT=8002",
        "",
        "SITE_URL=http://127.0.0.1:8002  # make run chose http://127.0.0.1:8002",
        f"CLOCK_STARTS_AT={DEFAULT_CLOCK_START}  # make run chose {DEFAULT_CLOCK_START}",
    ]


def test_a_line_changed_by_a_person_is_kept(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    start(monkeypatch, file)
    words = file.read_text(encoding="utf-8")
    words = words.replace("SITE_URL=http://127.0.0.1:8000", "SITE_URL=https://conference.example")
    write(file, words.replace(f"={DEFAULT_CLOCK_START}", "="))

    started = start(monkeypatch, file)

    assert (started.SITE_URL, started.CLOCK_STARTS_AT) == ("https://conference.example", None)
    assert load_command_config() == started


def test_a_file_written_before_the_first_start_is_used(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(file, "\ufeffSITE_URL=https://conference.example\r\nPROXIES=1\r\nCLOCK_STARTS_AT=\r\n")

    started = start(monkeypatch, file)

    assert (started.SITE_URL, started.PROXIES) == ("https://conference.example", 1)
    assert load_command_config() == started
    assert lines(file) == ["SITE_URL=https://conference.example", "PROXIES=1", "CLOCK_STARTS_AT="]


def test_environment_variables_override_the_settings_file(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start(monkeypatch, file)
    set_environment(
        monkeypatch,
        file,
        SITE_URL="https://conference.example",
        SECRET_KEY="a key of one's own",
        CLOCK_STARTS_AT="",
    )

    config = load_command_config()

    assert config.SITE_URL == "https://conference.example"
    assert config.SECRET_KEY.get_secret_value() == "a key of one's own"
    assert config.CLOCK_STARTS_AT is None


def test_a_database_url_in_the_environment_ignores_the_settings_file(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start(monkeypatch, file)
    write(file, "not even read\n")
    set_environment(monkeypatch, file, DATABASE_URL="sqlite:////tmp/other.sqlite")

    with pytest.raises(SettingsError) as fault:
        load_command_config()

    assert find_path(os.environ) is None
    assert fault.value.faults == ["SECRET_KEY: is not set", "SITE_URL: is not set"]


def test_a_database_url_in_the_file_is_used_by_starts_and_commands(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(file, "DATABASE_URL=postgresql+psycopg://ada@127.0.0.1/conference\n")

    started = start(monkeypatch, file)

    assert load_command_config().database_url == started.database_url
    assert started.database_url == "postgresql+psycopg://ada@127.0.0.1/conference"


def test_the_instance_folder_can_be_moved(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = start(monkeypatch, file)
    moved = tmp_path / "elsewhere"
    shutil.move(file.parent, moved)
    set_environment(monkeypatch, moved / "settings.env")

    config = load_command_config()

    assert config == started.model_copy(update={"INSTANCE_PATH": moved})
    assert config.database_url == f"sqlite:///{moved}/conference.sqlite"


def test_a_command_before_the_first_start_explains_what_to_do(file: Path) -> None:
    with pytest.raises(SettingsError) as fault:
        load_command_config()

    assert fault.value.faults == [
        f"{file}: does not exist; run “make run” to create it",
        "SECRET_KEY: is not set",
        "SITE_URL: is not set",
    ]


def test_invalid_lines_are_reported_by_number_without_their_content(file: Path) -> None:
    write(
        file,
        "# fine\n\nMAIL_SERVER mail.example\nMAIL_PASSWORD='whisper\n=8000\nMAIL_PORT\n"
        "INSTANCE_PATH=/elsewhere\nMAIL_USERNAME=a\0da\nMAIL_TIMEOUT=20\n",
    )

    with pytest.raises(SettingsError) as fault:
        load_command_config()

    cannot_be_read = "is not valid: write NAME=value, or start the line with #"
    assert fault.value.faults == [
        f"{file}: line 3 {cannot_be_read}",
        f"{file}: line 4 {cannot_be_read}",
        f"{file}: line 5 {cannot_be_read}",
        f"{file}: line 6 {cannot_be_read}",
        f"{file}: line 7 sets INSTANCE_PATH, which can only be set in the environment",
        f"{file}: line 8 {cannot_be_read}",
    ]


def test_an_invalid_setting_in_the_file_is_reported(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start(monkeypatch, file)
    write(file, "MAIL_PORT=post\nSITE_URL=https://conference.example\n")

    with pytest.raises(SettingsError, match="MAIL_PORT: Input should be a valid integer"):
        load_command_config()


def test_a_settings_file_that_is_not_utf_8_is_reported(file: Path) -> None:
    file.parent.mkdir()
    file.write_bytes(b"MAIL_PASSWORD=\xff\n")

    with pytest.raises(SettingsError) as fault:
        load_command_config()

    assert fault.value.faults == [f"{file}: cannot be read: save it as UTF-8"]


def test_an_unreadable_settings_file_is_reported(file: Path) -> None:
    file.mkdir(parents=True)

    with pytest.raises(SettingsError) as fault:
        load_command_config()

    assert fault.value.faults == [f"{file}: cannot be read: Is a directory"]


@pytest.mark.parametrize(
    ("typed", "flask", "expected"),
    [
        ("publish", ScriptInfo(), True),
        ("flask", ScriptInfo(), True),  # when it lists the commands
        ("run", ScriptInfo(), False),
        ("granian", None, False),  # its command line is made with click too
    ],
)
def test_is_command_distinguishes_commands_from_the_server(
    typed: str, flask: ScriptInfo | None, *, expected: bool
) -> None:
    with click.Context(click.Command(typed), info_name=typed, obj=flask):
        assert is_command() is expected

    assert not is_command()
