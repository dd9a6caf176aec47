"""The fields of speakers and sessions that can be proposed, and those that can be auto-approved."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from app.programme.editing.versioned_edits import FieldSet
from app.programme.fields import sessions, speakers
from app.programme.models import Session, Speaker

SPEAKER_FIELD_NAMES: Final = speakers.SPEAKER_FIELDS.proposed_names
SESSION_FIELD_NAMES: Final = sessions.SESSION_FIELDS.proposed_names
TEXT_FIELD_NAMES: Final = (*speakers.PROFILE_FIELDS, *SESSION_FIELD_NAMES)
FIELD_GROUPS: Final = (
    speakers.PROFILE_FIELDS,
    (speakers.PHOTO,),
    SESSION_FIELD_NAMES,
)  # each group has its own page
AUTO_APPROVABLE: Final[Mapping[str, Sequence[str]]] = {  # fields by the names used in the settings
    "biography": ("biography", "biographies"),
    "photo": (speakers.PHOTO,),
    "links": ("links",),
}


def get_field_set(entity: Speaker | Session) -> FieldSet:
    """Return the field set for editing a speaker or session."""
    return speakers.SPEAKER_FIELDS if isinstance(entity, Speaker) else sessions.SESSION_FIELDS


def list_field_names(entity: Speaker | Session) -> Sequence[str]:
    """List the fields that can be proposed."""
    return SPEAKER_FIELD_NAMES if isinstance(entity, Speaker) else SESSION_FIELD_NAMES


def get_current_values(entity: Speaker | Session) -> dict[str, Any]:
    """Return the values of these fields in the working programme."""
    return {
        field: get_field_set(entity).get_value(entity, field) for field in list_field_names(entity)
    }


def list_auto_approved(entity: Speaker | Session, trusted_names: str) -> frozenset[str]:
    """Return the fields that are approved automatically under the conference's settings."""
    if isinstance(entity, Session):
        return frozenset()
    return frozenset(
        field for name in trusted_names.split() for field in AUTO_APPROVABLE.get(name, ())
    )
