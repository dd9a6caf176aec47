"""An email alone does not open admin: setting up and using the second step."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from threading import Barrier, Event
from typing import Any

import pyotp
import pytest
from flask import Flask
from sqlalchemy import select

from app import clock
from app.accounts.models import FORMER, LoginSession, Passkey, Person, RecoveryCode
from app.accounts.queries import count_recovery_codes, hash_secret
from app.accounts.two_factor import services, totp
from app.database import db
from app.history.models import HistoryEntry
from app.mail.models import Email
from tests.browser import Browser, Browsers, Page
from tests.factories import make_login_session, make_organiser, make_sign_in_link, save, sign_in
from tests.lookups import list_history_of_person
from tests.races import run_concurrently

GRACE = "grace@conference.example"
HOME = "Dashboard"
WRONG = "The code is not correct. Check your app, because the code changes every 30 seconds"
MADE_UP = {
    "id": "AAAA",
    "rawId": "AAAA",
    "type": "public-key",
    "response": {
        "clientDataJSON": "e30",
        "authenticatorData": "AA",
        "signature": "AA",
        "attestationObject": "oA",
    },
}
USED = "This code has already been used. Enter the next one that your app shows"


def an_app(person: Person, **about: Any) -> pyotp.TOTP:
    """Give someone an authenticator app."""
    secret = pyotp.random_base32()
    person.totp_secret = totp.encrypt(secret)
    db.session.commit()
    return pyotp.TOTP(secret)


def a_passkey(person: Person, **about: Any) -> Passkey:
    """Add a passkey whose private key does not exist."""
    usual = {"credential": "AAAA", "public_key": b"key", "name": "My telephone"}
    return save(Passkey(person_id=person.id, **{**usual, "added_at": clock.real_now(), **about}))


def shown(app: pyotp.TOTP, later: int = 0) -> str:
    """Return the code that an authenticator app shows, now or some seconds later."""
    return app.at(int(clock.real_now().timestamp()) + later)


def half_way(visitor: Browser, address: str = "/organise") -> Page:
    """Press the button of a sign-in link."""
    visitor.open(make_sign_in_link())
    visitor.press("Sign in")
    return visitor.open(address)


def a_colleague_with_a_code() -> Person:
    """Create another organiser, whose recovery code must survive."""
    colleague = make_organiser("colleague@conference.example")
    save(RecoveryCode(person_id=colleague.id, code_hash=hash_secret("3333333333333333")))
    return colleague


def recovery_codes(page: Page) -> list[str]:
    return ["".join(one.itertext()) for one in page.tree.find_all("code")]


def list_emails() -> list[str]:
    return [letter.template for letter in db.session.scalars(select(Email).order_by(Email.id))]


def set_up(visitor: Browser, address: str = "/organise") -> tuple[pyotp.TOTP, Page]:
    """Set up an app on the way to an address."""
    half_way(visitor, address)
    page = visitor.press("Set up an app")
    app = pyotp.TOTP(recovery_codes(page)[0].replace(" ", ""))
    return app, page.press("Continue", code_from_your_app=shown(app))


def test_an_authenticator_app_is_set_up_at_first_sign_in_and_leads_to_the_next_page(
    visitor: Browser,
) -> None:
    _, codes = set_up(visitor, "/my?from=letter")

    assert codes.heading == "Your recovery codes"
    shape = re.compile(r"([2-9B-DF-HJ-NP-TV-Z]{4}-){3}[2-9B-DF-HJ-NP-TV-Z]{4}")
    assert [bool(shape.fullmatch(code)) for code in recovery_codes(codes)] == [True] * 10
    home = codes.follow("I have saved my codes")
    assert home.heading == "Your account"
    assert home.address.endswith("/my?from=letter")
    assert "10 codes left" in home.text
    assert list_emails() == ["second_step_changed"]
    (entry,) = db.session.scalars(select(HistoryEntry).where(HistoryEntry.actor == GRACE))
    assert entry.summary == f"{GRACE} set up an authenticator app as second step"


def test_the_code_that_confirmed_an_app_cannot_be_used_to_sign_in(
    visitor: Browser, new_browser: Browsers
) -> None:
    app, _ = set_up(visitor)

    again = half_way(new_browser()).press("Continue", code_from_your_app=shown(app), status=422)

    assert again.errors == [USED]


def test_a_pending_totp_key_is_shown_until_the_app_is_confirmed(visitor: Browser) -> None:
    half_way(visitor)
    visitor.press("Set up an app")
    before = visitor.open("/second-step/set-up/app")
    app = pyotp.TOTP(recovery_codes(before)[0].replace(" ", ""))
    before.press("Continue", code_from_your_app=shown(app))

    after = visitor.open("/second-step/set-up/app")

    assert (before.heading, after.heading) == ("Set up an authenticator app", "Add a second step")


def test_the_authenticator_page_shows_the_key_as_qr_code_and_in_groups(visitor: Browser) -> None:
    half_way(visitor)

    page = visitor.press("Set up an app")

    (key,) = recovery_codes(page)
    assert re.fullmatch(r"([A-Z2-7]{4} ){7}[A-Z2-7]{4}", key)
    (drawing,) = page.tree.find_by_class("qr")
    assert drawing[0].tag.endswith("svg")
    assert drawing[0].get("viewBox")
    assert drawing.get("aria-label") == "QR code of the key below"


def test_the_provisioning_uri_names_the_account_and_the_site() -> None:
    told = totp.provisioning_uri("KVKFKRCPNZQUYMLX" * 2, GRACE, "Fair: health")

    assert told == (
        "otpauth://totp/Fair%20health:grace%40conference.example"
        "?secret=KVKFKRCPNZQUYMLXKVKFKRCPNZQUYMLX&issuer=Fair%20health"
    )


def test_a_totp_code_can_be_used_once(
    visitor: Browser, new_browser: Browsers, frozen_time: Any
) -> None:
    app = an_app(make_organiser())
    first, second = half_way(visitor), half_way(new_browser())

    assert first.press("Continue", code_from_your_app=shown(app)).heading == HOME
    again = second.press("Continue", code_from_your_app=shown(app), status=422)
    assert again.errors == [USED]
    frozen_time.shift(timedelta(seconds=30))
    assert again.press("Continue", code_from_your_app=shown(app)).heading == HOME


@pytest.mark.parametrize(
    ("seconds", "status"), [(-60, 422), (-30, 200), (0, 200), (30, 200), (60, 422)]
)
def test_totp_codes_are_accepted_with_30_seconds_of_clock_drift(
    visitor: Browser, seconds: int, status: int
) -> None:
    app = an_app(make_organiser())
    page = half_way(visitor)

    answer = page.press("Continue", code_from_your_app=shown(app, seconds), status=status)

    assert answer.errors == ([] if status == 200 else [WRONG])


@pytest.mark.settings(CLOCK_STARTS_AT="2008-10-01T09:00:00+01:00")
def test_totp_codes_use_the_real_clock_not_the_site_clock(visitor: Browser) -> None:
    app = an_app(make_organiser())

    page = half_way(visitor).press("Continue", code_from_your_app=shown(app))

    assert clock.now().year == 2008
    assert page.heading == HOME


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        ("", "Enter the 6-digit code from your app"),
        ("12345", "Enter the 6-digit code from your app"),
        ("abcdef", "Enter the 6-digit code from your app"),
        ("١٢٣٤٥٦", "Enter the 6-digit code from your app"),
        ("000000", WRONG),
    ],
)
def test_a_wrong_totp_code_is_reported_beside_the_field(
    visitor: Browser, typed: str, error: str
) -> None:
    an_app(make_organiser())
    page = half_way(visitor)

    answer = page.press("Continue", code_from_your_app=typed, status=422)

    assert answer.errors == [error]
    assert answer.error_for("Code from your app") == error
    assert answer.title.startswith("Error: Confirm that it is you")


def test_attempts_at_totp_codes_are_limited(visitor: Browser, frozen_time: Any) -> None:
    app = an_app(make_organiser())
    page = half_way(visitor)
    for _ in range(10):
        page = page.press("Continue", code_from_your_app="000000", status=422)

    refused = page.press("Continue", code_from_your_app=shown(app), status=429)

    assert refused.heading == "Too many requests"
    frozen_time.shift(timedelta(minutes=61))
    assert half_way(visitor).press("Continue", code_from_your_app=shown(app)).heading == HOME


def test_totp_and_recovery_codes_share_one_rate_limit(visitor: Browser) -> None:
    an_app(make_organiser())
    page = half_way(visitor)
    for _ in range(9):
        page = page.press("Continue", code_from_your_app="000000", status=422)
    other = page.follow("Use a recovery code")

    other = other.press("Continue", recovery_code="2222-2222-2222-2222", status=422)

    assert other.errors == ["The recovery code is not correct, or it has already been used"]
    other.press("Continue", recovery_code="2222-2222-2222-2222", status=429)


def test_a_recovery_code_can_be_used_once_and_is_confirmed_by_email(
    visitor: Browser, new_browser: Browsers
) -> None:
    codes = recovery_codes(set_up(new_browser())[1])
    page = half_way(visitor).follow("Use a recovery code")

    page = page.press("Continue", recovery_code=f" {codes[4].lower().replace('-', ' ')} ")

    assert page.heading == HOME
    assert list_emails() == ["second_step_changed"] * 2
    assert "9 codes left" in visitor.open("/my").text
    again = half_way(new_browser()).follow("Use a recovery code")
    refused = again.press("Continue", recovery_code=codes[4], status=422)
    assert refused.errors == ["The recovery code is not correct, or it has already been used"]


def test_new_recovery_codes_replace_the_old_ones(visitor: Browser, new_browser: Browsers) -> None:
    old = recovery_codes(set_up(visitor)[1])
    colleague = a_colleague_with_a_code()

    new = recovery_codes(visitor.open("/my").press("Create new codes"))

    assert set(old) & set(new) == set()
    assert count_recovery_codes(colleague) == 1
    assert list_history_of_person(GRACE)[-1] == f"{GRACE} made new recovery codes"
    assert list_emails() == ["second_step_changed"] * 2
    page = half_way(new_browser(), "/second-step/recovery-code")
    page = page.press("Continue", recovery_code=old[0], status=422)
    assert page.press("Continue", recovery_code=new[0]).heading == HOME


def test_totp_secrets_and_recovery_codes_are_not_stored_in_plain_text(visitor: Browser) -> None:
    app, page = set_up(visitor)

    kept = [
        str(value)
        for kind in (Person, LoginSession, RecoveryCode)
        for row in db.session.execute(select(kind.__table__))
        for value in row
    ]

    assert app.secret not in "\n".join(kept)
    for code in recovery_codes(page):
        assert code not in kept
        assert code.replace("-", "") not in kept


@pytest.mark.settings(SECRET_KEY_FALLBACKS='["an earlier key, known to everyone"]')
def test_a_totp_secret_is_decrypted_with_a_fallback_key_and_encrypted_with_the_new(
    visitor: Browser, site: Flask
) -> None:
    person = make_organiser()
    newest = site.config["SECRET_KEY"]
    site.config["SECRET_KEY"] = site.config["SECRET_KEY_FALLBACKS"][0]
    app = an_app(person)
    before = person.totp_secret
    site.config["SECRET_KEY"] = newest

    page = half_way(visitor).press("Continue", code_from_your_app=shown(app))

    assert page.heading == HOME
    assert person.totp_secret != before
    site.config["SECRET_KEY_FALLBACKS"] = []
    assert totp.decrypt(person.totp_secret) == app.secret


def test_recovery_codes_are_offered_if_the_totp_secret_cannot_be_decrypted(
    visitor: Browser, site: Flask
) -> None:
    app = an_app(make_organiser())
    page = half_way(visitor)
    make_organiser().totp_secret = "gAAAAA"

    refused = page.press("Continue", code_from_your_app=shown(app), status=422)

    assert refused.errors == ["We can no longer check codes from your app. Use a recovery code"]


def verify_at_once(site: Flask, verify: Callable[[LoginSession], str]) -> list[str]:
    """Let one person pass the second step in four browsers concurrently."""
    person = make_organiser()
    for _ in range(4):
        make_login_session(person, verified_at=None)
    numbers = list(db.session.scalars(select(LoginSession.id)))

    def take(number: int) -> str:
        return verify(db.session.get_one(LoginSession, number))

    return run_concurrently(site, [partial(take, number) for number in numbers])


@pytest.mark.both_databases
def test_a_totp_code_used_concurrently_signs_in_one_browser(site: Flask) -> None:
    code = shown(an_app(make_organiser()))

    ended = verify_at_once(site, lambda device: services.verify_totp(device, code))

    assert ended == [USED] * 3 + ["done"]


@pytest.mark.both_databases
def test_a_recovery_code_used_concurrently_signs_in_one_browser(site: Flask) -> None:
    person = make_organiser()
    save(RecoveryCode(person_id=person.id, code_hash=hash_secret("2222222222222222")))

    ended = verify_at_once(
        site, lambda device: services.verify_recovery_code(device, "2222-2222-2222-2222")
    )

    assert ended == ["The recovery code is not correct, or it has already been used"] * 3 + ["done"]


@pytest.mark.postgresql_only
def test_without_the_lock_one_totp_code_would_sign_in_every_browser(
    site: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: it shows that the tests above can see the race."""
    code = shown(an_app(make_organiser()))
    looked = Barrier(4)

    def only_looked_at(device: LoginSession) -> Person:
        person = device.person
        looked.wait(20)  # everyone has looked before anyone writes
        return person

    monkeypatch.setattr(services, "_lock_person", only_looked_at)

    ended = verify_at_once(site, lambda device: services.verify_totp(device, code))

    assert ended == ["done"] * 4


