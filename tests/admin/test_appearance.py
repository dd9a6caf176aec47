"""Organisers give the site its own colours; what could not be read is refused."""

import re

import pytest

from app.content import palette
from app.content.palette import Palette
from app.database import db
from app.history import queries as history
from app.onboarding import services as onboarding
from config import ROOT
from tests.browser import Browser, Browsers, Page
from tests.factories import sign_in

LOOK = "/organise/look"
GREEN, PLUM = "#14532d", "#74378f"
DARK_PAGES = "@media screen and (prefers-color-scheme:dark)"


@pytest.fixture
def organiser(new_browser: Browsers) -> Browser:
    return sign_in(new_browser(), "grace@conference.example")


def save(organiser: Browser, header: str, links: str, status: int = 200) -> Page:
    organiser.open(LOOK)
    return organiser.press("Save", None, status, header=header, links_and_buttons=links)


def stylesheets(page: Page) -> list[str]:
    """List the style sheets of a page that are not files of the site."""
    links = page.tree.find_all("link")
    addresses = [one.get("href") or "" for one in links if one.get("rel") == "stylesheet"]
    return [one for one in addresses if not one.startswith("/static/")]


def read_variables(stylesheet: str, media: str) -> dict[str, str]:
    """Read the colours of a style sheet for one kind of screen."""
    (line,) = [one for one in stylesheet.splitlines() if one.startswith(f"{media}{{")]
    return dict(re.findall(r"--([a-z-]+):(#[0-9a-f]{6})", line))


@pytest.mark.both_databases
def test_colours_can_be_changed_and_reset(organiser: Browser, visitor: Browser) -> None:
    assert stylesheets(visitor.open("/")) == []

    page = save(organiser, GREEN, "74378F ")

    assert "The colours have been saved." in page.source
    (address,) = stylesheets(visitor.open("/"))
    answer = visitor.fetch("GET", address)
    assert answer.headers["Content-Type"] == "text/css; charset=utf-8"
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    light, dark = (read_variables(answer.text, one) for one in ("@media screen", DARK_PAGES))
    assert (light["brand"], light["link"], light["action"]) == (GREEN, PLUM, PLUM)
    assert dark["link"] != PLUM
    assert stylesheets(visitor.open("/help")) == [address]
    assert address in visitor.open("/offline.json").source  # saved with the pages that need it
    assert stylesheets(organiser.open("/organise")) == []
    entry = history.find_latest("look")
    assert entry is not None
    assert entry.summary == (
        f"The colours were changed: header #0b4f6c → {GREEN}, links and buttons #0a5a85 → {PLUM}"
    )

    organiser.open(LOOK)
    page = organiser.press("Back to the original colours")

    assert "The site has its original colours again." in page.source
    assert page.value_of("Header") == "#0b4f6c"
    assert stylesheets(visitor.open("/")) == []


def test_a_colour_with_low_contrast_is_refused_with_a_suggestion(
    organiser: Browser, visitor: Browser
) -> None:
    page = save(organiser, "#7fb08f", "#e07b39", 422)

    in_header, in_links = page.errors
    assert in_header == (
        "White text on this colour has a contrast of 2.12 to 1, and needs 4.5 to 1. "
        "The nearest colour of the same hue is #497658"
    )
    assert in_links == (
        "This colour has a contrast of 2.53 to 1 on light pages, and needs 4.5 to 1. "
        "The nearest colour of the same hue is #aa531b"
    )
    assert page.value_of("Header") == "#7fb08f"
    assert page.value_of("Links and buttons") == "#e07b39"
    assert stylesheets(visitor.open("/")) == []
    page = organiser.press("Save", header="#497658", links_and_buttons="#aa531b")
    assert page.errors == []


@pytest.mark.parametrize("typed", ["", "blue", "#12345", "#1234567", "rgb(0,0,0)", "url(//x)"])
def test_an_invalid_colour_is_refused_and_kept_in_the_field(organiser: Browser, typed: str) -> None:
    page = save(organiser, typed, PLUM, 422)

    assert page.errors == ["Enter a colour in the correct format, like #0b4f6c"]
    assert page.value_of("Header") == typed


