"""Organisers see which links on their pages are broken."""

import pytest

from tests.browser import Browser, Page
from tests.factories import make_link, make_session, make_speaker, publish_programme
from tests.pages import read_text

HELP = "/organise/pages/page/help"
GONE = f"/pictures/{'0' * 32}.jpg"
LONG_NAME = f"{'a' * 300}.pdf"  # longer than the name of any file


def list_broken_links(page: Page) -> list[str]:
    """List what the warning of a page names."""
    warnings = list(page.tree.find_by_class("note--warning"))
    return [read_text(one) for note in warnings for one in page.tree.find_all("li", within=note)]


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("link", "named"),
    [
        ("[here](/no-such-page)", "“here”: /no-such-page"),
        ("[here](/sessions/no-such)", "“here”: /sessions/no-such"),
        ("[here](/speakers/no-such)", "“here”: /speakers/no-such"),
        ("[here](/themes/no-such)", "“here”: /themes/no-such"),
        ("[here](/rooms/no-such)", "“here”: /rooms/no-such"),
        ("[here](/programme/2009-01-01)", "“here”: /programme/2009-01-01"),
        ("[here](/whats-new/no-such)", "“here”: /whats-new/no-such"),
        ("[here](#no-such-heading)", "“here”: #no-such-heading"),
        ("[here](/contact#no-such)", ""),  # the page has more than the text
        ("[here](/questions#no-such)", "“here”: /questions#no-such"),
        ("[here](/static/no-such.pdf)", "“here”: /static/no-such.pdf"),
        ("[here](/static/%00.pdf)", "“here”: /static/%00.pdf"),
        (f"[here](/static/{LONG_NAME})", f"“here”: /static/{LONG_NAME}"),
        (
            "[here](https://conference.example/no-such)",
            "“here”: https://conference.example/no-such",
        ),
        (f"![A ramp]({GONE})", f"A picture that has been deleted: {GONE}"),
        ("[here](/help) [here](/sessions/tides) [here](/speakers/ada)", ""),
        ("[here](#trains) [here](#main) [here](/venue#rooms)", ""),
        ("[here](/register) [here](/programme?day=1) [here](/schedule.xml)", ""),
        ("[here](https://elsewhere.example/x) [here](mailto:a@example.org)", ""),
    ],
)
def test_a_broken_link_is_reported_in_the_preview_and_after_saving(
    editor: Browser, link: str, named: str
) -> None:
    make_session(slug="tides", speakers=(make_speaker(slug="ada"),))
    publish_programme()
    text = f"## Trains\n\nSee {link}."
    expected = [named] if named else []

    assert list_broken_links(editor.open(f"{HELP}/en").press("Save", text=text)) == expected

    if "#no-such-heading" not in link:  # our browser refuses the page that has it
        assert list_broken_links(editor.open(f"{HELP}/en").press("Preview")) == expected


def test_the_content_list_counts_broken_links_of_each_page(editor: Browser) -> None:
    editor.open(f"{HELP}/en").press("Save", text="[a](/no-a) [b](/no-b) [a](/no-a)")
    make_link(label="Old", address="https://conference.example/no-c")

    states = [row["State"] for row in editor.open("/organise/pages").rows]

    assert [state for state in states if state.startswith("Changed")] == ["Changed 3 broken links"]


def test_default_pages_have_only_broken_links_to_the_default_programme(
    editor: Browser,
) -> None:
    found = [
        (link, words)
        for link in editor.open("/organise/pages").links.values()
        if link.startswith(("/organise/pages/page/", "/organise/pages/news/"))
        for words in list_broken_links(editor.open(link))
    ]

    opening, work = "/sessions/opening-addresses", "/sessions/work-of-the-commission"
    news = "/organise/pages/news/2008-10-01-programme-published"
    assert found == [
        ("/organise/pages/page/questions", f"“the opening addresses”: {opening}"),
        ("/organise/pages/page/questions", f"“the work of the Commission”: {work}"),
        (news, f"“opening addresses”: {opening}"),
        (news, "“Michael Marmot”: /speakers/michael-marmot"),
        (news, f"“the work of the Commission”: {work}"),
    ]


def test_a_link_is_broken_once_its_page_is_deleted(editor: Browser) -> None:
    told = {"title": "Trains", "summary": "By train.", "text": "Take the train."}
    editor.open("/organise/pages/add/page").press("Save", {**told})
    page = editor.open(f"{HELP}/en").press("Save", text="See [the trains](/trains).")
    assert list_broken_links(page) == []

    editor.open("/organise/pages/page/trains/en/remove").press("Delete")

    assert list_broken_links(editor.open(HELP)) == ["“the trains”: /trains"]
