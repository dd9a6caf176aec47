"""What speakers would like changed waits; what they are trusted with goes out by itself."""

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
from app.mail.models import Email
from app.programme import snapshot
from app.programme.editing import speakers, undo
from app.programme.models import Conference, Release, Session, Speaker
from app.proposals import (
    auto_approval,
    merging,
    preview,
    queries,
    reviews,
)
from app.proposals import services as proposals_services
from app.proposals.merging import MergeConflict
from app.proposals.models import Proposal
from app.proposals.queries import ProposalReview
from app.releases import current_release
from app.releases import queries as releases_queries
from tests.factories import (
    SMALL_CONFERENCE,
    make_photo,
    make_session,
    make_speaker,
    publish_programme,
)

ADA, GRACE = "ada@example.org", "grace@conference.example"


def ada() -> Speaker:
    return db.session.scalars(select(Speaker).where(Speaker.slug == "ada-marsh")).one()


def opening() -> Session:
    return db.session.scalars(select(Session).where(Session.slug == "opening")).one()


def marks(thing: Speaker | Session) -> dict[str, str]:
    """Open the form: what stands in it is remembered."""
    return merging.fingerprints(queries.get_status(thing).values)


def send(
    thing: Speaker | Session, *, who: str = ADA, **typed: Any
) -> proposals_services.SubmitResult:
    began = marks(thing)
    with transaction():
        return proposals_services.propose(thing, typed, base_fingerprints=began, actor=who)


def waiting() -> Proposal:
    return db.session.scalars(select(Proposal).where(Proposal.state == "open")).one()


def approve(proposal: Proposal) -> None:
    seal = ProposalReview(proposal).fingerprint
    with transaction():
        reviews.approve(proposal.id, expected_fingerprint=seal, actor=GRACE)


def trust(names: str) -> None:
    db.session.get_one(Conference, 1).trusted_fields = names
    db.session.commit()


def letters() -> list[tuple[str, str]]:
    rows = db.session.execute(select(Email.recipient, Email.subject).order_by(Email.id))
    return [(recipient, subject) for recipient, subject in rows]


def sentences(about: str) -> list[str]:
    return [entry.summary for entry in history.list_entries(about)]


@pytest.mark.both_databases
def test_what_was_sent_changes_nothing_until_somebody_approves_it(site: Flask) -> None:
    send(ada(), role="Harbour engineer", pronouns="she/her")
    assert ada().role == "Harbour master"
    proposal = waiting()
    assert [(one.field, one.before, one.after) for one in proposal.requested] == [
        ("role", "Harbour master", "Harbour engineer"),
        ("pronouns", "", "she/her"),
    ]

    approve(proposal)

    assert (ada().role, ada().pronouns) == ("Harbour engineer", "she/her")
    assert (proposal.state, proposal.decided_by) == ("approved", GRACE)
    assert sentences("speaker ada-marsh")[-2:] == [
        "Ada Marsh: changes were sent for approval (role, pronouns)",
        f"Ada Marsh was changed: role, pronouns, as requested by {ADA}",
    ]
    assert letters() == [(ADA, "Your changes have been approved")]


@pytest.mark.both_databases
def test_who_sends_again_replaces_what_waits_and_keeps_what_it_began_with(site: Flask) -> None:
    began = ada().role
    send(ada(), role="Harbour engineer")
    send(ada(), role="Pilot")

    proposal = waiting()
    assert [(one.before, one.after) for one in proposal.requested] == [(began, "Pilot")]
    assert proposal.version == 2

    send(ada(), role="Pilot")
    assert waiting().version == 2

    send(ada(), role=began)
    assert db.session.scalars(select(Proposal.state)).all() == ["taken back"]


