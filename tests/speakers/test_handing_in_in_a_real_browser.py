"""A telephone in a speaker's hand: a photo and slides handed in, the part chosen by keyboard."""

import socket
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect
from sqlalchemy import func, select

from app.database import db
from app.programme.materials.models import Material, Piece
from tests.chromium import sideways_scroll
from tests.factories import ada_marsh, keeping_window
from tests.live import LiveSite
from tests.programme.documents import a_pdf
from tests.programme.pictures import turned_and_located
from tests.waiting import HOST

LiveSites = Callable[..., LiveSite]
Barriers = Callable[[Page], list[str]]
OWN = "/speak/ada-marsh"


def test_a_photo_and_slides_are_handed_in_on_a_telephone(
    live_site: LiveSites, window: Page, axe: Barriers, tmp_path: Path
) -> None:
    address = live_site().address
    picture, slides = tmp_path / "me.jpg", tmp_path / "talk.pdf"
    picture.write_bytes(turned_and_located())
    slides.write_bytes(a_pdf(bytes(900_000)))
    keeping_window(window, address, ada_marsh())
    window.set_viewport_size({"width": 320, "height": 640})

    def look(state: str) -> None:
        assert (state, axe(window), sideways_scroll(window)) == (state, [], 0)

    window.goto(f"{address}{OWN}")
    window.get_by_role("link", name="Photo", exact=True).press("Enter")
    look("no photo yet")
    window.get_by_label("Picture").set_input_files(picture)
    window.get_by_role("button", name="Send the photo").press("Enter")
    expect(window.get_by_label("What the photo shows")).to_have_attribute("aria-invalid", "true")
    look("no words")
    window.get_by_label("Picture").set_input_files(picture)
    window.get_by_label("What the photo shows").fill("A woman with a red scarf")
    window.keyboard.press("Enter")
    square = window.get_by_role("button", name="The part that is shown.")
    expect(square).to_be_visible()
    look("the part")
    square.press("Shift+ArrowUp")
    square.press("-")
    expect(window.locator("[name=exact]")).to_have_value("50 40 98")
    window.get_by_role("button", name="Save this part").press("Enter")
    expect(window.get_by_role("img", name="A woman with a red scarf")).to_be_visible()
    look("sent")

    window.goto(f"{address}{OWN}/materials")
    look("nothing yet")
    window.get_by_role("link", name="Hand in a file").first.press("Enter")
    window.get_by_role("button", name="Hand it in").press("Enter")
    expect(window.get_by_label("File", exact=True)).to_have_attribute("aria-invalid", "true")
    look("no file")
    window.get_by_label("File", exact=True).set_input_files(slides)
    window.get_by_label("What it is").fill("Slides")
    window.get_by_label("Now").check()
    window.get_by_role("button", name="Hand it in").press("Enter")
    expect(window.get_by_text("Not taken yet")).to_be_visible()
    look("handed in")
    with window.expect_download() as taken:
        window.get_by_role("link", name="PDF, 900 kB").click()
    assert taken.value.path().read_bytes() == slides.read_bytes()
    window.get_by_role("link", name="Change Slides").click()
    look("changing")
    window.go_back()
    window.get_by_role("link", name="Take away Slides").click()
    look("asked")


def test_slides_are_handed_in_without_scripts(
    live_site: LiveSites, window_without_scripts: Page, tmp_path: Path
) -> None:
    window, address = window_without_scripts, live_site().address
    slides = tmp_path / "talk.pdf"
    slides.write_bytes(a_pdf())
    keeping_window(window, address, ada_marsh())

    window.goto(f"{address}{OWN}/materials")
    window.get_by_role("link", name="Hand in a file").first.click()
    window.get_by_label("File", exact=True).set_input_files(slides)
    window.get_by_label("What it is").fill("Slides")
    window.get_by_role("button", name="Hand it in").click()

    expect(window.get_by_text("Readers see it: when the session starts")).to_be_visible()


def test_an_upload_that_is_cut_off_leaves_nothing(live_site: LiveSites, window: Page) -> None:
    running = live_site()
    keeping_window(window, running.address, ada_marsh())
    window.goto(f"{running.address}{OWN}/materials")
    window.get_by_role("link", name="Hand in a file").first.click()
    token = window.locator("[name=csrf_token]").first.input_value()
    cookies = "; ".join(f"{one['name']}={one['value']}" for one in window.context.cookies())
    body = (
        f'--part\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n{token}\r\n'
        '--part\r\nContent-Disposition: form-data; name="title"\r\n\r\nSlides\r\n'
        '--part\r\nContent-Disposition: form-data; name="opens"\r\n\r\nnow\r\n'
        '--part\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n'
    ).encode() + a_pdf(bytes(3_000_000))
    path = window.url.removeprefix(running.address)
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {HOST}:{running.port}\r\n"
        f"Cookie: {cookies}\r\nContent-Type: multipart/form-data; boundary=part\r\n"
        f"Content-Length: {len(body) + 40_000_000}\r\n\r\n"
    ).encode()

    with socket.create_connection((HOST, running.port)) as line:
        line.sendall(head + body)

    window.reload()
    expect(window.get_by_role("heading", level=1)).to_have_text("Hand in a file")
    for kind in (Material, Piece):
        assert db.session.scalar(select(func.count()).select_from(kind)) == 0
