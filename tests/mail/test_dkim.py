"""Emails that are signed, and keys that cannot be used."""

from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from flask import Flask

from app import clock
from app.database import transaction
from app.mail import services
from app.mail.dkim import create_signer, format_record, load_key
from app.mailings import release, scheduling
from app.mailings import services as mailings
from app.mailings.scheduling import SendTime
from app.mailings.services import Draft
from app.server import settings_file
from config import Config, SettingsError
from tests.factories import make_delegate
from tests.mail.dkim_verifier import is_signed, read_tags
from tests.mail_server import MailServer

Deliver = Callable[[], str]
RFC_8463_KEY = "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
RFC_8463_EMAIL = b"""\
DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;
 d=football.example.com; i=@football.example.com;
 q=dns/txt; s=brisbane; t=1528637909; h=from : to :
 subject : date : message-id : from : subject : date;
 bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
 b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus
 Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==
From: Joe SixPack <joe@football.example.com>
To: Suzie Q <suzie@shopping.example.net>
Subject: Is dinner ready?
Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)
Message-ID: <20030712040037.46341.5F8J@football.example.com>

Hi.

We lost the game.  Are you hungry yet?

Joe.
""".replace(b"\n", b"\r\n")


def write_pem(key: object, passphrase: bytes = b"") -> str:
    assert isinstance(
        key, (rsa.RSAPrivateKey, ed25519.Ed25519PrivateKey, ec.EllipticCurvePrivateKey)
    )
    encryption = BestAvailableEncryption(passphrase) if passphrase else NoEncryption()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption).decode()


RSA_KEY = rsa.generate_private_key(65537, 2048)
ED25519_KEY = ed25519.Ed25519PrivateKey.generate()


def make_config(**values: object) -> Config:
    return Config.model_validate(
        {
            "SECRET_KEY": "tides-and-other-secrets",
            "SITE_URL": "http://127.0.0.1",
            "MAIL_DEFAULT_SENDER": "tides@mail.conference.example",
            "MAIL_DKIM_SELECTOR": "spring",
            **values,
        }
    )


def test_the_dkim_verifier_accepts_the_example_of_rfc_8463() -> None:
    assert is_signed(RFC_8463_EMAIL, RFC_8463_KEY)
    assert not is_signed(RFC_8463_EMAIL.replace(b"hungry", b"thirsty"), RFC_8463_KEY)
    assert not is_signed(RFC_8463_EMAIL.replace(b"dinner", b"supper"), RFC_8463_KEY)


@pytest.mark.parametrize("key", [RSA_KEY, ED25519_KEY])
@pytest.mark.parametrize("recipient", ["ada@example.org", "zoë@example.org"])
def test_changing_a_dkim_signed_email_breaks_its_signature(
    site: Flask, mailbox: MailServer, deliver: Deliver, key: object, recipient: str
) -> None:
    config = make_config(MAIL_DKIM_KEY=write_pem(key), MAIL_DKIM_DOMAIN="conference.example")
    site.config["DKIM_SIGNER"] = signer = create_signer(config)
    assert signer is not None
    record = format_record(signer.key)
    services.enqueue("greeting", to=recipient, name="Zoë  Ångström")

    assert deliver() == "1 sent, 0 failed, 0 waiting"

    raw = mailbox.emails[0].raw
    tags = read_tags(mailbox.emails[0].message["DKIM-Signature"])
    assert (tags["d"], tags["s"]) == ("conference.example", "spring")
    assert is_signed(raw, record)
    head, rest = raw.split(b"\r\nSubject:", 1)
    for changed in (
        raw.replace(b"You have a place", b"You have no place"),
        raw.replace(b"\r\nSubject: ", b"\r\nSubject: Not "),
        raw.replace(b"\r\nTo: ", b"\r\nTo: eve@example.org, "),
        *(
            head + b"\r\n" + added + b"\r\nSubject:" + rest
            for added in (b"Subject: Other", b"From: eve@example.org", b"List-Unsubscribe: <x:y>")
        ),
    ):
        assert changed != raw
        assert not is_signed(changed, record)


