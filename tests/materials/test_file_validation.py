"""Uploaded slides and papers are recognised by content, or refused with an explanation."""

import random
import re
import time
import zipfile
import zlib
from dataclasses import replace
from io import BytesIO
from tempfile import TemporaryFile
from unittest.mock import patch

import pytest

from app.errors import InvalidFile
from app.materials import active_content, file_validation
from tests.materials.sample_files import (
    OF_DOCX,
    OF_ODP,
    OF_ODT,
    OF_PPTX,
    TYPES,
    make_odp,
    make_pdf,
    make_pptx,
    make_zip,
    mark_encrypted,
    understate_sizes,
)
from tests.programme.sample_pictures import make_picture

MACROS = TYPES.replace(b"presentationml", b"presentation.macroEnabled")
ZEROS = bytes(600 * 1024)
MEGABYTE = 1024 * 1024
OWN_TEMPLATE = "file:///C:\\Users\\Ada\\Templates\\White.potx"  # as Office writes it


def relate(kind: str, target: str) -> bytes:
    """Give relationships of a part of an Office file, one of which leads outside."""
    base = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    return (
        f'<Relationships><Relationship Id="a" Type="{base}/{kind}" Target="{target}" '
        'TargetMode="External"/></Relationships>'
    ).encode()


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (make_pdf(), "pdf"),
        (make_pdf() + b"\r\n" * 20, "pdf"),
        (make_pdf(b"PK\x05\x06 stands in a stream"), "pdf"),
        (make_pptx(), "pptx"),
        (make_pptx(ppt__media__image1_dot_png=bytes(9000)), "pptx"),
        (make_zip(OF_PPTX, zipfile.ZIP_STORED, comment=b"made by hand"), "pptx"),
        (make_pptx(ppt___rels__a_dot_rels=relate("hyperlink", "https://a.example/")), "pptx"),
        (make_pptx(ppt___rels__a_dot_rels=relate("attachedTemplate", OWN_TEMPLATE)), "pptx"),
        (make_odp(), "odp"),
        (make_odp(Pictures__face_dot_jpg=make_picture()), "odp"),
    ],
)
def test_slides_and_papers_are_detected_by_their_content(body: bytes, kind: str) -> None:
    assert file_validation.detect_type(BytesIO(body)) == kind


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (make_pdf(), "pdf"),
        (make_zip(OF_DOCX), "docx"),
        (make_zip(OF_ODT), "odt"),
        (make_picture(), "jpg"),
        (make_picture("PNG"), "png"),
    ],
)
def test_documents_and_pictures_are_detected_where_they_are_allowed(body: bytes, kind: str) -> None:
    assert file_validation.detect_type(BytesIO(body), file_validation.DOCUMENTS) == kind


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        pytest.param(make_pptx(), file_validation.NOT_A_DOCUMENT_MESSAGE, id="pptx"),
        pytest.param(make_odp(), file_validation.NOT_A_DOCUMENT_MESSAGE, id="odp"),
        pytest.param(make_picture("WEBP"), file_validation.NOT_A_DOCUMENT_MESSAGE, id="webp"),
        pytest.param(make_picture()[:-9], file_validation.BROKEN_MESSAGE, id="half a jpeg"),
        pytest.param(make_picture("PNG")[:-9], file_validation.BROKEN_MESSAGE, id="half a png"),
        pytest.param(
            make_picture() + make_zip(OF_DOCX), file_validation.POLYGLOT_MESSAGE, id="jpeg and zip"
        ),
        pytest.param(
            make_zip({**OF_DOCX, "word/vbaProject.bin": b"x"}),
            active_content.MACRO_MESSAGE,
            id="docm",
        ),
        pytest.param(
            make_zip({**OF_DOCX, "word/embeddings/oleObject1.bin": b"x"}),
            active_content.OBJECT_MESSAGE,
            id="objects in a docx",
        ),
        pytest.param(
            make_zip({**OF_ODT, "Basic/Standard/a.xml": b"x"}),
            active_content.MACRO_MESSAGE,
            id="odt macros",
        ),
        pytest.param(
            make_zip({**OF_DOCX, "word/media/a.bin": bytes(65 * 1024 * 1024)}),
            file_validation.TOO_LARGE_MESSAGE,
            id="bomb",
        ),
    ],
)
def test_other_files_are_refused_as_documents(body: bytes, sentence: str) -> None:
    with pytest.raises(InvalidFile, match=re.escape(sentence)):
        file_validation.detect_type(BytesIO(body), file_validation.DOCUMENTS)


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        pytest.param(b"", "The file is empty", id="empty"),
        pytest.param(
            b"<html><script>alert(1)</script>", file_validation.NOT_SLIDES_MESSAGE, id="html"
        ),
        pytest.param(
            b"\n\n" + make_pdf(), file_validation.NOT_SLIDES_MESSAGE, id="something before a pdf"
        ),
        pytest.param(b"MZ" + make_pdf(), file_validation.NOT_SLIDES_MESSAGE, id="program and pdf"),
        pytest.param(make_picture(), file_validation.NOT_SLIDES_MESSAGE, id="picture"),
        pytest.param(
            b"\xd0\xcf\x11\xe0" + bytes(5000),
            file_validation.NOT_SLIDES_MESSAGE,
            id="old powerpoint",
        ),
        pytest.param(
            make_pdf(bytes(5000))[:3000],
            "This PDF is incomplete. Upload it again",
            id="half a pdf",
        ),
        pytest.param(
            make_pdf()[:-6] + make_pptx() + b"%%EOF",
            file_validation.POLYGLOT_MESSAGE.replace(file_validation.POLYGLOT_MESSAGE, "pdf"),
            id="an archive within a pdf is none",
        ),
        pytest.param(
            make_pdf() + make_zip({"a": b"b"}, comment=b"%%EOF"), file_validation.POLYGLOT_MESSAGE
        ),
        pytest.param(
            make_zip({"%PDF-1.4 ": b"x", **OF_PPTX}),
            file_validation.POLYGLOT_MESSAGE,
            id="pptx and pdf",
        ),
        pytest.param(make_pptx()[:-30], file_validation.BROKEN_MESSAGE, id="half a pptx"),
        pytest.param(
            make_pptx() + b"more", file_validation.BROKEN_MESSAGE, id="something behind a pptx"
        ),
        pytest.param(
            make_zip({"word/document.xml": b"x"}), file_validation.NOT_SLIDES_MESSAGE, id="docx"
        ),
        pytest.param(
            make_zip({"[Content_Types].xml": TYPES}),
            file_validation.NOT_SLIDES_MESSAGE,
            id="nothing shown",
        ),
        pytest.param(
            make_zip({**OF_ODP, "mimetype": b"application/vnd.oasis.opendocument.text"}),
            file_validation.NOT_SLIDES_MESSAGE,
            id="odt",
        ),
        pytest.param(
            make_zip({"content.xml": b"x", **OF_ODP}),
            file_validation.NOT_SLIDES_MESSAGE,
            id="mimetype not first",
        ),
        pytest.param(
            make_pptx(ppt__vbaProject_dot_bin=b"x"), active_content.MACRO_MESSAGE, id="macros"
        ),
        pytest.param(
            make_zip({**OF_PPTX, "[Content_Types].xml": MACROS}),
            active_content.MACRO_MESSAGE,
            id="pptm",
        ),
        pytest.param(
            make_pptx(ppt__activeX__a_dot_xml=b"x"), active_content.MACRO_MESSAGE, id="controls"
        ),
        pytest.param(
            make_pptx(ppt__embeddings__a_dot_exe=b"x"), active_content.MACRO_MESSAGE, id="program"
        ),
        pytest.param(
            make_pptx(
                ppt___rels__a_dot_rels=relate("attachedTemplate", "https://a.example/b.potm")
            ),
            active_content.LINK_MESSAGE,
            id="template from the internet",
        ),
        pytest.param(
            make_pptx(ppt___rels__a_dot_rels=relate("oleObject", "\\\\a.example\\b")),
            active_content.LINK_MESSAGE,
            id="object from another computer",
        ),
        pytest.param(
            make_odp(Basic__Standard__a_dot_xml=b"x"),
            active_content.MACRO_MESSAGE,
            id="odp macros",
        ),
        pytest.param(
            make_odp(Scripts__python__a_dot_py=b"x"),
            active_content.MACRO_MESSAGE,
            id="odp scripts",
        ),
        pytest.param(
            mark_encrypted(make_pptx()),
            "This file has a password. Save it without a password",
            id="locked",
        ),
        pytest.param(
            make_zip({**OF_PPTX, "../../etc/passwd": b"x"}),
            file_validation.BROKEN_MESSAGE,
            id="leads away",
        ),
        pytest.param(
            make_zip({**OF_PPTX, "a\\b": b"x", "/c": b"x"}),
            file_validation.BROKEN_MESSAGE,
            id="leads up",
        ),
        pytest.param(
            make_zip(OF_PPTX, zipfile.ZIP_LZMA), file_validation.BROKEN_MESSAGE, id="packed oddly"
        ),
        pytest.param(
            understate_sizes(make_pptx(zeros=ZEROS), 10),
            file_validation.BROKEN_MESSAGE,
            id="says less",
        ),
    ],
)
def test_unsupported_files_are_refused_with_a_clear_message(body: bytes, sentence: str) -> None:
    if sentence == "pdf":
        assert file_validation.detect_type(BytesIO(body)) == "pdf"
        return
    assert refusal_of(body) == sentence


