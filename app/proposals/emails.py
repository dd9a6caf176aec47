"""Emails to the senders of proposals: the decision, and the reason."""

from app.mail import services as mail
from app.proposals import queries
from app.proposals.models import Proposal


def send_approved(proposal: Proposal) -> None:
    """Email that the proposal was approved and will be public."""
    _queue("changes_approved", proposal)


def send_amended(proposal: Proposal) -> None:
    """Email the text that will be public instead of the proposed one, and the reason."""
    _queue("changes_amended", proposal)


def send_changes_requested(proposal: Proposal) -> None:
    """Email the reason why nothing was changed, and what to do."""
    _queue("changes_sent_back", proposal)


def _queue(name: str, proposal: Proposal) -> None:
    if not proposal.sent_by:  # no one has access to the speaker's pages any more
        return
    called = queries.get_field_set(proposal.entity).name(proposal.entity)
    mail.enqueue(name, to=proposal.sent_by, proposal=proposal, called=called)
