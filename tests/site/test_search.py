"""Someone looks for a session, a person or a page."""

import sys

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.programme.finding.words import bare, words
from app.site.search import LONGEST_QUESTION, marked
from tests.browser import Browser, Page
from tests.factories import a_session, a_speaker, published
from tests.pages import words as read


def _searched(visitor: Browser, question: str) -> Page:
    return visitor.open("/search").press("Search", search_sessions_speakers_and_pages=question)


def _titles(page: Page) -> list[str]:
    return [read(one) for one in page.tree.every("h2", within=page.main)]


def _marks(page: Page) -> list[str]:
    return [read(one) for one in page.tree.every("mark")]


def test_the_form_is_a_search_landmark_and_keeps_the_question(visitor: Browser) -> None:
    page = _searched(visitor, "tide")

    (form,) = (one for one in page.tree.every("form") if one.get("role") == "search")
    assert form.get("method") == "get"
    assert page.answer("Search sessions, speakers and pages") == "tide"


def test_the_number_of_results_is_told_first(visitor: Browser) -> None:
    page = _searched(visitor, "harbour master")

    assert page.heading == "One result for “harbour master”"
    assert page.title == "One result for “harbour master” – Search – Tides and Harbours"
    (status,) = (one for one in page.tree.every() if one.get("role") == "status")
    assert read(status) == "One result"


def test_what_was_asked_for_is_marked(visitor: Browser) -> None:
    page = _searched(visitor, "TIDE mad")

    assert _titles(page) == ["Reading the tide"]
    assert _marks(page) == ["tide", "tide", "made"]


def test_accents_and_case_make_no_difference(visitor: Browser) -> None:
    page = _searched(visitor, "JOAO mare")

    assert "João Maré" in _titles(page)
    assert page.follow("João Maré").heading == "João Maré"


@pytest.mark.parametrize("question", ["harbour walls", "walls harbour", "wal harb", "  walls,  "])
def test_words_may_be_begun_and_come_in_any_order(visitor: Browser, question: str) -> None:
    assert _titles(_searched(visitor, question))[0] == "Harbour walls"


def test_every_word_must_be_there(visitor: Browser) -> None:
    page = _searched(visitor, "harbour zeppelin")

    assert page.heading == "Nothing found for “harbour zeppelin”"
    assert "Check the spelling, or use fewer words." in page.text
    assert page.follow("Read the whole programme").heading == "Programme"


def test_what_has_the_words_in_its_title_comes_first(visitor: Browser) -> None:
    a_session(title="Something else", abstract="All about dolphins.")
    a_session(title="Dolphinarium")
    a_session(title="Dolphins")
    published()

    titles = _titles(_searched(visitor, "dolphins"))

    assert titles == ["Dolphins", "Something else"]
    assert _titles(_searched(visitor, "dolphin"))[:2] == ["Dolphinarium", "Dolphins"]


def test_a_whole_word_in_a_title_comes_before_the_beginning_of_one(visitor: Browser) -> None:
    a_session(title="A dolphinarium")
    a_session(title="The dolphin")
    published()

    assert _titles(_searched(visitor, "dolphin"))[:2] == ["The dolphin", "A dolphinarium"]
    assert _titles(_searched(visitor, "dolphina")) == ["A dolphinarium"]


@pytest.mark.parametrize(
    ("question", "title"),
    [
        ("stays", "Stone"),
        ("ground floor", "Great hall"),
        ("complaint", "Complaints procedure"),
        ("commission final report", "The Commission’s final report is out"),
        ("portugal", "João Maré"),
        ("port of whitby", "Ada Marsh"),
    ],
)
def test_themes_rooms_pages_people_and_news_are_found(
    visitor: Browser, question: str, title: str
) -> None:
    assert title in _titles(_searched(visitor, question))


def test_a_news_item_is_found_at_its_place(visitor: Browser) -> None:
    page = _searched(visitor, "registration is open")

    assert page.links["Registration is open"] == "/whats-new/2008-09-01-registration-is-open"


def test_markup_is_not_what_people_look_for(visitor: Browser) -> None:
    a_session(title="A list", abstract="<ul><li>salmon</li><li>herring</li></ul>")
    published()

    assert _titles(_searched(visitor, "herring")) == ["A list"]
    assert "A list" not in _titles(_searched(visitor, "ul"))


