"""View options of admin lists: density, columns and selected rows."""

import pytest

from tests.browser import Browser, Page
from tests.factories import make_delegate, make_session, make_speaker, set_places, sign_in

COOKIE = "admin_view"


def hidden_columns(page: Page) -> list[str]:
    """Return the columns that the style sheet hides, by heading."""
    (box,) = page.tree.find_by_class("list-box")
    heads = next(page.tree.find_all("tr", within=box))
    classes = (box.get("class") or "").split()
    numbers = [int(one.removeprefix("hides-")) for one in classes if one.startswith("hides-")]
    return ["".join(heads[number - 1].itertext()).strip() for number in numbers]


def is_compact(page: Page) -> bool:
    return bool([*page.tree.find_by_class("office--compact")])


def test_view_options_are_remembered_per_list(organiser: Browser) -> None:
    make_delegate()
    make_session()
    assert hidden_columns(organiser.open("/organise/sessions")) == ["Changed"]

    page = organiser.press("Save options", rows="Compact", columns=["Time", "Room", "Changed"])

    assert page.address == "/organise/sessions"
    assert is_compact(page)
    assert hidden_columns(page) == ["Speakers", "Theme", "Type", "Seats"]
    other = organiser.open("/organise/delegates")
    assert is_compact(other)
    assert hidden_columns(other) == []
    other.press("Save options", rows="Roomy", columns=["Country"])
    page = organiser.open("/organise/sessions?q=a")
    assert hidden_columns(page) == ["Speakers", "Theme", "Type", "Seats"]
    assert not is_compact(page)


def test_viewers_can_choose_columns_too(visitor: Browser) -> None:
    make_session()
    viewer = sign_in(visitor, "vi@conference.example", "viewer")
    viewer.open("/organise/sessions")

    page = viewer.press("Save options", columns=["Speakers", "Time", "Theme", "Type", "Changed"])

    assert hidden_columns(page) == ["Room", "Seats"]


def test_view_options_are_stored_in_a_cookie_limited_to_admin_paths(organiser: Browser) -> None:
    make_session()
    organiser.open("/organise/sessions")

    answer = organiser.fetch(
        "POST", "/organise/view", data={"csrf_token": token(organiser), "density": "compact"}
    )

    value, *about = answer.headers["Set-Cookie"].split("; ")
    assert value == f"{COOKIE}=density=compact"
    assert {one for one in about if not one.startswith("Expires=")} == {
        *("Max-Age=31536000", "Secure", "HttpOnly", "Path=/organise", "SameSite=Lax")
    }


def token(browser: Browser) -> str:
    fields = browser.page.tree.find_all("input")
    return next(one.get("value", "") for one in fields if one.get("name") == "csrf_token")


@pytest.mark.parametrize(
    "value", ["", "density=huge", "%00", "sessions=<b>.theme", "x" * 3000, "density", "=&=;", "é"]
)
def test_an_invalid_view_options_cookie_is_ignored(organiser: Browser, value: str) -> None:
    make_session()
    organiser.set_cookie(COOKIE, value, path="/organise")

    page = organiser.open("/organise/sessions")

    assert not is_compact(page)
    assert hidden_columns(page) in (["Changed"], ["Theme"])


def test_filters_can_be_removed_one_by_one(organiser: Browser) -> None:
    make_session(title="Tide tables", is_draft=True)

    page = organiser.open("/organise/sessions?q=tide&state=draft&sort=-title")

    assert page.follow("Remove the filter “tide” ×").address.endswith("?state=draft&sort=-title")
    page = organiser.page.follow("Remove the filter State Draft ×")
    assert page.address.endswith("/organise/sessions?sort=-title")
    assert "Show all" not in page.links


def test_select_all_selects_every_page_of_a_result(organiser: Browser) -> None:
    for number in range(52):
        make_session(title=f"Workshop {number:02}")
    organiser.open("/organise/sessions?q=workshop")

    page = organiser.press(
        "Change selected sessions",
        {"Select all 52 of this list": True, "Select Workshop 01": True},
    )

    assert page.heading == "Change 52 sessions"


def test_select_all_invites_speakers_of_every_page(organiser: Browser) -> None:
    for number in range(51):
        make_speaker(name=f"Wave {number:02}", contact_address=f"{number}@example.org")
    organiser.open("/organise/speakers?q=wave")

    page = organiser.press("Invite", {"Select all 51 of this list": True})

    assert page.text.count("Wave ") >= 51
    organiser.open("/organise/speakers?q=wave")
    page = organiser.press("Mark as confirmed", {"Select all 51 of this list": True})
    assert page.heading == "Mark 51 speakers as confirmed?"


def test_select_all_is_limited_to_the_first_200_rows(organiser: Browser) -> None:
    set_places(1)
    for number in range(201):
        make_session(title=f"Workshop {number:03}")

    page = organiser.open("/organise/sessions?q=workshop")

    assert "Select the first 200 of this list" in page.labels
