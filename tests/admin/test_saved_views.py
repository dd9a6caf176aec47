"""Saved views: the filters, order and columns of a list under a name, as links above it."""

import pytest
from flask import Flask
from sqlalchemy import select

from app.accounts.models import Person, SavedView
from app.accounts.saved_views import MAX_VIEWS
from app.admin.delegates import filters
from app.admin_kit import saved_views
from app.database import db
from app.errors import RuleViolation
from app.registration.desk import queries
from tests.browser import Browser, Browsers, Page
from tests.factories import (
    make_delegate,
    make_organiser,
    make_room,
    make_saved_view,
    make_session,
    sign_in,
)

SESSIONS = "/organise/sessions"


@pytest.fixture
def other_visitor(new_browser: Browsers) -> Browser:
    """Someone else, in a browser of their own."""
    return new_browser()


def tabs(page: Page) -> list[str]:
    """Return the view links above the list; the open one ends with an asterisk."""
    found = [*page.tree.find_by_class("views")]
    links = page.tree.find_all("a", within=found[0]) if found else []
    return [
        "".join(one.itertext()).strip() + ("*" if one.get("aria-current") else "") for one in links
    ]


def flash(page: Page) -> str:
    """Return the success message of the page."""
    (note,) = page.tree.find_by_class("note--done")
    return "".join(note.itertext()).strip()


def titles(page: Page) -> list[str]:
    """Return the rows of the list by the links in their first cells."""
    rows = [one for one in page.tree.find_all("th") if one.get("scope") == "row"]
    return ["".join(next(page.tree.find_all("a", within=one)).itertext()) for one in rows]


def shown_columns(page: Page) -> list[str]:
    """Return the columns that are shown, by the checkboxes of the view options."""
    boxes = [one for one in page.tree.find_all("input") if one.get("name") == "column"]
    return [one.get("value") or "" for one in boxes if one.get("checked") is not None]


def save_view(browser: Browser, address: str, name: str, **boxes: bool) -> Page:
    """Save what the list shows at an address."""
    browser.open(address).follow("Save this view")
    return browser.press("Save view", {"Name": name}, **boxes)


def count_views() -> int:
    return len(db.session.scalars(select(SavedView)).all())


def test_a_view_can_be_saved_and_opened(organiser: Browser) -> None:
    make_session(title="Tide tables", is_draft=True)
    make_session(title="Fair financing of tides")
    make_session(title="Tides and tithes", is_draft=True)
    page = organiser.open(f"{SESSIONS}?q=tide&state=draft&sort=-title")
    assert tabs(page) == []

    form = page.follow("Save this view")
    assert form.summary_list == {"Filters": "“tide”; State: Draft"}
    page = organiser.press("Save view", name="Drafts, last first")

    assert flash(page) == "The view has been saved. Its link is above the list."
    assert tabs(page) == ["All", "Drafts, last first*"]
    assert titles(page) == ["Tides and tithes", "Tide tables"]
    assert "Save changes to this view" not in page.buttons
    page = page.follow("All")
    assert tabs(page) == ["All*", "Drafts, last first"]
    assert len(titles(page)) == 8
    page = page.follow("Drafts, last first")
    assert titles(page) == ["Tides and tithes", "Tide tables"]


FILTERED_LISTS = (  # every list with saved views, by the name of its blueprint
    ("sessions", "/organise/sessions", "state=draft"),
    ("speakers", "/organise/speakers", "missing=photo"),
    ("proposals", "/organise/proposals", "state=open"),
    ("rooms", "/organise/rooms", "used=yes"),
    ("themes", "/organise/themes", "used=no"),
    ("delegates", "/organise/delegates", "state=attending"),
    ("groups", "/organise/groups", "lacks=waiting"),
    ("applications", "/organise/applications", "state=declined"),
    ("interest", "/organise/interest", "state=declined"),
    ("waiting_list", "/organise/waiting-list", "state=left"),
    ("session_fill", "/organise/session-seats", "state=full"),
    ("invitations", "/organise/invitations", "state=used"),
    ("questions", "/organise/questions", "state=retired"),
    ("access_cases", "/organise/access", "due=overdue"),
    ("dietary_cases", "/organise/dietary", "owner=nobody"),
    ("emails", "/organise/letters", "state=failed"),
    ("suppression", "/organise/letters/suppression", "reason=desk"),
    ("content", "/organise/pages", "kind=news"),
    ("history", "/organise/history", "kind=session"),
    ("history", "/organise/history", "thing=session+opening"),
)


