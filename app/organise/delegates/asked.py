"""What the address of the list of delegates asks for."""

from flask_babel import gettext

from app.organise import lists
from app.organise.delegates.told import country
from app.organise.lists import Asked, Filter
from app.registration import queries as registration
from app.registration.desk import queries
from app.registration.desk.queries import Wanted
from app.web.words import local_date


def filters() -> tuple[Filter, ...]:
    """Say how the list can be narrowed."""
    countries = sorted((country(code), code) for code in queries.countries())
    return (
        Filter(
            "state",
            gettext("Booking"),
            [
                ("attending", gettext("Attending")),
                ("cancelled", gettext("Cancelled")),
                ("erased", gettext("Erased")),
            ],
        ),
        Filter(
            "day",
            gettext("Day"),
            [(day.isoformat(), local_date(day)) for day in registration.days()],
        ),
        Filter("country", gettext("Country"), [(code, name) for name, code in countries]),
        Filter(
            "letters",
            gettext("Letters"),
            [("failed", gettext("Not delivered")), ("waiting", gettext("On the way"))],
        ),
        Filter("added", gettext("Added"), [("by-hand", gettext("By hand"))]),
    )


def of_the_list(narrowings: tuple[Filter, ...]) -> tuple[Asked, Wanted]:
    """Read the address: what it asks of the list, and which delegates that are."""
    asked = lists.asked(narrowings, tuple(queries.SORTS))
    wanted = Wanted(
        words=asked.search,
        state=asked.choice("state"),
        day=asked.choice("day"),
        country=asked.choice("country"),
        letters=asked.choice("letters"),
        by_hand=asked.choice("added"),
    )
    return asked, wanted
