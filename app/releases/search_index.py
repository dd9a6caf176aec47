"""Full-text search in the current release, with the same results on every database.

The index is a table of the database's own kind, FTS5 on SQLite and a GIN index of tsvectors on
PostgreSQL, and is rewritten in the transaction that makes a release current. Words are folded (no
case, no accents) and encoded in plain letters and digits, so that both databases tokenise them in
the same way. Every word of a query matches the start of a word.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from html import unescape
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from app.database import db, lock_table, read_only_connection
from app.database_faults import log_if_unavailable
from app.programme import queries
from app.programme import snapshot as programme_snapshot
from app.programme.collation import UNDECOMPOSED_LETTERS
from app.programme.fields.sessions import SESSION_FIELDS
from app.programme.fields.speakers import SPEAKER_FIELDS
from app.programme.fields.table import PROSE, WORDS, Field, Kind
from app.programme.models import Conference, Release
from app.programme.snapshot import Room, Session, Snapshot, Speaker, Theme
from app.releases.published_programme import PublishedProgramme

WORD = re.compile(r"[^\W_]+")
POSSIBLE_MARKS = re.compile("[\u0300-\U0010ffff]+")  # no character before combines with another
MAX_WORD_LENGTH = 40  # characters; the rest of a word is ignored
SENTENCE_ENDS = (".", "!", "?", "…")


def fold(text: str) -> str:
    """Return a text without case or accents (Unicode NFKD), character by character."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return POSSIBLE_MARKS.sub(_strip_marks, decomposed).translate(UNDECOMPOSED_LETTERS)


def split_words(text: str) -> frozenset[str]:
    """Return the distinct folded words of a text."""
    return frozenset(word[:MAX_WORD_LENGTH] for word in WORD.findall(fold(text)))


def encode_word(word: str) -> str:
    """Encode a word in ASCII letters and digits, so that every database takes it as one token.

    Prefixes are preserved: each other character becomes z and six hexadecimal digits, and z is
    doubled.
    """
    return word.replace("z", "zz") if word.isascii() else "".join(map(_encode_character, word))


def encode_words(words: Iterable[str]) -> str:
    """Encode words, sorted and separated by spaces."""
    return " ".join(sorted(map(encode_word, words)))


def _encode_character(character: str) -> str:
    if not character.isascii():
        return f"z{ord(character):06x}"
    return "zz" if character == "z" else character


def _strip_marks(match: re.Match[str]) -> str:
    return "".join(one for one in match[0] if not unicodedata.combining(one))


ANY_TAG = re.compile(r"<[^<>]*+>")


@dataclass(frozen=True)
class SearchText:
    """The text of a document: what a result shows, and what else is searched."""

    summary: str
    text: str = ""  # further text that is searched
    language: str = ""  # if it differs from the page's


@dataclass(frozen=True)
class SearchDocument:
    """A searchable item; its text is built only when needed."""

    kind: str
    slug: str
    title: str
    endpoint: str
    load_text: Callable[[], SearchText] = field(repr=False, compare=False)
    synonyms: str = ""  # words that count as words of the title

    @property
    def url_values(self) -> Mapping[str, str]:
        """The values for ``url_for`` with the endpoint."""
        return {"slug": self.slug}

    @cached_property
    def all_words(self) -> frozenset[str]:
        """All words of the title and the text, folded."""
        entry = self.load_text()
        return split_words(f"{self.title} {self.synonyms} {entry.summary} {entry.text}")


def list_documents(programme: PublishedProgramme | Snapshot) -> Iterator[SearchDocument]:
    """Yield every searchable item of a programme, in a fixed order."""
    for session in programme.sessions:
        yield SearchDocument(
            "session",
            session.slug,
            session.title,
            "programme.session",
            _deferred(_session_text, session),
        )
    for speaker in programme.speakers:
        yield SearchDocument(
            "speaker",
            speaker.slug,
            speaker.name,
            "programme.speaker",
            _deferred(_speaker_text, speaker),
        )
    for theme in programme.themes:
        yield SearchDocument(
            "theme", theme.slug, theme.name, "programme.theme", _deferred(_theme_text, theme)
        )
    for room in programme.rooms:
        yield SearchDocument(
            "room", room.slug, room.name, "programme.room", _deferred(_room_text, room)
        )


def html_to_text(html: str) -> str:
    """Return the text of trusted HTML, faster than by sanitising."""
    return " ".join(unescape(ANY_TAG.sub(" ", html)).split())


def _deferred(load: Callable[..., SearchText], entity: object) -> Callable[[], SearchText]:
    return lambda: load(entity)


