"""Emails to many in a real browser: on a phone and on a wide screen, in both colours."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page

from app import clock
from app.database import db, transaction
from app.delegates.models import LinkedAgenda
from app.mail import unsubscribe
from app.mailings import notices
from app.mailings.models import MailingRecipient
from tests.chromium import Axe, horizontal_overflow
from tests.factories import (
    get_ada_marsh,
    grant_speaker_access,
    make_agenda,
    make_delegate,
    make_mailing,
    make_many_delegates,
    publish_programme,
    save,
    sign_in_window,
)
from tests.live_site import LiveSites
from tests.lookups import get_session

LONG = "Water and sanitation where clinics are far away: " * 3


def write_mailings() -> list[str]:
    """Give the addresses of emails in every state, and of what is done with them."""
    make_many_delegates(3)
    draft = make_mailing(subject=LONG, body=f"Dear {{{{ full_name }}}}\n\n{LONG}")
    due = clock.now() + timedelta(days=1)
    planned = make_mailing(state="scheduled", send_at=due, queued_at=clock.now())
    over = make_mailing(state="done", send_at=clock.now(), finished_at=clock.now())
    person = make_delegate(family_name="Long" * 15, email=f"{'a' * 60}@example.org")
    save(
        MailingRecipient(
            mailing_id=over.id,
            person=f"delegate {person.id}",
            name=person.full_name,
            address=person.email,
            address_key=person.email,
        )
    )
    steps = ("", "/text", "/people", "/filters", "/preview", "/send", "/delete")
    return [
        *("/organise/mailings", "/organise/mailings/_add"),
        *(f"/organise/mailings/{draft.id}{step}" for step in steps),
        *(f"/organise/mailings/{one.id}" for one in (planned, over)),
        f"/organise/mailings/{over.id}/recipients",
    ]


def change_the_programme() -> list[str]:
    """Return the pages of notices of change."""
    with transaction():
        notices.prepare()
    delegate = make_delegate(email="follower@example.org")
    save(LinkedAgenda(delegate_id=delegate.id, agenda_id=make_agenda("harbour-walls").id))
    get_session("harbour-walls").title = LONG
    grant_speaker_access(ada := get_ada_marsh())
    ada.biography = LONG  # of which what it was before is as wide as a phone
    get_session("reading-the-tide").abstract = LONG  # of whose speaker nobody has an address
    db.session.commit()
    publish_programme()
    with transaction():
        notices.prepare()
    return ["/organise/notices", "/organise/notices/drop", "/organise/publishing/releases/2"]


@pytest.mark.parametrize(("width", "colours"), [(320, "light"), (1280, "dark")])
def test_group_email_pages_have_no_accessibility_violations(
    live_site: LiveSites, window: Page, axe: Axe, width: int, colours: str
) -> None:
    with transaction():
        preferences = urlsplit(unsubscribe.get_url("ada@example.org")).path
    paths = [*write_mailings(), *change_the_programme(), preferences]
    sign_in_window(window, site := live_site().address)
    window.emulate_media(color_scheme="dark" if colours == "dark" else "light")
    window.set_viewport_size({"width": width, "height": 800})

    found = {}
    for path in paths:
        answer = window.goto(site + path)
        assert answer is not None
        found[path] = (answer.status, axe(window), horizontal_overflow(window))

    assert found == dict.fromkeys(paths, (200, [], 0))
