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
from app.errors import NotFound, Refused
from app.history import queries as history
from app.mail.models import Letter
from app.programme import document, releases
from app.programme import services as programme
from app.programme.editing import speakers as deeds
from app.programme.editing import undo
from app.programme.models import Conference, Release, Session, Speaker
from app.programme.proposals import fields, merging, queries, seen, services, trusted
from app.programme.proposals.merging import Crossed
from app.programme.proposals.models import Proposal
from app.programme.proposals.queries import Look
from app.programme.publishing import unpublished
from tests.factories import SMALL_CONFERENCE, a_photo, a_session, a_speaker, published

ADA, GRACE = "ada@example.org", "grace@conference.example"


def ada() -> Speaker:
    return db.session.scalars(select(Speaker).where(Speaker.slug == "ada-marsh")).one()


def opening() -> Session:
    return db.session.scalars(select(Session).where(Session.slug == "opening")).one()


def marks(thing: Speaker | Session) -> dict[str, str]:
    """Open the form: what stands in it is remembered."""
    return merging.marks(queries.standing(thing).values)


def send(thing: Speaker | Session, *, who: str = ADA, **typed: Any) -> services.Sent:
    began = marks(thing)
    with transaction():
        return services.propose(thing, typed, began=began, who=who)


def waiting() -> Proposal:
    return db.session.scalars(select(Proposal).where(Proposal.state == "open")).one()


def approve(proposal: Proposal) -> None:
    seal = Look(proposal).seal
    with transaction():
        services.approve(proposal.id, seal=seal, who=GRACE)


def trust(names: str) -> None:
    db.session.get_one(Conference, 1).trusted_fields = names
    db.session.commit()


def letters() -> list[tuple[str, str]]:
    rows = db.session.execute(select(Letter.recipient, Letter.subject).order_by(Letter.id))
    return [(recipient, subject) for recipient, subject in rows]


def sentences(about: str) -> list[str]:
    return [entry.sentence for entry in history.entries(about)]


@pytest.mark.both_databases
def test_what_was_sent_changes_nothing_until_somebody_approves_it(site: Flask) -> None:
    send(ada(), role="Harbour engineer", pronouns="she/her")
    assert ada().role == "Harbour master"
    proposal = waiting()
    assert [(one.field, one.before, one.after) for one in proposal.asked] == [
        ("role", "Harbour master", "Harbour engineer"),
        ("pronouns", "", "she/her"),
    ]

    approve(proposal)

    assert (ada().role, ada().pronouns) == ("Harbour engineer", "she/her")
    assert (proposal.state, proposal.decided_by) == ("approved", GRACE)
    assert sentences("speaker ada-marsh")[-2:] == [
        "Ada Marsh: a change was sent in (role, pronouns)",
        f"Ada Marsh was changed: role, pronouns, as {ADA} asked",
    ]
    assert letters() == [(ADA, "Your changes have been approved: Ada Marsh")]


@pytest.mark.both_databases
def test_who_sends_again_replaces_what_waits_and_keeps_what_it_began_with(site: Flask) -> None:
    began = ada().role
    send(ada(), role="Harbour engineer")
    send(ada(), role="Pilot")

    proposal = waiting()
    assert [(one.before, one.after) for one in proposal.asked] == [(began, "Pilot")]
    assert proposal.version == 2

    send(ada(), role="Pilot")
    assert waiting().version == 2

    send(ada(), role=began)
    assert db.session.scalars(select(Proposal.state)).all() == ["taken back"]


def test_two_at_once_keep_what_each_has_changed(site: Flask) -> None:
    both = marks(ada())
    old = queries.standing(ada()).values
    with transaction():
        typed = {"role": "Pilot", "country": old["country"]}
        services.propose(ada(), typed, began=both, who=ADA)
    with transaction():
        typed = {"role": old["role"], "country": "Norway"}
        services.propose(ada(), typed, began=both, who="helper@example.org")

    assert waiting().values == {"role": "Pilot", "country": "Norway"}
    assert waiting().who == "helper@example.org"


