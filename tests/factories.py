"""Things that a story needs: each is saved as it is made, and named by what the story is about.

    make_delegate(given_names="Ada")
    make_session(title="Fair financing", room=make_room(capacity=8))

Each capability's factories stand under its own heading. A factory gives what it saved, and has
a plausible value for everything that a story leaves out.
"""

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from io import BytesIO
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

from flask import current_app
from flask.sessions import SecureCookieSessionInterface
from playwright.sync_api import Page
from sqlalchemy import select

from app import cache_version, clock
from app.accounts import guards
from app.accounts import services as accounts
from app.accounts.models import ORGANISER, LoginSession, Person, SavedView
from app.accounts.queries import hash_secret
from app.agenda import cookie, services
from app.agenda.models import Agenda
from app.content import services as content
from app.content.models import Link, MenuEntry
from app.content.versions import ContentDraft, link_key
from app.database import Base, db, transaction
from app.delegates import answer_files
from app.delegates.categories.models import RegistrationCategory
from app.delegates.delegate_record import refresh_search_keys
from app.delegates.models import CONFERENCE, Confirmation, Delegate, DelegateAnswer, Needs
from app.delegates.private_answers import encrypt_need
from app.interchange import services as programme
from app.interchange import uploads
from app.interchange.uploads import Upload
from app.mail.models import Email
from app.mailings.models import Mailing
from app.materials import files
from app.materials.file_validation import AcceptedFile
from app.materials.models import Material
from app.programme.models import Appearance, Photo, Room, Session, Speaker, Theme
from app.proposals import merging, queries
from app.proposals import services as proposals
from app.proposals.models import Proposal
from app.questions import services as questions
from app.questions.edited_question import EditedQuestion, EditedTexts
from app.questions.models import REGISTRATION, Question
from app.registration.applications.models import RegistrationApplication
from app.registration.ballots.models import Ballot
from app.registration.delegate_imports import services as delegate_imports
from app.registration.delegate_imports.models import DelegateImport
from app.registration.delegate_imports.rows import ImportedRow, ImportedSheet
from app.registration.groups.models import PLACED, GroupMember, RegistrationGroup
from app.registration.interest.models import ExpressionOfInterest
from app.registration.invitations.models import InvitationCode
from app.registration.seats import (
    hold_seats,
    list_limits,
    lock_limit,
    name_category_limit,
    reserve,
    set_default_limit,
    set_limit,
    set_waiting_list,
)
from app.registration.transfers.models import PlaceTransfer
from app.registration.waiting_list.models import WaitingListEntry
from app.releases import current_release
from app.releases import services as releases_services
from app.releases.models import ScheduledRelease
from app.speakers.models import SpeakerAccess
from app.web import signing
from tests.browser import Browser

SMALL_CONFERENCE = Path(__file__).with_name("conference.json")
FIRST_MORNING = datetime(2009, 6, 10, 8, 30, tzinfo=UTC)  # 9:30am by the conference's clocks

Row = TypeVar("Row", bound=Base)
_numbers = count(1)


def save(row: Row) -> Row:
    """Save a row, so that the site sees it too."""
    db.session.add(row)
    db.session.commit()
    return row


# The programme


def load_small_conference() -> None:
    """Load and publish the conference of the tests: two days, five sessions, 20 places."""
    with transaction():
        loaded = programme.load_file(SMALL_CONFERENCE)
        set_default_limit(CONFERENCE, loaded.programme.conference.places or 0)
        releases_services.create_release()


def publish_programme() -> None:
    """Publish the programme of the test."""
    with transaction():
        releases_services.create_release()


def make_theme(**values: Any) -> Theme:
    """Save a theme."""
    number = next(_numbers)
    return save(Theme(**{"slug": f"theme-{number}", "name": f"Theme {number}", **values}))


def make_room(**values: Any) -> Room:
    """Save a room."""
    slug = f"room-{next(_numbers)}"
    return save(Room(**{"key": slug, "slug": slug, "name": slug.capitalize(), **values}))


def make_speaker(**values: Any) -> Speaker:
    """Save a speaker."""
    slug = f"speaker-{next(_numbers)}"
    return save(Speaker(**{"key": slug, "slug": slug, "name": slug.capitalize(), **values}))


def get_ada_marsh() -> Speaker:
    """Find the speaker of the small conference who is in most of its sessions."""
    found = db.session.scalar(select(Speaker).where(Speaker.slug == "ada-marsh"))
    assert found is not None
    return found


