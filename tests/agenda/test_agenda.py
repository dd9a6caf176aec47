"""The agenda: clashes, changes and deletion."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from app import cache_version, clock
from app.accounts import rate_limits
from app.accounts.rate_limits import (
    IPV4_PREFIXES,
    IPV6_PREFIXES,
    NEW_AGENDA,
    RETENTION,
    NetworkLimit,
    Window,
)
from app.agenda import services
from app.agenda.models import Agenda, Star
from app.database import db, transaction
from app.errors import RuleViolation
from app.programme.models import Conference, Room
from app.releases import current_release
from tests.browser import Browser, Browsers
from tests.factories import make_agenda, make_room, make_session, publish_programme
from tests.lookups import get_session
from tests.pages import read_text
from tests.refusals import TOO_MANY_FROM_NETWORK


def make_time(hour: int, minute: int = 0) -> datetime:
    """Return a time on the first day in the conference's time zone."""
    return datetime(2009, 6, 10, hour - 1, minute, tzinfo=UTC)


def test_sessions_are_listed_by_time_with_their_rooms(visitor: Browser) -> None:
    make_agenda("farewell", "harbour-walls", "opening", holder=visitor)

    page = visitor.open("/agenda")

    assert page.headings == [
        "My agenda",
        "Wednesday 10 June 2009",
        "Opening",
        "Harbour walls",
        "Thursday 11 June 2009",
        "Farewell",
        "Your booked seats",
        "On another device",
        "In your calendar",
        "With your booking",
        *("The conference", "Getting help", "This site"),
    ]
    assert "3 sessions." in page.text
    assert "9:30am to 10:30am Opening Great hall Remove: Opening" in page.text


@pytest.mark.parametrize("count", [1, 3])
def test_the_agenda_needs_a_constant_number_of_queries(
    visitor: Browser, queries: list[str], count: int
) -> None:
    make_agenda(*("opening", "harbour-walls", "farewell")[:count], holder=visitor)
    visitor.open("/programme")
    queries.clear()

    visitor.open("/agenda")

    assert len([one for one in queries if "FROM site_state" not in one]) == 2


def test_an_empty_agenda_explains_what_will_appear(visitor: Browser) -> None:
    page = visitor.open("/agenda")

    assert "No sessions yet" in page.headings
    assert page.links["See the programme"] == "/programme"
    assert "If you had an agenda in this browser before, its cookie has been deleted." in page.text


def test_overlapping_sessions_are_marked_and_the_first_names_the_other(visitor: Browser) -> None:
    make_agenda("reading-the-tide", "harbour-walls", holder=visitor)

    page = visitor.open("/agenda")

    assert "2 of these sessions overlap." in page.text
    assert [read_text(one) for one in page.tree.find_by_class("clash")] == [
        "Clash Overlaps with: Harbour walls",
        "Clash",
    ]


def test_a_clash_of_many_sessions_is_described_once(visitor: Browser) -> None:
    make_session(slug="knots", title="Knots", starts_at=make_time(11), ends_at=make_time(12))
    make_session(slug="nets", title="Nets", starts_at=make_time(11, 30), ends_at=make_time(13))
    make_session(slug="ropes", title="Ropes", starts_at=make_time(12, 30), ends_at=make_time(14))
    publish_programme()
    chosen = ("reading-the-tide", "harbour-walls", "knots", "nets", "ropes")
    make_agenda(*chosen, holder=visitor)

    page = visitor.open("/agenda")

    assert "5 of these sessions overlap." in page.text
    assert [read_text(one) for one in page.tree.find_by_class("clash")] == [
        "Clash Overlaps with: Reading the tide; Harbour walls; Nets",
        "Clash",
        "Clash",
        "Clash Overlaps with: Ropes",
        "Clash",
    ]


def test_too_little_walking_time_is_reported_using_the_conference_setting(
    visitor: Browser,
) -> None:
    make_session(
        slug="soup", title="Soup", room=make_room(name="Kitchen"), starts_at=make_time(12, 5)
    )
    db.session.scalars(select(Conference)).one().walking_minutes = 10
    publish_programme()
    make_agenda("reading-the-tide", "soup", holder=visitor)

    told = visitor.open("/agenda").text
    db.session.scalars(select(Conference)).one().walking_minutes = 5
    now = visitor.open("/agenda").text

    assert "There is not enough time to get to one of these sessions." in told
    assert (
        "Not enough time The session before is Reading the tide, "
        "which ends at midday in Great hall."
    ) in told
    assert "Not enough time" not in now


