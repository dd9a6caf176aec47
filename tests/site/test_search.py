"""Someone looks for a session, a person or a page."""

import sys

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.releases.search_index import fold, split_words
from app.site.search import MAX_QUERY_LENGTH, SYNONYMS, highlight
from tests.browser import Browser, Page
from tests.factories import make_session, make_speaker, publish_programme
from tests.pages import read_text as read


def _searched(visitor: Browser, question: str) -> Page:
    return visitor.open("/search").press("Search", search_sessions_speakers_and_pages=question)


def _titles(page: Page) -> list[str]:
    return [read(one) for one in page.tree.find_all("h2", within=page.main)]


def _marks(page: Page) -> list[str]:
    return [read(one) for one in page.tree.find_all("mark")]


def test_the_search_form_is_a_landmark_and_keeps_the_query(visitor: Browser) -> None:
    page = _searched(visitor, "tide")

    (form,) = (one for one in page.tree.find_all("form") if one.get("role") == "search")
    assert form.get("method") == "get"
    assert page.value_of("Search sessions, speakers and pages") == "tide"


def test_the_number_of_search_results_is_shown_first(visitor: Browser) -> None:
    page = _searched(visitor, "harbour master")

    assert page.heading == "One result for “harbour master”"
    assert page.title == "One result for “harbour master” – Search – Tides and Harbours"
    (status,) = (one for one in page.tree.find_all() if one.get("role") == "status")
    assert read(status) == "One result"


def test_matching_words_are_highlighted_in_search_results(visitor: Browser) -> None:
    page = _searched(visitor, "TIDE mad")

    assert _titles(page) == ["Reading the tide"]
    assert _marks(page) == ["tide", "tide", "made"]


def test_search_ignores_accents_and_case(visitor: Browser) -> None:
    page = _searched(visitor, "JOAO mare")

    assert "João Maré" in _titles(page)
    assert page.follow("João Maré").heading == "João Maré"


@pytest.mark.parametrize("question", ["lodz soren thor", "ŁÓDŹ SØREN ÞÓR", "łódź søren þór"])
def test_search_folds_special_letters_such_as_l_with_stroke(
    visitor: Browser, question: str
) -> None:
    make_session(title="Łódź, Søren and Þór")
    publish_programme()

    assert _titles(_searched(visitor, question)) == ["Łódź, Søren and Þór"]


@pytest.mark.parametrize("question", ["harbour walls", "walls harbour", "wal harb", "  walls,  "])
def test_search_matches_word_prefixes_in_any_order(visitor: Browser, question: str) -> None:
    assert _titles(_searched(visitor, question))[0] == "Harbour walls"


def test_search_results_must_contain_every_word(visitor: Browser) -> None:
    page = _searched(visitor, "harbour zeppelin")

    assert page.heading == "Nothing found for “harbour zeppelin”"
    assert "Check the spelling, or use fewer words." in page.text
    assert page.follow("See the full programme").heading == "Programme"


def test_title_matches_are_ranked_before_text_matches(visitor: Browser) -> None:
    make_session(title="Something else", abstract="All about dolphins.")
    make_session(title="Dolphinarium")
    make_session(title="Dolphins")
    publish_programme()

    titles = _titles(_searched(visitor, "dolphins"))

    assert titles == ["Dolphins", "Something else"]
    assert _titles(_searched(visitor, "dolphin"))[:2] == ["Dolphinarium", "Dolphins"]


def test_prefix_matches_in_titles_are_ranked_before_text_matches(
    visitor: Browser,
) -> None:
    make_session(title="A thing", abstract="All about dolphins.")
    make_session(title="The dolphinarium")
    publish_programme()

    assert _titles(_searched(visitor, "dolphin")) == ["The dolphinarium", "A thing"]


def test_whole_word_matches_in_titles_are_ranked_before_prefix_matches(visitor: Browser) -> None:
    make_session(title="A dolphinarium")
    make_session(title="The dolphin")
    publish_programme()

    assert _titles(_searched(visitor, "dolphin"))[:2] == ["The dolphin", "A dolphinarium"]
    assert _titles(_searched(visitor, "dolphina")) == ["A dolphinarium"]


@pytest.mark.parametrize(
    ("question", "title"),
    [
        ("stays", "Stone"),
        ("ground floor", "Great hall"),
        ("complaint", "Complaints procedure"),
        ("commission final report", "The Commission’s final report is published"),
        ("portugal", "João Maré"),
        ("port of whitby", "Ada Marsh"),
    ],
)
def test_search_finds_themes_rooms_pages_people_and_news(
    visitor: Browser, question: str, title: str
) -> None:
    assert title in _titles(_searched(visitor, question))


@pytest.mark.parametrize(
    ("question", "title"),
    [
        ("price", "Frequently asked questions"),
        ("cost", "Frequently asked questions"),
        ("fees", "Frequently asked questions"),
        ("visa", "Frequently asked questions"),
        ("hotel", "Venue"),
        ("wifi", "Venue"),
        ("Wi-Fi", "Venue"),
        ("parking", "Venue"),
        ("directions", "Venue"),
        ("contact", "Contact"),
        ("phone", "Contact"),
        ("disabled", "Accessibility statement"),
        ("gdpr", "Privacy"),
    ],
)
def test_search_synonyms_lead_to_the_right_page(
    visitor: Browser, question: str, title: str
) -> None:
    assert _titles(_searched(visitor, question))[0] == title