def make_photo(speaker: Speaker, **values: Any) -> Photo:
    """Save a photo of a speaker; what it holds is no picture."""
    defaults = {
        "key": f"{next(_numbers):032x}",
        "speaker_id": speaker.id,
        "description": "A person, smiling",
        "picture": b"a picture",
        "created_at": clock.now(),
    }
    return save(Photo(**{**defaults, **values}))


def make_session(*, speakers: tuple[Speaker, ...] = (), **values: Any) -> Session:
    """Save a session of an hour on the first morning, with those who speak in it."""
    slug = f"session-{next(_numbers)}"
    starts_at = values.pop("starts_at", FIRST_MORNING)
    defaults = {
        "key": slug,
        "slug": slug,
        "title": slug.capitalize(),
        "kind": "parallel",
        "starts_at": starts_at,
        "ends_at": starts_at and starts_at + timedelta(hours=1),
    }
    session = Session(**{**defaults, **values})
    session.appearances = [
        Appearance(speaker=speaker, position=position) for position, speaker in enumerate(speakers)
    ]
    return save(session)


def make_clash() -> Session:
    """Save a second session in the great hall at the time of the opening."""
    hall = db.session.scalars(select(Room).where(Room.slug == "great-hall")).one()
    return make_session(title="Knots", room=hall)


def make_material(session: Session, body: bytes = b"%PDF-1.7 a paper", **values: Any) -> Material:
    """Save public slides of a session; their content is no real PDF."""
    defaults = {
        "key": f"{next(_numbers):032x}",
        "session": session,
        "title": "Slides",
        "kind": "pdf",
        "available_from": "now",
        "created_at": clock.now(),
        "released_at": clock.now(),
    }
    material = Material(**{**defaults, **values})
    with transaction():
        db.session.add(material)
        if not material.is_link:
            digest = sha256(body).hexdigest()
            files.save(material, AcceptedFile(BytesIO(body), material.kind, digest, len(body)))
        cache_version.bump_cache_version()
    return material


def make_scheduled_release(**values: Any) -> ScheduledRelease:
    """Save a plan to publish in an hour."""
    defaults = {
        "publish_at": clock.now() + timedelta(hours=1),
        "scheduled_by": "grace@conference.example",
        "created_at": clock.now(),
    }
    return save(ScheduledRelease(**{**defaults, **values}))


def make_upload(
    body: bytes = b"",
    name: str = "conference.json",
    *,
    is_merged: bool = False,
    actor: str = "grace@conference.example",
) -> Upload:
    """Upload a programme file, the small conference by default."""
    with transaction():
        contents = body or SMALL_CONFERENCE.read_bytes()
        return uploads.receive(
            name,
            contents,
            uploads.read_programme(contents),
            is_merged=is_merged,
            actor=actor,
            keeps_settings=False,
        )


def make_delegate_import(actor: str = "grace@conference.example") -> DelegateImport:
    """Upload a spreadsheet of one delegate, not yet imported."""
    answers = {"given_names": "Ann", "email": "ann@ward.example", "days": "2009-06-10"}
    row = ImportedRow(2, "Ann", "ann@ward.example", "", {**answers, "country": "KE"})
    with transaction():
        return delegate_imports.store("ward.csv", ImportedSheet([row]), actor=actor)


def make_proposal(
    subject: Speaker | Session, actor: str = "ada@example.org", **typed: Any
) -> Proposal:
    """Create a proposal for a speaker or a session."""
    base = merging.fingerprints(queries.get_status(subject).values)
    with transaction():
        proposals.propose(subject, typed, base_fingerprints=base, actor=actor)
    found = queries.get_status(subject).open_proposal
    assert found is not None
    return found


# Agendas


def make_agenda(*slugs: str, holder: Browser | None = None) -> Agenda:
    """Save an agenda with some published sessions, by their addresses; a browser may hold it."""
    with transaction():
        agenda = Agenda(key=f"agenda {next(_numbers)}", feed_key=f"feed {next(_numbers)}")
        agenda.changed_at = clock.now()
        db.session.add(agenda)
        for slug in slugs:
            services.star(agenda, current_release.get_programme().get_session(slug))
    if holder is not None:
        holder.set_cookie("agenda", signing.sign(cookie.SALT, agenda.key), path="/agenda")
    return agenda


# Registration


def set_places(seats: int) -> None:
    """Say how many places the conference has."""
    with transaction():
        set_limit(CONFERENCE, seats)