def test_another_second_step_cannot_be_set_up_before_completing_the_first(
    visitor: Browser,
) -> None:
    an_app(make_organiser())
    half_way(visitor)

    for address in ("", "/app", "/passkey"):
        assert visitor.open(f"/second-step/set-up{address}").heading == "Confirm that it is you"


def test_of_two_browsers_that_set_up_an_app_only_the_first_signs_in(
    visitor: Browser, new_browser: Browsers
) -> None:
    thief = new_browser()
    half_way(thief)
    prepared = thief.press("Set up an app")
    their_app = pyotp.TOTP(recovery_codes(prepared)[0].replace(" ", ""))
    set_up(visitor)

    refused = prepared.press("Continue", code_from_your_app=shown(their_app), status=401)

    assert refused.heading == "Finish signing in first"
    assert thief.open("/organise").heading == "Confirm that it is you"


def test_a_completed_second_step_redirects_to_the_next_page(visitor: Browser) -> None:
    sign_in(visitor)

    assert visitor.open("/second-step").heading == HOME
    assert visitor.open("/second-step/recovery-code?next=/my").heading == "Your account"


def test_the_session_cookie_is_replaced_after_the_second_step(
    visitor: Browser, new_browser: Browsers
) -> None:
    app = an_app(make_organiser())
    page = half_way(visitor)
    thief = new_browser()
    thief.set_cookie("session", visitor.cookies()["session"])

    page.press("Continue", code_from_your_app=shown(app))

    assert visitor.open("/organise").heading == HOME
    assert thief.open("/organise").heading == "Sign in"


