"""What organisers write themselves: placeholders, “only if”, Markdown."""

import markupever
import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from markupever import HtmlOptions

from app.mail import placeholders, rendering
from app.mail.html_body import EmailBlock
from app.mail.markdown_body import render_markdown
from app.mail.placeholders import Placeholder, PlaceholderKind, TextPart, fill_in
from app.mail.rendering import EmailText, RenderedEmail
from tests.pages import HtmlTree, find_faults

SITE = "https://conference.example"
KNOWN = placeholders.declare(
    Placeholder("first_name", "First name", "Ada"),
    Placeholder("days", "Days", "Thursday 6 November"),
    Placeholder("booking_link", "Link to the booking", kind=PlaceholderKind.LINK),
    Placeholder("ticket", "Ticket", kind=PlaceholderKind.BLOCK),
)
ADA = {
    "first_name": "Ada",
    "days": "Thursday",
    "booking_link": f"{SITE}/booking/x_y*z",
    "ticket": "Reference: ABC\nDays: Thursday",
}


def fill(text: str, **values: str) -> str:
    return "|".join(part.text for part in fill_in(text, {**ADA, **values}, KNOWN))


def test_placeholders_are_replaced_with_their_values() -> None:
    assert (
        fill("Dear {{first_name}},\n\nsee you on {{ days }}.")
        == "Dear Ada,\n\nsee you on Thursday."
    )


def test_markdown_in_placeholder_values_is_escaped() -> None:
    for name in [
        "*Ada*",
        "<b>Ada</b>",
        "[Ada](https://evil.example)",
        "1. Ada",
        "# Ada",
        "{{ days }}",
    ]:
        [rendered] = render_markdown(fill("{{ first_name }}", first_name=name), SITE)
        assert rendered.text == name
        assert rendered.block.kind == "paragraph"
        assert rendered.block.lines[0].unescape() == name


def test_conditional_text_is_omitted_if_its_placeholder_is_empty() -> None:
    text = "Hello.\n\n{{ only if days }}\nYou come on {{ days }}.\n{{ end }}\n\nBye."

    assert fill(text) == "Hello.\n\nYou come on Thursday.\n\nBye."
    assert fill(text, days="") == "Hello.\n\n\nBye."
    assert fill("{{ only if not days }}Choose your days.{{ end }}", days=" ") == "Choose your days."
    assert fill("{{ only if not days }}Choose your days.{{ end }}") == ""


def test_a_block_placeholder_becomes_a_separate_part() -> None:
    parts = fill_in("Your ticket:\n\n{{ ticket }}\n\nBye.", ADA, KNOWN)

    assert parts == [
        TextPart("Your ticket:", is_block=False),
        TextPart(ADA["ticket"], is_block=True),
        TextPart("Bye.", is_block=False),
    ]


def test_a_filled_subject_is_a_single_line_without_markdown() -> None:
    filled = placeholders.fill_line(
        "{{ first_name }}:\r\nyour{{ only if days }} {{ days }}{{ end }}",
        {**ADA, "first_name": "*A*"},
    )

    assert filled == "*A*: your Thursday"


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("Dear {{ first_name }}", []),
        (
            "Dear {{ frist_name }}",
            ["There is no placeholder “frist_name”. Did you mean “first_name”?"],
        ),
        ("Your {{ dietary_needs }}", ["There is no placeholder “dietary_needs”"]),
        ("Dear {{ first_name", ["A placeholder starts with {{ and ends with }} on the same line"]),
        ("{{ only if days }} You", ["An “only if” has no {{ end }}"]),
        ("You {{ end }}", ["There is an {{ end }} without an “only if” before it"]),
        (
            "{{ only if days }}{{ only if first_name }}x{{ end }}",
            ["An “only if” cannot be inside another. End the first one before it"],
        ),
        ("Here: {{ ticket }}", ["Put {{ ticket }} on a line of its own"]),
        ("{{ only if ticket }}\n{{ ticket }}\n{{ end }}", []),
    ],
)
def test_every_placeholder_error_is_reported(text: str, problems: list[str], site: Flask) -> None:
    assert placeholders.find_problems(text, KNOWN) == problems


def test_a_required_placeholder_must_be_present_for_everyone(site: Flask) -> None:
    missing = ["Everyone needs {{ booking_link }}: put it back into the text"]

    for text in ["Hello", "{{ only if days }}{{ booking_link }}{{ end }}"]:
        assert placeholders.find_problems(text, KNOWN, ["booking_link"]) == missing
    for text in ["{{ booking_link }}", "{{ only if booking_link }}{{ booking_link }}{{ end }}"]:
        assert placeholders.find_problems(text, KNOWN, ["booking_link"]) == []


