"""Many sessions at one time, which can be collapsed: the list without JavaScript."""

from datetime import timedelta

import pytest

from tests.browser import Browser, Page
from tests.factories import FIRST_MORNING, make_session, publish_programme
from tests.pages import read_text

AFTERNOON = FIRST_MORNING + timedelta(hours=5)  # 2:30pm


def make_slot(number: int, *, is_even: bool = True) -> None:
    """Put sessions at half past two, which end together or one after the other."""
    for place in range(number):
        minutes = 60 if is_even else 60 + 5 * place
        make_session(
            title=f"Watch {place}",
            starts_at=AFTERNOON,
            ends_at=AFTERNOON + timedelta(minutes=minutes),
        )
    publish_programme()


def summaries(page: Page) -> list[str]:
    """Read what the programme can be folded to."""
    slots = page.tree.find_by_class("fold")
    return [read_text(next(page.tree.find_all("summary", within=slot))) for slot in slots]


@pytest.mark.parametrize("address", ["/programme", "/programme/2009-06-10"])
def test_a_time_with_many_sessions_is_collapsible_and_open_by_default(
    visitor: Browser, address: str
) -> None:
    make_slot(7)

    page = visitor.open(address)

    assert summaries(page) == ["2:30pm to 3:30pm 7 sessions"]
    (slot,) = page.tree.find_by_class("fold")
    assert slot.get("id") == "at-2009-06-10-1430"
    (details,) = page.tree.find_all("details", within=slot)
    assert details.get("open") is not None
    titles = [read_text(one) for one in page.tree.find_all("h3", within=slot)]
    assert titles == [f"Watch {place}" for place in range(7)]
    assert page.headings.index("Harbour walls") < page.headings.index("Watch 0")


def test_a_time_with_six_sessions_is_not_collapsible(visitor: Browser) -> None:
    make_slot(6)

    page = visitor.open("/programme")

    assert summaries(page) == []
    assert page.text.count("2:30pm to 3:30pm Watch") == 6


def test_sessions_of_a_collapsible_time_show_their_different_ends(
    visitor: Browser,
) -> None:
    make_slot(7, is_even=False)

    page = visitor.open("/programme")

    assert summaries(page) == ["2:30pm 7 sessions"]
    (slot,) = page.tree.find_by_class("fold")
    rows = page.tree.find_by_class("row")
    alike = [one for one in rows if "row--same" in (one.get("class") or "").split()]
    assert [read_text(one) for one in alike if "Watch" in read_text(one)] == []
    assert read_text(slot).count("2:30pm to") == 7


def test_the_summary_of_a_collapsible_time_shows_the_other_time_zone(visitor: Browser) -> None:
    make_slot(7)

    page = visitor.open("/programme?zone=Asia/Tokyo")

    assert summaries(page) == ["2:30pm to 3:30pm 10:30pm to 11:30pm in Tokyo 7 sessions"]


def test_a_filtered_time_with_few_sessions_is_not_collapsible(visitor: Browser) -> None:
    make_slot(7)

    assert summaries(visitor.open("/programme?theme=water")) == []
