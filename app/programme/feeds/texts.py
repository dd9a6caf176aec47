"""The programme as plain text: at addresses of its own, and where somebody asks for text."""

from datetime import date

from flask import Response
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app import lens
from app.programme import releases
from app.programme.feeds import terminal
from app.programme.feeds.terminal import Place
from app.web.pages import absolute_url


def whole() -> ResponseReturnValue:
    """Give every day."""
    programme = releases.current()
    return _text(terminal.whole(programme, place()), absolute_url("programme.whole"))


def day(asked: date) -> ResponseReturnValue:
    """Give one day."""
    programme = releases.current()
    written = terminal.day(programme, programme.day(asked), place())
    return _text(written, absolute_url("programme.day", asked=asked))


def session(slug: str) -> ResponseReturnValue:
    """Give one session."""
    programme = releases.current()
    written = terminal.session(programme, programme.session(slug), place())
    return _text(written, absolute_url("programme.session", slug=slug))


def place() -> Place:
    """Say where the pages are to which a text leads."""
    return Place(
        site=absolute_url("site.home").rstrip("/"),
        illustrative=gettext("illustrative"),
        awaits_speakers=gettext("speaker to be confirmed"),
    )


def _text(written: str, page: str) -> Response:
    answer = Response(written, mimetype="text/plain")
    if lens.current() is None:  # what is seen through one is nobody's to find
        answer.headers["Link"] = f'<{page}>; rel="canonical"'
    return answer
