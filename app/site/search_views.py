"""The search page: query, filters, results and suggestions."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import request, url_for
from flask.typing import ResponseReturnValue

from app import cache_version
from app.content import queries as content
from app.content.views import get_content_folder
from app.programme.listing import SessionLine
from app.releases import current_release
from app.releases.search_index import SearchDocument, split_words
from app.site import news_views, search, search_filters
from app.site.search import SearchCorpus, SearchResults
from app.site.search_filters import SearchFilters
from app.text import collapse_whitespace, parse_number, strip_hidden
from app.web import languages
from app.web.cache_policy import cacheable
from app.web.rendering import render_page

MAX_PAGE_DIGITS = 5  # of a page number
MAX_SINGLE_WORDS = 5  # words suggested individually


@dataclass(frozen=True)
class SearchRequest:
    """A search query with its filters."""

    query: str
    is_truncated: bool
    filters: SearchFilters

    @property
    def has_criteria(self) -> bool:
        """Return True if there is anything to search for."""
        return bool(self.query or self.filters.query_params)

    @property
    def predicate(self) -> Callable[[SearchDocument], bool] | None:
        """Return the filter for documents, or None if no filter is set."""
        return self.filters.matches if self.filters.query_params else None

    def page_url(self, number: int = 1) -> str:
        """Return the URL of a page of the results."""
        return self.url_for_query(self.query, number)

    def url_for_query(self, query: str, number: int = 1) -> str:
        """Return the URL of another query with the same filters."""
        values: dict[str, Any] = {**self.filters.query_params, "q": query or None}
        return url_for("site.search", **values, page=number if number > 1 else None)

    def url_without(self, name: str) -> str:
        """Return the URL of the search without one parameter."""
        values: dict[str, Any] = {**self.filters.query_params, "q": self.query or None}
        return url_for("site.search", **{value: values[value] for value in values if value != name})


@cacheable
def results() -> ResponseReturnValue:
    """Render the search page."""
    typed = collapse_whitespace(strip_hidden(request.args.get("q", "")))
    query = typed[: search.MAX_QUERY_LENGTH]
    search_request = SearchRequest(
        query,
        query != typed,
        search_filters.parse_filters(current_release.get_programme(), request.args),
    )
    search_results = _run_search(search_request)
    return render_page(
        "site/search.html",
        search_request=search_request,
        query=query,
        search_results=search_results,
        lines=_build_lines(search_results),
        suggested=[] if search_results.count else _suggest(search_request),
        breadcrumbs=[],
    )


def _build_lines(results: SearchResults) -> Mapping[str, SessionLine]:
    """Return the lines of the sessions among the results, by slug."""
    programme = current_release.get_programme()
    slugs = [hit.document.slug for hit in results.hits if hit.document.kind == "session"]
    return {slug: SessionLine(programme.get_session(slug)) for slug in slugs}


def _run_search(search_request: SearchRequest) -> SearchResults:
    has_words = bool(split_words(search_request.query))
    if not has_words and (search_request.query or not search_request.filters.query_params):
        return SearchResults()
    number = _parse_page_number(request.args.get("page", ""))
    return search.find(search_request.query, _get_corpus(), number, search_request.predicate)


def _suggest(search_request: SearchRequest) -> Sequence[tuple[str, int]]:
    """Return suggested queries (corrected, or single words) with their numbers of results."""
    corpus, predicate = _get_corpus(), search_request.predicate
    known_words = _get_vocabulary()
    candidates = list(search.suggest(search_request.query, known_words))
    single_words = search_request.query.split()[:MAX_SINGLE_WORDS]
    for word in single_words if len(single_words) > 1 else ():
        candidates += search.suggest(word, known_words) or [word]
    counts = (
        (candidate, search.find(candidate, corpus, 1, predicate).count)
        for candidate in dict.fromkeys(candidates)
        if split_words(candidate)
    )
    return [(one, count) for one, count in counts if count]


def _get_corpus() -> SearchCorpus:
    """Return the corpus, built once per cache version and language, and when a page appears."""
    language = languages.current().code
    corpora: dict[int, SearchCorpus] = cache_version.cached(f"search {language}", dict)
    generation = content.get_generation(get_content_folder())
    if generation not in corpora:
        corpora.clear()
        pages = content.list_pages(get_content_folder(), language, languages.url_prefix(language))
        corpora[generation] = search.build_corpus(
            current_release.get_programme(), pages, news_views.list_news()
        )
    return corpora[generation]


def _get_vocabulary() -> dict[str, str]:
    corpus = _get_corpus()
    name = f"words {languages.current().code}"
    return cache_version.cached(name, lambda: search.build_vocabulary(corpus.all))


def _parse_page_number(typed: str) -> int:
    return max(1, parse_number(typed, MAX_PAGE_DIGITS) or 1)