def test_every_list_with_saved_views_is_tested(site: Flask) -> None:
    assert {name for name, _, _ in FILTERED_LISTS} == saved_views.LISTS.keys()


@pytest.mark.parametrize(("name", "address", "filters"), FILTERED_LISTS)
def test_every_list_supports_saved_views(
    organiser: Browser, name: str, address: str, filters: str
) -> None:
    make_delegate()
    page = organiser.open(f"{address}?q=a&{filters}")
    if name in {"access_cases", "dietary_cases"}:
        page.press(next(one for one in page.buttons if one.startswith("Show ")))

    organiser.page.follow("Save this view")
    page = organiser.press("Save view", name="Mine")

    assert tabs(page) == ["All", "Mine*"]
    assert page.address.startswith(f"{address}?q=a&{filters}&")
    assert "Save changes to this view" not in page.buttons
    other = "/organise/rooms" if address != "/organise/rooms" else "/organise/themes"
    assert tabs(organiser.open(other)) == []


def test_a_saved_view_keeps_its_columns(organiser: Browser) -> None:
    make_session()
    organiser.open(SESSIONS)
    organiser.press("Save options", columns=["Time", "Room"])
    save_view(organiser, SESSIONS, name="Where and when")
    organiser.page.follow("All")
    organiser.press("Save options", columns=["Speakers", "Theme"])

    page = organiser.page.follow("Where and when")

    assert shown_columns(page) == ["time", "room"]
    assert shown_columns(page.follow("Title")) == ["time", "room"]
    assert shown_columns(organiser.page.follow("All")) == ["speakers", "theme"]
    organiser.page.follow("Where and when")
    page = organiser.press("Save options", columns=["Room"])
    assert shown_columns(page) == ["room"]
    page = organiser.press("Save changes to this view")
    page = page.follow("All").follow("Where and when")
    assert shown_columns(page) == ["room"]


def test_changes_to_an_open_view_are_saved_or_undone(organiser: Browser) -> None:
    make_session(title="Tide tables", is_draft=True)
    save_view(organiser, f"{SESSIONS}?state=draft", name="Work")

    page = organiser.press("Search", state="Confirmed")
    assert tabs(page) == ["All", "Work*"]
    assert "Tide tables" not in titles(page)
    page = page.follow("Discard changes")
    assert titles(page) == ["Tide tables"]

    organiser.press("Search", search_by_title_speaker_or_key="tables", state="All")
    page = organiser.press("Save changes to this view")

    assert flash(page) == "The view has been changed."
    assert page.follow("All").follow("Work").title.startswith("Sessions: search for ‘tables’ –")


def test_the_filters_of_a_view_can_be_cleared(organiser: Browser) -> None:
    make_session(title="Tide tables", is_draft=True)
    save_view(
        organiser, f"{SESSIONS}?state=draft", name="Work", show_this_view_when_i_open_the_list=True
    )

    page = organiser.page.follow("Clear filters")

    assert tabs(page) == ["All", "Work*"]
    assert len(titles(page)) == 6


