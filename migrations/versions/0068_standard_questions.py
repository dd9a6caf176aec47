"""the questions that every site asks are rows, before those of the organisers"""

import json

import sqlalchemy as sa
from alembic import op

revision = "0068"
down_revision = "0067"
branch_labels = None
depends_on = None

BOOKING = "To give you a place and email you about your booking"
BADGE = "To make your badge"
FIGURES = "To make your badge, and to know where people come from"
A_YEAR, A_MONTH = "1-year", "30-days"
# key, label, help, purpose, required, readers, erasure
STANDARD = (
    ("given_names", "Given names", "", BOOKING, True, "team", A_YEAR),
    (
        *("family_name", "Family name", "Leave this empty if you have only one name"),
        *(BOOKING, False, "team", A_YEAR),
    ),
    (
        *("badge_name", "Name on your badge", "Leave this empty to use your full name"),
        *(BADGE, False, "team", A_YEAR),
    ),
    (
        *("pronouns", "Pronouns", "Shown on your badge, for example she/her"),
        *(BADGE, False, "team", A_YEAR),
    ),
    (
        *("email", "Email address", "We will send your confirmation to this address"),
        *(BOOKING, True, "team", A_YEAR),
    ),
    ("organisation", "Organisation", "", BADGE, False, "team", A_YEAR),
    ("role", "Role", "", "To know who comes", False, "team", A_YEAR),
    ("country", "Country", "", FIGURES, True, "team", A_YEAR),
    ("days", "Days", "Choose all that apply", "To plan each day", True, "team", A_YEAR),
    (
        *("access_kinds", "Access requirements", "Choose all that apply", "To arrange access", False),
        *("registrations", A_MONTH),
    ),
    (
        *("dietary_kinds", "Dietary requirements", "Choose all that apply", "To arrange meals", False),
        *("registrations", A_MONTH),
    ),
)
question = sa.table(
    "question",
    *map(sa.column, ("id", "set_name", "key", "position", "is_required", "condition", "purpose")),
    *map(sa.column, ("readers", "erasure", "days", "categories", "version")),
)
version = sa.table(
    "question_version",
    *map(sa.column, ("question_id", "number", "kind", "choices", "texts")),
)


def upgrade() -> None:
    op.add_column("question", sa.Column("key", sa.String(), server_default="", nullable=False))
    op.create_index(
        "uq_question_set_name_key",
        "question",
        ["set_name", "key"],
        unique=True,
        sqlite_where=sa.text("key != ''"),
        postgresql_where=sa.text("key != ''"),
    )
    connection = op.get_bind()
    own = question.c.set_name == "registration"
    connection.execute(
        sa.update(question).where(own).values(position=question.c.position + len(STANDARD))
    )
    for position, (key, label, words, purpose, is_required, readers, erasure) in enumerate(STANDARD):
        values = {"set_name": "registration", "key": key, "position": position, "version": 1}
        values |= {"is_required": is_required, "purpose": purpose, "readers": readers}
        values |= {"erasure": erasure, "condition": "", "days": "", "categories": ""}
        connection.execute(sa.insert(question).values(values))
        number = connection.scalar(sa.select(question.c.id).where(question.c.key == key))
        texts = {"en": {"label": label, "help": words, "choices": {}}}
        connection.execute(
            sa.insert(version).values(
                question_id=number,
                number=1,
                kind="standard",
                choices="",
                texts=json.dumps(texts, ensure_ascii=False),
            )
        )


def downgrade() -> None:
    connection = op.get_bind()
    standard = question.c.key != ""
    for number in connection.scalars(sa.select(question.c.id).where(standard)).all():
        depends = question.c.condition.like(f"{number} %")
        connection.execute(sa.update(question).where(depends).values(condition=""))
        connection.execute(sa.delete(version).where(version.c.question_id == number))
    connection.execute(sa.delete(question).where(standard))
    op.drop_index("uq_question_set_name_key", table_name="question")
    op.drop_column("question", "key")
