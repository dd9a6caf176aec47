"""Organisers decide on what speakers would like changed: side by side, one by one or several."""

import pytest
from sqlalchemy import select

from app.accounts.models import VIEWER
from app.database import db, transaction
from app.mail.models import Email
from app.programme.editing import speakers
from app.programme.models import Session, Speaker
from app.proposals.models import Proposal
from tests.browser import Browser, Browsers, Page
from tests.factories import (
    get_ada_marsh,
    make_photo,
    make_proposal,
    make_speaker,
    publish_programme,
    sign_in,
)
from tests.pages import read_text

GRACE = "grace@conference.example"
HOSTILE = "<script>alert(1)</script> & “more”\n\n" + "w" * 300


def opening() -> Session:
    return db.session.scalars(select(Session).where(Session.slug == "opening")).one()


def get_versions(page: Page) -> dict[str, tuple[str, ...]]:
    """Read both versions of each field."""
    tables = list(page.tree.find_by_class("versions"))
    return {
        read_text(next(page.tree.find_all("th", within=row))): tuple(
            read_text(cell) for cell in page.tree.find_all("td", within=row)
        )
        for table in tables[:1]
        for row in list(page.tree.find_all("tr", within=table))[1:]
    }


def get_success_message(page: Page) -> str:
    return " ".join(read_text(note) for note in page.tree.find_by_class("note--done"))


def test_the_dashboard_shows_proposals_to_approve(organiser: Browser) -> None:
    make_proposal(get_ada_marsh(), role="Pilot")
    make_proposal(opening(), title="Welcome")

    page = organiser.open("/organise")

    assert page.links["2 changes from speakers to approve"] == "/organise/proposals?state=open"
    waiting = page.follow("2 changes from speakers to approve")
    assert [list(row.values())[1] for row in waiting.rows] == [
        "Opening ada@example.org",
        "Ada Marsh ada@example.org",
    ]


def test_an_empty_list_of_proposals_says_what_will_appear(
    organiser: Browser,
) -> None:
    page = organiser.open("/organise/proposals")

    assert "No changes yet" in page.headings


def test_a_proposal_is_shown_side_by_side_with_the_current_version(organiser: Browser) -> None:
    make_proposal(
        get_ada_marsh(),
        role="Pilot",
        biography="Ada has kept the harbour for thirty years.",
        links=[["https://port.example/", "The port"]],
    )

    page = organiser.open("/organise/proposals").follow("Ada Marsh")

    assert page.heading == "Change to Ada Marsh"
    assert get_versions(page) == {
        "Role": ("Harbour master", "Pilot"),
        "Biography": (
            "Ada has kept the harbour for twenty years.",
            "Ada has kept the harbour for thirty years.",
        ),
        "Links": ("Not given", "https://port.example/ The port"),
    }
    biography = list(page.tree.find_all("ins", within=page.main))[1]
    assert read_text(biography) == "thirty"


@pytest.mark.both_databases
def test_a_proposal_can_be_approved_and_published(organiser: Browser) -> None:
    make_proposal(get_ada_marsh(), role="Pilot")
    organiser.open("/organise/proposals").follow("Ada Marsh")

    page = organiser.press("Approve")

    assert page.heading == "Changes by speakers"
    assert (
        get_success_message(page)
        == "Approved. It will be public when you publish. We are emailing the sender."
    )
    changes = organiser.open("/organise/publishing")
    assert f"Change by a speaker: sent by ada@example.org, approved by {GRACE}" in changes.text
    assert changes.follow("Change by a speaker").heading == "Change to Ada Marsh"
    publish_programme()
    assert "Pilot" in organiser.open("/speakers/ada-marsh").text
    letter = db.session.scalars(select(Email)).one()
    assert (letter.recipient, letter.subject) == (
        "ada@example.org",
        "Your changes have been approved",
    )


def test_unpublished_changes_name_the_author_of_a_session_proposal(organiser: Browser) -> None:
    make_proposal(opening(), title="Welcome", actor="owner@example.org")
    organiser.open("/organise/proposals").follow("Opening")
    organiser.press("Approve")

    page = organiser.open("/organise/publishing")

    assert f"Change by a speaker: sent by owner@example.org, approved by {GRACE}" in page.text


def test_a_proposal_can_be_approved_with_changes_and_a_note(organiser: Browser) -> None:
    make_proposal(get_ada_marsh(), role="PILOT!!!", country="Norway")
    page = organiser.open("/organise/proposals").follow("Ada Marsh").follow("Approve with changes")

    wrong = page.press("Approve your version", role="Pilot", status=422)
    assert wrong.errors == ["Enter why you changed the text"]
    same = wrong.press("Approve your version", role="PILOT!!!", note_to_the_sender="Hm", status=409)
    assert "Change the text, or approve it as it is" in same.text
    page = same.press("Approve your version", role="Pilot", note_to_the_sender="No shouting")

    assert (
        get_success_message(page) == "Your version has been approved. We are emailing the sender."
    )
    assert (get_ada_marsh().role, get_ada_marsh().country) == ("Pilot", "Norway")
    shown = organiser.open("/organise/proposals").follow("Ada Marsh")
    assert "Outcome" in shown.headings
    assert "No shouting" in shown.text
    assert "Approve with changes" not in shown.links


