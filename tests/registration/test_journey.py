"""Someone registers."""

from tests.browser import Browser, Page
from tests.factories import places


def _to_the_check(visitor: Browser) -> Page:
    visitor.open("/register")
    visitor.follow("Start now")
    visitor.press("Continue", given_names="Ada", family_name="Lovelace")
    visitor.press("Continue", {"What is your email address?": "ada@example.org"})
    visitor.press("Continue", country="United Kingdom")
    visitor.press("Continue", {"Which days will you come?": ["Wednesday 10 June 2009"]})
    visitor.press("Continue")
    visitor.press("Continue")
    return visitor.press("Continue", {"I agree that you keep and use my answers in this way": True})


def test_someone_answers_every_question_and_has_a_place(visitor: Browser) -> None:
    places(10)
    _to_the_check(visitor)

    page = visitor.press("Confirm registration")

    assert page.heading == "You are registered"
    assert len(page.at("reference")) == 8
