"""The answers to check before submitting."""

from collections.abc import Callable

from flask_babel import gettext

from app.registration import countries
from app.registration.answers import DraftAnswers
from app.web import languages
from app.web.formatting import local_date

AnswerRow = tuple[str, str, str]  # label, answer, URL to change it


def list_answers(draft: DraftAnswers, edit_url: Callable[[str], str]) -> list[AnswerRow]:
    """List the answers with their questions and the URLs to change them, if there are any."""
    name, work = draft.name, draft.work
    nothing = gettext("Not given")
    none = gettext("None")
    country = countries.name_of(work.country, languages.current().code) if work else ""
    return [
        (gettext("Name"), name.full_name if name else nothing, edit_url("name")),
        (
            gettext("Name on your badge"),
            (name.badge_name or name.full_name) if name else "",
            edit_url("name"),
        ),
        (gettext("Email address"), draft.email or nothing, edit_url("email")),
        (gettext("Organisation"), (work and work.organisation) or nothing, edit_url("work")),
        (gettext("Role"), (work and work.role) or nothing, edit_url("work")),
        (gettext("Country"), country, edit_url("work")),
        (gettext("Days"), ", ".join(local_date(day) for day in draft.days or ()), edit_url("days")),
        (
            gettext("What you need to take part"),
            draft.access_needs or none,
            edit_url("access-needs"),
        ),
        (
            gettext("What you do not eat or drink"),
            draft.dietary_needs or none,
            edit_url("dietary-needs"),
        ),
    ]