def test_abstracts_and_biographies_can_be_approved_with_changes(organiser: Browser) -> None:
    make_proposal(opening(), title="Welcome", abstract="Come!")
    make_proposal(get_ada_marsh(), biographies=[["fr", "Une pilote"]])
    organiser.open("/organise/proposals").follow("Opening").follow("Approve with changes")
    organiser.press("Approve your version", abstract="Come.", note_to_the_sender="Calmer")
    assert (opening().title, opening().abstract) == ("Welcome", "Come.")

    page = organiser.open("/organise/proposals").follow("Ada Marsh").follow("Approve with changes")
    page = page.press("Add another language")
    page.press("Remove biography 2").press(
        "Approve your version",
        {"Biography in this language": "Une pilote."},
        note_to_the_sender="A full stop",
    )
    assert get_ada_marsh().biographies == '[["fr", "Une pilote."]]'


def test_a_proposal_is_sent_back_with_a_note(organiser: Browser) -> None:
    make_proposal(get_ada_marsh(), role="Pilot")
    page = organiser.open("/organise/proposals").follow("Ada Marsh").follow("Send back")
    assert page.press("Send back", status=422).errors == ["Enter what the sender should do"]

    page = organiser.press("Send back", note_to_the_sender="Pilot of what?\nPlease say.")

    assert get_success_message(page) == "Sent back. We are emailing the sender."
    assert get_ada_marsh().role == "Harbour master"
    letter = db.session.scalars(select(Email)).one()
    assert letter.subject == "Please check your changes again"
    assert b"Pilot of what?" in letter.message


@pytest.mark.both_databases
def test_deciding_on_a_changed_or_decided_proposal_is_a_conflict(
    organiser: Browser, new_browser: Browsers
) -> None:
    proposal = make_proposal(get_ada_marsh(), role="Pilot")
    back = organiser.open(f"/organise/proposals/{proposal.id}/send-back")
    organiser.open(f"/organise/proposals/{proposal.id}")
    with transaction():
        speakers.save(
            get_ada_marsh(),
            {"role": "Keeper"},
            expected_version=get_ada_marsh().version,
            actor=GRACE,
        )

    page = organiser.press("Approve", status=409)
    assert "Something has changed since you opened the page" in page.text
    assert get_versions(page) == {
        "Role Changed since": ("Keeper", "Pilot"),
        "Role, when it was sent": ("Harbour master",),
    }
    late = back.press("Send back", note_to_the_sender="Typed with care", status=409)
    assert "Typed with care" in late.source

    other = sign_in(new_browser(), "other@conference.example")
    other.open(f"/organise/proposals/{proposal.id}")
    organiser.open(f"/organise/proposals/{proposal.id}")
    organiser.press("Approve")
    assert get_ada_marsh().role == "Pilot"
    page = other.press("Approve", status=409)
    assert f"{GRACE} has already decided on this" in page.text
    page = late.press("Send back", note_to_the_sender="Too late", status=409)
    assert page.heading == "Change to Ada Marsh"


def test_several_proposals_can_be_approved_together(organiser: Browser) -> None:
    other = make_speaker(name="Bo", role="")
    publish_programme()
    make_proposal(get_ada_marsh(), role="Pilot")
    make_proposal(other, role="Deck hand")
    organiser.open("/organise/proposals")
    assert organiser.press("Approve", status=422).errors == ["Select at least one change"]

    page = organiser.press("Approve", {"Select Ada Marsh": True, "Select Bo": True})
    assert (
        get_success_message(page)
        == "Approved. They will be public when you publish. We are emailing the senders."
    )
    assert (get_ada_marsh().role, other.role) == ("Pilot", "Deck hand")


def test_approve_all_approves_every_listed_proposal(organiser: Browser) -> None:
    other = make_speaker(name="Bo", role="Cook")
    publish_programme()
    make_proposal(get_ada_marsh(), role="Pilot")
    make_proposal(other, role="Deck hand")

    page = organiser.open("/organise/proposals")

    assert "Role: before: Cook → after: Deck hand" in page.text
    page = page.press("Approve all 2 on this page")
    assert (
        get_success_message(page)
        == "Approved. They will be public when you publish. We are emailing the senders."
    )
    assert (get_ada_marsh().role, other.role) == ("Pilot", "Deck hand")
    assert "Approve all" not in page.text


