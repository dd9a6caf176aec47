"""Every route of the site, and who may open it.

A route that is not listed fails here, and so does a listed one that is gone. Each is then tried:
by a stranger, by someone whose link opens something else, by someone who is an organiser no more.
"""

import re
from collections.abc import Callable
from enum import StrEnum
from typing import NamedTuple

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.accounts import services
from app.database import Base, db, transaction
from app.registration import links
from tests.browser import Browser
from tests.factories import a_delegate, a_receipt, a_sign_in_link, signed_in
from tests.journey import answered


class Who(StrEnum):
    """Who may open a route."""

    PUBLIC = "anyone, and it is the same for everyone"
    ANYONE = "anyone"
    REGISTERING = "whoever is registering, by the key in their cookie"
    HOLDER = "the holder of the link"
    SIGNED_IN = "whoever is signed in"
    ORGANISER = "organisers"


class Route(NamedTuple):
    """A rule, what it takes, who may open it, and an address to try."""

    rule: str
    methods: str
    who: Who
    address: str = ""

    @property
    def tried(self) -> str:
        """An address under this rule that a stranger might try."""
        return self.address or self.rule.replace("<secret>", "wrong").replace("<token>", "wrong")


ROUTES = [
    Route("/", "GET", Who.PUBLIC),
    Route("/.well-known/security.txt", "GET", Who.PUBLIC),
    Route("/<slug>", "GET", Who.PUBLIC, "/help"),
    Route("/access-keys", "GET POST", Who.PUBLIC),
    Route("/booking", "GET POST", Who.ANYONE),
    Route("/booking/<secret>", "GET", Who.HOLDER),
    Route("/booking/<secret>/<question>", "GET POST", Who.HOLDER, "/booking/wrong/name"),
    Route("/booking/<secret>/address", "GET POST", Who.HOLDER),
    Route("/booking/<secret>/address/keep", "POST", Who.HOLDER),
    Route("/booking/<secret>/calendar.ics", "GET", Who.HOLDER),
    Route("/booking/<secret>/cancel", "GET POST", Who.HOLDER),
    Route("/booking/<secret>/copy.json", "GET", Who.HOLDER),
    Route("/booking/<secret>/erase", "GET POST", Who.HOLDER),
    Route("/booking/asked", "GET", Who.ANYONE),
    Route("/booking/erased", "GET", Who.ANYONE),
    Route("/booking/new-address/<secret>", "GET POST", Who.HOLDER),
    Route("/feedback", "GET POST", Who.PUBLIC),
    Route("/feedback/sent", "GET", Who.PUBLIC),
    Route("/healthz", "GET", Who.ANYONE),
    Route("/my", "GET", Who.SIGNED_IN),
    Route("/my/app/remove", "POST", Who.SIGNED_IN),
    Route("/my/devices/<number>/sign-out", "POST", Who.SIGNED_IN, "/my/devices/1/sign-out"),
    Route("/my/passkeys/<number>/remove", "POST", Who.SIGNED_IN, "/my/passkeys/1/remove"),
    Route("/my/recovery-codes", "POST", Who.SIGNED_IN),
    Route("/my/sign-out-everywhere", "POST", Who.SIGNED_IN),
    Route("/my/stay", "POST", Who.SIGNED_IN),
    Route("/organise", "GET", Who.ORGANISER),
    Route("/organise/previews", "GET", Who.ORGANISER),
    Route(
        "/organise/previews/<number>/withdraw",
        "POST",
        Who.ORGANISER,
        "/organise/previews/1/withdraw",
    ),
    Route("/organise/previews/new", "GET POST", Who.ORGANISER),
    Route("/organise/rehearsal", "GET", Who.ORGANISER),
    Route("/organise/undo/<entry>", "POST", Who.ORGANISER, "/organise/undo/1"),
    Route("/preview/<secret>", "GET", Who.HOLDER),
    Route("/preview/<secret>/<rest>", "GET", Who.HOLDER, "/preview/wrong/programme"),
    Route("/programme", "GET", Who.PUBLIC),
    Route("/programme/<asked>", "GET", Who.PUBLIC, "/programme/2009-06-10"),
    Route("/readyz", "GET", Who.ANYONE),
    Route("/register", "GET", Who.ANYONE),
    Route("/register/<step>", "GET POST", Who.REGISTERING, "/register/email"),
    Route("/register/again", "POST", Who.ANYONE),
    Route("/register/check", "GET", Who.REGISTERING),
    Route("/register/confirm", "GET POST", Who.REGISTERING),
    Route("/register/confirmation/<token>", "GET", Who.HOLDER),
    Route("/register/confirmation/<token>/address", "GET POST", Who.HOLDER),
    Route("/register/confirmation/<token>/address/asked", "GET", Who.HOLDER),
    Route("/rehearsal/<moment>", "GET", Who.ORGANISER, "/rehearsal/2009-06-10T09:15"),
    Route("/rehearsal/<moment>/<rest>", "GET", Who.ORGANISER, "/rehearsal/2009-06-10T09:15/venue"),
    Route("/robots.txt", "GET", Who.PUBLIC),
    Route("/rooms/<slug>", "GET", Who.PUBLIC, "/rooms/great-hall"),
    Route("/search", "GET", Who.PUBLIC),
    Route("/second-step", "GET POST", Who.SIGNED_IN),
    Route("/second-step/passkey", "POST", Who.SIGNED_IN),
    Route("/second-step/passkey/question", "POST", Who.SIGNED_IN),
    Route("/second-step/recovery-code", "GET POST", Who.SIGNED_IN),
    Route("/second-step/set-up", "GET", Who.SIGNED_IN),
    Route("/second-step/set-up/app", "GET POST", Who.SIGNED_IN),
    Route("/second-step/set-up/app/key", "POST", Who.SIGNED_IN),
    Route("/second-step/set-up/passkey", "GET POST", Who.SIGNED_IN),
    Route("/second-step/set-up/passkey/question", "POST", Who.SIGNED_IN),
    Route("/sessions/<slug>", "GET", Who.PUBLIC, "/sessions/opening"),
    Route("/sign-in", "GET POST", Who.ANYONE),
    Route("/sign-in/<secret>", "GET POST", Who.HOLDER),
    Route("/sign-in/sent", "GET", Who.ANYONE),
    Route("/sign-out", "GET POST", Who.ANYONE),
    Route("/site-map", "GET", Who.PUBLIC),
    Route("/sitemap.xml", "GET", Who.PUBLIC),
    Route("/speakers", "GET", Who.PUBLIC),
    Route("/speakers/<slug>", "GET", Who.PUBLIC, "/speakers/ada-marsh"),
    Route("/themes/<slug>", "GET", Who.PUBLIC, "/themes/water"),
    Route("/venue", "GET", Who.PUBLIC),
    Route("/whats-new", "GET", Who.PUBLIC),
]
ALL_BUTTON = {  # views that validate no form of their own: the site refuses before they run
    "/booking/<secret>/address/keep",
    "/my/sign-out-everywhere",
    "/organise/previews/<number>/withdraw",
    "/register/again",
    "/register/confirm",
}
TYPED = {"email": "eve@example.org", "given_names": "Eve", "message": "Hello", "off": "1"}
PUBLIC, PERSONAL = "public, max-age=60", "private, no-store"
OPENED = {
    Who.PUBLIC: (200, ""),
    Who.ANYONE: (200, ""),
    Who.REGISTERING: (303, "/register"),
    Who.HOLDER: (404, ""),
    Who.SIGNED_IN: (303, "/sign-in"),
    Who.ORGANISER: (303, "/sign-in"),
}


