"""the domains of suppressed addresses in their own letters, as bookings have them."""

from collections.abc import Callable

import idna
import sqlalchemy as sa
from alembic import op

revision = "0082"
down_revision = "0081"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _convert_domains(lambda domain: "xn--" in domain, idna.decode)


def downgrade() -> None:
    _convert_domains(
        lambda domain: not domain.isascii(), lambda domain: idna.encode(domain).decode()
    )


def _convert_domains(is_other: Callable[[str], bool], convert: Callable[[str], str]) -> None:
    bind = op.get_bind()
    for name in ("suppressed_address", "unsubscribe_key"):
        address = sa.column("address", sa.String)
        table = sa.table(name, address)
        for old in bind.scalars(sa.select(address).select_from(table).distinct()).all():
            username, separator, domain = old.rpartition("@")
            if not separator or not is_other(domain):
                continue
            try:
                new = f"{username}@{convert(domain)}"
            except UnicodeError:
                continue
            bind.execute(sa.update(table).where(address == old).values(address=new))
