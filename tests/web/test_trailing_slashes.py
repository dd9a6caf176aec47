"""Each page has one address, and a slash at its end leads there."""

import pytest

from tests.browser import Browser


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(
    ("asked", "place"),
    [
        ("/programme/", "/programme"),
        ("/programme//", "/programme"),
        ("/programme/2009-06-10/", "/programme/2009-06-10"),
        ("/search/?q=sea+wall&q=%C3%A9", "/search?q=sea+wall&q=%C3%A9"),
        ("/sessions/opening/?", "/sessions/opening"),
        ("/my/", "/my"),
        ("/register/email/", "/register/email"),
    ],
)
def test_a_trailing_slash_redirects_to_the_page(
    visitor: Browser, method: str, asked: str, place: str
) -> None:
    answer = visitor.fetch(method, asked)

    assert (answer.status_code, answer.headers["Location"]) == (308, place)


@pytest.mark.settings(LANGUAGES='["en", "fr"]')
def test_a_trailing_slash_redirect_keeps_language_and_query(visitor: Browser) -> None:
    answer = visitor.fetch("GET", "/fr/programme/?year=2009")

    assert answer.headers["Location"] == "/fr/programme?year=2009"
    assert visitor.fetch("GET", "/fr/").status_code == 200


@pytest.mark.parametrize(
    "asked",
    [
        "/nowhere/",
        "/%5Cevil.example/",
        "/static/css/site.css/",
        "/sessions/a/b/",
    ],
)
def test_an_unknown_url_with_trailing_slash_is_404(visitor: Browser, asked: str) -> None:
    answer = visitor.fetch("GET", asked)

    assert answer.status_code == 404
    assert "Location" not in answer.headers


def test_only_pages_that_can_be_read_redirect_trailing_slashes(visitor: Browser) -> None:
    assert "Location" not in visitor.fetch("POST", "/feedback/", data={"a": "b"}).headers
    assert "Location" not in visitor.fetch("GET", "/my/sign-out-everywhere/").headers


def test_an_unknown_host_with_trailing_slash_is_refused(visitor: Browser) -> None:
    answer = visitor.fetch("GET", "/programme/", {"Host": "evil.example"})

    assert answer.status_code == 400
