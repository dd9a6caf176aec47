"""Tests of the test tools."""

import ast
import os
import smtplib
import tomllib
from collections.abc import Iterable

import pytest
from flask import Flask
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page

from app import clock
from app.mail import outbox
from app.programme import queries as programme
from app.web.cache_policy import best_encoding
from config import ROOT
from scripts.apply_mutant import apply, list_functions
from scripts.mutants import generate
from scripts.mutate import AREAS, LISTED
from tests.browser import Browser
from tests.chromium import expect_result, tab
from tests.live_site import LiveSites
from tests.mail_server import MailServer
from tests.pages import HtmlTree, find_faults
from tests.waiting import wait_until

LEAVE_THINGS = """async () => {
  document.cookie = "a=b";
  localStorage.a = "b";
  await caches.open("c");
  await navigator.serviceWorker.register("/service-worker.js");
}"""
WHAT_IS_LEFT = """async () => [
  matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light", innerWidth,
  document.cookie, localStorage.length, await caches.keys(),
  (await navigator.serviceWorker.getRegistrations()).length,
]"""
READS_AT_ONCE = frozenset(
    {
        *("title", "content", "url", "count", "evaluate", "evaluate_all", "bounding_box"),
        *("is_visible", "is_hidden", "is_checked", "is_enabled", "is_disabled", "is_editable"),
        *("all_inner_texts", "all_text_contents", "inner_text", "text_content", "inner_html"),
        *("input_value", "get_attribute", "aria_snapshot", "get_focused_name"),
    }
)
SOUND = """<!DOCTYPE html><html lang="en"><head><title>Tides – Conference</title></head><body>
<main><h1>Tides</h1>{}</main></body></html>"""


@pytest.mark.both_databases
def test_a_site_begins_with_the_small_conference(site: Flask, visitor: Browser) -> None:
    assert programme.get_conference().title == "Tides and Harbours"
    assert clock.now().isoformat() == "2009-05-12T08:30:00+00:00"
    assert visitor.open("/healthz").status == 200


def test_the_test_mail_server_accepts_an_email_refused_once(mailbox: MailServer) -> None:
    mailbox.refuse(451, "Greylisted", to="ada@example.org", times=1)

    with smtplib.SMTP(mailbox.host, mailbox.port, timeout=5) as client:
        with pytest.raises(smtplib.SMTPRecipientsRefused):
            client.sendmail("a@b.example", ["ada@example.org"], b"Subject: One\r\n\r\nOne")
        client.sendmail("a@b.example", ["ada@example.org"], b"Subject: Two\r\n\r\nTwo")

    assert [letter.subject for letter in mailbox.emails_to("ada@example.org")] == ["Two"]


def test_the_test_mail_server_can_send_garbage(mailbox: MailServer) -> None:
    mailbox.send_garbage()

    with pytest.raises(smtplib.SMTPException):
        smtplib.SMTP(mailbox.host, mailbox.port, timeout=2)


def test_the_test_mail_server_can_stay_silent(mailbox: MailServer) -> None:
    mailbox.stay_silent()

    with pytest.raises(smtplib.SMTPServerDisconnected, match="timed out"):
        smtplib.SMTP(mailbox.host, mailbox.port, timeout=0.3)


def test_the_test_mail_server_reopens_on_the_same_port(mailbox: MailServer) -> None:
    mailbox.close()
    with pytest.raises(ConnectionRefusedError):
        smtplib.SMTP(mailbox.host, mailbox.port, timeout=2)
    mailbox.reopen()

    with smtplib.SMTP(mailbox.host, mailbox.port, timeout=5) as client:
        assert client.noop()[0] == 250


def test_the_test_mail_server_records_emails_sent_over_tls(secure_mailbox: MailServer) -> None:
    with smtplib.SMTP(secure_mailbox.host, secure_mailbox.port, timeout=5) as client:
        client.starttls()
        client.sendmail("a@b.example", ["ada@example.org"], b"Subject: One\r\n\r\nOne")

    assert [letter.over_tls for letter in secure_mailbox.emails] == [True]


