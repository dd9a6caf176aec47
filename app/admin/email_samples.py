"""Invented people and bookings for the previews of emails; nothing here is stored.

Each function returns the template variables of one email, or of several that need the same.
"""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from app import clock
from app.accounts import services as accounts
from app.history.models import Change, dump_changes
from app.programme import snapshot
from app.programme.models import Room, Session, Speaker
from app.proposals.models import Proposal
from app.registration import emails as booking_emails
from app.registration.applications.models import RegistrationApplication
from app.registration.ballots.models import Ballot
from app.registration.bookings.changes import BookingChange
from app.registration.categories.models import RegistrationCategory
from app.registration.groups.models import PLACED, UNPLACED, GroupMember, RegistrationGroup
from app.registration.interest.models import ExpressionOfInterest
from app.registration.invitations.models import InvitationCode
from app.registration.models import Delegate
from app.registration.session_bookings import offers as session_offers
from app.registration.session_seats import session_limit
from app.registration.transfers.models import PlaceTransfer
from app.registration.waiting_list import services as waiting_list
from app.registration.waiting_list.models import IN_QUEUE, WaitingListEntry
from app.releases import current_release, snapshot_builder
from app.releases.diff_text import DiffRow
from app.speakers.batch_emails import PLACEHOLDER_SECRET
from app.speakers.checklist import ITEMS, TO_DO, ChecklistLine
from app.speakers.models import ANOTHER_TIME, SpeakerRequest
from app.speakers.release_notifications import NotifiedChange
from app.speakers.reminders import WaitingChange
from app.web import formatting

Context = dict[str, Any]

DELEGATE_EMAIL, NEW_EMAIL = "alex@example.org", "alex.example@example.org"
SPEAKER_NAME, SPEAKER_EMAIL = "Robin Sample", "robin@example.org"
ORGANISER_EMAIL = "organiser@example.org"
SESSION_TITLE = "An example of a session"
OTHER_TITLE = "Another example of a session"
ROOM_NAME = "Room 1"
SESSION_TIME, SESSION_LENGTH = time(14), timedelta(hours=1)
SAMPLE_MESSAGE: Final = "Thank you for telling us about your work."
SAMPLE_KEY: Final = "sample"  # opens no booking: the keys of bookings are random and longer


def nothing() -> Context:
    """Return no variables."""
    return {}


def build_delegate() -> Delegate:
    """Return an invented delegate who comes on every day."""
    conference = current_release.get_programme().conference
    days = (conference.ends_on - conference.starts_on).days + 1
    dates = (conference.starts_on + timedelta(days=number) for number in range(days))
    return Delegate(
        reference="SMPL2345",
        access_key=SAMPLE_KEY,
        given_names="Alex",
        family_name="Example",
        badge_name="Alex Example",
        email=DELEGATE_EMAIL,
        pending_email=NEW_EMAIL,
        pending_email_key=SAMPLE_KEY,
        organisation="Example University",
        country="GB",
        days=" ".join(day.isoformat() for day in dates),
        language="en",
        version=0,
    )


def invitation() -> Context:
    """Return the variables of an email with an invitation to register."""
    category = RegistrationCategory(name="Press")
    expires_at = clock.now() + timedelta(days=14)
    code = InvitationCode(code="BCDFGHJKMN", category=category, expires_at=expires_at)
    return {"invitation": code}


def group() -> Context:
    """Return the variables of an email to the contact of a group."""
    delegate = build_delegate()
    placed = [
        GroupMember(name="Robin Sample", email=SPEAKER_EMAIL, state=PLACED),
        GroupMember(name=delegate.full_name, email="", state=PLACED, delegate=delegate),
    ]
    members = [*placed, GroupMember(name="Sam Instance", email="", state=UNPLACED)]
    group = RegistrationGroup(
        access_key=SAMPLE_KEY,
        name="Alex Example",
        email=DELEGATE_EMAIL,
        organisation="Example University",
        members=members,
    )
    return {"group": group, "placed": placed, "others": members[2:], "received": placed[1:]}


def changed_group() -> Context:
    """Return the variables of an email about somebody who left a group."""
    return {**group(), "person": "Toni Instance", "change": "left"}


def application() -> Context:
    """Return the variables of an email about an application."""
    sample = RegistrationApplication(
        access_key=SAMPLE_KEY,
        name="Alex Example",
        email=DELEGATE_EMAIL,
        language="en",
        applied_at=clock.now(),
        message=SAMPLE_MESSAGE,
    )
    return {"application": sample}