def test_too_little_walking_time_after_a_session_without_end_names_its_start(
    visitor: Browser,
) -> None:
    bell = make_session(
        title="Bell", room=make_room(name="Tower"), starts_at=make_time(11), ends_at=None
    )
    publish_programme()
    make_agenda(bell.slug, "reading-the-tide", holder=visitor)

    page = visitor.open("/agenda")

    assert "Not enough time The session before is Bell, which starts at 11am in Tower." in page.text


def test_a_moved_session_shows_its_old_time_and_room_until_changes_are_hidden(
    visitor: Browser,
) -> None:
    make_agenda("opening", holder=visitor)
    opening = get_session("opening")
    opening.starts_at, opening.ends_at = make_time(14), make_time(15)
    opening.room = db.session.scalars(select(Room).where(Room.slug == "boat-house")).one()
    opening.title = "Opening words"
    publish_programme()

    page = visitor.open("/agenda")
    assert "One session has changed since you added it." in page.text
    assert "It was at 9:30am on Wednesday 10 June 2009, Great hall." in page.text
    assert "It was called “Opening”." in page.text
    page = visitor.press("Hide these changes")

    assert "changed" not in page.text
    assert "2pm to 3pm Opening words Boat house" in page.text


def test_a_session_that_had_no_time_or_room_says_so_after_it_is_scheduled(visitor: Browser) -> None:
    make_session(slug="later", title="Later", starts_at=None, room=None)
    publish_programme()
    make_agenda("later", holder=visitor)
    assert "No time yet" in visitor.open("/agenda").headings
    later = get_session("later")
    later.starts_at, later.ends_at = make_time(16), make_time(17)
    publish_programme()

    page = visitor.open("/agenda")

    assert "Moved It did not have a time." in page.text
    assert "4pm to 5pm Later" in page.text


def test_a_cancelled_session_clashes_with_nothing(visitor: Browser) -> None:
    make_agenda("reading-the-tide", "harbour-walls", holder=visitor)
    get_session("harbour-walls").cancelled_at = clock.now()
    publish_programme()

    page = visitor.open("/agenda")

    assert "Harbour walls Cancelled Boat house" in page.text
    assert "Clash" not in page.text


def test_a_withdrawn_session_is_shown_until_changes_are_hidden(visitor: Browser) -> None:
    make_agenda("opening", "farewell", holder=visitor)
    get_session("farewell").withdrawn_at = clock.now()
    publish_programme()

    page = visitor.open("/agenda")
    assert "No longer in the programme" in page.headings
    assert "Farewell Thursday 11 June 2009. This session has been withdrawn." in page.text
    page = visitor.press("Hide these changes")

    assert "Farewell" not in page.text
    assert "Opening" in page.headings


def test_a_session_can_be_removed_from_the_agenda(visitor: Browser) -> None:
    make_agenda("opening", "farewell", holder=visitor)
    visitor.open("/agenda")

    page = visitor.press("Remove: Opening")

    assert "Farewell" in page.headings
    assert "Opening" not in page.headings


def test_nobody_can_remove_a_session_from_another_agenda(
    visitor: Browser, new_browser: Browsers
) -> None:
    star = make_agenda("opening").stars[0].id
    make_agenda("farewell", holder=visitor)
    told = {"csrf_token": get_csrf_token(visitor)}

    visitor.send("POST", f"/agenda/stars/{star}/remove", data=told)

    assert db.session.scalar(select(func.count()).select_from(Star)) == 2


@pytest.mark.parametrize("below", ["/seen", "/calendar", "/stars/1/remove"])
def test_agenda_changes_without_an_agenda_answer_404(visitor: Browser, below: str) -> None:
    told = {"csrf_token": get_csrf_token(visitor)}

    page = visitor.send("POST", f"/agenda{below}", 404, data=told)

    assert "This browser has no agenda yet" in page.text


def get_csrf_token(visitor: Browser) -> str:
    field = visitor.open("/agenda/forget").tree.find_by_id("csrf_token")
    assert field is not None
    return field.get("value") or ""


def test_a_deleted_agenda_is_deleted_on_every_device(
    visitor: Browser, new_browser: Browsers
) -> None:
    make_agenda("opening", holder=visitor)
    secret = visitor.cookies()["agenda"]
    visitor.open("/agenda").follow("Delete this agenda")

    page = visitor.press("Delete my agenda")

    assert "No sessions yet" in page.headings
    assert "agenda" not in visitor.cookies()
    assert db.session.scalar(select(func.count()).select_from(Agenda)) == 0
    assert db.session.scalar(select(func.count()).select_from(Star)) == 0
    other = new_browser()
    other.set_cookie("agenda", secret, path="/agenda")
    assert "The agenda in this browser no longer exists." in other.open("/agenda").text
    other.open("/agenda/forget")
    assert "No sessions yet" in other.press("Delete my agenda").headings


