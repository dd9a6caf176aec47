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
    CHECK_PAGE_ANSWERS,
    CONSENT,
    DAYS,
    EMAIL,
    QUESTIONS,
    THURSDAY,
    WEDNESDAY,
    answer_questions,
    iter_steps,
    question_after,
)

KEYBOARD = ("type", "autocomplete", "autocapitalize", "inputmode", "enterkeyhint")  # of a phone


def _keyboards(visitor: Browser, address: str) -> dict[str, tuple[str, ...]]:
    """Give what the phone of a visitor knows of each field that is typed into."""
    return {
        field.get("name", ""): tuple(field.get(one, "") for one in KEYBOARD)
        for field in visitor.open(address).tree.find_all("input", "select")
        if field.get("type") not in {"hidden", "checkbox", "radio"}
    }


def test_fields_have_autocomplete_and_input_modes_for_phones(visitor: Browser) -> None:
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


def test_each_registration_question_has_its_own_page(visitor: Browser) -> None:
    headings = [page.heading for page in iter_steps(visitor.open("/register").follow("Start now"))]

    assert headings == [*QUESTIONS, "Check your answers"]


def test_all_answers_are_shown_on_the_check_page_before_registering(visitor: Browser) -> None:
    page = answer_questions(visitor)

    assert page.summary_list == CHECK_PAGE_ANSWERS
    assert db.session.query(Delegate).count() == 0


def test_changing_an_answer_returns_to_the_check_page(visitor: Browser) -> None:
    page = answer_questions(visitor).follow("Change name on your badge")
    assert page.value_of("Given names") == "Ada"

    page = page.press("Continue", {"Name on your badge (optional)": "Countess"})

    assert page.heading == "Check your answers"
    assert page.summary_list["Name on your badge"] == "Countess"


def test_an_answer_can_be_viewed_without_changing_it(visitor: Browser) -> None:
    page = answer_questions(visitor).follow("Change country")

    assert page.value_of("Country") == "United Kingdom"
    assert page.follow("Back to your answers").heading == "Check your answers"


def test_each_question_links_back_to_the_previous_one(visitor: Browser) -> None:
    page = answer_questions(visitor)

    headings = []
    while "Back" in page.links:
        page = page.follow("Back")
        headings.append(page.heading)

    assert headings == [*reversed(QUESTIONS), "Register for the conference"]


def test_consent_is_required_beside_the_requirements(visitor: Browser) -> None:
    page = answer_questions(visitor, until="access-needs")
    assert page.value_of(CONSENT) == ""

    page = page.press("Continue", {ACCESS_WORDS: "A ramp"}, status=422)

    assert page.errors == ["Tick the box if you agree, or delete what you have written"]
    assert page.value_of(ACCESS_WORDS) == "A ramp"
    assert page.press("Continue", {CONSENT: True}).heading == question_after("access-needs")


def test_consent_is_not_required_without_requirements(visitor: Browser) -> None:
    page = answer_questions(visitor, until="access-needs").press("Continue")

    assert page.press("Continue").heading == "Check your answers"


def test_consent_to_one_answer_is_not_consent_to_another(visitor: Browser) -> None:
    page = answer_questions(visitor, until="dietary-needs").press("Continue")

    assert page.follow("Change access requirements").value_of(CONSENT) == CONSENT
    assert visitor.open("/register/dietary-needs").value_of(CONSENT) == ""


def test_the_former_consent_page_redirects(visitor: Browser) -> None:
    answer_questions(visitor)

    assert visitor.open("/register/consent").heading == "Check your answers"


def test_older_drafts_without_consent_are_asked_again(visitor: Browser) -> None:
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
def test_names_in_any_script_are_accepted(visitor: Browser, name: tuple[str, str]) -> None:
    page = answer_questions(visitor, name=name)

    assert page.summary_list["Name"] == " ".join(name)


def test_whitespace_around_answers_is_removed(visitor: Browser) -> None:
    page = answer_questions(
        visitor, name=("  Ada \u00a0 Augusta ", "Lovelace"), email=" ada@EXAMPLE.org "
    )

    assert page.summary_list["Name"] == "Ada Augusta Lovelace"
    assert page.summary_list["Email address"] == "ada@example.org"


def test_a_likely_email_typo_is_asked_about_once(visitor: Browser) -> None:
    answer_questions(visitor, until="email")

    page = visitor.press("Continue", {EMAIL: "ada@gmial.com"}, status=422)

    assert page.errors == ["Check your email address: did you mean ada@gmail.com?"]
    assert page.value_of(EMAIL) == "ada@gmial.com"
    visitor.press("Use ada@gmail.com")
    assert answered_address(visitor) == "ada@gmail.com"


