"""A crawl of every page: by following links when databases are stored, replayed by tests."""

import html
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

from flask import Flask
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Rule

from tests.browser import Browser, Browsers
from tests.compatibility.answers import Answers, as_text, is_text

FILE: Final = "links.json"
ANYONE: Final = "anybody"
TEAM: Final = ("/organise", "/my", "/organise/delegates", "/organise/history", "/organise/sessions")
START_PAGES: Final = {  # where each holder of a link or cookie starts
    "an organiser": ("/organise", "/my", "/second-step", "/rehearsal", "/speak"),
    "half signed in": ("/second-step",),
    "without a second step": ("/second-step",),
    "Ada Marsh": ("/speak", "/my"),
    "João Maré": ("/speak",),
    "an assistant": ("/speak",),
    "an owner": ("/speak",),
    "a delegate": ("/register", "/agenda"),
    "an agenda": ("/agenda",),
    "another agenda": ("/agenda",),
    "Katherine, who is registering": ("/register",),
    "Dorothy, who is registering": ("/register",),
}
PROTECTED_PATHS: Final = ("/organise", "/my", "/speak", "/second-step", "/rehearsal", "/static")
LINK: Final = re.compile(
    r"""(?:href|src|srcset)="([^"]+)"|[">](https://conference\.example/[^"<]+)["<]"""
)
OF_A_RULE, QUESTIONS_OF_A_RULE = 6, 3  # addresses at most, without and with a question
FULLY_COVERED_RULES: Final = ("/organise/letters/",)  # rules of which every address is opened
EXTRA_START_PAGES: Final = {  # what no link leads to
    ANYONE: (
        *("/", "/healthz", "/readyz", "/robots.txt", "/.well-known/security.txt", "/sitemap.xml"),
        *("/offline.json", "/offline/agenda", "/offline/away", "/service-worker.js"),
        *("/agenda", "/agenda/stars.json", "/booking/asked", "/booking/erased", "/feedback/sent"),
        *("/sign-in/sent", "/sign-out", "/organise", "/speak", "/my", "/second-step"),
        *("/sessions/harbour-walls", "/search?q=tide", "/search?q=pools", "/nowhere"),
        *("/faq", "/schedule", "/rooms"),
    ),
    "an organiser": (
        "/organise/board/opening/tried?day=2009-06-10&start=11:00&minutes=60&room=great-hall",
        *("/organise/speakers/ada-marsh/delete", "/organise/speakers/ada-marsh/merge/joao-mare"),
        *("/rehearsal/2009-06-10T11:15/now", "/rehearsal/2009-06-10T11:15/programme"),
        *("/organise/pages/page/getting-here/en/remove", "/organise/pages/page/help/links/1"),
        *("/organise/sessions/knots/delete", "/organise/publishing/letters"),
        *("/rehearsal/2009-06-10T11:15/", "/organise/publishing/compare?from=1&to=3"),
    ),
    "without a second step": ("/second-step/set-up/app", "/organise"),
    "half signed in": ("/organise", "/second-step/recovery-code"),
    "an agenda": ("/agenda/stars.json",),
    "Ada Marsh": ("/speak/ada-marsh/profile/photo.jpg",),
}
REGISTERING: Final = (
    *("/register/name", "/register/email", "/register/work", "/register/days"),
    *("/register/access-needs", "/register/dietary-needs", "/register/consent"),
    *("/register/check", "/register/confirm"),
)


def load_links(folder: Path) -> dict[str, Any]:
    """Read what people held when a folder was stored."""
    found: dict[str, Any] = json.loads((folder / FILE).read_text(encoding="utf-8"))
    return found


def make_browsers(held: dict[str, Any], new_browser: Browsers) -> dict[str, Browser]:
    """Create the browser of each person, with the stored cookies."""
    found = {ANYONE: new_browser()}
    for name, cookies in held["browsers"].items():
        found[name] = new_browser()
        for cookie in cookies:
            found[name].set_cookie(cookie["name"], cookie["value"], cookie["path"])
    return found


