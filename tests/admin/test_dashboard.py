"""The organisers' home page says what an organiser wants to know first."""

from datetime import date, timedelta
from typing import Any

import pytest
from flask import Blueprint, Flask
from sqlalchemy import select, update

from app import clock
from app.accounts.guards import require_team_member
from app.accounts.models import DESK, EDITOR, FORMER, ORGANISER, VIEWER
from app.admin import blueprint
from app.content import services as content
from app.content.versions import ContentDraft
from app.content.views import get_content_folder
from app.database import db, transaction
from app.history import services as history
from app.mail.models import FAILED, SENT
from app.onboarding import services as onboarding
from app.programme.editing import sessions as editing_sessions
from app.programme.editing import speakers as editing_speakers
from app.programme.models import Conference, Photo, Session, Speaker
from app.registration import integrity_check
from app.registration.seats import unset_limit
from app.releases import current_release
from app.releases.models import ScheduledRelease
from app.speakers.models import ItemDeadline
from tests.browser import Browser, Page
from tests.factories import (
    get_ada_marsh,
    make_category,
    make_delegate,
    make_email,
    make_material,
    make_photo,
    make_proposal,
    make_room,
    make_scheduled_release,
    make_session,
    make_speaker,
    make_upload,
    make_waiting_list_entry,
    publish_programme,
    save,
    set_places,
    sign_in,
)
from tests.pages import read_text


def delegates(count: int) -> None:
    for number in range(1, count + 1):
        make_delegate(family_name=f"{number}")


def read_numbers(page: Page) -> dict[str, str]:
    (tiles,) = page.tree.find_by_class("numbers")
    return {
        "".join(tile[0].itertext()).strip(): "".join(tile[1].itertext()).strip() for tile in tiles
    }


def breadcrumbs(page: Page) -> list[str]:
    there = [one for one in page.tree.find_all("nav") if one.get("aria-label") == "You are here"]
    return [read_text(one) for nav in there for one in page.tree.find_all("a", "span", within=nav)]


def test_an_anonymous_visitor_of_admin_is_redirected_to_sign_in(visitor: Browser) -> None:
    answer = visitor.fetch("GET", "/organise")

    assert answer.status_code == 303
    assert answer.headers["Location"] == "/sign-in?next=/organise"


@pytest.mark.own_site
def test_every_admin_blueprint_inherits_the_guard(site: Flask) -> None:
    part = Blueprint("part", __name__)
    part.add_url_rule("/part", view_func=lambda: "for organisers only")
    whole = Blueprint("office", __name__, url_prefix="/office")
    whole.before_request(require_team_member)
    whole.register_blueprint(part)
    site.register_blueprint(whole)

    assert site.before_request_funcs["admin"][0] is require_team_member
    assert blueprint.bp.url_prefix == "/organise"
    assert site.test_client().get("https://conference.example/office/part").status_code == 303


def test_admin_has_neither_header_nor_footer_of_the_public_pages(organiser: Browser) -> None:
    def list_parts(address: str) -> list[str]:
        tree = organiser.open(address).tree
        return [name for name in ("top", "foot") if list(tree.find_by_class(name))]

    assert list_parts("/") == ["top", "foot"]
    for address in ("/organise", "/organise/sessions", "/organise/sessions/opening"):
        assert (address, list_parts(address)) == (address, [])
    assert organiser.page.links["View site"] == "/"


@pytest.mark.parametrize(
    ("address", "status", "heading"),
    [
        ("/organise/people", 403, "You do not have access to this page"),
        ("/organise/sessions/none", 404, "Page not found"),
        ("/organise/no/such/page?done=undone", 404, "Page not found"),
    ],
)
def test_error_pages_in_admin_keep_the_admin_layout(
    visitor: Browser, address: str, status: int, heading: str
) -> None:
    editor = sign_in(visitor, "ed@conference.example", EDITOR)

    page = editor.open(address, status)

    assert page.heading == heading
    assert page.links["Speakers"] == "/organise/speakers"
    assert page.follow("Go to the dashboard").address == "/organise"


def test_an_anonymous_visitor_sees_the_public_404_page_for_admin_urls(visitor: Browser) -> None:
    page = visitor.open("/organise/no/such/page", 404)

    assert page.heading == "Page not found"
    assert "/organise/speakers" not in page.links.values()