@pytest.mark.parametrize("key", [RSA_KEY, ED25519_KEY])
def test_the_dkim_signature_covers_the_unsubscribe_headers(
    site: Flask, mailbox: MailServer, deliver: Deliver, key: object
) -> None:
    config = make_config(MAIL_DKIM_KEY=write_pem(key), MAIL_DKIM_DOMAIN="conference.example")
    site.config["DKIM_SIGNER"] = signer = create_signer(config)
    assert signer is not None
    record = format_record(signer.key)
    make_delegate()
    with transaction():
        mailing = mailings.create("delegates", "", actor="grace@conference.example")
        draft = Draft("Hello", "Dear {{ first_name }}")
        mailings.save(mailing, draft, expected_version=0, actor="grace@conference.example")
        scheduling.schedule(
            mailing,
            SendTime(clock.now()),
            expected_version=1,
            expected_count=1,
            actor="grace@conference.example",
        )
    release.release_due()
    assert deliver() == "1 sent, 0 failed, 0 waiting"

    [email] = mailbox.emails
    signed = [one.strip() for one in read_tags(email.message["DKIM-Signature"])["h"].split(":")]
    assert (signed.count("list-unsubscribe"), signed.count("list-unsubscribe-post")) == (2, 2)
    assert is_signed(email.raw, record)
    head, rest = email.raw.split(b"\r\nSubject:", 1)
    for changed in (
        email.raw.replace(b"\r\nList-Unsubscribe: <", b"\r\nList-Unsubscribe: <x"),
        email.raw.replace(b"\r\nList-Unsubscribe-Post: ", b"\r\nList-Unsubscribe-Post: x"),
        head + b"\r\nList-Unsubscribe: <https://eve.example/>\r\nSubject:" + rest,
        head + b"\r\nList-Unsubscribe-Post: x=y\r\nSubject:" + rest,
    ):
        assert changed != email.raw
        assert not is_signed(changed, record)


@pytest.mark.parametrize(
    "write",
    [
        lambda pem: f'"{pem}"',
        lambda pem: f"'{pem}'",
        lambda pem: '"' + pem.replace("\n", "\\n") + '"',
        lambda pem: pem.replace("\n", " ").strip(),
    ],
)
def test_a_multi_line_dkim_key_can_be_written_in_the_settings_file(
    tmp_path: Path, write: Callable[[str], str]
) -> None:
    file = tmp_path / "settings.env"
    pem = write_pem(RSA_KEY)
    file.write_text(f"MAIL_PORT=26\nMAIL_DKIM_KEY={write(pem)}\nMAIL_USERNAME=ada\n")

    settings = settings_file.read(file)

    assert [settings.typed[name] for name in ("MAIL_PORT", "MAIL_USERNAME")] == ["26", "ada"]
    key = load_key(settings.typed["MAIL_DKIM_KEY"])
    assert format_record(key) == format_record(RSA_KEY)
    settings_file.save(file, make_config())
    assert settings_file.read(file).typed == settings.typed


def test_a_settings_file_error_after_a_multi_line_key_has_the_right_line_number(
    tmp_path: Path,
) -> None:
    file = tmp_path / "settings.env"
    lines = write_pem(RSA_KEY).count("\n")
    file.write_text(f'MAIL_DKIM_KEY="{write_pem(RSA_KEY)}"\nnonsense\n')

    with pytest.raises(SettingsError, match=f"line {lines + 2} is not valid"):
        settings_file.read(file)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"MAIL_DKIM_KEY": "secret"}, "MAIL_DKIM_KEY: must be a private key in PEM format"),
        (
            {"MAIL_DKIM_KEY": write_pem(RSA_KEY).replace("M", "", 5)},
            "MAIL_DKIM_KEY: cannot be read as a private key: was all of it copied?",
        ),
        (
            {"MAIL_DKIM_KEY": write_pem(ED25519_KEY, b"whisper")},
            "MAIL_DKIM_KEY: must be a key without a passphrase",
        ),
        (
            {"MAIL_DKIM_KEY": write_pem(ec.generate_private_key(ec.SECP256R1()))},
            "MAIL_DKIM_KEY: must be an RSA key of 1024 bits or more, or an Ed25519 key",
        ),
        (
            {"MAIL_DKIM_KEY_FILE": "/no/such/key.pem"},
            "MAIL_DKIM_KEY_FILE: cannot be read: No such file or directory",
        ),
        (
            {"MAIL_DKIM_KEY": write_pem(ED25519_KEY), "MAIL_DKIM_KEY_FILE": "/no/such/key.pem"},
            "MAIL_DKIM_KEY_FILE: is set and MAIL_DKIM_KEY too: set one of them, not both",
        ),
        (
            {"MAIL_DKIM_KEY": write_pem(ED25519_KEY), "MAIL_DKIM_SELECTOR": ""},
            "MAIL_DKIM_SELECTOR: is not set, but a key is: it is the key’s name",
        ),
        (
            {"MAIL_DKIM_SELECTOR": "spring; v=1"},
            "MAIL_DKIM_SELECTOR: must be a name in the DNS, like conference2008",
        ),
        (
            {"MAIL_DKIM_DOMAIN": "other.example"},
            "MAIL_DKIM_DOMAIN: must be mail.conference.example, as in MAIL_DEFAULT_SENDER, or a",
        ),
    ],
)
def test_an_invalid_dkim_key_stops_the_site_from_starting(
    values: dict[str, str], sentence: str
) -> None:
    with pytest.raises(SettingsError) as refused:
        create_signer(make_config(**values))

    [fault] = refused.value.faults
    assert fault.startswith(sentence)
