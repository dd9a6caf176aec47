"""Time zones: the conference's, and the visitor's, which can be shown alongside.

Any IANA zone named after a place can be chosen; the most populous ones are listed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache, lru_cache
from http import HTTPStatus
from operator import itemgetter
from zoneinfo import ZoneInfo, available_timezones

from babel.dates import get_timezone_location
from flask_babel import format_date, get_locale, gettext, lazy_gettext

from app.programme.snapshot import Conference
from app.web.cache_params import get_param
from app.web.formatting import format_time, local_day

UTC = "UTC"
CHOOSE = "choose"
FIXED_OFFSET_PREFIX = "Etc/GMT"
ANY_YEAR = 2000
ZoneOptions = Sequence[tuple[str, Sequence[tuple[str, str]]]]

REGIONS: Mapping[str, str] = {
    "Africa": lazy_gettext("Africa"),
    "America": lazy_gettext("The Americas"),
    "Asia": lazy_gettext("Asia"),
    "Europe": lazy_gettext("Europe and the Atlantic"),
    "Pacific": lazy_gettext("Australia and the Pacific"),
}
REGION_OF_PREFIX = {
    "Atlantic": "Europe",
    "Australia": "Pacific",
    "Indian": "Asia",
    "Antarctica": "",
}
OFFERED_CITIES = {  # the most populous zones, by IANA prefix
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
class VisitorZone:
    """A time zone to show alongside the conference's."""

    code: str
    name: str

    def format_times(self, starts_at: datetime, ends_at: datetime | None) -> str:
        """Format a session's times in this zone, with the day if it differs: 4:30am to 6am."""
        zone = ZoneInfo(self.code)
        begins = starts_at.astimezone(zone)
        times = format_time(begins)
        if ends_at:
            ends = format_time(ends_at.astimezone(zone))
            times = gettext("%(begins)s to %(ends)s", begins=times, ends=ends)
        if begins.date() != local_day(starts_at):
            day = format_date(begins.date(), "EEEE d MMMM")
            return str(
                gettext("%(times)s on %(day)s in %(place)s", times=times, day=day, place=self.name)
            )
        return str(gettext("%(times)s in %(place)s", times=times, place=self.name))


@dataclass(frozen=True)
class ZoneChoice:
    """The time zones of a page."""

    conference_zone: str  # IANA code
    conference_zone_name: str  # display name: London time, GMT
    visitor_zone: VisitorZone | None
    is_unknown: bool  # whether the requested zone does not exist
    is_choosing: bool = False  # whether the page asks for a zone

    @property
    def status(self) -> int:
        """HTTP status: 422 if the requested zone is unknown."""
        return HTTPStatus.UNPROCESSABLE_ENTITY if self.is_unknown else HTTPStatus.OK

    @property
    def code(self) -> str | None:
        """The visitor's zone, for links to other pages."""
        return self.visitor_zone.code if self.visitor_zone else None


def parse_zone(code: str) -> str | None:
    """Return a valid zone from the URL, or None if it is unknown."""
    return code if not code or code in _known_zones() else None


def get_zone_choice(conference: Conference) -> ZoneChoice:
    """Return the time zones of this request."""
    code = get_param("zone")
    is_other = bool(code) and code != conference.time_zone
    return ZoneChoice(
        conference_zone=conference.time_zone,
        conference_zone_name=zone_name(conference),
        visitor_zone=VisitorZone(code, place_name(code)) if code and is_other else None,
        is_unknown=code is None,
        is_choosing=get_param("times") == CHOOSE,
    )


def conference_zone_only(conference: Conference) -> ZoneChoice:
    """Return only the conference's zone, for pages without a choice."""
    return ZoneChoice(conference.time_zone, zone_name(conference), None, is_unknown=False)


def zone_name(conference: Conference) -> str:
    """Name the conference's zone: London time, GMT."""
    if is_fixed_offset(conference.time_zone):
        return place_name(conference.time_zone)
    zone = ZoneInfo(conference.time_zone)
    noons = (
        datetime.combine(d, time(12), zone) for d in (conference.starts_on, conference.ends_on)
    )
    short = dict.fromkeys(_short_name(noon) for noon in noons)
    name = gettext("%(place)s time", place=place_name(conference.time_zone))
    return ", ".join([str(name), *(one for one in short if one != conference.time_zone)])


def is_fixed_offset(code: str) -> bool:
    """Return True if a zone is only a UTC offset, like Etc/GMT-1, and not a place."""
    return code.startswith(FIXED_OFFSET_PREFIX)


def zone_code(conference: Conference) -> str:
    """Return the code of the conference's zone, or UTC+1 if it is not a place."""
    code = conference.time_zone
    return place_name(code) if is_fixed_offset(code) else code


def list_zones_at_offset(code: str, day: date) -> list[tuple[str, str]]:
    """List the offered places with the UTC offset of a zone on a day, as (code, name) pairs."""
    noon = datetime.combine(day, time(12), ZoneInfo(code))
    places = [one for _, found in list_zone_options() for one in found]
    agreeing = (
        place
        for place in places
        if noon.astimezone(ZoneInfo(place[0])).utcoffset() == noon.utcoffset()
    )
    return sorted(agreeing, key=itemgetter(1))


def place_name(code: str) -> str:
    """Return the name of a zone's place in the current locale, or UTC+1 if it has none."""
    return _cached_place_name(code, str(get_locale()))


def list_zone_options() -> ZoneOptions:
    """List the zones to choose from by region, as (code, name) pairs."""
    return [
        (str(REGIONS[region]), found) for region, found in _cached_zone_options(str(get_locale()))
    ]


@cache
def _cached_zone_options(language: str) -> ZoneOptions:
    found: dict[str, list[tuple[str, str]]] = {region: [] for region in REGIONS}
    for part, places in OFFERED_CITIES.items():
        codes = [f"{part}/{name}" for name in places.split()]
        found[REGION_OF_PREFIX.get(part, part)] += [
            (code, _cached_place_name(code, language)) for code in codes
        ]
    return [(region, sorted(those, key=itemgetter(1))) for region, those in found.items()]


@lru_cache(maxsize=1024)
def _cached_place_name(code: str, language: str) -> str:
    if code == UTC:
        return code
    if is_fixed_offset(code):
        return _short_name(datetime(ANY_YEAR, 1, 1, tzinfo=ZoneInfo(code)))
    named: str = get_timezone_location(code, locale=language, return_city=True)
    return named.rpartition("/")[2]


def _short_name(moment: datetime) -> str:
    """Return the abbreviation in use at that moment, or UTC+1 if it has none."""
    name = moment.tzname() or ""
    if name.isalpha():
        return name
    offset = moment.utcoffset() or timedelta()
    hours, minutes = divmod(abs(offset) // timedelta(minutes=1), 60)
    sign = "\N{MINUS SIGN}" if offset < timedelta() else "+"
    return f"UTC{sign}{hours}{f':{minutes:02}' if minutes else ''}"


@cache
def _known_zones() -> frozenset[str]:
    known = {*REGIONS, *REGION_OF_PREFIX}
    named = (code for code in available_timezones() if code.partition("/")[0] in known)
    return frozenset({*(code for code in named if "/" in code), UTC})