def interest() -> Context:
    """Return the variables of an email to somebody who would like to come."""
    category = RegistrationCategory(name="Press")
    expires_at = clock.now() + timedelta(days=14)
    sample = ExpressionOfInterest(
        access_key=SAMPLE_KEY,
        name="Alex Example",
        email=DELEGATE_EMAIL,
        language="en",
        expressed_at=clock.now(),
        message=SAMPLE_MESSAGE,
        category=category,
        invitation=InvitationCode(code="BCDFGHJKMN", category=category, expires_at=expires_at),
    )
    return {"interest": sample}


def approved_application() -> Context:
    """Return the variables of an email to somebody whose application was approved."""
    return {**ticket(), "message": SAMPLE_MESSAGE}


def waitlisted_application() -> Context:
    """Return the variables of an email to somebody who was approved and has to wait."""
    return {**waiting(), "message": SAMPLE_MESSAGE}


def offered_place() -> Context:
    """Return the variables of an email that offers somebody the place of a delegate."""
    sample = PlaceTransfer(
        access_key=SAMPLE_KEY,
        delegate=build_delegate(),
        name="Sam Sample",
        email=NEW_EMAIL,
        expires_at=clock.now() + timedelta(days=7),
    )
    return {"transfer": sample}


def passed_on_place() -> Context:
    """Return the variables of an email to somebody whose place a colleague has taken."""
    return {"delegate": build_delegate(), "colleague": "Sam Sample"}


def waiting() -> Context:
    """Return the variables of an email to somebody on the waiting list."""
    entry = WaitingListEntry(
        access_key=SAMPLE_KEY,
        name="Alex Example",
        email=DELEGATE_EMAIL,
        language="en",
        state=IN_QUEUE,
        joined_at=clock.now(),
    )
    return {"entry": entry, "position": 3, "category_position": 2}


def offered() -> Context:
    """Return the variables of an email about the offer of a place."""
    context = waiting()
    context["entry"].offer_ends_at = waiting_list.get_offer_end(clock.now())
    return context


def booking() -> Context:
    """Return a booking."""
    return {"delegate": build_delegate()}


def cancelled_booking() -> Context:
    """Return a booking that has just been cancelled."""
    delegate = build_delegate()
    delegate.cancel(clock.now())
    return {"delegate": delegate, "reason": "", "released": ()}


def session_booked() -> Context:
    """Return a booking with a new seat in a session."""
    start = datetime.combine(
        current_release.get_programme().conference.starts_on, SESSION_TIME, UTC
    )
    row = Session(
        key=SAMPLE_KEY,
        slug=SAMPLE_KEY,
        title=SESSION_TITLE,
        kind="workshop",
        starts_at=start,
        **dict.fromkeys(("subtitle", "abstract", "description", "language", "licence"), ""),
        **dict.fromkeys(("links", "keywords"), "[]"),
    )
    room = snapshot.Room(SAMPLE_KEY, ROOM_NAME, None, "", (), is_illustrative=False)
    session = replace(snapshot_builder.build_session(row), room=room)
    return {**booking(), "session": session, "given_up": [], "is_by_team": False}


def sessions_chosen() -> Context:
    """Return a new booking with a seat in one session, and none in another."""
    context = session_booked()
    session = context["session"]
    return {**booking(), "booked": [session], "missed": [replace(session, title=OTHER_TITLE)]}


def session_waiting() -> Context:
    """Return a booking on the waiting list of a session."""
    context = session_booked()
    entry = WaitingListEntry(
        scope=session_limit(SAMPLE_KEY), title=SESSION_TITLE, delegate=context["delegate"]
    )
    return {**context, "entry": entry, "position": 3, "cause": booking_emails.SESSION_CANCELLED}


def session_offered() -> Context:
    """Return a booking with the offer of a seat in a session."""
    context = session_waiting()
    context["entry"].offer_ends_at = session_offers.get_offer_end(context["session"], clock.now())
    return context


def ballot_drawn() -> Context:
    """Return a booking that has won a seat in a ballot."""
    context = session_booked()
    ballot = Ballot(id=1, title="Workshops")
    return {**booking(), "ballot": ballot, "ticket_number": "K7QF2M9X", "won": [context["session"]]}


def session_released() -> Context:
    """Return a booking with a seat that was given back."""
    return {
        **booking(),
        "title": SESSION_TITLE,
        **dict.fromkeys(("is_by_team", "is_no_show"), False),
        "kept": "",
    }


def session_clash() -> Context:
    """Return a booking with two seats that a release has put at the same time."""
    session = session_booked()["session"]
    others = [replace(session, title=OTHER_TITLE)]
    choose_by = session_offers.get_offer_end(session, clock.now())
    return {**booking(), "session": session, "clashes": others, "choose_by": choose_by}


def moved_booking() -> Context:
    """Return a booking whose email address has changed."""
    return booking() | {
        "old": DELEGATE_EMAIL,
        "masked": booking_emails.mask_email(NEW_EMAIL),
    }