def test_a_removed_team_member_cannot_set_up_a_second_step(visitor: Browser) -> None:
    half_way(visitor)
    make_organiser().role = FORMER

    page = visitor.open("/second-step/set-up", status=403)

    assert page.heading == "You do not have access to this page"


def test_an_app_can_be_added_to_a_passkey_and_the_last_factor_cannot_be_removed(
    visitor: Browser,
) -> None:
    a_passkey(make_organiser())
    sign_in(visitor)
    choose = visitor.open("/my").follow("Add a passkey or an app")
    page = choose.press("Set up an app")
    app = pyotp.TOTP(recovery_codes(page)[0].replace(" ", ""))
    page.press("Continue", code_from_your_app=shown(app))
    mine = visitor.open("/my")

    assert choose.heading == "Add a second step"
    assert {"Remove: the passkey My telephone", "Remove: the authenticator app"} < set(mine.buttons)
    left = mine.press("Remove: the passkey My telephone")
    assert not any(button.startswith("Remove") for button in left.buttons)
    assert list_emails() == ["second_step_changed"] * 2
    refused = mine.press("Remove: the authenticator app", status=409)
    assert "This is your only second step" in refused.text


def test_an_app_can_be_removed_if_a_passkey_remains(visitor: Browser) -> None:
    person = make_organiser()
    a_passkey(person)
    an_app(person)
    sign_in(visitor)

    before = visitor.open("/my")
    page = before.press("Remove: the authenticator app")

    assert "Not set up" in page.text
    assert list_history_of_person(GRACE)[-1] == f"{GRACE} removed the authenticator app"
    assert list_emails() == ["second_step_changed"]
    again = before.press("Remove: the authenticator app", status=404)
    assert "You have not set up an authenticator app" in again.text
    assert visitor.open("/my").press("Create new codes").heading == "Your recovery codes"


