"""notes and tags of delegates, when somebody last signed in, and speakers by family name.

The sign-ins of before are taken from the links that were used and the sessions that are open.
"""

import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
PERSON = sa.table("person", sa.column("id"), sa.column("last_signed_in_at", MOMENT))
LINK = sa.table("sign_in_link", sa.column("person_id"), sa.column("used_at", MOMENT))
LOGIN = sa.table("login_session", sa.column("person_id"), sa.column("signed_in_at", MOMENT))
SPEAKER = sa.table("speaker", *(sa.column(name) for name in ("id", "name", "name_sort_key")))


def upgrade() -> None:
    op.create_table(
        "delegate_note",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("delegate_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("written_at", MOMENT, nullable=False),
        sa.Column("written_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["delegate_id"],
            ["delegate.id"],
            name=op.f("fk_delegate_note_delegate_id_delegate"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delegate_note")),
    )
    op.create_index(op.f("ix_delegate_note_delegate_id"), "delegate_note", ["delegate_id"])
    op.create_table(
        "delegate_tag",
        sa.Column("delegate_id", sa.Integer(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["delegate_id"],
            ["delegate.id"],
            name=op.f("fk_delegate_tag_delegate_id_delegate"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("delegate_id", "label", name=op.f("pk_delegate_tag")),
    )
    op.create_index(op.f("ix_delegate_tag_label"), "delegate_tag", ["label"])
    op.add_column("person", sa.Column("last_signed_in_at", MOMENT, nullable=True))
    fill_last_sign_in()
    store_sort_keys(by_family_name)


def downgrade() -> None:
    store_sort_keys(sort_key)
    op.drop_column("person", "last_signed_in_at")
    op.drop_table("delegate_tag")
    op.drop_table("delegate_note")


def fill_last_sign_in() -> None:
    used = sa.union_all(
        sa.select(LINK.c.person_id, LINK.c.used_at.label("moment")).where(
            LINK.c.used_at.is_not(None)
        ),
        sa.select(LOGIN.c.person_id, LOGIN.c.signed_in_at.label("moment")),
    ).subquery()
    latest = sa.select(used.c.person_id, sa.func.max(used.c.moment)).group_by(used.c.person_id)
    connection = op.get_bind()
    for person, moment in connection.execute(latest).all():
        connection.execute(
            PERSON.update().where(PERSON.c.id == person).values(last_signed_in_at=moment)
        )


def store_sort_keys(make_key) -> None:
    connection = op.get_bind()
    for number, name in connection.execute(sa.select(SPEAKER.c.id, SPEAKER.c.name)).all():
        connection.execute(
            SPEAKER.update().where(SPEAKER.c.id == number).values(name_sort_key=make_key(name))
        )


# As in app/programme/collation.py when this was written.

UNDECOMPOSED_LETTERS = str.maketrans(
    {"ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th"}
)
NAME_SUFFIXES = frozenset({"jr", "jr.", "sr", "sr.", "ii", "iii", "iv"})
DEGREES = frozenset({"phd", "md", "mph", "msc", "mbbs", "frcp", "obe", "cbe", "mbe", "esq"})
ARTICLES = ("al-", "el-")  # in Arabic names, which are sorted by what follows
MAX_INITIALS = 2  # letters of a word in capitals that may be initials: AJ Smith
VOWELS = frozenset("AEIOUY")
FAMILY_FIRST_SCRIPTS = ("CJK", "HANGUL", "HIRAGANA", "KATAKANA")


def sort_key(name):
    parted = unicodedata.normalize("NFKD", name)
    plain = "".join(one for one in parted if not unicodedata.combining(one))
    return plain.casefold().translate(UNDECOMPOSED_LETTERS).lstrip("\"'’‘“”([{.-– ")


def family_name(name):
    before, _, after = name.partition(",")
    ends = {word.casefold().replace(".", "") for word in after.replace(",", " ").split()}
    if ends and not ends <= NAME_SUFFIXES | DEGREES:
        return before.strip()
    words = [word for word in before.split() if word.casefold() not in NAME_SUFFIXES]
    capitals = [word for word in words if _is_in_capitals(word)]
    if capitals and len(capitals) < len(words):
        return " ".join(capitals)
    return (words[0] if _is_family_first(name) else words[-1]) if words else name


def family_sort_key(name):
    key = sort_key(family_name(name))
    return next((key.removeprefix(one) for one in ARTICLES if key.startswith(one)), key)


def by_family_name(name):
    return f"{family_sort_key(name)} {sort_key(name)}"


def _is_in_capitals(word):
    is_longer = len(word) > MAX_INITIALS or (len(word) == MAX_INITIALS and word[-1] in VOWELS)
    return is_longer and word.isupper() and "." not in word


def _is_family_first(name):
    return unicodedata.name(name.strip()[:1] or " ", "").startswith(FAMILY_FIRST_SCRIPTS)