def test_a_valid_page_has_no_faults() -> None:
    assert find_faults(HtmlTree(SOUND.format("<p>High water at noon.</p>"))) == []


@pytest.mark.parametrize(
    ("markup", "fault"),
    [
        ("<h1>Again</h1>", "2 headings of the first level"),
        ("<h3>Deep</h3>", "a heading of level 3 follows one of level 1"),
        ("<p id=a></p><p id=a></p>", "the id “a” stands 2 times"),
        ('<i accesskey="1"></i><i accesskey="1"></i>', "the access key 1 stands 2 times"),
        ('<input name="tide">', "the field “tide” has no label"),
        ('<img src="/tide.svg">', "the picture “/tide.svg” has no alt"),
        ('<a href="#sea">Sea</a>', "the link to “#sea” leads nowhere"),
        ('<a href="/sea"></a>', "a a has no words: {'href': '/sea'}"),
        ('<p aria-describedby="sea">Sea</p>', "aria-describedby=“sea” points to nothing"),
        ('<form method="post" action="/sea"></form>', "the form to “/sea” has no token"),
        ("<fieldset></fieldset>", "a group of fields has no legend"),
        ('<p style="color: red">Sea</p>', "an inline style on p"),
        ('<p onclick="sail()">Sea</p>', "an inline onclick on p"),
        ("<script>sail()</script>", "an inline script"),
        (
            '<p class="govuk-hint">High tide</p>',
            "“govuk-hint” on a page without the style sheet of forms",
        ),
        ('<a href="javascript:sail()">Sail</a>', "script in href of a"),
        ("<p><div></div></p>", "not valid HTML: No <p> tag to close"),
    ],
)  # fmt: skip
def test_a_fault_in_a_page_is_detected(markup: str, fault: str) -> None:
    assert find_faults(HtmlTree(SOUND.format(markup))) == [fault]


@pytest.mark.parametrize("scripts", [True, False])
def test_a_browser_tab_starts_without_state_of_the_previous_one(
    live_site: LiveSites, chromium: Chromium, scripts: bool
) -> None:
    home = live_site().address
    with tab(chromium, scripts=scripts) as before:
        before.goto(f"{home}/offline")
        before.evaluate(LEAVE_THINGS)
        before.context.set_offline(offline=True)
        before.context.route("**/*", lambda route: route.abort())
        before.set_viewport_size({"width": 320, "height": 200})
        before.emulate_media(color_scheme="dark")
        before.context.new_page()
        left = before.evaluate(WHAT_IS_LEFT)

    with tab(chromium, scripts=scripts) as after:
        after.goto(f"{home}/offline")

        assert left == ["dark", 320, "a=b", 1, ["c"], 1]
        expect_result(after, WHAT_IS_LEFT, ["light", 1280, "", 0, [], 0])


@pytest.mark.both_databases
def test_the_live_site_runs_in_its_own_processes(live_site: LiveSites, window: Page) -> None:
    running = live_site(processes=2)
    killed = running.kill_web_process()

    wait_until(lambda: running.count_started() == 3, "another in its place")
    answer = window.goto(f"{running.address}/healthz")

    assert answer is not None
    assert answer.ok
    assert killed not in running.web_processes()


@pytest.mark.parametrize(
    ("story", "line"),
    [
        ("assert window.title() == 'Tides'", [1]),
        ("assert window.url == 'https://conference.example/'", [1]),
        ("assert not [one for one in window.locator('li').all_inner_texts() if one]", [1]),
        (
            "def heading(window):\n  return window.locator('h1').inner_text()\nassert heading(w)",
            [3],
        ),
        ("expect(window).to_have_title('Tides')", []),
        ("assert page.title == 'Tides'", []),
        ("assert 'a banana'.count('a') == 3", []),
    ],
)
def test_a_browser_assertion_that_does_not_wait_is_detected(story: str, line: list[int]) -> None:
    assert _find_hasty_assertions(story) == line


