"""What someone has told us, shown back to be checked."""

from collections.abc import Callable

from flask_babel import gettext

from app.registration import countries
from app.registration.told import Told
from app.web import languages
from app.web.words import local_date

Row = tuple[str, str, str]  # what it is, what was answered, where to change it


def rows(told: Told, where: Callable[[str], str]) -> list[Row]:
    """List each answer with its question and where that is asked again; empty if nowhere."""
    name, work = told.name, told.work
    nothing = gettext("Not given")
    none = gettext("None")
    country = countries.named(work.country, languages.current().code) if work else ""
    return [
        (gettext("Name"), name.full if name else nothing, where("name")),
        (
            gettext("Name on your badge"),
            (name.badge_name or name.full) if name else "",
            where("name"),
        ),
        (gettext("Email address"), told.email or nothing, where("email")),
        (gettext("Organisation"), (work and work.organisation) or nothing, where("work")),
        (gettext("Role"), (work and work.role) or nothing, where("work")),
        (gettext("Country"), country, where("work")),
        (gettext("Days"), ", ".join(local_date(day) for day in told.days or ()), where("days")),
        (gettext("What you need to take part"), told.access_needs or none, where("access-needs")),
        (
            gettext("What you do not eat or drink"),
            told.dietary_needs or none,
            where("dietary-needs"),
        ),
    ]
