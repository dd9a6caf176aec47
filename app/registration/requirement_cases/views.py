"""A delegate's reply to the organisers' answer about a requirement."""

from flask import Blueprint, Response, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from wtforms import Field
from wtforms.validators import ValidationError

from app.delegates.requirement_models import TYPES
from app.errors import RateLimitExceeded, RuleViolation
from app.forms.fields import text_field
from app.forms.form import Form, validates_own_csrf
from app.registration.bookings import access
from app.registration.requirement_cases import labels, queries, services
from app.registration.requirement_cases.queries import OpenedCase
from app.web.error_handlers import refuse
from app.web.rendering import render_page
from app.web.security_headers import no_referrer

bp = Blueprint("requirement_replies", __name__)
no_referrer(bp)


class ReplyForm(Form):
    """Reply about a requirement."""

    text = text_field(
        _l("Your reply"),
        _l("Your reply"),
        _l("Only the organisers and the registration desk can read it"),
    )

    def validate_text(self, field: Field) -> None:
        """Require a reply."""
        if not field.data:
            raise ValidationError(_l("Write your reply"))


@bp.route(f"/<secret>/<any{TYPES}:type_name>/<key>", methods=["GET", "POST"])
@validates_own_csrf
def add(secret: str, type_name: str, key: str) -> ResponseReturnValue:
    delegate = access.get_editable_booking(secret)
    opened = queries.get_of_delegate(delegate, type_name, key)
    form = ReplyForm()
    if form.validate_on_submit():
        try:
            services.reply(opened, str(form.text.data))
        except RateLimitExceeded as refusal:
            form.reject(refusal)
            return refuse(_render(form, opened, secret), refusal)
        except RuleViolation as refusal:
            form.add_error(form.text, refusal)
        else:
            return redirect(url_for("bookings.show", secret=secret, news="replied"), 303)
    return _render(form, opened, secret)


def _render(form: ReplyForm, opened: OpenedCase, secret: str) -> Response:
    return render_page(
        "registration/requirement_cases/reply.html",
        form=form,
        opened=opened,
        labels=labels,
        back=url_for("bookings.show", secret=secret),
    )