@pytest.mark.parametrize("cookie", ["x", "x" * 3000, "é", "ImEi.c2lnbmF0dXJl", '"a"'])
def test_a_forged_agenda_cookie_opens_nothing(visitor: Browser, cookie: str) -> None:
    visitor.set_cookie("agenda", cookie, path="/agenda")

    page = visitor.open("/agenda")

    assert "No sessions yet" in page.headings


def test_an_agenda_holds_no_more_than_its_limit(
    visitor: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "MAX_STARS", 2)
    make_agenda("opening", "farewell", holder=visitor)
    visitor.open("/programme")

    page = visitor.press("Harbour walls: Add to my agenda", status=409)

    assert "Your agenda is full. It can have up to 2 sessions." in page.text
    visitor.open("/programme")
    visitor.press("Opening: Add to my agenda")


def test_the_site_holds_no_more_agendas_than_its_limit(
    visitor: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "MAX_AGENDAS", 0)

    with pytest.raises(RuleViolation), transaction():
        services.create("192.0.2.1")


def test_new_agendas_are_limited_for_each_network(
    visitor: Browser, monkeypatch: pytest.MonkeyPatch, frozen_time: Any
) -> None:
    monkeypatch.setattr(
        rate_limits, "NEW_AGENDA", NetworkLimit("agenda", (Window(1, rate_limits.AN_HOUR),))
    )
    visitor.open("/programme")
    visitor.press("Opening: Add to my agenda")
    visitor.delete_cookie("agenda", path="/agenda")
    visitor.open("/programme")

    page = visitor.press("Opening: Add to my agenda", status=429)

    assert page.heading == "Add to my agenda"
    assert page.errors == [TOO_MANY_FROM_NETWORK]
    frozen_time.shift(rate_limits.AN_HOUR)
    assert "“Opening” is in your agenda." in page.press("Try again").text


def test_no_network_can_use_more_than_a_fifth_of_all_agendas() -> None:
    widest = max(multiple for _, multiple in (*IPV4_PREFIXES, *IPV6_PREFIXES))
    in_a_month = min(times for times, within in NEW_AGENDA.windows if within == RETENTION)

    assert in_a_month * widest <= services.MAX_AGENDAS // 5


@pytest.mark.both_databases
def test_agendas_are_deleted_when_the_privacy_page_says(visitor: Browser, frozen_time: Any) -> None:
    make_agenda()
    make_agenda("opening")

    def left_on(day: str) -> int:
        frozen_time.move_to(day)
        with transaction():
            services.purge_expired()
        return db.session.scalar(select(func.count()).select_from(Agenda)) or 0

    assert left_on("2009-05-19T09:29:00+01:00") == 2
    assert left_on("2009-05-19T09:31:00+01:00") == 1  # the empty one, after a week
    assert left_on("2009-09-09T12:00:00+01:00") == 1
    assert left_on("2009-09-10T12:00:00+01:00") == 0  # three months after the conference
    make_agenda("opening")
    assert left_on("2009-09-10T13:00:00+01:00") == 1  # made after it, and kept as long again
    assert left_on("2010-01-10T13:00:00+01:00") == 0


@pytest.mark.settings(CLOCK_STARTS_AT="2009-05-12T09:30:00+01:00")
def test_a_process_with_its_clock_out_of_sync_deletes_no_agendas(
    visitor: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_agenda()
    monkeypatch.setattr(cache_version, "is_clock_in_sync", lambda: False)
    monkeypatch.setattr(clock, "now", lambda: datetime(2012, 1, 1, tzinfo=UTC))

    services.purge_expired()

    assert db.session.scalar(select(func.count()).select_from(Agenda)) == 1


@pytest.mark.both_databases
def test_a_star_set_twice_is_one_star(visitor: Browser) -> None:
    agenda = make_agenda("opening")

    with transaction():
        held = services.get_for_update(agenda.key)
        assert held is not None
        services.star(held, current_release.get_programme().get_session("opening"))
        services.unstar(held, "nothing of this key")

    assert [star.title for star in agenda.stars] == ["Opening"]
    assert services.get_for_update("no such key") is None
    assert timedelta(days=90) == services.RETENTION
