"""Who stories about the pages of speakers ask for besides."""

import pytest

from tests.browser import Browser
from tests.factories import get_ada_marsh, sign_in_speaker


@pytest.fixture
def ada(visitor: Browser) -> Browser:
    """Ada, who keeps her own pages."""
    return sign_in_speaker(visitor, get_ada_marsh())