@pytest.mark.parametrize(
    ("role", "address", "sentence", "heading", "first", "absent"),
    [
        (
            EDITOR,
            "/organise/people",
            "with the role “Programme editor”. You need the role “Organiser”.",
            "What you can change",
            "/organise/sessions",
            "Team",
        ),
        (
            EDITOR,
            "/organise/delegates",
            "You need one of the roles “Organiser”, “Registration desk”, “Viewer”.",
            "What you can change",
            "/organise/sessions",
            "Delegates",
        ),
        (
            DESK,
            "/organise/sessions/_add",
            "You need one of the roles “Organiser”, “Programme editor”.",
            "What you can change",
            "/organise/delegates",
            "Settings",
        ),
        (
            VIEWER,
            "/organise/settings/change",
            "with the role “Viewer”. You need the role “Organiser”.",
            "What you can view",
            "/organise/sessions",
            "Team",
        ),
    ],
)
def test_a_forbidden_page_names_the_role_that_would_be_needed(  # noqa: PLR0913 - a column each
    *,
    visitor: Browser,
    role: str,
    address: str,
    sentence: str,
    heading: str,
    first: str,
    absent: str,
) -> None:
    member = sign_in(visitor, "member@conference.example", role)

    page = member.open(address, 403)

    assert sentence in page.text
    assert "An organiser can change your role." in page.text
    (main,) = page.tree.find_all("main")
    links = {read_text(one): one.get("href") for one in page.tree.find_all("a", within=main)}
    assert heading in page.headings
    assert next(iter(links.values())) == first
    assert absent not in links
    assert list(links)[-1] == "Go to the dashboard"
    assert all(visitor.fetch("GET", str(one)).status_code == 200 for one in links.values())


def test_a_person_without_role_gets_no_link_to_the_dashboard(visitor: Browser) -> None:
    sign_in(visitor, "former@conference.example", FORMER)

    page = visitor.open("/organise", 403)

    assert "Go to the dashboard" not in page.links


def test_admin_breadcrumbs_begin_at_the_dashboard(organiser: Browser) -> None:
    make_speaker(name="Ada Lovelace")
    speaker = organiser.open("/organise/speakers").follow("Ada Lovelace")

    assert (
        breadcrumbs(organiser.open("/organise"))
        == breadcrumbs(organiser.open("/organise/speakers"))
        == []
    )
    assert breadcrumbs(speaker) == ["Dashboard", "Speakers", "Ada Lovelace"]
    assert breadcrumbs(speaker.follow("Change")) == [
        *("Dashboard", "Speakers", "Ada Lovelace"),
        "Change Ada Lovelace",
    ]
    assert breadcrumbs(organiser.open("/organise/settings/places")) == [
        *("Dashboard", "Settings"),
        "Change the number of places",
    ]
    assert breadcrumbs(organiser.open("/organise/menus/header/shipped")) == [
        *("Dashboard", "Menus"),
        "Restore the original menu?",
    ]


def test_the_dashboard_of_an_empty_conference_explains_what_to_do(organiser: Browser) -> None:
    page = organiser.open("/organise")

    assert page.heading == "Dashboard"
    assert "0 of 20 places are taken. 20 are left." in page.text
    assert "Nobody has registered yet" in page.text
    assert read_numbers(page)["emails waiting to be sent"] == "0"


@pytest.mark.empty
def test_the_dashboard_without_a_conference_explains_how_to_begin(organiser: Browser) -> None:
    page = organiser.open("/organise")

    assert "The number of places has not been set" in page.text
    assert "The programme has not been published yet" in page.text
    assert "Set up your own conference" in page.headings
    assert "There is no conference yet." in page.text
    assert "Shortcuts" not in page.headings
    assert organiser.follow("Set the number of places").heading == "Change the number of places"
    organiser.open("/organise")
    assert organiser.follow("Load a programme").address == "/organise/files/upload"


def test_the_dashboard_says_that_free_places_go_to_the_waiting_list_first(
    organiser: Browser,
) -> None:
    make_waiting_list_entry()

    page = organiser.open("/organise")

    assert "0 of 20 places are taken. 20 are left." in page.text
    assert "Places that are left are offered to people on the waiting list first." in page.text
    assert "All places are taken" not in page.text


