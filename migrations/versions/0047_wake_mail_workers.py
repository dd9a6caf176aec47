"""notify mail workers of emails that are queued."""

from alembic import op

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None

# The channel is named in app/mail/wakeup.py too. What a worker does is done after the
# attempt was counted, so that it does not wake itself up.
NOTIFY = """
CREATE FUNCTION notify_email_queued() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NOTIFY email_queued;
    RETURN NULL;
END $$
"""
QUEUED = """
CREATE TRIGGER email_queued AFTER INSERT ON email
FOR EACH STATEMENT EXECUTE FUNCTION notify_email_queued()
"""
QUEUED_AGAIN = """
CREATE TRIGGER email_queued_again AFTER UPDATE OF due_at, state ON email
FOR EACH ROW WHEN (NEW.state = 'waiting' AND NEW.attempts = 0)
EXECUTE FUNCTION notify_email_queued()
"""


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for statement in (NOTIFY, QUEUED, QUEUED_AGAIN):
            op.execute(statement)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER email_queued_again ON email")
        op.execute("DROP TRIGGER email_queued ON email")
        op.execute("DROP FUNCTION notify_email_queued()")
