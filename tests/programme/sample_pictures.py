"""Test pictures for uploads: plain, odd and hostile ones."""

import struct
import zlib
from io import BytesIO
from typing import Any

from PIL import Image, ImageDraw
from PIL.TiffImagePlugin import IFDRational

RED, GREEN, BLUE = (200, 30, 30), (30, 160, 60), (30, 60, 200)
LEFT_SIDE_DOWN = 6  # of EXIF: the camera was held upright, its top at the right of what it kept
GPS, MAKER = 0x8825, 0x010F


def make_picture(
    kind: str = "JPEG",
    size: tuple[int, int] = (640, 480),
    colour: Any = RED,
    mode: str = "RGB",
    **options: Any,
) -> bytes:
    """Give a picture of one colour as a file."""
    return encode(Image.new(mode, size, colour), kind, **options)


def encode(picture: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    """Give a picture as a file."""
    out = BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def make_logo(colour: str, size: tuple[int, int] = (600, 200), kind: str = "PNG") -> bytes:
    """Give a disc of one colour in a wide transparent picture."""
    picture = Image.new("RGBA", size, (0, 0, 0, 0))
    height = size[1]
    ImageDraw.Draw(picture).ellipse((height // 4, 0, height // 4 + height * 2, height - 1), colour)
    return encode(picture, kind)


def open_jpeg(body: bytes) -> Image.Image:
    """Open what is a JPEG and nothing else."""
    return Image.open(BytesIO(body), formats=["JPEG"])


def make_rotated_with_location() -> bytes:
    """Return a photo of a phone held upright: rotated by EXIF, which also contains the location."""
    picture = Image.new("RGB", (600, 400), BLUE)
    picture.paste(RED, (0, 0, 300, 400))
    exif = Image.Exif()
    exif[0x0112] = LEFT_SIDE_DOWN
    exif[MAKER] = "Secretcam"
    exif.get_ifd(GPS).update({1: "N", 2: tuple(IFDRational(one) for one in (51, 30, 26))})
    return encode(picture, exif=exif.tobytes(), comment=b"taken at home")


def make_decompression_bomb(width: int, height: int) -> bytes:
    """Give a small PNG that says it is huge."""

    def chunk(kind: bytes, held: bytes) -> bytes:
        checked = struct.pack(">I", zlib.crc32(kind + held))
        return struct.pack(">I", len(held)) + kind + held + checked

    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    rows = zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def repeat_last_scan(body: bytes, times: int) -> bytes:
    """Give a JPEG whose last way over the picture is taken again and again."""
    last = body.rindex(b"\xff\xda")
    return body[:-2] + body[last:-2] * times + body[-2:]


def make_rotated(orientation: int) -> bytes:
    """Give a picture whose top is red once it is turned as its EXIF data say (EXIF 2.32, 4.6.4)."""
    upright = Image.new("RGB", (600, 600), BLUE)
    upright.paste(RED, (0, 0, 600, 300))
    upright.paste(GREEN, (0, 0, 150, 150))  # the left corner distinguishes mirrored pictures
    back = {
        1: None,
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = upright if back is None else upright.transpose(back)
    return encode(stored, exif=exif.tobytes())


def make_animation(kind: str) -> bytes:
    """Give an animation whose first picture is green."""
    others = [Image.new("RGB", (300, 300), colour) for colour in (RED, BLUE)]
    first = Image.new("RGB", (300, 300), GREEN)
    return encode(first, kind, save_all=True, append_images=others, duration=40, lossless=True)


def make_display_p3_profile() -> bytes:
    """Give a colour profile as telephones write it, Display P3, with a plain curve (ICC.1:2010)."""

    def fixed(*numbers: float) -> bytes:
        return b"".join(struct.pack(">i", round(one * 65536)) for one in numbers)

    def colour(*numbers: float) -> bytes:
        return b"XYZ \0\0\0\0" + fixed(*numbers)

    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(2.2 * 256)) + b"\0\0"
    tags = {
        b"desc": b"desc\0\0\0\0" + struct.pack(">I", 3) + b"P3\0" + bytes(79) + b"\0\0",
        b"cprt": b"text\0\0\0\0none\0\0\0\0",
        b"wtpt": colour(0.9642, 1.0, 0.8249),
        b"rXYZ": colour(0.5151, 0.2412, -0.0011),
        b"gXYZ": colour(0.2919, 0.6922, 0.0419),
        b"bXYZ": colour(0.1572, 0.0666, 0.7841),
        b"rTRC": curve,
        b"gTRC": curve,
        b"bTRC": curve,
    }
    table, payload, at = b"", b"", 128 + 4 + 12 * len(tags)
    for name, tag in tags.items():
        padded = tag + bytes(-len(tag) % 4)
        table += name + struct.pack(">II", at + len(payload), len(tag))
        payload += padded
    whole = struct.pack(">I", len(tags)) + table + payload
    head = struct.pack(
        ">I4sI4s4s4s", 128 + len(whole), b"none", 0x02400000, b"mntr", b"RGB ", b"XYZ "
    )
    head += struct.pack(">6H4s", 2008, 11, 6, 9, 0, 0, b"acsp") + bytes(28)
    head += fixed(0.9642, 1.0, 0.8249)
    return head + bytes(128 - len(head)) + whole
