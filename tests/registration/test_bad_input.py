"""What cannot be an answer is refused in plain words, and nothing that was typed is lost."""

import pytest

from app.database import db
from app.delegates import countries, forms
from app.delegates.models import ApplicationDraft
from tests.browser import Answer, Browser
from tests.factories import make_prose
from tests.registration_flow import (
    ACCESS_WORDS,
    CONSENT,
    DAYS,
    DIET_WORDS,
    EMAIL,
    WEDNESDAY,
    answer_questions,
    question_after,
)

HIDDEN = "Type this instead of pasting it. It contains hidden characters that we cannot use"
NO_ADDRESS = " must not contain a web address. If it does not, add a space after the full stop"
WEB_ADDRESS = "Your given names" + NO_ADDRESS
MALFORMED = "Enter an email address in the correct format, like name@example.com"
LONG_ADDRESS = "Your email address must be 254 characters or fewer"
LONG_ACCESS = "Your access requirements must be 1000 characters or fewer"
LONG_DIET = "Your dietary requirements must be 1000 characters or fewer"
UNTICKED = "Tick the box if you agree, or delete what you have written"
EXPIRED = "This page was open for too long. Check your answers, then try again"
COOKIE_MISSING = (
    "Your browser is blocking our cookie, so nothing has been saved. "
    "Allow cookies for this site in your browser settings, then try again"
)
GIVEN, FAMILY = "Given names", "Family name"
BADGE = "Name on your badge (optional)"
ORGANISATION, ROLE = "Organisation (optional)", "Your role (optional)"

REFUSED: list[tuple[str, str, Answer, str]] = [
    ("name", GIVEN, "", "Enter your given names"),
    ("name", GIVEN, "   ", "Enter your given names"),
    ("name", GIVEN, "A" * 101, "Your given names must be 100 characters or fewer"),
    ("name", FAMILY, "L" * 101, "Your family name must be 100 characters or fewer"),
    ("name", BADGE, "B" * 101, "The name on your badge must be 100 characters or fewer"),
    ("name", GIVEN, "Ada\x00", HIDDEN),
    ("name", GIVEN, "Ada\x1b[31m", HIDDEN),
    ("name", FAMILY, "Love\u202elace", HIDDEN),
    ("name", BADGE, "Love\u2066lace", HIDDEN),
    ("name", GIVEN, "Ada\u200b", HIDDEN),
    ("name", GIVEN, "\ufeffAda", HIDDEN),
    ("name", GIVEN, "Ad\u00ada", HIDDEN),
    ("name", GIVEN, "Ada\U000e0041", HIDDEN),
    ("name", GIVEN, "\u200d", HIDDEN),
    ("name", GIVEN, "\u3164", HIDDEN),
    ("name", GIVEN, "\u2800\u2800", HIDDEN),
    ("name", GIVEN, "\u0301", HIDDEN),
    ("name", GIVEN, "…", "Your given names must include a letter or a number"),
    ("name", FAMILY, "-", "Your family name must include a letter or a number"),
    ("name", BADGE, "☺", "The name on your badge must include a letter or a number"),
    ("name", GIVEN, "http://evil.example/prize Call +44 20 7946 0000", WEB_ADDRESS),
    ("name", GIVEN, "Win at evil.com", WEB_ADDRESS),
    ("name", GIVEN, "WWW.EVIL.EXAMPLE", WEB_ADDRESS),
    ("name", GIVEN, "(Evil.Ru)", WEB_ADDRESS),
    ("name", GIVEN, "evil.museum/prize", WEB_ADDRESS),
    ("name", GIVEN, "evil\uff0ecom", WEB_ADDRESS),
    ("name", GIVEN, "evil。com", WEB_ADDRESS),
    ("name", GIVEN, "192.0.2.1", WEB_ADDRESS),
    ("name", GIVEN, "ada@evil.com", WEB_ADDRESS),
    ("name", FAMILY, "hxxp://evil", "Your family name" + NO_ADDRESS),
    ("name", BADGE, "Prize: evil.link", "The name on your badge" + NO_ADDRESS),
    ("name", "Pronouns (optional)", "evil.click/she", "Your pronouns" + NO_ADDRESS),
    ("name", GIVEN, "Ada\nBcc: eve@example.org", "Your given names must be on one line"),
    ("name", GIVEN, "Ada\r\nKing", "Your given names must be on one line"),
    ("name", FAMILY, "Love\u2028lace", "Your family name must be on one line"),
    ("name", BADGE, "Love\x85lace", "The name on your badge must be on one line"),
    ("name", BADGE, "Love\x1clace", "The name on your badge must be on one line"),
    ("email", EMAIL, "", "Enter your email address"),
    ("email", EMAIL, "ada", MALFORMED),
    ("email", EMAIL, "ada@", MALFORMED),
    ("email", EMAIL, "ada@example", MALFORMED),
    ("email", EMAIL, "ada@example..org", MALFORMED),
    ("email", EMAIL, "ada@example.org, eve@example.org", MALFORMED),
    ("email", EMAIL, "ada@example.org\nBcc: eve@example.org", MALFORMED),
    ("email", EMAIL, "Ada <ada@example.org>", MALFORMED),
    ("email", EMAIL, "a" * 300 + "@example.org", LONG_ADDRESS),
    ("email", EMAIL, "ada\u202e@example.org", HIDDEN),
    ("email", EMAIL, "\u200b", HIDDEN),
    ("work", ORGANISATION, "O" * 101, "Your organisation must be 100 characters or fewer"),
    ("work", ROLE, "R" * 101, "Your role must be 100 characters or fewer"),
    ("work", ROLE, "Clerk\x07", HIDDEN),
    ("work", "Country", "", "Choose your country"),
    ("days", DAYS, [], "Choose at least one day"),
    ("access-needs", ACCESS_WORDS, make_prose(1001), LONG_ACCESS),
    ("access-needs", ACCESS_WORDS, "A ramp\x08", HIDDEN),
    ("access-needs", ACCESS_WORDS, "\u200d \n\u200c", HIDDEN),
    ("dietary-needs", DIET_WORDS, make_prose(1001), LONG_DIET),
    ("dietary-needs", DIET_WORDS, "No \u202dnuts", HIDDEN),
    ("dietary-needs", CONSENT, False, UNTICKED),
]  # fmt: skip
USUAL: dict[str, dict[str, Answer]] = {
    "name": {GIVEN: "Ada", FAMILY: "Lovelace"},
    "work": {"Country": "United Kingdom"},
    "access-needs": {CONSENT: True},
    "dietary-needs": {DIET_WORDS: "No nuts", CONSENT: True},
}