def test_the_admin_menu_lists_applications_if_a_category_needs_approval(organiser: Browser) -> None:
    assert "Applications" not in organiser.open("/organise").links
    assert "Applications" in organiser.open("/organise/applications").links

    make_category(approvals_needed=1)

    assert "Applications" in organiser.open("/organise").links


def test_the_list_of_sessions_links_to_ballots(organiser: Browser) -> None:
    assert "Ballots" not in organiser.open("/organise").links

    page = organiser.open("/organise/sessions").follow("Ballots")

    assert (page.heading, "Ballots" in page.links) == ("Ballots", True)


def test_the_dashboard_shows_places_as_number_gauge_and_text(organiser: Browser) -> None:
    set_places(8)
    delegates(3)

    page = organiser.open("/organise")

    assert read_numbers(page)["of 8 places taken"] == "3"
    (drawing,) = page.tree.find_by_class("gauge")
    assert (
        page.text_by_id(drawing.get("aria-labelledby", ""))
        == "3 of 8 places are taken. 5 are left."
    )
    assert [one.get("width") for one in drawing] == ["100%", "37.5%"]


def test_the_dashboard_says_that_all_places_are_taken(organiser: Browser) -> None:
    set_places(1)
    make_delegate()

    page = organiser.open("/organise")

    assert "All places are taken" in page.text


@pytest.mark.parametrize(
    ("moment", "number", "meaning"),
    [
        ("2009-05-12T09:30:00+01:00", "29", "days until the conference"),
        ("2009-06-09T23:59:00+01:00", "1", "day until the conference"),
        ("2009-06-10T00:01:00+01:00", "Day 1", "of 2: the conference is on"),
        ("2009-06-11T23:59:00+01:00", "Day 2", "of 2: the conference is on"),
        ("2009-06-12T00:01:00+01:00", "Over", "The conference has taken place"),
    ],
)
def test_the_dashboard_counts_days_in_the_conference_time_zone(
    visitor: Browser, frozen_time: Any, moment: str, number: str, meaning: str
) -> None:
    frozen_time.move_to(moment)
    sign_in(visitor)

    page = visitor.open("/organise")

    assert read_numbers(page)[meaning] == number


def test_the_dashboard_names_the_current_release(organiser: Browser) -> None:
    make_session()
    publish_programme()

    page = organiser.open("/organise")

    assert (
        "Release 2 of the programme is public. It was published at 9:30am on Tuesday 12 May 2009."
    ) in page.text


def test_the_dashboard_shows_when_registration_closes(organiser: Browser, frozen_time: Any) -> None:
    set_places(3)

    assert "Registration is open until" in organiser.open("/organise").text
    frozen_time.move_to("2009-06-12T09:00:00+01:00")
    assert "Registration closed at" in sign_in(organiser).open("/organise").text


def test_the_dashboard_has_a_sign_out_button(organiser: Browser) -> None:
    organiser.open("/organise")

    assert organiser.press("Sign out").heading == "You are signed out"


def tasks(page: Page) -> dict[str, str]:
    """To do, each with where that is done."""
    lists = page.tree.find_by_class("tasks")
    links = [link for one in lists for link in one.iter("a")]
    return {read_text(link): link.get("href", "") for link in links}


def test_failed_and_delayed_emails_are_dashboard_tasks(
    organiser: Browser, frozen_time: Any
) -> None:
    make_email()
    assert "letter" not in str(tasks(organiser.open("/organise")))
    make_email(state=FAILED)
    make_email(state=SENT)
    frozen_time.shift(timedelta(minutes=11))

    page = organiser.open("/organise")

    assert tasks(page)["1 email could not be delivered"] == "/organise/letters?state=failed"
    assert (
        tasks(page)["1 email has been waiting too long to be sent"]
        == "/organise/letters?state=waiting"
    )


