"""A speaker's photo in a real browser: by keyboard, without JavaScript, accessibly."""

from pathlib import Path

from playwright.sync_api import Page, expect

from tests.chromium import Axe, horizontal_overflow
from tests.factories import publish_programme, sign_in_window
from tests.live_site import LiveSites
from tests.programme.sample_pictures import make_picture, make_rotated_with_location
from tests.waiting import wait_until

ADA = "/organise/speakers/ada-marsh"
IS_DRAWN = "one => one.complete && one.naturalWidth === 480 && one.clientWidth === one.clientHeight"


def expect_drawn(window: Page, name: str) -> None:
    """Wait until a photo has come, and is drawn as a square."""
    photo = window.get_by_role("img", name=name)
    wait_until(lambda: bool(photo.evaluate(IS_DRAWN)), f"“{name}” is drawn")


def test_a_photo_can_be_uploaded_published_and_removed_by_keyboard(
    live_site: LiveSites, window: Page, axe: Axe, tmp_path: Path
) -> None:
    address = live_site().address
    picture, broken = tmp_path / "me.jpg", tmp_path / "broken.png"
    picture.write_bytes(make_rotated_with_location())
    broken.write_bytes(make_picture("PNG")[:200])
    sign_in_window(window, address)
    window.set_viewport_size({"width": 320, "height": 640})

    def look(state: str) -> None:
        assert (state, axe(window), horizontal_overflow(window)) == (state, [], 0)

    window.goto(f"{address}/organise")
    window.get_by_role("link", name="2 speakers without a photo").click()
    window.get_by_role("link", name="Ada Marsh").click()
    look("none yet")
    window.get_by_role("link", name="Add a photo").press("Enter")
    look("asked")
    window.get_by_label("Picture").set_input_files(broken)
    window.get_by_label("Description of the photo").fill("A woman with a red scarf")
    window.keyboard.press("Enter")
    expect(window.get_by_label("Picture")).to_have_attribute("aria-invalid", "true")
    expect(window.get_by_label("Description of the photo")).to_have_value(
        "A woman with a red scarf"
    )
    look("refused")
    window.get_by_label("Picture").set_input_files(picture)
    window.get_by_role("button", name="Save photo").press("Enter")
    expect(window.get_by_role("status").first).to_contain_text("The photo has been saved.")
    expect_drawn(window, "A woman with a red scarf")
    look("given")

    publish_programme()
    public = f"{address}/speakers/ada-marsh"
    wait_until(lambda: "red scarf" in window.request.get(public).text(), "readers see the photo")
    for scheme in ("light", "dark"):
        window.emulate_media(color_scheme=scheme)
        window.goto(public)
        expect_drawn(window, "A woman with a red scarf")
        look(f"with a photo, {scheme}")
        window.goto(f"{address}/speakers/joao-mare")
        expect(window.locator("svg.portrait text")).to_have_text("JM")
        expect(window.get_by_role("img")).to_have_count(0)
        look(f"without one, {scheme}")

    window.goto(f"{address}{ADA}")
    window.get_by_role("button", name="Remove photo").press("Enter")
    expect(window.get_by_text("No photo yet.")).to_be_visible()


def test_a_photo_can_be_uploaded_without_javascript(
    live_site: LiveSites, window_without_scripts: Page, tmp_path: Path
) -> None:
    window, address = window_without_scripts, live_site().address
    picture, huge = tmp_path / "me.webp", tmp_path / "huge.jpg"
    picture.write_bytes(make_picture("WEBP"))
    huge.write_bytes(make_picture() + bytes(12 * 1024 * 1024))
    sign_in_window(window, address)

    window.goto(f"{address}{ADA}/photo")
    window.get_by_label("Picture").set_input_files(huge)
    window.get_by_role("button", name="Save photo").click()
    expect(window.locator("#file-error")).to_contain_text("The picture must be smaller than 10 MB")
    window.get_by_label("Picture").set_input_files(picture)
    window.get_by_label("Description of the photo").fill("A face")
    window.get_by_role("button", name="Save photo").click()

    expect(window.get_by_role("img", name="A face")).to_be_visible()


def test_photos_can_be_cropped_by_keyboard_and_pointer(
    live_site: LiveSites, window: Page, axe: Axe, tmp_path: Path
) -> None:
    address = live_site().address
    picture = tmp_path / "me.jpg"
    picture.write_bytes(make_rotated_with_location())
    sign_in_window(window, address)
    window.set_viewport_size({"width": 320, "height": 640})
    window.goto(f"{address}{ADA}/photo")
    window.get_by_label("Picture").set_input_files(picture)
    window.get_by_label("Description of the photo").fill("A woman with a red scarf")
    window.get_by_role("button", name="Save photo").press("Enter")

    window.get_by_role("link", name="Crop the photo").press("Enter")
    square = window.get_by_role("button", name="The part that is shown.")
    expect(square).to_be_visible()
    assert (axe(window), horizontal_overflow(window)) == ([], 0)
    square.focus()
    for key in ("ArrowUp", "Shift+ArrowUp", "-", "-", "Shift+ArrowLeft"):
        square.press(key)
    expect(window.locator(".part [role=status]")).to_have_text(
        "40 per cent across, 38 per cent down, size 96 per cent"
    )
    window.get_by_role("slider", name="Size").press("Home")
    window.get_by_role("slider", name="Down").press("End")
    expect(window.locator("[name=exact]")).to_have_value("40 100 40")
    window.locator(".part__picture").scroll_into_view_if_needed()
    around = window.locator(".part__picture").bounding_box()
    assert around is not None
    window.mouse.move(around["x"] + around["width"] / 2, around["y"] + around["height"] / 2)
    window.mouse.down()
    window.mouse.move(around["x"] + 1, around["y"] + 1, steps=4)
    window.mouse.up()
    expect(window.locator("[name=exact]")).to_have_value("0 0 40")
    assert axe(window) == []
    window.get_by_role("button", name="Save crop").press("Enter")

    expect(window.get_by_role("status").first).to_contain_text("The photo has been saved.")
    window.get_by_role("link", name="Crop the photo").click()
    expect(window.get_by_role("slider", name="Size")).to_have_value("40")


def test_photos_can_be_cropped_to_one_of_nine_positions_without_javascript(
    live_site: LiveSites, window_without_scripts: Page, tmp_path: Path
) -> None:
    window, address = window_without_scripts, live_site().address
    picture = tmp_path / "me.webp"
    picture.write_bytes(make_picture("WEBP", (600, 900)))
    sign_in_window(window, address)
    window.goto(f"{address}{ADA}/photo")
    window.get_by_label("Picture").set_input_files(picture)
    window.get_by_label("Description of the photo").fill("A face")
    window.get_by_role("button", name="Save photo").click()

    window.get_by_role("link", name="Crop the photo").click()
    expect(window.get_by_label("Middle", exact=True)).to_be_checked()
    window.get_by_label("Top", exact=True).check()
    window.get_by_label("Closest").check()
    window.get_by_role("button", name="Save crop").click()

    window.get_by_role("link", name="Crop the photo").click()
    expect(window.get_by_label("Top", exact=True)).to_be_checked()
    expect(window.get_by_label("Closest")).to_be_checked()
