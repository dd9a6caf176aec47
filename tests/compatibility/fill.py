"""Everything that is stored in ``make``'s databases: a conference in full swing, with every table.

People do what they can through the real pages. What no page does quickly comes from the factories.
The links and cookies that they hold in the end are noted as they were given out.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Flask

from app.mail import worker
from app.worker_tasks import FOLLOW_UP_TASKS, FREQUENT_TASKS, PICTURE_TASKS, SCHEDULED_TASKS
from tests.browser import Browser, Browsers
from tests.sent_emails import find_link, get_last_email_to


@dataclass
class HeldLinksAndCookies:
    """What people hold: the addresses with a secret, and the cookies of their browsers."""

    links: dict[str, str] = field(default_factory=dict)
    browsers: dict[str, Browser] = field(default_factory=dict)
    secrets: dict[str, Any] = field(default_factory=dict)


@dataclass
class FillContext:
    """The site in its making, with the clock in hand."""

    site: Flask
    clock: Any
    new_browser: Browsers
    held: HeldLinksAndCookies = field(default_factory=HeldLinksAndCookies)

    def link_from_email(self, name: str, email: str, beginning: str) -> str:
        """Record a link from the newest email to a person, and return it."""
        link = self.held.links[name] = find_link(get_last_email_to(email), beginning)
        return link


def run_frequent_tasks() -> None:
    """Do what the worker does every few seconds."""
    worker.run_tasks((*PICTURE_TASKS, *FREQUENT_TASKS, *SCHEDULED_TASKS, *FOLLOW_UP_TASKS))


def cookies_of(browser: Browser) -> list[Mapping[str, str]]:
    """List the cookies of a browser, with where they are sent."""
    jar = browser._client._cookies or {}  # noqa: SLF001 - the client cannot list its cookies
    return [
        {"name": one.decoded_key, "value": one.decoded_value, "path": one.path}
        for one in jar.values()
    ]
