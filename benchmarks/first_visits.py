"""A first visit: bytes over the wire and requests, headers and everything a page needs included."""

import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urljoin

from benchmarks import addresses
from benchmarks.copies import SiteCopy
from benchmarks.figures import Figure, at_most
from benchmarks.people import FORMS, RegisteringVisitor
from benchmarks.wire import Connection, WireResponse

STYLE_URL = re.compile(rb"url\((?!['\"]?(?:data:|#))['\"]?([^'\")]+)")
FETCHED_LINKS = {"stylesheet", "icon"}  # by a browser that opens a page
BAR = at_most(40, 30, "kB")
PROGRAMME_BAR = at_most(36, 30, "kB")  # of 200 sessions on one page
LARGEST_PROGRAMME_BAR = at_most(60, 40, "kB")  # of 900
MANY_SIZE = (
    900,
    1125,
)  # sessions and speakers, in the same proportion as those of the large programme


@dataclass(frozen=True)
class Visit:
    """What one page costs a first-time visitor."""

    name: str
    size: int  # bytes
    requests: int


def measure(folder: Path) -> Iterator[Figure]:
    """Weigh every kind of public page of the large programme, and each page of registering."""
    copy = SiteCopy(folder / "visits")
    with copy.start_server(), closing(Connection(copy.port)) as connection:
        person = RegisteringVisitor(connection, 1, encoding="br")
        public = {
            name: measure_visit(person, name, path)
            for name, path in {**addresses.list_public_pages(copy), **addresses.UNLISTED}.items()
        }
        registering = [
            measure_page(person, registration_page_name(path), path, page)
            for path, page in walk_through_registration(person)
        ]
    whole = public.pop("programme")
    yield Figure(
        "first visit to /programme, large, br, everything",
        f"{whole.size / 1000:.1f} kB",
        whole.size / 1000,
        PROGRAMME_BAR,
    )
    yield Figure(
        "first visit to /programme: requests",
        f"{whole.requests} requests",
        whole.requests,
        at_most(5, 4),  # the page, its style sheet, script, icon and typeface
    )
    yield _largest_figure(
        f"first visit, largest of {len(public)} other public pages", [*public.values()]
    )
    yield _largest_figure(
        f"first visit, largest of {len(registering)} pages of registering", registering
    )
    yield from _measure_many(folder)


def _measure_many(folder: Path) -> Iterator[Figure]:
    """Weigh the whole programme of a conference much larger than most, as a list and as a grid."""
    copy = SiteCopy(folder / "many", MANY_SIZE)
    with copy.start_server(), closing(Connection(copy.port)) as connection:
        person = RegisteringVisitor(connection, 1, encoding="br")
        for path in ("/programme", "/programme?view=grid"):
            size = measure_visit(person, path, path).size / 1000
            what = f"first visit to {path}, {MANY_SIZE[0]} sessions, br, everything"
            yield Figure(what, f"{size:.1f} kB", size, LARGEST_PROGRAMME_BAR)


def _largest_figure(name: str, visits: list[Visit]) -> Figure:
    largest = max(visits, key=lambda visit: visit.size)
    size = largest.size / 1000
    return Figure(name, f"{size:.1f} kB ({largest.name}, {largest.requests} requests)", size, BAR)


def walk_through_registration(person: RegisteringVisitor) -> Iterator[tuple[str, WireResponse]]:
    """Register, and give every page on the way."""
    yield "/register", person.open("/register")
    path = "/register/name"
    page = person.open(path)
    for answers in FORMS.values():
        yield path, page
        response = person.submit(path, page, answers)
        path, page = response.path, person.follow(response)
    yield path, page
    response = person.submit("/register/confirm", page, {})
    yield response.path, person.follow(response)


def registration_page_name(path: str) -> str:
    """Call a page of registering by its address, without the secret of its confirmation."""
    return "/".join(path.split("/")[:3])


def measure_visit(person: RegisteringVisitor, name: str, path: str) -> Visit:
    """Open a page and everything that it needs."""
    return measure_page(person, name, path, person.open(path))


def measure_page(person: RegisteringVisitor, name: str, path: str, page: WireResponse) -> Visit:
    """Weigh a page that was opened, and everything that it needs."""
    assert page.status == 200, (path, page.status)
    needs = _ResourceParser(path)
    needs.feed(page.text)
    parts = {address: person.open(address) for address in sorted(needs.addresses)}
    for address, part in list(parts.items()):
        if ".css" in address:
            style_urls = (
                urljoin(address, name.decode()) for name in STYLE_URL.findall(part.decoded_body)
            )
            parts |= {one: person.open(one) for one in style_urls}
    missing = [address for address, part in parts.items() if part.status != 200]
    assert not missing, (path, missing)
    return Visit(name, page.size + sum(part.size for part in parts.values()), 1 + len(parts))


class _ResourceParser(HTMLParser):
    """Finds what a browser fetches to show a page."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self.addresses: set[str] = set()
        self._path = path
        self._picture_source = ""  # of the picture that is being read

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the address of a style sheet, an icon, a script or a picture."""
        attributes = {name: value or "" for name, value in attrs}
        address = attributes.get("src", "") if tag in {"img", "script"} else ""
        if (
            tag == "source" and not self._picture_source
        ):  # the first kind that is offered, at its largest
            self._picture_source = attributes.get("srcset", "").rpartition(",")[2].split()[0]
        if tag == "img" and self._picture_source:
            address, self._picture_source = self._picture_source, ""
        if tag == "link" and attributes.get("rel") in FETCHED_LINKS:
            address = attributes["href"]
        if address:
            self.addresses.add(urljoin(self._path, address))
