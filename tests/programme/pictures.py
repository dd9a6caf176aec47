"""Pictures that tests hand in: plain ones, odd ones and hostile ones."""

import struct
import zlib
from io import BytesIO
from typing import Any

from PIL import Image
from PIL.TiffImagePlugin import IFDRational

RED, GREEN, BLUE = (200, 30, 30), (30, 160, 60), (30, 60, 200)
LEFT_SIDE_DOWN = 6  # of EXIF: the camera was held upright, its top at the right of what it kept
GPS, MAKER = 0x8825, 0x010F


def a_picture(
    kind: str = "JPEG",
    size: tuple[int, int] = (640, 480),
    colour: Any = RED,
    mode: str = "RGB",
    **told: Any,
) -> bytes:
    """Give a picture of one colour as a file."""
    return in_a_file(Image.new(mode, size, colour), kind, **told)


def in_a_file(picture: Image.Image, kind: str = "JPEG", **told: Any) -> bytes:
    """Give a picture as a file."""
    out = BytesIO()
    picture.save(out, kind, **told)
    return out.getvalue()


def opened(body: bytes) -> Image.Image:
    """Open what is a JPEG and nothing else."""
    return Image.open(BytesIO(body), formats=["JPEG"])


def turned_and_located() -> bytes:
    """Give what a phone held upright makes: turned by its EXIF data, which tell the place too."""
    picture = Image.new("RGB", (600, 400), BLUE)
    picture.paste(RED, (0, 0, 300, 400))
    told = Image.Exif()
    told[0x0112] = LEFT_SIDE_DOWN
    told[MAKER] = "Secretcam"
    told.get_ifd(GPS).update({1: "N", 2: tuple(IFDRational(one) for one in (51, 30, 26))})
    return in_a_file(picture, exif=told.tobytes(), comment=b"taken at home")


def a_bomb(width: int, height: int) -> bytes:
    """Give a small PNG that says it is huge."""

    def chunk(kind: bytes, held: bytes) -> bytes:
        checked = struct.pack(">I", zlib.crc32(kind + held))
        return struct.pack(">I", len(held)) + kind + held + checked

    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    rows = zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def many_times_over(body: bytes, times: int) -> bytes:
    """Give a JPEG whose last way over the picture is taken again and again."""
    last = body.rindex(b"\xff\xda")
    return body[:-2] + body[last:-2] * times + body[-2:]
