"""Search in public content: sessions, speakers, themes, rooms, pages and news.

Accents and case are ignored, the start of a word is enough, and words may be in any order; every
word must match. Matches in the title rank first. The database's index finds matches in the release;
pages and news, which are few, are searched in memory. So is everything if there is no index: in a
preview, and while the database is unavailable. If nothing matches, ``suggest`` proposes words of
titles with a similar spelling.
"""

import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from rapidfuzz import process
from rapidfuzz.distance import OSA

from app.content.queries import ContentPage, NewsItem
from app.releases import search_index
from app.releases.published_programme import PublishedProgramme
from app.releases.search_index import (
    WORD,
    SearchDocument,
    SearchText,
    fold,
    list_documents,
    split_words,
)

# Synonyms by which people search for a page, besides the words in its text. Words are folded.
SYNONYMS: Mapping[str, str] = {
    "accessibility": "disability disabled wcag",
    "complaints": "complain",
    "contact": "address email enquiries mail organisers phone telephone",
    "cookies": "tracking",
    "feedback": "comments message suggestions",
    "for-speakers": "abstract presentation slides upload",
    "help": "support",
    "privacy": "consent data gdpr personal",
    "questions": (
        "badge cancel charge cost diet dinner fee fees food free invitation lunch meals money "
        "pay payment places price prices refund ticket tickets vegan vegetarian visa"
    ),
    "venue": (
        "accommodation address airport arrive bus directions hotel hotels internet location map "
        "parking station stay taxi train transport travel tube underground wheelchair wi-fi wifi"
    ),
}
MAX_EDIT_DISTANCE = 2  # letters added, removed, changed or swapped
MIN_WORD_LENGTH = 3  # letters; shorter words are not corrected
MAX_SUGGESTIONS = 3  # per search
MAX_CORRECTED_WORDS = 4  # per search


def build_vocabulary(documents: Iterable[SearchDocument]) -> dict[str, str]:
    """Map the folded form of each word in a title to its spelling."""
    spellings: dict[str, str] = {}
    for document in documents:
        for word in WORD.findall(document.title):
            spellings.setdefault(fold(word), word.lower())
    return spellings


def suggest(query: str, vocabulary: dict[str, str]) -> Sequence[str]:
    """Return the query with unknown words corrected, in up to MAX_SUGGESTIONS ways."""
    query_words = [fold(word) for word in WORD.findall(query)]
    unknown = [word for word in query_words if not any(one.startswith(word) for one in vocabulary)]
    corrected = [""]
    for word in query_words:
        is_unknown = word in unknown[:MAX_CORRECTED_WORDS]
        choices = _closest_words(word, vocabulary) if is_unknown else [vocabulary.get(word, word)]
        corrected = [
            f"{begun} {choice}".strip() for begun in corrected for choice in choices or [word]
        ][:MAX_SUGGESTIONS]
    return corrected if unknown else ()


def _closest_words(word: str, vocabulary: dict[str, str]) -> Sequence[str]:
    """Return the known words closest to a word, the closest first."""
    if len(word) < MIN_WORD_LENGTH:
        return ()
    allowed = 1 if len(word) <= 4 else MAX_EDIT_DISTANCE
    found = process.extract(
        word, vocabulary.keys(), scorer=OSA.distance, score_cutoff=allowed, limit=None
    )
    nearest = sorted((distance, known) for known, distance, _ in found)
    return [vocabulary[known] for _, known in nearest[:MAX_SUGGESTIONS]]


MAX_QUERY_LENGTH = 100  # characters; the rest is ignored
PAGE_SIZE = 20  # results
EXCERPT_BEFORE, EXCERPT_AFTER = 60, 120  # characters around the first match
RUN = re.compile(r"\S+")
AFTER_A_SENTENCE = re.compile(r"(?<=[.!?])…$")  # the rest after a sentence is not needed
Span = tuple[int, int]  # start and end in a text
HighlightedText = Sequence[tuple[str, bool]]  # parts of a text, and whether each matches


