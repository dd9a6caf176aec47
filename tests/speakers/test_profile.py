"""Speakers edit their public profile: write, preview, send; typed text is never lost."""

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


def get_open_proposal() -> Proposal:
    return db.session.scalars(select(Proposal).where(Proposal.state == "open")).one()


@pytest.mark.both_databases
def test_a_profile_is_edited_previewed_and_sent(ada: Browser) -> None:
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
    assert get_open_proposal().values == {
        "honorific": "Captain",
        "pronunciation": "AY-da",
        "role": "Pilot",
        "biography": "Ada *keeps* the harbour.",
        "links": [["https://port.example/", "The port"]],
    }
    assert get_open_proposal().sent_by == "ada@example.org"
    publish_programme()
    assert ada.open("/speakers/ada-marsh").heading == "Ada Marsh"


def test_a_sent_profile_can_be_changed_and_withdrawn(ada: Browser) -> None:
    make_proposal(get_ada_marsh(), role="Pilot")

    page = ada.open("/speak/ada-marsh/profile")
    assert "are waiting for approval" in page.text
    page = page.press(LOOK, role="Pilot of the port").press("Send")
    assert get_open_proposal().values == {"role": "Pilot of the port"}

    page = page.follow("Your profile").press(LOOK).press("Send")
    assert "There were no changes to save" in read_text(page.tree.root)
    page = page.follow("Your profile").press("Withdraw what you sent")
    assert "You have withdrawn your changes." in read_text(page.tree.root)
    assert page.summary_list["Your profile"] == "Done"


def test_a_profile_sent_back_shows_the_proposed_text_and_the_note(ada: Browser) -> None:
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
    assert get_open_proposal().values == {"role": "Pilot of the port"}


def test_a_profile_sent_back_can_be_left_unchanged(ada: Browser) -> None:
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


def test_a_profile_sent_back_is_kept_when_a_photo_is_sent(ada: Browser) -> None:
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
def test_publishing_auto_approved_fields_keeps_the_open_proposal(ada: Browser) -> None:
    db.session.get_one(Conference, 1).trusted_fields = "biography"
    db.session.commit()
    ada.open("/speak/ada-marsh/profile").press(LOOK, role="Pilot").press("Send")
    ada.open("/speak/ada-marsh/profile").press(LOOK, biography="Anew.").press("Send")

    page = ada.open("/speak/ada-marsh")
    assert page.summary_list["Your profile"] == "Waiting for approval"
    page = page.follow("Your profile")
    assert page.value_of("Role (optional)") == "Pilot"
    page.press(LOOK, country="Norway").press("Send")

    assert get_open_proposal().values == {"role": "Pilot", "country": "Norway"}


@pytest.mark.both_databases
def test_conflicting_edits_of_speaker_and_assistant_are_merged(
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
    assert get_open_proposal().values == {
        "role": "Captain and pilot",
        "country": "Norway",
        "pronouns": "she/her",
    }
    assert get_open_proposal().sent_by == "helper@example.org"


def test_decisions_on_a_removed_assistants_proposal_are_emailed_to_the_speaker(
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
            get_open_proposal().id,
            "Of what?",
            expected_fingerprint=ProposalReview(get_open_proposal()).fingerprint,
            actor=GRACE,
        )

    told = db.session.scalars(select(Email).where(Email.template == "changes_sent_back"))
    assert [letter.recipient for letter in told] == ["ada@example.org"]


def test_a_speaker_withdrawn_meanwhile_keeps_the_typed_profile(ada: Browser) -> None:
    ada.open("/speak/ada-marsh/profile")
    ada.press(LOOK, role="Written with care")
    with transaction():
        speakers.withdraw(get_ada_marsh(), actor=GRACE)

    page = ada.press("Send", status=409)

    assert "Ada Marsh is no longer in the programme" in page.text
    assert "Written with care" in page.source


def test_auto_approved_fields_take_effect_immediately(ada: Browser) -> None:
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
    assert get_open_proposal().values == {"biographies": [["fr", "Une pilote"]]}


def test_a_biography_language_can_be_used_only_once(ada: Browser) -> None:
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
def test_an_invalid_profile_field_is_reported_beside_it(
    ada: Browser, typed: dict[str, str], said: str
) -> None:
    ada.open("/speak/ada-marsh/profile")

    page = ada.press(LOOK, typed, status=422)

    assert [error[: len(said)] for error in page.errors] == [said]


def test_html_and_scripts_in_a_biography_are_removed(ada: Browser) -> None:
    hostile = "<script>alert(1)</script> [x](javascript:alert(1)) ![y](https://e.example/y.png)"
    ada.open("/speak/ada-marsh/profile")

    page = ada.press(LOOK, biography=hostile)

    (shown,) = page.tree.find_by_class("prose")
    assert not list(page.tree.find_all("script", within=shown))
    assert not list(page.tree.find_all("img", within=shown))
    assert not list(page.tree.find_all("a", within=shown))


def test_an_existing_overlong_biography_does_not_block_other_changes(ada: Browser) -> None:
    speaker = get_ada_marsh()
    speaker.biography = "She has measured the tides of this harbour for years. " * 100
    db.session.commit()

    ada.open("/speak/ada-marsh/profile").press(LOOK, role="Pilot").press("Send")

    assert get_open_proposal().values == {"role": "Pilot"}


def test_the_unpublished_photo_is_shown_on_the_speaker_pages(ada: Browser) -> None:
    assert ada.fetch("GET", "/speak/ada-marsh/profile/photo.jpg").status_code == 404
    make_photo(get_ada_marsh())

    page = ada.open("/speak/ada-marsh/profile").press(LOOK)

    (shown,) = page.tree.find_by_class("portrait")
    assert shown.get("src") == "/speak/ada-marsh/profile/photo.jpg"
    assert ada.fetch("GET", "/speak/ada-marsh/profile/photo.jpg").mimetype == "image/jpeg"


def test_the_profile_preview_shows_the_pending_photo(ada: Browser) -> None:
    make_photo(get_ada_marsh())
    new = make_photo(get_ada_marsh(), speaker_id=None, description="At sea", picture=b"Another one")
    make_proposal(get_ada_marsh(), photo=new.key)

    page = ada.open("/speak/ada-marsh/profile").press(LOOK)

    (shown,) = page.tree.find_by_class("portrait")
    assert shown.get("alt") == "At sea"
    assert ada.fetch("GET", shown.get("src") or "").data == b"Another one"


def test_a_malformed_fingerprint_is_treated_as_a_stale_edit(ada: Browser) -> None:
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