def make_delegate(*, access: str = "", dietary: str = "", **values: Any) -> Delegate:
    """Save a delegate with a place: Ada Lovelace, on both days by default."""
    number = next(_numbers)
    defaults = {
        "reference": f"BCDF{number:04}",
        "access_key": f"link {number}",
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
    delegate = Delegate(**{**defaults, **values})
    refresh_search_keys(delegate)
    if access or dietary:
        delegate.needs = Needs(
            access=encrypt_need(access, delegate.reference, "access"),
            dietary=encrypt_need(dietary, delegate.reference, "dietary"),
        )
    with transaction():
        reserve(list_limits(delegate.category_id), delegate)
    return delegate


def make_category(seats: int | None = None, **values: Any) -> RegistrationCategory:
    """Save a category open to everyone, with its own limit or none."""
    number = next(_numbers)
    defaults = {"name": f"Category {number}", "position": number}
    category = RegistrationCategory(**{**defaults, **values})
    with transaction():
        db.session.add(category)
        db.session.flush()
        if seats is not None:
            set_limit(name_category_limit(category.id), seats)
        cache_version.bump_cache_version()
    return category


def make_question(label: str = "How will you travel?", **values: Any) -> Question:
    """Save a question of the organisers: a line of text that may be left empty, by default."""
    texts = EditedTexts(label, values.pop("help", ""), tuple(values.pop("choices", ())))
    defaults = {"kind": "text", "texts": {"en": texts}, "purpose": "To plan the buses"}
    edited = EditedQuestion(**{**defaults, **values})
    with transaction():
        return questions.add(REGISTRATION, edited, actor="olga@conference.example")


def add_file_answer(delegate: Delegate, question: Question, name: str = "card.pdf") -> None:
    """Save a file of two chunks as a delegate's answer to a question."""
    body = b"%PDF-" + bytes(range(256)) * 1500
    file = AcceptedFile(BytesIO(body), "pdf", sha256(body).hexdigest(), len(body))
    with transaction():
        answer = DelegateAnswer(delegate_id=delegate.id, question_id=question.id)
        answer.version_id = question.versions[-1].id
        answer.value = answer_files.store(file, name).dump()
        db.session.add(answer)


def make_invitation(category: RegistrationCategory, **values: Any) -> InvitationCode:
    """Save an invitation code for one person and a day, with a place kept for each held."""
    number = next(_numbers)
    defaults = {
        "code": f"BCDFGHJ{number:03}",
        "uses": 1,
        "created_at": clock.now(),
        "expires_at": clock.now() + timedelta(days=1),
    }
    invitation = InvitationCode(**{**defaults, **values, "category_id": category.id})
    with transaction():
        if invitation.held:
            hold_seats(list_limits(category.id), invitation.held)
        db.session.add(invitation)
    return invitation


def make_ballot(**values: Any) -> Ballot:
    """Save a drawn ballot without entries."""
    now = clock.now()
    document = '{"sessions": [], "tickets": []}'
    defaults = {"title": "Workshops", "closes_at": now, "created_at": now, "drawn_at": now}
    ballot = Ballot(**{**defaults, "seed": "", "commitment": "c", "document": document, **values})
    with transaction():
        db.session.add(ballot)
        cache_version.bump_cache_version()
    return ballot


def _describe_bea(kind: str) -> dict[str, Any]:
    """Return the answers of a person without a booking."""
    number = next(_numbers)
    return {
        "access_key": f"{kind} {number}",
        "name": "Bea Waite",
        "email": "bea@example.org",
        "identity_key": f"bea {number}",
        "search_text": "bea waite bea@example.org",
        "language": "en",
        "document": "{}",
    }


def make_waiting_list_entry(**values: Any) -> WaitingListEntry:
    """Save a waiting list entry: Bea Waite by default."""
    defaults = {**_describe_bea("waiting"), "joined_at": clock.now()}
    entry = WaitingListEntry(**{**defaults, **values})
    with transaction():
        set_waiting_list(CONFERENCE, is_open=True)
        lock_limit(CONFERENCE).waiting += 1
        db.session.add(entry)
    return entry


def make_application(**values: Any) -> RegistrationApplication:
    """Save an application: Bea Waite by default."""
    defaults = {**_describe_bea("application"), "applied_at": clock.now()}
    application = RegistrationApplication(**{**defaults, **values})
    with transaction():
        if application.is_held:
            hold_seats(list_limits(application.category_id), 1)
        db.session.add(application)
    return application


def make_interest(**values: Any) -> ExpressionOfInterest:
    """Save an expression of interest: Bea Waite by default."""
    defaults = {**_describe_bea("interest"), "expressed_at": clock.now()}
    return save(ExpressionOfInterest(**{**defaults, **values}))


def make_place_transfer(delegate: Delegate, **values: Any) -> PlaceTransfer:
    """Save a delegate's offer of their place to Bea Waite, for a week."""
    number = next(_numbers)
    defaults = {
        "access_key": f"place {number}",
        "name": "Bea Waite",
        "email": "bea@example.org",
        "offered_at": clock.now(),
        "expires_at": clock.now() + timedelta(days=7),
    }
    return save(PlaceTransfer(**{**defaults, **values, "delegate_id": delegate.id}))


def make_many_delegates(number: int) -> None:
    """Save delegates quickly, whatever the number of places: ada-0@example.org and so on."""
    with transaction():
        for one in range(number):
            delegate = Delegate(
                reference=f"MANY{one:05}",
                access_key=f"many {one}",
                given_names=f"Ada {one}",
                family_name="Lovelace",
                badge_name="Ada",
                organisation="Analytical Society",
                email=f"ada-{one}@example.org",
                identity_key=f"ada {one}",
                country="GB",
                days="2009-06-10 2009-06-11",
                consented_at=clock.now(),
                registered_at=clock.now(),
            )
            refresh_search_keys(delegate)
            db.session.add(delegate)


def make_mailing(**values: Any) -> Mailing:
    """Save a draft of a group email, to all delegates by default."""
    now = {"created_at": clock.now(), "changed_at": clock.now()}
    people = {"created_by": "grace@conference.example", "changed_by": "grace@conference.example"}
    text = {"audience": "delegates", "subject": "See you soon", "body": "Dear {{ first_name }}"}
    return save(Mailing(**{**now, **people, **text, **values}))


def make_confirmation(delegate: Delegate, **values: Any) -> Confirmation:
    """Save what someone holds who confirmed a delegate's registration first."""
    defaults = {"key": f"receipt {next(_numbers)}", "email": delegate.email, "is_first": True}
    return save(Confirmation(delegate=delegate, **{**defaults, **values}))


def make_group(*delegates: Delegate, **values: Any) -> RegistrationGroup:
    """Save a group of delegates who have not opened their bookings: Mary Ward is its contact."""
    number = next(_numbers)
    defaults = {
        "access_key": f"group {number}",
        "name": "Mary Ward",
        "email": "mary@ward.example",
        "organisation": "St Elsewhere",
        "search_text": "mary ward mary@ward.example st elsewhere",
        "shared": '{"days": "2009-06-10", "country": "GB", "organisation": "St Elsewhere"}',
        "created_at": clock.now(),
    }
    group = RegistrationGroup(**{**defaults, **values})
    for one in delegates:
        group.members.append(
            GroupMember(name=one.full_name, email=one.email, state=PLACED, delegate=one)
        )
        make_confirmation(one, correctable_until=clock.real_now() + timedelta(hours=1))
    return save(group)


# Mail


def make_email(**values: Any) -> Email:
    """Save a waiting email."""
    defaults = {
        "template": "registration_confirmed",
        "message_id": f"<{next(_numbers)}@conference.example>",
        "recipient": "ada@example.org",
        "subject": "You have a place",
        "message": b"Subject: You have a place\r\n\r\nDear Ada",
        "created_at": clock.real_now(),
        "due_at": clock.real_now(),
    }
    return save(Email(**{**defaults, **values}))


# Content


def make_link(page: str = "help", **values: Any) -> Link:
    """Save a public link in a menu."""
    link = save(Link(page=page, position=values.pop("position", 1)))
    defaults = {"label": "World Health Organization", "address": "https://who.example/", **values}
    with transaction():
        wording = ContentDraft(defaults["label"], "", defaults["address"], clock.now().date())
        content.create_first_version(link_key(link.id), wording, actor="a test")
    return link


def make_menu_entry(menu: str = "header", page: str = "help", **values: Any) -> MenuEntry:
    """Save the first entry of a menu that an organiser has changed."""
    return save(MenuEntry(menu=menu, page=page, **{"position": 1, "label": "Ask us", **values}))


# Accounts


def make_organiser(email: str = "grace@conference.example", role: str = ORGANISER) -> Person:
    """Save an organiser, or someone with another part in running the conference."""
    with transaction():
        person = accounts.add_organiser(email)
        person.role = role
        return person


def make_saved_view(person: Person, **values: Any) -> SavedView:
    """Save a view of the list of sessions."""
    name = values.get("name", "Drafts")
    defaults = {"person_id": person.id, "list_name": "sessions", "name": name}
    defaults |= {"name_key": name.casefold(), "changed_at": clock.real_now()}
    return save(SavedView(**{**defaults, **values}))


def make_sign_in_link(email: str = "grace@conference.example", role: str = ORGANISER) -> str:
    """Give the address at which someone who runs the conference signs in, once."""
    make_organiser(email, role)
    with transaction():
        return f"/sign-in/{accounts.create_sign_in_link(email)}"


def make_login_session(person: Person, **values: Any) -> str:
    """Save a browser in which someone is signed in, second step and all; give its secret."""
    secret = f"device {next(_numbers)}"
    now = clock.real_now()
    defaults = {
        "person_id": person.id,
        "secret_hash": hash_secret(secret),
        "signed_in_at": now,
        "last_used_at": now,
        "verified_at": now,
        "expires_at": now + accounts.LOGIN_SESSION_LIFETIME,
        "label": "Firefox on Linux",
    }
    save(LoginSession(**{**defaults, **values}))
    return secret


def _session_cookie_value(secret: str) -> str:
    """Give what a browser holds in which someone is signed in."""
    signer = SecureCookieSessionInterface().get_signing_serializer(current_app)
    assert signer is not None
    return str(signer.dumps({guards.COOKIE_KEY: secret}))


def sign_in(
    browser: Browser,
    email: str = "grace@conference.example",
    role: str = ORGANISER,
    **device: Any,
) -> Browser:
    """Sign in someone of the team, without a request; `verified_at=None` is half way."""
    secret = make_login_session(make_organiser(email, role), **device)
    browser.set_cookie("session", _session_cookie_value(secret))
    return browser


def grant_speaker_access(
    speaker: Speaker, email: str = "ada@example.org", **values: Any
) -> SpeakerAccess:
    """Give a person access to a speaker's pages: the speaker by default."""
    with transaction():
        person = accounts.grant_speaker_access(email)
        defaults = {"granted_at": clock.now(), "granted_by": "grace@conference.example"}
        access = SpeakerAccess(person_id=person.id, speaker_id=speaker.id, **{**defaults, **values})
        db.session.add(access)
    return access


def sign_in_speaker(
    browser: Browser, speaker: Speaker, email: str = "ada@example.org", **values: Any
) -> Browser:
    """Sign in a person with access to a speaker's pages, by link."""
    person = grant_speaker_access(speaker, email, **values).person
    browser.set_cookie(
        "session", _session_cookie_value(make_login_session(person, verified_at=None))
    )
    return browser


def sign_in_speaker_in_window(
    window: Page, address: str, speaker: Speaker, email: str = "ada@example.org", **values: Any
) -> Page:
    """Sign in a person with access to a speaker's pages, in a real browser."""
    value = _session_cookie_value(
        make_login_session(grant_speaker_access(speaker, email, **values).person, verified_at=None)
    )
    window.context.add_cookies([{"name": "session", "value": value, "url": address}])
    return window


def sign_in_window(
    window: Page,
    address: str,
    email: str = "grace@conference.example",
    role: str = ORGANISER,
    **device: Any,
) -> Page:
    """Sign someone in who runs the conference, in a real browser: `address` is the site's."""
    secret = make_login_session(make_organiser(email, role), **device)
    value = _session_cookie_value(secret)
    window.context.add_cookies([{"name": "session", "value": value, "url": address}])
    return window


def open_speaker_window(
    window: Page, address: str, speaker: Speaker, email: str = "ada@example.org"
) -> Page:
    """Sign in a person with access to a speaker's pages, in a real browser.

    `address` is the site's URL.
    """
    person = grant_speaker_access(speaker, email).person
    value = _session_cookie_value(make_login_session(person, verified_at=None))
    window.context.add_cookies([{"name": "session", "value": value, "url": address}])
    return window


def make_prose(length: int) -> str:
    """Give so many characters of plain English, by which the HTML checker knows the language."""
    sentence = "The harbour has two piers, and a wall that keeps the tide away. "
    return (sentence * (length // len(sentence) + 1))[: length - 1] + "."
