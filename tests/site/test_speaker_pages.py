"""What a speaker's page says of them: names in any script, biographies in languages, safe links."""

import json
from pathlib import Path

import pytest
from flask import Flask
from pydantic import TypeAdapter

from app.database import db, transaction
from app.interchange import services
from app.interchange.exporters import native_json, source
from app.interchange.importers.detect import read_file
from app.programme import snapshot, speaker_links
from app.programme.models import Speaker
from tests.browser import Browser
from tests.factories import make_session, make_speaker, publish_programme
from tests.pages import read_text

OLD = (
    '{"slug":"ada","name":"Ada","role":"","organisation":"","country":"","biography":"",'
    '"summary":"","key":"ada"}'
)


def mariam(**about: str) -> Speaker:
    usual = {
        "slug": "mariam",
        "name": "مريم العلوي",
        "honorific": "Professor",
        "pronunciation": "MAR-yam al-a-LA-wi",
        "pronouns": "she/her",
        "biography": "A midwife.",
        "biographies": json.dumps([["ar", "قابلة"], ["fr", "Une *sage-femme*."]]),
        "links": json.dumps([["https://who.example/mariam", "At the WHO"]]),
    }
    speaker = make_speaker(**{**usual, **about})
    make_session(speakers=(speaker,))
    publish_programme()
    return speaker


def test_a_speaker_page_shows_pronunciation_pronouns_and_links(visitor: Browser) -> None:
    mariam()

    page = visitor.open("/speakers/mariam")

    assert page.heading == "Professor مريم العلوي"
    facts = {
        read_text(next(page.tree.find_all("dt", within=one))): read_text(
            next(page.tree.find_all("dd", within=one))
        )
        for box in page.tree.find_by_class("facts")
        for one in page.tree.find_all("div", within=box)
    }
    assert facts == {"How to say the name": "MAR-yam al-a-LA-wi", "Pronouns": "she/her"}
    assert page.links["At the WHO"] == "https://who.example/mariam"
    assert [read_text(one) for one in page.tree.find_all("summary", within=page.main)] == [
        "Biography in another language: العربية",
        "Biography in another language: français",
    ]
    assert [one.get("lang") for one in page.tree.find_by_class("prose")] == [None, "ar", "fr"]


def test_biographies_in_other_languages_have_their_lang_attribute(visitor: Browser) -> None:
    mariam(biography="")

    page = visitor.open("/speakers/mariam")

    assert [one.get("lang") for one in page.tree.find_by_class("prose")] == ["ar", "fr"]


@pytest.mark.settings(LANGUAGES='["en", "fr"]')
def test_the_biography_is_shown_in_the_readers_language_or_english(visitor: Browser) -> None:
    mariam()

    french = visitor.open("/fr/speakers/mariam")
    assert read_text(next(french.tree.find_by_class("prose"))) == "Une sage-femme."
    assert [one.get("lang") for one in french.tree.find_by_class("prose")] == [None, "ar", "en"]


def test_a_release_older_than_speaker_details_can_be_loaded() -> None:
    speaker = TypeAdapter(snapshot.Speaker).validate_json(OLD)

    assert speaker.display_name == "Ada"
    assert speaker.get_biography("fr") is None
    assert not speaker.has_details


@pytest.mark.parametrize(
    ("address", "fault"),
    [
        ("https://who.example/", ""),
        ("https://健康.example/平", ""),
        ("http://who.example/", "must start with https://"),
        ("javascript:alert(1)", "must start with https://"),
        ("JaVaScRiPt://who.example/%0aalert(1)", "must start with https://"),
        ("data:text/html,hello", "must start with https://"),
        ("//who.example/", "must start with https://"),
        ("https://localhost/", "must start with https://"),
        ("https://ada:secret@who.example/", "must not contain a user name or password"),
        ("https://ada@who.example/", "must not contain a user name or password"),
        ("https://[::1", "is not a web address"),
        ("https://who.example:port/", "is not a web address"),
        ("https://who.example/a b", "must not contain spaces"),
        ("https://who.example/\u202egpj.exe", "must not contain spaces"),
        ("https://who.example/" + "a" * 500, "must be 500 characters or fewer"),
    ],
)
def test_a_speaker_link_must_be_a_website(address: str, fault: str) -> None:
    assert speaker_links.link_error(address).startswith(fault)
    assert bool(speaker_links.link_error(address)) == bool(fault)


def test_tracking_parameters_are_removed_from_speaker_links() -> None:
    typed = (
        "https://who.example/?utm_source=x&id=7&fbclid=abc&q=a+b#top  My page \n\n"
        "https://www.port.example/?gclid=1\n"
        "https://who.example/?id=7&q=a+b#top Twice"
    )

    assert speaker_links.parse_links(typed) == [
        ["https://who.example/?id=7&q=a+b#top", "Twice"],
        ["https://www.port.example/", "port.example"],
    ]
    assert (
        speaker_links.format_links([["https://a.example/?q=%C3%A9", "A"]])
        == "https://a.example/?q=%C3%A9 A"
    )
    assert speaker_links.parse_links("nonsense") == [["nonsense", "nonsense"]]


