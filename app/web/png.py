"""Black and white squares as PNG files, with one bit per pixel (ISO/IEC 15948).

The QR code library writes each pixel individually, which takes ten times as long.
"""

import struct
import zlib
from collections.abc import Iterable
from typing import Final

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
UNFILTERED: Final = b"\0"  # filter type, at the start of each line


def write(rows: Iterable[Iterable[int]], scale: int) -> bytes:
    """Return a picture in which each number is a square of several pixels: 1 is black."""
    lines = ["".join(("1", "0")[one] * scale for one in row) for row in rows]
    width = len(lines[0])
    filled = -(-width // 8)
    packed = [int(line.ljust(filled * 8, "0"), 2).to_bytes(filled, "big") for line in lines]
    pixels = b"".join((UNFILTERED + line) * scale for line in packed)
    header = struct.pack(">IIBBBBB", width, len(lines) * scale, 1, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(pixels)), (b"IEND", b""))
    return SIGNATURE + b"".join(_write_chunk(kind, data) for kind, data in chunks)


def _write_chunk(kind: bytes, data: bytes) -> bytes:
    checksum = zlib.crc32(kind + data)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checksum)
