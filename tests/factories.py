"""Things that a story needs: each is saved as it is made, and named by what the story is about.

    a_delegate(given_names="Ada")
    a_session(title="Fair financing", room=a_room(capacity=8))

Each capability's factories stand under its own heading. A factory gives what it saved, and has
a plausible value for everything that a story leaves out.
"""

from datetime import UTC, datetime, timedelta
from io import BytesIO
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

from flask import current_app
from flask.sessions import SecureCookieSessionInterface
from playwright.sync_api import Page
from sqlalchemy import select

from app import clock, edition
from app.accounts import guards
from app.accounts import services as accounts
from app.accounts.models import ORGANISER, Device, Person
from app.accounts.queries import hashed
from app.agenda import holding
from app.agenda import services as agendas
from app.agenda.models import Agenda
from app.content import services as content
from app.content.models import Link
from app.content.versions import Wording, link_key
from app.database import Base, db, transaction
from app.mail.models import Letter
from app.programme import releases, uploads
from app.programme import services as programme
from app.programme.materials import storage
from app.programme.materials.models import Material
from app.programme.models import (
    Appearance,
    Photo,
    PlannedRelease,
    Room,
    Session,
    Speaker,
    Theme,
    Upload,
)
from app.programme.proposals import merging
from app.programme.proposals import queries as proposed
from app.programme.proposals import services as proposals
from app.programme.proposals.models import Proposal
from app.registration.models import Delegate, Needs, Receipt
from app.registration.recognition import recognise
from app.registration.seats import CONFERENCE, begin_with, set_limit, take
from app.speakers.models import Keeping
from app.web import signing
from tests.browser import Browser

SMALL_CONFERENCE = Path(__file__).with_name("conference.json")
FIRST_MORNING = datetime(2009, 6, 10, 8, 30, tzinfo=UTC)  # 9:30am by the conference's clocks

Row = TypeVar("Row", bound=Base)
_numbers = count(1)


def saved(row: Row) -> Row:
    """Save a row, so that the site sees it too."""
    db.session.add(row)
    db.session.commit()
    return row


# The programme


def the_small_conference() -> None:
    """Load and publish the conference of the tests: two days, five sessions, 20 places."""
    with transaction():
        loaded = programme.load(SMALL_CONFERENCE)
        begin_with(CONFERENCE, loaded.programme.conference.places or 0)
        programme.publish()


def published() -> None:
    """Publish what the story has put into the programme."""
    with transaction():
        programme.publish()


def a_theme(**about: Any) -> Theme:
    """Save a theme."""
    number = next(_numbers)
    return saved(Theme(**{"slug": f"theme-{number}", "name": f"Theme {number}", **about}))


def a_room(**about: Any) -> Room:
    """Save a room."""
    slug = f"room-{next(_numbers)}"
    return saved(Room(**{"key": slug, "slug": slug, "name": slug.capitalize(), **about}))


def a_speaker(**about: Any) -> Speaker:
    """Save a speaker."""
    slug = f"speaker-{next(_numbers)}"
    return saved(Speaker(**{"key": slug, "slug": slug, "name": slug.capitalize(), **about}))


def ada_marsh() -> Speaker:
    """Find the speaker of the small conference who is in most of its sessions."""
    found = db.session.scalar(select(Speaker).where(Speaker.slug == "ada-marsh"))
    assert found is not None
    return found


def a_photo(speaker: Speaker, **about: Any) -> Photo:
    """Save a photo of a speaker; what it holds is no picture."""
    usual = {
        "key": f"{next(_numbers):032x}",
        "speaker_id": speaker.id,
        "description": "A person, smiling",
        "picture": b"a picture",
        "made_at": clock.now(),
    }
    return saved(Photo(**{**usual, **about}))


def a_session(*, speakers: tuple[Speaker, ...] = (), **about: Any) -> Session:
    """Save a session of an hour on the first morning, with those who speak in it."""
    slug = f"session-{next(_numbers)}"
    starts_at = about.pop("starts_at", FIRST_MORNING)
    usual = {
        "key": slug,
        "slug": slug,
        "title": slug.capitalize(),
        "kind": "parallel",
        "starts_at": starts_at,
        "ends_at": starts_at and starts_at + timedelta(hours=1),
    }
    session = Session(**{**usual, **about})
    session.appearances = [
        Appearance(speaker=speaker, position=position) for position, speaker in enumerate(speakers)
    ]
    return saved(session)


