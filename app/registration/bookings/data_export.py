"""A delegate's personal data as JSON, for people and programs.

Files are read in chunks while the export is sent, so that no file is ever in memory as a whole.
"""

import json
import re
from base64 import b64encode
from collections.abc import Iterator, Mapping
from io import BufferedReader
from secrets import token_hex
from typing import Any, Final

from app import clock
from app.agenda.models import Agenda
from app.database import UtcDateTime
from app.delegates import answer_files, custom_answers
from app.delegates.answer_files import UnreadableFile
from app.delegates.categories.models import RegistrationCategory
from app.delegates.fields import DAYS, PRIVATE_FIELDS
from app.delegates.models import Delegate
from app.delegates.requirement_models import TYPES
from app.errors import NotFound
from app.history import queries as history
from app.history.services import ACTOR_DELEGATE, ACTOR_SITE
from app.mail import queries as mail
from app.mail import replies, unsubscribe
from app.materials.files import BlobReader, StoredFile
from app.registration import requirement_history
from app.registration.applications import queries as applications
from app.registration.ballots import queries as ballots
from app.registration.bookings import queries
from app.registration.groups import queries as groups
from app.registration.interest import queries as interest
from app.registration.requirement_cases import labels
from app.registration.requirement_cases import queries as requirement_cases
from app.registration.session_bookings import queries as session_bookings
from app.registration.session_bookings import released_seats
from app.registration.speaker_places import queries as speaker_places
from app.registration.transfers import queries as transfers
from app.registration.waiting_list import positions
from app.registration.waiting_list import queries as waiting_list

WITHHELD = {  # columns of Delegate: secret keys, and search and sort keys
    *("id", "access_key", "pending_email_key", "identity_key", "version", "erased_at", "is_demo"),
    *("search_text", "email_key", "name_sort_key", "organisation_sort_key", "category_id"),
}
PIECE_BYTES: Final = 3 * 64 * 1024  # of a file: a multiple of three needs no padding
IMPERSONAL_ACTORS = frozenset({ACTOR_DELEGATE, ACTOR_SITE})  # all others are email addresses


def stream(delegate: Delegate) -> Iterator[str]:
    """Stream the export as JSON; uploaded files are read when it is their turn."""
    files: dict[str, BlobReader] = {}

    def mark(file: StoredFile) -> str:
        """Return a placeholder for the content of a file."""
        files[token := token_hex(16)] = file.open()
        return token

    text = json.dumps(export_delegate(delegate), ensure_ascii=False, indent=2, default=mark)
    return _fill_in(text, files)


def _fill_in(text: str, files: Mapping[str, BlobReader]) -> Iterator[str]:
    """Yield a text with the Base64 content of files in place of their placeholders."""
    for part in re.split(f"({'|'.join(files)})", text) if files else (text,):
        if part in files:
            yield from _encode(files[part])
        else:
            yield part


def _encode(file: BlobReader) -> Iterator[str]:
    content = BufferedReader(file, PIECE_BYTES)
    while piece := content.read(PIECE_BYTES):
        yield b64encode(piece).decode()


def export_delegate(delegate: Delegate) -> dict[str, Any]:
    """Collect all data except the keys that open the booking; files as placeholders."""
    return {
        "made_at": clock.now().isoformat(),
        "booking": _export_booking(delegate),
        "needs": {field.name: field.format(field.get(delegate)) for field in PRIVATE_FIELDS},
        **_export_cases(delegate),
        "answers": [
            {"question": one.label, "answer": one.text, **_export_file(one.value)}
            for one in custom_answers.list_given(delegate)
        ],
        "agenda": _export_agenda(queries.find_linked_agenda(delegate)),
        "agreed_to_emails_about_the_agenda_at": _export_consent(delegate),
        **_export_seats(delegate),
        **_export_notes(delegate),
        **_export_requests(delegate),
        **_export_correspondence(delegate),
        "history": _export_history(delegate),
    }


def _export_cases(delegate: Delegate) -> dict[str, Any]:
    by_type = requirement_cases.map_of_delegate(delegate)
    return {
        f"{name}_requirements": [
            {
                "requirement": labels.name_own_requirement(one),
                "state": one.row.state,
                "due_on": _isoformat(one.row.due_on),
                "answer_of_the_organisers": labels.show_text(one.answer),
                "reply": labels.show_text(one.reply),
            }
            for one in by_type.get(name, ())
        ]
        for name in TYPES
    }


def _export_seats(delegate: Delegate) -> dict[str, Any]:
    return {
        "seats_in_sessions": [
            {
                "session": seat.title,
                "booked_at": _isoformat(seat.booked_at),
                "choose_by": _isoformat(seat.choose_by),
                "checked_in_at": _isoformat(seat.checked_in_at),
                "let_in_at_the_door": seat.is_from_door,
            }
            for seat in session_bookings.list_of_delegate(delegate)
        ],
        "seats_given_back": [
            {"session": one.title, "given_back_at": _isoformat(one.released_at)}
            for one in released_seats.list_of_delegate(delegate)
        ],
        "ballots": [
            {
                "ballot": entry.ballot.title,
                "ticket": entry.ticket,
                "wishes": ballots.read_keys(entry.wishes),
                "won": ballots.read_keys(entry.won),
                "changed_at": _isoformat(entry.changed_at),
            }
            for entry in ballots.list_entries_of(delegate)
        ],
    }


