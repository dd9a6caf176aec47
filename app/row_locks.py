"""Locking a row that is known already, and reading it anew.

Whoever waits for the lock of a row may wait for somebody who deletes it. Then there is nothing to
lock, and they are told so.
"""

from typing import Any

from sqlalchemy import inspect
from sqlalchemy.exc import InvalidRequestError

from app.database import Base, db
from app.errors import Gone


def lock_row(row: Base, gone: str, *, key_share: bool = False) -> None:
    """Lock a row until the transaction ends, and reload it; raise Gone if it has been deleted.

    With ``key_share`` rows of other tables may begin to refer to it meanwhile (FOR NO KEY UPDATE).
    Whoever deletes it must not allow that.
    """
    _reload(row, gone, with_for_update={"of": type(row), "key_share": key_share})


def reload(row: Base, name: str, gone: str) -> None:
    """Read one value of a row anew without locking it; raise Gone if it has been deleted."""
    _reload(row, gone, attribute_names=[name])


def _reload(row: Base, gone: str, **options: Any) -> None:
    db.session.flush()  # reloading would discard unsaved changes
    try:
        db.session.refresh(row, **options)
    except InvalidRequestError:
        if _exists(row):
            raise  # a fault of ours, such as a row of another transaction
        raise Gone(gone) from None


def _exists(row: Base) -> bool:
    key = inspect(row).identity
    return key is None or db.session.get(type(row), key, populate_existing=True) is not None