@pytest.mark.both_databases
def test_the_dashboard_explains_the_latest_failed_emails(organiser: Browser) -> None:
    delegate = make_delegate(email="zoe@example.og")
    about = {"booking_reference": delegate.reference, "state": FAILED}
    for number in range(3):
        make_email(subject=f"Older {number}", state=FAILED, last_error="421 Try later")
    why = "550 5.1.1 User unknown"
    make_email(recipient="Zoe@example.og", subject="Your ticket", last_error=why, **about)

    page = organiser.open("/organise")

    sentence = "Your ticket Could not be delivered to Zoe@example.og: the mailbox does not exist"
    assert sentence in page.text
    assert why not in page.text  # which is on the page of the email
    assert "421 Try later" in page.text  # for which there are no plain words
    assert "Older 1" in page.links
    assert "Older 0" not in page.links
    page.follow("Correct email address: Zoe@example.og").press(
        "Correct email address", {"Correct email address": "zoe@example.org"}
    )
    corrected = organiser.open("/organise")
    assert "Your ticket" in corrected.links
    assert not [one for one in corrected.links if one.startswith("Correct email address")]


@pytest.mark.empty
def test_missing_programme_data_are_dashboard_tasks(organiser: Browser) -> None:
    whole = make_speaker(name="Whole", biography="Of whom all is known", confirmed_at=clock.now())
    make_photo(whole)
    make_session(title="Whole", room=make_room(), abstract="All of it", speakers=(whole,))
    make_session(title="Coffee", kind="break", room=make_room(), abstract="")
    make_session(title="Cancelled", starts_at=None, ends_at=None, cancelled_at=clock.now())
    bare = make_speaker(name="Bare", biography="", confirmed_at=None)
    make_session(
        title="Bare", starts_at=None, ends_at=None, room=None, abstract="", speakers=(bare,)
    )
    make_session(title="Nobody", room=make_room(), abstract="Words", speakers=())

    page = organiser.open("/organise")

    assert tasks(page) == {
        "1 session without a time": "/organise/sessions?missing=time",
        "1 session without a room": "/organise/sessions?missing=room",
        "1 session without an abstract": "/organise/sessions?missing=abstract",
        "1 session without speakers": "/organise/sessions?missing=speakers",
        "1 speaker who has not confirmed": "/organise/speakers?confirmed=no",
        "1 speaker without a biography": "/organise/speakers?missing=biography",
        "1 speaker without a photo": "/organise/speakers?missing=photo",
    }


@pytest.mark.both_databases
def test_clashes_and_unpublished_changes_are_dashboard_tasks(organiser: Browser) -> None:
    hall = make_room(name="Hall")
    make_session(title="One", room=hall)
    two = make_session(title="Two", room=hall)

    before = tasks(organiser.open("/organise"))
    with transaction():
        editing_sessions.cancel(two, actor="grace@conference.example")
    after = tasks(organiser.open("/organise"))

    assert before["1 clash in the programme"] == "/organise/board"
    assert "1 clash in the programme" not in after
    assert after["1 unpublished change"] == "/organise/publishing"


def test_materials_that_wait_for_approval_are_a_dashboard_task(organiser: Browser) -> None:
    waits = make_session(title="Harbour walls")
    gone = make_session(title="Gone", withdrawn_at=clock.now())
    make_material(waits, available_from="word", released_at=None)
    make_material(waits, available_from="word", released_at=None, title="Paper")
    make_material(make_session(title="Released"), available_from="word", released_at=clock.now())
    make_material(gone, available_from="word", released_at=None)
    make_material(make_session(title="Open"))

    home = organiser.open("/organise")
    sessions = home.follow("1 session with slides or papers to approve")
    session = sessions.follow("Harbour walls").follow("Manage files and links")

    assert sessions.address == "/organise/sessions?missing=word"
    assert not {"Released", "Gone", "Open"} & set(sessions.links)
    session.press("Approve Slides")
    organiser.open(session.address).press("Approve Paper")
    assert "word" not in str(tasks(organiser.open("/organise")))


def test_a_failed_scheduled_release_is_a_dashboard_task(organiser: Browser) -> None:
    with transaction():
        db.session.add(
            ScheduledRelease(
                publish_at=clock.now(), created_at=clock.now(), scheduled_by="Grace", state="failed"
            )
        )

    assert "1 scheduled release was not published" in tasks(organiser.open("/organise"))


def test_the_dashboard_says_that_there_is_nothing_to_do(organiser: Browser) -> None:
    with transaction():
        for speaker in db.session.scalars(select(Speaker)):
            speaker.confirmed_at, speaker.biography = clock.now(), "Known to all"
            speaker.photo = Photo(
                key=speaker.key, description="A face", picture=b"", created_at=clock.now()
            )
        for session in db.session.scalars(select(Session)):
            session.abstract = "Of which all is known"
            session.room_id = session.room_id or make_room().id
        onboarding.remove_example_texts(get_content_folder(), actor="Grace")
    publish_programme()

    page = organiser.open("/organise")

    assert tasks(page) == {}
    assert "Nothing to do." in page.text


