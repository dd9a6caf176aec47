"""Read-only queries about questions; definitions are cached per cache version."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, select

from app import cache_version
from app.database import db, read_only_connection
from app.errors import NotFound
from app.questions import readers, standard
from app.questions.definitions import Definition, Wording, load_condition, load_texts
from app.questions.models import Question, QuestionSet, QuestionVersion

DEFINITIONS = (
    select(
        Question.id,
        Question.is_required,
        Question.condition,
        Question.purpose,
        Question.readers,
        Question.erasure,
        Question.days,
        Question.categories,
        Question.retired_at,
        QuestionVersion.id,
        QuestionVersion.kind,
        QuestionVersion.choices,
        QuestionVersion.texts,
        Question.key,
        Question.max_megabytes,
    )
    .join(QuestionVersion, QuestionVersion.question_id == Question.id)
    .order_by(Question.position, Question.id, QuestionVersion.number)
)


def get_definitions(set_name: str) -> Sequence[Definition]:
    """List all questions of a set in their order, including retired ones, from the cache."""
    return cache_version.cached(f"questions {set_name}", lambda: _load_on_own_connection(set_name))


def find_standard(set_name: str, key: str) -> Definition | None:
    """Return a standard question by its key, from the cache."""
    found = cache_version.cached(f"standard questions {set_name}", lambda: _by_key(set_name))
    return found.get(key)


def _by_key(set_name: str) -> Mapping[str, Definition]:
    definitions = get_definitions(set_name)
    return {
        definition.standard.key: definition for definition in definitions if definition.standard
    }


def is_one_per_page(set_name: str) -> bool:
    """Return whether each question of a set has a page of its own, from the cache."""
    return cache_version.cached(f"question set {set_name}", lambda: _load_setting(set_name))


def read_definitions(set_name: str) -> Sequence[Definition]:
    """List all questions of a set as this transaction sees them."""
    return _load(db.session.connection(), set_name)


def list_all(set_name: str) -> Sequence[Question]:
    """List the questions of a set, retired ones last."""
    order = (Question.retired_at.is_not(None), Question.position, Question.id)
    statement = select(Question).where(Question.set_name == set_name)
    return db.session.scalars(statement.order_by(*order)).all()


def get_question(set_name: str, number: int) -> Question:
    """Return a question of a set; raise NotFound if there is none."""
    found = db.session.get(Question, number)
    if found is None or found.set_name != set_name:
        raise NotFound("There is no such question")
    return found


def _load_on_own_connection(set_name: str) -> Sequence[Definition]:
    with read_only_connection(db.engine) as connection:
        return _load(connection, set_name)


def _load_setting(set_name: str) -> bool:
    statement = select(QuestionSet.is_one_per_page).where(QuestionSet.name == set_name)
    with read_only_connection(db.engine) as connection:
        return bool(connection.execute(statement).scalar())


def _load(connection: Connection, set_name: str) -> Sequence[Definition]:
    found: dict[int, Definition] = {}
    for row in connection.execute(DEFINITIONS.where(Question.set_name == set_name)):
        wording = Wording(row[9], row[10], tuple(row[11].split()), load_texts(row[12]))
        earlier = found[row[0]].versions if row[0] in found else ()
        found[row[0]] = Definition(
            id=row[0],
            versions=(*earlier, wording),
            is_required=row[1],
            condition=load_condition(row[2]),
            purpose=row[3],
            readers=row[4],
            erasure=row[5],
            days=frozenset(row[6].split()),
            categories=frozenset(row[7].split()),
            is_retired=row[8] is not None,
            max_megabytes=row[14],
            standard=standard.find(set_name, row[13]),
        )
    return readers.inherit(list(found.values()))