def test_an_archive_of_very_many_files_is_refused() -> None:
    archive = make_zip({**OF_PPTX, **{f"a{number}": b"" for number in range(10_001)}})

    assert refusal_of(archive) == file_validation.TOO_LARGE_MESSAGE


def test_a_file_of_more_than_50_mb_is_refused() -> None:
    large = make_pptx() + bytes(file_validation.MAX_BYTES)

    assert refusal_of(large) == "The file must be smaller than 50 MB"


def refusal_of(body: bytes) -> str:
    """Return the sentence with which a file is refused."""
    with pytest.raises(InvalidFile) as refusal:
        file_validation.detect_type(BytesIO(body))
    return str(refusal.value)


def pack(body: bytes, filters: bytes = b"/FlateDecode") -> bytes:
    """Give an object stream as PDF writers make it."""
    return (
        b"7 0 obj<</Type/ObjStm/N 1/First 4/Filter"
        + filters
        + b">>stream\n"
        + zlib.compress(b"1 0 " + body)
        + b"\nendstream endobj\n"
    )


SCRIPT = b"<</S/JavaScript/JS(app.alert(1))>>"


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (make_pdf(b"1 0 obj" + SCRIPT + b"endobj"), active_content.SCRIPT_MESSAGE),
        (make_pdf(b"1 0 obj<</S/J#61vaScr#69pt>>endobj"), active_content.SCRIPT_MESSAGE),
        (
            make_pdf(b"1 0 obj<</OpenAction<</S/Launch/F(a)>>>>endobj"),
            active_content.SCRIPT_MESSAGE,
        ),
        (
            make_pdf(b"1 0 obj<</Names<</EmbeddedFiles 3 0 R>>>>endobj"),
            active_content.SCRIPT_MESSAGE,
        ),
        (make_pdf(b"% (\n1 0 obj" + SCRIPT + b"endobj % )\n"), active_content.SCRIPT_MESSAGE),
        (make_pdf(pack(SCRIPT)), active_content.SCRIPT_MESSAGE),
        (
            make_pdf(pack(SCRIPT, b"[/ASCIIHexDecode/FlateDecode]")),
            active_content.UNREADABLE_MESSAGE,
        ),
        (make_pdf(b"trailer<</Encrypt 5 0 R>>"), active_content.PROTECTED_MESSAGE),
        (make_pptx(ppt__embeddings__oleObject1_dot_bin=b"x"), active_content.OBJECT_MESSAGE),
        (make_pptx(ppt__embeddings__book_dot_xlsm=b"x"), active_content.MACRO_MESSAGE),
        (
            make_odp(content_dot_xml=b"<a><script:event-listener xlink:href='x'/></a>"),
            active_content.MACRO_MESSAGE,
        ),
        (
            make_odp(**{"META-INF__manifest_dot_xml": b"media-type='application/x-ole'"}),
            active_content.OBJECT_MESSAGE,
        ),
    ],
)
def test_scripts_and_embedded_programs_are_refused(body: bytes, sentence: str) -> None:
    with pytest.raises(InvalidFile) as refusal:
        file_validation.detect_type(BytesIO(body))

    assert str(refusal.value) == sentence


