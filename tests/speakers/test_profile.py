"""Speakers write what readers see of them: write, look, send; nothing typed is ever lost."""

import pytest
from sqlalchemy import select

from app.database import db, transaction
from app.mail.models import Email
from app.programme.editing import speakers
from app.programme.models import Conference
from app.proposals import reviews
from app.proposals.models import Proposal
from app.proposals.queries import ProposalReview
from tests.browser import Browser, Browsers
from tests.factories import (
    get_ada_marsh,
    grant_speaker_access,
    make_photo,
    make_proposal,
    make_prose,
    make_speaker,
    publish_programme,
    sign_in_speaker,
)
from tests.pages import read_text

GRACE = "grace@conference.example"
LOOK = "Preview"


def waiting() -> Proposal:
    return db.session.scalars(select(Proposal).where(Proposal.state == "open")).one()


@pytest.mark.both_databases
def test_a_profile_is_written_looked_at_and_sent(ada: Browser) -> None:
    page = ada.open("/speak/ada-marsh").follow("Your profile")
    assert page.heading == "Your profile"

    seen = page.press(
        LOOK,
        title_before_the_name="Captain",
        how_to_say_the_name="AY-da",
        biography="Ada *keeps* the harbour.",
        links="https://port.example/?utm_source=x The port",
    )
    assert seen.heading == "Captain Ada Marsh"
    assert "This is how it will look. Nothing has been sent yet." in seen.text
    assert seen.links["The port"] == "https://port.example/"
    assert db.session.scalars(select(Proposal)).all() == []

    page = seen.press("Change details").press(LOOK, role="Pilot").press("Send")
    assert page.heading == "Ada Marsh"
    assert read_text(next(iter(page.tree.find_by_class("note--done")))).startswith(
        "Sent. The organisers"
    )
    assert page.summary_list["Your profile"] == "Waiting for approval"
    assert waiting().values == {
        "honorific": "Captain",
        "pronunciation": "AY-da",
        "role": "Pilot",
        "biography": "Ada *keeps* the harbour.",
        "links": [["https://port.example/", "The port"]],
    }
    assert waiting().sent_by == "ada@example.org"
    publish_programme()
    assert ada.open("/speakers/ada-marsh").heading == "Ada Marsh"


def test_what_was_sent_can_be_changed_and_taken_back(ada: Browser) -> None:
    make_proposal(get_ada_marsh(), role="Pilot")

    page = ada.open("/speak/ada-marsh/profile")
    assert "are waiting for approval" in page.text
    page = page.press(LOOK, role="Pilot of the port").press("Send")
    assert waiting().values == {"role": "Pilot of the port"}

    page = page.follow("Your profile").press(LOOK).press("Send")
    assert "There were no changes to save" in read_text(page.tree.root)
    page = page.follow("Your profile").press("Withdraw what you sent")
    assert "You have withdrawn your changes." in read_text(page.tree.root)
    assert page.summary_list["Your profile"] == "Done"


def test_what_came_back_stands_there_with_the_note(ada: Browser) -> None:
    proposal = make_proposal(get_ada_marsh(), role="Pilot")
    with transaction():
        reviews.request_changes(
            proposal.id,
            "Of what?",
            expected_fingerprint=ProposalReview(proposal).fingerprint,
            actor=GRACE,
        )

    page = ada.open("/speak/ada-marsh")
    assert page.summary_list["Your profile"] == "Sent back for changes"
    page = page.follow("Your profile")

    assert "Of what?" in page.text
    assert page.value_of("Role (optional)") == "Pilot"
    page.press(LOOK, role="Pilot of the port").press("Send")
    assert waiting().values == {"role": "Pilot of the port"}


def test_what_came_back_can_be_left_as_it_was(ada: Browser) -> None:
    proposal = make_proposal(get_ada_marsh(), role="Pilot")
    with transaction():
        reviews.request_changes(
            proposal.id,
            "Of what?",
            expected_fingerprint=ProposalReview(proposal).fingerprint,
            actor=GRACE,
        )

    page = ada.open("/speak/ada-marsh/profile").press(LOOK, role="Harbour master").press("Send")

    assert page.summary_list["Your profile"] == "Done"
    assert page.follow("Your profile").value_of("Role (optional)") == "Harbour master"


def test_what_came_back_still_stands_there_after_a_photo_was_sent(ada: Browser) -> None:
    proposal = make_proposal(get_ada_marsh(), role="Pilot")
    with transaction():
        reviews.request_changes(
            proposal.id,
            "Of what?",
            expected_fingerprint=ProposalReview(proposal).fingerprint,
            actor=GRACE,
        )
    make_proposal(get_ada_marsh(), photo=make_photo(get_ada_marsh(), speaker_id=None).key)

    page = ada.open("/speak/ada-marsh")
    assert page.summary_list["Your profile"] == "Sent back for changes"
    page = page.follow("Your profile")
    assert "Of what?" in page.text
    assert page.value_of("Role (optional)") == "Pilot"