@pytest.mark.parametrize(("step", "label", "answer", "error"), REFUSED)
def test_an_error_is_in_the_summary_and_beside_the_field(
    visitor: Browser, step: str, label: str, answer: Answer, error: str
) -> None:
    page = answer_questions(visitor, until=step)

    page = page.press("Continue", {**USUAL.get(step, {}), label: answer}, status=422)

    assert page.errors == [error]
    assert page.error_for(label) == error
    assert page.title.startswith("Error: ")
    assert visitor.open("/register/check").address == f"/register/{step}"


def test_typed_values_are_kept_after_an_error(visitor: Browser) -> None:
    page = answer_questions(visitor, until="work")

    page = page.press(
        "Continue",
        {ORGANISATION: "O" * 101, ROLE: "Clerk & <b>friend</b>", "Country": "France"},
        status=422,
    )

    assert page.value_of(ORGANISATION) == "O" * 101
    assert page.value_of(ROLE) == "Clerk & <b>friend</b>"
    assert page.value_of("Country") == "France"


def test_hidden_characters_are_removed_when_the_form_is_shown_again(visitor: Browser) -> None:
    page = answer_questions(visitor, until="name").press(
        "Continue", {GIVEN: "A\x00d\u202ea"}, status=422
    )

    assert page.value_of(GIVEN) == "Ada"
    assert page.press("Continue").heading == question_after("name")


