"""Pages that look the same for everyone who has not answered yet, but for the form's token.

They are rendered once for each edition; then only the token is put in. Most pages of the
journey are shown so, and a page costs more to render than all the rest of a request.
"""

from collections.abc import Callable

from flask import g, make_response
from flask.wrappers import Response
from flask_wtf.csrf import generate_csrf

from app import edition
from app.web import languages
from app.web.public import access_keys_wanted

TOKEN = "csrf_token"  # noqa: S105 – where Flask-WTF keeps the token of a request


def page(name: str, render: Callable[[], Response]) -> Response:
    """Give a page that nobody's answers change, rendering it when the edition is new."""
    look = f"blank {name} {languages.current().code} {access_keys_wanted()}"
    pieces = edition.kept(look, lambda: _around_the_token(render()))
    return make_response(generate_csrf().join(pieces) if len(pieces) > 1 else pieces[0])


def _around_the_token(answer: Response) -> list[str]:
    text = answer.get_data(as_text=True)
    token = g.get(TOKEN)
    return text.split(token) if token else [text]
