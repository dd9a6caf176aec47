"""What is handed in as slides or papers is known by what it holds, or refused in plain words."""

import zipfile
from io import BytesIO
from unittest.mock import patch

import pytest

from app.errors import Unreadable
from app.programme.materials import checking
from tests.programme.documents import (
    OF_ODP,
    OF_PPTX,
    TYPES,
    a_pdf,
    a_pptx,
    an_archive,
    an_odp,
    locked,
    saying_less,
)
from tests.programme.pictures import a_picture

MACROS = TYPES.replace(b"presentationml", b"presentation.macroEnabled")
ZEROS = bytes(600 * 1024)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (a_pdf(), "pdf"),
        (a_pdf() + b"\r\n" * 20, "pdf"),
        (a_pdf(b"PK\x05\x06 stands in a stream"), "pdf"),
        (a_pptx(), "pptx"),
        (a_pptx(ppt__media__image1_dot_png=bytes(9000)), "pptx"),
        (an_archive(OF_PPTX, zipfile.ZIP_STORED, comment=b"made by hand"), "pptx"),
        (an_odp(), "odp"),
        (an_odp(Pictures__face_dot_jpg=a_picture()), "odp"),
    ],
)
def test_slides_and_papers_are_known_by_what_they_hold(body: bytes, kind: str) -> None:
    assert checking.kind_of(BytesIO(body)) == kind


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        pytest.param(b"", "This file is empty", id="empty"),
        pytest.param(b"<html><script>alert(1)</script>", checking.NEITHER, id="html"),
        pytest.param(b"\n\n" + a_pdf(), checking.NEITHER, id="something before a pdf"),
        pytest.param(b"MZ" + a_pdf(), checking.NEITHER, id="program and pdf"),
        pytest.param(a_picture(), checking.NEITHER, id="picture"),
        pytest.param(b"\xd0\xcf\x11\xe0" + bytes(5000), checking.NEITHER, id="old powerpoint"),
        pytest.param(
            a_pdf(bytes(5000))[:3000],
            "This PDF has no end: it was cut off on its way. Hand it in again",
            id="half a pdf",
        ),
        pytest.param(
            a_pdf()[:-6] + a_pptx() + b"%%EOF",
            checking.TWO_THINGS.replace(checking.TWO_THINGS, "pdf"),
            id="an archive within a pdf is none",
        ),
        pytest.param(a_pdf() + an_archive({"a": b"b"}, comment=b"%%EOF"), checking.TWO_THINGS),
        pytest.param(
            an_archive({"%PDF-1.4 ": b"x", **OF_PPTX}), checking.TWO_THINGS, id="pptx and pdf"
        ),
        pytest.param(a_pptx()[:-30], checking.BROKEN, id="half a pptx"),
        pytest.param(a_pptx() + b"more", checking.BROKEN, id="something behind a pptx"),
        pytest.param(an_archive({"word/document.xml": b"x"}), checking.NEITHER, id="docx"),
        pytest.param(
            an_archive({"[Content_Types].xml": TYPES}), checking.NEITHER, id="nothing shown"
        ),
        pytest.param(
            an_archive({**OF_ODP, "mimetype": b"application/vnd.oasis.opendocument.text"}),
            checking.NEITHER,
            id="odt",
        ),
        pytest.param(
            an_archive({"content.xml": b"x", **OF_ODP}), checking.NEITHER, id="mimetype not first"
        ),
        pytest.param(a_pptx(ppt__vbaProject_dot_bin=b"x"), checking.PROGRAM, id="macros"),
        pytest.param(
            an_archive({**OF_PPTX, "[Content_Types].xml": MACROS}), checking.PROGRAM, id="pptm"
        ),
        pytest.param(a_pptx(ppt__activeX__a_dot_xml=b"x"), checking.PROGRAM, id="controls"),
        pytest.param(a_pptx(ppt__embeddings__a_dot_exe=b"x"), checking.PROGRAM, id="program"),
        pytest.param(an_odp(Basic__Standard__a_dot_xml=b"x"), checking.PROGRAM, id="odp macros"),
        pytest.param(an_odp(Scripts__python__a_dot_py=b"x"), checking.PROGRAM, id="odp scripts"),
        pytest.param(
            locked(a_pptx()),
            "This file is locked with a password: save it without one",
            id="locked",
        ),
        pytest.param(
            an_archive({**OF_PPTX, "../../etc/passwd": b"x"}), checking.BROKEN, id="leads away"
        ),
        pytest.param(
            an_archive({**OF_PPTX, "a\\b": b"x", "/c": b"x"}), checking.BROKEN, id="leads up"
        ),
        pytest.param(an_archive(OF_PPTX, zipfile.ZIP_LZMA), checking.BROKEN, id="packed oddly"),
        pytest.param(saying_less(a_pptx(zeros=ZEROS), 10), checking.BROKEN, id="says less"),
        pytest.param(
            an_archive({**OF_PPTX, **{f"a{number}": b"" for number in range(10_001)}}),
            checking.TOO_MUCH,
            id="very many",
        ),
        pytest.param(
            a_pptx() + bytes(checking.LARGEST), "This file is larger than 50 MB", id="50 MB"
        ),
    ],
)
def test_what_is_no_fit_file_is_refused_in_plain_words(body: bytes, sentence: str) -> None:
    if sentence == "pdf":
        assert checking.kind_of(BytesIO(body)) == "pdf"
        return
    with pytest.raises(Unreadable) as refusal:
        checking.kind_of(BytesIO(body))

    assert str(refusal.value) == sentence


def test_a_bomb_is_refused_before_anything_of_it_is_opened() -> None:
    bomb = a_pptx(zeros=bytes(8_000_000))
    with patch.object(checking, "LARGEST_OPENED", 7_000_000), pytest.raises(Unreadable) as refusal:
        checking.kind_of(BytesIO(bomb))

    assert str(refusal.value) == checking.TOO_MUCH


def test_a_directory_that_would_fill_the_memory_is_not_read() -> None:
    with patch.object(checking, "LARGEST_DIRECTORY", 100), pytest.raises(Unreadable) as refusal:
        checking.kind_of(BytesIO(a_pptx()))

    assert str(refusal.value) == checking.TOO_MUCH


@pytest.mark.parametrize("body", [a_pdf(), a_pptx(), an_odp()])
def test_every_beginning_of_a_file_is_refused_or_read_and_nothing_else(body: bytes) -> None:
    for length in range(0, len(body), max(1, len(body) // 60)):
        with pytest.raises(Unreadable):
            checking.kind_of(BytesIO(body[:length]))


def test_every_file_with_a_changed_byte_is_refused_or_read_and_nothing_else() -> None:
    whole = a_pptx(ppt__slides__slide1_dot_xml=b"<p:sld/>" * 20)
    for at in range(0, len(whole), 3):
        changed = bytearray(whole)
        changed[at] ^= 0xFF
        try:
            checking.kind_of(BytesIO(bytes(changed)))
        except Unreadable:
            continue
