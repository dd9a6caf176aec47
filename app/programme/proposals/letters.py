"""Letters to whoever would like something changed: what was decided, and why."""

from app.mail import services as mail
from app.programme.proposals import fields
from app.programme.proposals.models import Proposal


def approved(proposal: Proposal) -> None:
    """Say that readers will see what was asked for."""
    _post("changes_approved", proposal)


def amended(proposal: Proposal) -> None:
    """Say what readers will see instead of what was asked for, and why."""
    _post("changes_amended", proposal)


def sent_back(proposal: Proposal) -> None:
    """Say why nothing was changed, and what to do."""
    _post("changes_sent_back", proposal)


def _post(name: str, proposal: Proposal) -> None:
    if not proposal.who:  # keeps the pages no longer, and nobody else does
        return
    called = fields.kind(proposal.thing).name(proposal.thing)
    mail.post(name, to=proposal.who, proposal=proposal, called=called)
