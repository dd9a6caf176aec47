"""A passkey signs its owner in, once per challenge and only on this site."""

import json
from typing import Any

from sqlalchemy import select

from app.accounts.models import Passkey
from app.database import db
from tests.accounts.software_key import SoftwareKey
from tests.browser import Browser, Browsers, Page
from tests.factories import make_organiser, sign_in
from tests.sent_emails import list_subjects_to

CHANGED = "How you sign in to Tides and Harbours has changed"
REFUSED = "We could not check your passkey. Try again"
SET_UP, STEP = "/second-step/set-up/passkey", "/second-step/passkey"


def told(visitor: Browser, **fields: str) -> dict[str, str]:
    """Give what this visitor's forms send."""
    field = visitor.open("/sign-out").tree.find_by_id("csrf_token")
    assert field is not None
    return {"csrf_token": field.get("value") or "", **fields}


def asked(visitor: Browser, address: str) -> Any:
    """Ask the site for its question, as a script does."""
    answer = visitor.fetch("POST", f"{address}/question", data=told(visitor))
    return json.loads(answer.get_data())


def a_key_of(
    visitor: Browser, name: str = "My key", status: int = 200, signed_before: int = 0
) -> SoftwareKey:
    """Set up a passkey."""
    key = SoftwareKey()
    key.signature_count = signed_before
    answer = key.create_credential(asked(visitor, SET_UP))
    visitor.send("POST", SET_UP, status, data=told(visitor, name=name, answer=answer))
    return key


def shown(visitor: Browser, answer: str, status: int = 200) -> Page:
    """Send the answer of a key."""
    return visitor.send("POST", STEP, status, data=told(visitor, answer=answer))


def half_way(visitor: Browser) -> Browser:
    return sign_in(visitor, verified_at=None)


def test_a_passkey_is_registered_under_a_name_and_completes_sign_in(
    visitor: Browser, new_browser: Browsers
) -> None:
    half_way(visitor)
    key = a_key_of(visitor, "My telephone")
    assert visitor.page.heading == "Your recovery codes"
    assert list_subjects_to("grace@conference.example") == [CHANGED]
    question = asked(half_way(other := new_browser()), STEP)

    page = shown(other, key.sign_assertion(question))

    assert page.heading == "Dashboard"
    assert [one["id"] for one in question["allowCredentials"]] == [
        one.credential for one in db.session.scalars(select(Passkey))
    ]
    assert question["userVerification"] == "preferred"
    (passkey,) = db.session.scalars(select(Passkey))
    assert (passkey.name, passkey.sign_count) == ("My telephone", 1)
    assert passkey.used_at is not None


def test_a_passkey_assertion_cannot_be_replayed(visitor: Browser, new_browser: Browsers) -> None:
    key = a_key_of(half_way(visitor))
    other, thief = half_way(new_browser()), half_way(new_browser())
    answer = key.sign_assertion(asked(other, STEP))
    asked(thief, STEP)

    stolen = shown(thief, answer, 422)
    assert shown(other, answer).heading == "Dashboard"

    assert stolen.errors == [REFUSED]
    assert shown(thief, answer, 422).errors == [REFUSED]
    assert thief.open("/organise").heading == "Confirm that it is you"


def test_a_passkey_challenge_can_be_used_once_even_after_a_wrong_answer(
    visitor: Browser, new_browser: Browsers
) -> None:
    key = a_key_of(half_way(visitor))
    other = half_way(new_browser())
    question = asked(other, STEP)

    shown(other, key.sign_assertion(question, origin="https://conference.example.evil"), 422)

    assert shown(other, key.sign_assertion(question), 422).errors == [REFUSED]
    assert shown(other, key.sign_assertion(asked(other, STEP))).heading == "Dashboard"


def test_a_passkey_assertion_for_another_origin_is_refused(
    visitor: Browser, new_browser: Browsers
) -> None:
    key = a_key_of(half_way(visitor))
    other = half_way(new_browser())

    for answer in (
        key.sign_assertion(asked(other, STEP), relying_party="evil.example"),
        key.sign_assertion(asked(other, STEP), origin="http://conference.example"),
    ):
        assert shown(other, answer, 422).errors == [REFUSED]


def test_another_persons_passkey_is_refused(visitor: Browser, new_browser: Browsers) -> None:
    a_key_of(half_way(visitor))
    ada = new_browser()
    theirs = a_key_of(sign_in(ada, "ada@conference.example", verified_at=None))
    other = half_way(new_browser())

    assert shown(other, theirs.sign_assertion(asked(other, STEP)), 422).errors == [REFUSED]


def test_a_cloned_passkey_is_detected_by_its_signature_counter(
    visitor: Browser, new_browser: Browsers
) -> None:
    key = a_key_of(half_way(visitor))
    other = half_way(new_browser())
    key.signature_count = 7
    shown(other, key.sign_assertion(asked(other, STEP)))
    key.signature_count = 3  # the copy has not signed as often
    third = half_way(new_browser())

    assert shown(third, key.sign_assertion(asked(third, STEP)), 422).errors == [REFUSED]


def test_the_signature_counter_starts_from_the_count_at_registration(
    visitor: Browser, new_browser: Browsers
) -> None:
    key = a_key_of(half_way(visitor), signed_before=7)
    key.signature_count = 3  # the copy has not signed as often
    other = half_way(new_browser())

    assert shown(other, key.sign_assertion(asked(other, STEP)), 422).errors == [REFUSED]


def test_a_passkey_cannot_be_added_twice_or_without_a_name(visitor: Browser) -> None:
    half_way(visitor)
    key = a_key_of(visitor)
    question = asked(visitor, SET_UP)
    assert [one["id"] for one in question["excludeCredentials"]] != []

    again = visitor.send(
        "POST",
        SET_UP,
        422,
        data=told(visitor, name="Again", answer=key.create_credential(question)),
    )
    nameless = SoftwareKey().create_credential(asked(visitor, SET_UP))
    page = visitor.send("POST", SET_UP, 422, data=told(visitor, name=" ", answer=nameless))

    assert again.errors == ["You have already added this passkey"]
    assert page.errors == ["Enter a name for this passkey"]


def test_a_person_can_have_at_most_20_passkeys(visitor: Browser) -> None:
    half_way(visitor)
    for _ in range(20):
        a_key_of(visitor)

    a_key_of(visitor, status=422)

    assert visitor.page.errors == ["You have too many passkeys. Remove one that you no longer use"]
    assert len(make_organiser().passkeys) == 20