def test_two_at_once_keep_what_each_has_changed(site: Flask) -> None:
    both = marks(ada())
    old = queries.get_status(ada()).values
    with transaction():
        typed = {"role": "Pilot", "country": old["country"]}
        proposals_services.propose(ada(), typed, base_fingerprints=both, actor=ADA)
    with transaction():
        typed = {"role": old["role"], "country": "Norway"}
        proposals_services.propose(ada(), typed, base_fingerprints=both, actor="helper@example.org")

    assert waiting().values == {"role": "Pilot", "country": "Norway"}
    assert waiting().sent_by == "helper@example.org"


def test_the_same_field_twice_shows_both_versions(site: Flask) -> None:
    both = marks(ada())
    send(ada(), role="Pilot")

    with pytest.raises(MergeConflict) as crossed:
        proposals_services.propose(
            ada(), {"role": "Captain"}, base_fingerprints=both, actor="helper@example.org"
        )

    assert [(one.old, one.new) for one in crossed.value.differing] == [("Pilot", "Captain")]
    assert crossed.value.values == {"role": "Captain"}
    assert waiting().values == {"role": "Pilot"}


@pytest.mark.both_databases
def test_what_an_organiser_changed_meanwhile_is_seen_before_it_is_written_over(site: Flask) -> None:
    send(ada(), role="Pilot")
    seal = ProposalReview(waiting()).fingerprint
    with transaction():
        speakers.save(ada(), {"role": "Keeper"}, expected_version=ada().version, actor=GRACE)

    with pytest.raises(reviews.StaleReview):
        reviews.approve(waiting().id, expected_fingerprint=seal, actor=GRACE)
    db.session.rollback()
    look = ProposalReview(waiting())
    assert look.is_overtaken
    assert (look.fields[0].current_value, look.fields[0].requested.after) == ("Keeper", "Pilot")

    several = reviews.approve_several({waiting().id: look.fingerprint}, actor=GRACE)
    assert (several.approved, several.skipped[0].name) == (0, "Ada Marsh")

    approve(waiting())
    assert ada().role == "Pilot"


def test_what_stands_so_already_can_be_approved(site: Flask) -> None:
    send(ada(), role="Pilot")
    with transaction():
        speakers.save(ada(), {"role": "Pilot"}, expected_version=ada().version, actor=GRACE)

    approve(waiting())

    assert not db.session.scalars(select(Proposal).where(Proposal.state == "open")).all()


@pytest.mark.both_databases
def test_other_words_come_with_a_reason(site: Flask) -> None:
    send(opening(), title="The opening!!!", abstract="Come.")
    proposal = waiting()
    seal = ProposalReview(proposal).fingerprint
    with pytest.raises(RuleViolation, match="Edit the text"):
        reviews.amend(
            proposal.id, dict(proposal.values), "-", expected_fingerprint=seal, actor=GRACE
        )
    db.session.rollback()

    with transaction():
        reviews.amend(
            proposal.id,
            {"title": "The opening"},
            "No shouting",
            expected_fingerprint=seal,
            actor=GRACE,
        )

    assert (opening().title, opening().abstract) == ("The opening", "Come.")
    assert [(one.old, one.new) for one in proposal.amendments] == [
        ("The opening!!!", "The opening")
    ]
    assert proposal.note == "No shouting"
    assert letters()[0][1] == "Your changes have been edited and approved"


def test_what_was_sent_back_is_what_its_author_goes_on_from(site: Flask) -> None:
    send(ada(), role="Pilot")
    proposal = waiting()
    with transaction():
        reviews.request_changes(
            proposal.id,
            "Of what?",
            expected_fingerprint=ProposalReview(proposal).fingerprint,
            actor=GRACE,
        )

    standing = queries.get_status(ada())
    assert standing.returned_proposal is proposal
    assert standing.values["role"] == "Pilot"
    assert ada().role != "Pilot"
    assert letters() == [(ADA, "Please check your changes again")]

    send(ada(), role="Pilot of the port")
    assert queries.get_status(ada()).returned_proposal is None
    assert db.session.scalars(select(Proposal.state).order_by(Proposal.id)).all() == [
        "sent back",
        "open",
    ]


