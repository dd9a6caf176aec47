"""What someone sent after they had been signed out: kept on the page that tells them so.

Nothing is lost by being away for too long. They sign in, in another tab, and send it again. The
page that asked for it then finds its token wrong, as it should, and shows what was typed.
"""

from flask import Response, request, url_for

from app.forms import ButtonForm, without_hidden
from app.web.pages import page

TOKEN = "csrf_token"  # noqa: S105 – the name of a field
CHALLENGE = "Letter"  # the scheme of an answer 401: ours, so that browsers ask for no password


def until_signed_in(endpoint: str) -> Response:
    """Show a page that keeps every field, with the way to sign in."""
    fields = [
        (name, without_hidden(value))
        for name, value in request.form.items(multi=True)
        if name != TOKEN
    ]
    answer = page(
        "accounts/kept.html",
        status=401,
        button_form=ButtonForm(formdata=None),
        fields=fields,
        has_files=bool(request.files),
        address=request.script_root + request.full_path.rstrip("?"),
        way_in=url_for(endpoint),
        is_half_way=endpoint != "accounts.sign_in",
    )
    answer.headers["WWW-Authenticate"] = CHALLENGE
    return answer