def test_one_of_two_passkeys_can_be_removed(visitor: Browser) -> None:
    person = make_organiser()
    a_passkey(person)
    a_passkey(person, credential="BBBB", name="My key")
    before = sign_in(visitor).open("/my")

    before.press("Remove: the passkey My telephone")
    refused = before.press("Remove: the passkey My key", status=409)

    assert "This is your only second step" in refused.text
    assert [key.name for key in db.session.scalars(select(Passkey))] == ["My key"]


def test_an_app_removed_during_sign_in_is_no_longer_asked_for(
    visitor: Browser, new_browser: Browsers
) -> None:
    person = make_organiser()
    app = an_app(person)
    a_passkey(person)
    page = half_way(visitor, "/my")
    sign_in(new_browser()).open("/my").press("Remove: the authenticator app")

    refused = page.press("Continue", code_from_your_app=shown(app))

    assert refused.address.endswith("/second-step?next=/my")
    assert refused.buttons == ["Use a passkey"]


def test_a_passkey_removed_during_sign_in_is_no_longer_asked_for(
    visitor: Browser, new_browser: Browsers
) -> None:
    person = make_organiser()
    an_app(person)
    a_passkey(person)
    page = half_way(visitor)
    sign_in(new_browser()).open("/my").press("Remove: the passkey My telephone")

    refused = page.press("Use a passkey")

    assert refused.heading == "Confirm that it is you"
    assert refused.buttons == ["Continue"]


