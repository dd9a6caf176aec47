"""Someone answers the questions on the way to a place, one a page."""

import json
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask, render_template_string
from wtforms import Form, SelectField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # of WTForms 3.2

from app.database import db
from app.delegates.answer_json import dump_answers, load_answers
from app.delegates.models import ApplicationDraft, Delegate
from tests.browser import Browser, Browsers
from tests.registration_flow import (
    ACCESS,
    ACCESS_WORDS,
    CONSENT,
    DAYS,
    EMAIL,
    QUESTIONS,
    SHOWN_BACK,
    THURSDAY,
    WEDNESDAY,
    answer_questions,
    question_after,
    walk,
)

KEYBOARD = ("type", "autocomplete", "autocapitalize", "inputmode", "enterkeyhint")  # of a phone


def _keyboards(visitor: Browser, address: str) -> dict[str, tuple[str, ...]]:
    """Give what the phone of a visitor knows of each field that is typed into."""
    return {
        field.get("name", ""): tuple(field.get(one, "") for one in KEYBOARD)
        for field in visitor.open(address).tree.find_all("input", "select")
        if field.get("type") not in {"hidden", "checkbox", "radio"}
    }


def test_a_phone_fills_in_what_it_knows_and_shows_the_right_keyboard(visitor: Browser) -> None:
    assert _keyboards(visitor, "/register/name") == {
        "given_names": ("text", "given-name", "words", "", ""),
        "family_name": ("text", "family-name", "words", "", ""),
        "badge_name": ("text", "nickname", "words", "", ""),
        "pronouns": ("text", "off", "", "", ""),
    }
    visitor.press("Continue", given_names="Ada")
    assert _keyboards(visitor, "/register/email") == {"email": ("email", "email", "none", "", "go")}
    visitor.press("Continue", {EMAIL: "ada@example.org"})
    assert _keyboards(visitor, "/register/work") == {
        "organisation": ("text", "organization", "", "", ""),
        "role": ("text", "organization-title", "", "", ""),
        "country": ("", "country", "", "", ""),
    }
    for address in ("/booking", "/sign-in"):
        assert _keyboards(visitor, address) == {"email": ("email", "email", "none", "", "send")}


def test_each_question_has_a_page_of_its_own(visitor: Browser) -> None:
    headings = [page.heading for page in walk(visitor.open("/register").follow("Start now"))]

    assert headings == [*QUESTIONS, "Check your answers"]


def test_all_answers_are_shown_back_before_they_count(visitor: Browser) -> None:
    page = answer_questions(visitor)

    assert page.summary_list == SHOWN_BACK
    assert db.session.query(Delegate).count() == 0


def test_changing_an_answer_goes_back_to_the_check(visitor: Browser) -> None:
    page = answer_questions(visitor).follow("Change name on your badge")
    assert page.value_of("Given names") == "Ada"

    page = page.press("Continue", {"Name on your badge (optional)": "Countess"})

    assert page.heading == "Check your answers"
    assert page.summary_list["Name on your badge"] == "Countess"


def test_whoever_looks_at_an_answer_need_not_change_it(visitor: Browser) -> None:
    page = answer_questions(visitor).follow("Change country")

    assert page.value_of("Country") == "United Kingdom"
    assert page.follow("Back to your answers").heading == "Check your answers"


def test_each_question_leads_back_to_the_one_before(visitor: Browser) -> None:
    page = answer_questions(visitor)

    headings = []
    while "Back" in page.links:
        page = page.follow("Back")
        headings.append(page.heading)

    assert headings == [*reversed(QUESTIONS), "Register for the conference"]


def test_consent_is_asked_for_beside_what_needs_it(visitor: Browser) -> None:
    page = answer_questions(visitor, until="access-needs")
    assert page.value_of(CONSENT) == ""

    page = page.press("Continue", {ACCESS_WORDS: "A ramp"}, status=422)

    assert page.errors == ["Tick the box if you agree, or delete what you have written"]
    assert page.value_of(ACCESS_WORDS) == "A ramp"
    assert page.press("Continue", {CONSENT: True}).heading == question_after("access-needs")


def test_who_needs_nothing_is_not_asked_for_consent(visitor: Browser) -> None:
    page = answer_questions(visitor, until="access-needs").press("Continue")

    assert page.press("Continue").heading == "Check your answers"


def test_consent_to_one_answer_is_not_consent_to_another(visitor: Browser) -> None:
    page = answer_questions(visitor, until="dietary-needs").press("Continue")

    assert page.follow("Change access requirements").value_of(CONSENT) == CONSENT
    assert visitor.open("/register/dietary-needs").value_of(CONSENT) == ""


def test_the_page_of_consent_that_there_was_leads_on(visitor: Browser) -> None:
    answer_questions(visitor)

    assert visitor.open("/register/consent").heading == "Check your answers"


