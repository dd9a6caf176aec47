"""The table of the editable fields of speakers, and how periods of absence are formatted."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app import clock
from app.cache_version import bump_cache_version
from app.database import db
from app.errors import RuleViolation
from app.forms.fields import PUBLIC_HINT
from app.programme import slugs, speaker_links
from app.programme.fields import table
from app.programme.fields.table import (
    N_,
    PROSE,
    REFERENCE,
    TRANSLATIONS,
    YES_NO,
    Column,
    Field,
    FieldTable,
    Question,
)
from app.programme.models import Absence, Photo, Speaker
from app.web.formatting import conference_zone, format_time


def format_period(starts_at: datetime, ends_at: datetime, zone: ZoneInfo) -> str:
    """Format a period within a day: Thursday 6 November 2008, 9:30am to midday."""
    starts, ends = starts_at.astimezone(zone), ends_at.astimezone(zone)
    day = f"{starts:%A} {starts.day} {starts:%B %Y}"
    if is_whole_day(starts_at, ends_at, zone):
        return f"{day}, all day"
    return f"{day}, {format_time(starts)} to {format_time(ends)}"


def is_whole_day(starts_at: datetime, ends_at: datetime, zone: ZoneInfo) -> bool:
    """Return True if a period lasts from one local midnight to the next."""
    starts = starts_at.astimezone(zone).replace(tzinfo=None)
    ends = ends_at.astimezone(zone).replace(tzinfo=None)
    return (starts.hour, starts.minute) == (0, 0) and ends - starts == timedelta(days=1)


CONFIRMED, TAKES_PART, ABSENCES = "is_confirmed", "takes_part", "absences"
BIOGRAPHIES, LINKS, PHOTO = "biographies", "links", "photo"
MAX_SHORT_LINE_LENGTH = 100  # characters


def load_periods(absences: Sequence[Sequence[str]]) -> list[tuple[datetime, datetime]]:
    """Parse pairs of ISO 8601 datetimes."""
    return [(datetime.fromisoformat(one), datetime.fromisoformat(other)) for one, other in absences]


def _set_links(speaker: Speaker, pairs: Sequence[Sequence[str]]) -> None:
    """Set the links; raise RuleViolation if one must not be published, regardless of its author."""
    wrong = [address for address, _ in pairs if speaker_links.link_error(address)]
    if wrong:
        raise RuleViolation(f"The link {wrong[0]} {speaker_links.link_error(wrong[0])}")
    speaker.links = table.LINKS.dump(pairs)


def _set_absences(speaker: Speaker, value: Sequence[Sequence[str]]) -> None:
    speaker.absences = [Absence(starts_at=one, ends_at=other) for one, other in load_periods(value)]


def _set_confirmed(speaker: Speaker, value: bool) -> None:  # noqa: FBT001 - a value to set
    speaker.confirmed_at = clock.now() if value else None


def _set_takes_part(speaker: Speaker, value: bool) -> None:  # noqa: FBT001 - a value to set
    if value == (speaker.withdrawn_at is None):
        return
    speaker.withdrawn_at = None if value else clock.now()
    bump_cache_version()  # their slides are public only while they take part


def _set_photo(speaker: Speaker, key: str | None) -> None:
    """Attach a stored photo to a speaker, or detach it if ``key`` is None."""
    photo = db.session.get(Photo, key) if key else None
    if key and photo is None:
        raise RuleViolation("We no longer have this picture. Upload it again")
    if speaker.photo is not None:
        speaker.photo.speaker_id = speaker.photo.original = None
        db.session.flush()  # a speaker has at most one photo (unique)
    if photo is not None:
        photo.speaker_id = speaker.id
    db.session.flush()
    db.session.expire(speaker, ["photo"])


def _display_photo(key: str) -> str:
    return db.session.scalar(select(Photo.description).where(Photo.key == key)) or "A photo"


def _display_absences(value: Sequence[Sequence[str]]) -> str:
    zone = conference_zone()
    return "; ".join(format_period(one, other, zone) for one, other in load_periods(value))


def _display_biographies(pairs: Sequence[Sequence[str]]) -> str:
    return "\n\n".join(
        f"{speaker_links.language_name_in_english(code)}: {text}" for code, text in pairs
    )


SPEAKER_FIELDS = FieldTable[Speaker](
    lambda speaker: f"speaker {speaker.key}",
    lambda speaker: speaker.name,
    lambda _: None,
    Field(
        "name",
        N_("Name"),
        column=Column(
            "name fullname speakername nom nombre",
            _l("The full name, or use First name and Last name. This is the only required column"),
            "Ada Marsh",
        ),
        is_proposed=True,
    ),
    Field(
        "honorific",
        N_("Title before the name"),
        column=Column(
            "honorific titlebeforethename salutation prefix anrede civilite",
            _l("Professor, Dr, or nothing"),
            "Dr",
        ),
        question=Question(
            _l("Title before the name (optional)"),
            _l("The title"),
            _l("Public. For example Professor, Dr or Sir"),
            MAX_SHORT_LINE_LENGTH,
        ),
        is_proposed=True,
    ),
    Field(
        "pronunciation",
        N_("How to say the name"),
        column=Column(
            "pronunciation howtosaythename phonetic phonetically aussprache",
            _l("Spelt as it sounds"),
            "AY-da marsh",
        ),
        question=Question(
            _l("How to say the name (optional)"),
            _l("How to say the name"),
            _l(
                "Public. Spell it as it sounds, for the person introducing the speaker. For "
                "example: zho-OW mah-RAY"
            ),
            MAX_SHORT_LINE_LENGTH,
        ),
        is_proposed=True,
    ),
    Field(
        "pronouns",
        N_("Pronouns"),
        column=Column(
            "pronouns pronoun pronomen pronoms", _l("The pronouns the speaker uses"), "she/her"
        ),
        question=Question(
            _l("Pronouns (optional)"),
            _l("The pronouns"),
            _l("Public. For example she/her or they/them"),
            MAX_SHORT_LINE_LENGTH,
        ),
        is_proposed=True,
    ),
    Field(
        "role",
        N_("Role"),
        column=Column(
            "role position jobtitle job funktion fonction cargo",
            _l("Job title"),
            "Professor of public health",
        ),
        question=Question(
            _l("Role (optional)"),
            _l("The role"),
            _l("Public. For example Professor of public health"),
        ),
        is_proposed=True,
        is_searched=True,
    ),
    Field(
        "organisation",
        N_("Organisation"),
        column=Column(
            "organisation organization affiliation institution company employer firma",
            _l("The organisation they work for"),
            "University of the Marshes",
        ),
        question=Question(_l("Organisation (optional)"), _l("The organisation"), PUBLIC_HINT),
        is_proposed=True,
        is_searched=True,
    ),
    Field(
        "country",
        N_("Country"),
        column=Column("country land pays pais", _l("The country of the organisation"), "Kenya"),
        question=Question(
            _l("Country (optional)"),
            _l("The country"),
            PUBLIC_HINT,
            attributes={"list": "countries"},
        ),
        is_proposed=True,
        is_searched=True,
    ),
    Field(
        "biography",
        N_("Biography"),
        PROSE,
        column=Column(
            "biography bio about biographie biografie biografia",
            _l("A few sentences"),
            "Ada Marsh studies who pays for health.",
        ),
        is_proposed=True,
        is_searched=True,
    ),
    Field(
        BIOGRAPHIES,
        N_("Biography in other languages"),
        TRANSLATIONS,
        is_proposed=True,
        display=_display_biographies,
    ),
    Field(
        LINKS,
        N_("Links"),
        table.LINKS,
        column=Column(
            "links link url website",
            _l("Web addresses, one per line, each followed by the link text"),
            "https://marshes.example/ada University page",
        ),
        is_proposed=True,
        set=_set_links,
        display=speaker_links.format_links,
    ),
    Field(
        PHOTO,
        N_("Photo"),
        REFERENCE,  # its key
        is_proposed=True,
        get=lambda speaker: speaker.photo.key if speaker.photo else None,
        set=_set_photo,
        display=_display_photo,
        file_name="",
    ),
    Field(
        "contact_address",
        N_("Contact email address"),
        column=Column(
            "contactaddress email",
            _l("The speaker’s email address. Not published. Empty cells are ignored"),
            "ada@marshes.example",
            heading="Contact address",
            is_exported=False,  # exported only by ``exporters.tables``, from the working programme
        ),
        is_public=False,
        file_name="",
    ),
    Field("notes", N_("Notes"), PROSE, is_public=False, file_name=""),
    slugs.make_field(slugs.HINT_OF_NAME),
    Field(
        CONFIRMED,
        N_("Confirmed"),
        YES_NO,
        is_public=False,
        get=lambda speaker: speaker.confirmed_at is not None,
        set=_set_confirmed,
        file_name="",
    ),
    Field(
        TAKES_PART,
        N_("Takes part"),
        YES_NO,
        is_public=False,
        get=lambda speaker: speaker.withdrawn_at is None,
        set=_set_takes_part,
        file_name="",
    ),
    Field(
        ABSENCES,
        N_("Unavailable times"),
        is_public=False,
        get=lambda speaker: [
            [absence.starts_at.isoformat(), absence.ends_at.isoformat()]
            for absence in speaker.absences
        ],
        set=_set_absences,
        display=_display_absences,
        file_name="",
    ),
)
PROFILE_FIELDS = tuple(name for name in SPEAKER_FIELDS.proposed_names if name != PHOTO)
