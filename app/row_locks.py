"""Locking a row that is already loaded, and reloading it.

The row may be deleted while waiting for its lock. Then there is nothing to lock, and Gone is
raised.
"""

from typing import Any

from sqlalchemy import inspect
from sqlalchemy.exc import InvalidRequestError

from app.database import Base, db
from app.errors import Gone


def lock_row(row: Base, gone: str, *, key_share: bool = False) -> None:
    """Lock a row until the transaction ends, and reload it; raise Gone if it has been deleted.

    With ``key_share`` rows of other tables may start to refer to it (FOR NO KEY UPDATE). Do not use
    that to delete it.
    """
    _reload(row, gone, with_for_update={"of": type(row), "key_share": key_share})


def reload(row: Base, name: str, gone: str) -> None:
    """Reload one column of a row without locking it; raise Gone if it has been deleted."""
    _reload(row, gone, attribute_names=[name])


def _reload(row: Base, gone: str, **options: Any) -> None:
    db.session.flush()  # reloading would discard unsaved changes
    try:
        db.session.refresh(row, **options)
    except InvalidRequestError:
        if _exists(row):
            raise  # a bug, such as a row of another transaction
        raise Gone(gone) from None


def _exists(row: Base) -> bool:
    key = inspect(row).identity
    return key is None or db.session.get(type(row), key, populate_existing=True) is not None