@pytest.mark.both_databases
def test_registration_charts_have_data_tables(organiser: Browser, frozen_time: Any) -> None:
    set_places(10)
    make_delegate(family_name="One", country="KE", days="2009-06-10")
    make_delegate(family_name="Two", country="KE", days="2009-06-10 2009-06-11")
    frozen_time.move_to("2009-05-14T00:30:00+01:00")  # still the 13th by the clocks of London's sun
    make_delegate(family_name="Three", country="FR", days="2009-06-11")
    make_delegate(family_name="Four", country="FR", days="2009-06-11", cancelled_at=clock.now())

    page = sign_in(organiser).open("/organise")

    (curve,) = page.tree.find_by_class("curve")
    assert curve.get("points") == "0,180 200,144 400,144 600,126"
    assert "Tuesday 12 May 2009 2 2 Thursday 14 May 2009 1 3" in page.text
    assert "Kenya 2 France 1" in page.text
    assert "Wednesday 10 June 2009 2 Thursday 11 June 2009 2" in page.text


def test_the_country_chart_shows_at_most_twelve_countries(organiser: Browser) -> None:
    others = "FR DE BR IN CN US ZA NG PE PL PT RO RW SE"
    for number, country in enumerate(f"KE KE {others}".split()):
        make_delegate(family_name=str(number), country=country)

    page = organiser.open("/organise")

    assert "Kenya 2" in page.text
    assert "Other countries 4" in page.text


def make_everything_wait() -> None:
    """Create one pending task of each kind."""
    make_email(state=FAILED)
    make_proposal(get_ada_marsh(), biography="She has measured every tide since 1990.")
    make_upload()
    with transaction():
        history.record("The site checked its data: 3 faults", subject="audit")


def names(page: Page) -> dict[str, list[str]]:
    """The tasks below each heading."""
    (section,) = page.tree.find_by_class("to-do")
    headings = [read_text(one) for one in page.tree.find_all("h3", within=section)]
    lists = page.tree.find_all("ul", within=section)
    return {
        heading: [
            read_text(next(page.tree.find_all("a", within=line)))
            for line in page.tree.find_all("li", within=one)
        ]
        for heading, one in zip(headings, lists, strict=True)
    }


@pytest.mark.both_databases
def test_urgent_tasks_are_first_and_link_to_their_lists(organiser: Browser) -> None:
    make_everything_wait()
    make_session(title="Elsewhere", starts_at=None, ends_at=None, abstract="Of which all is known")

    page = organiser.open("/organise")

    found = names(page)
    assert list(found) == ["Urgent", "Waiting for you", "To complete"]
    assert found["Urgent"] == [
        "1 email could not be delivered",
        "3 problems found by the last daily check of the data",
    ]
    assert found["Waiting for you"] == [
        "1 change from a speaker to approve",
        "1 programme file that has not been loaded yet",
        "10 pages and news items are still about the example",
    ]
    assert found["To complete"][:2] == ["1 session without a time", "2 sessions without a room"]
    emails = page.follow("1 email could not be delivered")
    assert emails.address == "/organise/letters?state=failed"
    checked = organiser.open("/organise").follow(
        "3 problems found by the last daily check of the data"
    )
    assert "The site checked its data: 3 faults" in checked.text


def test_one_integrity_problem_is_reported_in_the_singular(organiser: Browser) -> None:
    make_delegate()
    with transaction():
        integrity_check.run_daily()

    found = names(organiser.open("/organise"))

    assert found["Urgent"] == ["1 problem found by the last daily check of the data"]


@pytest.mark.parametrize(
    ("role", "urgent"),
    [
        (
            ORGANISER,
            [
                "1 email could not be delivered",
                "3 problems found by the last daily check of the data",
            ],
        ),
        (DESK, ["1 email could not be delivered"]),
        (EDITOR, None),
        (VIEWER, None),
    ],
)
def test_each_role_sees_only_tasks_it_can_do(
    visitor: Browser, role: str, urgent: list[str] | None
) -> None:
    make_everything_wait()

    page = sign_in(visitor, role=role).open("/organise")

    found = names(page)
    assert found.get("Urgent") == urgent
    assert ("1 change from a speaker to approve" in tasks(page)) == (role in {ORGANISER, EDITOR})
    assert all(visitor.fetch("GET", one).status_code == 200 for one in tasks(page).values())