def test_without_a_question_the_page_says_how_to_ask(visitor: Browser) -> None:
    for question in ("", "   ", "?!"):
        page = _searched(visitor, question)
        assert _titles(page) == []
        assert not _marks(page)
    assert "Type a word or two." in visitor.open("/search").text


def test_a_very_long_question_is_cut_and_says_so(visitor: Browser) -> None:
    page = visitor.open("/search?q=" + "tide+" * 200)

    assert len(page.answer("Search sessions, speakers and pages")) <= LONGEST_QUESTION
    assert "We looked at its first 100 characters." in page.text


def test_markup_in_a_question_is_shown_as_text(visitor: Browser) -> None:
    page = visitor.open("/search?q=%3Cscript%3Ealert(1)%3C/script%3E%22%20onfocus=x")

    assert page.heading == "Nothing found for “<script>alert(1)</script>" + '" onfocus=x”'
    assert 'value="&lt;script&gt;' in page.source


def test_markup_in_what_is_found_is_shown_as_text(visitor: Browser) -> None:
    a_speaker(name="<b>Bold</b> & brave", biography="<script>alert(1)</script> cormorant")
    published()

    page = _searched(visitor, "cormorant")

    assert _titles(page) == ["<b>Bold</b> & brave"]


def test_many_results_are_cut_and_counted(visitor: Browser) -> None:
    for number in range(120):
        a_session(title=f"Barnacle {number}")
    published()

    page = _searched(visitor, "barnacle")

    assert page.heading == "120 results for “barnacle”"
    assert "120 results, page 1 of 6" in page.text
    assert len(_titles(page)) == 20
    last = visitor.open("/search?q=barnacle&page=99")
    assert last.title.startswith("120 results for “barnacle”, page 6 of 6 – Search")
    assert last.follow("Previous page").follow("Next page").title == last.title


def test_a_result_in_another_language_says_so(visitor: Browser) -> None:
    a_session(title="Marées et ports", language="fr")
    published()

    page = _searched(visitor, "marees")

    (title,) = (one for one in page.tree.every("h2") if read(one) == "Marées et ports")
    assert title.get("lang") == "fr"


def test_search_results_are_not_for_search_engines(visitor: Browser) -> None:
    assert '<meta name="robots" content="noindex">' in _searched(visitor, "tide").source
    assert 'name="robots"' not in visitor.open("/search").source


@given(text=st.text(max_size=60), question=st.text(max_size=20))
def test_marking_loses_and_adds_nothing(text: str, question: str) -> None:
    assert "".join(piece for piece, _ in marked(text, words(question))) == text


@example("⑴").via("it is folded into three characters, of which the middle one is a word")
@example("℀b").via("it is folded into two words, one of which goes on")
@example("cafe\u0301s").via("an accent that stands by itself does not end a word")
@given(text=st.text(max_size=60))
def test_a_text_has_each_of_its_own_words(text: str) -> None:
    asked = words(text)

    pieces = marked(text, asked)

    assert words(" ".join(piece for piece, is_asked in pieces if is_asked)) == asked
    assert words(" ".join(piece for piece, is_asked in pieces if not is_asked)) == frozenset()


@given(text=st.text(max_size=60))
def test_a_text_is_folded_one_character_at_a_time(text: str) -> None:
    assert bare(text) == "".join(map(bare, text))


def test_whatever_character_a_word_is_written_with_it_is_marked() -> None:
    characters = map(chr, (*range(0xD800), *range(0xE000, sys.maxunicode + 1)))

    unmarked = [
        character
        for character in characters
        if (asked := words(character)) and marked(character, asked) != [(character, True)]
    ]

    assert unmarked == []


@pytest.mark.parametrize(
    ("text", "question", "marks"),
    [
        ("Chapter ⑴ of ⑵", "1", ["⑴"]),
        ("Reading № 5", "no", ["№"]),
        ("Jose\u0301’s harbour", "jose", ["Jose\u0301"]),
        ("Tel ℡ 5", "tel", ["Tel", "℡"]),
        ("Straße, strasse", "strass", ["Straße", "strasse"]),
    ],
)
def test_a_word_is_marked_as_it_is_written(text: str, question: str, marks: list[str]) -> None:
    pieces = marked(text, words(question))

    assert [piece for piece, is_asked in pieces if is_asked] == marks
