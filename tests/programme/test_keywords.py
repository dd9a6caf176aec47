"""Keywords of sessions: edited by organisers, proposed by speakers, a filter for visitors."""

import json
from pathlib import Path

import pytest

from app.database import transaction
from app.interchange import services
from app.interchange.exporters.formats import FORMATS, TABLES
from app.interchange.exporters.source import load_working_programme
from app.interchange.importers.detect import read_file
from app.programme import snapshot
from app.programme.fields.sessions import SESSION_FIELDS
from app.programme.fields.table import WORDS
from app.releases import current_release
from app.site import search_filters
from app.web import spreadsheets
from tests.browser import Browser, Browsers, Page
from tests.factories import get_ada_marsh, publish_programme, sign_in, sign_in_speaker
from tests.lookups import get_session
from tests.pages import read_text

SITE = "https://conference.example"


def keywords(slug: str) -> list[str]:
    held: list[str] = SESSION_FIELDS.get_value(get_session(slug), "keywords")
    return held


def set_keywords(slug: str, *words: str) -> None:
    with transaction():
        get_session(slug).keywords = json.dumps(words)


@pytest.mark.both_databases
def test_keywords_typed_by_an_organiser_become_programme_filters(
    visitor: Browser, new_browser: Browsers
) -> None:
    organiser = sign_in(new_browser())
    form = organiser.open("/organise/sessions/opening/change")
    page = form.press("Save", keywords=" moon,  Spring  tide; moon,")
    assert keywords("opening") == ["moon", "Spring tide"]
    assert page.summary_list["Keywords"] == "moon, Spring tide"
    set_keywords("reading-the-tide", "moon")
    publish_programme()

    page = visitor.open("/sessions/opening")
    assert page.summary_list["Keywords"] == "moon, Spring tide"
    page = page.follow("moon")

    found = [read_text(one) for one in page.tree.find_all("h2", within=page.main)]
    assert found == ["Opening", "Reading the tide"]
    page = visitor.open("/search?q=spring")
    assert [read_text(one) for one in page.tree.find_all("h2", within=page.main)] == ["Opening"]


def list_offered(page: Page) -> list[tuple[str, str]]:
    """Give the keywords that the search offers: values and labels."""
    choice = page.tree.find_by_id("keyword")
    return [
        (value, read_text(one))
        for one in page.tree.find_all("option", within=choice)
        if (value := one.get("value"))
    ]


def test_keywords_that_differ_only_in_case_are_one_filter(visitor: Browser) -> None:
    set_keywords("opening", "Tax")
    set_keywords("reading-the-tide", "tax")
    publish_programme()

    page = visitor.open("/search?keyword=TAX")

    found = [read_text(one) for one in page.tree.find_all("h2", within=page.main)]
    assert found == ["Opening", "Reading the tide"]
    assert list_offered(page) == [("tax", "Tax")]


def test_the_most_used_keywords_and_the_chosen_one_are_offered_as_filters(
    visitor: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_filters, "MAX_WORDS_OFFERED", 1)
    set_keywords("opening", "moon", "tax")
    set_keywords("reading-the-tide", "tax")
    publish_programme()

    assert list_offered(visitor.open("/search")) == [("tax", "tax")]
    assert list_offered(visitor.open("/search?keyword=moon")) == [("moon", "moon"), ("tax", "tax")]


def test_too_many_keywords_are_refused_beside_the_field(visitor: Browser) -> None:
    organiser = sign_in(visitor)
    organiser.open("/organise/sessions/opening/change")

    page = organiser.press("Save", keywords=",".join(map(str, range(21))), status=422)

    assert page.errors == ["Enter 20 or fewer, each of 60 characters or fewer"]


def test_a_speaker_can_propose_keywords_and_the_changelog_lists_them(
    visitor: Browser, new_browser: Browsers
) -> None:
    publish_programme()
    ada = sign_in_speaker(new_browser(), get_ada_marsh())
    ada.open("/speak/sessions/opening/text").press("Preview", keywords="moon")
    ada.press("Send")
    assert keywords("opening") == []

    organiser = sign_in(visitor)
    organiser.open("/organise/proposals").follow("Opening").press("Approve")
    assert keywords("opening") == ["moon"]
    publish_programme()

    number = current_release.get_programme().number
    assert "Keywords" in visitor.open(f"/changes/{number}").text


def test_files_round_trip_keywords_and_a_file_without_them_changes_none(
    site: object, tmp_path: Path
) -> None:
    set_keywords("opening", "moon", "Spring tide")
    source = load_working_programme(SITE)
    head, rows = TABLES["sessions"].build(source.snapshot)
    files = {
        "conference.json": FORMATS["conference.json"].dump(source).encode(),
        "schedule.xml": FORMATS["schedule.xml"].dump(source).encode(),
        "sessions.csv": b"".join(spreadsheets.stream_csv(head, rows)),
    }
    foreign = FORMATS["schedule.xml"].dump(source).replace("<?conference-meta", "<?other")

    for name, body in files.items():
        set_keywords("opening")
        (tmp_path / name).write_bytes(body)
        with transaction():
            services.load_file(tmp_path / name)
        assert (name, keywords("opening")) == (name, ["moon", "Spring tide"])
    (tmp_path / "foreign.xml").write_text(foreign)
    with transaction():
        services.merge_file(tmp_path / "foreign.xml")
    assert keywords("opening") == ["moon", "Spring tide"]


def test_a_file_import_applies_the_keyword_limits_of_the_form(site: object, tmp_path: Path) -> None:
    path = tmp_path / "conference.json"
    written = json.loads(FORMATS["conference.json"].dump(load_working_programme(SITE)))
    opening, other = written["sessions"][:2]
    opening["keywords"] = ["tax, moon; Tax", "R&amp;D", f"{'very ' * 12}long; short"]
    other["keywords"] = ["a,b,c", *map(str, range(20))]
    path.write_text(json.dumps(written), encoding="utf-8")

    reading = read_file(path)

    long = f"{('very ' * 12).rstrip()}…"
    found = [one.keywords for one in reading.programme.sessions[:2]]
    assert found == [
        ("tax", "moon", "R&D", long, "short"),
        ("a", "b", "c", *map(str, range(17))),
    ]
    for words in found:
        assert WORDS.parse(WORDS.format(words)) == list(words or ())
    assert [one.reason for one in reading.notes if one.subject == other["title"]] == [
        "It has more than 20 keywords; these were not loaded: 17, 18, 19"
    ]


def test_a_release_older_than_keywords_can_be_loaded(site: object) -> None:
    written = json.loads(snapshot.dump(load_working_programme(SITE).snapshot))
    for session in written["sessions"]:
        del session["keywords"]

    assert {one.keywords for one in snapshot.load(json.dumps(written)).sessions} == {()}
