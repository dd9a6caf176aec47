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
from tests.sent_emails import find_link, get_last_email_to, list_emails_to, list_subjects_to

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
def test_renaming_a_group_member_does_not_reveal_an_earlier_booking(visitor: Browser) -> None:
    register_both(visitor)
    before = len(list_emails_to("target@ward.example"))
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
    assert len(list_emails_to("target@ward.example")) == before


def test_resending_a_link_does_not_reveal_an_earlier_booking(
    visitor: Browser, frozen_time: Any
) -> None:
    register_both(visitor)

    assert send_links(visitor, RECENT) == [True, True]
    frozen_time.shift(timedelta(minutes=6))
    assert send_links(visitor, SENDING) == [True, True]
    assert send_links(visitor, RECENT) == [True, True]
    assert [len(list_emails_to(f"{name.lower()}@ward.example")) for name in NAMES] == [1, 2]


def test_adding_a_group_member_does_not_reveal_an_earlier_booking(
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


def test_a_contact_cannot_rename_a_person_who_has_opened_the_booking(visitor: Browser) -> None:
    fill(visitor, "Ada").press("Register the group")
    visitor.open(find_link(get_last_email_to("ada@ward.example"), "/booking/"))
    before = list_subjects_to("ada@ward.example")

    page = open_group(visitor).follow("Change name: Ada Nurse").press("Save", given_names="Adela")

    assert "only they can change it there" in page.text
    assert "Adela Nurse Has a place" in page.text
    assert list_delegates() == ["Ada"]
    assert list_subjects_to("ada@ward.example") == before


def test_renaming_a_member_to_a_booked_person_reveals_nothing(visitor: Browser) -> None:
    make_delegate(given_names="Target", family_name="Nurse", email="nobody@ward.example")
    fill(visitor, "Nobody").press("Register the group")

    form = open_group(visitor).follow("Change name: Nobody Nurse")
    page = form.press("Save", given_names="Target")

    assert "The name has been changed." in page.text
    assert "Target Nurse Has a place" in page.text
    assert list_delegates() == ["Nobody", "Target"]


def test_a_member_cannot_be_renamed_to_another_member(visitor: Browser) -> None:
    page = add(begin(visitor), "Ada")
    add(page, "Bea").follow("Continue").press("Register the group")
    form = open_group(visitor).follow("Change name: Bea Nurse")

    page = form.press("Save", status=422, given_names="Ada")

    assert page.errors == ["This person is already in the group"]
    assert list_delegates() == ["Ada", "Bea"]


def test_a_name_of_several_words_must_be_typed_again(visitor: Browser) -> None:
    add(begin(visitor), "Anna Maria").follow("Continue").press("Register the group")

    form = open_group(visitor).follow("Change name: Anna Maria Nurse")

    assert form.value_of("Given names") == form.value_of("Family name") == ""
    page = form.press("Save", status=422)
    assert page.errors == ["Enter given names"]
    page.press("Save", given_names="Anne Marie", family_name="Nurse")
    assert list_delegates() == ["Anne Marie"]


def test_a_custom_badge_name_is_kept_when_the_name_is_corrected(visitor: Browser) -> None:
    own = {"Name on the badge (optional)": "Addy"}
    add(begin(visitor), "Ada", **own).follow("Continue").press("Register the group")

    open_group(visitor).follow("Change name: Ada Nurse").press("Save", given_names="Adela")

    assert list(db.session.scalars(select(Delegate.badge_name))) == ["Addy"]