def of(who: Who, method: str) -> list[Route]:
    return [route for route in ROUTES if route.who is who and method in route.methods.split()]


def end(answer: TestResponse) -> tuple[int, str]:
    """Give the status, and where it leads, without what is carried along."""
    status = 404 if answer.status_code == 410 else answer.status_code
    place = re.match(r"/(sign-in|register)?", answer.headers.get("Location", ""))
    return status, place[0] if place else ""


def test_every_route_is_listed_with_who_may_open_it(site: Flask) -> None:
    there: dict[str, set[str]] = {}
    for rule in site.url_map.iter_rules():
        plain = re.sub(r"<(?:[^<>]*:)?(\w+)>", r"<\1>", rule.rule)
        there.setdefault(plain, set()).update((rule.methods or set()) - {"HEAD", "OPTIONS"})

    listed = {route.rule: set(route.methods.split()) for route in ROUTES}

    assert sorted(there) == sorted(listed)
    assert there == listed


def test_the_list_is_in_order_and_tells_each_route_once() -> None:
    rules = [route.rule for route in ROUTES]

    assert rules == sorted(set(rules))


def test_a_stranger_opens_what_is_open_and_nothing_else(a_browser: Callable[[], Browser]) -> None:
    answers = {
        route.tried: end(a_browser().fetch("GET", route.tried))
        for who in Who
        for route in of(who, "GET")
    }

    assert answers == {route.tried: OPENED[who] for who in Who for route in of(who, "GET")}


