"""The author of a session text previews and sends it."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from app.database import db, transaction
from app.programme.editing import sessions
from app.programme.models import Session
from app.proposals import reviews
from app.proposals.models import Proposal
from app.proposals.queries import ProposalReview
from app.speakers import session_owners
from app.speakers.models import ItemDeadline
from tests.browser import Browser, Browsers
from tests.factories import (
    FIRST_MORNING,
    get_ada_marsh,
    grant_speaker_access,
    make_proposal,
    make_prose,
    make_room,
    make_session,
    make_speaker,
    save,
    sign_in_speaker,
)
from tests.lookups import get_session
from tests.pages import read_text

GRACE = "grace@conference.example"
LOOK = "Preview"
ITEM = "Titles and abstracts of your sessions"


def opening() -> Session:
    return db.session.scalars(select(Session).where(Session.slug == "opening")).one()


def get_open_proposal() -> Proposal:
    return db.session.scalars(select(Proposal).where(Proposal.state == "open")).one()


@pytest.mark.both_databases
def test_a_session_text_is_edited_previewed_and_sent(ada: Browser) -> None:
    page = ada.open("/speak/ada-marsh")
    assert page.summary_list[ITEM] == "To do"
    page = page.follow(ITEM).follow("Change title and abstract: Opening")
    assert page.heading == "Text of Opening"

    page = page.press(LOOK, title="The opening", abstract="**Come** all.")
    assert page.heading == "The opening"
    assert "This is how it will look. Nothing has been sent yet." in page.text
    assert "Come all." in page.text
    page = page.press("Change details").press(LOOK).press("Send")

    assert "Sent. The organisers will check it" in read_text(page.tree.root)
    assert "are waiting for approval" in page.text
    assert get_open_proposal().values == {"title": "The opening", "abstract": "**Come** all."}
    assert ada.open("/sessions/opening").heading == "Opening"
    page = ada.open("/speak/sessions/opening/text").press("Withdraw what you sent")
    assert "You have withdrawn your changes." in read_text(page.tree.root)


def test_the_text_preview_reveals_no_unpublished_sessions(ada: Browser) -> None:
    make_session(title="A surprise guest", starts_at=opening().starts_at)
    ada.open("/speak/sessions/opening/text")

    page = ada.press(LOOK, title="The opening")

    assert "Reading the tide" in page.text
    assert "surprise" not in page.source


def test_the_checklist_shows_the_most_urgent_state_of_session_texts(ada: Browser) -> None:
    for session in db.session.scalars(select(Session)):
        session.abstract = "Known."
    db.session.commit()
    assert ada.open("/speak/ada-marsh").summary_list[ITEM] == "Done"

    proposal = make_proposal(opening(), abstract="Come all.")
    assert ada.open("/speak/ada-marsh").summary_list[ITEM] == "Waiting for approval"

    with transaction():
        reviews.request_changes(
            proposal.id,
            "Longer?",
            expected_fingerprint=ProposalReview(proposal).fingerprint,
            actor=GRACE,
        )
    assert ada.open("/speak/ada-marsh").summary_list[ITEM] == "Sent back for changes"
    assert "Longer?" in ada.open("/speak/sessions/opening/text").text


def test_only_the_owner_can_edit_a_session_text(
    ada: Browser,
) -> None:
    with transaction():
        session_owners.set_owner(opening(), "owner@example.org", actor=GRACE)

    ada.open("/speak/sessions/opening/text", status=404)
    assert "Someone else writes the text" in ada.open("/speak/ada-marsh/sessions").text


def test_an_owner_who_does_not_speak_can_edit_the_text(visitor: Browser) -> None:
    other = make_speaker(name="Bo", slug="bo")
    owner = sign_in_speaker(visitor, other, "owner@example.org")
    assert owner.open("/speak/bo").summary_list[ITEM] == "Nothing to do"
    with transaction():
        session_owners.set_owner(opening(), "owner@example.org", actor=GRACE)

    opening().abstract = ""
    save(ItemDeadline(item="texts", due_on=date(2009, 6, 1)))
    page = owner.open("/speak")
    assert page.summary_list["Opening"] == "To do Due by Monday 1 June 2009"
    page.follow("Opening").press(LOOK, abstract="Mine.").press("Send")
    assert owner.open("/speak").summary_list["Opening"] == "Waiting for approval"

    assert get_open_proposal().values == {"abstract": "Mine."}
    assert get_open_proposal().sent_by == "owner@example.org"


def test_a_session_owned_by_a_speaker_is_in_their_checklist(visitor: Browser) -> None:
    bo = make_speaker(name="Bo", slug="bo")
    session = make_session(speakers=(get_ada_marsh(), bo), title="Shared")
    owner = sign_in_speaker(visitor, bo, "bo@example.org")
    with transaction():
        session_owners.set_owner(session, "bo@example.org", actor=GRACE)

    assert owner.open("/speak/bo").summary_list[ITEM] == "To do"


def test_the_text_form_reports_that_the_session_was_moved_meanwhile(ada: Browser) -> None:
    ada.open("/speak/sessions/opening/text")
    session = opening()
    with transaction():
        values = {"starts_at": FIRST_MORNING + timedelta(minutes=15), "room": make_room().key}
        sessions.save(session, values, expected_version=session.version, actor=GRACE)

    page = ada.press(LOOK, abstract="Typed with care.")
    assert "changed the time or room of this session" in page.text
    assert "9:45am" in page.text
    page = page.press("Send")

    assert get_open_proposal().values == {"abstract": "Typed with care."}


def test_the_text_form_reports_that_the_session_was_cancelled_meanwhile(ada: Browser) -> None:
    ada.open("/speak/sessions/opening/text")
    with transaction():
        sessions.cancel(opening(), actor=GRACE)

    page = ada.press(LOOK, abstract="Typed with care.")

    assert "changed the time or room of this session" in page.text
    assert "Cancelled" in page.text
    assert "Typed with care." in page.text


def test_a_withdrawn_session_refuses_the_text_and_keeps_it_in_the_form(ada: Browser) -> None:
    ada.open("/speak/sessions/opening/text")
    ada.press(LOOK, abstract="Typed with care.")
    session = opening()
    with transaction():
        sessions.save(
            session, {"state": "withdrawn"}, expected_version=session.version, actor=GRACE
        )

    page = ada.press("Send", status=409)

    assert "is no longer in the programme, so nothing has been sent" in page.text
    assert page.value_of("Abstract (optional)") == "Typed with care."


def test_a_deleted_session_shows_the_typed_text_again(ada: Browser) -> None:
    new = make_session(speakers=(get_ada_marsh(),), title="New", slug="new")
    ada.open("/speak/sessions/new/text")
    with transaction():
        sessions.delete(new, actor=GRACE)

    page = ada.press(LOOK, abstract="Typed with care.", status=404)

    assert "Typed with care." in page.text


def test_the_text_of_a_draft_session_can_be_edited(ada: Browser) -> None:
    make_session(
        speakers=(get_ada_marsh(),), title="Draft", slug="draft", is_draft=True, starts_at=None
    )

    page = ada.open("/speak/sessions/draft/text")
    assert "No time yet, No room yet" in page.text
    assert page.press(LOOK, title="A better draft").heading == "A better draft"


def test_length_limits_of_texts_are_shown_and_enforced(ada: Browser) -> None:
    page = ada.open("/speak/sessions/opening/text")
    assert "Up to 200 characters" in page.text
    assert "Up to 3,000 characters (about 450 words)" in page.text

    page = page.press(LOOK, title="", abstract=make_prose(3001), status=422)

    assert page.errors == ["Enter the title", "The abstract must be 3000 characters or fewer"]


def test_a_session_text_of_other_speakers_is_not_found(visitor: Browser) -> None:
    bo = make_speaker(name="Bo", slug="bo")
    grant_speaker_access(get_ada_marsh())
    sign_in_speaker(visitor, bo, "bo@example.org").open("/speak/sessions/opening/text", status=404)


def test_a_draft_session_of_others_looks_like_an_unknown_one(ada: Browser) -> None:
    make_session(title="A surprise guest", slug="surprise", is_draft=True)

    there = ada.open("/speak/sessions/surprise/text", status=404)
    nowhere = ada.open("/speak/sessions/nothing/text", status=404)

    assert there.text == nowhere.text


def test_every_speaker_of_a_session_can_edit_its_text_unless_it_has_an_owner(
    visitor: Browser, new_browser: Browsers
) -> None:
    ben = make_speaker(name="Ben Okri", slug="ben-okri")
    session = make_session(speakers=(get_ada_marsh(), ben), slug="shared", title="Shared")
    second = sign_in_speaker(visitor, ben, "ben@example.org")

    page = second.open("/speak/ben-okri/sessions").follow("Change title and abstract: Shared")
    page = page.press(LOOK, subtitle="Of two", description="More.").press("Send")

    assert "Sent." in page.source
    assert get_open_proposal().values == {"subtitle": "Of two", "description": "More."}
    with transaction():
        session_owners.set_owner(get_session(session.slug), "owner@example.org", actor=GRACE)
    assert second.fetch("GET", "/speak/sessions/shared/text").status_code == 404


def test_links_of_a_session_are_proposed_and_those_of_organisers_stay(ada: Browser) -> None:
    with transaction():
        opening().links = '[["http://old.example/", "Old"]]'
    ada.open("/speak/sessions/opening/text")
    page = ada.press(LOOK, {"Links (optional)": "http://old.example/ Old\njavascript:x"}, 422)
    assert page.error_for("Links (optional)").startswith("Link 2 ")

    ada.press(LOOK, {"Links (optional)": "http://old.example/ Old\nhttps://new.example New"})
    ada.press("Send")

    links = [["http://old.example/", "Old"], ["https://new.example", "New"]]
    assert get_open_proposal().values == {"links": links}


def test_a_stale_page_cannot_withdraw_a_newer_proposal(ada: Browser, new_browser: Browsers) -> None:
    ada.open("/speak/sessions/opening/text")
    ada.press(LOOK, abstract="First.").press("Send")
    stale = ada.open("/speak/sessions/opening/text")
    helper = sign_in_speaker(new_browser(), get_ada_marsh(), "helper@example.org")
    helper.open("/speak/sessions/opening/text").press(LOOK, abstract="Second.").press("Send")

    page = stale.press("Withdraw what you sent", status=409)

    assert "New changes have been sent since you opened the page" in page.text
    assert get_open_proposal().values == {"abstract": "Second."}
