"""The form with which a waiting person changes what they wait for."""

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import Field, RadioField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # of WTForms 3.2
from wtforms.validators import ValidationError

from app.delegates.answer_json import Answers
from app.delegates.categories import forms as category_forms
from app.delegates.categories import queries as categories
from app.delegates.categories.queries import CATEGORY
from app.delegates.fields import DAYS
from app.forms.fields import days_field
from app.forms.form import Form
from app.registration.waiting_list import terms
from app.registration.waiting_list.models import WaitingListEntry
from app.web.formatting import local_date


class TermsForm(Form):
    """Another category, if there are several, and other days."""

    offered: frozenset[str] = frozenset()  # the numbers of categories
    category = RadioField(_l("How will you attend?"), validate_choice=False)
    days = days_field(_l("Which days will you attend?"))

    def set_choices(self, entry: WaitingListEntry) -> None:
        """Offer the categories the person can wait for, and the days of the conference."""
        offered = terms.list_offered(entry)
        self.offered = frozenset(str(one.id) for one in offered)
        if terms.can_choose_category(entry):
            self.category.choices = [
                SelectChoice(str(one.id), one.name, {"hint": category_forms.describe(one)})
                for one in offered
            ]
        else:
            del self.category
        self.days.choices = [(day.isoformat(), local_date(day)) for day in categories.list_days("")]

    def validate_category(self, field: Field) -> None:
        """Require one of the offered categories."""
        if field.data not in self.offered:
            raise ValidationError(gettext("Choose how you will attend"))

    def get_answers(self) -> Answers:
        """Return the number of the category, if it was asked, and the days in ISO format."""
        category = {CATEGORY: str(self.category.data)} if "category" in self else {}
        return {**category, DAYS: " ".join(self.days.data or ())}
