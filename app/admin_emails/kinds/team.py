"""Emails to the team, each with the template variables of its preview."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from flask_babel import lazy_gettext as _l

from app.accounts import services as accounts
from app.admin_emails.kinds import samples
from app.admin_emails.kinds.email_kind import ORGANISERS, EmailKind
from app.admin_emails.kinds.samples import Context
from app.speakers.batch_emails import PLACEHOLDER_SECRET

MEMBER = _l("The member of the team")
ORGANISER_EMAIL = "organiser@example.org"


def sign_in_link() -> Context:
    """Return a link that signs no one in."""
    lifetime = accounts.SIGN_IN_LINK_LIFETIME // timedelta(minutes=1)
    return {"secret": PLACEHOLDER_SECRET, "onward": "", "minutes": lifetime}


def team_member() -> Context:
    """Return a person who was just given a role, with a link that signs no one in."""
    return samples.invitation_link() | {
        "role": "editor",
        "inviter": ORGANISER_EMAIL,
        "changer": ORGANISER_EMAIL,
    }


def second_step() -> Context:
    """Return a change of a person's second factor."""
    return {"news": "passkey_added"}


def faults() -> Context:
    """Return a fault in the data."""
    return {"faults": ["12 places are counted as taken, but 11 delegates are attending."]}


def feedback() -> Context:
    """Return a message from a visitor."""
    return {"text": "Is there parking for bicycles?", "email": samples.DELEGATE_EMAIL}


TEAM: Final[Mapping[str, EmailKind]] = {
    "sign_in": EmailKind(
        _l("Sign-in link"),
        _l("The person who signs in"),
        _l("A member of the team, a speaker or an assistant signs in"),
        sign_in_link,
        people="member",
    ),
    "invited": EmailKind(
        _l("Invitation to the team"),
        MEMBER,
        _l("An organiser adds someone to the team"),
        team_member,
        people="member",
    ),
    "role_changed": EmailKind(
        _l("Role changed"),
        MEMBER,
        _l("An organiser changes someone’s role"),
        team_member,
        people="member",
    ),
    "role_ended": EmailKind(
        _l("Removed from the team"),
        MEMBER,
        _l("An organiser removes someone from the team"),
        team_member,
        people="member",
    ),
    "second_step_changed": EmailKind(
        _l("Second step changed"),
        MEMBER,
        _l("A passkey, an authenticator app or a recovery code is added, removed or used"),
        second_step,
        people="member",
    ),
    "mail_test": EmailKind(
        _l("Test email"),
        _l("The member of the team who sends it"),
        _l("Someone checks sending"),
        samples.nothing,
    ),
    "feedback_received": EmailKind(
        _l("Feedback from a visitor"),
        _l("The contact email address"),
        _l("A visitor sends feedback"),
        feedback,
    ),
    "audit_found": EmailKind(
        _l("Fault in the site’s data"),
        ORGANISERS,
        _l("The daily check finds a fault"),
        faults,
    ),
}
