"""versions of links and the notice."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)  # a link is there on every clock
MOMENT = sa.DateTime(timezone=True)
WRITING = sa.table(
    "writing",
    *(sa.column(name) for name in ("kind", "slug", "language", "title", "summary", "body", "who")),
    *(sa.column("version", sa.Integer()), sa.column("is_removed", sa.Boolean())),
    sa.column("dated_on", sa.Date()),
    *(sa.column(name, MOMENT) for name in ("appears_at", "ends_at", "written_at")),
)
LINK = sa.table(
    "link",
    *(sa.column("id", sa.Integer()), sa.column("position", sa.Integer())),
    *(sa.column(name) for name in ("page", "label", "address")),
)
NOTICE = sa.table(
    "notice",
    sa.column("id", sa.Integer()),
    *(sa.column(name) for name in ("words", "who")),
    *(sa.column(name, MOMENT) for name in ("appears_at", "ends_at", "written_at")),
)
ENTRY = sa.table(
    "history_entry",
    *(sa.column("id", sa.Integer()), sa.column("happened_at", MOMENT)),
    *(sa.column(name) for name in ("about", "who", "sentence")),
)


def upgrade() -> None:
    with op.batch_alter_table("writing", schema=None) as batch_op:
        batch_op.add_column(sa.Column("ends_at", MOMENT, nullable=True))
        batch_op.drop_constraint(batch_op.f("ck_writing_known_kind"), type_="check")
        batch_op.create_check_constraint(
            batch_op.f("ck_writing_known_kind"), "kind IN ('page', 'news', 'link', 'notice')"
        )
        batch_op.create_check_constraint(
            batch_op.f("ck_writing_ends_after_it_appears"), "ends_at >= appears_at"
        )
    connection = op.get_bind()
    for link in connection.execute(sa.select(LINK)).all():
        connection.execute(WRITING.insert().values(_of_link(connection, link)))
    notices = connection.execute(sa.select(NOTICE).order_by(NOTICE.c.id)).all()
    for version, notice in enumerate(notices, 1):
        connection.execute(WRITING.insert().values(_of_notice(version, notice)))
    with op.batch_alter_table("link", schema=None) as batch_op:
        batch_op.drop_column("label")
        batch_op.drop_column("address")
    op.drop_table("notice")


def downgrade() -> None:
    op.create_table(
        "notice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("appears_at", MOMENT, nullable=False),
        sa.Column("ends_at", MOMENT, nullable=True),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("written_at", MOMENT, nullable=False),
        sa.CheckConstraint("ends_at >= appears_at", name=op.f("ck_notice_ends_after_it_appears")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
    )
    with op.batch_alter_table("link", schema=None) as batch_op:
        batch_op.add_column(sa.Column("address", sa.String(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("label", sa.String(), nullable=False, server_default=""))
    connection = op.get_bind()
    _give_links_their_words(connection)
    _write_notices(connection)
    connection.execute(WRITING.delete().where(WRITING.c.kind.in_(("link", "notice"))))
    with op.batch_alter_table("link", schema=None) as batch_op:
        batch_op.alter_column("address", server_default=None)
        batch_op.alter_column("label", server_default=None)
    with op.batch_alter_table("writing", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_writing_ends_after_it_appears"), type_="check")
        batch_op.drop_constraint(batch_op.f("ck_writing_known_kind"), type_="check")
        batch_op.create_check_constraint(
            batch_op.f("ck_writing_known_kind"), "kind IN ('page', 'news')"
        )
        batch_op.drop_column("ends_at")


def _of_link(connection: sa.Connection, link: sa.Row) -> dict:
    """Give the first version of a link; who wrote it, and when, is in the history."""
    told = connection.execute(
        sa.select(ENTRY.c.happened_at, ENTRY.c.who)
        .where(
            ENTRY.c.about == f"page {link.page}",
            ENTRY.c.sentence.contains(f"“{link.label}”", autoescape=True),
        )
        .order_by(ENTRY.c.id.desc())
        .limit(1)
    ).one_or_none()
    written_at, who = told or (LONG_AGO, "")
    return {
        **_text("link", str(link.id), 1, link.label),
        "body": link.address,
        "dated_on": written_at.date(),
        "appears_at": LONG_AGO,
        "ends_at": None,
        "who": who,
        "written_at": written_at,
    }


def _of_notice(version: int, notice: sa.Row) -> dict:
    return {
        **_text("notice", "notice", version, notice.words),
        "dated_on": notice.appears_at.date(),
        "appears_at": notice.appears_at,
        "ends_at": notice.ends_at,
        "who": notice.who,
        "written_at": notice.written_at,
    }


def _text(kind: str, slug: str, version: int, title: str) -> dict:
    named = {"kind": kind, "slug": slug, "language": "en", "version": version, "title": title}
    return {**named, "summary": "", "body": "", "is_removed": False}


def _give_links_their_words(connection: sa.Connection) -> None:
    """Let each link say what it was last told to; what has been taken away goes.

    The table of before has no moments, so words of a link that still wait are shown at once.
    """
    for link in connection.execute(sa.select(LINK.c.id)).all():
        newest = connection.execute(
            sa.select(WRITING)
            .where(WRITING.c.kind == "link", WRITING.c.slug == str(link.id))
            .order_by(WRITING.c.version.desc())
            .limit(1)
        ).one()
        such = LINK.c.id == link.id
        if newest.is_removed:
            connection.execute(LINK.delete().where(such))
        else:
            said = {"label": newest.title, "address": newest.body}
            connection.execute(LINK.update().where(such).values(said))


def _write_notices(connection: sa.Connection) -> None:
    """Give each notice back, ended where the next one begins or takes it down."""
    versions = connection.execute(
        sa.select(WRITING).where(WRITING.c.kind == "notice").order_by(WRITING.c.version)
    ).all()
    for number, one in enumerate(versions):
        ends = [later.appears_at for later in versions[number + 1 :]]
        ends += [one.ends_at] if one.ends_at else []
        if not one.is_removed:
            connection.execute(
                NOTICE.insert().values(
                    words=one.title,
                    appears_at=one.appears_at,
                    ends_at=max(one.appears_at, min(ends)) if ends else None,
                    who=one.who,
                    written_at=one.written_at,
                )
            )
