"""Fixtures for tests of speakers' pages."""

import pytest

from tests.browser import Browser
from tests.factories import get_ada_marsh, sign_in_speaker


@pytest.fixture
def ada(visitor: Browser) -> Browser:
    """Ada, with access to her own pages."""
    return sign_in_speaker(visitor, get_ada_marsh())