def _session_text(session: Session) -> SearchText:
    people = (f"{part.name}, {part.organisation}" for part in session.parts)
    theme = session.theme.name if session.theme else ""
    searched = (one for one in SESSION_FIELDS if one.is_searched)
    texts = filter(None, [*_list_texts(searched, session), *people, theme])
    text = " ".join(one if one.endswith(SENTENCE_ENDS) else f"{one}." for one in texts)
    return SearchText(session.summary, text, session.language)


def _speaker_text(speaker: Speaker) -> SearchText:
    searched = [one for one in SPEAKER_FIELDS if one.is_searched]
    facts = _list_texts((one for one in searched if one.kind is not PROSE), speaker)
    prose = _list_texts((one for one in searched if one.kind is PROSE), speaker)
    return SearchText(", ".join(filter(None, facts)), " ".join(prose))


def _list_texts(fields: Iterable[Field], entity: Session | Speaker) -> list[str]:
    """Return the texts of these fields."""
    return [_plain_text(one.kind, getattr(entity, one.name)) for one in fields]


def _plain_text(kind: Kind, value: Any) -> str:
    return ", ".join(value) if kind is WORDS else html_to_text(value) if kind is PROSE else value


def _theme_text(theme: Theme) -> SearchText:
    return SearchText(theme.summary)


def _room_text(room: Room) -> SearchText:
    return SearchText(room.description)


SELECT_INDEXED_RELEASE = text("SELECT release FROM search_index LIMIT 1")
CONSISTENT_READ: dict[str, dict[str, Any]] = {  # both queries use the same index
    "sqlite": {},
    "postgresql": {"isolation_level": "REPEATABLE READ"},
}
MATCH_STATEMENTS = {  # all positions in one row: a row for each takes twice as long
    "sqlite": text("SELECT group_concat(rowid) FROM search_index WHERE search_index MATCH :words"),
    "postgresql": text(
        "SELECT string_agg(CAST(position AS text), ',') FROM search_index"
        " WHERE words @@ CAST(:words AS tsquery)"
    ),
}


def match(words: Iterable[str], release_number: int) -> set[int] | None:
    """Return the positions of the documents with words that start with these words.

    Return None if the database is unavailable or the index is of another release.
    """
    try:
        dialect = db.engine.dialect.name
        with read_only_connection(
            db.engine.execution_options(**CONSISTENT_READ[dialect])
        ) as connection:
            if get_indexed_release(connection) != release_number:
                return None
            positions = connection.scalar(
                MATCH_STATEMENTS[dialect], {"words": _match_expression(words, dialect)}
            )
            return set(map(int, positions.split(","))) if positions else set()
    except SQLAlchemyError as fault:
        if not log_if_unavailable(fault, "search index"):
            raise
        return None


def get_indexed_release(connection: Connection) -> int | None:
    """Return the number of the release in the index, or None if the index is empty."""
    row = connection.execute(SELECT_INDEXED_RELEASE).first()
    return int(row.release) if row else None


def _match_expression(words: Iterable[str], dialect: str) -> str:
    """Return a query in the database's own syntax: all words, each as a prefix."""
    prefixes = sorted(map(encode_word, words))
    if dialect == "sqlite":
        return " ".join(f'"{prefix}"*' for prefix in prefixes)
    return " & ".join(f"{prefix}:*" for prefix in prefixes)


BATCH_ROWS = 500  # rows
INSERT_STATEMENTS = {
    "sqlite": text(
        "INSERT INTO search_index (rowid, release, words) VALUES (:position, :release, :words)"
    ),
    "postgresql": text(
        "INSERT INTO search_index (position, release, words)"
        " VALUES (:position, :release, CAST(:words AS tsvector))"
    ),
}


def reindex(release_number: int, snapshot: Snapshot) -> None:
    """Replace the index by that of a release."""
    db.session.execute(text("DELETE FROM search_index"))
    insert = INSERT_STATEMENTS[db.engine.dialect.name]
    rows = [
        {"position": position, "release": release_number, "words": encode_words(thing.all_words)}
        for position, thing in enumerate(list_documents(snapshot))
    ]
    for position in range(0, len(rows), BATCH_ROWS):
        db.session.execute(insert, rows[position : position + BATCH_ROWS])


def reindex_if_stale() -> None:
    """Rebuild the index if it is not that of the current release."""
    if not queries.has_conference():
        return
    number = queries.get_conference().current_release
    if number is None or get_indexed_release(db.session.connection()) == number:
        return
    lock_table(Conference)
    reindex(number, programme_snapshot.load(db.session.get_one(Release, number).snapshot))