def test_nobody_can_remove_another_persons_passkey(visitor: Browser) -> None:
    theirs = a_passkey(make_organiser("colleague@conference.example"))
    an_app(make_organiser())
    a_passkey(make_organiser(), credential="BBBB")
    sign_in(visitor)
    field = visitor.open("/my").tree.find_by_id("token-everywhere")
    assert field is not None

    answer = visitor.fetch(
        "POST", f"/my/passkeys/{theirs.id}/remove", data={"csrf_token": field.get("value")}
    )

    assert answer.status_code == 404
    assert len(db.session.scalars(select(Passkey)).all()) == 2


@pytest.mark.settings(SITE_URL="http://127.0.0.1:8000", SESSION_COOKIE_SECURE="false")
def test_a_site_at_an_ip_address_offers_no_passkeys_and_explains_why(visitor: Browser) -> None:
    page = half_way(visitor)

    assert "because this site’s web address is a number (http://127.0.0.1:8000)" in page.text
    assert "Set up a passkey" not in page.links
    assert "web address is a number" in visitor.open("/second-step/set-up/passkey").text


@pytest.mark.parametrize(
    "answer", ["no JSON", "[]", "{}", '{"id": "AAAA"}', "[" * 9000, json.dumps(MADE_UP)]
)
def test_a_forged_passkey_is_neither_accepted_nor_stored(visitor: Browser, answer: str) -> None:
    person = make_organiser()
    page = half_way(visitor, "/second-step/set-up/passkey")
    token = page.tree.find_by_id("csrf_token")
    assert token is not None
    told = {"csrf_token": token.get("value"), "name": "Mine", "answer": answer}
    visitor.fetch("POST", "/second-step/set-up/passkey/question", data=told)

    added = visitor.fetch("POST", "/second-step/set-up/passkey", data=told)
    a_passkey(person)
    asked = visitor.fetch("POST", "/second-step/passkey/question", data=told)
    passed = visitor.fetch("POST", "/second-step/passkey", data=told)

    assert (added.status_code, asked.status_code, passed.status_code) == (422, 200, 422)
    assert [device.challenge for device in db.session.scalars(select(LoginSession))] == [""]
    assert visitor.open("/organise").heading == "Confirm that it is you"


