"""Organisers sign in with a link; nobody else can, and nobody learns who the organisers are."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, select

from app import clock
from app.accounts import queries as queries_of_people
from app.accounts import services, team
from app.accounts.models import DESK, FORMER, LoginSession, RateLimitHit, SignInLink
from app.database import db, transaction
from app.errors import NotFound
from app.history.models import HistoryEntry
from app.mail.models import Email
from tests.browser import Browser, Browsers, Page
from tests.factories import make_email, make_organiser, make_sign_in_link, sign_in
from tests.lookups import list_history_of_person
from tests.mail_server import MailServer
from tests.races import run_concurrently
from tests.refusals import TOO_MANY, TOO_MANY_FROM_NETWORK
from tests.sent_emails import deliver_emails, find_sign_in_link, read_email

GRACE = "grace@conference.example"
NOT_AN_ADDRESS = "Enter an email address in the correct format, like name@example.com"
COOKIE_MISSING = (
    "Your browser is blocking our cookie, so nothing has been saved. "
    "Allow cookies for this site in your browser settings, then try again"
)
AN_HOUR = timedelta(hours=1)


def request_sign_in_link(visitor: Browser, email: str, address: str = "/sign-in") -> Page:
    visitor.open(address)
    return visitor.press("Email me a link", email_address=email)


def list_sign_in_emails() -> list[Email]:
    return list(db.session.scalars(select(Email).order_by(Email.id)))


def copy_cookies(owner: Browser, taker: Browser) -> None:
    taker._client._cookies = dict(owner._client._cookies or {})  # noqa: SLF001 - stolen, or planted


def test_an_organiser_signs_in_with_the_link_in_an_email(visitor: Browser) -> None:
    make_organiser(GRACE)

    sent = request_sign_in_link(visitor, " Grace@Conference.example ")
    page = visitor.open(find_sign_in_link(*list_sign_in_emails()))
    second = page.press("Sign in")

    assert sent.heading == "Check your email"
    assert GRACE in page.text
    assert second.heading == "Set up your second step"
    assert second.address.endswith("/second-step/set-up?next=/organise")


def test_the_sign_in_email_says_what_it_is_for_and_is_secret(visitor: Browser) -> None:
    make_organiser(GRACE)

    request_sign_in_link(visitor, GRACE)

    (letter,) = list_sign_in_emails()
    assert letter.recipient == GRACE
    assert letter.subject == "Your sign-in link for Tides and Harbours"
    assert letter.is_secret
    assert "The link works once and expires after 15 minutes." in read_email(letter).text


def test_sign_in_links_are_sent_before_other_emails(visitor: Browser, mailbox: MailServer) -> None:
    make_organiser(GRACE)
    make_email(recipient="ada@example.org")
    request_sign_in_link(visitor, GRACE)

    deliver_emails()

    assert [letter.recipient for letter in mailbox.emails] == [GRACE, "ada@example.org"]


def test_a_mail_scanner_that_opens_the_link_does_not_use_it(
    visitor: Browser, new_browser: Browsers
) -> None:
    link = make_sign_in_link()

    new_browser().open(link)
    new_browser().fetch("HEAD", link)
    new_browser().open(link)
    visitor.open(link)

    assert visitor.press("Sign in").heading == "Set up your second step"


def test_a_sign_in_link_works_once(visitor: Browser, new_browser: Browsers) -> None:
    link = make_sign_in_link()
    second = new_browser()
    second.open(link)
    visitor.open(link)
    visitor.press("Sign in")

    refused = second.press("Sign in", status=410)
    opened = new_browser().open(link, status=410)

    assert refused.heading == opened.heading == "This link no longer works"
    assert refused.follow("Get a new link").heading == "Sign in"
    assert new_browser().open("/organise").heading == "Sign in"


def use_together(site: Flask, link: str, people: int) -> list[str]:
    """Let several people use a link concurrently and return the outcome of each."""
    return run_concurrently(site, [lambda: services.sign_in(link.rpartition("/")[2])] * people)


@pytest.mark.both_databases
def test_a_sign_in_link_used_concurrently_signs_in_one_browser(site: Flask) -> None:
    ended = use_together(site, make_sign_in_link(), 6)

    assert ended == [queries_of_people.LINK_GONE] * 5 + ["done"]
    assert len(db.session.scalars(select(LoginSession)).all()) == 1


@pytest.mark.postgresql_only
def test_two_requests_that_both_read_a_sign_in_link_as_unused_sign_in_one(site: Flask) -> None:
    """SQLite allows one writing transaction at a time, so no one reads stale data there."""
    link, looked = make_sign_in_link(), threading.Barrier(2)

    def wait_for_the_other(_conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith("UPDATE sign_in_link"):
            looked.wait(60)  # both have looked before either writes

    event.listen(db.engine, "before_cursor_execute", wait_for_the_other)
    try:
        results = use_together(site, link, 2)
    finally:
        event.remove(db.engine, "before_cursor_execute", wait_for_the_other)

    assert results == [queries_of_people.LINK_GONE, "done"]


def test_using_a_sign_in_link_leaves_those_of_other_people_valid(
    visitor: Browser, new_browser: Browsers
) -> None:
    own, other = make_sign_in_link(GRACE), make_sign_in_link("colleague@conference.example")
    colleague = new_browser()
    visitor.open(own)
    visitor.press("Sign in")
    colleague.open(other)

    assert colleague.press("Sign in").heading == "Set up your second step"


def test_an_unknown_sign_in_link_is_answered_like_a_used_one(visitor: Browser) -> None:
    page = visitor.open("/sign-in/a-guess", status=410)

    assert page.heading == "This link no longer works"


@pytest.mark.parametrize(
    "year",
    [
        pytest.param(2008, marks=pytest.mark.settings(CLOCK_STARTS_AT="2008-10-01T09:00:00+01:00")),
        pytest.param(2031, marks=pytest.mark.settings(CLOCK_STARTS_AT="2031-10-01T09:00:00+01:00")),
    ],
)
def test_a_sign_in_link_expires_after_15_minutes_of_the_real_clock(
    visitor: Browser, frozen_time: Any, year: int
) -> None:
    assert clock.now().year == year
    link = make_sign_in_link()

    frozen_time.shift(timedelta(minutes=14))
    fresh = visitor.open(link)
    frozen_time.shift(timedelta(minutes=1))
    old = visitor.open(link, status=410)

    assert fresh.heading == "Sign in to the conference"
    assert old.heading == "This link no longer works"
    assert fresh.press("Sign in", status=410).heading == "This link no longer works"


def test_asking_for_a_sign_in_link_does_not_reveal_who_has_an_account(
    visitor: Browser, new_browser: Browsers, queries: list[str]
) -> None:
    make_organiser(GRACE)
    request_sign_in_link(
        new_browser(), "warm@conference.example"
    )  # the first of all compiles templates
    answers, work = [], []

    for email in (GRACE, "nobody@conference.example"):
        somebody = new_browser()
        form = somebody.open("/sign-in")
        queries.clear()
        token = form.tree.find_by_id("csrf_token")
        assert token is not None
        answer = somebody.fetch(
            "POST", "/sign-in", data={"email": email, "csrf_token": token.get("value")}
        )
        work.append([statement.split(" VALUES")[0] for statement in queries])
        answers.append((answer.status, answer.headers["Location"], answer.get_data()))

    assert answers[0] == answers[1]
    assert set(work[0]) - set(work[1]) == set()
    (more,) = set(work[1]) - set(work[0])  # an unknown account is invented and rolled back
    assert more.startswith("INSERT INTO person (email, role, added_at, ")
    assert [letter.recipient for letter in list_sign_in_emails()] == [GRACE]
    assert db.session.scalars(select(SignInLink.person_id)).all() == [make_organiser(GRACE).id]


def test_a_sign_in_form_without_its_cookie_keeps_the_email_address_and_sends_nothing(
    visitor: Browser,
) -> None:
    make_organiser(GRACE)
    page = visitor.open("/sign-in")
    visitor.delete_cookie("session")

    again = page.press("Email me a link", {"Email address": GRACE}, status=422)

    assert again.errors == [COOKIE_MISSING]
    assert again.value_of("Email address") == GRACE
    assert list_sign_in_emails() == []
    assert again.press("Email me a link").heading == "Check your email"


def test_a_sign_in_link_is_not_used_up_by_a_form_without_its_cookie(visitor: Browser) -> None:
    page = visitor.open(make_sign_in_link())
    visitor.delete_cookie("session")

    again = page.press("Sign in", status=422)

    assert again.errors == [COOKIE_MISSING]
    assert again.press("Sign in").heading == "Set up your second step"


@pytest.mark.parametrize("typed", ["Grace@Bücher.example", "grace@XN--BCHER-KVA.example"])
def test_an_internationalised_email_address_is_one_person_in_both_spellings(
    visitor: Browser, typed: str
) -> None:
    make_organiser("grace@xn--bcher-kva.example")

    request_sign_in_link(visitor, typed)

    assert [letter.recipient for letter in list_sign_in_emails()] == ["grace@bücher.example"]
    another_organiser()
    with transaction():
        team.remove_organiser(typed)
    assert [one.email for one in queries_of_people.list_organisers()] == [
        "colleague@conference.example"
    ]


def test_the_check_your_email_page_is_identical_for_known_and_unknown_addresses(
    new_browser: Browsers,
) -> None:
    make_organiser(GRACE)

    known = request_sign_in_link(new_browser(), GRACE)
    unknown = request_sign_in_link(new_browser(), "nobody@conference.example")

    assert known.source == unknown.source
    assert known.address == unknown.address


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        ("", "Enter your email address"),
        ("grace", NOT_AN_ADDRESS),
        ("grace@conference", NOT_AN_ADDRESS),
        (f"{'g' * 260}@b.example", NOT_AN_ADDRESS),
        ("a@b.example\r\nBcc: c@d.example", NOT_AN_ADDRESS),
        ("a\x00@b.example", NOT_AN_ADDRESS),
        ("a\u202e@b.example", NOT_AN_ADDRESS),
        ("<script>alert(1)</script>@b.example", NOT_AN_ADDRESS),
    ],
)
def test_an_invalid_email_address_is_reported_beside_the_field(
    visitor: Browser, typed: str, error: str
) -> None:
    visitor.open("/sign-in")

    page = visitor.press("Email me a link", email_address=typed, status=422)

    assert page.errors == [error]
    assert page.error_for("Email address") == error
    assert page.title.startswith("Error: Sign in")
    assert list_sign_in_emails() == []


def test_the_sixth_sign_in_email_within_an_hour_is_refused_for_known_and_unknown(
    visitor: Browser, frozen_time: Any
) -> None:
    make_organiser(GRACE)
    for email in (GRACE, "nobody@conference.example"):
        for _ in range(5):
            request_sign_in_link(visitor, email)

        visitor.open("/sign-in")
        page = visitor.press("Email me a link", email_address=email, status=429)

        assert page.errors == [TOO_MANY]
        assert page.value_of("Email address") == email

    frozen_time.shift(AN_HOUR)
    assert request_sign_in_link(visitor, GRACE).heading == "Check your email"
    assert len(list_sign_in_emails()) == 6


def test_one_network_cannot_request_sign_in_links_for_many_people(visitor: Browser) -> None:
    for number in range(30):
        request_sign_in_link(visitor, f"person-{number}@conference.example")

    visitor.open("/sign-in")
    page = visitor.press("Email me a link", email_address=GRACE, status=429)

    assert page.errors == [TOO_MANY_FROM_NETWORK]


def test_signing_in_leads_on_to_the_page_asked_for(visitor: Browser) -> None:
    make_organiser(GRACE)
    form = visitor.open("/my?from=letter")

    form.press("Email me a link", email_address=GRACE)
    visitor.open(find_sign_in_link(*list_sign_in_emails()))
    page = visitor.press("Sign in")

    assert form.heading == "Sign in"
    assert page.heading == "Set up your second step"
    assert page.address.endswith("/second-step/set-up?next=/my?from%3Dletter")


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/organise",
        "//evil.example/organise",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "///evil.example",
        "javascript:alert(1)",
        "evil.example",
        "https:evil.example",
        " //evil.example",
        "/organise\r\nSet-Cookie: a=b",
        "/" + "a" * 600,
        "/ü",
        "//[",
    ],
)
def test_signing_in_never_redirects_to_another_site(visitor: Browser, elsewhere: str) -> None:
    make_organiser(GRACE)
    response = visitor.fetch("GET", "/sign-in", query_string={"next": elsewhere})
    link = make_sign_in_link()
    visitor.open("/sign-in")
    opened = visitor.send("GET", link, query_string={"next": elsewhere})

    page = opened.press("Sign in")

    assert "evil" not in response.get_data(as_text=True)
    assert page.address.endswith("/second-step/set-up?next=/organise")


def test_signing_in_replaces_the_earlier_session_cookie(
    visitor: Browser, new_browser: Browsers
) -> None:
    thief = new_browser()
    thief.open("/sign-in")
    copy_cookies(thief, visitor)
    planted = visitor.cookies()["session"]

    visitor.open(make_sign_in_link())
    visitor.press("Sign in")

    assert visitor.cookies()["session"] != planted
    assert thief.open("/organise").heading == "Sign in"
    token = _get_csrf_token(thief.open("/sign-in"))
    refused = visitor.fetch("POST", "/sign-out", data={"csrf_token": token})
    assert refused.status_code == 422


def test_a_planted_session_cookie_gives_no_access_after_sign_in(
    visitor: Browser, new_browser: Browsers
) -> None:
    colleague = sign_in(new_browser(), "colleague@conference.example")
    copy_cookies(colleague, visitor)

    visitor.open(make_sign_in_link())
    visitor.press("Sign in")

    assert GRACE in visitor.open("/sign-out").text
    assert colleague.open("/my").heading == "Sign in"


def test_signing_out_invalidates_copies_of_the_session_cookie(
    visitor: Browser, new_browser: Browsers
) -> None:
    sign_in(visitor)
    copy = new_browser()
    copy_cookies(visitor, copy)
    asked = visitor.open("/sign-out")

    done = asked.press("Sign out")

    assert asked.heading == "Sign out"
    assert done.heading == "You are signed out"
    assert visitor.open("/organise").heading == "Sign in"
    assert copy.open("/organise").heading == "Sign in"


def test_signing_out_everywhere_ends_every_device_and_every_unused_link(
    visitor: Browser, new_browser: Browsers
) -> None:
    telephone = sign_in(new_browser())
    colleague = sign_in(new_browser(), "colleague@conference.example")
    sign_in(visitor)
    unused = make_sign_in_link()
    page = visitor.open("/my")

    done = page.press("Sign out everywhere")

    devices, _ = page.tree.find_by_class("answers")
    assert ["".join(one[0].itertext()).split() for one in devices] == [
        ["Firefox", "on", "Linux", "This", "browser"],
        ["Firefox", "on", "Linux"],
    ]
    assert done.heading == "You are signed out"
    assert telephone.open("/my").heading == "Sign in"
    assert visitor.open("/my").heading == "Sign in"
    assert visitor.open(unused, status=410).heading == "This link no longer works"
    assert colleague.open("/my").heading == "Your account"


def test_signing_out_everywhere_twice_shows_the_same_page(visitor: Browser) -> None:
    sign_in(visitor)
    page = visitor.open("/my")

    page.press("Sign out everywhere")

    assert visitor.open("/sign-out").heading == "You are signed out"
    assert visitor.fetch("POST", "/my/sign-out-everywhere").status_code == 400


def test_a_removed_organiser_loses_access_from_the_next_request(visitor: Browser) -> None:
    sign_in(visitor)
    another_organiser()
    with transaction():
        team.remove_organiser(GRACE)

    page = visitor.open("/organise", status=403)

    assert page.heading == "You do not have access to this page"
    assert visitor.open("/my").links.get("Go to admin") is None


def test_a_removed_organiser_gets_no_sign_in_email(visitor: Browser) -> None:
    person = make_organiser(GRACE)
    another_organiser()
    with transaction():
        team.remove_organiser(GRACE)

    page = request_sign_in_link(visitor, GRACE)

    assert person.role == FORMER
    assert page.heading == "Check your email"
    assert list_sign_in_emails() == []


def test_an_organiser_who_is_added_again_is_the_same_person(site: Flask) -> None:
    first = make_organiser(GRACE).id
    another_organiser()
    with transaction():
        team.remove_organiser(GRACE)

    again = make_organiser(GRACE)

    assert again.id == first
    assert again.is_organiser


def test_sign_in_links_are_created_only_for_known_people(site: Flask) -> None:
    with pytest.raises(NotFound, match="There is no organiser with that email address"):
        services.create_sign_in_link("nobody@conference.example")


def test_sign_in_secrets_and_session_tokens_are_stored_hashed(
    visitor: Browser, site: Flask
) -> None:
    link = make_sign_in_link()
    visitor.open(link)
    visitor.press("Sign in")
    secret = link.rpartition("/")[2]

    kept = [
        str(value)
        for table in (SignInLink.__table__, LoginSession.__table__)
        for row in db.session.execute(select(table))
        for value in row
    ]

    assert secret not in kept
    assert visitor.cookies()["session"] not in kept


def test_sign_in_pages_are_neither_cached_nor_indexed(visitor: Browser) -> None:
    link = make_sign_in_link()
    sign_in(visitor)

    for address in ("/sign-in", "/sign-in/sent", link, "/sign-out", "/my", "/organise"):
        page = visitor.open(address)

        assert page.headers["Cache-Control"] == "private, no-store"
        assert page.headers["X-Robots-Tag"] == "noindex"


def test_the_session_cookie_is_secure_http_only_and_same_site(visitor: Browser) -> None:
    answer = visitor.fetch("GET", "/sign-in")

    kept = answer.headers["Set-Cookie"].split("; ")
    assert kept[1:] == ["Secure", "HttpOnly", "Path=/", "SameSite=Lax"]


def test_only_expired_sign_in_data_is_deleted(
    visitor: Browser, new_browser: Browsers, frozen_time: Any
) -> None:
    sign_in(visitor)
    make_sign_in_link()
    request_sign_in_link(visitor, GRACE)
    frozen_time.shift(timedelta(days=31))
    somebody = sign_in(new_browser())
    link = make_sign_in_link()

    with transaction():
        services.delete_expired()

    assert somebody.open("/my").heading == "Your account"
    assert visitor.open(link).heading == "Sign in to the conference"
    assert len(db.session.scalars(select(SignInLink)).all()) == 1
    assert len(db.session.scalars(select(LoginSession)).all()) == 1
    assert db.session.scalars(select(RateLimitHit)).all() == []


def test_add_organiser_prints_a_link_that_signs_in(visitor: Browser, site: Flask) -> None:
    result = site.test_cli_runner().invoke(args=["add-organiser", " Ada@Conference.example "])

    assert result.exit_code == 0
    assert result.output.startswith("https://conference.example/sign-in/")
    visitor.open(result.output.strip())
    assert visitor.press("Sign in").heading == "Set up your second step"
    (entry,) = db.session.scalars(
        select(HistoryEntry).where(HistoryEntry.subject == "person ada@conference.example")
    )
    assert entry.summary == "ada@conference.example became an organiser"
    assert entry.happened_at == clock.now()


def test_adding_an_organiser_again_prints_another_link_for_the_same_person(site: Flask) -> None:
    run = site.test_cli_runner().invoke

    first, second = (run(args=["add-organiser", GRACE]).output for _ in range(2))

    assert first != second
    assert len(db.session.scalars(select(SignInLink.person_id).distinct()).all()) == 1
    assert list_history_of_person(GRACE) == [f"{GRACE} became an organiser"]


def test_add_organiser_promotes_a_member_of_the_desk(site: Flask) -> None:
    colleague = make_organiser(GRACE, DESK)

    site.test_cli_runner().invoke(args=["add-organiser", GRACE])

    db.session.refresh(colleague)
    assert colleague.is_organiser
    assert list_history_of_person(GRACE)[1:] == [f"{GRACE} became an organiser"]


def test_organisers_are_listed_in_order_of_email_address(site: Flask) -> None:
    zoe, ada = (make_organiser(f"{name}@conference.example") for name in ("zoe", "ada"))
    make_organiser("dot@conference.example", DESK)

    assert queries_of_people.list_organisers() == [ada, zoe]


def test_add_organiser_refuses_an_invalid_email_address(site: Flask) -> None:
    result = site.test_cli_runner().invoke(args=["add-organiser", "grace"])

    assert result.exit_code == 1
    assert result.output == "Error: grace is not an email address that we can send emails to\n"


def test_remove_organiser_reports_success_or_an_unknown_email_address(site: Flask) -> None:
    make_organiser(GRACE)
    another_organiser()
    run = site.test_cli_runner().invoke

    done, again = (run(args=["remove-organiser", GRACE]) for _ in range(2))

    assert done.output == "grace@conference.example is no longer an organiser\n"
    assert again.output == "Error: There is no organiser with that email address\n"
    assert again.exit_code == 1


def another_organiser() -> None:
    """See that there is an organiser besides: the last one stays."""
    make_organiser("colleague@conference.example")


def _get_csrf_token(page: Page) -> str:
    field = page.tree.find_by_id("csrf_token")
    assert field is not None
    return field.get("value") or ""