@pytest.mark.both_databases
def test_what_waits_is_not_lost_when_something_trusted_goes_out(ada: Browser) -> None:
    db.session.get_one(Conference, 1).trusted_fields = "biography"
    db.session.commit()
    ada.open("/speak/ada-marsh/profile").press(LOOK, role="Pilot").press("Send")
    ada.open("/speak/ada-marsh/profile").press(LOOK, biography="Anew.").press("Send")

    page = ada.open("/speak/ada-marsh")
    assert page.summary_list["Your profile"] == "Waiting for approval"
    page = page.follow("Your profile")
    assert page.value_of("Role (optional)") == "Pilot"
    page.press(LOOK, country="Norway").press("Send")

    assert waiting().values == {"role": "Pilot", "country": "Norway"}


@pytest.mark.both_databases
def test_an_assistant_and_the_speaker_at_once_lose_nothing(
    ada: Browser, new_browser: Browsers
) -> None:
    helper = sign_in_speaker(
        new_browser(), get_ada_marsh(), "helper@example.org", is_assistant=True
    )
    ada.open("/speak/ada-marsh/profile")
    helper.open("/speak/ada-marsh/profile")
    ada.press(LOOK, role="Pilot", country="Norway").press("Send")

    helper.press(LOOK, role="Captain", pronouns="she/her")
    page = helper.press("Send", status=409)

    assert page.title.startswith("Error: ")
    assert "Pilot" in page.text
    assert "Two versions" in page.headings
    page.press(LOOK, role="Captain and pilot").press("Send")
    assert waiting().values == {
        "role": "Captain and pilot",
        "country": "Norway",
        "pronouns": "she/her",
    }
    assert waiting().sent_by == "helper@example.org"


def test_what_becomes_of_an_assistants_words_is_told_to_the_speaker_once_the_help_has_ended(
    ada: Browser, new_browser: Browsers
) -> None:
    helper = sign_in_speaker(
        new_browser(), get_ada_marsh(), "helper@example.org", is_assistant=True
    )
    helper.open("/speak/ada-marsh/profile")
    helper.press(LOOK, role="Captain").press("Send")
    ada.open("/speak/ada-marsh/assistants").press("Remove: helper@example.org")

    with transaction():
        reviews.request_changes(
            waiting().id,
            "Of what?",
            expected_fingerprint=ProposalReview(waiting()).fingerprint,
            actor=GRACE,
        )

    told = db.session.scalars(select(Email).where(Email.template == "changes_sent_back"))
    assert [letter.recipient for letter in told] == ["ada@example.org"]


def test_who_was_taken_out_meanwhile_keeps_what_was_typed(ada: Browser) -> None:
    ada.open("/speak/ada-marsh/profile")
    ada.press(LOOK, role="Written with care")
    with transaction():
        speakers.withdraw(get_ada_marsh(), actor=GRACE)

    page = ada.press("Send", status=409)

    assert "Ada Marsh is no longer in the programme" in page.text
    assert "Written with care" in page.source


def test_what_is_trusted_is_there_at_once(ada: Browser) -> None:
    db.session.get_one(Conference, 1).trusted_fields = "biography links"
    db.session.commit()

    page = ada.open("/speak/ada-marsh/profile")
    assert (
        "Changes to these are published within a few minutes, without approval: Biography, Links."
    ) in page.text
    page = page.press(LOOK, biography="Anew.").press("Send")
    assert "Saved. It will be public within a few minutes." in read_text(page.tree.root)
    assert get_ada_marsh().biography == "Anew."
    page = page.follow("Your profile").press(LOOK, biography="Again.", role="Pilot").press("Send")
    assert "The organisers will check the others first" in read_text(page.tree.root)


def test_biographies_in_other_languages_are_rows(ada: Browser) -> None:
    page = ada.open("/speak/ada-marsh/profile").press("Add another language")
    page = page.press(LOOK, {"Biography in this language": "Une pilote"}, status=422)
    assert page.errors == ["Choose the language of this biography"]
    page = page.press("Add another language")
    page = page.press("Remove biography 2")

    page = page.press(LOOK, {"Language": "français"})
    assert [one.get("lang") for one in page.tree.find_by_class("prose")] == [None, "fr"]
    page.press("Send")
    assert waiting().values == {"biographies": [["fr", "Une pilote"]]}


