"""Every word that we show can be said in another language, and pages bear long and turned words.

A made-up language stands in for one that nobody has translated into yet: each message in it is
longer and wears brackets, so a word without brackets is one that no translator was given.
Esperanto and Hebrew lend their codes, the second because it is written from right to left.
"""

import re
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from sqlalchemy import select, update

from app.database import db, transaction
from app.delegates.models import Delegate
from app.mail.models import Email
from app.programme.models import Session
from app.questions.edited_question import EditedTexts
from app.registration import services as registration
from config import ROOT
from tests.browser import Browser, Browsers
from tests.factories import make_organiser, make_question, make_session, publish_programme, sign_in
from tests.registration_answers import build_answers
from tests.sent_emails import get_last_email_to

METHODS = [("app/**.py", "python"), ("templates/**.html", "jinja2"), ("templates/**.txt", "jinja2")]
OPTIONS = {"templates/**": {"silent": "false"}}
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%%")
LEFT, RIGHT = "⟦", "⟧"
FREELY_WRITTEN = (
    "/",
    "/programme",
    "/speakers",
    "/search",
    "/site-map",
    "/register",
    "/sign-in",
    "/booking",
)

ADA = build_answers(family_name="", organisation="WHO")


def said(message: str) -> str:
    """Say a message in the made-up language."""
    return _stretched(message)


def _stretched(message: str) -> str:
    """Give a message as the made-up language says it, its placeholders whole."""
    return f"{LEFT}{message}{'~' * (len(PLACEHOLDER.sub('', message)) // 3)}{RIGHT}"


@pytest.fixture(scope="session")
def made_up_languages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    catalog = Catalog(locale="eo")
    for _, _, message, _, _ in extract_from_dir(
        str(ROOT),
        method_map=METHODS,
        options_map=OPTIONS,
        keywords={
            "_": None,
            "_l": None,
            "N_": None,
            "gettext": None,
            "lazy_gettext": None,
            "ngettext": (1, 2),
        },
        directory_filter=lambda folder: Path(folder).name not in {".venv", "node_modules", "tests"},
    ):
        said = (
            tuple(map(_stretched, message)) if isinstance(message, tuple) else _stretched(message)
        )
        catalog.add(message, string=said)
    written = BytesIO()
    write_mo(written, catalog)
    folder = tmp_path_factory.mktemp("translations")
    for code in ("eo", "he"):
        messages = folder / code / "LC_MESSAGES"
        messages.mkdir(parents=True)
        (messages / "messages.mo").write_bytes(written.getvalue())
    return folder


@pytest.fixture
def settings(settings: dict[str, str], made_up_languages: Path) -> dict[str, str]:
    spoken = {"LANGUAGES": ("en", "eo", "he"), "TRANSLATIONS_PATH": str(made_up_languages)}
    return {**settings, **spoken}  # type: ignore[dict-item]  # Config takes a tuple


@pytest.mark.parametrize("address", FREELY_WRITTEN)
def test_every_text_of_a_page_is_translatable(visitor: Browser, address: str) -> None:
    page = visitor.open(f"/eo{address}".rstrip("/") or "/eo/")

    assert page.language == "eo"
    for words in [*page.buttons, *page.labels]:
        # the button of a star begins with the title of its session
        own_words = words[words.find(f": {LEFT}") + 2 :] if f": {LEFT}" in words else words
        assert own_words.startswith(LEFT), words


@pytest.mark.parametrize("address", FREELY_WRITTEN)
def test_a_right_to_left_language_sets_the_text_direction(visitor: Browser, address: str) -> None:
    page = visitor.open(f"/he{address}".rstrip("/") or "/he/")

    assert page.tree.root.get("dir") == "rtl"


def test_every_internal_link_keeps_the_language(visitor: Browser) -> None:
    page = visitor.open("/eo/site-map")

    inside = [link for link in page.links.values() if link.startswith("/")]
    assert [link for link in inside if not link.startswith("/eo")] == []


def test_english_has_no_url_prefix(visitor: Browser) -> None:
    assert visitor.open("/help").language == "en"


def test_an_untranslated_text_is_marked_as_english(visitor: Browser) -> None:
    page = visitor.open("/eo/help")

    (written,) = page.tree.find_by_class("prose")
    assert written.get("lang") == "en"


def test_an_unsupported_language_prefix_is_404(visitor: Browser) -> None:
    assert visitor.open("/fr/programme", status=404).heading == "Page not found"


