"""The table of the editable fields of sessions."""

from typing import Final

from flask_babel import lazy_gettext as _l

from app.forms.fields import MARKDOWN_HINT, PUBLIC_HINT
from app.programme import slugs
from app.programme.fields import session_values
from app.programme.fields.table import (
    LANGUAGE,
    LINKS,
    MAX_WORD_LENGTH,
    MAX_WORDS,
    MOMENT,
    N_,
    NUMBER,
    PROSE,
    REFERENCE,
    WORDS,
    YES_NO,
    Column,
    Field,
    FieldTable,
    Kind,
    Question,
)
from app.programme.models import Session

MAX_TEXT_LENGTH: Final = 50_000  # characters; the same limit as in imported files
APPEARANCES: Final = Kind(normalise=LINKS.normalise)  # [[speaker key, role], …] in order
SESSION_FIELDS: Final = FieldTable[Session](
    lambda session: f"session {session.key}",
    lambda session: session.title,
    session_values.check_session,
    Field(
        "title",
        N_("Title"),
        column=Column(
            "title talk titel titre titulo",
            _l("The title of the session. This is the only required column"),
            "Fair financing",
        ),
        is_proposed=True,
    ),
    Field(
        "subtitle",
        N_("Subtitle"),
        column=Column("subtitle untertitel soustitre", _l("A second line of the title")),
        question=Question(_l("Subtitle (optional)"), _l("The subtitle"), PUBLIC_HINT),
        is_proposed=True,
        is_searched=True,
    ),
    Field(
        "kind",
        N_("Type"),
        column=Column(
            "kind type sessiontype format art",
            _l("Plenary, parallel session, break, workshop or another type"),
            "Plenary",
            heading="Kind",
        ),
        filter_name="kind",
    ),
    Field(
        "theme",
        N_("Theme"),
        REFERENCE,  # a slug
        column=Column(
            "theme track topic stream thema theme tema",
            _l("The name of the theme. New themes are added"),
            "Fair financing",
        ),
        get=lambda session: session.theme.key if session.theme else None,
        set=session_values.set_theme,
        display=session_values.display_theme,
        file_name="",
    ),
    Field(
        "room",
        N_("Room"),
        REFERENCE,  # a key
        column=Column(
            "room location place venue hall raum salle sala",
            _l("The name of the room. New rooms are added"),
            "Main hall",
        ),
        get=lambda session: session.room.key if session.room else None,
        set=session_values.set_room,
        display=session_values.display_room,
        file_name="",
    ),
    Field(
        "starts_at",
        N_("Start"),
        MOMENT,
        set=session_values.set_starts_at,
        display=session_values.display_moment,
    ),
    Field(
        "ends_at",
        N_("End"),
        MOMENT,
        set=session_values.set_ends_at,
        display=session_values.display_moment,
    ),
    Field(
        "abstract",
        N_("Abstract"),
        PROSE,
        column=Column(
            "abstract summary kurzfassung resume resumen",
            _l("What the session is about"),
            "Who pays for health, and who should.",
        ),
        question=Question(
            _l("Abstract (optional)"), _l("The abstract"), MARKDOWN_HINT, MAX_TEXT_LENGTH
        ),
        is_proposed=True,
        is_searched=True,
    ),
    Field(
        "description",
        N_("Description"),
        PROSE,
        column=Column("description details beschreibung descripcion", _l("More details")),
        question=Question(
            _l("Description (optional)"), _l("The description"), MARKDOWN_HINT, MAX_TEXT_LENGTH
        ),
        is_proposed=True,
        is_searched=True,
    ),
    Field(
        "language",
        N_("Language"),
        LANGUAGE,
        column=Column("language sprache langue idioma", _l("The language code: en, fr, es"), "en"),
        question=Question(
            _l("Language (optional)"),
            _l("The language"),
            _l("Public. The code of the language spoken, like en, fr or pt-BR"),
            attributes={"autocomplete": "off", "spellcheck": "false"},
        ),
        filter_name="language",
    ),
    Field(
        "is_illustrative",
        N_("Illustrative"),
        YES_NO,
        file_name="illustrative",
        column=Column("illustrative"),
        question=Question(
            _l(
                "This is an example, not a confirmed session. It is marked as illustrative (public)"
            ),
            "",
            "",
        ),
    ),
    Field("state", N_("State"), is_public=False, set=session_values.set_state, file_name=""),
    Field(
        "appearances",
        N_("Speakers"),
        APPEARANCES,
        is_public=False,  # snapshots have its parts
        get=lambda session: [
            [appearance.speaker.key, appearance.role] for appearance in session.appearances
        ],
        set=session_values.set_appearances,
        display=session_values.display_appearances,
        file_name="",
    ),
    Field(
        "links",
        N_("Links"),
        LINKS,
        column=Column(
            "links link url website",
            _l("Web addresses, one per line"),
            "https://conference.example/paper",
        ),
        is_proposed=True,
    ),
    Field(
        "licence",
        N_("Licence"),
        column=Column("licence license lizenz", is_exported=False),
        question=Question(
            _l("Licence (optional)"), _l("The licence"), _l("Public. For example CC BY 4.0")
        ),
    ),
    Field(
        "is_recorded",
        N_("Recorded"),
        YES_NO,
        file_name="recorded",
        column=Column("recorded recording"),
        question=Question(_l("It will be recorded (public)"), "", ""),
    ),
    Field(
        "keywords",
        N_("Keywords"),
        WORDS,
        column=Column(
            "keywords keyword tags schlagworter motscles palabrasclave",
            _l("Keywords separated by commas"),
            "tax, insurance",
        ),
        question=Question(
            _l("Keywords (optional)"),
            _l("The keywords"),
            _l("Public. Keywords for filtering the programme, separated by commas"),
            MAX_WORDS * (MAX_WORD_LENGTH + 2),
        ),
        is_proposed=True,
        is_searched=True,
        filter_name="keyword",
    ),
    Field("seats", N_("Seats"), NUMBER, is_public=False, file_name=""),
    Field(
        "booking",
        N_("Booking"),
        is_public=False,  # snapshots have the number of bookable seats
        display=session_values.display_booking,
        file_name="",
    ),
    Field("seats_reason", N_("Reason for more seats"), PROSE, is_public=False, file_name=""),
    Field(
        "serves_food",
        N_("Food is served"),
        YES_NO,
        file_name="",
        question=Question(
            _l("Food is served (not public). The caterer gets the number of people"), "", ""
        ),
        is_public=False,
    ),
    Field("notes", N_("Notes"), PROSE, is_public=False, file_name=""),
    slugs.make_field(
        _l(
            "Public. The last part of the page address. Leave empty to create it from the "
            "title. Old addresses redirect to the new one"
        )
    ),
)
