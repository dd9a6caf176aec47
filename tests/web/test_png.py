"""Pictures of squares, read by another program."""

from io import BytesIO

from PIL import Image

from app.web import png


def test_each_number_becomes_a_black_or_white_square() -> None:
    rows = [(1, 0, 0), (0, 1, 1)]

    picture = Image.open(BytesIO(png.write(rows, scale=3)))

    assert (picture.size, picture.mode) == ((9, 6), "1")
    squares = [[picture.getpixel((3 * x + 1, 3 * y + 1)) for x in range(3)] for y in range(2)]
    assert squares == [[0, 255, 255], [255, 0, 0]]
    assert picture.getpixel((8, 5)) == 0  # the last pixel of a line that fills no byte
