"""What a delegate types on the pages of their own booking.

The questions are those of the journey. Each form also carries how many changes the booking
had when its page was opened, so that an old page cannot undo unseen what came after it.
"""

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import HiddenField

from app.errors import ConferenceError
from app.forms import Form
from app.registration.fields import an_address
from app.registration.forms import (
    AccessNeedsForm,
    DaysForm,
    DietaryNeedsForm,
    EmailForm,
    NameForm,
    Question,
    WorkForm,
)

LONGEST_NUMBER = 10  # digits; nobody changes a booking so often


class SeenForm(Form):
    """A form about a booking as its owner saw it."""

    seen = HiddenField()

    @property
    def changes_seen(self) -> int:
        """Tell how many changes the booking had then; what is no number was never right."""
        seen = self.seen.data or ""
        return int(seen) if seen.isdecimal() and len(seen) < LONGEST_NUMBER else -1

    def refuse(self, refusal: ConferenceError, changes: int) -> None:
        """Say why it cannot be so; sent again, the form counts as of now."""
        self.form_errors.append(gettext(str(refusal)))
        self.seen.data = str(changes)


class ChangeForm(SeenForm, Question):
    """Ask one of the journey's questions again."""


class ChangeNameForm(ChangeForm, NameForm):
    """Ask again who someone is."""


class ChangeWorkForm(ChangeForm, WorkForm):
    """Ask again where someone works."""


class ChangeDaysForm(ChangeForm, DaysForm):
    """Ask again when someone comes."""


class ChangeAccessNeedsForm(ChangeForm, AccessNeedsForm):
    """Ask again what someone needs to take part."""


class ChangeDietaryNeedsForm(ChangeForm, DietaryNeedsForm):
    """Ask again what someone can eat."""


class NewAddressForm(EmailForm):
    """Ask for the right address."""

    email = an_address(
        _l("What is the right email address?"),
        _l("We write to it at once. It counts as soon as you confirm it from that letter"),
    )


class CorrectAddressForm(SeenForm, NewAddressForm):
    """Ask for the right address on the page of a booking."""


class AskForLinkForm(Form):
    """Ask where the link should go."""

    email = an_address(
        _l("Email address"), _l("The address to which we sent the letter about your booking")
    )

    def address(self) -> str:
        """Give the address that was typed."""
        return str(self.email.data)
