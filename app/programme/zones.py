"""Time zones: the conference's in words, and a visitor's own beside it when they ask for it.

Every IANA zone that is named after a place can be asked for; those that most people live by are
offered in a list.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import cache, lru_cache
from http import HTTPStatus
from operator import itemgetter
from zoneinfo import ZoneInfo, available_timezones

from babel.dates import get_timezone_location
from flask_babel import format_date, get_locale, gettext, lazy_gettext

from app.programme.document import Conference
from app.web.variants import asked
from app.web.words import local_day, on_the_clock

UTC = "UTC"
Offered = Sequence[tuple[str, Sequence[tuple[str, str]]]]

REGIONS: Mapping[str, str] = {
    "Africa": lazy_gettext("Africa"),
    "America": lazy_gettext("The Americas"),
    "Asia": lazy_gettext("Asia"),
    "Europe": lazy_gettext("Europe and the Atlantic"),
    "Pacific": lazy_gettext("Australia and the Pacific"),
}
OF_REGION = {"Atlantic": "Europe", "Australia": "Pacific", "Indian": "Asia", "Antarctica": ""}
OFFERED = {  # the places of each part of the world whose zones most people live by
    "Africa": (
        "Abidjan Accra Addis_Ababa Algiers Cairo Casablanca Dakar Dar_es_Salaam Harare "
        "Johannesburg Kampala Khartoum Kigali Kinshasa Lagos Lusaka Maputo Nairobi Tunis"
    ),
    "America": (
        "Anchorage Argentina/Buenos_Aires Bogota Caracas Chicago Denver Guatemala Halifax "
        "Havana Jamaica La_Paz Lima Los_Angeles Mexico_City Montevideo New_York Panama "
        "Phoenix Santiago Sao_Paulo St_Johns Toronto Vancouver"
    ),
    "Asia": (
        "Baghdad Bangkok Beirut Colombo Dhaka Dubai Ho_Chi_Minh Hong_Kong Jakarta Jerusalem "
        "Kabul Karachi Kathmandu Kolkata Kuala_Lumpur Manila Riyadh Seoul Shanghai Singapore "
        "Taipei Tashkent Tehran Tokyo Yangon"
    ),
    "Atlantic": "Azores Reykjavik",
    "Europe": (
        "Amsterdam Athens Berlin Brussels Bucharest Budapest Copenhagen Dublin Helsinki "
        "Istanbul Kyiv Lisbon London Madrid Moscow Oslo Paris Prague Rome Stockholm Vienna "
        "Warsaw Zurich"
    ),
    "Australia": "Adelaide Brisbane Darwin Perth Sydney",
    "Pacific": "Auckland Fiji Guam Honolulu Port_Moresby",
}


@dataclass(frozen=True)
class Elsewhere:
    """A zone beside that of the conference, and what its clocks show."""

    code: str
    name: str

    def times(self, starts_at: datetime, ends_at: datetime | None) -> str:
        """Tell when something is there, and on which day where that is another: 4:30am to 6am."""
        zone = ZoneInfo(self.code)
        begins = starts_at.astimezone(zone)
        told = on_the_clock(begins)
        if ends_at:
            ends = on_the_clock(ends_at.astimezone(zone))
            told = gettext("%(begins)s to %(ends)s", begins=told, ends=ends)
        if begins.date() != local_day(starts_at):
            day = format_date(begins.date(), "EEEE d MMMM")
            return str(
                gettext("%(times)s on %(day)s in %(place)s", times=told, day=day, place=self.name)
            )
        return str(gettext("%(times)s in %(place)s", times=told, place=self.name))


@dataclass(frozen=True)
class Clocks:
    """What a page says of time zones."""

    zone: str  # of the conference
    here: str  # the same in words: London time, GMT
    elsewhere: Elsewhere | None
    is_unknown: bool  # whether a zone was asked for that there is not

    @property
    def status(self) -> int:
        """Whether the question could be answered."""
        return HTTPStatus.UNPROCESSABLE_ENTITY if self.is_unknown else HTTPStatus.OK

    @property
    def code(self) -> str | None:
        """The zone that was asked for, for the address of another page."""
        return self.elsewhere.code if self.elsewhere else None


def read(code: str) -> str | None:
    """Read the zone that is asked for in an address."""
    return code if not code or code in _places() else None


def clocks(conference: Conference) -> Clocks:
    """Tell by which clocks this request's page goes."""
    code = asked("zone")
    is_other = bool(code) and code != conference.time_zone
    return Clocks(
        zone=conference.time_zone,
        here=in_words(conference),
        elsewhere=Elsewhere(code, place(code)) if code and is_other else None,
        is_unknown=code is None,
    )


def own_clocks(conference: Conference) -> Clocks:
    """Tell of the conference's clocks alone, on a page that answers no questions."""
    return Clocks(conference.time_zone, in_words(conference), None, is_unknown=False)


def in_words(conference: Conference) -> str:
    """Name the conference's zone: London time, GMT."""
    zone = ZoneInfo(conference.time_zone)
    noons = (
        datetime.combine(d, time(12), zone) for d in (conference.starts_on, conference.ends_on)
    )
    short = dict.fromkeys(_short(noon) for noon in noons)
    name = gettext("%(place)s time", place=place(conference.time_zone))
    return ", ".join([str(name), *(one for one in short if one != conference.time_zone)])


def place(code: str) -> str:
    """Name the place after which a zone is called, in the reader's language."""
    return _place(code, str(get_locale()))


def offered() -> Offered:
    """List zones to choose from by region, each with its code and its name."""
    return [(str(REGIONS[region]), found) for region, found in _offered(str(get_locale()))]


@cache
def _offered(language: str) -> Offered:
    found: dict[str, list[tuple[str, str]]] = {region: [] for region in REGIONS}
    for part, places in OFFERED.items():
        codes = [f"{part}/{name}" for name in places.split()]
        found[OF_REGION.get(part, part)] += [(code, _place(code, language)) for code in codes]
    return [(region, sorted(those, key=itemgetter(1))) for region, those in found.items()]


@lru_cache(maxsize=1024)
def _place(code: str, language: str) -> str:
    if code == UTC:
        return code
    named: str = get_timezone_location(code, locale=language, return_city=True)
    return named.rpartition("/")[2]


def _short(moment: datetime) -> str:
    """Give the short name of the time that clocks show then: GMT, or UTC+1 where it has none."""
    name = moment.tzname() or ""
    if name.isalpha():
        return name
    offset = moment.utcoffset() or timedelta()
    hours, minutes = divmod(abs(offset) // timedelta(minutes=1), 60)
    sign = "\N{MINUS SIGN}" if offset < timedelta() else "+"
    return f"UTC{sign}{hours}{f':{minutes:02}' if minutes else ''}"


@cache
def _places() -> frozenset[str]:
    known = {*REGIONS, *OF_REGION}
    named = (code for code in available_timezones() if code.partition("/")[0] in known)
    return frozenset({*(code for code in named if "/" in code), UTC})
