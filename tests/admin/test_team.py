"""The team: members are invited, change roles and are removed, and get an email each time."""

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from functools import partial
from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.accounts import team
from app.accounts.models import (
    DESK,
    EDITOR,
    FORMER,
    ORGANISER,
    VIEWER,
    FormDraft,
    Passkey,
    Person,
    RecoveryCode,
    SignInLink,
)
from app.accounts.two_factor import totp
from app.database import db, transaction
from app.history.models import HistoryEntry
from app.mail.models import Email
from tests.browser import Browser, Browsers
from tests.factories import make_organiser, make_sign_in_link, sign_in
from tests.races import run_concurrently
from tests.sent_emails import get_last_email_to, list_subjects_to

GRACE, ADA = "grace@conference.example", "ada@conference.example"
ANOTHER = "The conference needs an organiser. Make someone else an organiser first"


@pytest.fixture
def grace(visitor: Browser) -> Browser:
    """An organiser who has signed in."""
    return sign_in(visitor)


def list_emails() -> list[tuple[str, str]]:
    found = db.session.scalars(select(Email).order_by(Email.id))
    return [(letter.template, letter.recipient) for letter in found]


def list_history_summaries(email: str) -> list[str]:
    about = HistoryEntry.subject == f"person {email}"
    return list(
        db.session.scalars(select(HistoryEntry.summary).where(about).order_by(HistoryEntry.id))
    )


def address_of(person: Person) -> str:
    return f"/organise/people/{person.id}"


def test_an_invited_team_member_can_sign_in(grace: Browser, new_browser: Browsers) -> None:
    page = grace.open("/organise/people")
    assert "Send invitation" not in page.buttons  # asked in one place alone

    page = page.follow("Invite a team member")
    page = page.press("Send invitation", email_address=ADA, role="Programme editor")

    assert page.heading == "Team"
    assert "We are sending the invitation." in page.source
    assert [row["Email address"] for row in page.rows] == [ADA, f"{GRACE} You"]
    assert [row["Role"] for row in page.rows] == ["Programme editor", "Organiser"]
    assert list_emails() == [("invited", ADA)]
    assert list_history_summaries(ADA) == [f"{ADA} was invited as a programme editor"]
    ada = new_browser()
    (link,) = re.findall(r"https://\S+/sign-in/\S+", get_last_email_to(ADA).text)
    ada.open(link)
    assert ada.press("Sign in").heading == "Set up your second step"
    ada.open("/sign-in")
    ada.press("Email me a link", email_address=ADA)
    assert list_emails()[1:] == [("sign_in", ADA)]


@pytest.mark.parametrize(
    ("role", "sentence"),
    [
        (ORGANISER, "You are an organiser. You can do everything"),
        (EDITOR, "You are a programme editor. You can change sessions"),
        (DESK, "You are on the registration desk. You can manage delegates"),
        (VIEWER, "You are a viewer. You can view admin"),
    ],
)
def test_the_invitation_names_the_inviter_the_role_and_how_to_sign_in(
    site: Flask, role: str, sentence: str
) -> None:
    with transaction():
        team.invite(ADA, role, make_organiser())

    text = get_last_email_to(ADA).text

    assert list_subjects_to(ADA) == ["You are invited to join the team for Tides and Harbours"]
    assert f"{GRACE} has added you to the team" in text
    assert sentence in text
    assert "https://conference.example/sign-in\n" in text


def test_a_team_member_cannot_be_invited_again(grace: Browser) -> None:
    make_organiser(ADA, VIEWER)
    page = grace.open("/organise/people/invite")

    page = page.press("Send invitation", email_address=ADA, role="Organiser", status=422)

    assert page.errors == [f"{ADA} is already in the team. Change their role there"]
    assert list_emails() == []


def test_an_invitation_requires_an_email_address_and_a_role(grace: Browser) -> None:
    page = grace.open("/organise/people/invite")

    page = page.press("Send invitation", email_address="ada", status=422)

    assert page.errors == [
        "Enter an email address in the correct format, like name@example.com",
        "Choose a role",
    ]
    assert page.value_of("Email address") == "ada"


def test_changing_a_role_emails_the_team_member(grace: Browser, new_browser: Browsers) -> None:
    person = make_organiser(ADA, VIEWER)
    ada = sign_in(new_browser(), ADA, VIEWER)
    assert ada.fetch("GET", "/organise/people").status_code == 403
    page = grace.open("/organise/people").follow(ADA)

    page = page.press("Save role", role="Organiser")

    assert page.value_of("Role") == "Organiser"
    assert list_emails() == [("role_changed", ADA)]
    assert list_history_summaries(ADA)[-1] == f"{ADA} was a viewer and is now an organiser"
    assert list_history_summaries(ADA)[-1] in page.text
    assert ada.open("/organise/people").heading == "Team"
    assert address_of(person) in page.address


def test_saving_the_same_role_sends_no_email(grace: Browser) -> None:
    person = make_organiser(ADA, DESK)
    before = list_history_summaries(ADA)

    grace.open(address_of(person)).press("Save role", role="Registration desk")

    assert list_emails() == []
    assert list_history_summaries(ADA) == before