@pytest.mark.both_databases
def test_a_list_opens_with_the_default_view(organiser: Browser) -> None:
    make_session(title="Tide tables", is_draft=True)
    save_view(
        organiser, f"{SESSIONS}?state=draft", name="Work", show_this_view_when_i_open_the_list=True
    )
    save_view(organiser, f"{SESSIONS}?state=confirmed", name="Rest")

    page = organiser.open("/organise").follow("Sessions")

    assert tabs(page) == ["All", "Rest", "Work*"]
    assert titles(page) == ["Tide tables"]
    page = page.follow("All")
    assert tabs(page) == ["All*", "Rest", "Work"]
    assert len(titles(page)) == 6
    page.follow("Rest").follow("Change this view")
    organiser.press("Save view", show_this_view_when_i_open_the_list=True)
    assert tabs(organiser.open("/organise").follow("Sessions")) == ["All", "Rest*", "Work"]
    organiser.page.follow("Change this view")
    organiser.press("Save view", show_this_view_when_i_open_the_list=False)
    assert tabs(organiser.open("/organise").follow("Sessions")) == ["All*", "Rest", "Work"]


def test_the_team_sees_only_shared_views(organiser: Browser, other_visitor: Browser) -> None:
    make_session(title="Tide tables", is_draft=True)
    save_view(organiser, f"{SESSIONS}?state=draft", name="Drafts", share_with_the_team=True)
    save_view(organiser, f"{SESSIONS}?state=confirmed", name="Mine")
    viewer = sign_in(other_visitor, "vi@conference.example", "viewer")

    page = viewer.open(SESSIONS).follow("Drafts")

    assert tabs(page) == ["All", "Drafts*"]
    assert titles(page) == ["Tide tables"]
    assert "Change this view" not in page.links
    drafts, mine = db.session.scalars(select(SavedView.id).order_by(SavedView.id)).all()
    viewer.open(f"/organise/views/{drafts}", status=403)
    viewer.open(f"/organise/views/{drafts}/delete", status=403)
    viewer.open(f"/organise/views/{mine}", status=404)
    page = save_view(viewer, f"{SESSIONS}?q=tide", name="Tides")
    assert tabs(page) == ["All", "Drafts", "Tides*"]
    assert tabs(organiser.open(SESSIONS)) == ["All*", "Drafts", "Mine"]


def test_an_organiser_can_change_a_view_shared_by_a_colleague(
    visitor: Browser, other_visitor: Browser
) -> None:
    editor = sign_in(visitor, "ed@conference.example", "editor")
    shared = {"share_with_the_team": True, "show_this_view_when_i_open_the_list": True}
    save_view(editor, f"{SESSIONS}?state=draft", name="Drafts", **shared)
    organiser = sign_in(other_visitor)

    form = organiser.open(SESSIONS).follow("Drafts").follow("Change this view")
    assert "Show this view when I open the list" not in form.labels
    organiser.press("Save view", name="To do")

    page = editor.open("/organise").follow("Sessions")
    assert tabs(page) == ["All", "To do*"]


@pytest.mark.both_databases
def test_a_stale_edit_of_a_shared_view_shows_both_versions(
    visitor: Browser, other_visitor: Browser
) -> None:
    first, second = sign_in(visitor), sign_in(other_visitor, "otto@conference.example")
    save_view(first, f"{SESSIONS}?state=draft", name="Drafts", share_with_the_team=True)
    first.follow("Change this view")
    second.open(SESSIONS).follow("Drafts").follow("Change this view")
    second.press("Save view", name="To do")

    page = first.press("Save view", status=409, name="To check")

    assert "Two versions" in page.text
    assert {"": "Name", "Saved now": "To do", "Yours": "To check"} in page.rows
    page = first.press("Save view")
    assert tabs(page) == ["All", "To check*"]


@pytest.mark.both_databases
def test_a_stale_edit_of_the_filters_of_a_shared_view_is_refused(
    visitor: Browser, other_visitor: Browser
) -> None:
    first, second = sign_in(visitor), sign_in(other_visitor, "otto@conference.example")
    save_view(first, f"{SESSIONS}?state=draft", name="Work", share_with_the_team=True)
    first.press("Search", state="Confirmed")
    second.open(SESSIONS).follow("Work")
    second.press("Search", state="Cancelled")
    second.press("Save changes to this view")

    page = first.press("Save changes to this view", status=409)

    assert "Someone else has changed this view since you opened it" in page.text
    (view,) = db.session.scalars(select(SavedView)).all()
    assert view.query.startswith("state=cancelled")


