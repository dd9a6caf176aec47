"""How plain text becomes the HTML of an email."""

import markupever
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupever import HtmlOptions
from markupsafe import Markup

from app.mail.html_body import EmailBlock, parse_blocks, quote
from app.text import shorten
from tests.pages import HtmlTree

SITE = "https://conference.example"


def parse_single_block(text: str) -> EmailBlock:
    [block] = parse_blocks(text, SITE)
    return block


def test_line_breaks_of_a_paragraph_are_kept() -> None:
    assert parse_single_block("Kind regards,\nthe team").lines == ["Kind regards,", "the team"]


def test_a_single_label_and_value_stays_a_paragraph() -> None:
    assert parse_single_block("Please note: bring warm clothes").kind == "paragraph"


def test_the_longest_label_of_a_question_is_recognised() -> None:
    label = shorten("I have read the code of conduct, and I agree to follow it in every session")

    assert len(label) == 60
    assert parse_single_block(f"Reference: ABCD0012\n{label}: Yes").facts[1] == (
        label,
        Markup("Yes"),
    )


def test_a_time_is_not_mistaken_for_a_label() -> None:
    assert parse_single_block("9:30 begins the day\n10:30 is a break").kind == "paragraph"


def test_the_line_above_a_link_becomes_the_button_label() -> None:
    expected = EmailBlock("button", label="See your booking", url=f"{SITE}/booking/x")

    assert parse_single_block(f"See your booking:\n{SITE}/booking/x") == expected
    assert parse_single_block(f"See your booking:\n\n{SITE}/booking/x") == expected


def test_a_sentence_above_a_link_does_not_become_a_button() -> None:
    sentence = "If you do not have the link any more, get a new one here:"
    url = f"{SITE}/booking"

    before, link = parse_blocks(f"{sentence}\n\n{url}", SITE)
    assert (before.kind, before.lines) == ("paragraph", [sentence])
    assert link == EmailBlock("button", url=url)
    assert parse_single_block(f"Is this right? Confirm it:\n{url}").lines == [
        "Is this right? Confirm it:",
        f'<a href="{url}">{SITE}/<wbr>booking</a>',
    ]


def test_the_line_above_a_table_becomes_its_caption() -> None:
    assert parse_single_block("Room:\n\nBefore: Tower\nNow: Fleming") == EmailBlock(
        "facts", facts=[("Before", Markup("Tower")), ("Now", Markup("Fleming"))], label="Room"
    )


def test_quoted_text_is_one_block_without_buttons_or_lists() -> None:
    written = f"See your booking:\n\n{SITE}/booking\n\n- One\nA\n---"

    block = parse_single_block(quote(written))

    assert block.kind == "quote"
    assert [line.unescape() for line in block.lines if "href" not in line] == [
        *("See your booking:", "", "", "- One", "A", "---")
    ]


def test_a_line_underlined_with_dashes_is_a_heading() -> None:
    assert parse_single_block("Measuring <health> equity\n-------------------------") == EmailBlock(
        "heading", [Markup("Measuring &lt;health&gt; equity")]
    )


def test_a_line_with_a_colon_but_no_link_below_stays_a_paragraph() -> None:
    found = parse_blocks(
        f"Remember:\n\nThe doors open:\n\n- at nine\n\nEnd:\n\n{SITE}/\n\nBye:", SITE
    )

    assert [block.kind for block in found] == [
        "paragraph",
        "paragraph",
        "list",
        "button",
        "paragraph",
    ]


def test_punctuation_after_a_link_is_not_part_of_it() -> None:
    line = parse_single_block(f"See {SITE}/help, or ask.").lines[0]

    assert line == f'See <a href="{SITE}/help">{SITE}/<wbr>help</a>, or ask.'


def test_a_url_is_shown_with_line_break_opportunities() -> None:
    block = parse_single_block(f"{SITE}/booking/<x>".replace("<x>", "x&y"))

    assert block.shown_url == f"{SITE}/<wbr>booking/<wbr>x&amp;y"


@pytest.mark.parametrize(
    "text",
    [
        "http://evil.example/",
        "https://conference.example.evil.example/",
        "https://conference.example@evil.example/",
        "https://conference.example:8443/",
        "https://conference.examples/",
        "javascript:alert(1)",
        '<a href="https://conference.example/">here</a> ',
    ],
)
def test_only_links_to_the_site_become_clickable(text: str) -> None:
    shown = parse_single_block(f"Dear {text}").lines[0]

    hrefs = [element.get("href") for element in HtmlTree(shown).find_all("a")]
    assert [href for href in hrefs if not str(href).startswith(f"{SITE}/")] == []


@given(st.text())
def test_typed_text_never_becomes_html(typed: str) -> None:
    for block in parse_blocks(f"Dear {typed}", SITE):
        for line in [*block.lines, *(words for _, words in block.facts)]:
            assert isinstance(line, Markup)
            elements = markupever.parse(str(line), HtmlOptions()).select("body *")
            assert {element.name.local for element in elements} <= {"a"}