def test_every_page_with_search_synonyms_exists(visitor: Browser) -> None:
    assert {visitor.open(f"/{slug}").status for slug in SYNONYMS} == {200}


def test_search_links_to_the_page_of_a_news_item(visitor: Browser) -> None:
    page = _searched(visitor, "registration is open")

    assert page.links["Registration is open"] == "/whats-new/2008-09-01-registration-is-open"


def test_search_ignores_html_tags(visitor: Browser) -> None:
    make_session(title="A list", abstract="<ul><li>salmon</li><li>herring</li></ul>")
    publish_programme()

    assert _titles(_searched(visitor, "herring")) == ["A list"]
    assert "A list" not in _titles(_searched(visitor, "ul"))


def test_an_empty_search_query_shows_how_to_search(visitor: Browser) -> None:
    for question in ("", "   ", "?!"):
        page = _searched(visitor, question)
        assert list(page.tree.find_by_class("rows")) == []
        assert not _marks(page)
    page = visitor.open("/search")
    assert "Type a word or two." in page.text
    assert _titles(page) == ["Or browse"]


def test_a_very_long_search_query_is_shortened_with_a_notice(visitor: Browser) -> None:
    page = visitor.open("/search?q=" + "tide+" * 200)

    assert len(page.value_of("Search sessions, speakers and pages")) <= MAX_QUERY_LENGTH
    assert "We searched for the first 100 characters." in page.text


def test_markup_in_a_search_query_is_escaped(visitor: Browser) -> None:
    page = visitor.open("/search?q=%3Cscript%3Ealert(1)%3C/script%3E%22%20onfocus=x")

    assert page.heading == "Nothing found for “<script>alert(1)</script>" + '" onfocus=x”'
    assert 'value="&lt;script&gt;' in page.source


def test_markup_in_search_results_is_escaped(visitor: Browser) -> None:
    make_speaker(name="<b>Bold</b> & brave", biography="<script>alert(1)</script> cormorant")
    publish_programme()

    page = _searched(visitor, "cormorant")

    assert _titles(page) == ["<b>Bold</b> & brave"]


def test_many_search_results_are_paginated_and_counted(visitor: Browser) -> None:
    for number in range(120):
        make_session(title=f"Barnacle {number}")
    publish_programme()

    page = _searched(visitor, "barnacle")

    assert page.heading == "120 results for “barnacle”"
    assert "Page 1 of 6" in page.text
    assert page.text.count("120 results") == 1
    assert len(_titles(page)) == 20
    last = visitor.open("/search?q=barnacle&page=99")
    lists = last.tree.find_all("ol", within=last.main)
    assert [one.get("start") for one in lists if one.get("class") == "rows"] == ["101"]
    assert last.title.startswith("120 results for “barnacle”, page 6 of 6 – Search")
    assert last.follow("Previous page").follow("Next page").title == last.title


def test_a_search_result_in_another_language_has_its_lang_attribute(visitor: Browser) -> None:
    make_session(title="Marées et ports", language="fr")
    publish_programme()

    page = _searched(visitor, "marees")

    (title,) = (one for one in page.tree.find_all("h2") if read(one) == "Marées et ports")
    assert title.get("lang") == "fr"


def test_search_results_are_noindex(visitor: Browser) -> None:
    assert '<meta name="robots" content="noindex">' in _searched(visitor, "tide").source
    assert 'name="robots"' not in visitor.open("/search").source


@given(text=st.text(max_size=60), question=st.text(max_size=20))
def test_highlighting_keeps_the_text_unchanged(text: str, question: str) -> None:
    assert "".join(piece for piece, _ in highlight(text, split_words(question))) == text


@example("⑴").via("it is folded into three characters, of which the middle one is a word")
@example("℀b").via("it is folded into two words, one of which goes on")
@example("cafe\u0301s").via("an accent that stands by itself does not end a word")
@given(text=st.text(max_size=60))
def test_highlighting_marks_exactly_the_words_of_the_query(text: str) -> None:
    asked = split_words(text)

    pieces = highlight(text, asked)

    assert split_words(" ".join(piece for piece, is_asked in pieces if is_asked)) == asked
    assert split_words(" ".join(piece for piece, is_asked in pieces if not is_asked)) == frozenset()


@given(text=st.text(max_size=60))
def test_folding_works_character_by_character(text: str) -> None:
    assert fold(text) == "".join(map(fold, text))


def test_every_unicode_word_character_can_be_highlighted() -> None:
    characters = map(chr, (*range(0xD800), *range(0xE000, sys.maxunicode + 1)))

    unmarked = [
        character
        for character in characters
        if (asked := split_words(character)) and highlight(character, asked) != [(character, True)]
    ]

    assert unmarked == []


@pytest.mark.parametrize(
    ("text", "question", "marks"),
    [
        ("Chapter ⑴ of ⑵", "1", ["⑴"]),
        ("Chapters ⑴⑵", "1 2", ["⑴", "⑵"]),
        ("Reading № 5", "no", ["№"]),
        ("Jose\u0301’s harbour", "jose", ["Jose\u0301"]),
        ("Tel ℡ 5", "tel", ["Tel", "℡"]),
        ("Straße, strasse", "strass", ["Straße", "strasse"]),
    ],
)
def test_folded_matches_are_highlighted_in_their_original_spelling(
    text: str, question: str, marks: list[str]
) -> None:
    pieces = highlight(text, split_words(question))

    assert [piece for piece, is_asked in pieces if is_asked] == marks
