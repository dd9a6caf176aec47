"""What organisers write in Markdown becomes a page that everyone can read."""

import html
import re
from collections import Counter

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from app.content import html_tags, markdown


def test_an_external_link_says_so_within_its_text() -> None:
    assert markdown.render_markdown("See the [report](https://who.example/report).").html == (
        '<p>See the <a href="https://who.example/report" rel="external noopener">report'
        ' <span class="leaves">(opens another website)</span></a>.</p>\n'
    )


@pytest.mark.parametrize("address", ["https://who.example", "//who.example/x"])
def test_an_external_link_is_recognised_by_its_host(address: str) -> None:
    assert markdown.is_external(address)


@pytest.mark.parametrize("address", ["/help", "#rooms", "mailto:ada@example.org", "help"])
def test_links_within_the_site_are_not_marked_as_external(address: str) -> None:
    assert "leaves" not in markdown.render_markdown(f"[words]({address})").html


def test_page_links_keep_the_language_prefix_but_file_links_do_not() -> None:
    made = markdown.render_markdown("[a](/help) [b](/static/img/share.png) [c](#there)", "/fr").html

    assert 'href="/fr/help"' in made
    assert 'href="/static/img/share.png"' in made
    assert 'href="#there"' in made


def test_headings_get_unique_ids_and_are_listed() -> None:
    written = markdown.render_markdown(
        "## When can I come?\n\n### Early\n\n## Main\n\n## When can I come?\n"
    )

    assert written.headings == (
        ("when-can-i-come", "When can I come?"),
        ("main-2", "Main"),
        ("when-can-i-come-2", "When can I come?"),
    )
    assert '<h3 id="early">Early</h3>' in written.html


def test_a_heading_without_letters_gets_a_fallback_id() -> None:
    assert markdown.render_markdown("## ?!\n").headings == (("part", "?!"),)


def test_a_picture_on_its_own_is_a_figure_with_caption_and_dimensions() -> None:
    made = markdown.render_markdown('![A chart](/static/img/life-expectancy.svg "The <gap>")').html

    assert made == (
        '<figure><img src="/static/img/life-expectancy.svg" alt="A chart" width="640"'
        ' height="500"><figcaption>The &lt;gap&gt;</figcaption></figure>\n'
    )


@pytest.mark.parametrize(
    "address", ["/static/img/none.svg", "/static/../config.py", "/static/../../x.svg", ""]
)
def test_a_picture_from_elsewhere_has_no_dimensions(address: str) -> None:
    assert "width" not in markdown.render_markdown(f"![A chart]({address})").html


def test_raw_html_in_markdown_is_escaped() -> None:
    assert (
        "<script>"
        not in markdown.render_markdown("<script>alert(1)</script>\n\n<b onclick=x>b</b>").html
    )


@pytest.mark.parametrize("address", ["javascript:alert(1)", "vbscript:x", "data:text/html,x"])
def test_a_link_with_an_unsafe_scheme_is_removed(address: str) -> None:
    assert "href" not in markdown.render_markdown(f"[words]({address})").html


def test_a_table_is_wrapped_in_a_scrollable_box() -> None:
    made = markdown.render_markdown("| a | b |\n| - | - |\n| 1 | 2 |\n").html

    assert made.startswith('<div class="table-box" tabindex="0"><table')


def test_cells_of_wide_tables_carry_their_column_label_for_phones() -> None:
    many = markdown.render_markdown(
        '| a | b | "c" |\n| - | - | - |\n| 1 | 2 | 3 |\n| 4 | 5 |\n'
    ).html
    few = markdown.render_markdown("| a | b |\n| - | - |\n| 1 | 2 |\n").html

    row = '<td{}>{}</td>\n<td data-label="b">{}</td>\n<td data-label="&quot;c&quot;">{}</td>\n'
    assert row.format("", 1, 2, 3) in many
    assert row.format("", 4, 5, "") in many
    assert "data-label" not in few


