"""Publishing in admin: review the changes, check, publish now or later, restore."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock
from app.accounts.models import EDITOR, VIEWER
from app.database import db, transaction
from app.history.models import HistoryEntry
from app.programme import queries as programme_queries
from app.programme.models import Conference, Room, Session, Speaker, Theme
from app.proposals import reviews
from app.proposals.queries import ProposalReview
from app.releases import queries as publishing
from app.releases import scheduled_releases
from app.releases.models import ScheduledRelease
from tests.browser import Browser, Browsers, Page
from tests.factories import (
    get_ada_marsh,
    make_clash,
    make_delegate,
    make_photo,
    make_proposal,
    make_room,
    make_scheduled_release,
    make_session,
    make_speaker,
    publish_programme,
    sign_in,
)
from tests.lookups import get_session

MOVED = datetime(2009, 6, 10, 13, 0, tzinfo=UTC)  # 2pm by the conference's clocks


def edit_session(slug: str, **about: Any) -> None:
    """Change a session, as an organiser does."""
    session = get_session(slug)
    edited = {"changed_at": clock.now(), "version": session.version + 1}
    for name, value in {**edited, **about}.items():
        setattr(session, name, value)
    db.session.commit()


def list_history_summaries() -> list[str]:
    return [
        entry.summary
        for entry in db.session.scalars(select(HistoryEntry).order_by(HistoryEntry.id))
    ]


def get_last_entry() -> tuple[str, str]:
    """Return the newest history entry and its actor."""
    entry = db.session.scalars(select(HistoryEntry).order_by(HistoryEntry.id.desc())).first()
    assert entry is not None
    return entry.summary, entry.actor


def get_counts(page: Page) -> dict[str, str]:
    """Return the number of changes by kind."""
    return page.summary_list


@pytest.mark.both_databases
def test_the_publishing_page_lists_changes_and_who_they_affect(organiser: Browser) -> None:
    make_delegate()
    make_delegate(given_names="Grace", email="grace@example.org", days="2009-06-11")
    edit_session(
        "opening", title="A grand opening", starts_at=MOVED, ends_at=MOVED + timedelta(hours=1)
    )
    edit_session("farewell", cancelled_at=clock.now())

    page = organiser.open("/organise/publishing")

    assert get_counts(page)["Moved sessions"] == "1"
    assert get_counts(page)["Renamed sessions"] == "1"
    assert get_counts(page)["Cancelled sessions"] == "1"
    assert page.summary_list["Time"] == (
        "before: 9:30am to 10:30am on Wednesday 10 June 2009 → "
        "after: 2pm to 3pm on Wednesday 10 June 2009"
    )
    assert page.summary_list["Title"] == "before: Opening → after: A grand opening"
    assert "Affects Ada Marsh, João Maré · 1 delegate on that day" in page.text
    assert "2 delegates are attending on the days of these sessions" in page.text


def test_the_publishing_page_says_when_there_are_no_changes(organiser: Browser) -> None:
    page = organiser.open("/organise/publishing")

    assert "No changes since release 1" in page.headings
    assert "Publish now" not in page.source


@pytest.mark.both_databases
def test_an_editor_can_publish_with_a_note_after_a_check_page(visitor: Browser) -> None:
    editor = sign_in(visitor, role=EDITOR)
    edit_session("opening", title="A grand opening")
    editor.open("/organise/publishing").follow("Add a note or schedule the release")

    check = editor.press("Continue", note_optional="The opening is  grander")
    assert check.heading == "Check before you publish"
    assert programme_queries.get_latest_release_number() == 1
    page = editor.press("Publish now")

    assert page.heading == "Release 2"
    assert "Published. This release is public now." in page.source
    assert page.summary_list["Note"] == "The opening is grander"
    assert page.summary_list["By"] == "grace@conference.example"
    assert get_last_entry() == ("Release 2 was published", "grace@conference.example")
    assert editor.open("/sessions/opening").heading == "A grand opening"


@pytest.mark.both_databases
def test_an_editor_can_publish_the_listed_changes_in_one_step(visitor: Browser) -> None:
    editor = sign_in(visitor, role=EDITOR)
    edit_session("opening", title="A grand opening")
    editor.open("/organise/publishing")

    page = editor.press("Publish now")

    assert page.heading == "Release 2"
    assert page.summary_list["Note"] == "None"
    assert editor.open("/sessions/opening").heading == "A grand opening"


def test_publishing_in_one_step_stops_at_changes_the_page_did_not_list(organiser: Browser) -> None:
    edit_session("opening", title="A grand opening")
    organiser.open("/organise/publishing")
    edit_session("farewell", title="Good night")

    page = organiser.press("Publish now", status=409)

    assert page.heading == "Check before you publish"
    assert programme_queries.get_latest_release_number() == 1
    assert organiser.press("Publish now").heading == "Release 2"


def test_publishing_in_one_step_is_not_offered_with_a_clash(organiser: Browser) -> None:
    edit_session("opening", title="A grand opening")
    assert "Publish now" in organiser.open("/organise/publishing").source
    make_clash()

    page = organiser.open("/organise/publishing")

    assert page.links["Publish changes"] == "/organise/publishing/publish"
    assert "Publish now" not in page.source


def test_viewers_see_changes_but_cannot_publish(visitor: Browser) -> None:
    viewer = sign_in(visitor, role=VIEWER)
    edit_session("opening", title="A grand opening")

    page = viewer.open("/organise/publishing")

    assert not page.links.keys() & {"Publish changes", "Add a note or schedule the release"}
    assert "Publish now" not in page.source
    viewer.open("/organise/publishing/publish", status=403)


# Only what was seen


@pytest.mark.both_databases
def test_changes_made_after_the_check_page_are_shown_before_publishing(organiser: Browser) -> None:
    edit_session("opening", title="A grand opening")
    organiser.open("/organise/publishing/publish")
    organiser.press("Continue")
    edit_session("farewell", title="Good night")

    page = organiser.press("Publish now", status=409)

    assert page.heading == "Check before you publish"
    assert "Something has changed since you opened the page" in page.text
    assert get_counts(page)["Renamed sessions"] == "2"
    assert programme_queries.get_latest_release_number() == 1
    assert organiser.press("Publish now").heading == "Release 2"


@pytest.mark.both_databases
def test_concurrent_publishing_creates_one_release(site: Flask, new_browser: Browsers) -> None:
    edit_session("opening", title="A grand opening")
    names = ("grace@conference.example", "ada@conference.example")
    people = [sign_in(new_browser(), name) for name in names]
    for person in people:
        person.open("/organise/publishing/publish")
        person.press("Continue")

    def publish(person: Browser) -> Page:
        with site.app_context():
            return person.press("Publish now")

    with ThreadPoolExecutor(2) as pool:
        pages = list(pool.map(publish, people))

    assert [page.heading for page in pages] == ["Release 2", "Release 2"]
    assert programme_queries.get_latest_release_number() == 2
    assert sum("Published. This release" in page.source for page in pages) == 1
    assert sum("nothing was published" in page.source for page in pages) == 1


def test_the_publishing_form_can_be_corrected_from_the_check_page(organiser: Browser) -> None:
    edit_session("opening", title="A grand opening")
    organiser.open("/organise/publishing/publish")
    organiser.press(
        "Continue",
        note_optional="Grander",
        when_to_publish="Schedule for later",
        day="2009-06-01",
        time="09:30",
    )

    page = organiser.follow("Change details")

    assert page.value_of("Note (optional)") == "Grander"
    assert (page.value_of("Day"), page.value_of("Time")) == ("2009-06-01", "09:30")
    assert page.errors == []


# Clashes


@pytest.mark.both_databases
def test_publishing_with_clashes_requires_a_reason(
    organiser: Browser,
) -> None:
    make_clash()
    page = organiser.open("/organise/publishing")
    assert "1 clash to resolve before you publish." in page.text
    assert any(words.startswith("Move session: ") for words in page.links)
    page.follow("Publish changes")

    refused = organiser.press("Continue", status=422)
    assert refused.errors == ["Enter a reason for publishing with clashes, or resolve them first"]
    assert refused.error_for("Reason for publishing with clashes") == refused.errors[0]
    organiser.press("Continue", reason_for_publishing_with_clashes="The hall\nis parted")
    page = organiser.press("Publish now")

    assert "Reason: The hall is parted" in page.text
    assert "is in Great hall at the same time" in page.text
    assert "Release 2 was published with 1 clash: The hall is parted" in list_history_summaries()
    release = publishing.get_release(2)
    assert release.override_reason == "The hall is parted"
    assert len(release.clashes) == 1


def test_clashes_of_drafts_do_not_block_publishing(organiser: Browser) -> None:
    make_clash()
    session = db.session.scalars(select(Session).where(Session.title == "Knots")).one()
    session.is_draft = True
    db.session.commit()

    assert "No changes since release 1" in organiser.open("/organise/publishing").headings


def test_a_clash_made_after_the_check_page_blocks_publishing(organiser: Browser) -> None:
    edit_session("opening", title="A grand opening")
    organiser.open("/organise/publishing/publish")
    organiser.press("Continue")
    make_clash()

    page = organiser.press("Publish now", status=422)

    assert page.heading == "Publish the programme"
    assert page.errors == ["Enter a reason for publishing with clashes, or resolve them first"]
    assert programme_queries.get_latest_release_number() == 1


# Schedule for later


def schedule_release(organiser: Browser, day: str, time: str, status: int = 200) -> Page:
    organiser.open("/organise/publishing/publish")
    return organiser.press(
        "Continue", status=status, when_to_publish="Schedule for later", day=day, time=time
    )


def publish_due_releases() -> None:
    with transaction():
        scheduled_releases.publish_due()


@pytest.mark.both_databases
def test_a_scheduled_release_is_published_once_at_its_time(
    organiser: Browser, frozen_time: Any
) -> None:
    edit_session("opening", title="A grand opening")
    check = schedule_release(organiser, "2009-05-20", "9:30am")
    assert check.summary_list["When"] == "9:30am on Wednesday 20 May 2009"
    page = organiser.press("Schedule release")
    assert "A release is scheduled for 9:30am on Wednesday 20 May 2009" in page.text

    frozen_time.move_to("2009-05-20T09:29:59+01:00")
    publish_due_releases()
    assert programme_queries.get_latest_release_number() == 1
    frozen_time.move_to("2009-05-20T09:30:00+01:00")
    edit_session("opening", title="The grandest opening")
    publish_due_releases()
    publish_due_releases()

    assert programme_queries.get_latest_release_number() == 2
    assert publishing.get_release(2).published_by == "grace@conference.example"
    assert db.session.scalars(select(ScheduledRelease)).one().release_number == 2
    assert publishing.list_scheduled_releases() == []
    sign_in(organiser)
    assert organiser.open("/sessions/opening").heading == "The grandest opening"


@pytest.mark.both_databases
def test_a_scheduled_release_can_be_rescheduled_and_cancelled(
    organiser: Browser, frozen_time: Any
) -> None:
    edit_session("opening", title="A grand opening")
    schedule_release(organiser, "2009-05-13", "14:00")
    organiser.press("Schedule release")

    form = organiser.follow("Reschedule")
    assert (form.value_of("Day"), form.value_of("Time")) == ("2009-05-13", "14:00")
    page = organiser.press("Save", day="2009-05-14")
    assert "A release is scheduled for 2pm on Thursday 14 May 2009" in page.text
    organiser.follow("Cancel scheduled release")
    page = organiser.press("Cancel scheduled release")

    assert "The scheduled release has been cancelled" in page.source
    frozen_time.move_to("2009-05-15T09:00:00+01:00")
    publish_due_releases()
    assert programme_queries.get_latest_release_number() == 1
    assert [line for line in list_history_summaries() if "scheduled for" in line] == [
        "A release was scheduled for 2pm on Wednesday 13 May 2009",
        (
            "The release scheduled for 2pm on Wednesday 13 May 2009 was moved to 2pm on "
            "Thursday 14 May 2009"
        ),
        "The release scheduled for 2pm on Thursday 14 May 2009 was cancelled",
    ]
    assert get_last_entry()[1] == "grace@conference.example"


@pytest.mark.both_databases
def test_several_due_scheduled_releases_become_one_release(site: Flask, frozen_time: Any) -> None:
    edit_session("opening", title="A grand opening")
    plans = [
        make_scheduled_release(note=note, publish_at=clock.now() + timedelta(hours=hours))
        for note, hours in (("Second", 2), ("First", 1), ("Third", 24))
    ]

    frozen_time.shift(timedelta(hours=3))
    publish_due_releases()

    assert publishing.get_release(2).note == "First"
    assert [(plan.state, plan.release_number) for plan in plans] == [
        ("done", 2),
        ("done", 2),
        ("waiting", None),
    ]


def test_publishing_dismisses_a_failed_scheduled_release(organiser: Browser) -> None:
    make_scheduled_release(state="failed")
    edit_session("opening", title="A grand opening")
    page = organiser.open("/organise/publishing")
    assert "A scheduled release was not published" in page.headings

    organiser.press("Publish now")

    page = organiser.open("/organise/publishing")
    assert "A scheduled release was not published" not in page.headings
    assert publishing.list_scheduled_releases() == []


@pytest.mark.both_databases
def test_a_scheduled_release_with_new_clashes_fails_with_a_notice(
    organiser: Browser, frozen_time: Any
) -> None:
    edit_session("opening", title="A grand opening")
    schedule_release(organiser, "2009-05-13", "14:00")
    organiser.press("Schedule release")
    make_clash()
    frozen_time.move_to("2009-05-13T14:00:00+01:00")

    publish_due_releases()
    publish_due_releases()

    assert programme_queries.get_latest_release_number() == 1
    page = sign_in(organiser).open("/organise/publishing")
    assert "A scheduled release was not published" in page.headings
    assert "is in Great hall at the same time" in page.text
    assert [one.state for one in publishing.list_scheduled_releases()] == ["failed"]
    assert get_last_entry()[0] == (
        "The release scheduled for 2pm on Wednesday 13 May 2009 was not published because of "
        "new clashes"
    )
    page.follow("Dismiss")
    organiser.press("Dismiss")
    assert publishing.list_scheduled_releases() == []


@pytest.mark.parametrize(("count", "rest"), [(5, []), (6, ["… and 1 more"])])
def test_a_failed_scheduled_release_names_five_clashes_and_counts_the_others(
    site: Flask, count: int, rest: list[str]
) -> None:
    plan = make_scheduled_release(publish_at=clock.now())
    hall = db.session.scalars(select(Room).where(Room.slug == "great-hall")).one()
    for number in range(count):
        begin = MOVED + timedelta(hours=5, minutes=20 * number)
        end = begin + timedelta(minutes=20)
        for title in ("Nets", "Ropes"):
            make_session(title=f"{title} {number}", room=hall, starts_at=begin, ends_at=end)

    publish_due_releases()

    first = plan.outcome.splitlines()
    assert all("is in Great hall at the same time" in line for line in first[:5])
    assert first[5:] == rest


def test_a_failed_scheduled_release_can_be_rescheduled(
    organiser: Browser, frozen_time: Any
) -> None:
    edit_session("opening", title="A grand opening")
    plan = make_scheduled_release(state="failed", outcome="Clashes")
    organiser.open("/organise/publishing").follow("Reschedule")
    organiser.press("Save", day="2009-05-14", time="14:00")

    frozen_time.move_to("2009-05-14T14:00:00+01:00")
    publish_due_releases()

    assert (plan.state, plan.outcome, plan.release_number) == ("done", "", 2)


@pytest.mark.both_databases
def test_accepted_clashes_do_not_fail_a_scheduled_release(
    organiser: Browser, frozen_time: Any
) -> None:
    make_clash()
    organiser.open("/organise/publishing/publish")
    organiser.press(
        "Continue",
        when_to_publish="Schedule for later",
        day="2009-05-13",
        time="14:00",
        reason_for_publishing_with_clashes="The hall is parted",
    )
    organiser.press("Schedule release")
    assert get_last_entry() == (
        (
            "A release was scheduled for 2pm on Wednesday 13 May 2009, with 1 clash: "
            "The hall is parted"
        ),
        "grace@conference.example",
    )
    frozen_time.move_to("2009-05-13T14:00:00+01:00")

    publish_due_releases()

    assert publishing.get_release(2).override_reason == "The hall is parted"


@pytest.mark.parametrize(
    ("day", "time", "error"),
    [
        ("", "", "Enter the date to publish"),
        ("2009-05-13", "", "Enter the time to publish, like 9:30am"),
        ("yesterday", "9:30am", "Enter a date like 2008-11-06"),
        ("2009-05-13", "noon", "Enter a time like 9:30am or 14:30"),
        ("2009-05-12", "09:30", "Enter a date and time in the future"),
        (
            "2010-03-28",
            "01:30",
            "The clocks go forward that night, so this time does not exist. Enter another time",
        ),
    ],
)
def test_an_invalid_time_for_a_scheduled_release_is_refused(
    organiser: Browser, day: str, time: str, error: str
) -> None:
    assert error in schedule_release(organiser, day, time, 422).errors


def test_an_ambiguous_time_schedules_the_first_occurrence(organiser: Browser) -> None:
    check = schedule_release(organiser, "2009-10-25", "01:30")

    assert "so this time happens twice" in check.text
    organiser.press("Schedule release")
    row = db.session.scalars(select(ScheduledRelease)).one()
    assert row.publish_at == datetime(2009, 10, 25, 0, 30, tzinfo=UTC)


def test_the_scheduled_time_is_ignored_when_publishing_now(organiser: Browser) -> None:
    edit_session("opening", title="A grand opening")
    organiser.open("/organise/publishing/publish")

    page = organiser.press("Continue", when_to_publish="Now", day="yesterday", time="noon")

    assert page.summary_list["When"] == "Now"


def test_a_cancelled_scheduled_release_cannot_be_rescheduled(organiser: Browser) -> None:
    schedule_release(organiser, "2009-05-13", "14:00")
    page = organiser.press("Schedule release")
    address = page.links["Reschedule"]
    organiser.follow("Cancel scheduled release")
    organiser.press("Cancel scheduled release")

    organiser.open(address)
    page = organiser.press("Save", day="2009-05-14", status=422)

    assert page.errors == ["This release has already been published or cancelled"]


# Going back


@pytest.mark.both_databases
def test_an_earlier_release_can_be_restored(organiser: Browser) -> None:
    edit_session("opening", title="A grand opening")
    publish_programme()
    organiser.open("/organise/publishing/releases").follow("Release 1")
    page = organiser.follow("Restore this release")
    assert page.summary_list["Title"] == "before: A grand opening → after: Opening"

    page = organiser.press("Restore release 1", reason_for_restoring_optional="Too grand")

    assert "This release is public again." in page.source
    assert organiser.open("/sessions/opening").heading == "Opening"
    assert get_last_entry() == (
        "Release 1 was restored in place of release 2: Too grand",
        "grace@conference.example",
    )
    ahead = organiser.open("/organise/publishing")
    assert ahead.summary_list["Title"] == "before: Opening → after: A grand opening"
    organiser.follow("Add a note or schedule the release")
    organiser.press("Continue")
    assert organiser.press("Publish now").heading == "Release 3"


def test_restoring_a_release_is_refused_if_another_one_became_public(
    organiser: Browser,
) -> None:
    for title in ("One", "Two"):
        edit_session("opening", title=title)
        publish_programme()
    organiser.open("/organise/publishing/releases/1/back")
    edit_session("opening", title="Three")
    publish_programme()

    page = organiser.press("Restore release 1", status=422)

    assert page.errors == [
        "Release 4 is public now, so nothing has been done. Check the changes again"
    ]
    assert organiser.open("/sessions/opening").heading == "Three"
    organiser.open("/organise/publishing/releases/4/back", status=409)


def test_restoring_a_release_keeps_settings_except_of_another_conference(
    organiser: Browser,
) -> None:
    conference = db.session.get_one(Conference, 1)
    conference.title = "Tides"
    edit_session("opening", title="A grand opening")
    publish_programme()
    assert organiser.open("/programme").title.endswith("Tides")

    organiser.open("/organise/publishing/releases/1/back")
    organiser.press("Restore release 1")

    assert organiser.open("/programme").title.endswith("Tides")
    conference = db.session.get_one(Conference, 1)
    conference.acronym, conference.title = "walls", "Walls"
    publish_programme()
    organiser.open("/organise/publishing/releases/1/back")
    organiser.press("Restore release 1")
    assert organiser.open("/programme").title.endswith("Tides and Harbours")


def test_any_two_releases_can_be_compared(organiser: Browser) -> None:
    for title in ("One", "Two"):
        edit_session("opening", title=title)
        publish_programme()

    organiser.open("/organise/publishing/releases")
    page = organiser.press("Show differences", {"Compare": "Release 3", "with": "Release 1"})

    assert page.heading == "Changes from release 3 to release 1"
    assert page.summary_list["Title"] == "before: Two → after: Opening"
    same = organiser.open("/organise/publishing/compare?from=2&to=2")
    assert "These two releases are the same." in same.text
    usual = organiser.open("/organise/publishing/compare?from=99&to=x")
    assert usual.heading == "Changes from release 2 to release 3"


def test_comparing_needs_at_least_two_releases(organiser: Browser) -> None:
    page = organiser.open("/organise/publishing/compare")

    assert "Nothing to compare yet" in page.headings
    organiser.open("/organise/publishing/releases/99", status=404)


@pytest.mark.empty
def test_without_a_programme_there_is_nothing_to_publish(organiser: Browser) -> None:
    page = organiser.open("/organise/publishing")

    assert "No programme yet" in page.headings
    page = organiser.open("/organise/publishing/publish", status=409)
    assert page.links["Load a programme"] == "/organise/files"
    assert "Nothing has been published yet" in (
        organiser.open("/organise/publishing/releases").headings
    )


# What the home page counts


@pytest.mark.both_databases
def test_unpublished_changes_are_counted(organiser: Browser, frozen_time: Any) -> None:
    assert publishing.count_pending() == 0
    frozen_time.shift(timedelta(minutes=1))

    edit_session("opening", title="A grand opening")
    make_session(title="A draft", is_draft=True, changed_at=clock.now())
    make_session(title="Gone", withdrawn_at=clock.now(), changed_at=clock.now())
    make_speaker(changed_at=clock.now())
    make_room(changed_at=clock.now())

    assert publishing.count_pending() == 3
    publish_programme()
    assert publishing.count_pending() == 0
    with transaction():
        db.session.get_one(Conference, 1).current_release = 1
    assert publishing.count_pending() == 3


# However much it is


@pytest.mark.parametrize("count", [1, 3])
def test_the_publishing_page_needs_a_constant_number_of_queries(
    organiser: Browser, queries: list[str], count: int
) -> None:
    for number in range(count):
        room, ada = make_room(), make_speaker()
        make_session(title=f"Session {number}", room=room, speakers=(ada,))
        make_delegate(email=f"{number}@example.org")
    organiser.open("/organise/publishing")
    queries.clear()

    organiser.open("/organise/publishing")

    asked = [one for one in queries if "FROM site_state" not in one]
    assert len(asked) == 4, "\n".join(asked)


def test_the_publishing_page_shows_edits_made_since_it_was_last_opened(organiser: Browser) -> None:
    room, ada = make_room(), get_ada_marsh()
    edit_session("opening", title="A grand opening")
    organiser.open("/organise/publishing")

    organiser.open("/organise/speakers/ada-marsh/change").press("Save", role="Harbour pilot")
    assert get_counts(organiser.open("/organise/publishing"))["Changed speakers"] == "1"
    organiser.open(f"/organise/rooms/{room.slug}/change").press("Save", name="Pier")
    assert "Pier" in organiser.open("/organise/publishing").text
    make_photo(ada)
    assert "Photo" in organiser.open("/organise/publishing").text
    organiser.open("/organise/publishing").press("Publish now")
    assert "No changes since release 2" in organiser.open("/organise/publishing").text


@pytest.mark.both_databases
@pytest.mark.parametrize("count", [1, 3])
def test_the_publishing_page_needs_a_constant_number_of_queries_with_speaker_changes(
    organiser: Browser, queries: list[str], count: int
) -> None:
    edit_session("opening", title="A grand day")
    for number in range(count):
        make_scheduled_release()
        make_delegate(email=f"{number}@example.org")
        speaker = make_speaker(name=f"Speaker {number}")
        known = make_session(title=f"Session {number}", room=make_room(), speakers=(speaker,))
        publish_programme()
        for thing, typed in ((speaker, {"role": "Pilot"}), (known, {"title": f"Tide {number}"})):
            sent = make_proposal(thing, **typed)
            with transaction():
                reviews.approve(
                    sent.id,
                    expected_fingerprint=ProposalReview(sent).fingerprint,
                    actor="grace@conference.example",
                )
    organiser.open("/organise/publishing")
    queries.clear()

    page = organiser.open("/organise/publishing")

    asked = [one for one in queries if "FROM site_state" not in one]
    assert page.text.count("Change by a speaker") == 2
    assert len(asked) == 5, "\n".join(asked)


def test_a_long_group_of_changes_shows_the_first_and_links_to_the_rest(organiser: Browser) -> None:
    for number in range(103):
        make_session(title=f"Session {number:03}", starts_at=None)

    page = organiser.open("/organise/publishing")
    assert "Session 029" in page.text
    assert "Session 102" not in page.text
    page = page.follow("Show 73 more: Added sessions")

    assert "Session 102" in page.text


def test_a_change_in_a_long_text_shows_only_the_part_that_differs(organiser: Browser) -> None:
    words = [f"word-{number}" for number in range(60)]
    edit_session("opening", abstract=" ".join(words))
    edit_session("farewell", abstract="<p>Good <em>night</em></p>")
    publish_programme()
    words[30:31] = ["another", "word"]
    edit_session("opening", abstract=" ".join(words))
    edit_session("farewell", abstract="<p>Good <strong>night</strong></p>")

    page = organiser.open("/organise/publishing")

    assert (
        "before: … word-22 word-23 word-24 word-25 word-26 word-27 word-28 word-29 word-30 "
        "word-31 word-32 word-33 word-34 word-35 word-36 word-37 word-38 … → after: … word-22"
    ) in page.text
    assert "Only the layout or a link has changed" in page.text


def test_every_kind_of_change_is_described_in_words(organiser: Browser) -> None:
    hall = db.session.scalars(select(Room).where(Room.slug == "great-hall")).one()
    hall.features, hall.capacity = "hearing-loop", None
    db.session.scalars(select(Theme).where(Theme.slug == "water")).one().palette = 5
    ada = db.session.scalars(select(Speaker).where(Speaker.slug == "ada-marsh")).one()
    ada.biography = "Ada has kept the harbour for thirty years."
    edit_session(
        "reading-the-tide", is_recorded=True, links='[["https://tides.example", "Tables"]]'
    )
    edit_session("harbour-walls", theme_id=None, starts_at=None, ends_at=None, kind="plenary")

    facts = organiser.open("/organise/publishing").summary_list

    assert (
        facts["Access features"] == "before: Step-free access, Hearing loop → after: Hearing loop"
    )
    assert facts["Capacity"] == "before: 20 → Not given"
    assert facts["Colour"] == "before: Number 1 → after: Number 5"
    assert facts["Biography"] == (
        "before: Ada has kept the harbour for twenty years. → "
        "after: Ada has kept the harbour for thirty years."
    )
    assert facts["Recorded"] == "before: No → after: Yes"
    assert facts["Links"] == "Not given → after: Tables https://tides.example"
    assert facts["Time"] == (
        "before: 11am to midday on Wednesday 10 June 2009 → after: No time yet"
    )
    assert facts["Type"] == "before: Parallel session → after: Plenary"
    assert facts["Theme"] == "before: Stone → Not given"
