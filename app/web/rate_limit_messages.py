"""Messages for visitors refused by a rate limit: why, when to try again and whom to ask."""

from datetime import timedelta
from math import ceil
from typing import Any

from flask import current_app
from flask.wrappers import Response
from flask_babel import gettext, ngettext

from app.errors import NetworkLimitExceeded, RateLimitExceeded

A_MINUTE, AN_HOUR, A_DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
LONGEST_IN_MINUTES, LONGEST_IN_HOURS = 90 * A_MINUTE, 48 * AN_HOUR


def describe(error: RateLimitExceeded) -> str:
    """Return the message of a refusal, without a full stop."""
    parts = [gettext(str(error))] if str(error) else []
    if isinstance(error, NetworkLimitExceeded):
        parts.append(
            gettext(
                "There have been too many requests from your network, "
                "which you may share with other people"
            )
        )
    if error.retry_after is not None:
        parts.append(_describe_retry(error.retry_after))
    return ". ".join(parts)


def refuse(response: Response, error: RateLimitExceeded) -> Response:
    """Make a page the answer to a request that came too often, also for programs (RFC 6585, 4)."""
    response.status_code = 429
    if error.retry_after is not None:
        response.headers["Retry-After"] = str(ceil(error.retry_after.total_seconds()))
    return response


def _describe_retry(wait: timedelta) -> str:
    contact = _contact_email()
    if not contact:
        return str(gettext("Try again in %(time)s", time=_describe_time(wait)))
    template = gettext("Try again in %(time)s, or email %(email)s")
    return str(template % {"time": _describe_time(wait), "email": contact})


def _describe_time(wait: timedelta) -> str:
    if wait <= LONGEST_IN_MINUTES:
        return str(ngettext("one minute", "%(num)s minutes", ceil(wait / A_MINUTE)))
    if wait <= LONGEST_IN_HOURS:
        return str(ngettext("one hour", "%(num)s hours", ceil(wait / AN_HOUR)))
    return str(ngettext("one day", "%(num)s days", ceil(wait / A_DAY)))


def _contact_email() -> str:
    context: dict[str, Any] = {}
    current_app.update_template_context(context)  # the variables that every template has
    return str(context["conference"].contact_email)
