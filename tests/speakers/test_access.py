"""Speakers come in by a link alone; each keeps their own pages, or those of several speakers."""

from flask import Flask
from sqlalchemy import select

from app.accounts import services as accounts
from app.accounts import team
from app.accounts.models import EDITOR, FORMER, Person
from app.database import db, transaction
from app.mail.models import Email
from app.speakers import access, queries
from tests.accounts.test_sign_in import request_sign_in_link
from tests.browser import Browser, Browsers
from tests.factories import (
    get_ada_marsh,
    grant_speaker_access,
    make_organiser,
    make_sign_in_link,
    make_speaker,
    sign_in,
    sign_in_speaker,
)
from tests.sent_emails import find_sign_in_link

ADA = "ada@example.org"


def test_a_speaker_signs_in_with_only_the_link_in_an_email(visitor: Browser) -> None:
    grant_speaker_access(get_ada_marsh(), ADA)

    sent = request_sign_in_link(visitor, ADA)
    (letter,) = db.session.scalars(select(Email))
    visitor.open(find_sign_in_link(letter))
    page = visitor.press("Sign in")

    assert sent.heading == "Check your email"
    assert page.heading == "Ada Marsh"
    assert page.address.endswith("/speak/ada-marsh")


def test_asking_for_a_sign_in_link_does_not_reveal_who_is_a_speaker(visitor: Browser) -> None:
    grant_speaker_access(get_ada_marsh(), ADA)

    known = request_sign_in_link(visitor, ADA)
    unknown = request_sign_in_link(visitor, "nobody@example.org")

    assert known.text == unknown.text
    assert [one.recipient for one in db.session.scalars(select(Email))] == [ADA]


def test_speaker_pages_are_not_cached(visitor: Browser) -> None:
    page = sign_in_speaker(visitor, get_ada_marsh()).open("/speak/ada-marsh")

    assert page.headers["Cache-Control"] == "private, no-store"


def test_a_person_with_access_to_several_speakers_chooses_one(visitor: Browser) -> None:
    other = make_speaker(name="Grace Pool", slug="grace-pool")
    sign_in_speaker(visitor, get_ada_marsh(), ADA)
    grant_speaker_access(other, ADA, is_assistant=True)

    page = visitor.open("/speak")
    chosen = page.follow("Grace Pool")

    assert page.heading == "Choose a speaker"
    assert "You are their assistant" in page.text
    assert chosen.heading == "Grace Pool"
    assert chosen.follow("Switch to another speaker").heading == "Choose a speaker"


def test_an_organiser_who_is_a_speaker_still_needs_the_second_step(visitor: Browser) -> None:
    sign_in(visitor, ADA, verified_at=None)
    grant_speaker_access(get_ada_marsh(), ADA)

    half_way = visitor.open("/speak")
    sign_in(visitor, ADA)

    assert half_way.heading == "Set up your second step"
    assert visitor.open("/speak").heading == "Ada Marsh"
    assert visitor.open("/organise").heading == "Dashboard"


def test_a_speaker_who_joins_the_team_has_to_set_up_the_second_step(visitor: Browser) -> None:
    sign_in_speaker(visitor, get_ada_marsh(), ADA)

    with transaction():
        team.invite(ADA, EDITOR, make_organiser())

    assert visitor.open("/speak").heading == "Set up your second step"
    assert visitor.open("/organise").heading == "Set up your second step"


def test_a_speaker_who_leaves_the_team_keeps_speaker_access(visitor: Browser) -> None:
    grant_speaker_access(get_ada_marsh(), ADA)
    sign_in(visitor, ADA, EDITOR)

    with transaction():
        person = db.session.scalars(select(Person).where(Person.email == ADA)).one()
        team.remove(person.id, make_organiser())

    assert visitor.open("/speak").heading == "Ada Marsh"
    assert visitor.open("/organise", status=403).heading == "You do not have access to this page"


def test_a_speaker_can_list_and_end_their_login_sessions(visitor: Browser) -> None:
    sign_in_speaker(visitor, get_ada_marsh(), ADA)

    page = visitor.open("/speak/ada-marsh").follow("See where you are signed in, or sign out")

    assert page.heading == "Your account"
    assert "Your second step" not in page.headings
    assert page.follow("Go to your speaker pages").heading == "Ada Marsh"
    visitor.open("/my").press("Sign out everywhere")
    assert visitor.open("/speak").heading == "Sign in"


def test_a_speaker_without_team_role_cannot_create_recovery_codes(visitor: Browser) -> None:
    sign_in_speaker(visitor, get_ada_marsh(), ADA)
    field = visitor.open("/my").tree.find_by_id("token-everywhere")
    assert field is not None

    answer = visitor.fetch(
        "POST", "/my/recovery-codes", data={"csrf_token": field.get("value") or ""}
    )

    assert answer.status_code == 403


def test_an_assistant_removed_while_signed_in_is_told_and_keeps_typed_text(
    visitor: Browser,
) -> None:
    speaker = get_ada_marsh()
    own = sign_in_speaker(visitor, speaker, "helper@example.org", is_assistant=True)
    form = own.open("/speak/ada-marsh/taking-part")
    with transaction():
        (one,) = (one for one in queries.list_access_to_speaker(speaker))
        access.revoke(speaker, one.id, actor=ADA)

    page = form.press(
        "Send",
        {
            "Are you taking part?": "Yes, but I need another time",
            "Your message": "The train arrives at noon",
        },
        status=403,
    )

    assert page.heading == "You cannot open these pages"
    assert "The train arrives at noon" in page.text
    assert visitor.open("/speak", status=403).heading == "You cannot open these pages"


def test_an_assistant_removed_by_one_speaker_keeps_access_to_another(visitor: Browser) -> None:
    speaker, other = get_ada_marsh(), make_speaker(name="Grace Pool", slug="grace-pool")
    sign_in_speaker(visitor, speaker, "helper@example.org", is_assistant=True)
    grant_speaker_access(other, "helper@example.org", is_assistant=True)
    with transaction():
        (one,) = (one for one in queries.list_access_to_speaker(speaker))
        access.revoke(speaker, one.id, actor=ADA)

    assert visitor.open("/speak/ada-marsh", status=404).heading == "You cannot open these pages"
    assert visitor.open("/speak").heading == "Grace Pool"


def test_a_sign_in_link_stops_working_when_speaker_access_is_revoked(
    site: Flask, new_browser: Browsers
) -> None:
    person = grant_speaker_access(get_ada_marsh(), ADA).person
    of_somebody_else = make_sign_in_link()
    with transaction():
        secret = accounts.create_invitation_link(person)
        accounts.revoke_speaker_access(person)

    page = new_browser().open(f"/sign-in/{secret}", status=410)

    assert page.heading == "This link no longer works"
    assert person.role == FORMER
    assert new_browser().open(of_somebody_else).heading == "Sign in to the conference"


def test_pages_of_a_deleted_speaker_say_that_there_is_no_access(visitor: Browser) -> None:
    speaker = make_speaker(name="Grace Pool", slug="grace-pool")
    sign_in_speaker(visitor, speaker, ADA)
    db.session.delete(speaker)
    db.session.commit()

    page = visitor.open("/speak/grace-pool", status=404).follow("View your speaker pages")

    assert page.heading == "No access to speaker pages"