def test_one_language_is_given_once(ada: Browser) -> None:
    make_proposal(get_ada_marsh(), biographies=[["fr", "Une"], ["de", "Eine"]])
    page = ada.open("/speak/ada-marsh/profile")
    fields = {
        one.get("name") or "": one.get("value") or ""
        for one in page.tree.find_all("input", within=page.main)
    }
    body = {
        **{name: value for name, value in fields.items() if name},
        "name": "Ada Marsh",
        "biographies-0-language": "fr",
        "biographies-0-text": "Une",
        "biographies-1-language": "fr",
        "biographies-1-text": "Une autre",
    }

    page = ada.send("POST", "/speak/ada-marsh/profile", 422, data=body)

    assert "You have already added a biography in this language" in page.errors


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"Name": ""}, "Enter the name"),
        ({"Name": "..."}, "The name must include a letter or a number"),
        ({"Name": "Ada \u202eMarsh"}, "Type this instead of pasting it"),
        ({"Name": "A" * 201}, "The name must be 200 characters or fewer"),
        ({"Role": "a\u0007b"}, "Type this instead of pasting it"),
        ({"Pronouns": "x" * 101}, "The pronouns must be 100 characters or fewer"),
        ({"Biography": make_prose(3001)}, "The biography must be 3000 characters or fewer"),
        ({"Links": "javascript:alert(1)"}, "Link 1 must start with https://"),
        ({"Links": "https://a.example\nhttp://b.example"}, "Link 2 must start with https://"),
        ({"Links": "https://ada:pw@a.example"}, "Link 1 must not contain a user name or password"),
        ({"Links": "https://a.example " + "w" * 101}, "The text of link 1 is too long"),
        (
            {"Links": "\n".join(f"https://a.example/{n}" for n in range(9))},
            "Enter 8 links or fewer",
        ),
    ],
)
def test_what_may_not_stand_on_a_page_is_said_beside_it(
    ada: Browser, typed: dict[str, str], said: str
) -> None:
    ada.open("/speak/ada-marsh/profile")

    page = ada.press(LOOK, typed, status=422)

    assert [error[: len(said)] for error in page.errors] == [said]


def test_html_and_scripts_in_markdown_do_nothing(ada: Browser) -> None:
    hostile = "<script>alert(1)</script> [x](javascript:alert(1)) ![y](https://e.example/y.png)"
    ada.open("/speak/ada-marsh/profile")

    page = ada.press(LOOK, biography=hostile)

    (shown,) = page.tree.find_by_class("prose")
    assert not list(page.tree.find_all("script", within=shown))
    assert not list(page.tree.find_all("img", within=shown))
    assert not list(page.tree.find_all("a", within=shown))


def test_a_long_text_that_stood_there_is_in_nobodys_way(ada: Browser) -> None:
    speaker = get_ada_marsh()
    speaker.biography = "She has measured the tides of this harbour for years. " * 100
    db.session.commit()

    ada.open("/speak/ada-marsh/profile").press(LOOK, role="Pilot").press("Send")

    assert waiting().values == {"role": "Pilot"}


def test_the_photo_is_there_before_it_is_public(ada: Browser) -> None:
    assert ada.fetch("GET", "/speak/ada-marsh/profile/photo.jpg").status_code == 404
    make_photo(get_ada_marsh())

    page = ada.open("/speak/ada-marsh/profile").press(LOOK)

    (shown,) = page.tree.find_by_class("portrait")
    assert shown.get("src") == "/speak/ada-marsh/profile/photo.jpg"
    assert ada.fetch("GET", "/speak/ada-marsh/profile/photo.jpg").mimetype == "image/jpeg"


def test_a_photo_that_was_sent_stands_on_the_page_that_readers_will_see(ada: Browser) -> None:
    make_photo(get_ada_marsh())
    new = make_photo(get_ada_marsh(), speaker_id=None, description="At sea", picture=b"Another one")
    make_proposal(get_ada_marsh(), photo=new.key)

    page = ada.open("/speak/ada-marsh/profile").press(LOOK)

    (shown,) = page.tree.find_by_class("portrait")
    assert shown.get("alt") == "At sea"
    assert ada.fetch("GET", shown.get("src") or "").data == b"Another one"


def test_a_broken_memory_of_the_form_counts_as_another_version(ada: Browser) -> None:
    page = ada.open("/speak/ada-marsh/profile")
    token = next(one for one in page.tree.find_all("input") if one.get("name") == "csrf_token")
    body = {
        "csrf_token": token.get("value") or "",
        "name": "Ada Marsh",
        "role": "Pilot",
        "button": "send",
    }

    for began in ("", "[]", "{", "x" * 3000, '{"role": 7}'):
        page = ada.send("POST", "/speak/ada-marsh/profile", 409, data={**body, "began": began})
        assert "Two versions" in page.headings


def test_another_persons_profile_is_not_found(ada: Browser) -> None:
    other = make_speaker(name="Bo", slug="bo")
    grant_speaker_access(other, "bo@example.org")

    ada.open("/speak/bo/profile", status=404)
