"""The placeholders of emails to speakers and about them."""

from collections.abc import Mapping
from typing import Final

from flask_babel import lazy_gettext as _l

from app.mail.fields.declaration import (
    DAYS_VALID,
    SIGN_IN_PAGE,
    EmailFields,
    block,
    declare,
    link,
    several,
    value,
)

TEXT_DEADLINE = value(
    "deadline", _l("Deadline"), "wanted_by | local_date", "wanted_by", is_optional=True
)
SPEAKER = value("name", _l("Name of the speaker"), "speaker.name")
SPEAKER_SIGN_IN = 'absolute_url("accounts.link", secret=secret, next="/speak")'
SIGN_IN_LINK = link("sign_in_link", _l("Link that signs in"), SPEAKER_SIGN_IN)
SPEAKER_LINK = (SIGN_IN_LINK, DAYS_VALID, SIGN_IN_PAGE)
MESSAGE = block("message", _l("Your message for this batch of emails"), "message", is_optional=True)
PAGES_LINK = link("pages_link", _l("Speaker pages"), 'absolute_url("speakers.home")')
SESSIONS_LINK = link(
    "pages_link",
    _l("Speaker’s sessions and requests"),
    'absolute_url("speakers.participation.edit", slug=speaker.slug)',
)
REQUEST = block("request", _l("What the speaker wrote"), "asked.message | quoted")
CHANGED_ITEM = value("changed_item", _l("Speaker or session that was changed"), "called")
NOTE = block("note", _l("Your note to the speaker"), "proposal.note | quoted")

SPEAKERS: Final[Mapping[str, EmailFields]] = {
    "speaker_invited": declare(
        SPEAKER,
        MESSAGE,
        block(
            "sessions",
            _l("Their sessions: day, time and room"),
            "mail/parts/invited_sessions.txt",
            is_optional=True,
        ),
        value(
            "deadline",
            _l("Deadline to confirm"),
            "confirm_by | local_date",
            "confirm_by",
            is_optional=True,
        ),
        *SPEAKER_LINK,
        required={"message", "sessions", "sign_in_link"},
    ),
    "speaker_reminder": declare(
        SPEAKER,
        MESSAGE,
        block("tasks", _l("Open tasks and deadlines"), "mail/parts/open_tasks.txt"),
        *SPEAKER_LINK,
        required={"message", "tasks", "sign_in_link"},
    ),
    "speaker_place": declare(
        SPEAKER,
        MESSAGE,
        value(
            "deadline",
            _l("Deadline to confirm the place"),
            "confirm_by | local_date",
            "confirm_by",
            is_optional=True,
        ),
        link(
            "place_link",
            _l("Link that signs in and opens the page to confirm the place"),
            'absolute_url("accounts.link", secret=secret, '
            'next="/speak/" ~ speaker.slug ~ "/place")',
        ),
        *(DAYS_VALID, SIGN_IN_PAGE),
        required={"message", "place_link"},
    ),
    "speaker_thanks": declare(SPEAKER, *SPEAKER_LINK, required={"sign_in_link"}),
    "speaker_assistant": declare(
        SPEAKER,
        value("added_by", _l("Email address of the person who added the assistant"), "by"),
        *SPEAKER_LINK,
        required={"sign_in_link"},
    ),
    "speaker_owns": declare(
        value("session", _l("Title of the session"), "session.title"),
        block(
            "details",
            _l("The session: its day, time and room"),
            "mail/parts/planned_sessions.txt",
        ),
        TEXT_DEADLINE,
        *SPEAKER_LINK,
        required={"details", "sign_in_link"},
    ),
    "speaker_owner_reminder": declare(
        block("sessions", _l("Sessions to finish"), "mail/parts/owned_sessions.txt"),
        value("number", _l("Number of sessions"), "sessions | length"),
        several("several_sessions", _l("Several sessions (for “only if”)"), "sessions | length"),
        TEXT_DEADLINE,
        *SPEAKER_LINK,
        required={"sessions", "sign_in_link"},
    ),
    "speaker_withdrawn": declare(
        SPEAKER,
        value("withdrawn_by", _l("Email address of the person who withdrew"), "by"),
        block("message", _l("What the speaker wrote"), "words | quoted"),
        required={"message"},
    ),
    "speaker_request_answered": declare(
        SPEAKER,
        block(
            "answer", _l("Your reply"), "asked.answer | quoted", "asked.answer", is_optional=True
        ),
        REQUEST,
        SESSIONS_LINK,
        required={"answer"},
    ),
    "changes_approved": declare(
        CHANGED_ITEM,
        block("changes", _l("What was changed"), "mail/parts/approved_changes.txt"),
        PAGES_LINK,
    ),
    "changes_amended": declare(
        CHANGED_ITEM,
        NOTE,
        block(
            "changes",
            _l("What the speaker wrote, and what it is now"),
            "mail/parts/amended_changes.txt",
        ),
        PAGES_LINK,
        required={"note", "changes"},
    ),
    "changes_sent_back": declare(CHANGED_ITEM, NOTE, PAGES_LINK, required={"note", "pages_link"}),
    "speaker_asks": declare(
        SPEAKER,
        value(
            "withdrawal",
            _l("The speaker withdraws (for “only if”)"),
            '"yes"',
            'asked.kind == "withdrawal"',
            is_optional=True,
        ),
        REQUEST,
        value("sender", _l("Email address of the sender"), "asked.actor"),
        link(
            "speaker_page",
            _l("Speaker in admin"),
            'absolute_url("admin.speakers.show", slug=speaker.slug)',
        ),
        required={"request"},
    ),
    "changes_waiting": declare(
        value("number", _l("Number of changes"), "total"),
        several("several_changes", _l("Several changes (for “only if”)"), "total"),
        block("changes", _l("Changes to approve"), "mail/parts/waiting_changes.txt"),
        link(
            "review_page",
            _l("Profiles, photos and texts to approve"),
            'absolute_url("admin.proposals.index", state="open")',
        ),
        link(
            "slides_page",
            _l("Slides and papers to approve"),
            'absolute_url("admin.sessions.index", missing="word")',
        ),
    ),
}