def test_the_permissions_policy_allows_passkeys_on_this_site_only(visitor: Browser) -> None:
    policy = visitor.open("/sign-in").headers["Permissions-Policy"]

    assert "publickey-credentials-create=(self)" in policy
    assert "publickey-credentials-get=(self)" in policy


def test_the_command_resets_the_second_step_of_an_organiser(visitor: Browser, site: Flask) -> None:
    set_up(visitor)
    a_passkey(make_organiser())
    colleague = a_colleague_with_a_code()
    run = site.test_cli_runner().invoke

    done, nobody = (
        run(args=["reset-second-factor", email]) for email in (GRACE, "nobody@conference.example")
    )

    assert done.output == f"{GRACE} will set up a new second step when they next sign in\n"
    assert nobody.output == "Error: There is nobody with that email address\n"
    assert visitor.open("/my").heading == "Sign in"
    assert half_way(visitor).heading == "Set up your second step"
    (left,) = db.session.scalars(select(RecoveryCode))
    assert left.person_id == colleague.id
    assert f"The second step of {GRACE} was reset" in list_history_of_person(GRACE)


@pytest.mark.both_databases
def test_of_two_concurrent_app_setups_one_succeeds(site: Flask) -> None:
    secret = pyotp.random_base32()
    person = make_organiser()
    for _ in range(2):
        make_login_session(person, verified_at=None, pending_totp_secret=totp.encrypt(secret))
    numbers = list(db.session.scalars(select(LoginSession.id)))

    def confirm(number: int) -> None:
        device = db.session.get_one(LoginSession, number)
        services.confirm_totp(device, shown(pyotp.TOTP(secret)))

    ended = run_concurrently(site, [partial(confirm, number) for number in numbers])

    assert ended == ["Complete your second step first", "done"]


@pytest.mark.postgresql_only
def test_a_second_step_set_up_during_a_reset_is_reset_too(site: Flask) -> None:
    """SQLite lets in one transaction at a time that may write."""
    secret = pyotp.random_base32()
    make_login_session(make_organiser(), pending_totp_secret=totp.encrypt(secret))
    number = db.session.scalars(select(LoginSession.id)).one()
    has_set_up, has_reset = Event(), Event()

    def set_up_slowly() -> None:
        device = db.session.get_one(LoginSession, number)
        services.confirm_totp(device, shown(pyotp.TOTP(secret)))
        db.session.flush()
        has_set_up.set()
        has_reset.wait(1)  # without effect: the reset waits until this is committed

    def reset() -> None:
        has_set_up.wait(60)
        services.reset(GRACE)
        has_reset.set()

    assert run_concurrently(site, [set_up_slowly, reset]) == ["done", "done"]
    person = make_organiser()
    assert not person.has_second_factor
    assert count_recovery_codes(person) == 0