def test_removing_a_team_member_emails_them_and_deletes_their_credentials(
    grace: Browser, new_browser: Browsers
) -> None:
    person = make_organiser(ADA, EDITOR)
    person.totp_secret = totp.encrypt(totp.generate_secret())
    db.session.add(RecoveryCode(person_id=person.id, code_hash="hash"))
    link = make_sign_in_link(ADA, EDITOR)
    ada = sign_in(new_browser(), ADA, EDITOR)
    ada.open("/organise/pages/page/help/en").press("Preview", title="Not saved")
    asked = grace.open(address_of(person)).follow("Remove from the team")

    page = asked.press("Remove from the team")

    assert asked.heading == f"Remove {ADA} from the team?"
    assert [row["Email address"] for row in page.rows] == [f"{GRACE} You"]
    assert ada.open("/organise", status=403).heading == "You do not have access to this page"
    assert new_browser().open(link, status=410).heading == "This link no longer works"
    assert list_emails() == [("role_ended", ADA)]
    assert list_history_summaries(ADA)[-1] == f"{ADA} is no longer a programme editor"
    assert (person.role, person.totp_secret) == (FORMER, "")
    for kind in (SignInLink, Passkey, RecoveryCode, FormDraft):
        assert db.session.scalars(select(kind)).all() == []
    assert grace.open(address_of(person), status=404).heading == "Page not found"


def test_the_last_organiser_cannot_be_removed_or_change_role(grace: Browser, site: Flask) -> None:
    make_organiser(ADA, VIEWER)
    mine = address_of(make_organiser())
    page = grace.open(mine)

    changed = page.press("Save role", role="Viewer", status=422)
    removed = grace.open(f"{mine}/remove").press("Remove from the team", status=409)
    command = site.test_cli_runner().invoke(args=["remove-organiser", GRACE])

    assert changed.errors == [ANOTHER]
    assert ANOTHER in removed.text
    assert command.output == f"Error: {ANOTHER}\n"
    assert make_organiser().is_organiser
    assert list_emails() == []


def test_an_organiser_can_give_up_the_role_if_there_is_another(grace: Browser) -> None:
    make_organiser(ADA)
    page = grace.open(address_of(make_organiser()))

    answer = page.press("Save role", role="Viewer", status=403)

    assert answer.heading == "You do not have access to this page"
    assert grace.open("/organise").heading


def remove_each_other(site: Flask, deed: Callable[[int, Person], Any]) -> list[str]:
    """Let two organisers act on each other concurrently and return who is left."""
    numbers = [make_organiser(GRACE).id, make_organiser(ADA).id]

    def act(other: int, mine: int) -> None:
        deed(other, db.session.get_one(Person, mine))

    run_concurrently(site, [partial(act, *pair) for pair in (numbers, numbers[::-1])])
    left = select(Person.email).where(Person.role == ORGANISER)
    return list(db.session.scalars(left))


@pytest.mark.both_databases
@pytest.mark.parametrize(
    "deed", [team.remove, lambda number, who: team.change_role(number, VIEWER, who)]
)
def test_concurrent_removals_of_organisers_leave_one(
    site: Flask, deed: Callable[[int, Person], Any]
) -> None:
    assert len(remove_each_other(site, deed)) == 1


@pytest.mark.postgresql_only
def test_without_the_lock_concurrent_removals_would_leave_no_organiser(
    site: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: it shows that the test above can see the race."""
    looked = Barrier(2)

    def only_looked_at() -> dict[int, Person]:
        found = {
            person.id: person
            for person in db.session.scalars(select(Person).where(Person.role == ORGANISER))
        }
        with suppress(BrokenBarrierError):
            looked.wait(5)  # both have looked before either writes
        return found

    monkeypatch.setattr(team, "_lock_organisers", only_looked_at)

    assert remove_each_other(site, team.remove) == []


def test_a_lost_second_step_is_reset(grace: Browser, new_browser: Browsers) -> None:
    person = make_organiser(ADA, DESK)
    person.totp_secret = totp.encrypt(totp.generate_secret())
    ada = sign_in(new_browser(), ADA, DESK)
    page = grace.open(address_of(person))

    page = page.press("Reset second step")

    assert "Their second step has been reset." in page.source
    assert "Not set up yet. They will be asked to set it up when they sign in." in page.text
    assert "Reset second step" not in page.buttons
    assert ada.open("/organise").heading == "Sign in"
    assert list_emails() == [("second_step_changed", ADA)]
    entry = db.session.scalars(select(HistoryEntry).where(HistoryEntry.actor == GRACE)).one()
    assert entry.summary == f"The second step of {ADA} was reset"


@pytest.mark.both_databases
def test_the_team_list_shows_when_members_were_last_active(
    grace: Browser, new_browser: Browsers, frozen_time: Any
) -> None:
    sign_in(new_browser(), "bob@conference.example")
    frozen_time.shift(timedelta(minutes=45))
    sign_in(grace)
    sign_in(new_browser(), ADA).open("/my")
    frozen_time.shift(timedelta(minutes=5))
    sign_in(new_browser(), ADA).open("/my")

    page = grace.open("/organise/people")

    assert [(row["Email address"], row["Last active"]) for row in page.rows] == [
        (ADA, "10:20am, 12 May 2009"),
        ("bob@conference.example", "Not signed in now"),
        (f"{GRACE} You", "10:15am, 12 May 2009"),
    ]


@pytest.mark.parametrize("count", [1, 3])
def test_the_team_list_needs_a_constant_number_of_queries(
    grace: Browser, queries: list[str], count: int
) -> None:
    for number in range(count):
        make_organiser(f"person-{number}@conference.example", VIEWER)
    grace.open("/organise/people")
    queries.clear()

    grace.open("/organise/people")

    assert len([one for one in queries if "FROM site_state" not in one]) == 4