def test_an_email_address_that_looks_like_a_typo_can_be_kept(visitor: Browser) -> None:
    answer_questions(visitor, until="email")
    visitor.press("Continue", {EMAIL: "ada@gmial.com"}, status=422)

    page = visitor.press("Continue")

    assert page.heading == question_after("email")
    assert answered_address(visitor) == "ada@gmial.com"


def test_another_email_typo_is_asked_about_again(visitor: Browser) -> None:
    answer_questions(visitor, until="email")
    visitor.press("Continue", {EMAIL: "ada@gmial.com"}, status=422)

    page = visitor.press("Continue", {EMAIL: "ada@gmali.com"}, status=422)

    assert page.errors == ["Check your email address: did you mean ada@gmail.com?"]


def answered_address(visitor: Browser) -> str:
    """Read the address that was kept."""
    return visitor.open("/register/email").value_of(EMAIL)


def test_a_draft_can_be_continued_days_later(visitor: Browser, frozen_time: Any) -> None:
    answer_questions(visitor, until="days")
    frozen_time.shift(timedelta(days=6))

    page = visitor.open("/register").follow("Continue registering")

    assert page.heading == DAYS


def test_a_later_page_redirects_to_the_first_unanswered_question(visitor: Browser) -> None:
    answer_questions(visitor, until="work")

    for later in ("days", "access-needs", "dietary-needs", "check", "confirm"):
        assert visitor.open(f"/register/{later}").heading == "Where do you work or study?"


def test_without_a_draft_every_page_redirects_to_the_first_question(visitor: Browser) -> None:
    for later in ("email", "work", "days", "check", "confirm"):
        assert visitor.open(f"/register/{later}").heading == "What is your name?"


def test_a_draft_older_than_a_week_is_reported_as_deleted(
    visitor: Browser, frozen_time: Any
) -> None:
    page = answer_questions(visitor, until="days")
    frozen_time.shift(timedelta(days=7, seconds=1))

    page = page.press("Continue", {DAYS: [WEDNESDAY]}, status=410)

    assert page.heading == "Your answers have been deleted"
    assert page.follow("Start again").heading == "What is your name?"


def test_an_unknown_draft_cookie_opens_nothing(visitor: Browser) -> None:
    visitor.set_cookie("answers", "a key that nobody gave out")

    page = visitor.open("/register/days", status=410)

    assert page.heading == "Your answers have been deleted"
    assert "answers" not in visitor.cookies()


def test_an_unknown_draft_cookie_does_not_block_a_new_start(visitor: Browser) -> None:
    visitor.set_cookie("answers", "a key that nobody gave out")

    page = visitor.open("/register")

    assert page.follow("Start now").heading == "What is your name?"


def test_a_form_sent_without_draft_cookie_says_the_answers_are_deleted(visitor: Browser) -> None:
    page = answer_questions(visitor, until="days")
    visitor.delete_cookie("answers")

    page = page.press("Continue", {DAYS: [WEDNESDAY]}, status=410)

    assert page.heading == "Your answers have been deleted"


def test_a_draft_can_be_deleted_and_started_again(visitor: Browser, new_browser: Browsers) -> None:
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


def test_drafts_of_different_people_are_independent(
    visitor: Browser, new_browser: Browsers
) -> None:
    other = new_browser()
    answer_questions(other, name=("Bea", "Waite"), email="bea@example.org")

    answer_questions(visitor)

    assert visitor.open("/register/check").summary_list["Name"] == "Ada Lovelace"
    assert other.open("/register/check").summary_list["Name"] == "Bea Waite"


def test_the_draft_cookie_is_a_random_key_with_secure_attributes(visitor: Browser) -> None:
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
def test_opening_registration_pages_writes_nothing(visitor: Browser, queries: list[str]) -> None:
    answer_questions(visitor)
    queries.clear()

    for step in ("", "/name", "/email", "/work", "/days", "/dietary-needs", "/check"):
        visitor.open(f"/register{step}")

    assert [one for one in queries if not one.startswith("SELECT application_draft")] == []
    assert len(queries) == 7


def test_drafts_of_earlier_versions_can_be_loaded() -> None:
    earlier = {"name": {"given_names": "Ada"}, "work": {"role": "Clerk"}, "days": ["a", "b"]}
    current = {"given_names": "Ada", "work": "On a boat", "days": "a b"}

    assert load_answers(json.dumps(earlier)) == {
        "given_names": "Ada",
        "role": "Clerk",
        "days": "a b",
    }
    assert load_answers(dump_answers(current)) == current


def test_a_select_field_other_than_country_shows_its_hint_and_choices(
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