def test_each_language_is_cached_separately(visitor: Browser, new_browser: Browsers) -> None:
    english = visitor.open("/programme").source

    assert new_browser().open("/eo/programme").source != english
    assert new_browser().open("/programme").source == english


@pytest.mark.parametrize("address", ["/help", "/eo/help"])
def test_a_page_has_hreflang_links_to_its_translations(visitor: Browser, address: str) -> None:
    page = visitor.open(address)

    told = [
        (one.get("hreflang"), one.get("href"))
        for one in page.tree.find_all("link")
        if one.get("hreflang")
    ]
    assert told == [
        ("en", "https://conference.example/help"),
        ("eo", "https://conference.example/eo/help"),
        ("he", "https://conference.example/he/help"),
        ("x-default", "https://conference.example/help"),
    ]
    own = [one.get("href") for one in page.tree.find_all("link") if one.get("rel") == "canonical"]
    assert own == [f"https://conference.example{address}"]


@pytest.mark.parametrize("kind", ["", ".ics", ".txt"])
def test_slug_redirects_keep_the_language(visitor: Browser, kind: str) -> None:
    with transaction():
        db.session.execute(update(Session).where(Session.slug == "opening").values(slug="begin"))
    publish_programme()

    answer = visitor.fetch("GET", f"/eo/sessions/opening{kind}")

    assert (answer.status_code, answer.headers["Location"]) == (308, f"/eo/sessions/begin{kind}")


def test_links_in_texts_by_organisers_keep_the_language(visitor: Browser) -> None:
    page = visitor.open("/eo/help")

    assert page.links["terms"] == "/eo/terms"


def test_a_sign_in_email_is_in_the_language_of_the_request(visitor: Browser) -> None:
    email = make_organiser("grace@conference.example").email
    visitor.open("/eo/sign-in")

    visitor.press(_stretched("Email me a link"), {_stretched("Email address"): email})

    (sent,) = db.session.scalars(select(Email))
    assert sent.subject == _stretched("Your sign-in link for %(title)s") % {
        "title": "Tides and Harbours"
    }


def test_view_options_of_lists_apply_in_every_language(visitor: Browser) -> None:
    organiser = sign_in(visitor)
    make_session()
    organiser.open("/eo/organise/sessions")
    fields = {one.get("name"): one.get("value") for one in organiser.page.tree.find_all("input")}

    answer = organiser.fetch(
        "POST",
        "/eo/organise/view",
        data={"csrf_token": fields["csrf_token"], "density": "compact"},
    )

    paths = [
        one.partition("Path=")[2].partition(";")[0] for one in answer.headers.getlist("Set-Cookie")
    ]
    assert sorted(paths) == ["/eo/organise", "/he/organise", "/organise"]
    assert (
        len(list(organiser.open("/organise/sessions").tree.find_by_class("office--compact"))) == 1
    )


def test_registration_questions_are_shown_in_the_language_of_the_delegate(
    visitor: Browser, new_browser: Browsers
) -> None:
    """Own and standard questions have texts in two languages; what is missing is in the first."""
    choices = ("Bus", "Train")
    travel = {
        "en": EditedTexts("How will you travel?", "Or walk", choices),
        "eo": EditedTexts("Kiel vi vojaĝos?", "", ("Buse", "Trajne")),
    }
    make_question(texts=travel, kind="choice", is_required=True)
    make_question("Anything else?", kind="long_text")
    organiser = sign_in(new_browser())
    page = organiser.open("/organise/questions").follow("Organisation").follow("Change")
    page.press("Save", {"Question (Esperanto, optional)": "Institucio"})
    with transaction():
        visitor.set_cookie("answers", registration.create_draft(ADA))

    page = visitor.open("/eo/register/work")
    assert "Institucio" in page.text
    assert said("Country") in page.labels
    page = visitor.open("/eo/register/more")
    pressed = said("Continue")
    assert page.heading == said("A few more questions")
    assert "Or walk" in page.text  # has no translation
    check = page.press(pressed, {"Kiel vi vojaĝos?": "Trajne"})
    assert check.summary_list["Kiel vi vojaĝos?"] == "Trajne"
    assert check.summary_list["Institucio"] == "WHO"
    check.press(said("Confirm registration"))

    letter = get_last_email_to("ada@example.org").text
    assert "Kiel vi vojaĝos: Trajne" in letter
    reference = db.session.scalars(select(Delegate)).one().reference
    facts = organiser.open(f"/organise/delegates/{reference}").summary_list
    assert facts["How will you travel?"] == "Train"
    assert facts["Organisation"] == "WHO"
