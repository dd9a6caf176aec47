"""All settings are validated before the first request, and every error is reported at once."""

from pathlib import Path

import pytest

from app.factory import create_app
from config import ROOT, Config, SettingsError

RIGHT = {"SECRET_KEY": "long enough to be a key", "SITE_URL": "https://conference.example"}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name, value in RIGHT.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def test_all_invalid_settings_are_reported_in_one_message(environment: pytest.MonkeyPatch) -> None:
    environment.delenv("SECRET_KEY")
    environment.setenv("SITE_URL", "conference.example")
    environment.setenv("DATABASE_URL", "mysql://somewhere")
    environment.setenv("MAIL_PORT", "post")
    environment.setenv("CLOCK_STARTS_AT", "2008-10-01T09:00:00")
    environment.setenv("LANGUAGES", "fr")
    environment.setenv("SECRET_KEY_FALLBACKS", "abc")
    environment.setenv("MAIL_USE_TLS", "true")
    environment.setenv("MAIL_USE_SSL", "true")

    with pytest.raises(SettingsError) as fault:
        Config.from_environment()

    first, *rest = str(fault.value).splitlines()
    assert first == "The site cannot start. These settings need your attention:"
    assert [line.split(":")[0].strip() for line in rest] == [
        "CLOCK_STARTS_AT",
        "DATABASE_URL",
        "LANGUAGES",
        "MAIL_PORT",
        "MAIL_USE_SSL",
        "SECRET_KEY",
        "SECRET_KEY_FALLBACKS",
        "SITE_URL",
    ]


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("SECRET_KEY", "short", "must have at least 16 characters"),
        ("SITE_URL", "http://conference.example", "must be https unless"),
        ("SITE_URL", "https://conference.example/2008", "with nothing after it"),
        ("SITE_URL", "https://conference.example/?year=2008", "with nothing after it"),
        ("SITE_URL", "https://conference.example#top", "with nothing after it"),
        ("SITE_URL", "https://ada@conference.example", "with nothing after it"),
        ("SITE_URL", "https://conference.example:99999", "must look like"),
        ("SITE_URL", "https://conference.example:0", "must look like"),
        ("SITE_URL", "https://[::1", "must look like"),
        ("SITE_URL", "https://two words.example", "must look like"),
        ("SECRET_KEY_FALLBACKS", "abc", "must be a JSON list"),
        ("SECRET_KEY_FALLBACKS", '["short"]', "must have at least 16 characters"),
        ("DATABASE_URL", "postgres://somewhere", "must begin with sqlite:/// or"),
        ("DATABASE_URL", "postgresql+psycopg://host:port/name", "its host and its port"),
        ("DATABASE_URL", "postgresql+psycopg://host:99999/name", "a port from 1 to 65535"),
        ("DATABASE_URL", "sqlite:///", "must name a file"),
        ("LANGUAGES", "fr", "must be a JSON list"),
        ("LANGUAGES", '["fr"]', "must hold en"),
        ("LANGUAGES", '["en", "xx"]', "must be the code of a language"),
        ("LANGUAGES", '["en", ""]', "must be the code of a language"),
        ("CONTENT_PATH", "/nowhere", "must be a folder that is there"),
        ("MAIL_CA_FILE", "/nowhere.pem", "must be a file that is there"),
        ("MAIL_PORT", "65536", "less than or equal to 65535"),
    ],
)
def test_an_invalid_setting_says_what_is_valid(
    environment: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    environment.setenv(name, value)

    with pytest.raises(SettingsError, match=said):
        Config.from_environment()


def test_an_invalid_secret_setting_is_not_shown(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("SECRET_KEY_FALLBACKS", '["whisper"')
    environment.setenv("DATABASE_URL", "postgresql+psycopg://ada:whisper@host:port/name")

    with pytest.raises(SettingsError) as fault:
        Config.from_environment()

    assert "whisper" not in str(fault.value)


def test_an_instance_folder_that_cannot_be_created_is_a_settings_error(
    environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    environment.setenv("INSTANCE_PATH", str(tmp_path / "file" / "instance"))

    with pytest.raises(SettingsError, match="INSTANCE_PATH: cannot be made: Not a directory"):
        create_app(Config.from_environment())


def test_mail_use_tls_and_mail_use_ssl_cannot_both_be_set(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("MAIL_USE_TLS", "true")
    environment.setenv("MAIL_USE_SSL", "true")

    with pytest.raises(SettingsError, match="set one of them, not both"):
        Config.from_environment()


def test_the_default_database_is_in_the_instance_folder(
    environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    environment.setenv("INSTANCE_PATH", str(tmp_path))

    assert Config.from_environment().database_url == f"sqlite:///{tmp_path}/conference.sqlite"


LOOPBACK_HOSTS = {"127.0.0.1:8000", "localhost:8000", "[::1]:8000"}


@pytest.mark.parametrize(
    ("address", "hosts"),
    [
        ("https://conference.example", {"conference.example"}),
        ("HTTPS://Conference.Example:443/", {"conference.example"}),
        ("https://conference.example:8443", {"conference.example:8443"}),
        ("https://[2001:DB8::1]", {"[2001:db8::1]"}),
        ("http://127.0.0.1:8000", {"127.0.0.1:8000", "localhost:8000", "[::1]:8000"}),
        ("http://[::1]:80", {"127.0.0.1", "localhost", "[::1]"}),
    ],
)
def test_the_host_of_the_site_url_is_allowed(
    environment: pytest.MonkeyPatch, address: str, hosts: set[str]
) -> None:
    environment.setenv("SITE_URL", address)

    assert Config.from_environment().hosts == hosts


def test_allowed_hosts_adds_host_names(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("SITE_URL", "http://127.0.0.1:8000")
    environment.setenv("ALLOWED_HOSTS", '["Laptop.local:8000", "10.0.0.5:8000"]')

    config = Config.from_environment()

    assert config.hosts - LOOPBACK_HOSTS == {"laptop.local:8000", "10.0.0.5:8000"}
    assert config.origins - {f"http://{host}" for host in LOOPBACK_HOSTS} == {
        "http://laptop.local:8000",
        "http://10.0.0.5:8000",
    }
    assert not config.is_private_connection


@pytest.mark.parametrize("hosts", ['["http://a.example"]', '["a b"]', '[""]', '["a:0"]', "a,b"])
def test_an_invalid_allowed_host_is_reported(environment: pytest.MonkeyPatch, hosts: str) -> None:
    environment.setenv("ALLOWED_HOSTS", hosts)

    with pytest.raises(SettingsError, match="ALLOWED_HOSTS: must be"):
        Config.from_environment()


@pytest.mark.parametrize(
    ("address", "others", "origins"),
    [
        ("https://conference.example", "", {"https://conference.example"}),
        (
            "https://conference.example:8443",
            '["other.example"]',
            {"https://conference.example:8443", "https://other.example"},
        ),
    ],
)
def test_forms_are_accepted_only_from_the_sites_own_origins(
    environment: pytest.MonkeyPatch, address: str, others: str, origins: set[str]
) -> None:
    environment.setenv("SITE_URL", address)
    environment.setenv("ALLOWED_HOSTS", others)

    assert Config.from_environment().origins == origins


def test_the_site_url_is_normalised(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("SITE_URL", "HTTPS://Conference.Example:443/")

    assert Config.from_environment().SITE_URL == "https://conference.example"


@pytest.mark.parametrize(
    ("address", "chosen", "secure"),
    [
        ("http://localhost:8000", "", False),
        ("https://conference.example", "", True),
        ("http://localhost:8000", "true", True),
        ("https://conference.example", "false", False),
    ],
)
def test_cookies_are_secure_only_with_https(
    environment: pytest.MonkeyPatch, tmp_path: Path, address: str, chosen: str, secure: bool
) -> None:
    environment.setenv("SITE_URL", address)
    environment.setenv("SESSION_COOKIE_SECURE", chosen)
    environment.setenv("INSTANCE_PATH", str(tmp_path))

    config = Config.from_environment()

    assert config.secure_cookies is secure
    assert create_app(config).config["SESSION_COOKIE_SECURE"] is secure


def test_secrets_are_hidden_when_settings_are_printed(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("MAIL_PASSWORD", "an open secret")

    assert "secret" not in repr(Config.from_environment()).lower().replace("secretstr", "").replace(
        "secret_key", ""
    )


def test_operating_md_lists_every_setting() -> None:
    listed = (ROOT / "docs" / "operating.md").read_text()

    assert [name for name in Config.model_fields if f"`{name}`" not in listed] == []
