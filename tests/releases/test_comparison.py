"""Comparing two programmes: exactly the differences that matter."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from app.programme import snapshot
from app.programme.snapshot import Appearance, Room, Session, Snapshot, Speaker, Theme
from app.releases.comparison import Modified, compare, list_days, list_participants

BEGINS = datetime(2009, 6, 10, 8, 30, tzinfo=UTC)
THE_CONFERENCE = snapshot.Conference(
    acronym="tides-2009",
    title="Tides and Harbours",
    subtitle="",
    starts_on=date(2009, 6, 10),
    ends_on=date(2009, 6, 11),
    time_zone="Europe/London",
    place="Whitby",
    summary="",
    contact_email="",
    registration_opens_at=None,
    registration_closes_at=None,
)
HALL = Room("hall", "Hall", 20, "", (), is_illustrative=False)
LOFT = Room("loft", "Loft", 8, "", ("step-free",), is_illustrative=False)
WATER = Theme("water", "Water", "", "W", "circle", 1, "")
ADA = Speaker("ada", "Ada Marsh", "Harbour master", "Port of Whitby", "UK", "<p>Ada.</p>", "Ada.")
A_SESSION = Session(
    key="opening",
    slug="opening",
    title="Opening",
    subtitle="",
    kind="plenary",
    theme=WATER,
    room=HALL,
    starts_at=BEGINS,
    ends_at=BEGINS + timedelta(hours=1),
    abstract="<p>Why we are <em>here</em>.</p>",
    description="",
    summary="Why we are here.",
    language="en",
    licence="",
    links=(),
    is_recorded=False,
    is_illustrative=False,
    is_cancelled=False,
    parts=(Appearance("ada", "Ada Marsh", "Port of Whitby", "chair"),),
)


def make_snapshot(*sessions: Session, **about: Any) -> Snapshot:
    usual = Snapshot(
        conference=THE_CONFERENCE,
        themes=(WATER,),
        rooms=(HALL, LOFT),
        speakers=(ADA,),
        sessions=sessions or (A_SESSION,),
    )
    return replace(usual, **about)


def list_field_changes(
    altered: tuple[Modified[Session], ...],
) -> dict[str, dict[str, tuple[Any, Any]]]:
    """Give what differs, by session and field."""
    return {
        one.new.key: {field.name: (field.old, field.new) for field in one.fields} for one in altered
    }


def test_added_and_withdrawn_sessions_are_listed_separately() -> None:
    farewell = replace(A_SESSION, key="farewell", title="Farewell")

    found = compare(make_snapshot(A_SESSION), make_snapshot(farewell))

    assert [one.title for one in found.sessions.added] == ["Farewell"]
    assert [one.title for one in found.sessions.withdrawn] == ["Opening"]
    assert len(found) == 2


def test_a_moved_and_renamed_session_is_listed_under_both_changes() -> None:
    later = BEGINS + timedelta(days=1)
    now = replace(
        A_SESSION, title="A grand opening", starts_at=later, ends_at=later, room=LOFT, language="fr"
    )

    found = compare(make_snapshot(), make_snapshot(now))

    assert list_field_changes(found.moved) == {
        "opening": {
            "room": ("Hall", "Loft"),
            "starts_at": (BEGINS, later),
            "ends_at": (A_SESSION.ends_at, later),
        }
    }
    assert list_field_changes(found.renamed) == {
        "opening": {"title": ("Opening", "A grand opening")}
    }
    assert list_field_changes(found.reworded) == {"opening": {"language": ("en", "fr")}}
    assert len(found) == 1
    assert found.days == (date(2009, 6, 10), date(2009, 6, 11))


def test_cancelled_and_reinstated_sessions_are_listed() -> None:
    cancelled = make_snapshot(replace(A_SESSION, is_cancelled=True))

    off, on = compare(make_snapshot(), cancelled), compare(cancelled, make_snapshot())

    assert [one.new.title for one in off.cancelled] == ["Opening"]
    assert not off.reinstated
    assert [one.new.title for one in on.reinstated] == ["Opening"]
    assert not on.cancelled
    assert not off.reworded


def test_rich_text_is_compared_as_plain_text() -> None:
    now = replace(A_SESSION, abstract="<p>Why we are <strong>there</strong>.</p>")

    found = compare(make_snapshot(), make_snapshot(now))

    assert list_field_changes(found.reworded) == {
        "opening": {"abstract": ("Why we are here.", "Why we are there.")}
    }


def test_a_renamed_room_or_speaker_does_not_change_its_sessions() -> None:
    aula = replace(HALL, name="Aula")
    ada = replace(ADA, name="Ada Marsh-Hill")
    there = replace(A_SESSION, room=aula, parts=(replace(A_SESSION.parts[0], name=ada.name),))

    found = compare(make_snapshot(), make_snapshot(there, rooms=(aula, LOFT), speakers=(ada,)))

    assert not len(found.sessions)
    assert [one.new.name for one in found.rooms.modified] == ["Aula"]
    assert [one.new.name for one in found.speakers.modified] == ["Ada Marsh-Hill"]
    assert not found.participants


def test_changed_appearances_name_the_affected_speakers() -> None:
    joao = Appearance("joao", "João Maré", "", "speaker")
    now = replace(A_SESSION, parts=(joao,))

    found = compare(make_snapshot(), make_snapshot(now))

    assert list_field_changes(found.reworded) == {"opening": {"parts": (A_SESSION.parts, (joao,))}}
    assert [part.name for part in found.participants] == ["Ada Marsh", "João Maré"]
    assert [part.name for part in list_participants(A_SESSION, now)] == ["Ada Marsh", "João Maré"]


def test_a_changed_order_of_rooms_is_a_change_that_affects_nobody() -> None:
    found = compare(make_snapshot(), make_snapshot(rooms=(LOFT, HALL)))

    assert found
    assert not len(found)


def test_affected_days_are_in_the_time_zone_of_the_conference() -> None:
    late = replace(A_SESSION, starts_at=datetime(2009, 6, 10, 23, 30, tzinfo=UTC))
    in_summer = compare(make_snapshot(), make_snapshot(late)).zone

    assert list_days(in_summer, A_SESSION, late) == (date(2009, 6, 10), date(2009, 6, 11))
    assert list_days(in_summer, replace(A_SESSION, starts_at=None)) == ()


# Whatever the programmes

NAMES = st.sampled_from(["", "Tides", "Harbours", "<p>Walls</p>", "مدّ"])
MOMENTS = st.none() | st.integers(0, 48).map(lambda hours: BEGINS + timedelta(hours=hours))


@st.composite
def programmes(draw: st.DrawFn) -> Snapshot:
    """Draw a programme that agrees with itself, as a frozen one does."""
    rooms = [replace(HALL, slug=slug, name=draw(NAMES)) for slug in draw(some("abc"))]
    themes = [replace(WATER, slug=slug, name=draw(NAMES)) for slug in draw(some("abc"))]
    speakers = [replace(ADA, slug=slug, biography=draw(NAMES)) for slug in draw(some("abc"))]
    sessions = [
        replace(
            A_SESSION,
            key=key,
            title=draw(NAMES),
            abstract=draw(NAMES),
            room=draw(st.sampled_from([None, *rooms])),
            theme=draw(st.sampled_from([None, *themes])),
            starts_at=draw(MOMENTS),
            is_cancelled=draw(st.booleans()),
            parts=tuple(
                Appearance(one.slug, one.name, one.organisation, "speaker")
                for one in speakers
                if draw(st.booleans())
            ),
        )
        for key in draw(some("vwxyz"))
    ]
    return make_snapshot(
        conference=replace(THE_CONFERENCE, title=draw(NAMES)),
        rooms=tuple(rooms),
        themes=tuple(themes),
        speakers=tuple(speakers),
        sessions=tuple(sessions),
    )


def some(letters: str) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(list(letters)), unique=True)


@given(programmes())
def test_a_programme_does_not_differ_from_itself(one: Snapshot) -> None:
    assert not compare(one, one)
    assert len(compare(one, one)) == 0


@given(programmes(), programmes())
def test_two_programmes_differ_exactly_if_they_are_unequal(one: Snapshot, other: Snapshot) -> None:
    assert bool(compare(one, other)) is (one != other)


@given(programmes(), programmes())
def test_the_reverse_comparison_mirrors_the_comparison(one: Snapshot, other: Snapshot) -> None:
    there, back = compare(one, other), compare(other, one)

    for kind in ("sessions", "speakers", "rooms", "themes"):
        gone, come = getattr(there, kind), getattr(back, kind)
        assert (set(gone.added), set(gone.withdrawn)) == (set(come.withdrawn), set(come.added))
        assert turned(gone.modified) == {
            (name, now, was) for name, was, now in turned(come.modified)
        }
    assert {one.new.key for one in there.cancelled} == {one.new.key for one in back.reinstated}
    assert list_field_changes(there.moved).keys() == list_field_changes(back.moved).keys()
    assert (there.participants, there.days) == (back.participants, back.days)
    assert len(there) == len(back)


def turned(altered: tuple[Modified[Any], ...]) -> set[tuple[str, Any, Any]]:
    return {(field.name, field.old, field.new) for one in altered for field in one.fields}
