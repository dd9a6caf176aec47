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


def test_the_form_is_a_search_landmark_and_keeps_the_question(visitor: Browser) -> None:
    page = _searched(visitor, "tide")

    (form,) = (one for one in page.tree.find_all("form") if one.get("role") == "search")
    assert form.get("method") == "get"
    assert page.value_of("Search sessions, speakers and pages") == "tide"


def test_the_number_of_results_is_told_first(visitor: Browser) -> None:
    page = _searched(visitor, "harbour master")

    assert page.heading == "One result for “harbour master”"
    assert page.title == "One result for “harbour master” – Search – Tides and Harbours"
    (status,) = (one for one in page.tree.find_all() if one.get("role") == "status")
    assert read(status) == "One result"


def test_what_was_asked_for_is_marked(visitor: Browser) -> None:
    page = _searched(visitor, "TIDE mad")

    assert _titles(page) == ["Reading the tide"]
    assert _marks(page) == ["tide", "tide", "made"]


def test_accents_and_case_make_no_difference(visitor: Browser) -> None:
    page = _searched(visitor, "JOAO mare")

    assert "João Maré" in _titles(page)
    assert page.follow("João Maré").heading == "João Maré"


@pytest.mark.parametrize("question", ["lodz soren thor", "ŁÓDŹ SØREN ÞÓR", "łódź søren þór"])
def test_letters_that_only_some_alphabets_have_are_found_without_them(
    visitor: Browser, question: str
) -> None:
    make_session(title="Łódź, Søren and Þór")
    publish_programme()

    assert _titles(_searched(visitor, question)) == ["Łódź, Søren and Þór"]


@pytest.mark.parametrize("question", ["harbour walls", "walls harbour", "wal harb", "  walls,  "])
def test_words_may_be_begun_and_come_in_any_order(visitor: Browser, question: str) -> None:
    assert _titles(_searched(visitor, question))[0] == "Harbour walls"


def test_every_word_must_be_there(visitor: Browser) -> None:
    page = _searched(visitor, "harbour zeppelin")

    assert page.heading == "Nothing found for “harbour zeppelin”"
    assert "Check the spelling, or use fewer words." in page.text
    assert page.follow("See the full programme").heading == "Programme"


def test_what_has_the_words_in_its_title_comes_first(visitor: Browser) -> None:
    make_session(title="Something else", abstract="All about dolphins.")
    make_session(title="Dolphinarium")
    make_session(title="Dolphins")
    publish_programme()

    titles = _titles(_searched(visitor, "dolphins"))

    assert titles == ["Dolphins", "Something else"]
    assert _titles(_searched(visitor, "dolphin"))[:2] == ["Dolphinarium", "Dolphins"]


def test_the_beginning_of_a_word_in_a_title_comes_before_words_in_the_text(
    visitor: Browser,
) -> None:
    make_session(title="A thing", abstract="All about dolphins.")
    make_session(title="The dolphinarium")
    publish_programme()

    assert _titles(_searched(visitor, "dolphin")) == ["The dolphinarium", "A thing"]


def test_a_whole_word_in_a_title_comes_before_the_beginning_of_one(visitor: Browser) -> None:
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
def test_themes_rooms_pages_people_and_news_are_found(
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
def test_everyday_words_lead_to_the_page_that_answers(
    visitor: Browser, question: str, title: str
) -> None:
    assert _titles(_searched(visitor, question))[0] == title


def test_every_page_that_has_synonyms_exists(visitor: Browser) -> None:
    assert {visitor.open(f"/{slug}").status for slug in SYNONYMS} == {200}


def test_a_news_item_is_found_at_its_place(visitor: Browser) -> None:
    page = _searched(visitor, "registration is open")

    assert page.links["Registration is open"] == "/whats-new/2008-09-01-registration-is-open"


def test_markup_is_not_what_people_look_for(visitor: Browser) -> None:
    make_session(title="A list", abstract="<ul><li>salmon</li><li>herring</li></ul>")
    publish_programme()

    assert _titles(_searched(visitor, "herring")) == ["A list"]
    assert "A list" not in _titles(_searched(visitor, "ul"))


def test_without_a_question_the_page_says_how_to_ask(visitor: Browser) -> None:
    for question in ("", "   ", "?!"):
        page = _searched(visitor, question)
        assert list(page.tree.find_by_class("rows")) == []
        assert not _marks(page)
    page = visitor.open("/search")
    assert "Type a word or two." in page.text
    assert _titles(page) == ["Or browse"]


def test_a_very_long_question_is_cut_and_says_so(visitor: Browser) -> None:
    page = visitor.open("/search?q=" + "tide+" * 200)

    assert len(page.value_of("Search sessions, speakers and pages")) <= MAX_QUERY_LENGTH
    assert "We searched for the first 100 characters." in page.text


def test_markup_in_a_question_is_shown_as_text(visitor: Browser) -> None:
    page = visitor.open("/search?q=%3Cscript%3Ealert(1)%3C/script%3E%22%20onfocus=x")

    assert page.heading == "Nothing found for “<script>alert(1)</script>" + '" onfocus=x”'
    assert 'value="&lt;script&gt;' in page.source


def test_markup_in_what_is_found_is_shown_as_text(visitor: Browser) -> None:
    make_speaker(name="<b>Bold</b> & brave", biography="<script>alert(1)</script> cormorant")
    publish_programme()

    page = _searched(visitor, "cormorant")

    assert _titles(page) == ["<b>Bold</b> & brave"]


def test_many_results_are_cut_and_counted(visitor: Browser) -> None:
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


def test_a_result_in_another_language_says_so(visitor: Browser) -> None:
    make_session(title="Marées et ports", language="fr")
    publish_programme()

    page = _searched(visitor, "marees")

    (title,) = (one for one in page.tree.find_all("h2") if read(one) == "Marées et ports")
    assert title.get("lang") == "fr"


def test_search_results_are_not_for_search_engines(visitor: Browser) -> None:
    assert '<meta name="robots" content="noindex">' in _searched(visitor, "tide").source
    assert 'name="robots"' not in visitor.open("/search").source


@given(text=st.text(max_size=60), question=st.text(max_size=20))
def test_marking_loses_and_adds_nothing(text: str, question: str) -> None:
    assert "".join(piece for piece, _ in highlight(text, split_words(question))) == text


@example("⑴").via("it is folded into three characters, of which the middle one is a word")
@example("℀b").via("it is folded into two words, one of which goes on")
@example("cafe\u0301s").via("an accent that stands by itself does not end a word")
@given(text=st.text(max_size=60))
def test_a_text_has_each_of_its_own_words(text: str) -> None:
    asked = split_words(text)

    pieces = highlight(text, asked)

    assert split_words(" ".join(piece for piece, is_asked in pieces if is_asked)) == asked
    assert split_words(" ".join(piece for piece, is_asked in pieces if not is_asked)) == frozenset()


@given(text=st.text(max_size=60))
def test_a_text_is_folded_one_character_at_a_time(text: str) -> None:
    assert fold(text) == "".join(map(fold, text))


def test_whatever_character_a_word_is_written_with_it_is_marked() -> None:
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
def test_a_word_is_marked_as_it_is_written(text: str, question: str, marks: list[str]) -> None:
    pieces = highlight(text, split_words(question))

    assert [piece for piece, is_asked in pieces if is_asked] == marks