def test_a_viewer_sees_the_conference_state_but_no_tasks(visitor: Browser) -> None:
    make_everything_wait()

    page = sign_in(visitor, role=VIEWER).open("/organise")

    assert tasks(page) == {}
    assert (
        "Your role lets you view the conference but not change it, so there is nothing for you "
        "to do." in page.text
    )
    assert "0 of 20 places are taken. 20 are left." in page.text
    assert "Registrations" in page.headings


def test_the_desk_without_tasks_sees_that_emails_are_delivered(visitor: Browser) -> None:
    page = sign_in(visitor, role=DESK).open("/organise")

    assert tasks(page) == {}
    assert "Nothing to do. Emails are being delivered." in page.text


def test_an_editor_sees_nothing_about_delegates_on_the_dashboard(visitor: Browser) -> None:
    make_email(state=FAILED)
    make_delegate()

    page = sign_in(visitor, role=EDITOR).open("/organise")

    assert "could not be delivered" not in page.text
    assert "emails waiting to be sent" not in read_numbers(page)
    assert "Registrations" not in page.headings


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        (
            ORGANISER,
            [
                *("Add a session", "Add a speaker", "Add a room", "Add a delegate"),
                *("Meals, for the caterer", "Names for the interpreter"),
                *("Invite speakers", "Write a group email"),
            ],
        ),
        (DESK, ["Add a delegate", "Meals, for the caterer", "Names for the interpreter"]),
        (EDITOR, ["Add a session", "Add a speaker", "Add a room", "Invite speakers"]),
        (VIEWER, []),
    ],
)
def test_each_role_has_dashboard_shortcuts(
    visitor: Browser, role: str, expected: list[str]
) -> None:
    page = sign_in(visitor, role=role).open("/organise")

    found = [
        link
        for part in page.tree.find_by_class("shortcuts")
        for link in page.tree.find_all("a", within=part)
    ]
    assert [read_text(link) for link in found] == expected
    for link in found:
        visitor.open(link.get("href") or "")


@pytest.mark.both_databases
def test_a_deadline_that_has_passed_makes_a_task_urgent(
    organiser: Browser, frozen_time: Any
) -> None:
    save(ItemDeadline(item="photo", due_on=date(2009, 5, 13)))
    save(ItemDeadline(item="profile", due_on=date(2009, 5, 20)))
    make_speaker(name="Nobody")

    before = organiser.open("/organise")
    frozen_time.move_to("2009-05-14T00:30:00+01:00")
    after = sign_in(organiser).open("/organise")

    assert "without a photo Deadline: Wednesday 13 May 2009" in before.text
    assert "Urgent" not in names(before)
    assert [one.split(" ", 1)[1] for one in names(after)["Urgent"]] == ["speakers without a photo"]
    assert "The deadline was Wednesday 13 May 2009" in after.text
    assert "without a biography Deadline: Wednesday 20 May 2009" in after.text


def test_registration_that_closes_soon_is_a_dashboard_task(
    organiser: Browser, frozen_time: Any
) -> None:
    assert "closes" not in str(tasks(organiser.open("/organise")))
    closes = current_release.get_programme().conference.registration_closes_at
    assert closes is not None
    frozen_time.move_to(closes - timedelta(days=6, hours=1))

    page = sign_in(organiser).open("/organise")

    assert tasks(page)["7 days until registration closes"] == "/organise/settings"


def test_missing_places_or_contact_address_are_dashboard_tasks(organiser: Browser) -> None:
    with transaction():
        unset_limit("conference")
        db.session.execute(update(Conference).values(contact_email=""))

    page = organiser.open("/organise")

    assert names(page)["Urgent"] == ["Set the number of places, so that people can register"]
    assert tasks(page)["Add a contact email address for visitors"] == "/organise/settings/change"
    assert organiser.follow("Set the number of places, so that people can register").heading == (
        "Change the number of places"
    )


