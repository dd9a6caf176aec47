"""Proposals by speakers: review, automatic approval and previews."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock
from app.database import db, transaction
from app.errors import NotFound, RuleViolation
from app.history import queries as history
from app.interchange import services
from app.programme import snapshot
from app.programme.editing import speakers, undo
from app.programme.models import Conference, Release, Session, Speaker
from app.proposals import auto_approval, merging, preview, queries, reviews
from app.proposals import services as proposals_services
from app.proposals.merging import MergeConflict
from app.proposals.models import Proposal
from app.proposals.queries import ProposalReview
from app.releases import current_release
from app.releases import queries as releases_queries
from tests.factories import (
    SMALL_CONFERENCE,
    get_ada_marsh,
    make_photo,
    make_session,
    make_speaker,
    publish_programme,
)
from tests.lookups import list_history
from tests.sent_emails import list_emails

ADA, GRACE = "ada@example.org", "grace@conference.example"


def opening() -> Session:
    return db.session.scalars(select(Session).where(Session.slug == "opening")).one()


def get_fingerprints(entity: Speaker | Session) -> dict[str, str]:
    """Return those of the texts in the form, as they are when it is opened."""
    return merging.fingerprints(queries.get_status(entity).values)


def send(
    entity: Speaker | Session, *, actor: str = ADA, **typed: Any
) -> proposals_services.SubmitResult:
    original = get_fingerprints(entity)
    with transaction():
        return proposals_services.propose(entity, typed, base_fingerprints=original, actor=actor)


def get_open_proposal() -> Proposal:
    return db.session.scalars(select(Proposal).where(Proposal.state == "open")).one()


def approve(proposal: Proposal) -> None:
    fingerprint = ProposalReview(proposal).fingerprint
    with transaction():
        reviews.approve(proposal.id, expected_fingerprint=fingerprint, actor=GRACE)


def auto_approve(names: str) -> None:
    db.session.get_one(Conference, 1).trusted_fields = names
    db.session.commit()


@pytest.mark.both_databases
def test_a_proposal_changes_nothing_until_it_is_approved(site: Flask) -> None:
    send(get_ada_marsh(), role="Harbour engineer", pronouns="she/her")
    assert get_ada_marsh().role == "Harbour master"
    proposal = get_open_proposal()
    assert [(one.field, one.before, one.after) for one in proposal.requested] == [
        ("role", "Harbour master", "Harbour engineer"),
        ("pronouns", "", "she/her"),
    ]

    approve(proposal)

    assert (get_ada_marsh().role, get_ada_marsh().pronouns) == ("Harbour engineer", "she/her")
    assert (proposal.state, proposal.decided_by) == ("approved", GRACE)
    assert list_history("speaker ada-marsh")[-2:] == [
        "Ada Marsh: changes were sent for approval (role, pronouns)",
        f"Ada Marsh was changed: role, pronouns, as requested by {ADA}",
    ]
    assert list_emails() == [(ADA, "Your changes have been approved")]


@pytest.mark.both_databases
def test_sending_again_updates_the_open_proposal_and_keeps_the_original_text(site: Flask) -> None:
    original = get_ada_marsh().role
    send(get_ada_marsh(), role="Harbour engineer")
    send(get_ada_marsh(), role="Pilot")

    proposal = get_open_proposal()
    assert [(one.before, one.after) for one in proposal.requested] == [(original, "Pilot")]
    assert proposal.version == 2

    send(get_ada_marsh(), role="Pilot")
    assert get_open_proposal().version == 2

    send(get_ada_marsh(), role=original)
    assert db.session.scalars(select(Proposal.state)).all() == ["taken back"]


def test_two_people_can_propose_changes_of_different_fields_concurrently(site: Flask) -> None:
    both = get_fingerprints(get_ada_marsh())
    old = queries.get_status(get_ada_marsh()).values
    with transaction():
        typed = {"role": "Pilot", "country": old["country"]}
        proposals_services.propose(get_ada_marsh(), typed, base_fingerprints=both, actor=ADA)
    with transaction():
        typed = {"role": old["role"], "country": "Norway"}
        proposals_services.propose(
            get_ada_marsh(), typed, base_fingerprints=both, actor="helper@example.org"
        )

    assert get_open_proposal().values == {"role": "Pilot", "country": "Norway"}
    assert get_open_proposal().sent_by == "helper@example.org"


def test_two_people_who_change_the_same_field_see_both_versions(site: Flask) -> None:
    both = get_fingerprints(get_ada_marsh())
    send(get_ada_marsh(), role="Pilot")

    with pytest.raises(MergeConflict) as crossed:
        proposals_services.propose(
            get_ada_marsh(), {"role": "Captain"}, base_fingerprints=both, actor="helper@example.org"
        )

    assert [(one.old, one.new) for one in crossed.value.differing] == [("Pilot", "Captain")]
    assert crossed.value.values == {"role": "Captain"}
    assert get_open_proposal().values == {"role": "Pilot"}


@pytest.mark.both_databases
def test_a_stale_review_cannot_approve_a_proposal_whose_text_was_changed(
    site: Flask,
) -> None:
    send(get_ada_marsh(), role="Pilot")
    fingerprint = ProposalReview(get_open_proposal()).fingerprint
    with transaction():
        speakers.save(
            get_ada_marsh(),
            {"role": "Keeper"},
            expected_version=get_ada_marsh().version,
            actor=GRACE,
        )

    with pytest.raises(reviews.StaleReview):
        reviews.approve(get_open_proposal().id, expected_fingerprint=fingerprint, actor=GRACE)
    db.session.rollback()
    look = ProposalReview(get_open_proposal())
    assert look.is_overtaken
    assert (look.fields[0].current_value, look.fields[0].requested.after) == ("Keeper", "Pilot")

    several = reviews.approve_several({get_open_proposal().id: look.fingerprint}, actor=GRACE)
    assert (several.approved, several.skipped[0].name) == (0, "Ada Marsh")

    approve(get_open_proposal())
    assert get_ada_marsh().role == "Pilot"


def test_a_proposal_can_be_approved_if_the_text_already_has_that_value(site: Flask) -> None:
    send(get_ada_marsh(), role="Pilot")
    with transaction():
        speakers.save(
            get_ada_marsh(),
            {"role": "Pilot"},
            expected_version=get_ada_marsh().version,
            actor=GRACE,
        )

    approve(get_open_proposal())

    assert not db.session.scalars(select(Proposal).where(Proposal.state == "open")).all()


@pytest.mark.both_databases
def test_an_amended_proposal_needs_a_note_that_is_emailed_to_the_speaker(site: Flask) -> None:
    send(opening(), title="The opening!!!", abstract="Come.")
    proposal = get_open_proposal()
    fingerprint = ProposalReview(proposal).fingerprint
    with pytest.raises(RuleViolation, match="Change the text"):
        reviews.amend(
            proposal.id, dict(proposal.values), "-", expected_fingerprint=fingerprint, actor=GRACE
        )
    db.session.rollback()

    with transaction():
        reviews.amend(
            proposal.id,
            {"title": "The opening"},
            "No shouting",
            expected_fingerprint=fingerprint,
            actor=GRACE,
        )

    assert (opening().title, opening().abstract) == ("The opening", "Come.")
    assert [(one.old, one.new) for one in proposal.amendments] == [
        ("The opening!!!", "The opening")
    ]
    assert proposal.note == "No shouting"
    assert list_emails()[0][1].startswith("Approved with changes: ")


def test_after_requested_changes_a_speaker_continues_from_the_proposed_text(site: Flask) -> None:
    send(get_ada_marsh(), role="Pilot")
    proposal = get_open_proposal()
    with transaction():
        reviews.request_changes(
            proposal.id,
            "Of what?",
            expected_fingerprint=ProposalReview(proposal).fingerprint,
            actor=GRACE,
        )

    status = queries.get_status(get_ada_marsh())
    assert status.returned_proposal is proposal
    assert status.values["role"] == "Pilot"
    assert get_ada_marsh().role != "Pilot"
    assert list_emails() == [(ADA, "Please check your changes again")]

    send(get_ada_marsh(), role="Pilot of the port")
    assert queries.get_status(get_ada_marsh()).returned_proposal is None
    assert db.session.scalars(select(Proposal.state).order_by(Proposal.id)).all() == [
        "sent back",
        "open",
    ]


def test_a_proposal_cannot_be_decided_twice(site: Flask) -> None:
    send(get_ada_marsh(), role="Pilot")
    proposal = get_open_proposal()
    fingerprint = ProposalReview(proposal).fingerprint
    approve(proposal)

    with pytest.raises(RuleViolation, match="has already decided on this"):
        reviews.request_changes(
            proposal.id, "No", expected_fingerprint=fingerprint, actor="other@conference.example"
        )
    with pytest.raises(NotFound):
        reviews.approve(999, expected_fingerprint=fingerprint, actor=GRACE)


def test_a_speaker_can_withdraw_a_proposal(site: Flask) -> None:
    send(get_ada_marsh(), role="Pilot")

    with transaction():
        assert proposals_services.withdraw(get_ada_marsh(), queries.SPEAKER_FIELD_NAMES, actor=ADA)
    assert not proposals_services.withdraw(get_ada_marsh(), queries.SPEAKER_FIELD_NAMES, actor=ADA)
    assert list_history("speaker ada-marsh")[-1] == (
        "Ada Marsh: the changes sent for approval were withdrawn"
    )


@pytest.mark.both_databases
def test_withdrawing_one_field_of_a_proposal_keeps_the_others_open(site: Flask) -> None:
    send(get_ada_marsh(), role="Pilot", links=[["https://port.example/", ""]])
    sent = get_open_proposal()
    fingerprint, sent_at = ProposalReview(sent).fingerprint, sent.sent_at

    with transaction():
        assert proposals_services.withdraw(get_ada_marsh(), {"role"}, actor="helper@example.org")
        assert not proposals_services.withdraw(
            get_ada_marsh(), {"role"}, actor="helper@example.org"
        )

    rest = get_open_proposal()
    assert rest.values == {"links": [["https://port.example/", ""]]}
    assert (rest.sent_by, rest.sent_at) == (ADA, sent_at)
    with pytest.raises(RuleViolation, match="helper@example\\.org has already decided on this"):
        reviews.approve(sent.id, expected_fingerprint=fingerprint, actor=GRACE)
    assert sent.values == {"role": "Pilot"}


def test_a_withdrawn_speaker_cannot_propose_changes(site: Flask) -> None:
    original = get_fingerprints(get_ada_marsh())
    with transaction():
        speakers.withdraw(get_ada_marsh(), actor=GRACE)

    with pytest.raises(RuleViolation, match="is no longer in the programme"):
        proposals_services.propose(
            get_ada_marsh(), {"role": "Pilot"}, base_fingerprints=original, actor=ADA
        )


def test_the_proposals_of_a_speaker_are_deleted_with_them(site: Flask) -> None:
    new = make_speaker(name="New")
    send(new, role="Pilot")

    with transaction():
        speakers.delete(new, actor=GRACE)

    assert db.session.scalars(select(Proposal)).all() == []


def test_a_javascript_link_cannot_be_approved(site: Flask) -> None:
    send(get_ada_marsh(), links=[["javascript:alert(1)", "Click"]])
    proposal = get_open_proposal()

    with pytest.raises(RuleViolation, match="must start with https"):
        reviews.approve(
            proposal.id, expected_fingerprint=ProposalReview(proposal).fingerprint, actor=GRACE
        )


def test_a_photo_is_proposed_by_its_key(site: Flask) -> None:
    old, new = (
        make_photo(get_ada_marsh()),
        make_photo(get_ada_marsh(), speaker_id=None, description="At sea"),
    )
    send(get_ada_marsh(), photo=new.key)
    proposal = get_open_proposal()
    assert [(one.old, one.new) for one in proposal.requested] == [("A person, smiling", "At sea")]

    approve(proposal)

    assert get_ada_marsh().photo is new
    assert old.speaker_id is None
    send(get_ada_marsh(), photo=None)
    approve(get_open_proposal())
    assert get_ada_marsh().photo is None
    db.session.delete(new)
    db.session.commit()
    entry = history.list_newest("speaker ada-marsh")[0]
    with pytest.raises(RuleViolation, match="no longer have this picture"):
        undo.undo(entry.id, actor=GRACE)


# Automatic approval


@pytest.mark.both_databases
def test_auto_approved_fields_are_published_without_other_pending_changes(
    site: Flask, frozen_time: Any
) -> None:
    auto_approve("biography links")
    opening().title = "Not to be seen yet"
    get_ada_marsh().role = "Not to be seen either"
    opening().changed_at = get_ada_marsh().changed_at = clock.now()
    opening().version += 1
    db.session.commit()
    frozen_time.shift(timedelta(minutes=1))
    number = current_release.get_programme().number

    sent = send(
        get_ada_marsh(), biography="Anew.", links=[["https://a.example/", "A"]], role="Pilot"
    )
    assert [one.field for one in sent.applied] == ["biography", "links"]
    assert [one.field for one in sent.waiting] == ["role"]
    assert get_ada_marsh().biography == "Anew."
    send(get_ada_marsh(), biographies=[["fr", "De nouveau."]])
    auto_approval.publish_due()
    db.session.commit()
    assert current_release.get_programme().number == number

    frozen_time.shift(timedelta(minutes=3))
    auto_approval.publish_due()
    db.session.commit()
    auto_approval.publish_due()
    db.session.commit()

    shown = current_release.get_programme().get_speaker("ada-marsh")
    assert current_release.get_programme().number == number + 1
    assert (shown.summary, shown.links) == ("Anew.", (("https://a.example/", "A"),))
    assert [code for code, _ in shown.biographies] == ["fr"]
    assert shown.role not in {"Not to be seen either", "Pilot"}
    assert current_release.get_programme().get_session("opening").title != "Not to be seen yet"
    release = db.session.get_one(Release, number + 1)
    assert release.note == "Changes by speakers were published automatically: Ada Marsh"
    assert releases_queries.count_pending() == 2  # the title and the role still wait


def test_an_auto_approved_text_that_an_organiser_has_changed_is_not_published(
    site: Flask, frozen_time: Any
) -> None:
    auto_approve("biography")
    number = current_release.get_programme().number
    send(get_ada_marsh(), biography="Mine.")
    with transaction():
        speakers.save(
            get_ada_marsh(),
            {"biography": "Ours."},
            expected_version=get_ada_marsh().version,
            actor=GRACE,
        )
    frozen_time.shift(timedelta(minutes=3))

    auto_approval.publish_due()
    db.session.commit()

    assert current_release.get_programme().number == number


def test_a_speaker_who_is_not_public_yet_is_not_published_automatically(
    site: Flask, frozen_time: Any
) -> None:
    auto_approve("biography")
    new = make_speaker(name="New")
    number = current_release.get_programme().number
    send(new, biography="Mine.")
    frozen_time.shift(timedelta(minutes=3))

    auto_approval.publish_due()
    db.session.commit()

    assert current_release.get_programme().number == number
    assert db.session.scalars(select(Proposal.publish_at)).all() == [None]


def test_the_note_of_an_automatic_release_names_five_speakers(
    site: Flask, frozen_time: Any
) -> None:
    auto_approve("biography")
    people = [make_speaker(name=f"Speaker {letter}") for letter in "ABCDEFG"]
    publish_programme()
    frozen_time.shift(timedelta(minutes=1))
    for one in people:
        send(one, biography="Anew.")
    frozen_time.shift(timedelta(minutes=3))

    auto_approval.publish_due()
    db.session.commit()

    newest = db.session.scalars(select(Release).order_by(Release.number.desc())).first()
    assert newest is not None
    assert newest.note == (
        "Changes by speakers were published automatically: Speaker A, Speaker B, Speaker C, "
        "Speaker D, Speaker E and 2 more"
    )


@pytest.mark.empty
def test_nothing_is_published_automatically_before_the_first_release(
    site: Flask, frozen_time: Any
) -> None:
    with transaction():
        services.load_file(SMALL_CONFERENCE)
    auto_approve("biography")
    send(get_ada_marsh(), biography="Mine.")
    frozen_time.shift(timedelta(minutes=3))

    auto_approval.publish_due()
    db.session.commit()

    assert db.session.scalars(select(Release)).all() == []


# Previews


def test_the_preview_shows_a_speaker_as_a_release_would(site: Flask) -> None:
    photo = make_photo(get_ada_marsh(), speaker_id=None)
    values = {**queries.get_status(get_ada_marsh()).values, "name": "Ada M.", "photo": photo.key}

    shown, around = preview.preview_speaker(get_ada_marsh(), values)

    assert (shown.name, shown.photo) == ("Ada M.", snapshot.Photo(photo.key, photo.description))
    assert around.get_speaker("ada-marsh").name == "Ada M."
    assert get_ada_marsh().name == "Ada Marsh"
    assert preview.preview_speaker(get_ada_marsh(), {"photo": None})[0].photo is None


def test_a_draft_session_can_be_previewed(site: Flask) -> None:
    draft = make_session(title="Draft", is_draft=True)

    shown, around = preview.preview_session(draft, {"title": "A better draft"})
    assert shown.title == "A better draft"
    assert all(one.slug != draft.slug for one in around.sessions)
    assert (
        preview.preview_session(opening(), {"abstract": "*So*"})[0].abstract == "<p><em>So</em></p>"
    )


def test_every_auto_approvable_field_can_be_proposed() -> None:
    named: Mapping[str, Any] = queries.AUTO_APPROVABLE
    assert {field for group in named.values() for field in group} <= set(
        queries.SPEAKER_FIELD_NAMES
    )


def test_a_proposed_text_is_stored_as_it_was_typed(site: Flask) -> None:
    send(get_ada_marsh(), biographies=[["ar", "قابلة"]])
    approve(get_open_proposal())

    assert json.loads(get_ada_marsh().biographies) == [["ar", "قابلة"]]
    assert "Arabic: قابلة" in history.list_newest("speaker ada-marsh")[0].changes