def test_proposals_that_cannot_be_approved_in_bulk_are_named(organiser: Browser) -> None:
    other = make_speaker(name="Bo", role="")
    make_proposal(get_ada_marsh(), role="Pilot")
    make_proposal(other, role="Deck hand")
    make_proposal(opening(), title="Welcome")
    page = organiser.open("/organise/proposals")
    with transaction():
        speakers.save(other, {"role": "Cook"}, expected_version=other.version, actor=GRACE)
    make_proposal(opening(), title="Welcome!")

    ticks = {"Select Ada Marsh": True, "Select Bo": True, "Select Opening": True}
    page = page.press("Approve", ticks)

    assert page.heading == "1 change approved"
    reasons = read_text(next(iter(page.tree.find_by_class("past"))))
    assert "Bo Someone has changed the same text since this was sent." in reasons
    assert "Opening Something has changed since you opened the page" in reasons
    assert page.follow("Bo").heading == "Change to Bo"


def test_a_proposal_can_be_previewed_as_a_public_page(organiser: Browser) -> None:
    make_proposal(get_ada_marsh(), role="Pilot", honorific="Captain")
    make_proposal(opening(), abstract="**Come** all.")

    page = organiser.open("/organise/proposals").follow("Ada Marsh")
    page = page.follow("Preview the public page")
    assert page.heading == "Captain Ada Marsh"
    assert "Pilot" in read_text(page.tree.root)
    assert page.follow("Go back to the change").heading == "Change to Ada Marsh"

    page = organiser.open("/organise/proposals").follow("Opening")
    page = page.follow("Preview the public page")
    assert "Come all." in page.text
    assert "Captain" not in read_text(organiser.open("/speakers/ada-marsh").tree.root)


def test_a_proposed_photo_is_shown_before_approval(organiser: Browser) -> None:
    photo = make_photo(get_ada_marsh(), speaker_id=None, description="At sea")
    proposal = make_proposal(get_ada_marsh(), photo=photo.key)

    page = organiser.open(f"/organise/proposals/{proposal.id}")

    assert get_versions(page) == {"Photo": ("Not given", "At sea")}
    (shown,) = page.tree.find_all("img", within=page.main)
    assert organiser.fetch("GET", shown.get("src") or "").mimetype == "image/jpeg"
    gone = organiser.fetch("GET", f"/organise/proposals/{proposal.id}/photo/x.jpg")
    assert gone.status_code == 404
    assert "Approve with changes" not in page.links


def test_viewers_see_proposals_but_cannot_decide_on_them(visitor: Browser) -> None:
    proposal = make_proposal(get_ada_marsh(), role="Pilot")
    viewer = sign_in(visitor, role=VIEWER)

    assert "Pilot" in viewer.open(f"/organise/proposals/{proposal.id}").text
    assert not list(viewer.page.tree.find_all("button", within=viewer.page.main))
    viewer.open(f"/organise/proposals/{proposal.id}/amend", status=403)


def test_proposals_can_be_searched_filtered_and_sorted(organiser: Browser) -> None:
    make_proposal(get_ada_marsh(), role="Pilot")
    make_proposal(opening(), title="Welcome", actor="owner@example.org")

    def about(address: str) -> list[str]:
        return [list(row.values())[1] for row in organiser.open(address).rows]

    ada, owner = "Ada Marsh ada@example.org", "Opening owner@example.org"
    assert about("/organise/proposals?q=ada+MARSH") == [ada]
    assert about("/organise/proposals?q=owner") == [owner]
    assert about("/organise/proposals?about=sessions") == [owner]
    assert about("/organise/proposals?sort=-about") == [owner, ada]
    assert about("/organise/proposals?state=approved") == []
    assert about("/organise/proposals?page=7") == []


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_of_proposals_needs_a_constant_number_of_queries(
    organiser: Browser, queries: list[str], count: int
) -> None:
    for number in range(count):
        speaker = make_speaker(name=f"Speaker {number}")
        make_photo(speaker)
        other = make_photo(make_speaker(name=f"Somebody {number}")).key
        make_proposal(speaker, role="Pilot", biography="Known to all", photo=other)
    organiser.open("/organise/proposals")
    queries.clear()

    organiser.open("/organise/proposals")

    asked = [query for query in queries if not query.startswith("SELECT site_state")]
    assert len(asked) == 4, "\n".join(asked)


def test_html_in_a_proposal_is_escaped(organiser: Browser) -> None:
    proposal = make_proposal(
        get_ada_marsh(), biography=HOSTILE, links=[["javascript:alert(1)", "x"]]
    )

    page = organiser.open(f"/organise/proposals/{proposal.id}")

    assert "<script>alert" not in page.source.replace("<script type", "")
    assert "<script>alert(1)</script>" in get_versions(page)["Biography"][1]
    page = page.press("Approve", status=409)
    assert "must start with https://" in page.text


def test_an_unknown_proposal_is_not_found(organiser: Browser) -> None:
    organiser.open("/organise/proposals/77", status=404)
    organiser.open("/organise/proposals")
    assert db.session.scalars(select(Proposal)).all() == []
    assert db.session.scalars(select(Speaker)).all()
