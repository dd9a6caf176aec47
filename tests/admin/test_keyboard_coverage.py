"""Every admin action has a keyboard test, also without JavaScript."""

from types import ModuleType

from flask import Flask

from tests.admin import test_keyboard_admin, test_keyboard_programme, test_keyboard_speaker_pages

ONLY_WITH_SCRIPTS = {"admin.board.move_json"}  # without them it is admin.board.move


def walked(stories: ModuleType) -> set[str]:
    marks = [mark for story in vars(stories).values() for mark in getattr(story, "pytestmark", [])]
    return {deed for mark in marks if mark.name == "walks" for deed in mark.args}


def test_every_admin_action_is_covered_by_a_keyboard_test(site: Flask) -> None:
    deeds = {
        rule.endpoint
        for rule in site.url_map.iter_rules()
        if rule.endpoint.startswith("admin.") and "POST" in (rule.methods or ())
    }
    walks = (
        walked(test_keyboard_admin)
        | walked(test_keyboard_programme)
        | walked(test_keyboard_speaker_pages)
    )

    # Equal, so that a new name for the blueprints cannot leave this test with nothing to compare.
    assert {deed for deed in walks if deed.startswith("admin.")} == deeds - ONLY_WITH_SCRIPTS
