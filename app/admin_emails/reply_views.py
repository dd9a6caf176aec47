"""Replies that came to the site's mailbox: unread ones, and all."""

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from app.accounts.guards import current_actor
from app.admin_emails import readable_emails
from app.admin_kit.listing import PAGE_SIZE, ListFilter, Listing, parse_list_query, render_list
from app.forms.form import ConfirmForm
from app.mail import replies
from app.speakers import queries as speaker_queries
from app.web import redirects

bp = Blueprint("replies", __name__, url_prefix="/letters/replies")

redirects.MESSAGES["admin"] |= {
    "reply-read": _l("The reply has been marked as read."),
    "reply-not-marked": _l("The reply could not be marked as read. Try again."),
}
UNREAD = "unread"
FILTERS = (ListFilter("state", _l("State"), ((UNREAD, _l("Unread")),)),)


@bp.get("")
def index() -> ResponseReturnValue:
    list_query = parse_list_query(FILTERS, ("received",), has_search=False)
    is_unread = list_query.get_filter("state") == UNREAD
    conditions = readable_emails.list_reply_conditions()
    rows = replies.list_page(
        *conditions, is_unread=is_unread, offset=list_query.offset, limit=PAGE_SIZE
    )
    total = replies.count(*conditions, is_unread=is_unread)
    speakers = speaker_queries.get_slugs_by_address({row.sender for row in rows})
    return render_list(
        "admin/replies/index.html",
        Listing(rows, total, list_query, FILTERS),
        speakers=speakers,
    )


@bp.post("/<int:number>/read")
def mark_read(number: int) -> ResponseReturnValue:
    """Mark a reply as read, and return to the previous page."""
    reply, form = replies.get_reply(number), ConfirmForm()
    back = redirects.referrer_or(url_for(".index"))
    if not form.validate_on_submit():
        return redirects.redirect_to(back, "reply-not-marked")
    replies.mark_read(reply, actor=current_actor())
    return redirects.redirect_to(back, "reply-read")
