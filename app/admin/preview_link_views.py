"""Preview links: list, create and revoke them, and open a preview."""

from datetime import timedelta
from typing import cast
from urllib.parse import quote

from flask import Blueprint, Flask, redirect, request, url_for
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import RadioField, StringField, SubmitField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # of WTForms 3.2
from wtforms.validators import AnyOf, DataRequired, Length

from app import clock
from app.accounts import guards
from app.admin_kit.listing import PAGE_SIZE, Listing, parse_list_query, render_list
from app.forms.form import Form, validates_own_csrf
from app.forms.validators import no_hidden_characters
from app.preview_mode import PreviewMode
from app.releases import current_release, preview_links
from app.text import collapse_whitespace
from app.web.preview_middleware import register_resolver
from app.web.rendering import absolute_url, render_page
from app.web.security_headers import no_referrer

LIFETIMES = {"1": _l("1 day"), "7": _l("1 week"), "30": _l("1 month")}


class PreviewLinkForm(Form):
    """Create a preview link."""

    label = StringField(
        _l("Who is it for?"),
        [
            DataRequired(_l("Enter who the link is for")),
            Length(max=100, message=_l("Who it is for must be 100 characters or fewer")),
            no_hidden_characters,
        ],
        render_kw={"autocomplete": "off"},
    )
    lasts = RadioField(
        _l("How long should it work?"),
        [AnyOf(LIFETIMES, message=_l("Select how long the link should work"))],
        choices=[SelectChoice(days, words) for days, words in LIFETIMES.items()],
        default="7",
        validate_choice=False,  # AnyOf above has the message
    )
    submit = SubmitField(_l("Create link"))

    def purpose(self) -> str:
        """Return the recipient of the link, with normalised whitespace."""
        return collapse_whitespace(self.label.data)

    def length(self) -> timedelta:
        """Return the validity period of the link."""
        return timedelta(days=int(self.lasts.data))


open_bp = Blueprint("preview", __name__)
no_referrer(open_bp)


@open_bp.record_once
def _register_resolver(state: BlueprintSetupState) -> None:
    register_resolver(cast(Flask, state.app), "preview", resolve)


def resolve(secret: str, prefix: str) -> PreviewMode:
    """Return the preview of a link; raise an error if it is not valid."""
    return PreviewMode("preview", prefix, ends_at=preview_links.find_valid(secret).expires_at)


@open_bp.get("/preview/<secret>")
@open_bp.get("/preview/<secret>/<path:rest>")
def expired(secret: str, rest: str = "") -> ResponseReturnValue:
    """Explain why a preview cannot be opened; redirect if it is valid after all."""
    preview_links.find_valid(secret)
    return redirect(url_for(".expired", secret=secret) + f"/{rest}", 303)


bp = Blueprint("preview_links", __name__, url_prefix="/previews")


@bp.get("")
def index() -> ResponseReturnValue:
    list_query = parse_list_query((), ("newest",), has_search=False)
    rows = preview_links.list_preview_links(offset=list_query.offset, limit=PAGE_SIZE)
    return render_list(
        "admin/preview_links/index.html",
        Listing(rows, preview_links.count_preview_links(), list_query),
        now=clock.real_now(),
        is_withdrawn="withdrawn" in request.args,
    )


@bp.route("/new", methods=["GET", "POST"])
@validates_own_csrf
def new() -> ResponseReturnValue:
    form = PreviewLinkForm()
    if not form.validate_on_submit():
        return render_page("admin/preview_links/new.html", form=form)
    preview, secret = preview_links.create(
        form.purpose(), form.length(), actor=guards.current_actor()
    )
    address = f"{absolute_url('preview.expired', secret=secret)}/"
    return render_page(
        "admin/preview_links/created.html",
        preview=preview,
        address=address,
        mailto_url=_mailto_url(address),
    )


@bp.post("/<int:number>/withdraw")
def revoke(number: int) -> ResponseReturnValue:
    preview_links.revoke(number, actor=guards.current_actor())
    return redirect(url_for(".index", withdrawn=number), 303)


def _mailto_url(url: str) -> str:
    """Return a mailto URL with the link in the body, without a recipient."""
    title = current_release.get_programme().conference.title
    subject = gettext("Preview of the programme: %(title)s", title=title)
    return f"mailto:?subject={quote(subject)}&body={quote(url)}"
