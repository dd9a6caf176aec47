"""What fills every list of admin with rows whose cells have much to say."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from app import clock
from app.accounts.models import VIEWER
from app.database import db, transaction
from app.delegates.categories.models import RegistrationCategory
from app.delegates.models import Delegate, LinkedAgenda
from app.mail.models import FAILED, EmailReply, SuppressedAddress
from app.mailings import notices, recipients
from app.mailings.models import DONE, LEFT_OUT, QUEUED, MailingRecipient
from app.programme.models import BOOKABLE, Session
from app.registration.delegate_imports import services as delegate_imports
from app.registration.delegate_imports.rows import ImportedRow, ImportedSheet, RowFault
from app.registration.requirement_cases import services as requirement_cases
from app.registration.session_bookings.models import SessionBooking
from app.releases import preview_links
from app.speakers.models import ANOTHER_TIME, WITHDRAWAL, SpeakerMailing, SpeakerRequest
from app.speakers.recipients import INVITATION
from tests.factories import (
    FIRST_MORNING,
    grant_speaker_access,
    make_agenda,
    make_application,
    make_ballot,
    make_category,
    make_delegate,
    make_email,
    make_group,
    make_interest,
    make_invitation,
    make_mailing,
    make_organiser,
    make_proposal,
    make_question,
    make_room,
    make_session,
    make_speaker,
    make_theme,
    make_waiting_list_entry,
    publish_programme,
    save,
)

ORGANISATION = "National Observatory of Social Determinants and Population Health"
WORKSHOP = "workshop"  # in which people have seats


def fill_lists() -> None:
    """Save delegates, sessions, speakers and emails with long names."""
    room = make_room(name="The great hall by the river")
    theme = make_theme(name="Tackle the inequitable distribution of power, money and resources")
    for number in range(24):
        delegate = make_delegate(
            given_names="Maria da Conceição",
            family_name=f"Albuquerque Cavalcanti {number}",
            email=f"maria.da.conceicao.albuquerque.{number}@example.org",
            organisation=ORGANISATION,
            country="GB",
        )
        speaker = make_speaker(
            name=f"Anulawathie Balasubramaniam {number}", organisation=ORGANISATION
        )
        make_session(
            title=f"Water and sanitation where clinics are far away: what we stopped {number}",
            speakers=(speaker, make_speaker(name=f"João Maré the {number}th")),
            room=room,
            theme=theme,
            kind="parallel",
            starts_at=FIRST_MORNING + timedelta(hours=number % 7),
            ends_at=FIRST_MORNING + timedelta(hours=number % 7 + 1),
        )
        make_email(
            recipient=delegate.email,
            subject=f"You have a place at the conference on the gap in a generation {number}",
        )


def fill_all_lists() -> None:
    """Give every list sixteen rows whose cells have much to say."""
    fill_lists()
    many: dict[str, Any] = {
        "booking": BOOKABLE,
        "seats": 20,
        "room": make_room(name="The long room by the sea"),
    }
    workshop = make_session(key=WORKSHOP, slug=WORKSHOP, title="Measuring what matters", **many)
    booked = {"session_key": WORKSHOP, "title": workshop.title, "booked_at": clock.now()}
    for number in range(16):  # before there is a waiting list
        delegate = make_delegate(
            given_names="Maria da Conceição",
            email=f"maria-{number}@example.org",
            access="Step-free access",
            dietary="No nuts",
        )
        save(SessionBooking(delegate_id=delegate.id, **booked))
    for number in range(16):
        category = make_category(
            60, name=f"Partners from countries of low and middle income {number}"
        )
        make_room(
            name=f"Room {number} of the London School of Hygiene and Tropical Medicine",
            capacity=1_000 + number,
            features="step_free hearing_loop",
        )
        make_theme(name=f"Improve the conditions of daily life, from early childhood on {number}")
        make_question(f"Which of the events on the evening of day {number} will you come to?")
        make_mailing(subject=f"What to bring, and how to find the conference centre {number}")
        make_ballot(
            title=f"Workshops of the morning and visits of the afternoon {number}",
            commitment=f"c{number}",
        )
        make_organiser(f"maria.da.conceicao.albuquerque.{number}@conference.example", VIEWER)
        fill_about_person(number, category.id)
    with transaction():
        requirement_cases.create_missing()
        for number in range(16):
            label = f"The Department of Health and its advisers on equity {number}"
            preview_links.create(label, timedelta(days=7), actor="grace@conference.example")
    publish_programme()
    fill_report()
    fill_import()
    fill_notice()


def fill_report() -> None:
    """Save a group email that reached nobody: some failed, the others were excluded."""
    at = dict.fromkeys(("send_at", "finished_at"), clock.now())
    mailing = make_mailing(subject="What to bring", state=DONE, **at)
    for number in range(16):
        who = f"maria.da.conceicao.albuquerque.{number}@nowhere.example"
        recipient = MailingRecipient(
            mailing_id=mailing.id,
            person=f"delegate {number}",
            name=f"Maria da Conceição Albuquerque Cavalcanti {number}",
            address=who,
        )
        if number % 3:
            fault = f"550 5.1.1 <{who}>: Recipient address rejected: User unknown in table"
            failed = make_email(recipient=who, state=FAILED, attempts=9, last_error=fault)
            recipient.state, recipient.email_id = QUEUED, failed.id
        else:
            recipient.state, recipient.reason = LEFT_OUT, recipients.SAME_ADDRESS
        save(recipient)


def fill_import() -> None:
    """Upload a spreadsheet of people, in which some rows have errors."""
    answers = {"given_names": "Ann", "country": "KE", "days": "2009-06-10"}
    fault = RowFault("Country", "“Kenia” is not one of the possible answers")
    sheet = [
        ImportedRow(
            number,
            f"Wanjikũ wa Ngũgĩ {number}",
            email := f"wanjiku.{number}@ward.example",
            "",
            {} if number % 8 == 0 else {**answers, "email": email},
            [fault] if number % 8 == 0 else (),
        )
        for number in range(2, 22)
    ]
    with transaction():
        delegate_imports.store("ward.csv", ImportedSheet(sheet), actor="grace@conference.example")


def fill_notice() -> None:
    """Move sixteen sessions that sixteen people follow, and publish that."""
    titled = select(Session).where(Session.title.startswith("Water"))
    sessions = db.session.scalars(titled.order_by(Session.id).limit(16)).all()
    slugs = [one.slug for one in sessions]
    with transaction():
        notices.prepare()  # people know what is public until now
    people = select(Delegate).where(Delegate.email.startswith("maria-")).order_by(Delegate.id)
    for number, follower in enumerate(db.session.scalars(people).all()):
        agenda = make_agenda(*slugs[number : number + 3])
        save(LinkedAgenda(delegate_id=follower.id, agenda_id=agenda.id))
    with transaction():
        for one in sessions:
            one.starts_at = FIRST_MORNING + timedelta(hours=8)
            one.ends_at = FIRST_MORNING + timedelta(hours=9)
    publish_programme()
    with transaction():
        notices.prepare()


def fill_about_person(number: int, category_id: int) -> None:
    """Save what one person with a long name wrote, asked for and was sent."""
    now = clock.real_now()
    who = f"maria.da.conceicao.albuquerque.{number}@nowhere.example"
    person = {"name": f"Maria da Conceição Albuquerque {number}", "email": who}
    speaker = make_speaker(name=f"Oluwaseun Adeyemi {number}", contact_address=who)
    make_session(
        title=f"Fair financing in informal settlements: from promise to budget line {number}",
        speakers=(speaker,),
        booking=BOOKABLE,
        seats=20,
        room=make_room(name=f"The long room by the sea {number}"),
    )
    grant_speaker_access(speaker, who)
    by = "grace.marsh@conference.example"
    save(SpeakerMailing(speaker_id=speaker.id, template=INVITATION, sent_at=now, actor=by))
    make_proposal(speaker, who, biography="Works on the causes of the causes. " * 9)
    for kind in (ANOTHER_TIME, WITHDRAWAL):
        asked = {"kind": kind, "message": "I cannot come at that time.", "actor": who}
        save(SpeakerRequest(speaker_id=speaker.id, requested_at=now, **asked))
    make_email(
        recipient=who,
        subject=f"You have a place at the conference on the gap in a generation {number}",
        template="interest_received" if number == 0 else "registration_confirmed",
        state=FAILED,
        attempts=9,
        last_error=f"550 5.1.1 <{who}>: Recipient address rejected: User unknown in table",
    )
    text = "Thank you.\n\nMay I bring my daughter? Is there a place for a pushchair?\n" * 3
    reply = {"sender": who, "subject": "Re: You have a place", "message_id": who}
    save(EmailReply(text=text, received_at=now, **reply))
    added = {"suppressed_by": "desk@conference.example", "note": "Asked by phone, twice, " * 3}
    save(SuppressedAddress(address=who, reason="desk", suppressed_at=now, **added))
    make_group(organisation=ORGANISATION, **person)
    category = db.session.get_one(RegistrationCategory, category_id)
    make_invitation(category, note="Delegation of the Ministry of Health", uses=20, held=2)
    make_waiting_list_entry(category_id=category_id, **person)
    make_application(category_id=category_id, is_held=True, **person)
    make_interest(category_id=category_id, **person)