def test_nobody_decides_twice(site: Flask) -> None:
    send(ada(), role="Pilot")
    proposal = waiting()
    seal = ProposalReview(proposal).fingerprint
    approve(proposal)

    with pytest.raises(RuleViolation, match="has already decided on this"):
        reviews.request_changes(
            proposal.id, "No", expected_fingerprint=seal, actor="other@conference.example"
        )
    with pytest.raises(NotFound):
        reviews.approve(999, expected_fingerprint=seal, actor=GRACE)


def test_it_can_be_taken_back(site: Flask) -> None:
    send(ada(), role="Pilot")

    with transaction():
        assert proposals_services.withdraw(ada(), queries.SPEAKER_FIELD_NAMES, actor=ADA)
    assert not proposals_services.withdraw(ada(), queries.SPEAKER_FIELD_NAMES, actor=ADA)
    assert sentences("speaker ada-marsh")[-1] == (
        "Ada Marsh: the changes sent for approval were withdrawn"
    )


@pytest.mark.both_databases
def test_some_of_it_can_be_taken_back_and_the_rest_waits_as_it_was_sent(site: Flask) -> None:
    send(ada(), role="Pilot", links=[["https://port.example/", ""]])
    sent = waiting()
    seal, sent_at = ProposalReview(sent).fingerprint, sent.sent_at

    with transaction():
        assert proposals_services.withdraw(ada(), {"role"}, actor="helper@example.org")
        assert not proposals_services.withdraw(ada(), {"role"}, actor="helper@example.org")

    rest = waiting()
    assert rest.values == {"links": [["https://port.example/", ""]]}
    assert (rest.sent_by, rest.sent_at) == (ADA, sent_at)
    with pytest.raises(RuleViolation, match="helper@example\\.org has already decided on this"):
        reviews.approve(sent.id, expected_fingerprint=seal, actor=GRACE)
    assert sent.values == {"role": "Pilot"}


def test_nothing_is_kept_of_who_has_left_the_programme(site: Flask) -> None:
    began = marks(ada())
    with transaction():
        speakers.withdraw(ada(), actor=GRACE)

    with pytest.raises(RuleViolation, match="is no longer in the programme"):
        proposals_services.propose(ada(), {"role": "Pilot"}, base_fingerprints=began, actor=ADA)


def test_a_deleted_speaker_takes_what_was_sent_along(site: Flask) -> None:
    new = make_speaker(name="New")
    send(new, role="Pilot")

    with transaction():
        speakers.delete(new, actor=GRACE)

    assert db.session.scalars(select(Proposal)).all() == []


def test_a_link_that_may_stand_nowhere_is_refused_by_the_programme_too(site: Flask) -> None:
    send(ada(), links=[["javascript:alert(1)", "Click"]])
    proposal = waiting()

    with pytest.raises(RuleViolation, match="must start with https"):
        reviews.approve(
            proposal.id, expected_fingerprint=ProposalReview(proposal).fingerprint, actor=GRACE
        )


def test_a_photo_is_proposed_by_its_key(site: Flask) -> None:
    old, new = make_photo(ada()), make_photo(ada(), speaker_id=None, description="At sea")
    send(ada(), photo=new.key)
    proposal = waiting()
    assert [(one.old, one.new) for one in proposal.requested] == [("A person, smiling", "At sea")]

    approve(proposal)

    assert ada().photo is new
    assert old.speaker_id is None
    send(ada(), photo=None)
    approve(waiting())
    assert ada().photo is None
    db.session.delete(new)
    db.session.commit()
    entry = history.list_newest("speaker ada-marsh")[0]
    with pytest.raises(RuleViolation, match="no longer have this picture"):
        undo.undo(entry.id, actor=GRACE)


# What is trusted