@dataclass(frozen=True)
class SearchCorpus:
    """All searchable documents: those of the programme first, then pages and news."""

    release_number: int  # the release in the database's index
    programme: Sequence[SearchDocument]
    texts: Sequence[SearchDocument]

    @cached_property
    def all(self) -> Sequence[SearchDocument]:
        """Return all documents; matches are positions in this sequence."""
        return (*self.programme, *self.texts)

    def match(self, query_words: frozenset[str]) -> set[int]:
        """Return the positions of the documents that contain every word."""
        indexed = search_index.match(query_words, self.release_number)
        first = 0 if indexed is None else len(self.programme)
        positions = range(first, len(self.all))
        return {place for place in positions if _has_all_words(self.all[place], query_words)} | (
            indexed or set()
        )

    def title_scores(self, query_words: frozenset[str]) -> Counter[int]:
        """Count the query words in each title; whole words count twice."""
        scores: Counter[int] = Counter()
        for part in query_words:
            positions: set[int] = set()
            for word in self._sorted_title_words[bisect_left(self._sorted_title_words, part) :]:
                if not word.startswith(part):
                    break
                positions.update(self._positions_by_title_word[word])
            scores.update(positions)
            scores.update(self._positions_by_title_word.get(part, ()))
        return scores

    @cached_property
    def _positions_by_title_word(self) -> Mapping[str, Sequence[int]]:
        found: dict[str, list[int]] = defaultdict(list)
        for place, document in enumerate(self.all):
            for word in split_words(f"{document.title} {document.synonyms}"):
                found[word].append(place)
        return dict(found)

    @cached_property
    def _sorted_title_words(self) -> Sequence[str]:
        return sorted(self._positions_by_title_word)


@dataclass(frozen=True)
class SearchHit:
    """A document that matches, with the query words highlighted."""

    document: SearchDocument
    text: SearchText
    title: HighlightedText
    excerpt: HighlightedText


@dataclass(frozen=True)
class SearchResults:
    """The number of matches and one page of them, the best first."""

    count: int = 0
    hits: Sequence[SearchHit] = ()
    page_number: int = 1
    last_page: int = 1

    @property
    def first_position(self) -> int:
        """Return the position of the page's first hit among all matches, from 1."""
        return (self.page_number - 1) * PAGE_SIZE + 1


def build_corpus(
    programme: PublishedProgramme, pages: Iterable[ContentPage], news: Iterable[NewsItem]
) -> SearchCorpus:
    """Return the corpus of a release, with pages and news."""
    texts = [*map(_page_document, pages), *map(_news_document, news)]
    return SearchCorpus(programme.number, list(list_documents(programme)), texts)


