"""Every walk through the back office once more, without scripts (tests/user_without_javascript.py).

Walks that scripts change are walked in a real browser instead, also without scripts: their marks
say why (`without_scripts`).
"""

import inspect
from collections.abc import Callable
from pathlib import Path

import pytest
from _pytest.mark import ParameterSet
from flask import Flask

from tests.admin import test_keyboard_admin, test_keyboard_programme, test_keyboard_speaker_pages
from tests.browser import Browser
from tests.factories import sign_in
from tests.user_without_javascript import UserWithoutJavaScript

Story = Callable[..., None]


def marks(story: Story, name: str) -> list[str]:
    own: list[pytest.Mark] = getattr(story, "pytestmark", [])
    return [str(word) for mark in own if mark.name == name for word in mark.args]


STORIES: list[Story] = [
    story
    for module in (test_keyboard_admin, test_keyboard_programme, test_keyboard_speaker_pages)
    for name, story in vars(module).items()
    if name.startswith("test_") and not marks(story, "without_scripts")
]


def as_param(story: Story) -> ParameterSet:
    """Give a test the settings that its marks ask for."""
    own: list[pytest.Mark] = getattr(story, "pytestmark", [])
    settings = [pytest.mark.settings(**mark.kwargs) for mark in own if mark.name == "settings"]
    return pytest.param(story, id=story.__name__, marks=settings)


@pytest.mark.parametrize("story", [as_param(one) for one in STORIES])
def test_every_keyboard_test_passes_without_javascript(
    visitor: Browser, site: Flask, tmp_path: Path, story: Story
) -> None:
    user = UserWithoutJavaScript(sign_in(visitor), site)
    asked_for = inspect.signature(story).parameters
    folder = {"tmp_path": tmp_path} if "tmp_path" in asked_for else {}

    story(user, **folder)

    assert set(marks(story, "walks")) - user.sent == set()
