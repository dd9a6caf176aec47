"""The declaration of a type of email."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l

from app.accounts.roles import Area
from app.admin_emails.kinds.samples import Context


@dataclass(frozen=True)
class EmailKind:
    """A type of email."""

    name: Any
    recipient: Any
    trigger: Any  # when it is sent
    sample: Callable[[], Context]  # returns the template variables of its preview
    people: str = ""  # the source of real people, if no variable names it
    area: Area | None = None  # needed to know who got it; None: all who may see emails


DELEGATE = _l("The delegate")
ORGANISERS = _l("All organisers")
