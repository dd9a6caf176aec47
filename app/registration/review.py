"""What someone has told us, shown back to be checked."""

from flask import url_for
from flask_babel import gettext

from app.registration import countries
from app.registration.told import Told
from app.web import languages
from app.web.words import local_date

Row = tuple[str, str, str]  # what it is, what was answered, where to change it


def rows(told: Told) -> list[Row]:
    """List each answer with its question and where to change it."""
    name, work = told.name, told.work
    nothing = gettext("Not given")
    none = gettext("None")
    country = countries.named(work.country, languages.current().code) if work else ""
    return [
        _row(gettext("Name"), name.full if name else nothing, "name"),
        _row(gettext("Name on your badge"), (name.badge_name or name.full) if name else "", "name"),
        _row(gettext("Email address"), told.email or nothing, "email"),
        _row(gettext("Organisation"), (work and work.organisation) or nothing, "work"),
        _row(gettext("Role"), (work and work.role) or nothing, "work"),
        _row(gettext("Country"), country, "work"),
        _row(gettext("Days"), ", ".join(local_date(day) for day in told.days or ()), "days"),
        _row(gettext("What you need to take part"), told.access_needs or none, "access-needs"),
        _row(gettext("What you do not eat or drink"), told.dietary_needs or none, "dietary-needs"),
    ]


def _row(what: str, answer: str, step: str) -> Row:
    return what, answer, url_for("registration.questions.question", step=step)
