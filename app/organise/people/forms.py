"""What an organiser says about somebody who runs the conference."""

from flask_babel import lazy_gettext as _l
from wtforms import (  # type: ignore[attr-defined]  # its types lag behind WTForms 3.3
    EmailField,
    RadioField,
    SelectChoice,
)
from wtforms.validators import InputRequired, ValidationError

from app.accounts import services
from app.accounts.models import DESK, EDITOR, ORGANISER, ROLES, VIEWER
from app.errors import Refused
from app.forms import Form, one_line

NAMES = {
    ORGANISER: _l("Organiser"),
    EDITOR: _l("Programme editor"),
    DESK: _l("Registration desk"),
    VIEWER: _l("Viewer"),
}
HINTS = {
    ORGANISER: _l("May do everything; looks after the team and the settings"),
    EDITOR: _l("Changes sessions, speakers, rooms, pages and news, and publishes"),
    DESK: _l("Looks after delegates and letters; reads the programme"),
    VIEWER: _l("Reads, and changes nothing; does not see what delegates need"),
}


ROLE = _l("Role")
CHOICES = [SelectChoice(role, NAMES[role], {"hint": HINTS[role]}) for role in ROLES]


def _well_formed(_form: Form, field: EmailField) -> None:
    try:
        services.as_kept(field.data or "")
    except Refused:
        raise ValidationError(
            _l("Enter an email address in the right form, like name@example.org")
        ) from None


class InviteForm(Form):
    """Invite somebody."""

    email = EmailField(
        _l("Email address"),
        [InputRequired(_l("Enter the email address of the person")), _well_formed],
        filters=[one_line],
        render_kw={"autocomplete": "off", "spellcheck": "false"},
    )
    role = RadioField(ROLE, [InputRequired(_l("Choose a role"))], choices=CHOICES)


class RoleForm(Form):
    """Choose what somebody may do."""

    role = RadioField(ROLE, [InputRequired(_l("Choose a role"))], choices=CHOICES)
