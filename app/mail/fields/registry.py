"""The placeholders of every email, by the names of the templates in ``templates/mail/``."""

from collections.abc import Mapping
from typing import Final

from app.mail.fields.bookings import BOOKINGS
from app.mail.fields.declaration import EmailFields
from app.mail.fields.places import PLACES
from app.mail.fields.sessions import SESSIONS
from app.mail.fields.speakers import SPEAKERS
from app.mail.fields.team import TEAM

EMAIL_FIELDS: Final[Mapping[str, EmailFields]] = {
    **BOOKINGS,
    **SESSIONS,
    **PLACES,
    **SPEAKERS,
    **TEAM,
}
