"""Slides and papers of a session in the back office, where the organisers' word is given."""

from typing import Any

from flask import Blueprint, redirect, url_for
from flask.typing import ResponseReturnValue

from app.accounts import guards, roles
from app.organise import done, edited
from app.programme.editing import sessions_listed
from app.programme.materials import queries as materials
from app.programme.models import Session
from app.speakers import material_pages
from app.speakers.material_pages import Shelf

pages = Blueprint("materials", __name__, url_prefix="/<slug>/materials")


class _Organisers:
    skeleton = "organise/page.html"
    releases = True

    def session(self, **where: str) -> Session:
        return sessions_listed.session(where["slug"])

    def who(self) -> str:
        return edited.who()

    def may_change(self) -> bool:
        return guards.may_change(roles.PROGRAMME)

    def about(self, **where: str) -> dict[str, Any]:
        session = self.session(**where)
        return {"trail": [(session.title, url_for("organise.sessions.shown", slug=session.slug))]}

    def see(self, address: str, what: str) -> ResponseReturnValue:
        return redirect(done.at(address, what), 303)


FACE = _Organisers()


@pages.get("")
def listed(slug: str) -> ResponseReturnValue:
    """Show what there is, how often it was taken, and what waits for the word."""
    session = FACE.session(slug=slug)
    found = materials.of_sessions([session.id])[session.id]
    return material_pages.listed(FACE, [Shelf(session, {"slug": slug}, found)], slug=slug)


material_pages.attach(pages, FACE)