def ticket() -> Context:
    """Return a booking with its ticket."""
    delegate = build_delegate()
    return {
        "delegate": delegate,
        "are_needs_removed": False,
        "group": None,
        **booking_emails.ticket_context(delegate),
    }


def changed_booking() -> Context:
    """Return a booking whose organisation has changed, with its ticket."""
    change = BookingChange("organisation", "Example Institute", "Example University")
    return {
        **ticket(),
        "news": [change.describe(desk=False)],
        "are_needs_other": False,
        "are_days_other": False,
    }


def bookings() -> Context:
    """Return the bookings of one email address."""
    return {"delegates": [build_delegate()]}


def sign_in_link() -> Context:
    """Return a link that signs nobody in."""
    lifetime = accounts.SIGN_IN_LINK_LIFETIME // timedelta(minutes=1)
    return {"secret": PLACEHOLDER_SECRET, "onward": "", "minutes": lifetime}


def team_member() -> Context:
    """Return somebody who has just been given a role, with a link that signs nobody in."""
    return _invitation() | {
        "role": "editor",
        "inviter": ORGANISER_EMAIL,
        "changer": ORGANISER_EMAIL,
    }


def second_step() -> Context:
    """Return a change of how somebody signs in."""
    return {"news": "passkey_added"}


def faults() -> Context:
    """Return a fault in the data."""
    return {"faults": ["12 places are counted as taken, but 11 delegates are attending."]}


def feedback() -> Context:
    """Return a message from a visitor."""
    return {"text": "Is there parking for bicycles?", "email": DELEGATE_EMAIL}


def speaker() -> Context:
    """Return a speaker, with a link that signs nobody in."""
    return _invitation() | {"speaker": _build_speaker(), "by": SPEAKER_EMAIL, "message": ""}


def invited_speaker() -> Context:
    """Return a speaker with a session, who has not confirmed yet."""
    return speaker() | {"sessions": [_build_session()], "confirm_by": _get_due_date()}


def withdrawn_speaker() -> Context:
    """Return a speaker who cannot come."""
    return speaker() | {"words": "I am sorry that I cannot come after all."}


def speaker_tasks() -> Context:
    """Return a speaker with open tasks."""
    due_on = _get_due_date()
    lines = [ChecklistLine(item, TO_DO, due_on, "sample") for item in ITEMS[:2]]
    return speaker() | {"lines": lines}


def speaker_without_place() -> Context:
    """Return a speaker who has not registered, and the deadline."""
    return speaker() | {"confirm_by": _get_due_date()}


def speaker_request() -> Context:
    """Return a speaker's request, and the answer to it."""
    request = SpeakerRequest(
        kind=ANOTHER_TIME,
        message="Could my session be in the afternoon?",
        answer="Yes. We have moved it to the afternoon.",
        actor=SPEAKER_EMAIL,
    )
    return speaker() | {"asked": request}


def released_changes() -> Context:
    """Return what a release changed in a speaker's session."""
    rows = [DiffRow("Room", ROOM_NAME, "Room 2")]
    return speaker() | {"changed": [NotifiedChange(SESSION_TITLE, rows)]}


def owned_session() -> Context:
    """Return a session of an owner who does not speak in it."""
    session = _build_session()
    return _invitation() | {
        "session": session,
        "sessions": [session],
        "wanted_by": _get_due_date(),
    }


def proposal() -> Context:
    """Return changes to a speaker's profile, as sent, as edited, and with a note."""
    requested = _change("A researcher.", "I am a researcher of public health.")
    amended = _change(requested.new, "A researcher of public health.")
    found = Proposal(
        changes=dump_changes([requested]),
        outcome=dump_changes([amended]),
        note="Please write about yourself in the third person.",
    )
    return {"proposal": found, "called": SPEAKER_NAME}


def waiting_changes() -> Context:
    """Return a change that waits for approval."""
    return {"waiting": [WaitingChange(SPEAKER_NAME, clock.now())], "total": 1}


def _get_due_date() -> date:
    return clock.now().date() + timedelta(days=14)


def _invitation() -> Context:
    return {"secret": PLACEHOLDER_SECRET, "days": accounts.INVITATION_LIFETIME.days}


def _build_session() -> Session:
    conference = current_release.get_programme().conference
    zone = formatting.conference_zone()
    starts_at = datetime.combine(conference.starts_on, SESSION_TIME, zone)
    session = Session(title=SESSION_TITLE, starts_at=starts_at, ends_at=starts_at + SESSION_LENGTH)
    session.room = Room(name=ROOM_NAME)
    return session


def _build_speaker() -> Speaker:
    return Speaker(key="sample", slug="sample", name=SPEAKER_NAME, contact_address=SPEAKER_EMAIL)


def _change(old: str, new: str) -> Change:
    return Change(field="biography", before=old, after=new, label="Biography", old=old, new=new)
