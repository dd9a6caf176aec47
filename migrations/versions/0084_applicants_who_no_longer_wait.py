"""applications whose wait for a place has ended without one are no longer listed as waiting."""

import sqlalchemy as sa
from alembic import op

revision = "0084"
down_revision = "0083"
branch_labels = None
depends_on = None

CHECK = op.f("ck_registration_application_known_state")
BEFORE = "'asked', 'on hold', 'approved', 'waiting', 'declined', 'withdrawn'"
AFTER = "'asked', 'on hold', 'approved', 'waiting', 'unplaced', 'declined', 'withdrawn'"
APPLICATIONS = sa.table(
    "registration_application",
    *(sa.column("state", sa.String), sa.column("entry_id", sa.Integer)),
    sa.column("delegate_id", sa.Integer),
)
ENTRIES = sa.table(
    "waiting_list_entry",
    *(sa.column("id", sa.Integer), sa.column("state", sa.String)),
    *(sa.column("ended_at", sa.DateTime(timezone=True)), sa.column("delegate_id", sa.Integer)),
)
OWN = ENTRIES.c.id == APPLICATIONS.c.entry_id
WAITING = APPLICATIONS.c.state == "waiting"


def upgrade() -> None:
    _set_known_states(AFTER)
    accepted = sa.select(ENTRIES.c.delegate_id).where(OWN, ENTRIES.c.state == "accepted")
    op.execute(
        sa.update(APPLICATIONS)
        .where(WAITING, accepted.exists())
        .values(state="approved", delegate_id=accepted.scalar_subquery())
    )
    waits = sa.select(ENTRIES.c.id).where(OWN, ENTRIES.c.ended_at.is_(None))
    op.execute(sa.update(APPLICATIONS).where(WAITING, ~waits.exists()).values(state="unplaced"))


def downgrade() -> None:
    op.execute(
        sa.update(APPLICATIONS).where(APPLICATIONS.c.state == "unplaced").values(state="waiting")
    )
    _set_known_states(BEFORE)


def _set_known_states(states: str) -> None:
    with op.batch_alter_table("registration_application") as batch:
        batch.drop_constraint(CHECK, type_="check")
        batch.create_check_constraint(CHECK, f"state IN ({states})")
