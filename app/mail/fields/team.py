"""The placeholders of emails to the team."""

from collections.abc import Mapping
from typing import Final

from flask_babel import lazy_gettext as _l

from app.mail.fields.declaration import (
    DAYS_VALID,
    SIGN_IN_PAGE,
    EmailFields,
    block,
    declare,
    link,
    value,
)

ROLE = block("role", _l("What the role may do"), "mail/role.txt")
CHANGER = value("changer", _l("Email address of the organiser"), "changer")
TEAM_SIGN_IN = 'absolute_url("accounts.link", secret=secret, next="/organise")'
ANY_SIGN_IN = 'absolute_url("accounts.link", secret=secret, next=onward or none)'

TEAM: Final[Mapping[str, EmailFields]] = {
    "sign_in": declare(
        link("sign_in_link", _l("Link that signs in"), ANY_SIGN_IN),
        value("link_minutes", _l("Minutes until the link expires"), "minutes"),
        required={"sign_in_link"},
    ),
    "invited": declare(
        value("inviter", _l("Email address of the organiser"), "inviter"),
        ROLE,
        link("sign_in_link", _l("Link that signs in"), TEAM_SIGN_IN),
        DAYS_VALID,
        SIGN_IN_PAGE,
        required={"sign_in_link"},
    ),
    "role_changed": declare(CHANGER, ROLE, SIGN_IN_PAGE, required={"role"}),
    "role_ended": declare(CHANGER),
    "second_step_changed": declare(
        block("change", _l("What changed"), "mail/parts/second_step.txt"),
        link("account_link", _l("Account page"), 'absolute_url("accounts.account.show")'),
        required={"change", "account_link"},
    ),
    "mail_test": declare(),
    "feedback_received": declare(
        block("message", _l("What the visitor wrote"), "text | quoted"),
        value("email", _l("Email address of the visitor"), "email", is_optional=True),
        required={"message", "email"},
    ),
    "audit_found": declare(
        block("faults", _l("Faults found"), "mail/parts/faults.txt"),
        required={"faults"},
    ),
}
