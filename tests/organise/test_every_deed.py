"""Every deed of the back office has its walk: by keyboard, as it is heard, without scripts too."""

from types import ModuleType

from flask import Flask

from tests.organise import test_walks_through_the_office as office
from tests.organise import test_walks_through_the_programme as programme
from tests.organise import test_walks_through_what_speakers_do as speakers

ONLY_WITH_SCRIPTS = {"organise.board.place"}  # without them it is organise.board.move


def walked(stories: ModuleType) -> set[str]:
    marks = [mark for story in vars(stories).values() for mark in getattr(story, "pytestmark", [])]
    return {deed for mark in marks if mark.name == "walks" for deed in mark.args}


def test_every_deed_of_the_back_office_is_walked_through(site: Flask) -> None:
    deeds = {
        rule.endpoint
        for rule in site.url_map.iter_rules()
        if rule.endpoint.startswith("organise.") and "POST" in (rule.methods or ())
    }

    unwalked = deeds - walked(office) - walked(programme) - walked(speakers) - ONLY_WITH_SCRIPTS

    assert unwalked == set(), "walk through these in test_walks_through_…"
