"""A first visit: bytes over the wire and requests, headers and everything a page needs included."""

import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urljoin

from benchmarks import addresses
from benchmarks.copies import Copy
from benchmarks.figures import Figure, at_most
from benchmarks.people import ANSWERS, Person
from benchmarks.wire import Answer, Connection

IN_STYLES = re.compile(rb"url\((?!['\"]?(?:data:|#))['\"]?([^'\")]+)")
FETCHED = {"stylesheet", "icon"}  # by a browser that opens a page
BAR = at_most(35, 20, "kB")
WHOLE = at_most(60, 35, "kB")  # of the programme on one page
MANY = (900, 1125)  # sessions and speakers, in the same proportion as those of the large programme


@dataclass(frozen=True)
class Visit:
    """What one page costs somebody who was never here before."""

    name: str
    size: int  # bytes
    requests: int


def measure(folder: Path) -> Iterator[Figure]:
    """Weigh every kind of public page of the large programme, and each page of registering."""
    copy = Copy(folder / "visits")
    with copy.server(), closing(Connection(copy.port)) as connection:
        person = Person(connection, 1, encoding="br")
        public = {
            name: visit(person, name, path)
            for name, path in {**addresses.public(copy), **addresses.UNLISTED}.items()
        }
        registering = [weighed(person, named(path), path, page) for path, page in journey(person)]
    whole = public.pop("programme")
    yield Figure(
        "first visit to /programme, large, br, everything",
        f"{whole.size / 1000:.1f} kB",
        whole.size / 1000,
        WHOLE,
    )
    yield Figure(
        "first visit to /programme: requests",
        f"{whole.requests} requests",
        whole.requests,
        at_most(4, 3),
    )
    yield _largest(f"first visit, largest of {len(public)} other public pages", [*public.values()])
    yield _largest(f"first visit, largest of {len(registering)} pages of registering", registering)
    yield from _many(folder)


def _many(folder: Path) -> Iterator[Figure]:
    """Weigh the whole programme of a conference much larger than most, as a list and as a grid."""
    copy = Copy(folder / "many", MANY)
    with copy.server(), closing(Connection(copy.port)) as connection:
        person = Person(connection, 1, encoding="br")
        for path in ("/programme", "/programme?view=grid"):
            size = visit(person, path, path).size / 1000
            what = f"first visit to {path}, {MANY[0]} sessions, br, everything"
            yield Figure(what, f"{size:.1f} kB", size, WHOLE)


def _largest(what: str, visits: list[Visit]) -> Figure:
    largest = max(visits, key=lambda visit: visit.size)
    size = largest.size / 1000
    return Figure(what, f"{size:.1f} kB ({largest.name}, {largest.requests} requests)", size, BAR)


def journey(person: Person) -> Iterator[tuple[str, Answer]]:
    """Register, and give every page on the way."""
    yield "/register", person.see("/register")
    path = "/register/name"
    shown = person.see(path)
    for answers in ANSWERS.values():
        yield path, shown
        sent = person.send(path, shown, answers)
        path, shown = sent.path, person.follow(sent)
    yield path, shown
    sent = person.send("/register/confirm", shown, {})
    yield sent.path, person.follow(sent)


def named(path: str) -> str:
    """Call a page of registering by its address, without the secret of its confirmation."""
    return "/".join(path.split("/")[:3])


def visit(person: Person, name: str, path: str) -> Visit:
    """Open a page and everything that it needs."""
    return weighed(person, name, path, person.see(path))


def weighed(person: Person, name: str, path: str, page: Answer) -> Visit:
    """Weigh a page that was opened, and everything that it needs."""
    assert page.status == 200, (path, page.status)
    needs = _Needs(path)
    needs.feed(page.text)
    parts = {address: person.see(address) for address in sorted(needs.addresses)}
    for address, part in list(parts.items()):
        if ".css" in address:
            named = (urljoin(address, name.decode()) for name in IN_STYLES.findall(part.plain))
            parts |= {one: person.see(one) for one in named}
    return Visit(name, page.size + sum(part.size for part in parts.values()), 1 + len(parts))


class _Needs(HTMLParser):
    """Finds what a browser fetches to show a page."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self.addresses: set[str] = set()
        self._path = path
        self._chosen = ""  # of the picture that is being read

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the address of a style sheet, an icon, a script or a picture."""
        about = {name: value or "" for name, value in attrs}
        address = about.get("src", "") if tag in {"img", "script"} else ""
        if tag == "source" and not self._chosen:  # the first kind that is offered, at its largest
            self._chosen = about.get("srcset", "").rpartition(",")[2].split()[0]
        if tag == "img" and self._chosen:
            address, self._chosen = self._chosen, ""
        if tag == "link" and about.get("rel") in FETCHED:
            address = about["href"]
        if address:
            self.addresses.add(urljoin(self._path, address))