def test_deleting_a_view_asks_for_confirmation(organiser: Browser) -> None:
    save_view(organiser, f"{SESSIONS}?state=draft", name="Drafts")

    organiser.page.follow("Change this view").follow("Delete this view")
    assert organiser.page.heading == "Delete the view Drafts"
    page = organiser.press("Delete view")

    assert flash(page) == "The view has been deleted. Nothing in the list has changed."
    assert tabs(page) == []
    assert count_views() == 0


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("", "Enter a name"),
        ("…", "The name must include a letter or a number"),
        ("x" * 41, "The name must be 40 characters or fewer"),
        (
            "DRAFTS",
            "There is already a view called “DRAFTS” in this list. Enter another name",
        ),
    ],
)
def test_an_invalid_view_name_is_refused(organiser: Browser, name: str, told: str) -> None:
    save_view(organiser, f"{SESSIONS}?state=draft", name="Drafts")
    organiser.open(f"{SESSIONS}?q=a").follow("Save this view")

    page = organiser.press("Save view", name=name, share_with_the_team=True, status=422)

    assert page.errors == [told]
    assert page.value_of("Name") == name
    assert count_views() == 1
    page = organiser.press("Save view", name="Drafts in another list")
    assert page.address.startswith(f"{SESSIONS}?q=a&")


@pytest.mark.both_databases
def test_a_view_name_already_shared_with_the_team_is_refused(
    organiser: Browser, other_visitor: Browser
) -> None:
    save_view(organiser, f"{SESSIONS}?state=draft", name="Drafts", share_with_the_team=True)
    editor = sign_in(other_visitor, "ed@conference.example", "editor")
    editor.open(SESSIONS).follow("Save this view")

    page = editor.press("Save view", name="drafts", status=422)

    assert page.errors == [
        "There is already a view called “drafts” in this list. Enter another name"
    ]
    organiser.open(SESSIONS).follow("Drafts").follow("Change this view")
    assert tabs(organiser.press("Save view", name="drafts")) == ["All", "drafts*"]


@pytest.mark.both_databases
def test_saved_views_are_limited_per_person_and_list(organiser: Browser) -> None:
    grace = db.session.scalars(select(Person)).one()
    for number in range(MAX_VIEWS):
        make_saved_view(grace, name=f"View {number}")
    organiser.open(SESSIONS).follow("Save this view")

    page = organiser.press("Save view", name="One more", status=422)

    (error,) = page.errors
    assert error == (
        f"You have {MAX_VIEWS} saved views of this list, which is the most. "
        "Delete one that you no longer need"
    )
    save_view(organiser, "/organise/rooms", name="One more")


def test_a_view_with_a_filter_that_no_longer_exists_says_so(organiser: Browser) -> None:
    room = make_room(name="Tower", key="tower")
    make_session(title="Tide tables")
    make_session(title="Tide clocks", room=room)
    page = save_view(organiser, f"{SESSIONS}?q=tide&room=tower", name="Tower")
    assert titles(page) == ["Tide clocks"]
    room.key = "spire"
    db.session.commit()

    page = organiser.open(SESSIONS).follow("Tower")

    assert (
        "This view filters by something that no longer exists, or that your role cannot see "
        "(Room: tower). The list is shown without that filter." in page.text
    )
    assert titles(page) == ["Tide clocks", "Tide tables", "Reading the tide"]
    page = organiser.press("Save changes to this view")
    assert "no longer exists" not in page.text


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/organise/views/_add", 404),
        ("/organise/views/_add?list=people", 404),
        ("/organise/views/_add?list=delegates", 403),
        ("/organise/views/1", 404),
        ("/organise/views/99999999999999999999", 404),
    ],
)
def test_an_unknown_view_is_not_found(visitor: Browser, address: str, status: int) -> None:
    sign_in(visitor, "ed@conference.example", "editor").open(address, status=status)