def test_empty_placeholders_are_found_for_each_person() -> None:
    text = "{{ first_name }} {{ days }} {{ only if days }}{{ days }}{{ end }}"

    assert placeholders.find_empty(text, {**ADA, "days": ""}) == ["days"]
    assert placeholders.find_empty("{{ only if days }}{{ days }}{{ end }}", {"days": ""}) == []
    assert placeholders.list_names(text) == {"first_name", "days"}


def test_a_link_on_its_own_line_becomes_a_button() -> None:
    [button, address, sentence, foreign] = render_markdown(
        fill(
            "[See your booking]({{ booking_link }})\n\n{{ booking_link }}\n\n"
            "Read [the programme](/programme) today.\n\n[Report](https://who.example/report)"
        ),
        SITE,
    )

    assert button.block == EmailBlock("button", label="See your booking", url=ADA["booking_link"])
    assert button.text == f"See your booking:\n{ADA['booking_link']}"
    assert address.block == EmailBlock("button", url=ADA["booking_link"])
    assert sentence.block.lines == [
        f'Read <a href="{SITE}/programme">the programme</a> today.',
    ]
    assert sentence.text == f"Read the programme ({SITE}/programme) today."
    assert foreign.block.url == "https://who.example/report"


def test_lists_headings_and_line_breaks_are_kept() -> None:
    rendered = render_markdown(
        "## On the day\n\nCome **early**\nand *rested*:\n\n- coat\n- pass\n\n1. Enter\n2. Sit", SITE
    )

    assert [one.block for one in rendered] == [
        EmailBlock("heading", ["On the day"]),  # type: ignore[list-item]
        EmailBlock("paragraph", ["Come <strong>early</strong>", "and <em>rested</em>:"]),  # type: ignore[list-item]
        EmailBlock("list", ["coat", "pass"]),  # type: ignore[list-item]
        EmailBlock("numbers", ["Enter", "Sit"]),  # type: ignore[list-item]
    ]
    assert "\n\n".join(one.text for one in rendered) == (
        "On the day\n----------\n\nCome early\nand rested:\n\n- coat\n- pass\n\n1. Enter\n2. Sit"
    )


@pytest.mark.parametrize(
    "markdown",
    [
        "<script>alert(1)</script>",
        "[click](javascript:alert(1))",
        "[click](data:text/html,x)",
        "[click](//evil.example/)",
        "![a picture](https://evil.example/p.png)",
        '<img src="https://evil.example/p.png" onerror="x()">',
    ],
)
def test_rendered_markdown_has_no_scripts_images_or_unsafe_links(markdown: str) -> None:
    for rendered in render_markdown(markdown, SITE):
        shown = HtmlTree("".join(map(str, rendered.block.lines)))
        assert [*shown.find_all("script"), *shown.find_all("img"), *shown.find_all("a")] == []


@given(st.text())
def test_markdown_renders_only_links_and_emphasis_for_any_text(typed: str) -> None:
    for rendered in render_markdown(typed, SITE):
        for line in rendered.block.lines:
            elements = markupever.parse(str(line), HtmlOptions()).select("body *")
            assert {one.name.local for one in elements} <= {"a", "strong", "em", "br"}


@given(st.text(), st.text())
def test_filling_placeholders_never_fails_for_any_text(text: str, value: str) -> None:
    values = dict.fromkeys(KNOWN, value)

    fill_in(text, values, KNOWN)
    placeholders.fill_line(text, values)
    placeholders.find_empty(text, values)


def write(subject: str, body: str) -> RenderedEmail:
    own = EmailText(
        subject, body, closing=f"Do you not want these emails?\n\nStop them:\n{SITE}/stop"
    )
    return rendering.render_email_text(own, ADA, KNOWN, "en")


def test_an_email_written_by_organisers_has_the_usual_layout(site: Flask) -> None:
    email = write(
        "News for {{ first_name }}\nBcc: x@example.org", "Dear {{ first_name }}\n\n{{ ticket }}"
    )

    assert email.subject == "News for Ada Bcc: x@example.org"
    body, _, signature = email.text.partition("-- \n")
    assert body == (
        f"Dear Ada\n\n{ADA['ticket']}\n\n"
        f"Do you not want these emails?\n\nStop them:\n{SITE}/stop\n\n"
    )
    assert "Tides and Harbours" in signature
    tree = HtmlTree(email.html)
    assert [cell.text for cell in tree.find_all("td")] == ["ABC", "Thursday"]
    assert [fault for fault in find_faults(tree) if fault != "a style element"] == []


def test_deeply_nested_emphasis_is_shown_as_typed() -> None:
    """Rendering them recursed too deeply, which would have stopped every email after this one."""
    typed = "*a _b " * 1000 + "c" + " d_ e*" * 1000

    [rendered] = render_markdown(typed, SITE)

    assert rendered.text == typed
