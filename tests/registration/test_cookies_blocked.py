"""A browser without cookies gets an explanation at once, without redirect loop."""

from tests.browser import Browser
from tests.registration_flow import question_after

SAYS = (
    "Your browser is blocking our cookie, so nothing has been saved. "
    "Allow cookies for this site in your browser settings, then try again"
)


def _forget_cookies(visitor: Browser) -> None:
    for name in visitor.cookies():
        visitor.delete_cookie(name)
        visitor.delete_cookie(name, path="/agenda")


def test_each_attempt_without_cookies_reports_it_and_keeps_typed_values(
    visitor: Browser,
) -> None:
    page = visitor.open("/register/name")
    for _ in range(3):
        _forget_cookies(visitor)
        page = page.press("Continue", {"Given names": "Ada"}, status=422)

        assert page.errors == [SAYS]
        assert page.value_of("Given names") == "Ada"

    assert page.press("Continue").heading == question_after("name")  # cookies are allowed now


def test_other_forms_report_missing_cookies(visitor: Browser) -> None:
    for address, button in (("/sign-in", "Email me a link"), ("/booking", "Email me the link")):
        page = visitor.open(address)
        _forget_cookies(visitor)

        again = page.press(button, email_address="ada@example.org", status=422)

        assert again.errors == [SAYS]
        assert again.value_of("Email address") == "ada@example.org"


def test_a_star_that_cannot_be_stored_in_a_cookie_is_reported(visitor: Browser) -> None:
    visitor.open("/programme")
    page = visitor.press("Opening: Add to my agenda")
    assert "“Opening” is in your agenda." in page.text
    _forget_cookies(visitor)

    page = visitor.open("/agenda?added=opening")

    assert "“Opening” is in your agenda." not in page.text
    assert (
        "Your browser is blocking our cookie, so the session has not been added. "
        "Allow cookies for this site in your browser settings, then add the session again."
    ) in page.text
    assert "Your browser did not keep" not in visitor.open("/agenda").text
