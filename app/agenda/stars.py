"""The form behind the stars on public pages."""

from dataclasses import dataclass
from datetime import timedelta

from wtforms import HiddenField

from app import clock, preview_mode
from app.forms.base import DAY_SECONDS, CookielessForm, cookieless_csrf_token
from app.text import strip_hidden
from app.web.cache_policy import expires_at

MAX_SLUG_LENGTH = 300  # characters


@dataclass(frozen=True)
class StarChange:
    """Which session to star or unstar."""

    slug: str
    is_starred: bool


class StarForm(CookielessForm):
    """The one form for all stars on a page; the pressed button names the session."""

    add = HiddenField()
    remove = HiddenField()

    def get_change(self) -> StarChange:
        """Return the change that the pressed button stands for."""
        slug = strip_hidden(self.remove.data or self.add.data or "")
        return StarChange(slug=slug[:MAX_SLUG_LENGTH], is_starred=not self.remove.data)


def stars_enabled() -> bool:
    """Return True if pages offer stars, which they do not in preview mode."""
    return preview_mode.current() is None


def csrf_token() -> str:
    """Return the CSRF token of the form, and let the page that contains it expire at midnight."""
    today = clock.real_now().timestamp() % DAY_SECONDS
    expires_at(clock.now() + timedelta(seconds=DAY_SECONDS - today))
    return cookieless_csrf_token()