def a_material(session: Session, body: bytes = b"%PDF-1.7 a paper", **about: Any) -> Material:
    """Save slides of a session, as a file that readers see now; what it holds is no PDF."""
    usual = {
        "key": f"{next(_numbers):032x}",
        "session": session,
        "title": "Slides",
        "kind": "pdf",
        "opens": "now",
        "made_at": clock.now(),
    }
    material = Material(**{**usual, **about})
    with transaction():
        db.session.add(material)
        if not material.is_link:
            storage.store(material, BytesIO(body))
        edition.raise_edition()
    return material


def a_planned_release(**about: Any) -> PlannedRelease:
    """Save a plan to publish in an hour."""
    usual = {
        "publish_at": clock.now() + timedelta(hours=1),
        "who": "grace@conference.example",
        "planned_at": clock.now(),
    }
    return saved(PlannedRelease(**{**usual, **about}))


def a_programme_file(
    body: bytes = b"", name: str = "conference.json", *, is_merged: bool = False
) -> Upload:
    """Hand in a programme file, the small conference unless told otherwise."""
    with transaction():
        return uploads.hand_in(
            name,
            body or SMALL_CONFERENCE.read_bytes(),
            is_merged=is_merged,
            who="grace@conference.example",
        )


def a_proposal(thing: Speaker | Session, who: str = "ada@example.org", **typed: Any) -> Proposal:
    """Send in what somebody would like changed of a speaker or a session."""
    began = merging.marks(proposed.standing(thing).values)
    with transaction():
        proposals.propose(thing, typed, began=began, who=who)
    found = proposed.standing(thing).waits
    assert found is not None
    return found


# Agendas


def an_agenda(*slugs: str, holder: Browser | None = None) -> Agenda:
    """Save an agenda with some published sessions, by their addresses; a browser may hold it."""
    with transaction():
        agenda = Agenda(key=f"agenda {next(_numbers)}", feed_key=f"feed {next(_numbers)}")
        agenda.changed_at = clock.now()
        db.session.add(agenda)
        for slug in slugs:
            agendas.star(agenda, releases.current().session(slug))
    if holder is not None:
        holder.hold_cookie("agenda", signing.signed(holding.PURPOSE, agenda.key), path="/agenda")
    return agenda


# Registration


def places(seats: int) -> None:
    """Say how many places the conference has."""
    with transaction():
        set_limit(CONFERENCE, seats)


def a_delegate(*, access: str = "", dietary: str = "", **about: Any) -> Delegate:
    """Save a delegate, who takes a place: Ada Lovelace, on both days, unless told otherwise."""
    number = next(_numbers)
    usual = {
        "reference": f"BCDF{number:04}",
        "link_key": f"link {number}",
        "given_names": "Ada",
        "family_name": "Lovelace",
        "badge_name": "Ada Lovelace",
        "email": "ada@example.org",
        "organisation": "Analytical Society",
        "role": "Member",
        "country": "GB",
        "days": "2009-06-10 2009-06-11",
        "consented_at": clock.now(),
        "registered_at": clock.now(),
    }
    delegate = Delegate(**{**usual, **about})
    recognise(delegate)
    if access or dietary:
        delegate.needs = Needs(access=access, dietary=dietary)
    with transaction():
        take(CONFERENCE, delegate)
    return delegate


def a_receipt(delegate: Delegate, **about: Any) -> Receipt:
    """Save what someone holds who confirmed a delegate's registration first."""
    usual = {"key": f"receipt {next(_numbers)}", "email": delegate.email, "is_first": True}
    return saved(Receipt(delegate=delegate, **{**usual, **about}))


# Mail


def a_letter(**about: Any) -> Letter:
    """Save a letter that waits to go out."""
    usual = {
        "name": "registration_confirmed",
        "message_id": f"<{next(_numbers)}@conference.example>",
        "recipient": "ada@example.org",
        "subject": "You have a place",
        "message": b"Subject: You have a place\r\n\r\nDear Ada",
        "written_at": clock.real_now(),
        "due_at": clock.real_now(),
    }
    return saved(Letter(**{**usual, **about}))