def test_conference_json_round_trips_speaker_details(site: Flask, tmp_path: Path) -> None:
    speaker = mariam()
    before = source.load_working_programme("https://conference.example")
    file = tmp_path / "programme.json"
    file.write_text(native_json.dump(before), encoding="utf-8")
    speaker.honorific, speaker.links, speaker.biographies = "", "[]", "[]"
    db.session.commit()

    with transaction():
        loaded = services.load_file(file)

    assert source.load_working_programme("https://conference.example").programme == before.programme
    assert str(loaded.changes) != ""
    with transaction():
        assert not services.load_file(file).changes


def test_importing_a_file_without_speaker_details_keeps_them(site: Flask, tmp_path: Path) -> None:
    speaker = mariam()
    told = json.loads(native_json.dump(source.load_working_programme("https://conference.example")))
    for one in told["speakers"]:
        for name in ("honorific", "pronunciation", "pronouns", "biographies", "links"):
            del one[name]
    file = tmp_path / "programme.json"
    file.write_text(json.dumps(told), encoding="utf-8")

    with transaction():
        services.load_file(file)

    assert speaker.honorific == "Professor"
    assert json.loads(speaker.links) == [["https://who.example/mariam", "At the WHO"]]


def test_invalid_links_and_biographies_of_a_file_are_skipped(site: Flask, tmp_path: Path) -> None:
    mariam()
    told = json.loads(native_json.dump(source.load_working_programme("https://conference.example")))
    one = next(one for one in told["speakers"] if one["slug"] == "mariam")
    one["links"] = [{"address": "javascript:alert(1)"}, {"address": "https://a.example/?utm_id=1"}]
    one["biographies"] = {"xx": "Nobody reads it", "fr": "Une sage-femme.", "de": 7}
    file = tmp_path / "programme.json"
    file.write_text(json.dumps(told), encoding="utf-8")

    reading = read_file(file)

    (found,) = (one for one in reading.programme.speakers if one.slug == "mariam")
    assert found.profile is not None
    assert found.profile.links == (("https://a.example/", "a.example"),)
    assert found.profile.biographies == (("fr", "Une sage-femme."),)
    assert sorted(note.reason.partition(" ")[0] for note in reading.notes) == ["A", "The"]


def test_speakers_are_sorted_by_family_name_and_found_by_part_of_a_name(visitor: Browser) -> None:
    for number in range(40):
        make_speaker(name=f"Zoe Aalto{number:02}", slug=f"aalto-{number}")
    make_speaker(name="Aarón Zúñiga Jr", slug="zuniga")
    publish_programme()

    page = visitor.open("/speakers")
    assert page.headings[-5:-3] == ["Z", "Aarón Zúñiga Jr"]
    page = page.press("Find", find_a_speaker_by_name_or_organisation="zun aar")

    assert page.headings[1:2] == ["Aarón Zúñiga Jr"]
    assert "One speaker." in page.text
    page = page.press("Find", find_a_speaker_by_name_or_organisation="nobody")
    assert "No speaker has this name or organisation." in page.text
    assert page.follow("Show all speakers").address == "/speakers"


def test_speakers_are_found_by_role_and_organisation(visitor: Browser) -> None:
    for number in range(40):
        make_speaker(name=f"Zoe Aalto{number:02}", slug=f"aalto-{number}")
    make_speaker(name="Eva Ek", slug="ek", role="Midwife", organisation="Sankt-Görans Clinic")
    publish_programme()

    for question in ("gorans", "MIDW ek", "clinic sankt-g"):
        page = visitor.open("/speakers").press(
            "Find", find_a_speaker_by_name_or_organisation=question
        )
        assert page.headings[1:2] == ["Eva Ek"], question
        assert "One speaker." in page.text, question


def test_scripts_with_few_names_are_one_group_of_the_index(visitor: Browser) -> None:
    for number in range(40):
        make_speaker(name=f"Zoe Aalto{number:02}", slug=f"aalto-{number}")
    for number, name in enumerate(("Анна Щукина", "Іван Гнатюк", "王芳", "김민준", "李娜")):
        make_speaker(name=name, slug=f"other-{number}")
    publish_programme()

    page = visitor.open("/speakers")

    (letters,) = page.tree.find_by_class("pages")
    assert read_text(letters) == "A M Г–Щ ᄀ 李–王"
    assert page.headings[-5:-3] == ["李娜", "王芳"]
