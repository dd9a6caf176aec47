"""Slides and papers on a speaker's own pages: of every session that they appear in."""

from typing import Any

from flask import Blueprint
from flask.typing import ResponseReturnValue

from app.accounts import guards
from app.errors import NotFound
from app.programme.editing import speakers_listed
from app.programme.materials import queries as materials
from app.programme.models import Session
from app.speakers import door, material_pages, said
from app.speakers.material_pages import Shelf

pages = Blueprint("materials", __name__, url_prefix="/<slug>/materials")


class _Speakers:
    skeleton = "speakers/page.html"
    releases = False

    def session(self, **where: str) -> Session:
        for one in sessions(where["slug"]):
            if one.slug == where["session"]:
                return one
        raise NotFound("You are in no such session")

    def who(self) -> str:
        return door.who()

    def may_change(self) -> bool:
        person = guards.current_person()
        return person is not None and person.keeps_pages

    def about(self, **where: str) -> dict[str, Any]:
        return {"speaker": door.speaker(where["slug"]), "trail": []}

    def see(self, address: str, what: str) -> ResponseReturnValue:
        return said.back(address, what)


FACE = _Speakers()


@pages.get("")
def listed(slug: str) -> ResponseReturnValue:
    """Show what there is for each session."""
    own = sessions(slug)
    found = materials.of_sessions([one.id for one in own])
    shelves = [Shelf(one, {"slug": slug, "session": one.slug}, found[one.id]) for one in own]
    return material_pages.listed(FACE, shelves, slug=slug)


def sessions(slug: str) -> list[Session]:
    """List the sessions that a speaker appears in, each once."""
    parts = speakers_listed.sessions_of(door.speaker(slug))
    return list({part.session.id: part.session for part in parts}.values())


material_pages.attach(pages, FACE, "/<session>")
