"""Which materials readers see: those of the sessions that they see, as they stand now.

They are no part of a release. What is shown at which moment is laid over the document that pages
are made from, whenever that is read.
"""

from collections import defaultdict
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session as Database

from app.programme import document, models
from app.programme.document import Document
from app.programme.materials.models import Material


def over(content: Document, database: Database) -> Document:
    """Give a document with the materials of its sessions."""
    wanted = select(Material, models.Session.key).join(Material.session).order_by(Material.id)
    found: dict[str, list[Material]] = defaultdict(list)
    for row, key in database.execute(wanted):
        found[key].append(row)
    if not found:
        return content
    sessions = (
        replace(one, materials=_of(one, found[one.key])) if one.key in found else one
        for one in content.sessions
    )
    return replace(content, sessions=tuple(sessions))


def _of(session: document.Session, rows: list[Material]) -> tuple[document.Material, ...]:
    """Give those of which it is known when readers see them."""
    moments = ((row, row.opens_at(session.starts_at, session.ends_at)) for row in rows)
    return tuple(
        document.Material(row.key, row.title, row.kind, row.address, row.size, opens_at)
        for row, opens_at in moments
        if opens_at is not None
    )