@pytest.mark.parametrize(
    "name",
    [
        *("مهر\u200cنوش", "क\u094d\u200dष", "李", "X Æ 12", "O’Neil", "J.R.R.", "J.R.R.Tolkien"),
        *("Dr. Ann", "St.John", "M.Sc", "Ph.D.", "d’Arc-de.la.Tour", "1/2", "Ada.李明", "Jr."),
    ],
)
def test_a_name_may_use_any_script_and_punctuation(visitor: Browser, name: str) -> None:
    page = answer_questions(visitor, until="name").press("Continue", {GIVEN: name, FAMILY: name})

    assert page.heading == question_after("name")
    assert visitor.open("/register/name").value_of(GIVEN) == name


def test_the_error_summary_links_to_the_field(visitor: Browser) -> None:
    page = answer_questions(visitor, until="name").press("Continue", status=422)

    assert page.links["Enter your given names"] == "#given_names"


@pytest.mark.parametrize(
    ("step", "sent", "error"),
    [
        ("work", {"country": "XX"}, "Choose a country from the list"),
        ("days", {"days": "2009-06-12"}, "Choose a day from the list"),
        ("days", {"days": "any day"}, "Choose a day from the list"),
    ],
)
def test_a_choice_that_was_not_offered_is_refused(
    visitor: Browser, step: str, sent: dict[str, str], error: str
) -> None:
    page = answer_questions(visitor, until=step)

    page = visitor.send(
        "POST", page.address, 422, data={**sent, "csrf_token": token_of(page.source)}
    )

    assert page.errors == [error]


def test_unknown_form_fields_are_not_stored(visitor: Browser) -> None:
    page = answer_questions(visitor, until="name")
    sent = {"given_names": "Ada", "is_admin": "1", "reference": "MINE2345", "email": "x"}

    visitor.send("POST", page.address, data={**sent, "csrf_token": token_of(page.source)})

    (answers,) = db.session.query(ApplicationDraft).all()
    assert "MINE" not in answers.document
    assert "is_admin" not in answers.document
    assert visitor.page.heading == question_after("name")


@pytest.mark.parametrize("step", ["name", "days", "dietary-needs"])
def test_a_form_without_its_token_changes_nothing(visitor: Browser, step: str) -> None:
    answer_questions(visitor, until=step)
    sent = {"given_names": "Eve", "days": "2009-06-10", "consent": "y"}

    page = visitor.send("POST", f"/register/{step}", 422, data=sent)

    assert page.errors == [EXPIRED]
    assert page.title.startswith("Error: ")
    assert visitor.open("/register/check").address == f"/register/{step}"


def test_a_form_without_session_cookie_keeps_typed_values(visitor: Browser) -> None:
    page = answer_questions(visitor, until="work")
    visitor.delete_cookie("session")

    again = page.press("Continue", {ORGANISATION: "Guild", "Country": "France"}, status=422)

    assert again.errors == [COOKIE_MISSING]
    assert again.value_of(ORGANISATION) == "Guild"
    assert again.value_of("Country") == "France"
    assert again.press("Continue").heading == question_after("work")


def test_the_first_form_keeps_typed_values_without_any_cookie(visitor: Browser) -> None:
    page = answer_questions(visitor, until="name")
    visitor.delete_cookie("session")

    again = page.press("Continue", {GIVEN: "Ada", FAMILY: "Lovelace"}, status=422)

    assert again.errors == [COOKIE_MISSING]
    assert again.press("Continue").heading == question_after("name")


def test_an_expired_form_reports_all_its_errors(visitor: Browser) -> None:
    page = answer_questions(visitor, until="name")
    visitor.delete_cookie("session")

    again = page.press("Continue", {BADGE: "Countess"}, status=422)

    assert again.errors == ["Enter your given names", COOKIE_MISSING]
    assert COOKIE_MISSING not in again.links
    assert again.value_of(BADGE) == "Countess"


def test_a_confirmation_without_csrf_token_takes_no_place(visitor: Browser) -> None:
    answer_questions(visitor)

    visitor.send("POST", "/register/confirm", 400, data={"csrf_token": "guess"})

    assert visitor.open("/register/check").heading == "Check your answers"


def test_a_form_of_ten_megabytes_is_refused(visitor: Browser) -> None:
    page = answer_questions(visitor, until="access-needs")

    page = visitor.send(
        "POST",
        page.address,
        413,
        data={"access_needs": "a" * 10_000_000, "csrf_token": token_of(page.source)},
    )

    assert page.heading == "Too much data"
    assert visitor.open("/register/check").address == "/register/access-needs"