@pytest.mark.parametrize("view", ["0", "x", "1", "%00", "9" * 400, "all"])
def test_an_unknown_view_parameter_is_ignored(organiser: Browser, view: str) -> None:
    make_session()
    whole = titles(organiser.open(SESSIONS))

    page = organiser.open(f"{SESSIONS}?view={view}&hide={view}")

    assert titles(page) == whole


def test_a_view_saves_only_known_parameters_of_the_list(organiser: Browser) -> None:
    organiser.open("/organise/views/_add?list=sessions&state=lost&evil=1&sort=nonsense&hide=%3Cb")

    organiser.press("Save view", name="All of it")

    assert db.session.scalars(select(SavedView.query)).all() == [""]


def test_a_view_with_too_long_a_search_is_not_saved(organiser: Browser) -> None:
    words = "人" * 100
    organiser.open(f"/organise/views/_add?list=sessions&q={words}&hide={'a' * 290}.{'b' * 9}")

    page = organiser.press("Save view", name="Long")

    assert page.address.startswith(SESSIONS)


def test_removing_a_team_member_deletes_their_private_views(
    organiser: Browser, other_visitor: Browser
) -> None:
    editor = sign_in(other_visitor, "ed@conference.example", "editor")
    save_view(editor, f"{SESSIONS}?state=draft", name="Shared", share_with_the_team=True)
    save_view(editor, f"{SESSIONS}?q=ada", name="Own")

    organiser.open("/organise/people").follow("ed@conference.example")
    organiser.page.follow("Remove from the team")
    organiser.press("Remove from the team")

    assert tabs(organiser.open(SESSIONS)) == ["All*", "Shared"]
    assert count_views() == 1


def test_a_view_resolves_to_the_delegates_it_lists(site: Flask, organiser: Browser) -> None:
    make_delegate(given_names="Ada", family_name="Lovelace", country="GB")
    make_delegate(given_names="Grace", family_name="Hopper", country="US")
    save_view(organiser, "/organise/delegates?country=GB", name="From Britain")
    view = db.session.scalars(select(SavedView)).one()

    chosen = resolve_delegates(organiser, site, view)

    assert chosen == ["Ada Lovelace"]
    view.query = "country=XX"
    db.session.commit()
    with pytest.raises(RuleViolation) as refusal:
        resolve_delegates(organiser, site, view)
    assert str(refusal.value) == (
        "The view “From Britain” has a filter that no longer exists: Country: XX. "
        "Change the view first"
    )


def resolve_delegates(browser: Browser, site: Flask, view: SavedView) -> list[str]:
    """Choose delegates by a view, as code within a request of the organiser does."""
    cookies = "; ".join(f"{name}={value}" for name, value in browser.cookies().items())
    with site.test_request_context("/organise", headers={"Cookie": cookies}):
        query = saved_views.resolve(view)
        found = queries.list_delegates(filters.list_conditions(query), **query.window)
        return [one.full_name for one in found]


@pytest.mark.settings(EDITION_CHECK_SECONDS="3600")
@pytest.mark.parametrize("count", [0, 3])
def test_a_list_with_views_needs_a_constant_number_of_queries(
    organiser: Browser, queries: list[str], count: int
) -> None:
    grace = db.session.scalars(select(Person)).one()
    for number in range(count):
        make_saved_view(grace, name=f"View {number}")
        colleague = make_organiser(f"{number}@conference.example")
        make_saved_view(colleague, name=f"Theirs {number}", is_shared=True)
    organiser.open(f"{SESSIONS}?view=1")
    queries.clear()

    organiser.open(f"{SESSIONS}?view=1")

    assert len(queries) == 8