def test_colours_can_be_previewed_at_a_url_before_saving(
    organiser: Browser, visitor: Browser
) -> None:
    organiser.open(LOOK)
    page = organiser.press("Preview", header=GREEN, links_and_buttons=PLUM)

    (address,) = stylesheets(page)
    assert address == "/organise/look/14532d-74378f.css"
    assert f"--brand:{GREEN}" in organiser.fetch("GET", address).text
    assert page.value_of("Header") == GREEN
    assert stylesheets(visitor.open("/")) == []
    page = organiser.press("Save")
    assert stylesheets(visitor.open("/")) != []


def test_a_stale_edit_of_colours_shows_both_versions(
    organiser: Browser, new_browser: Browsers, visitor: Browser
) -> None:
    other = sign_in(new_browser(), "wanda@conference.example")
    organiser.open(LOOK)
    save(other, GREEN, PLUM)

    page = organiser.press("Save", None, 409, header="#5b1a1a")

    assert "Two versions" in page.text
    page = organiser.press("Save")
    assert page.value_of("Header") == "#5b1a1a"


def test_a_new_conference_has_the_default_colours(organiser: Browser, visitor: Browser) -> None:
    save(organiser, GREEN, PLUM)

    onboarding.load_example_again(ROOT / "content", expected_fingerprint=None, actor="Grace")
    db.session.commit()

    assert stylesheets(visitor.open("/")) == []


def test_public_pages_need_no_queries_for_colours(
    organiser: Browser, visitor: Browser, queries: list[str]
) -> None:
    save(organiser, GREEN, PLUM)
    (address,) = stylesheets(visitor.open("/help"))
    queries.clear()

    visitor.open("/help?again=1")
    visitor.fetch("GET", address)

    assert [one for one in queries if "FROM site_state" not in one] == []


@pytest.mark.parametrize("address", ["/look/zzzzzz-74378f.css", "/look/ffffff-74378f.css"])
def test_a_style_sheet_url_with_invalid_colours_is_not_found(
    visitor: Browser, address: str
) -> None:
    visitor.open(address, 404)


def test_contrast_is_that_of_wcag() -> None:
    pairs = [("#000000", "#ffffff"), ("#777777", "#ffffff"), ("#0b4f6c", "#ffffff")]

    found = [round(palette.get_contrast(*pair), 2) for pair in pairs]

    assert found == [21.0, 4.48, 8.94]


SHADES = [
    f"#{red}{green}{blue}"
    for red in ("00", "80", "ff")
    for green in ("00", "66", "ff")
    for blue in ("00", "99", "ff")
]


@pytest.mark.parametrize("shade", SHADES)
def test_every_derived_colour_has_enough_contrast_in_light_and_dark_mode(shade: str) -> None:
    faults = Palette(shade, shade).find_faults()
    names = ("brand", "accent")
    brand, accent = (faults[one].nearest if one in faults else shade for one in names)
    chosen = Palette(brand, accent)
    assert chosen.find_faults() == {}
    stylesheet = palette.build_stylesheet(chosen)
    light, dark = (read_variables(stylesheet, one) for one in ("@media screen", DARK_PAGES))

    def least(colour: str, *grounds: str) -> float:
        return min(palette.get_contrast(colour, ground) for ground in grounds)

    on_light, on_dark = ("#ffffff", "#f3f6f8", "#e6eef2"), ("#0d1924", "#14232f", "#1b2d3b")
    assert least(light["brand"], "#ffffff", "#e9eff3") >= 4.5
    assert least(light["sky"], light["brand"]) >= 3
    assert least(light["action-hover"], "#ffffff") >= 4.5
    for name, minimum in (("link", 4.5), ("action", 4.5), ("upper", 3), ("lower", 3)):
        assert least(light[name], *on_light) >= minimum
        assert least(dark[name], *on_dark) >= minimum
    assert least(dark["action-hover"], "#0d1924") >= 4.5