def test_the_same_field_twice_shows_both_versions(site: Flask) -> None:
    both = marks(ada())
    send(ada(), role="Pilot")

    with pytest.raises(Crossed) as crossed:
        services.propose(ada(), {"role": "Captain"}, began=both, who="helper@example.org")

    assert [(one.old, one.new) for one in crossed.value.differing] == [("Pilot", "Captain")]
    assert crossed.value.values == {"role": "Captain"}
    assert waiting().values == {"role": "Pilot"}


@pytest.mark.both_databases
def test_what_an_organiser_changed_meanwhile_is_seen_before_it_is_written_over(site: Flask) -> None:
    send(ada(), role="Pilot")
    seal = Look(waiting()).seal
    with transaction():
        deeds.save(ada(), {"role": "Keeper"}, seen=ada().version, who=GRACE)

    with pytest.raises(services.Changed):
        services.approve(waiting().id, seal=seal, who=GRACE)
    db.session.rollback()
    look = Look(waiting())
    assert look.is_overtaken
    assert (look.fields[0].now, look.fields[0].asked.after) == ("Keeper", "Pilot")

    several = services.approve_several({waiting().id: look.seal}, who=GRACE)
    assert (several.approved, several.left_out[0].name) == (0, "Ada Marsh")

    approve(waiting())
    assert ada().role == "Pilot"


def test_what_stands_so_already_can_be_approved(site: Flask) -> None:
    send(ada(), role="Pilot")
    with transaction():
        deeds.save(ada(), {"role": "Pilot"}, seen=ada().version, who=GRACE)

    approve(waiting())

    assert not db.session.scalars(select(Proposal).where(Proposal.state == "open")).all()


@pytest.mark.both_databases
def test_other_words_come_with_a_reason(site: Flask) -> None:
    send(opening(), title="The opening!!!", abstract="Come.")
    proposal = waiting()
    seal = Look(proposal).seal
    with pytest.raises(Refused, match="Change some of the words"):
        services.amend(proposal.id, dict(proposal.values), "-", seal=seal, who=GRACE)
    db.session.rollback()

    with transaction():
        services.amend(proposal.id, {"title": "The opening"}, "No shouting", seal=seal, who=GRACE)

    assert (opening().title, opening().abstract) == ("The opening", "Come.")
    assert [(one.old, one.new) for one in proposal.amended] == [("The opening!!!", "The opening")]
    assert proposal.note == "No shouting"
    assert letters()[0][1] == "Your changes have been approved with other words: The opening"


def test_what_was_sent_back_is_what_its_author_goes_on_from(site: Flask) -> None:
    send(ada(), role="Pilot")
    proposal = waiting()
    with transaction():
        services.send_back(proposal.id, "Of what?", seal=Look(proposal).seal, who=GRACE)

    standing = queries.standing(ada())
    assert standing.came_back is proposal
    assert standing.values["role"] == "Pilot"
    assert ada().role != "Pilot"
    assert letters() == [(ADA, "Please look at your changes again: Ada Marsh")]

    send(ada(), role="Pilot of the port")
    assert queries.standing(ada()).came_back is None
    assert db.session.scalars(select(Proposal.state).order_by(Proposal.id)).all() == [
        "sent back",
        "open",
    ]


def test_nobody_decides_twice(site: Flask) -> None:
    send(ada(), role="Pilot")
    proposal = waiting()
    seal = Look(proposal).seal
    approve(proposal)

    with pytest.raises(Refused, match="has decided on this already"):
        services.send_back(proposal.id, "No", seal=seal, who="other@conference.example")
    with pytest.raises(NotFound):
        services.approve(999, seal=seal, who=GRACE)


def test_it_can_be_taken_back(site: Flask) -> None:
    send(ada(), role="Pilot")

    with transaction():
        assert services.take_back(ada(), fields.OF_SPEAKERS, who=ADA)
    assert not services.take_back(ada(), fields.OF_SPEAKERS, who=ADA)
    assert sentences("speaker ada-marsh")[-1] == (
        "Ada Marsh: the change that was sent in was taken back"
    )