def find(
    query: str,
    corpus: SearchCorpus,
    page_number: int = 1,
    matches: Callable[[SearchDocument], bool] | None = None,
) -> SearchResults:
    """Return a page of the documents that match the query and the filter, the best first."""
    query_words = split_words(query)
    positions = rank(query_words, corpus)
    if matches:
        positions = [place for place in positions if matches(corpus.all[place])]
    last = max(1, -(-len(positions) // PAGE_SIZE))
    page_number = min(page_number, last)
    page_positions = positions[(page_number - 1) * PAGE_SIZE : page_number * PAGE_SIZE]
    return SearchResults(
        len(positions),
        [_build_hit(corpus.all[position], query_words) for position in page_positions],
        page_number,
        last,
    )


def rank(query_words: frozenset[str], corpus: SearchCorpus) -> Sequence[int]:
    """Return the positions of matches, the best first; without a word, all of the programme."""
    if not query_words:
        return range(len(corpus.programme))
    found = corpus.match(query_words)
    strengths = corpus.title_scores(query_words)
    return sorted(found, key=lambda place: (-strengths.get(place, 0), place))


def highlight(text: str, query_words: frozenset[str]) -> HighlightedText:
    """Split a text into matching parts and the text between them."""
    parts: list[tuple[str, bool]] = []
    last = 0
    for begin, end in _iter_matches(text, query_words):
        parts += [(text[last:begin], False), (text[begin:end], True)]
        last = end
    return [piece for piece in [*parts, (text[last:], False)] if piece[0]]


def _iter_matches(text: str, query_words: frozenset[str]) -> Iterator[Span]:
    """Yield the spans of the words in a text that match."""
    if not query_words:
        return iter(())
    if text.isascii():  # most texts are ASCII, for which one regular expression is enough
        prefixes = "|".join(sorted(filter(str.isascii, query_words)))
        look = rf"(?<![a-z0-9])(?:{prefixes or '(?!)'})[a-z0-9]*"
        return (word.span() for word in re.finditer(look, text, re.ASCII | re.IGNORECASE))
    prefix_tuple = tuple(query_words)
    return (span for run in RUN.finditer(text) for span in _asked_in_run(run, prefix_tuple))


def _asked_in_run(run: re.Match[str], begins: tuple[str, ...]) -> Iterator[Span]:
    """Yield the matches in a run of characters without spaces.

    Folding can turn one character into several, even into several words: ⑴ into (1), ℀ into a/c. So
    words are searched in the folded text, and each is mapped back to its original characters.
    """
    folded, places = _fold_with_positions(run)
    begin = end = -1
    for word in WORD.finditer(folded):
        if not word[0].startswith(begins):
            continue
        first = places[word.start()]
        if first >= end:
            if begin >= 0:
                yield begin, end
            begin = first
        end = max(places[word.end() - 1] + 1, places[word.end()])  # including combining accents
    if begin >= 0:
        yield begin, end


def _fold_with_positions(run: re.Match[str]) -> tuple[str, Sequence[int]]:
    """Return a run folded, with the original position of each of its characters, and of its end."""
    if run[0].isascii():  # usually each character folds to one
        return run[0].lower(), range(run.start(), run.end() + 1)
    folded = [fold(character) for character in run[0]]
    places = [run.start() + place for place, some in enumerate(folded) for _ in some]
    return "".join(folded), [*places, run.end()]


def _has_all_words(document: SearchDocument, query_words: frozenset[str]) -> bool:
    present = document.all_words
    return all(any(word.startswith(part) for word in present) for part in query_words)


def _build_hit(document: SearchDocument, query_words: frozenset[str]) -> SearchHit:
    text = document.load_text()
    excerpt = highlight(_excerpt(text, query_words), query_words)
    return SearchHit(document, text, highlight(document.title, query_words), excerpt)


def _excerpt(entry: SearchText, query_words: frozenset[str]) -> str:
    """Return the summary, or if it has no match, the text around the first match."""
    found = entry.summary
    if not _first_match(found, query_words):
        match = _first_match(entry.text, query_words)
        if match:
            found = _excerpt_around(entry.text, match[0])
    return AFTER_A_SENTENCE.sub("", found)


def _first_match(text: str, query_words: frozenset[str]) -> Span | None:
    return next(_iter_matches(text, query_words), None)


def _excerpt_around(text: str, position: int) -> str:
    """Cut a text between words, around a position."""
    begin = text.find(" ", position - EXCERPT_BEFORE) + 1 if position > EXCERPT_BEFORE else 0
    end = (
        text.rfind(" ", position, position + EXCERPT_AFTER)
        if len(text) > position + EXCERPT_AFTER
        else len(text)
    )
    whole = text[begin : end if end > position else position + EXCERPT_AFTER]
    if end < len(text):
        whole = f"{whole.rstrip(',;:–-')}…"
    return f"{'…' if begin else ''}{whole}"


def _page_document(page: ContentPage) -> SearchDocument:
    search_text = SearchText(page.summary, page.text, page.language)
    return SearchDocument(
        "page",
        page.slug,
        page.title,
        "content.show",
        lambda: search_text,
        SYNONYMS.get(page.slug, ""),
    )


def _news_document(item: NewsItem) -> SearchDocument:
    search_text = SearchText(item.summary, item.text, item.language)
    return SearchDocument("news", item.slug, item.title, "site.news_item", lambda: search_text)