def _export_notes(delegate: Delegate) -> dict[str, Any]:
    """Return the notes and labels from organisers and groups."""
    return {
        "notes_of_the_organisers": [
            {"written_at": _isoformat(note.written_at), "text": note.text}
            for note in queries.list_notes(delegate)
        ],
        "speaks_as": _name_speaker(delegate),
        "tags_of_the_organisers": queries.list_tags(delegate),
        "group": _export_group(delegate),
    }


def _export_requests(delegate: Delegate) -> dict[str, Any]:
    """Return their requests for a place, and their offers of it."""
    return {
        "waiting_list": [
            {
                "for": entry.title or _name_place(entry.category),
                "state": entry.state,
                "position": positions.get_queue_position(entry).nearest or None,
                "joined_at": _isoformat(entry.joined_at),
                "offered_at": _isoformat(entry.offered_at),
                "offer_ends_at": _isoformat(entry.offer_ends_at),
                "ended_at": _isoformat(entry.ended_at),
            }
            for entry in waiting_list.list_of_delegate(delegate)
        ],
        "applications": [
            {
                "state": application.state,
                "applied_at": _isoformat(application.applied_at),
                "decided_at": _isoformat(application.ended_at),
                "reason_of_the_organisers": application.reason,
                "message_of_the_organisers": application.message,
            }
            for application in applications.list_of_delegate(delegate)
        ],
        "expressions_of_interest": [
            {
                "state": one.state,
                "expressed_at": _isoformat(one.expressed_at),
                "invited_at": _isoformat(one.invited_at),
                "ended_at": _isoformat(one.ended_at),
                "message_of_the_organisers": one.message,
            }
            for one in interest.list_of_delegate(delegate)
        ],
        "offers_of_the_place": [
            {
                "to_name": transfer.name,
                "to_email": transfer.email,
                "state": transfer.state,
                "offered_at": _isoformat(transfer.offered_at),
                "ended_at": _isoformat(transfer.ended_at),
            }
            for transfer in transfers.list_of_delegate(delegate)
        ],
    }


def _export_correspondence(delegate: Delegate) -> dict[str, Any]:
    return {
        "emails_not_about_the_booking": unsubscribe.get_preference(delegate.email),
        "letters": [
            {
                "subject": email.subject,
                "to": email.recipient,
                "state": email.state,
                "written_at": _isoformat(email.created_at),
                "sent_at": _isoformat(email.sent_at),
            }
            for email in mail.list_for_booking(delegate.reference)
        ],
        "replies": [
            {
                "subject": reply.subject,
                "from": reply.sender,
                "received_at": _isoformat(reply.received_at),
                "text": reply.text,
                "attachments": reply.attachment_names,
            }
            for reply in replies.list_for_person(delegate.reference, delegate.email, None)
        ],
    }


def _name_place(category: RegistrationCategory | None) -> str:
    return f"a place in the category {category.name}" if category else "a place at the conference"


def _export_history(delegate: Delegate) -> list[dict[str, Any]]:
    subjects = (delegate.history_subject, requirement_history.get_subject(delegate))
    return [
        {
            "happened_at": _isoformat(entry.happened_at),
            "who": entry.actor if entry.actor in IMPERSONAL_ACTORS else "the organisers",
            "what": entry.summary,
            "changes": [
                {"field": change.label, "before": change.old, "after": change.new}
                for change in entry.field_changes
            ],
        }
        for entry in history.list_entries(*subjects)
    ]


def _export_file(answer: str) -> dict[str, StoredFile | str]:
    """Return the stored file that an answer refers to, or None."""
    try:
        return {"file_in_base64": answer_files.get_stored(answer)}
    except NotFound:  # or the answer names no file; incomplete files are reported by the audit
        return {}
    except UnreadableFile as refusal:
        return {"file": str(refusal)}


def _export_booking(delegate: Delegate) -> dict[str, Any]:
    """Return every column that is not withheld, dates and times last.

    Consent is only for private answers: without any there is none.
    """
    left_out = {*WITHHELD, DAYS, *([] if delegate.needs else ["consented_at"])}
    columns = [column for column in Delegate.__table__.columns if column.name not in left_out]
    moments = [column.name for column in columns if isinstance(column.type, UtcDateTime)]
    return {
        **{
            column.name: getattr(delegate, column.name)
            for column in columns
            if column.name not in moments
        },
        **{name: _isoformat(getattr(delegate, name)) for name in moments},
        "category": delegate.category.name if delegate.category else "",
        DAYS: delegate.days.split(),
    }


def _name_speaker(delegate: Delegate) -> str:
    speaker = speaker_places.find_speaker(delegate)
    return speaker.name if speaker else ""


def _export_group(delegate: Delegate) -> dict[str, Any] | None:
    """Return who registered them with a group, and what the group stores about them."""
    member = groups.find_of_delegate(delegate)
    if member is None:
        return None
    return {
        "contact": member.group.name,
        "organisation": member.group.organisation,
        "name": member.name,
        "email": member.email,
    }


def _export_agenda(agenda: Agenda | None) -> list[dict[str, Any]]:
    """List the sessions of the linked agenda."""
    return [
        {
            "session": star.title,
            "starts_at": _isoformat(star.starts_at),
            "ends_at": _isoformat(star.ends_at),
            "room": star.room,
        }
        for star in (agenda.stars if agenda else [])
    ]


def _export_consent(delegate: Delegate) -> str | None:
    link = queries.find_agenda_link(delegate)
    return _isoformat(link.emails_agreed_at) if link else None


def _isoformat(moment: Any) -> str | None:
    return moment.isoformat() if moment else None