@pytest.mark.both_databases
def test_some_of_it_can_be_taken_back_and_the_rest_waits_as_it_was_sent(site: Flask) -> None:
    send(ada(), role="Pilot", links=[["https://port.example/", ""]])
    sent = waiting()
    seal, sent_at = Look(sent).seal, sent.sent_at

    with transaction():
        assert services.take_back(ada(), {"role"}, who="helper@example.org")
        assert not services.take_back(ada(), {"role"}, who="helper@example.org")

    rest = waiting()
    assert rest.values == {"links": [["https://port.example/", ""]]}
    assert (rest.who, rest.sent_at) == (ADA, sent_at)
    with pytest.raises(Refused, match=r"helper@example\.org has decided on this already"):
        services.approve(sent.id, seal=seal, who=GRACE)
    assert sent.values == {"role": "Pilot"}


def test_nothing_is_kept_of_who_has_left_the_programme(site: Flask) -> None:
    began = marks(ada())
    with transaction():
        deeds.withdraw(ada(), who=GRACE)

    with pytest.raises(Refused, match="is no longer part of the programme"):
        services.propose(ada(), {"role": "Pilot"}, began=began, who=ADA)


def test_a_deleted_speaker_takes_what_was_sent_along(site: Flask) -> None:
    new = a_speaker(name="New")
    send(new, role="Pilot")

    with transaction():
        deeds.delete(new, who=GRACE)

    assert db.session.scalars(select(Proposal)).all() == []


def test_a_link_that_may_stand_nowhere_is_refused_by_the_programme_too(site: Flask) -> None:
    send(ada(), links=[["javascript:alert(1)", "Click"]])
    proposal = waiting()

    with pytest.raises(Refused, match="must begin with https"):
        services.approve(proposal.id, seal=Look(proposal).seal, who=GRACE)


def test_a_photo_is_proposed_by_its_key(site: Flask) -> None:
    old, new = a_photo(ada()), a_photo(ada(), speaker_id=None, description="At sea")
    send(ada(), photo=new.key)
    proposal = waiting()
    assert [(one.old, one.new) for one in proposal.asked] == [("A person, smiling", "At sea")]

    approve(proposal)

    assert ada().photo is new
    assert old.speaker_id is None
    send(ada(), photo=None)
    approve(waiting())
    assert ada().photo is None
    db.session.delete(new)
    db.session.commit()
    entry = history.newest_about("speaker ada-marsh")[0]
    with pytest.raises(Refused, match="no longer kept"):
        undo.undo(entry.id, who=GRACE)


# What is trusted


@pytest.mark.both_databases
def test_what_is_trusted_goes_out_alone(site: Flask, held_clock: Any) -> None:
    trust("biography links")
    opening().title = "Not to be seen yet"
    ada().role = "Not to be seen either"
    opening().changed_at = ada().changed_at = clock.now()
    opening().version += 1
    db.session.commit()
    held_clock.shift(timedelta(minutes=1))
    number = releases.current().number

    sent = send(ada(), biography="Anew.", links=[["https://a.example/", "A"]], role="Pilot")
    assert [one.field for one in sent.made] == ["biography", "links"]
    assert [one.field for one in sent.waiting] == ["role"]
    assert ada().biography == "Anew."
    send(ada(), biographies=[["fr", "De nouveau."]])
    trusted.publish_what_is_due()
    db.session.commit()
    assert releases.current().number == number

    held_clock.shift(timedelta(minutes=3))
    trusted.publish_what_is_due()
    db.session.commit()
    trusted.publish_what_is_due()
    db.session.commit()

    shown = releases.current().speaker("ada-marsh")
    assert releases.current().number == number + 1
    assert (shown.summary, shown.links) == ("Anew.", (("https://a.example/", "A"),))
    assert [code for code, _ in shown.biographies] == ["fr"]
    assert shown.role not in {"Not to be seen either", "Pilot"}
    assert releases.current().session("opening").title != "Not to be seen yet"
    release = db.session.get_one(Release, number + 1)
    assert release.note == "Speakers changed their own pages: Ada Marsh"
    assert unpublished.count() == 2  # the title and the role still wait


