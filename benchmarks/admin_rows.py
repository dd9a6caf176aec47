"""What the measured pages of admin list: as many rows of each kind as are asked for.

They are inserted as rows, for what is measured is how pages read them.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from sqlalchemy import select, update

from app import clock
from app.accounts import services as accounts
from app.database import Base, db
from app.delegates.categories.models import RegistrationCategory
from app.delegates.delegate_record import refresh_search_keys
from app.delegates.models import Delegate, DelegateAnswer, SeatLimit
from app.history import services as history
from app.mail.models import EmailReply, SuppressedAddress
from app.mailings.models import Mailing, MailingRecipient
from app.programme.models import BOOKABLE, Session, Speaker
from app.proposals import merging, queries
from app.proposals import services as proposals
from app.questions import services as questions
from app.questions.edited_question import EditedQuestion, EditedTexts
from app.questions.models import REGISTRATION
from app.registration import session_seats
from app.registration.applications.models import RegistrationApplication
from app.registration.groups.models import PLACED, GroupMember, RegistrationGroup
from app.registration.interest.models import ExpressionOfInterest
from app.registration.invitations.models import InvitationCode
from app.registration.session_bookings.models import SessionBooking
from app.registration.waiting_list.models import WaitingListEntry
from app.releases import services as releases
from app.speakers import reminders
from app.speakers.models import ItemDeadline, SpeakerAccess

BOOKED_SESSION = "opening-1"  # of every invented conference
PEOPLE_IN_GROUP = 20
ANSWER_COLUMNS = 6
WRITER = "organiser@example.org"


def add_rows_of_delegates() -> None:
    """Give each delegate a seat in one session, and beside them as many rows of other lists."""
    session = _open_session()
    people = db.session.scalars(select(Delegate).order_by(Delegate.id)).all()
    _share_name(people[:PEOPLE_IN_GROUP])
    category = RegistrationCategory(name="Students", position=1, approvals_needed=1)
    mailing = _build_mailing(
        "delegates", state="done", finished_at=clock.now(), send_at=clock.now()
    )
    db.session.add_all([category, _build_mailing("delegates"), mailing])
    db.session.flush()
    for number, delegate in enumerate(people):
        db.session.add_all(_build_rows(number, delegate, category.id, session))
        db.session.add(_build_recipient(mailing.id, delegate))
        history.record(f"Something was changed for the {number}th time", subject="settings")
    db.session.add_all(_build_groups(people))
    taken = SeatLimit.name == session_seats.session_limit(session.key)
    db.session.execute(update(SeatLimit).where(taken).values(taken=len(people)))


def add_answers() -> None:
    """Ask six questions, and answer each of them for every delegate."""
    numbers = db.session.scalars(select(Delegate.id)).all()
    for place in range(ANSWER_COLUMNS):
        texts = {"en": EditedTexts(f"Question {place}?", "", ())}
        edited = EditedQuestion("text", texts, "To measure")
        question = questions.add(REGISTRATION, edited, actor=WRITER)
        db.session.flush()
        asked = {"question_id": question.id, "version_id": question.versions[-1].id}
        db.session.add_all(
            DelegateAnswer(delegate_id=one, value=f"Answer {one}", **asked) for one in numbers
        )


def _share_name(people: Sequence[Delegate]) -> None:
    """Give some the same name and country, so that a short list of duplicates is full as well."""
    for one in people:
        one.given_names, one.family_name, one.country = "Bea", "Waite", "GB"
        refresh_search_keys(one)


def _open_session() -> Session:
    session = db.session.scalars(select(Session).where(Session.slug == BOOKED_SESSION)).one()
    session.booking, session.seats, session.seats_reason = BOOKABLE, 10_000, "To measure"
    releases.create_release()
    return session


def _build_rows(
    number: int, delegate: Delegate, category_id: int, session: Session
) -> Iterator[Base]:
    now, real_now = clock.now(), clock.real_now()
    person = {
        "name": f"Bea Waite {number}",
        "email": f"bea-{number}@example.org",
        "identity_key": f"bea {number}",
        "search_text": f"bea waite {number}",
        "language": "en",
        "document": "{}",
    }
    yield SessionBooking(
        delegate_id=delegate.id, session_key=session.key, title=session.title, booked_at=now
    )
    yield WaitingListEntry(access_key=f"waits {number}", joined_at=now, **person)
    yield RegistrationApplication(
        access_key=f"applies {number}", applied_at=now, category_id=category_id, **person
    )
    yield ExpressionOfInterest(
        access_key=f"would like to come {number}",
        expressed_at=now,
        category_id=category_id,
        **person,
    )
    yield InvitationCode(
        code=f"BCDF{number:06}",
        uses=1,
        created_at=now,
        expires_at=now + timedelta(days=9),
        category_id=category_id,
    )
    yield SuppressedAddress(
        address=f"wrong-{number}@example.org", reason="desk", suppressed_at=real_now
    )
    yield EmailReply(
        sender=delegate.email,
        subject="Re: You are registered",
        text="Thank you",
        message_id=f"<reply-{number}@example.org>",
        received_at=real_now,
    )


def open_all_sessions() -> None:
    """Give every session seats that people book, and publish that."""
    for session in db.session.scalars(select(Session)):
        session.booking, session.seats, session.seats_reason = BOOKABLE, 20, "To measure"
    releases.create_release()


def _build_recipient(mailing_id: int, delegate: Delegate) -> MailingRecipient:
    return MailingRecipient(
        mailing_id=mailing_id,
        person=f"delegate {delegate.id}",
        name=delegate.full_name,
        address=delegate.email,
        address_key=delegate.email,
        booking_reference=delegate.reference,
        state="queued",
    )


def _build_mailing(audience: str, **values: object) -> Mailing:
    now = clock.now()
    return Mailing(
        audience=audience,
        subject="See you soon",
        body="Dear {{ first_name }}",
        created_at=now,
        created_by=WRITER,
        changed_at=now,
        changed_by=WRITER,
        **values,
    )


def _build_groups(people: Sequence[Delegate]) -> Iterator[RegistrationGroup]:
    """Put every delegate into a group, at least twenty groups, so that the list has many rows."""
    size = max(1, min(PEOPLE_IN_GROUP, len(people) // PEOPLE_IN_GROUP))
    for first in range(0, len(people), size):
        yield RegistrationGroup(
            access_key=f"group {first}",
            name=f"Mary Ward {first}",
            email=f"mary-{first}@example.org",
            search_text=f"mary ward {first}",
            created_at=clock.now(),
            members=[
                GroupMember(name=one.full_name, email=one.email, state=PLACED, delegate_id=one.id)
                for one in people[first : first + size]
            ],
        )


def add_rows_of_speakers() -> None:
    """Give every second speaker access to their pages, a change to approve and a deadline.

    A group email is to all of them.
    """
    due_on = clock.now().date() + timedelta(days=6)
    db.session.add_all(ItemDeadline(item=item, due_on=due_on) for item in ("travel", "profile"))
    speakers = db.session.scalars(select(Speaker).order_by(Speaker.id)).all()
    for number, speaker in enumerate(speakers):
        speaker.contact_address = f"speaker-{number}@example.org"
        if number % 2 == 0:
            person = accounts.grant_speaker_access(speaker.contact_address)
            db.session.flush()
            db.session.add(
                SpeakerAccess(
                    person_id=person.id,
                    speaker_id=speaker.id,
                    granted_at=clock.now(),
                    granted_by=WRITER,
                )
            )
        seen = merging.fingerprints(queries.get_status(speaker).values)
        proposals.propose(
            speaker, {"role": "A new role"}, base_fingerprints=seen, actor=speaker.contact_address
        )
    db.session.add(_build_mailing("speakers"))
    db.session.flush()
    reminders.plan()


def rename_sessions() -> None:
    """Rename every tenth session, as organisers do."""
    for session in db.session.scalars(select(Session).where(Session.id % 10 == 1)):
        session.title += " (new)"
        session.version, session.changed_at = session.version + 1, clock.now()
    db.session.flush()
