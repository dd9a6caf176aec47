"""Settings are all checked before the first request, and every fault is told at once."""

from pathlib import Path

import pytest

from config import ROOT, Config, SettingsError

RIGHT = {"SECRET_KEY": "long enough to be a key", "SITE_URL": "https://conference.example"}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name, value in RIGHT.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def test_every_fault_is_told_in_one_message(environment: pytest.MonkeyPatch) -> None:
    environment.delenv("SECRET_KEY")
    environment.setenv("SITE_URL", "conference.example")
    environment.setenv("DATABASE_URL", "mysql://somewhere")
    environment.setenv("MAIL_PORT", "post")
    environment.setenv("CLOCK_STARTS_AT", "2008-10-01T09:00:00")

    with pytest.raises(SettingsError) as fault:
        Config.from_environment()

    first, *rest = str(fault.value).splitlines()
    assert first == "The site cannot start. These settings need your attention:"
    assert [line.split(":")[0].strip() for line in rest] == [
        "CLOCK_STARTS_AT",
        "DATABASE_URL",
        "MAIL_PORT",
        "SECRET_KEY",
        "SITE_URL",
    ]


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("SECRET_KEY", "short", "must have at least 16 characters"),
        ("SITE_URL", "http://conference.example", "must be https unless"),
        ("SITE_URL", "https://conference.example/2008", "with nothing after it"),
        ("DATABASE_URL", "postgres://somewhere", "must begin with sqlite:/// or"),
    ],
)
def test_a_fault_says_what_is_right(
    environment: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    environment.setenv(name, value)

    with pytest.raises(SettingsError, match=said):
        Config.from_environment()


def test_a_letter_is_encrypted_in_one_way(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("MAIL_USE_TLS", "true")
    environment.setenv("MAIL_USE_SSL", "true")

    with pytest.raises(SettingsError, match="set one of them, not both"):
        Config.from_environment()


def test_nothing_set_means_a_database_in_the_instance_folder(
    environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    environment.setenv("INSTANCE_PATH", str(tmp_path))

    assert Config.from_environment().database_url == f"sqlite:///{tmp_path}/conference.sqlite"


@pytest.mark.parametrize(
    ("address", "hosts"),
    [
        ("https://conference.example", {"conference.example"}),
        ("http://127.0.0.1:8000", {"127.0.0.1:8000", "localhost:8000", "[::1]:8000"}),
    ],
)
def test_the_site_answers_under_its_own_name(
    environment: pytest.MonkeyPatch, address: str, hosts: set[str]
) -> None:
    environment.setenv("SITE_URL", address)

    assert Config.from_environment().hosts == hosts


def test_secrets_do_not_show_when_settings_are_printed(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("MAIL_PASSWORD", "an open secret")

    assert "secret" not in repr(Config.from_environment()).lower().replace("secretstr", "").replace(
        "secret_key", ""
    )


def test_the_operators_page_lists_every_setting() -> None:
    listed = (ROOT / "docs" / "operating.md").read_text()

    assert [name for name in Config.model_fields if f"`{name}`" not in listed] == []
