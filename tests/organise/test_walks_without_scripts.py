"""Every walk through the back office once more, without scripts (tests/scriptless.py).

Walks that scripts change are walked in a real browser instead, also without scripts: their marks
say why (`without_scripts`).
"""

import inspect
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from tests.browser import Browser
from tests.factories import signed_in
from tests.organise import test_walks_through_the_office as office
from tests.organise import test_walks_through_the_programme as programme
from tests.organise import test_walks_through_what_speakers_do as speakers
from tests.scriptless import ScriptlessWalker

Story = Callable[..., None]


def marks(story: Story, name: str) -> list[str]:
    own: list[pytest.Mark] = getattr(story, "pytestmark", [])
    return [str(word) for mark in own if mark.name == name for word in mark.args]


STORIES: list[Story] = [
    story
    for module in (office, programme, speakers)
    for name, story in vars(module).items()
    if name.startswith("test_") and not marks(story, "without_scripts")
]


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_it_is_walked_through_without_scripts(
    visitor: Browser, site: Flask, tmp_path: Path, story: Story
) -> None:
    walker = ScriptlessWalker(signed_in(visitor), site)
    asked_for = inspect.signature(story).parameters
    folder = {"tmp_path": tmp_path} if "tmp_path" in asked_for else {}

    story(walker, **folder)

    assert set(marks(story, "walks")) - walker.sent == set()