def test_every_browser_assertion_waits() -> None:
    stories = {path: path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("*.py")}
    hasty = [
        f"{path.relative_to(ROOT)}:{line}"
        for path, story in stories.items()
        if "playwright.sync_api" in story or "KeyboardUser" in story
        for line in _find_hasty_assertions(story)
    ]

    assert sorted(hasty) == []  # CONTRIBUTING.md, rule 16


def _find_hasty_assertions(story: str) -> list[int]:
    """Find the lines that assert on what is read from a browser once, without waiting."""
    nodes = list(ast.walk(ast.parse(story)))
    readers = {
        node.name
        for node in nodes
        if isinstance(node, ast.FunctionDef)
        and any(isinstance(one, ast.Return) and _reads_at_once(one) for one in ast.walk(node))
    }
    return [
        node.lineno
        for node in nodes
        if isinstance(node, ast.Assert) and _reads_at_once(node.test, readers)
    ]


def _reads_at_once(place: ast.AST, readers: Iterable[str] = ()) -> bool:
    for node in ast.walk(place):
        match node:
            case ast.Attribute(attr="url"):
                return True
            case ast.Call(func=ast.Attribute(attr="count"), args=[_, *_]):
                continue  # of a text or a list
            case ast.Call(func=ast.Attribute(attr=name)) if name in READS_AT_ONCE:
                return True
            case ast.Call(func=ast.Name(id=name)) if name in readers:
                return True
    return False


def test_html_entities_in_a_field_value_are_decoded() -> None:
    tree = HtmlTree(SOUND.format('<input value="Ada &lt;ada@example.org>\n\tand &quot;Bo&quot;">'))

    [field] = tree.find_all("input")

    assert field.get("value") == 'Ada <ada@example.org>\n\tand "Bo"'


def test_mutation_testing_areas_name_existing_modules_and_tests() -> None:
    named = {path for area in AREAS.values() for path in (*area.modules, *area.tests)}

    assert [path for path in sorted(named) if not _exists(path)] == []


def _exists(path: str) -> bool:
    """Return whether there is such a file, and in it the test after “::”."""
    file, _, story = path.partition("::")
    place = ROOT / file
    return place.exists() and (not story or f"def {story}(" in place.read_text(encoding="utf-8"))


def test_mutation_testing_clears_the_cache_of_a_cached_function() -> None:
    assert best_encoding("br") == "br"
    mutants = generate(ROOT, "app/web/cache_policy.py")
    [fault] = [
        one for one in mutants if (one.function, one.mutated) == ("best_encoding", "return None")
    ]

    pid = os.fork()
    if pid == 0:
        apply(fault, list_functions({str(ROOT / fault.path)}))
        os._exit(best_encoding("br") is not None)

    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def test_a_mutated_constant_reaches_the_modules_that_use_it() -> None:
    faults = generate(ROOT, "app/mail/domains.py")
    [fault] = [one for one in faults if one.mutated == "_IS_CLOSED = select(MailDomain.name)"]
    assert "resumes_at" in str(outbox.ANY_DUE)

    pid = os.fork()
    if pid == 0:
        apply(fault, [])
        os._exit("resumes_at" in str(outbox.ANY_DUE))

    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def test_a_fault_is_known_by_the_lines_of_the_smallest_statement_around_it() -> None:
    [fault] = [
        one
        for one in generate(ROOT, "app/web/cache_policy.py")
        if (one.function, one.original) == ("current", "init_request(CachePolicy.version)")
    ]

    first, last = fault.statement
    assert fault.span[0] < first == last < fault.span[1]


def test_type_checker_only_code_is_not_mutated() -> None:
    mutants = generate(ROOT, "app/web/cache_policy.py")

    assert [one.original for one in mutants if "TypeVar" in one.original] == []


def test_every_listed_mutant_belongs_to_an_area() -> None:
    modules = {path for area in AREAS.values() for path in area.modules}
    listed = [
        (one["path"], one["function"], one["original"], one["mutated"])
        for one in tomllib.loads(LISTED.read_text(encoding="utf-8"))["mutant"]
    ]
    tried = {one.key for path in {path for path, *_ in listed} for one in generate(ROOT, path)}

    assert [path for path, *_ in listed if path not in modules] == []
    assert [key for key in listed if key not in tried] == []