# Content


def a_link(page: str = "help", **about: Any) -> Link:
    """Save an additional link of a page, which readers see from now on."""
    link = saved(Link(page=page, position=about.pop("position", 1)))
    usual = {"label": "World Health Organization", "address": "https://who.example/", **about}
    with transaction():
        wording = Wording(usual["label"], "", usual["address"], clock.now().date())
        content.begin(link_key(link.id), wording, who="a test")
    return link


# Accounts


def an_organiser(email: str = "grace@conference.example", role: str = ORGANISER) -> Person:
    """Save an organiser, or someone with another part in running the conference."""
    with transaction():
        person = accounts.add_organiser(email)
        person.role = role
        return person


def a_sign_in_link(email: str = "grace@conference.example", role: str = ORGANISER) -> str:
    """Give the address at which someone who runs the conference signs in, once."""
    an_organiser(email, role)
    with transaction():
        return f"/sign-in/{accounts.make_sign_in_link(email)}"


def a_device(person: Person, **about: Any) -> str:
    """Save a browser in which someone is signed in, second step and all; give its secret."""
    secret = f"device {next(_numbers)}"
    now = clock.real_now()
    usual = {
        "person_id": person.id,
        "secret_hash": hashed(secret),
        "signed_in_at": now,
        "seen_at": now,
        "passed_at": now,
        "expires_at": now + accounts.DEVICE_LASTS,
        "label": "Firefox on Linux",
    }
    saved(Device(**{**usual, **about}))
    return secret


def _cookie_of(secret: str) -> str:
    """Give what a browser holds in which someone is signed in."""
    signer = SecureCookieSessionInterface().get_signing_serializer(current_app)
    assert signer is not None
    return str(signer.dumps({guards.DEVICE: secret}))


def signed_in(
    browser: Browser,
    email: str = "grace@conference.example",
    role: str = ORGANISER,
    **device: Any,
) -> Browser:
    """Sign someone in who runs the conference, without a request; `passed_at=None` is half way."""
    secret = a_device(an_organiser(email, role), **device)
    browser.hold_cookie("session", _cookie_of(secret))
    return browser


def a_keeper(speaker: Speaker, email: str = "ada@example.org", **about: Any) -> Keeping:
    """Let somebody keep a speaker's pages: the speaker, unless told otherwise."""
    with transaction():
        person = accounts.let_keep_pages(email)
        usual = {"since": clock.now(), "named_by": "grace@conference.example"}
        keeping = Keeping(person_id=person.id, speaker_id=speaker.id, **{**usual, **about})
        db.session.add(keeping)
    return keeping


def keeping_pages(
    browser: Browser, speaker: Speaker, email: str = "ada@example.org", **about: Any
) -> Browser:
    """Sign somebody in who keeps a speaker's pages, by a link alone."""
    person = a_keeper(speaker, email, **about).person
    browser.hold_cookie("session", _cookie_of(a_device(person, passed_at=None)))
    return browser


def keeping_pages_in_window(
    window: Page, address: str, speaker: Speaker, email: str = "ada@example.org", **about: Any
) -> Page:
    """Sign somebody in who keeps a speaker's pages, in a real browser."""
    value = _cookie_of(a_device(a_keeper(speaker, email, **about).person, passed_at=None))
    window.context.add_cookies([{"name": "session", "value": value, "url": address}])
    return window


def signed_in_window(
    window: Page,
    address: str,
    email: str = "grace@conference.example",
    role: str = ORGANISER,
    **device: Any,
) -> Page:
    """Sign someone in who runs the conference, in a real browser: `address` is the site's."""
    secret = a_device(an_organiser(email, role), **device)
    value = _cookie_of(secret)
    window.context.add_cookies([{"name": "session", "value": value, "url": address}])
    return window


def keeping_window(
    window: Page, address: str, speaker: Speaker, email: str = "ada@example.org"
) -> Page:
    """Sign somebody in who keeps a speaker's pages, in a real browser: `address` is the site's."""
    person = a_keeper(speaker, email).person
    value = _cookie_of(a_device(person, passed_at=None))
    window.context.add_cookies([{"name": "session", "value": value, "url": address}])
    return window
