"""What an organiser says of a preview link."""

from datetime import timedelta

from flask_babel import lazy_gettext as _l
from wtforms import RadioField, StringField, SubmitField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # of WTForms 3.2
from wtforms.validators import AnyOf, DataRequired, Length

from app.forms import Form, one_line, plain_characters

LASTS = {"1": _l("1 day"), "7": _l("1 week"), "30": _l("1 month")}


class PreviewForm(Form):
    """Make a preview link."""

    label = StringField(
        _l("For whom is it?"),
        [
            DataRequired(_l("Enter for whom the link is")),
            Length(max=100, message=_l("For whom it is must be 100 characters or fewer")),
            plain_characters,
        ],
        render_kw={"autocomplete": "off"},
    )
    lasts = RadioField(
        _l("For how long should it work?"),
        [AnyOf(LASTS, message=_l("Choose for how long the link should work"))],
        choices=[SelectChoice(days, words) for days, words in LASTS.items()],
        default="7",
        validate_choice=False,  # in our words, above
    )
    submit = SubmitField(_l("Make the link"))

    def purpose(self) -> str:
        """Give for whom it is, tidied."""
        return one_line(self.label.data)

    def length(self) -> timedelta:
        """Give for how long it should work."""
        return timedelta(days=int(self.lasts.data))