def test_answers_of_before_without_consent_are_asked_for_again(visitor: Browser) -> None:
    answer_questions(visitor)
    (draft,) = db.session.scalars(db.select(ApplicationDraft))
    answers = {k: v for k, v in json.loads(draft.document).items() if k != "consented_at"}
    draft.document = json.dumps(answers)
    db.session.commit()

    page = visitor.open("/register/check")

    assert page.heading == ACCESS
    assert page.value_of(ACCESS_WORDS) == "A ramp"
    assert page.value_of(CONSENT) == ""


def test_one_name_is_enough(visitor: Browser) -> None:
    page = answer_questions(visitor, name=("Suharto", ""))

    assert page.summary_list["Name"] == "Suharto"


@pytest.mark.parametrize(
    "name",
    [
        ("علي", "حسن"),
        ("Ngũgĩ", "wa Thiong’o"),
        ("李", "小龙"),
        ("Ὑπατία", "Ἀλεξανδρεύς"),
        ("A" * 100, "B" * 100),
    ],
)
def test_names_in_any_script_are_welcome(visitor: Browser, name: tuple[str, str]) -> None:
    page = answer_questions(visitor, name=name)

    assert page.summary_list["Name"] == " ".join(name)


def test_spaces_around_an_answer_do_not_count(visitor: Browser) -> None:
    page = answer_questions(
        visitor, name=("  Ada \u00a0 Augusta ", "Lovelace"), email=" ada@EXAMPLE.org "
    )

    assert page.summary_list["Name"] == "Ada Augusta Lovelace"
    assert page.summary_list["Email address"] == "ada@example.org"


def test_a_slip_in_the_address_is_asked_about_once(visitor: Browser) -> None:
    answer_questions(visitor, until="email")

    page = visitor.press("Continue", {EMAIL: "ada@gmial.com"}, status=422)

    assert page.errors == ["Check your email address: did you mean ada@gmail.com?"]
    assert page.value_of(EMAIL) == "ada@gmial.com"
    visitor.press("Use ada@gmail.com")
    assert answered_address(visitor) == "ada@gmail.com"


def test_an_address_that_looks_like_a_slip_can_be_kept(visitor: Browser) -> None:
    answer_questions(visitor, until="email")
    visitor.press("Continue", {EMAIL: "ada@gmial.com"}, status=422)

    page = visitor.press("Continue")

    assert page.heading == question_after("email")
    assert answered_address(visitor) == "ada@gmial.com"


def test_another_slip_is_asked_about_again(visitor: Browser) -> None:
    answer_questions(visitor, until="email")
    visitor.press("Continue", {EMAIL: "ada@gmial.com"}, status=422)

    page = visitor.press("Continue", {EMAIL: "ada@gmali.com"}, status=422)

    assert page.errors == ["Check your email address: did you mean ada@gmail.com?"]


def answered_address(visitor: Browser) -> str:
    """Read the address that was kept."""
    return visitor.open("/register/email").value_of(EMAIL)


def test_answers_are_kept_while_someone_is_away(visitor: Browser, frozen_time: Any) -> None:
    answer_questions(visitor, until="days")
    frozen_time.shift(timedelta(days=6))

    page = visitor.open("/register").follow("Continue registering")

    assert page.heading == DAYS


def test_a_later_question_leads_to_the_first_one_without_an_answer(visitor: Browser) -> None:
    answer_questions(visitor, until="work")

    for later in ("days", "access-needs", "dietary-needs", "check", "confirm"):
        assert visitor.open(f"/register/{later}").heading == "Where do you work or study?"


def test_without_any_answer_every_question_leads_to_the_first(visitor: Browser) -> None:
    for later in ("email", "work", "days", "check", "confirm"):
        assert visitor.open(f"/register/{later}").heading == "What is your name?"


def test_answers_older_than_a_week_are_gone_and_the_page_says_so(
    visitor: Browser, frozen_time: Any
) -> None:
    page = answer_questions(visitor, until="days")
    frozen_time.shift(timedelta(days=7, seconds=1))

    page = page.press("Continue", {DAYS: [WEDNESDAY]}, status=410)

    assert page.heading == "Your answers have been deleted"
    assert page.follow("Start again").heading == "What is your name?"


def test_an_unknown_key_opens_nothing(visitor: Browser) -> None:
    visitor.set_cookie("answers", "a key that nobody gave out")

    page = visitor.open("/register/days", status=410)

    assert page.heading == "Your answers have been deleted"
    assert "answers" not in visitor.cookies()


def test_an_unknown_key_does_not_hold_up_a_new_start(visitor: Browser) -> None:
    visitor.set_cookie("answers", "a key that nobody gave out")

    page = visitor.open("/register")

    assert page.follow("Start now").heading == "What is your name?"


