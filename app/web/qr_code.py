"""QR codes. A page must also show their content as text."""

import segno
from markupsafe import Markup


def render_svg(text: str) -> Markup:
    """Return a QR code as an inline SVG that scales to its container."""
    code = segno.make(text, error="m", micro=False)
    svg: str = code.svg_inline(border=4, light="#fff", omitsize=True)
    return Markup(svg)  # noqa: S704 – our own SVG