def test_what_an_organiser_has_changed_since_waits(site: Flask, held_clock: Any) -> None:
    trust("biography")
    number = releases.current().number
    send(ada(), biography="Mine.")
    with transaction():
        deeds.save(ada(), {"biography": "Ours."}, seen=ada().version, who=GRACE)
    held_clock.shift(timedelta(minutes=3))

    trusted.publish_what_is_due()
    db.session.commit()

    assert releases.current().number == number


def test_who_is_not_public_yet_goes_out_with_the_next_release(site: Flask, held_clock: Any) -> None:
    trust("biography")
    new = a_speaker(name="New")
    number = releases.current().number
    send(new, biography="Mine.")
    held_clock.shift(timedelta(minutes=3))

    trusted.publish_what_is_due()
    db.session.commit()

    assert releases.current().number == number
    assert db.session.scalars(select(Proposal.goes_out_at)).all() == [None]


def test_many_names_are_told_in_short(site: Flask, held_clock: Any) -> None:
    trust("biography")
    people = [a_speaker(name=f"Speaker {letter}") for letter in "ABCDEFG"]
    published()
    held_clock.shift(timedelta(minutes=1))
    for one in people:
        send(one, biography="Anew.")
    held_clock.shift(timedelta(minutes=3))

    trusted.publish_what_is_due()
    db.session.commit()

    newest = db.session.scalars(select(Release).order_by(Release.number.desc())).first()
    assert newest is not None
    assert newest.note == (
        "Speakers changed their own pages: "
        "Speaker A, Speaker B, Speaker C, Speaker D, Speaker E and 2 more"
    )


@pytest.mark.empty
def test_before_the_first_release_nothing_goes_out(site: Flask, held_clock: Any) -> None:
    with transaction():
        programme.load(SMALL_CONFERENCE)
    trust("biography")
    send(ada(), biography="Mine.")
    held_clock.shift(timedelta(minutes=3))

    trusted.publish_what_is_due()
    db.session.commit()

    assert db.session.scalars(select(Release)).all() == []


# What readers would see


def test_what_readers_would_see_is_made_as_a_release_is(site: Flask) -> None:
    photo = a_photo(ada(), speaker_id=None)
    values = {**queries.standing(ada()).values, "name": "Ada M.", "photo": photo.key}

    shown, around = seen.speaker(ada(), values)

    assert (shown.name, shown.photo) == ("Ada M.", document.Photo(photo.key, photo.description))
    assert around.speaker("ada-marsh").name == "Ada M."
    assert ada().name == "Ada Marsh"
    assert seen.speaker(ada(), {"photo": None})[0].photo is None


def test_a_draft_can_be_looked_at_too(site: Flask) -> None:
    draft = a_session(title="Draft", is_draft=True)

    shown, around = seen.session(draft, {"title": "A better draft"})
    assert shown.title == "A better draft"
    assert all(one.slug != draft.slug for one in around.sessions)
    assert seen.session(opening(), {"abstract": "*So*"})[0].abstract == "<p><em>So</em></p>"


def test_every_trusted_field_can_be_proposed() -> None:
    named: Mapping[str, Any] = fields.TRUSTED
    assert {field for group in named.values() for field in group} <= set(fields.OF_SPEAKERS)


def test_texts_are_kept_as_they_were_typed(site: Flask) -> None:
    send(ada(), biographies=[["ar", "قابلة"]])
    approve(waiting())

    assert json.loads(ada().biographies) == [["ar", "قابلة"]]
    assert "Arabic: قابلة" in history.newest_about("speaker ada-marsh")[0].changes
