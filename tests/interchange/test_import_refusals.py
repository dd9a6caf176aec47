"""What is no programme is refused with a sentence, whatever the bytes."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.errors import RuleViolation
from app.interchange.importers.detect import MAX_BYTES, read_file
from app.interchange.importers.parsed_programme import ParseResult
from tests.interchange.sample_schedules import (
    FILES,
    make_event_xml,
    make_schedule_xml,
    parse_contents,
)

LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE schedule [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'
    "<schedule>&b;</schedule>"
)
LOUD_LAUGHS = (  # a gigabyte of them
    '<!DOCTYPE schedule [<!ENTITY a0 "ha">'
    + "".join(f'<!ENTITY a{level} "{f"&a{level - 1};" * 10}">' for level in range(1, 10))
    + ']><schedule version="&a9;">&a9;</schedule>'
)
OUTSIDE = (
    '<?xml version="1.0"?><!DOCTYPE schedule [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    "<schedule>&x;</schedule>"
)
NOT_PROGRAMMES = {
    b"": "This file is empty",
    b" \n\t ": "This file is empty",
    b"Dear all, here is the programme": "We cannot read this file. Choose XML, JSON, a calendar",
    b"\x89PNG\r\n\x1a\n\x00\x00": "This file should be in UTF-8, but line 1 is not",
    b"%PDF\x00\x01": "This is not a text file",
    b"<!DOCTYPE html><html><body>Sign in</body></html>": "This is a web page",
    b"<?xml version='1.0'?>\n<html xmlns='x'/>": "This is a web page",
    b"<!-- hello --><HTML>": "This is a web page",
    b"<feed/>": "This is XML, but it contains “feed” instead of a schedule",
    b"<schedule><day>\n</schedule>": (
        "This file is not well-formed XML: line 2: Opening and ending tag mismatch: day line 1"
    ),
    b"<": "This file is not well-formed XML: ",
    b"<schedule>&nbsp;</schedule>": (
        "This file is not well-formed XML: line 1: Entity 'nbsp' not defined"
    ),
    b"<schedule/>": "There are no valid sessions in this file",
    b"BEGIN:VCALENDAR\nEND:VCALENDAR": "There are no valid sessions in this file",
    b"BEGIN:VCALENDAR\nBEGIN:VEVENT": "This calendar is not well formed",
    b"{}": "This is JSON, but neither a schedule",
    b"[1, 2]": "This is JSON, but neither a schedule",
    b'{"schedule": []}': "This is JSON, but neither a schedule",
    b'{"schedule": {}}': "There are no valid sessions in this file",
    b'{"format": "conference/1"}': "There are no valid sessions in this file",
    b'{"format": "conference/2"}': "This is JSON, but neither a schedule",
    b'{"schedule": {': "This file is not valid JSON: line 1:",
    b'{"schedule": ' + b"9" * 5000 + b"}": "This file has a number that is too long",
    b"[" * 150_000: "This file is nested too deeply to be a programme",
    b"[" * 200_001: "This file is too large to be a programme",
    b"<a>" * 50: "This file is not well-formed XML: line 1: Premature end of data in tag a",
    b"<a>" * 300 + b"</a>" * 300: "This file is nested too deeply",
    b"<?xml version='1.0' encoding='utf-7'?><schedule/>": "This file says it is in",
    b"<?xml version='1.0' encoding='iso-8859-99'?><a>\xe9</a>": "This file says it is in",
    b"<?xml version='1.0' encoding='utf-8'?>\n<a>\xe9</a>": "This file should be in UTF-8",
    b"<!DOCTYPE schedule><schedule/>": "This file has a document type",
    LOUD_LAUGHS.encode(): "This file is not well-formed XML: line 1: Maximum entity amplification",
    LAUGHS.encode(): "This file has a document type",
    OUTSIDE.encode(): "This file has a document type",
    OUTSIDE.encode("utf-16"): "This file has a document type",
}


@pytest.mark.parametrize(
    ("contents", "sentence"), NOT_PROGRAMMES.items(), ids=range(len(NOT_PROGRAMMES))
)
def test_a_file_that_is_not_a_programme_is_refused_with_a_message(
    contents: bytes, sentence: str, tmp_path: Path
) -> None:
    with pytest.raises(RuleViolation, match=f"^{re.escape(sentence)}"):
        parse_contents(contents, tmp_path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RuleViolation, match=r"^There is no file called .*nowhere\.xml$"):
        read_file(tmp_path / "nowhere.xml")


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RuleViolation, match=r"is a folder, not a file$"):
        read_file(tmp_path)


@pytest.mark.parametrize("name", ["no\0where.xml", "long" * 100])
def test_an_invalid_file_name_is_refused(name: str) -> None:
    with pytest.raises(RuleViolation, match=r"^There is no file called|^Cannot open the file"):
        read_file(Path(name))


def test_a_huge_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    huge = tmp_path / "huge.xml"
    with huge.open("wb") as file:
        file.truncate(MAX_BYTES + 1)

    with pytest.raises(RuleViolation, match=r"^The file must be smaller than 32 MB"):
        read_file(huge)


def test_too_many_xml_elements_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RuleViolation, match=r"is too large to be a programme$"):
        parse_contents("<schedule>" + "<day/>" * 400_000 + "</schedule>", tmp_path)


def test_too_many_sessions_are_refused(tmp_path: Path) -> None:
    events = [f"<event id='{number}'/>" for number in range(20_001)]

    with pytest.raises(RuleViolation, match=r"^This file has more than 20,000 sessions$"):
        parse_contents(make_schedule_xml(*events), tmp_path)


def test_a_file_without_titles_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RuleViolation, match=r"^There are no valid sessions in this file$"):
        parse_contents(make_schedule_xml(make_event_xml(title="")), tmp_path)


def test_a_file_without_dates_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RuleViolation, match=r"^There are no valid dates in this file$"):
        parse_contents(
            make_schedule_xml(make_event_xml(date=""), day="", start="", end=""), tmp_path
        )


SEEDS = [path.read_bytes() for path in sorted(FILES.iterdir())] + [
    make_schedule_xml(
        make_event_xml(people="<person>Ada</person>", links="<link href='//x'>y</link>")
    ).encode()
]
SPLICES = st.one_of(
    st.binary(max_size=12),
    st.text(max_size=12).map(lambda words: words.encode("utf-8", "surrogatepass")),
    st.sampled_from(
        [
            b"",
            b"null",
            b"[]",
            b"{}",
            b"NaN",
            b"-1e999",
            b'"\\ud800"',
            b"99999-99-99",
            b"9999-12-31T23:59:59-12:00",
            b"0001-01-01T00:00:00+14:00",
            b"25:61",
            b"&#8238;",
            b"&amp;amp;",
            b"<event>",
            b"</event>",
            b"javascript:alert(1)",
            b"http://[",
        ]
    ),
)


@st.composite
def corrupted_files(draw: st.DrawFn) -> bytes:
    """Take a good file and spoil it in a few places."""
    contents = draw(st.sampled_from(SEEDS))
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, len(contents)))
        length = draw(st.integers(0, 30))
        contents = contents[:place] + draw(SPLICES) + contents[place + length :]
    return contents


@settings(
    max_examples=300,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(contents=corrupted_files())
def test_any_corrupted_file_is_parsed_or_refused(contents: bytes, tmp_path: Path) -> None:
    try:
        answer: ParseResult | RuleViolation = parse_contents(contents, tmp_path)
    except RuleViolation as refusal:
        answer = refusal

    assert str(answer).encode()


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["2009-06-10", "10:00", "2009-06-10T10:00:00+01:00", "PT1H"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)


@st.composite
def odd_records(draw: st.DrawFn) -> str:
    """Take a good JSON file and put something else where a value stands."""
    name = draw(st.sampled_from(["own.json", "closing-the-gap.json"]))
    root = json.loads((FILES / name).read_text(encoding="utf-8"))
    for _ in range(draw(st.integers(1, 5))):
        holder = root
        while True:
            key = draw(
                st.sampled_from(list(holder) if isinstance(holder, dict) else range(len(holder)))
            )
            if not isinstance(holder[key], dict | list) or not holder[key] or draw(st.booleans()):
                break
            holder = holder[key]
        holder[key] = draw(VALUES)
        if not root:
            break
    return json.dumps(root)


@settings(
    max_examples=300,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(contents=odd_records())
def test_any_json_records_are_parsed_or_refused(contents: str, tmp_path: Path) -> None:
    try:
        answer: ParseResult | RuleViolation = parse_contents(contents, tmp_path)
    except RuleViolation as refusal:
        answer = refusal

    assert str(answer).encode()