def test_to_text_separates_cells_and_omits_the_external_link_note() -> None:
    made = markdown.render_markdown(
        "## Gap\n\n| a | b |\n| - | - |\n| 1 | [2](https://x.example) |\n"
    ).html

    assert markdown.to_text(made) == "Gap a b 1 2"


def test_inline_markdown_renders_bold_and_escapes_html() -> None:
    assert markdown.render_inline("**82 years** <b>") == "<strong>82 years</strong> &lt;b&gt;"


@pytest.mark.parametrize(
    "typed",
    [
        "x<p and q>0.05",
        "a stray <b> in a line",
        "a <b and </b without an end",
        "[1]: Smith",
        "2008. It was a good year",
        "Write to <whom it may concern> here",
        "if a<b>c and c<d",
        "<!-- not said",
    ],
)
def test_what_looks_like_markup_is_shown_as_it_was_typed(typed: str) -> None:
    assert markdown.to_text(markdown.sanitise(typed)) == typed


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("| a | b |\n| - | - |\n| 1 | 2 | 3 |", "| a | b | | - | - | | 1 | 2 | 3 |"),
        ("```a note\nx\n```", "a note x"),
        ('![Ada](/static/ada.png "In Lima")', "Ada In Lima"),
        ("![Ada](https://ada.example/ada.png)", "Ada"),
        ("> " * 120 + "deep", "> " * 120 + "deep"),
    ],
)
def test_text_that_markdown_would_drop_is_shown(typed: str, shown: str) -> None:
    assert markdown.to_text(markdown.sanitise(typed)) == shown


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("<p>x<p and q>0.05</p>", "<p>x&lt;p and q&gt;0.05</p>"),
        ("One<br>two", "One<br>two"),
        ("<ul><li>a<li>b</ul>", "<ul><li>a</li><li>b</li></ul>"),
        ('<P CLASS="x" onclick=y>Hello</P>', "<p>Hello</p>"),
        ("<p>Hello<!-- <b> --></p><script>alert(1)</script>", "<p>Hello</p>"),
        ("<p>Hello<o:p></o:p></p><![endif]-->", "<p>Hello</p>"),
        ("<b>Ada</b> <ada@example.org>", "<b>Ada</b> &lt;ada@example.org&gt;"),
    ],
)
def test_html_from_other_programs_is_sanitised_without_losing_text(
    written: str, shown: str
) -> None:
    assert markdown.sanitise(written) == shown


def test_html_within_a_code_span_is_escaped() -> None:
    assert markdown.sanitise("Write `<b>x</b>`") == (
        "<p>Write <code>&lt;b&gt;x&lt;/b&gt;</code></p>"
    )


@given(st.text("abpq<>[]!:|-*_`~#=.)+ \n\t\\'\"", max_size=60))
def test_sanitising_loses_no_letter_of_any_text(typed: str) -> None:
    shown = html.unescape(re.sub(r"<[^>]*>", "", markdown.sanitise(typed)))

    assert Counter(filter(str.isalpha, typed)) - Counter(shown) == Counter()


@given(st.text("<>a/pb &;[](\"'*`\n", max_size=60) | st.text(max_size=60))
@example('<a href="https://a.example/?b>c">d</a>')
@example("<p>a<br>b</p> &lt;i&gt; &amp;amp;")
def test_stored_html_and_typed_markdown_have_the_same_text(typed: str) -> None:
    stored = markdown.sanitise(typed)
    assume(html_tags.is_html(stored))  # otherwise it is read as Markdown once more

    assert markdown.sanitised_to_text(stored) == markdown.to_text(stored)


def test_the_external_link_note_is_added_only_on_pages() -> None:
    stored = markdown.sanitise("[Out](https://a.example/?b=c&d) and [in](/venue) and <b>")

    assert "opens" not in markdown.to_text(stored)
    shown = markdown.mark_external_links(stored, "opens <another> website")
    note = '<span class="leaves">(opens &lt;another&gt; website)</span>'
    assert shown == stored.replace("Out</a>", f"Out {note}</a>")
