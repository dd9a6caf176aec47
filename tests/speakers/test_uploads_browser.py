"""Uploads on a phone: a photo and slides, cropping by keyboard."""

import socket
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import delete, func, select

from app.accounts.models import LoginSession
from app.database import db
from app.materials.models import Material, MaterialChunk
from app.programme.models import Photo
from tests.chromium import Axe, horizontal_overflow
from tests.factories import get_ada_marsh, open_speaker_window
from tests.live_site import LiveSite, LiveSites
from tests.materials.sample_files import make_pdf
from tests.programme.sample_pictures import make_rotated_with_location
from tests.waiting import HOST, wait_until

OWN = "/speak/ada-marsh"


def test_a_photo_and_slides_are_uploaded_on_a_phone(
    live_site: LiveSites, window: Page, axe: Axe, tmp_path: Path
) -> None:
    address = live_site().address
    picture, slides = tmp_path / "me.jpg", tmp_path / "talk.pdf"
    picture.write_bytes(make_rotated_with_location())
    slides.write_bytes(make_pdf(bytes(900_000)))
    open_speaker_window(window, address, get_ada_marsh())
    window.set_viewport_size({"width": 320, "height": 640})

    def look(state: str) -> None:
        assert (state, axe(window), horizontal_overflow(window)) == (state, [], 0)

    window.goto(f"{address}{OWN}")
    tasks = window.get_by_role("main").locator("dl")
    tasks.get_by_role("link", name="Photo", exact=True).press("Enter")
    look("No photo yet")
    window.get_by_label("Picture").set_input_files(picture)
    window.get_by_role("button", name="Send photo").press("Enter")
    expect(window.get_by_label("Description of the photo")).to_have_attribute(
        "aria-invalid", "true"
    )
    look("no words")
    window.get_by_label("Picture").set_input_files(picture)
    window.get_by_label("Description of the photo").fill("A woman with a red scarf")
    window.keyboard.press("Enter")
    square = window.get_by_role("button", name="The part that is shown.")
    expect(square).to_be_visible()
    look("the part")
    square.press("Shift+ArrowUp")
    square.press("-")
    expect(window.locator("[name=exact]")).to_have_value("50 40 98")
    window.get_by_role("button", name="Save crop").press("Enter")
    expect(window.get_by_role("img", name="A woman with a red scarf")).to_be_visible()
    look("sent")

    window.goto(f"{address}{OWN}/materials")
    look("nothing yet")
    window.get_by_role("link", name="Upload a file").first.press("Enter")
    window.get_by_role("button", name="Upload file").press("Enter")
    expect(window.get_by_label("File", exact=True)).to_have_attribute("aria-invalid", "true")
    look("no file")
    window.get_by_label("File", exact=True).set_input_files(slides)
    window.get_by_label("Title").fill("Slides")
    window.get_by_label("Now").check()
    window.get_by_role("button", name="Upload file").press("Enter")
    expect(window.get_by_text("Not downloaded yet")).to_be_visible()
    look("handed in")
    with window.expect_download() as taken:
        window.get_by_role("link", name="PDF, 900 kB").click()
    assert taken.value.path().read_bytes() == slides.read_bytes()
    window.get_by_role("link", name="Change Slides").click()
    look("changing")
    window.go_back()
    window.get_by_role("link", name="Delete Slides").click()
    look("asked")


def test_slides_are_uploaded_without_javascript(
    live_site: LiveSites, window_without_scripts: Page, tmp_path: Path
) -> None:
    window, address = window_without_scripts, live_site().address
    slides = tmp_path / "talk.pdf"
    slides.write_bytes(make_pdf())
    open_speaker_window(window, address, get_ada_marsh())

    window.goto(f"{address}{OWN}/materials")
    window.get_by_role("link", name="Upload a file").first.click()
    window.get_by_label("File", exact=True).set_input_files(slides)
    window.get_by_label("Title").fill("Slides")
    window.get_by_role("button", name="Upload file").click()

    expect(window.get_by_text("Public: when the session starts")).to_be_visible()


# What is cut off, and what is too large


def form(window: Page, file: bytes, name: str, **answers: str) -> bytes:
    """Write the form that is open as a browser sends it, with a file."""
    window.wait_for_load_state()
    token = window.locator("[name=csrf_token]").last.input_value()
    parts = [
        f'--part\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{value}\r\n'
        for field, value in {"csrf_token": token, **answers}.items()
    ]
    given = f'--part\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
    return f"{''.join(parts)}{given}".encode() + file + b"\r\n--part--\r\n"


def head(window: Page, running: LiveSite, length: int, *more: str) -> bytes:
    """Write what a browser says before it sends the form that is open."""
    path = window.url.removeprefix(running.address)
    cookies = "; ".join(f"{one['name']}={one['value']}" for one in window.context.cookies())
    lines = [
        f"POST {path} HTTP/1.1",
        f"Host: {HOST}:{running.port}",
        f"Cookie: {cookies}",
        "Content-Type: multipart/form-data; boundary=part",
        f"Content-Length: {length}",
        *more,
    ]
    return "\r\n".join([*lines, "", ""]).encode()