@pytest.mark.parametrize(
    "body",
    [
        make_pdf(b"1 0 obj<</Title(HTML/JavaScript (a /JS b) basics \\( /Launch)>>endobj"),
        make_pdf(b"1 0 obj<</Length 20>>stream\n<</S/JavaScript/JS>>\nendstream endobj"),
        make_pdf(b"1 0 obj<</A<</S/URI/URI(https://example.org/JS)>>>>endobj"),
        make_pdf(pack(b"<</Title(JS /JS)/S/GoTo>>")),
        make_pptx(ppt__embeddings__Microsoft_Excel_Sheet1_dot_xlsx=b"the numbers of a chart"),
        make_odp(content_dot_xml=b"<a><presentation:event-listener/></a>"),
    ],
)
def test_text_and_charts_are_not_mistaken_for_active_content(body: bytes) -> None:
    file_validation.detect_type(BytesIO(body))


def test_a_script_in_a_large_pdf_on_disk_is_refused() -> None:
    with TemporaryFile() as file:
        file.write(make_pdf(bytes(3_000_000) + b"1 0 obj" + SCRIPT + b"endobj"))

        with pytest.raises(InvalidFile) as refusal:
            file_validation.detect_type(file)

    assert str(refusal.value) == active_content.SCRIPT_MESSAGE


