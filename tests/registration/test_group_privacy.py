"""What the contact of a group sees of people who had a booking before: the same as of others."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.database import db
from app.delegates.models import Delegate
from tests.browser import Browser
from tests.factories import make_delegate
from tests.registration.test_groups import EMAIL, add, begin, fill, list_delegates, open_group
from tests.sent_emails import emails_to, find_link, last_email_to, subjects_to

RECENT = "We sent this link a moment ago."
SENDING = "We are sending the link again."
NAMES = ("Target", "Nobody")  # only the first had a booking


def register_both(visitor: Browser) -> None:
    make_delegate(given_names="Target", family_name="Nurse", email="target@ward.example")
    fill(visitor, *NAMES).press("Register the group")


def send_links(visitor: Browser, news: str) -> list[bool]:
    """Send both people their links again; return whether the contact reads this."""
    links = [f"Send link again: {name} Nurse" for name in NAMES]
    return [news in open_group(visitor).press(one).text for one in links]


@pytest.mark.both_databases
def test_whoever_had_a_booking_before_is_renamed_in_the_list_like_others(visitor: Browser) -> None:
    register_both(visitor)
    before = len(emails_to("target@ward.example"))
    forms = [open_group(visitor).follow(f"Change name: {name} Nurse") for name in NAMES]
    assert [form.value_of("Family name") for form in forms] == ["Nurse", "Nurse"]
    assert [form.value_of("Given names") for form in forms] == ["Target", "Nobody"]

    pages = [form.press("Save", {"Family name": "Sister"}) for form in forms]

    for page in pages:
        assert "The name has been changed." in page.text
    group = open_group(visitor)
    assert "Target Sister Has a place" in group.text
    assert "Nobody Sister Has a place" in group.text
    names = db.session.scalars(select(Delegate.family_name).order_by(Delegate.id)).all()
    assert names == ["Nurse", "Sister"]
    assert len(emails_to("target@ward.example")) == before


def test_whoever_had_a_booking_before_seems_to_be_sent_their_link_like_others(
    visitor: Browser, frozen_time: Any
) -> None:
    register_both(visitor)

    assert send_links(visitor, RECENT) == [True, True]
    frozen_time.shift(timedelta(minutes=6))
    assert send_links(visitor, SENDING) == [True, True]
    assert send_links(visitor, RECENT) == [True, True]
    assert [len(emails_to(f"{name.lower()}@ward.example")) for name in NAMES] == [1, 2]


def test_whoever_is_added_was_sent_the_link_a_moment_ago_whether_new_or_not(
    visitor: Browser, frozen_time: Any
) -> None:
    make_delegate(given_names="Target", family_name="Nurse", email="target@ward.example")
    fill(visitor, "Ada").press("Register the group")
    frozen_time.shift(timedelta(minutes=6))
    for name in NAMES:
        answers = {"given_names": name, "Family name": "Nurse", EMAIL: f"{name}@ward.example"}
        open_group(visitor).follow("Add a person").press("Add person", answers)

    assert send_links(visitor, RECENT) == [True, True]
    frozen_time.shift(timedelta(minutes=6))
    assert send_links(visitor, SENDING) == [True, True]


def test_whoever_has_opened_the_booking_keeps_their_name(visitor: Browser) -> None:
    fill(visitor, "Ada").press("Register the group")
    visitor.open(find_link(last_email_to("ada@ward.example"), "/booking/"))
    before = subjects_to("ada@ward.example")

    page = open_group(visitor).follow("Change name: Ada Nurse").press("Save", given_names="Adela")

    assert "only they can change it there" in page.text
    assert "Adela Nurse Has a place" in page.text
    assert list_delegates() == ["Ada"]
    assert subjects_to("ada@ward.example") == before


def test_a_name_from_before_is_not_found_by_renaming_somebody_to_it(visitor: Browser) -> None:
    make_delegate(given_names="Target", family_name="Nurse", email="nobody@ward.example")
    fill(visitor, "Nobody").press("Register the group")

    form = open_group(visitor).follow("Change name: Nobody Nurse")
    page = form.press("Save", given_names="Target")

    assert "The name has been changed." in page.text
    assert "Target Nurse Has a place" in page.text
    assert list_delegates() == ["Nobody", "Target"]


def test_nobody_is_renamed_to_somebody_else_in_the_group(visitor: Browser) -> None:
    page = add(begin(visitor), "Ada")
    add(page, "Bea").follow("Continue").press("Register the group")
    form = open_group(visitor).follow("Change name: Bea Nurse")

    page = form.press("Save", status=422, given_names="Ada")

    assert page.errors == ["This person is already in the group"]
    assert list_delegates() == ["Ada", "Bea"]


def test_a_name_of_several_words_is_typed_anew(visitor: Browser) -> None:
    add(begin(visitor), "Anna Maria").follow("Continue").press("Register the group")

    form = open_group(visitor).follow("Change name: Anna Maria Nurse")

    assert form.value_of("Given names") == form.value_of("Family name") == ""
    page = form.press("Save", status=422)
    assert page.errors == ["Enter given names"]
    page.press("Save", given_names="Anne Marie", family_name="Nurse")
    assert list_delegates() == ["Anne Marie"]


def test_a_badge_name_of_its_own_stays_when_the_name_is_corrected(visitor: Browser) -> None:
    own = {"Name on the badge (optional)": "Addy"}
    add(begin(visitor), "Ada", **own).follow("Continue").press("Register the group")

    open_group(visitor).follow("Change name: Ada Nurse").press("Save", given_names="Adela")

    assert list(db.session.scalars(select(Delegate.badge_name))) == ["Addy"]