@pytest.mark.both_databases
def test_what_is_trusted_goes_out_alone(site: Flask, frozen_time: Any) -> None:
    trust("biography links")
    opening().title = "Not to be seen yet"
    ada().role = "Not to be seen either"
    opening().changed_at = ada().changed_at = clock.now()
    opening().version += 1
    db.session.commit()
    frozen_time.shift(timedelta(minutes=1))
    number = current_release.get_programme().number

    sent = send(ada(), biography="Anew.", links=[["https://a.example/", "A"]], role="Pilot")
    assert [one.field for one in sent.applied] == ["biography", "links"]
    assert [one.field for one in sent.waiting] == ["role"]
    assert ada().biography == "Anew."
    send(ada(), biographies=[["fr", "De nouveau."]])
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


def test_what_an_organiser_has_changed_since_waits(site: Flask, frozen_time: Any) -> None:
    trust("biography")
    number = current_release.get_programme().number
    send(ada(), biography="Mine.")
    with transaction():
        speakers.save(ada(), {"biography": "Ours."}, expected_version=ada().version, actor=GRACE)
    frozen_time.shift(timedelta(minutes=3))

    auto_approval.publish_due()
    db.session.commit()

    assert current_release.get_programme().number == number


def test_who_is_not_public_yet_goes_out_with_the_next_release(
    site: Flask, frozen_time: Any
) -> None:
    trust("biography")
    new = make_speaker(name="New")
    number = current_release.get_programme().number
    send(new, biography="Mine.")
    frozen_time.shift(timedelta(minutes=3))

    auto_approval.publish_due()
    db.session.commit()

    assert current_release.get_programme().number == number
    assert db.session.scalars(select(Proposal.publish_at)).all() == [None]


def test_many_names_are_told_in_short(site: Flask, frozen_time: Any) -> None:
    trust("biography")
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
def test_before_the_first_release_nothing_goes_out(site: Flask, frozen_time: Any) -> None:
    with transaction():
        services.load_file(SMALL_CONFERENCE)
    trust("biography")
    send(ada(), biography="Mine.")
    frozen_time.shift(timedelta(minutes=3))

    auto_approval.publish_due()
    db.session.commit()

    assert db.session.scalars(select(Release)).all() == []


# What readers would see


def test_what_readers_would_see_is_made_as_a_release_is(site: Flask) -> None:
    photo = make_photo(ada(), speaker_id=None)
    values = {**queries.get_status(ada()).values, "name": "Ada M.", "photo": photo.key}

    shown, around = preview.preview_speaker(ada(), values)

    assert (shown.name, shown.photo) == ("Ada M.", snapshot.Photo(photo.key, photo.description))
    assert around.get_speaker("ada-marsh").name == "Ada M."
    assert ada().name == "Ada Marsh"
    assert preview.preview_speaker(ada(), {"photo": None})[0].photo is None


def test_a_draft_can_be_looked_at_too(site: Flask) -> None:
    draft = make_session(title="Draft", is_draft=True)

    shown, around = preview.preview_session(draft, {"title": "A better draft"})
    assert shown.title == "A better draft"
    assert all(one.slug != draft.slug for one in around.sessions)
    assert (
        preview.preview_session(opening(), {"abstract": "*So*"})[0].abstract == "<p><em>So</em></p>"
    )


def test_every_trusted_field_can_be_proposed() -> None:
    named: Mapping[str, Any] = queries.AUTO_APPROVABLE
    assert {field for group in named.values() for field in group} <= set(
        queries.SPEAKER_FIELD_NAMES
    )


def test_texts_are_kept_as_they_were_typed(site: Flask) -> None:
    send(ada(), biographies=[["ar", "قابلة"]])
    approve(waiting())

    assert json.loads(ada().biographies) == [["ar", "قابلة"]]
    assert "Arabic: قابلة" in history.list_newest("speaker ada-marsh")[0].changes