@pytest.mark.parametrize(
    "hostile", [b"(", b"(a", b"(a)", b"/J#4a", b" stream\n", b"\\(", b"%", b"(()"]
)
def test_checking_a_pdf_takes_linear_time(hostile: bytes) -> None:
    all_of_it = replace(file_validation.SLIDES.pdf_limits, tokens=10**9)
    rules = replace(file_validation.SLIDES, pdf_limits=all_of_it)

    def measure(length: int) -> float:
        body = make_pdf(hostile * (length // len(hostile)))
        times = []
        for _ in range(3):
            began = time.thread_time()
            file_validation.detect_type(BytesIO(body), rules)
            times.append(time.thread_time() - began)
        return min(times)

    assert measure(1_600_000) < 16 * 4 * max(measure(100_000), 0.001)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(pack(b"/A" * (9 * MEGABYTE // 2)), id="one object stream"),
        pytest.param(pack(b"/A" * (MEGABYTE // 2)) * 9, id="several"),
        pytest.param(pack(b"()" * 160_000), id="strings in one"),
        pytest.param(b"(()())" * 60_000, id="strings"),
        pytest.param(b"%\n" * 310_000, id="comments"),
        pytest.param(b"/A#41" * 310_000, id="names with escapes"),
        pytest.param(b"1 0 obj endobj\n" * 310_000, id="objects"),
        pytest.param(pack(b"")[:60] + b"\nendstream endobj\n" * 310_000, id="ends"),
    ],
)
def test_a_pdf_that_takes_too_much_work_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidFile) as refusal:
        file_validation.detect_type(BytesIO(make_pdf(body)), file_validation.DOCUMENTS)

    assert str(refusal.value) == active_content.TOO_COMPLEX_MESSAGE


def test_an_object_stream_just_above_the_limit_is_refused() -> None:
    """The end of what is unpacked must not be left in the decompressor."""
    hidden = bytes(7 * MEGABYTE) + b" " * 200 + SCRIPT
    limit = len(hidden) + len(b"1 0 ") - len(SCRIPT)
    limits = replace(file_validation.DOCUMENTS.pdf_limits, unpacked_bytes=limit)
    rules = replace(file_validation.DOCUMENTS, pdf_limits=limits)

    with pytest.raises(InvalidFile):
        file_validation.detect_type(BytesIO(make_pdf(pack(hidden))), rules)


def test_a_large_scan_and_a_long_report_are_accepted() -> None:
    photo = b"9 0 obj<</Subtype/Image/Filter/DCTDecode>>stream\n%s\nendstream endobj\n"
    scan = photo % random.Random(1).randbytes(9 * MEGABYTE)
    entry = b"<</Type/StructElem/S/P/K 3/Pg 4 0 R/Alt(A table)>>"
    report = b"8 0 obj<</Title(One)/A<</S/URI/URI(https://a.example)>>>>endobj\n" * 20_000

    for body in (scan, report + pack(entry * 40_000)):
        pdf = BytesIO(make_pdf(body))
        assert file_validation.detect_type(pdf, file_validation.DOCUMENTS) == "pdf"


def test_meaningless_pdf_names_are_skipped_in_bulk() -> None:
    """A step in Python for each name would take a minute for the names of one hostile file."""
    limits = replace(file_validation.DOCUMENTS.pdf_limits, tokens=200)
    rules = replace(file_validation.DOCUMENTS, pdf_limits=limits)
    names = b"1 0 obj<<" + b"/A/Bcd 1/stream/seen/JSon/a-stream\n/endobj" * 50_000 + b">>endobj"

    for body in (names, pack(names[9:-6])):
        assert file_validation.detect_type(BytesIO(make_pdf(body)), rules) == "pdf"


@pytest.mark.parametrize("before", [b"", b"/A", b"/a-stream\n", b"/endobj", b"(/a", b"e s/%a\n"])
@pytest.mark.parametrize("count", [1, 19_999, 20_000, 20_001, 45_000])
def test_a_pdf_script_is_found_after_any_number_of_names(before: bytes, count: int) -> None:
    names = before * count if before != b"(/a" else before + b")/a" * count

    body = b"1 0 obj<<" + names + b" /X" + SCRIPT + b">>\nendobj 2 0 obj<</Y(endstream)>>endobj"

    assert refusal_of(make_pdf(body)) == active_content.SCRIPT_MESSAGE


def test_a_zip_bomb_is_refused_before_unpacking() -> None:
    bomb = make_pptx(zeros=bytes(8_000_000))
    rules = replace(file_validation.SLIDES, max_unpacked_bytes=7_000_000)
    with pytest.raises(InvalidFile) as refusal:
        file_validation.detect_type(BytesIO(bomb), rules)

    assert str(refusal.value) == file_validation.TOO_LARGE_MESSAGE


def test_a_huge_zip_directory_is_refused_without_reading_it() -> None:
    with (
        patch.object(file_validation, "MAX_DIRECTORY_BYTES", 100),
        pytest.raises(InvalidFile) as refusal,
    ):
        file_validation.detect_type(BytesIO(make_pptx()))

    assert str(refusal.value) == file_validation.TOO_LARGE_MESSAGE


@pytest.mark.parametrize("body", [make_pdf(), make_pptx(), make_odp()])
def test_a_truncated_file_is_refused_without_other_errors(body: bytes) -> None:
    for length in range(0, len(body), max(1, len(body) // 60)):
        with pytest.raises(InvalidFile):
            file_validation.detect_type(BytesIO(body[:length]))


def test_a_file_with_a_changed_byte_causes_no_other_error_than_refusal() -> None:
    whole = make_pptx(ppt__slides__slide1_dot_xml=b"<p:sld/>" * 20)
    for at in range(0, len(whole), 3):
        changed = bytearray(whole)
        changed[at] ^= 0xFF
        try:
            file_validation.detect_type(BytesIO(bytes(changed)))
        except InvalidFile:
            continue
