"""QR codes: what stands in them must stand beside them in words too."""

from markupsafe import Markup


def drawn(text: str) -> Markup:
    """Draw a QR code: an SVG that stands in the page and fills its place."""
    import segno  # noqa: PLC0415 – where it is needed: on few pages

    code = segno.make(text, error="m", micro=False)
    svg: str = code.svg_inline(border=4, light="#fff", omitsize=True)
    return Markup(svg)  # noqa: S704 – our own SVG