def answer(line: socket.socket, end: bytes = b"</html>") -> str:
    """Read what comes back: a page, or only where it leads."""
    line.settimeout(30)
    came = b""
    while end not in came and (piece := line.recv(65_536)):
        came += piece
    return came.decode()


def count_stored() -> int:
    """Count the stored rows without locking."""
    kinds = (Material, MaterialChunk, Photo)
    found = sum(db.session.scalar(select(func.count()).select_from(kind)) or 0 for kind in kinds)
    db.session.rollback()
    return found


@pytest.mark.both_databases
def test_an_interrupted_upload_leaves_nothing(live_site: LiveSites, window: Page) -> None:
    running = live_site()
    open_speaker_window(window, running.address, get_ada_marsh())
    window.goto(f"{running.address}{OWN}/materials")
    window.get_by_role("link", name="Upload a file").first.click()
    body = form(window, make_pdf(bytes(3_000_000)), "a.pdf", title="Slides", opens="now")

    with socket.create_connection((HOST, running.port)) as line:
        line.sendall(head(window, running, len(body)) + body[:2_000_000])

    window.reload()
    expect(window.get_by_role("heading", level=1)).to_have_text("Upload a file")
    window.goto(f"{running.address}{OWN}/materials")
    expect(window.get_by_text("No files or links yet.").first).to_be_visible()
    assert count_stored() == 0


def test_an_upload_repeated_after_a_lost_connection_is_stored_once(
    live_site: LiveSites, window: Page
) -> None:
    running = live_site()
    open_speaker_window(window, running.address, get_ada_marsh())

    window.goto(f"{running.address}{OWN}/photo")
    body = form(window, make_rotated_with_location(), "me.jpg", description="A woman")
    with socket.create_connection((HOST, running.port)) as line:
        line.sendall(head(window, running, len(body)) + body[:-200])
    window.reload()
    expect(window.get_by_role("heading", level=1)).to_have_text("Your photo")
    expect(window.get_by_text("You have sent this photo.")).to_have_count(0)
    assert count_stored() == 0
    with socket.create_connection((HOST, running.port)) as line:  # lost before the answer is read
        line.sendall(head(window, running, len(body)) + body)
        wait_until(lambda: count_stored() > 0, "the photo to be kept")
    window.reload()
    expect(window.get_by_text("You have sent this photo.")).to_be_visible()
    expect(window.get_by_role("img", name="A woman")).to_be_visible()

    window.goto(f"{running.address}{OWN}/materials")
    window.get_by_role("link", name="Upload a file").first.click()
    body = form(window, make_pdf(), "a.pdf", title="Slides", opens="now")
    with socket.create_connection((HOST, running.port)) as line:
        line.sendall(head(window, running, len(body)) + body)
        wait_until(lambda: count_stored() > 1, "the file to be kept")
    with socket.create_connection((HOST, running.port)) as line:
        line.sendall(head(window, running, len(body)) + body)
        again = answer(line, b"\r\n\r\n")
    window.goto(f"{running.address}{OWN}/materials?done=material-here")
    assert again.startswith("HTTP/1.1 303")
    assert "done=material-here" in again
    expect(window.get_by_text("This file has already been uploaded")).to_be_visible()
    expect(window.get_by_text("Not downloaded yet")).to_have_count(1)


def test_a_too_large_upload_shows_the_error_page_even_if_sent_early(
    live_site: LiveSites, window: Page
) -> None:
    running = live_site()
    open_speaker_window(window, running.address, get_ada_marsh())

    def told(megabytes: int, *more: str) -> str:
        body = form(window, bytes(megabytes * 1_000_000), "large", title="Slides", opens="now")
        with socket.create_connection((HOST, running.port)) as line:
            line.sendall(head(window, running, len(body), *more))
            if not more:
                line.sendall(body)
            return answer(line)

    window.goto(f"{running.address}{OWN}/photo")
    pictures = [told(12), told(45), told(12, "Expect: 100-continue")]
    window.goto(f"{running.address}{OWN}/materials")
    window.get_by_role("link", name="Upload a file").first.click()
    slides = told(60)
    db.session.execute(delete(LoginSession))
    db.session.commit()
    signed_out = told(60)

    for page in (*pictures, slides, signed_out):
        assert page.startswith("HTTP/1.1 413")
    assert all("The picture must be smaller than 10 MB" in page for page in pictures)
    assert "The file must be smaller than 50 MB" in slides
    assert "Too much data" in signed_out
    assert count_stored() == 0


def test_a_too_large_picture_is_refused_before_it_is_sent(
    live_site: LiveSites, window: Page, axe: Axe, tmp_path: Path
) -> None:
    address = live_site().address
    picture = tmp_path / "film.jpg"
    picture.write_bytes(make_rotated_with_location() + bytes(30_000_000))
    open_speaker_window(window, address, get_ada_marsh())
    window.goto(f"{address}{OWN}/photo")

    window.get_by_label("Picture").set_input_files(picture)
    window.get_by_label("Description of the photo").fill("A woman")
    window.get_by_role("button", name="Send photo").click()

    expect(window.get_by_role("alert")).to_contain_text("The picture must be smaller than 10 MB")
    assert axe(window) == []
    assert count_stored() == 0