def replay(recorded: Answers, people: dict[str, Browser]) -> Answers:
    """Open every address that was recorded, in the same order."""
    return {
        name: {address: as_text(people[name].fetch("GET", address)) for address in addresses}
        for name, addresses in recorded.items()
    }


def crawl(site: Flask, held: dict[str, Any], people: dict[str, Browser]) -> Answers:
    """Follow links from what people hold, and give every address with what it answered."""
    found: Answers = {}
    for name, browser in people.items():
        walk = _Walk(site, browser, START_PAGES.get(name, ()))
        if name == ANYONE:
            walk.go([*_with_receipts(held["links"].values()), *EXTRA_START_PAGES[ANYONE]])
        elif name in START_PAGES:
            own = REGISTERING if "/register" in START_PAGES[name] else ()
            walk.go([*START_PAGES[name], *own, *EXTRA_START_PAGES.get(name, ())])
        else:
            walk.open_only(TEAM)
        found[name] = walk.answers
    return found


def _with_receipts(links: Iterable[str]) -> Iterator[str]:
    for one in links:
        yield one
        if one.startswith("/register/confirmation/"):
            yield from (f"{one}/address/asked", f"{one}/calendar.ics")


def rule_of(site: Flask, address: str) -> Rule | None:
    """Find the rule under which the site answers a GET, if it does."""
    adapter = site.url_map.bind("conference.example", url_scheme="https")
    path = urlsplit(address).path
    try:
        rule, _ = adapter.match(path.rstrip("/") or "/", method="GET", return_rule=True)
    except HTTPException:
        return None
    return rule


class _Walk:
    """One person's way from link to link."""

    def __init__(self, site: Flask, browser: Browser, within: Sequence[str]) -> None:
        self.answers: dict[str, str] = {}
        self._site, self._browser, self._within = site, browser, within
        self._taken: Counter[tuple[str, bool]] = Counter()

    def open_only(self, addresses: Sequence[str]) -> None:
        """Open these, and follow nothing."""
        for address in addresses:
            self.answers[address] = as_text(self._browser.fetch("GET", address))

    def go(self, beginnings: Sequence[str]) -> None:
        """Open these, and whatever they lead to, as far as it is of a new kind."""
        waiting = list(beginnings)
        while waiting:
            address = waiting.pop(0)
            if address not in self.answers and self._is_worth_it(address):
                answer = self._browser.fetch("GET", address)
                self.answers[address] = as_text(answer)
                waiting += [one for one in self._leads_to(address, answer) if self._is_own(one)]

    def _is_worth_it(self, address: str) -> bool:
        rule = rule_of(self._site, address)
        if rule is None:
            return False
        asks = "?" in address
        if rule.rule.startswith(FULLY_COVERED_RULES) and not asks:
            return True
        self._taken[rule.rule, asks] += 1
        return self._taken[rule.rule, asks] <= (QUESTIONS_OF_A_RULE if asks else OF_A_RULE)

    def _is_own(self, address: str) -> bool:
        if self._within:
            return _is_below(address, self._within)
        return not _is_below(address, PROTECTED_PATHS)

    def _leads_to(self, address: str, answer: Any) -> Iterator[str]:
        found = [answer.headers["Location"]] if "Location" in answer.headers else []
        if is_text(answer.mimetype or ""):
            for link, whole in LINK.findall(answer.get_data(as_text=True)):
                found += [part.split(" ")[0] for part in (link or whole).split(", ")]
        for one in found:
            parts = urlsplit(urljoin(f"https://conference.example{address}", html.unescape(one)))
            if parts.netloc == "conference.example":
                yield parts._replace(scheme="", netloc="", fragment="").geturl()


def _is_below(address: str, tops: Sequence[str]) -> bool:
    path = urlsplit(address).path
    return any(path == top or path.startswith(f"{top}/") for top in tops)