def test_what_is_public_is_for_everyone_and_what_is_not_is_kept_by_nobody(
    a_browser: Callable[[], Browser],
) -> None:
    for who in Who:
        for route in of(who, "GET"):
            answer = a_browser().fetch("GET", route.tried)
            is_public = who is Who.PUBLIC

            assert answer.headers["Cache-Control"].startswith(PUBLIC if is_public else PERSONAL)
            assert (answer.headers.get("X-Robots-Tag") == "noindex") is not is_public, route
            assert not (is_public and "Set-Cookie" in answer.headers), route


@pytest.mark.parametrize("token", [None, "", "guess"])
def test_nothing_is_done_without_a_token_for_whoever_may_do_it(
    site: Flask, visitor: Browser, token: str | None
) -> None:
    links_in_rules = opened_by_a_visitor(site, visitor)
    before = everything_held()
    told = {**TYPED, **({} if token is None else {"csrf_token": token})}

    answers = {
        route.rule: visitor.fetch("POST", links_in_rules.get(route.rule, route.tried), data=told)
        for who in Who
        for route in of(who, "POST")
    }

    assert {rule: answer.status_code for rule, answer in answers.items()} == {
        route.rule: 400 if route.rule in ALL_BUTTON else 422
        for who in Who
        for route in of(who, "POST")
    }
    for rule, answer in answers.items():
        words = "Go back, load the page again" if rule in ALL_BUTTON else "Check your answers and"
        assert f"This form was open for too long. {words}" in answer.get_data(as_text=True), rule
    assert everything_held() == before
    assert visitor.open("/my").heading == "You and your devices"


def opened_by_a_visitor(site: Flask, visitor: Browser) -> dict[str, str]:
    """Let a visitor do all that can be done here; give the addresses that their links open."""
    signed_in(visitor)
    answered(visitor, until="email", name=("Grace", "Hopper"))
    delegate = a_delegate(new_email="new@example.org", new_link_key="a new key")
    with site.test_request_context("/"):
        booking = links.booking_token(delegate)
        new_address = links.new_address_token(delegate)
        receipt = links.receipt_token(a_receipt(delegate))
    kept = {"<question>": "name", "<step>": "email", "<token>": receipt}
    addresses = {}
    for who in (Who.HOLDER, Who.REGISTERING):
        for route in of(who, "POST"):
            secret = new_address if "new-address" in route.rule else booking
            address = route.rule.replace("<secret>", secret)
            for name, value in kept.items():
                address = address.replace(name, value)
            addresses[route.rule] = address
    return {**addresses, "/sign-in/<secret>": a_sign_in_link()}


def everything_held() -> dict[str, list[tuple[object, ...]]]:
    """Read every table."""
    db.session.rollback()
    tables = Base.metadata.sorted_tables
    held = {
        table.name: sorted((tuple(row) for row in db.session.execute(select(table))), key=repr)
        for table in tables
    }
    db.session.rollback()
    return held


def test_a_token_alone_opens_nothing(visitor: Browser) -> None:
    field = visitor.open("/sign-in").tree.by_id("csrf_token")
    assert field is not None
    told = {"csrf_token": field.get("value")}

    for who in (Who.HOLDER, Who.SIGNED_IN, Who.ORGANISER):
        for route in of(who, "POST"):
            answer = visitor.fetch("POST", route.tried, data=told)

            assert end(answer) in {OPENED[who], (303, "/")}, route


def test_a_link_opens_only_what_it_was_made_for(
    site: Flask, a_browser: Callable[[], Browser]
) -> None:
    delegate = a_delegate(new_email="new@example.org", new_link_key="a new key")
    with site.test_request_context("/"):
        tokens = {
            "/booking/<": links.booking_token(delegate),
            "/booking/new-address/<": links.new_address_token(delegate),
            "/register/confirmation/<": links.receipt_token(a_receipt(delegate)),
        }
    for route in of(Who.HOLDER, "GET"):
        for made_for, token in tokens.items():
            fits = route.rule.startswith(made_for)
            address = re.sub(r"<(secret|token)>", token, route.rule).replace("<question>", "name")
            altered = address.replace(token, token[:-1] + ("A" if token[-1] != "A" else "B"))

            assert (end(a_browser().fetch("GET", address))[0] == 200) is fits, address
            assert end(a_browser().fetch("GET", altered))[0] == 404, altered


def test_who_is_an_organiser_no_more_is_told_so_everywhere(visitor: Browser) -> None:
    signed_in(visitor)
    with transaction():
        services.remove_organiser("grace@conference.example")

    for route in of(Who.ORGANISER, "GET"):
        assert visitor.fetch("GET", route.tried).status_code == 403