def test_invalid_utf_8_in_a_form_is_harmless(visitor: Browser) -> None:
    page = answer_questions(visitor, until="name")

    sent = f"given_names=%ff%feAda&csrf_token={token_of(page.source)}".encode()
    as_form = {"Content-Type": "application/x-www-form-urlencoded"}

    raw = sent.replace(b"%ff%fe", b"\xff\xfe")
    visitor.send("POST", page.address, 422, as_form, data=raw)
    page = visitor.send("POST", page.address, 200, as_form, data=sent)

    assert page.heading == question_after("name")


@pytest.mark.parametrize(
    ("method", "address", "status"),
    [
        ("GET", "/register/nowhere", 404),
        ("GET", "/register/%00", 404),
        ("GET", "/register/again", 405),
        ("DELETE", "/register/name", 405),
        ("POST", "/register", 405),
        ("PUT", "/register/confirm", 405),
    ],
)
def test_unknown_registration_urls_answer_with_an_error(
    visitor: Browser, method: str, address: str, status: int
) -> None:
    visitor.send(method, address, status)


@pytest.mark.parametrize(
    "address",
    [
        "ada@example.org",
        "ada@load.test",
        "ada@example.com",
        "ada@mail.invalid",
        "ada+conference@example.co.uk",
        "o’brien@example.org",
        "ada@bücher.example",
        "ада@пример.example",
        "ada@nhs.net",
        "x@y.example",
    ],
)
def test_any_deliverable_email_address_is_accepted(visitor: Browser, address: str) -> None:
    page = answer_questions(visitor, until="email").press("Continue", {EMAIL: address})

    assert page.heading == question_after("email")


def test_a_multi_line_field_keeps_its_lines(visitor: Browser) -> None:
    page = answer_questions(visitor, until="access-needs")

    page.press("Continue", {ACCESS_WORDS: "A ramp\r\nA loop\tnear the front", CONSENT: True})

    assert "A ramp" in visitor.open("/register/access-needs").value_of(ACCESS_WORDS)
    assert "A loop" in visitor.open("/register/access-needs").value_of(ACCESS_WORDS)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("ada@gmial.com", "ada@gmail.com"),
        ("ada@gmail.con", "ada@gmail.com"),
        ("ada@GMAIL.CO", "ada@gmail.com"),
        ("ada@hotmial.co.uk", "ada@hotmail.co.uk"),
        ("ada@outlok.com", "ada@outlook.com"),
        ("ada@yaho.com", "ada@yahoo.com"),
        ("ada@harbour.ogr", "ada@harbour.org"),
        ("ada@nhs.nett", "ada@nhs.net"),
        ("ada@gmail.com", None),
        ("ada@mail.com", None),
        ("ada@ymail.com", None),
        ("ada@example.org", None),
        ("ada@minsante.cm", None),
        ("ada@ucl.ac.uk", None),
        (f"ada@{'long' * 20}.example", None),
    ],
)
def test_email_typos_get_a_suggested_correction_and_valid_addresses_do_not(
    typed: str, meant: str | None
) -> None:
    assert forms.suggest_correction(typed) == meant


def test_countries_are_named_and_sorted_in_the_language_of_the_page() -> None:
    english = [name for _, name in countries.choices("en")]
    french = [name for _, name in countries.choices("fr")]

    assert english[:3] == ["Afghanistan", "Åland Islands", "Albania"]
    assert "Allemagne" in french
    assert french.index("Égypte") < french.index("Émirats arabes unis") < french.index("Espagne")
    assert len(english) == len(french) == 250
    assert countries.name_of("GB", "en") == "United Kingdom"
    assert countries.name_of("QQ", "en") == "QQ"


def token_of(source: str) -> str:
    """Find the token of a page's form."""
    return source.split('name="csrf_token"')[1].split('value="')[1].split('"', maxsplit=1)[0]


def test_registration_pages_are_not_cached(visitor: Browser) -> None:
    page = answer_questions(visitor, until="days")

    assert page.headers["Cache-Control"] == "private, no-store"
    assert page.press("Continue", {DAYS: [WEDNESDAY]}).headers["Cache-Control"] == (
        "private, no-store"
    )