def test_the_dashboard_shows_the_next_release_and_the_urgent_notice(organiser: Browser) -> None:
    make_scheduled_release()
    make_scheduled_release(publish_at=clock.now() + timedelta(days=2))
    wording = ContentDraft("The lift is out of order", "", "", clock.now().date())
    with transaction():
        content.publish_notice(get_content_folder(), wording, expected_version=0, actor="Grace")

    page = organiser.open("/organise")

    assert "The next release is scheduled for 10:30am on Tuesday 12 May 2009." in page.text
    assert "An urgent notice is on every page: “The lift is out of order”" in page.text


def test_short_proposals_can_be_approved_on_the_dashboard(organiser: Browser) -> None:
    ada, bo, cy = get_ada_marsh(), make_speaker(name="Bo", role="Cook"), make_speaker(name="Cy")
    make_proposal(ada, role="Pilot")
    make_proposal(bo, role="Deck hand")
    make_proposal(cy, biography="A long life. " * 20)

    page = organiser.open("/organise")
    page = page.press("Approve selected", {"Bo – Role: before: Cook → after: Deck hand": True})

    assert page.address.partition("?")[0] == "/organise"
    assert "Approved. They will be public when you publish." in page.source
    assert (ada.role, bo.role) == ("Harbour master", "Deck hand")
    assert page.follow("Review: Cy").heading == "Change to Cy"
    page = organiser.open("/organise").press("Approve this change")
    assert (ada.role, cy.biography) == ("Pilot", "")
    assert "Approve this change" not in page.buttons


def test_a_stale_proposal_cannot_be_approved_on_the_dashboard(organiser: Browser) -> None:
    bo = make_speaker(name="Bo", role="Cook")
    make_proposal(bo, role="Deck hand")
    page = organiser.open("/organise")
    with transaction():
        editing_speakers.save(
            bo, {"role": "Mate"}, expected_version=bo.version, actor="grace@conference.example"
        )

    late = page.press("Approve this change")

    assert late.heading == "0 changes approved"
    page = organiser.open("/organise")
    assert bo.role == "Mate"
    assert "Approve this change" not in page.buttons
    assert page.follow("Review: Bo").heading == "Change to Bo"


def test_the_dashboard_can_approve_the_first_five_proposals_together(organiser: Browser) -> None:
    people = [make_speaker(name=f"Bo {number}") for number in range(7)]
    for one in people:
        make_proposal(one, role="Mate")

    page = organiser.open("/organise").press("Approve these 5 changes")

    assert [one.role for one in people] == [*["Mate"] * 5, "", ""]
    assert "Approve these 2 changes" in page.buttons


@pytest.mark.parametrize("count", [1, 3])
def test_the_dashboard_needs_a_constant_number_of_queries(
    organiser: Browser, queries: list[str], count: int
) -> None:
    set_places(10)
    delegates(count)
    for _ in range(count):
        make_session(speakers=(make_speaker(),))
        make_email()
        make_email(state=FAILED)
        make_proposal(make_speaker(), role="Mate")
        make_proposal(make_session(), title="Ebb")
    organiser.open("/organise")
    queries.clear()

    organiser.open("/organise")

    assert len(list_counted_queries(queries)) == 8


def test_the_dashboard_of_a_full_conference_needs_a_constant_number_of_queries(
    organiser: Browser, queries: list[str]
) -> None:
    set_places(1)
    make_delegate()
    make_waiting_list_entry()
    make_email(state=FAILED)
    make_proposal(get_ada_marsh(), biography="She has measured every tide since 1990.")
    organiser.open("/organise")
    queries.clear()

    organiser.open("/organise")

    assert len(list_counted_queries(queries)) == 8


def test_thousands_of_emails_do_not_lengthen_the_dashboard(
    organiser: Browser, queries: list[str]
) -> None:
    for number in range(2000):
        make_email(state=FAILED if number % 2 else "waiting")
    organiser.open("/organise")
    queries.clear()

    page = organiser.open("/organise")

    assert read_numbers(page)["emails waiting to be sent"] == "1,000"
    assert len(list_counted_queries(queries)) == 7
    assert len(page.source) < 20_000


def list_counted_queries(queries: list[str]) -> list[str]:
    """Leave out the check of the cache version, which other sites take once a second."""
    return [one for one in queries if not one.startswith("SELECT site_state.cache_version")]
