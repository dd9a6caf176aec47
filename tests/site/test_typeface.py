"""The display typeface: small, freely licensed, and not sent with Save-Data."""

import re
from hashlib import blake2b

from config import ROOT
from tests.browser import Browser
from tests.web.test_security_headers import SECURITY_HEADERS

FILE = ROOT / "static" / "fonts" / "display.woff2"
SHEET = ROOT / "static" / "css" / "site.css"


def _address() -> str:
    """Read where the style sheet says that the typeface is."""
    (address,) = re.findall(r'url\("?(/static/fonts/[^")]+)', SHEET.read_text())
    return str(address)


def test_the_web_font_is_one_small_file_with_its_licence(visitor: Browser) -> None:
    assert FILE.stat().st_size <= 7_600
    assert [one.name for one in sorted(FILE.parent.iterdir())] == ["LICENCE.txt", "display.woff2"]

    licence = visitor.fetch("GET", "/static/fonts/LICENCE.txt")

    assert licence.status_code == 200
    assert "SIL OPEN FONT LICENSE Version 1.1" in licence.get_data(as_text=True)
    licence.close()


def test_a_late_web_font_causes_no_layout_shift() -> None:
    faces = re.findall(r"@font-face{([^}]*)}", SHEET.read_text())

    assert ["font-display:optional" in one for one in faces] == [True, False]
    for measure in ("size-adjust", "ascent-override", "descent-override", "line-gap-override"):
        assert re.findall(rf"{measure}:[\d.]+%", faces[1]) != []
    assert "font-family:Hanken Grotesk" in faces[0].replace('"', "")


def test_the_url_of_the_web_font_changes_with_its_content(visitor: Browser) -> None:
    version = blake2b(FILE.read_bytes(), digest_size=4).hexdigest()
    assert _address() == f"/static/fonts/display.woff2?v={version}"

    answer = visitor.fetch("GET", _address())

    assert (answer.status_code, answer.mimetype) == (200, "font/woff2")
    assert answer.get_data() == FILE.read_bytes()
    assert "max-age=31536000" in answer.headers["Cache-Control"]
    assert answer.headers["Vary"] == "Save-Data"
    answer.close()


def test_save_data_omits_the_web_font(visitor: Browser) -> None:
    for method in ("GET", "HEAD"):
        for wish in ("on", "On; reason=roaming"):
            answer = visitor.fetch(method, _address(), {"Save-Data": wish})

            assert (answer.status_code, answer.get_data()) == (204, b"")
            assert answer.headers["Cache-Control"] == "private, max-age=86400"
            assert answer.headers["Vary"] == "Save-Data"
            assert {name: answer.headers[name] for name in SECURITY_HEADERS} == SECURITY_HEADERS


def test_save_data_changes_nothing_else(visitor: Browser) -> None:
    sheet = visitor.fetch("GET", "/static/css/site.css", {"Save-Data": "on"})
    page = visitor.fetch("GET", "/", {"Save-Data": "on"})

    assert (sheet.status_code, page.status_code) == (200, 200)
    assert sheet.get_data() == SHEET.read_bytes()
    sheet.close()


def test_save_data_off_gets_the_web_font(visitor: Browser) -> None:
    answer = visitor.fetch("GET", _address(), {"Save-Data": "off"})

    assert answer.status_code == 200
    answer.close()