def test_a_question_answered_without_a_key_says_that_the_others_are_gone(visitor: Browser) -> None:
    page = answer_questions(visitor, until="days")
    visitor.delete_cookie("answers")

    page = page.press("Continue", {DAYS: [WEDNESDAY]}, status=410)

    assert page.heading == "Your answers have been deleted"


def test_someone_may_delete_their_answers_and_start_again(
    visitor: Browser, new_browser: Browsers
) -> None:
    somebody_else = new_browser()
    answer_questions(somebody_else, until="days")
    answer_questions(visitor, until="days")

    page = visitor.open("/register").press("Delete and start again")

    assert page.heading == "What is your name?"
    assert page.value_of("Given names") == ""
    assert db.session.query(ApplicationDraft).count() == 1
    assert somebody_else.open("/register/name").value_of("Given names") == "Ada"


def test_two_tabs_share_their_answers(visitor: Browser) -> None:
    one = answer_questions(visitor, until="days")
    other = visitor.open("/register/work")

    one.press("Continue", {DAYS: [THURSDAY]})
    other.press("Continue", {"Organisation (optional)": "Office"})
    page = visitor.open("/register/access-needs").press("Continue")
    page = page.press("Continue")

    assert page.summary_list["Days"] == THURSDAY
    assert page.summary_list["Organisation"] == "Office"


def test_what_one_person_answers_leaves_the_answers_of_others(
    visitor: Browser, new_browser: Browsers
) -> None:
    other = new_browser()
    answer_questions(other, name=("Bea", "Waite"), email="bea@example.org")

    answer_questions(visitor)

    assert visitor.open("/register/check").summary_list["Name"] == "Ada Lovelace"
    assert other.open("/register/check").summary_list["Name"] == "Bea Waite"


def test_the_cookie_is_a_key_and_nothing_else(visitor: Browser) -> None:
    page = visitor.open("/register/name")
    assert "answers" not in visitor.cookies()

    typed = {"given_names": "Augusta", "csrf_token": token_of(page.source)}
    response = visitor.fetch("POST", "/register/name", data=typed)

    cookie = next(one for one in response.headers.getlist("Set-Cookie") if "answers=" in one)
    assert response.status_code == 303
    assert "Augusta" not in cookie
    for promise in ("HttpOnly", "SameSite=Lax", "Secure", "Path=/", "Max-Age=604800"):
        assert promise in cookie


def token_of(source: str) -> str:
    """Find the token of a page's form."""
    return source.split('name="csrf_token"')[1].split('value="')[1].split('"', maxsplit=1)[0]


def test_fields_carry_their_autocomplete_tokens(visitor: Browser) -> None:
    answer_questions(visitor)
    asked = {
        "name": ["given_names", "family_name"],
        "email": ["email"],
        "work": ["organisation", "role", "country"],
    }

    tokens = {}
    for step, fields in asked.items():
        page = visitor.open(f"/register/{step}")
        for field in page.tree.find_all("input", "select"):
            if field.get("id") in fields:
                tokens[field.get("id")] = field.get("autocomplete")

    assert tokens == {
        "given_names": "given-name",
        "family_name": "family-name",
        "email": "email",
        "organisation": "organization",
        "role": "organization-title",
        "country": "country",
    }


@pytest.mark.settings(EDITION_CHECK_SECONDS=3600)
def test_a_look_at_any_page_of_the_journey_writes_nothing(
    visitor: Browser, queries: list[str]
) -> None:
    answer_questions(visitor)
    queries.clear()

    for step in ("", "/name", "/email", "/work", "/days", "/dietary-needs", "/check"):
        visitor.open(f"/register{step}")

    assert [one for one in queries if not one.startswith("SELECT application_draft")] == []
    assert len(queries) == 7


def test_drafts_of_earlier_versions_keep_their_answers_whatever_fields_are_called() -> None:
    earlier = {"name": {"given_names": "Ada"}, "work": {"role": "Clerk"}, "days": ["a", "b"]}
    current = {"given_names": "Ada", "work": "On a boat", "days": "a b"}

    assert load_answers(json.dumps(earlier)) == {
        "given_names": "Ada",
        "role": "Clerk",
        "days": "a b",
    }
    assert load_answers(dump_answers(current)) == current


def test_a_question_with_other_choices_than_countries_keeps_its_hint_and_its_choices(
    site: Flask,
) -> None:
    class MealForm(Form):
        meal = SelectField(description="One for each day", choices=[SelectChoice("soup", "Soup")])

    with site.test_request_context():
        asked = render_template_string(
            '{% from "registration/_fields.html" import ask %}{{ ask(field) }}',
            field=MealForm().meal,
        )

    assert asked.count("One for each day") == asked.count("Soup</option>") == 1
    assert "country" not in asked
