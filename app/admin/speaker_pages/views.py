"""Speakers' own pages: open requests, deadlines, batch emails and automatic reminders."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from typing import Final, NamedTuple

from flask import Blueprint, abort, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict

from app.accounts import guards
from app.admin.speaker_pages.forms import BatchEmailForm, DeadlinesForm, RequestAnswerForm
from app.admin.speakers import listing as speaker_listing
from app.admin.speakers.rows import RowFormatter
from app.admin_kit import draft_forms
from app.admin_kit.listing import (
    PAGE_SIZE,
    ListFilter,
    Listing,
    get_selected,
    parse_list_query,
    render_list,
)
from app.errors import RuleViolation
from app.forms.form import validates_own_csrf
from app.speakers import (
    batch_emails,
    invitation_states,
    invitations,
    queries,
    recipients,
    reminders,
    services,
)
from app.speakers.batch_emails import EmailBatch
from app.speakers.checklist import ITEMS
from app.speakers.reminders import PendingReminder
from app.text import parse_numbers
from app.web import redirects
from app.web.rendering import render_page

bp = Blueprint("speaker_pages", __name__, url_prefix="/speaking")

INVITATION_FILTER: Final = ListFilter("state", _l("State"), tuple(invitation_states.STATES.items()))

redirects.MESSAGES["admin"] |= {
    "letters-sent": _l("We are sending the emails."),
    "letters-sent-before": _l(
        "No emails were sent. Everyone you selected has got this email already, or cannot get it "
        "now."
    ),
    "reminders-held": _l("Paused. They will not be sent until you resume them."),
    "reminders-go": _l("Resumed. They will be sent at the time shown below."),
    "nobody-ticked": _l("Nothing was changed. Select at least one reminder."),
    "request-settled": _l(
        "The request has been closed. We are emailing the speaker to say that you have dealt "
        "with it."
    ),
    "request-answered": _l("We are emailing your answer to the speaker."),
    "dates-saved": _l("The deadlines have been saved. Speakers can see them in their task list."),
}


@bp.get("/reminders")
def show_reminders() -> ResponseReturnValue:
    """Show the scheduled reminders, and the text of one."""
    overview = reminders.get_overview()
    planned = sorted(overview.planned, key=lambda one: one.is_paused)  # paused ones last
    query = parse_list_query((), ("soonest",), has_search=False)
    rows = planned[query.offset : query.offset + PAGE_SIZE]
    chosen = _requested_reminder(planned, rows)
    recipients_by_key = overview.load_recipients([*rows, *chosen])
    recipient = recipients_by_key[chosen[0].key] if chosen else None
    return render_list(
        "admin/speaker_pages/reminders.html",
        Listing(rows, len(planned), query, endpoint=".show_reminders"),
        overview=overview,
        groups=_group_by_time(planned, rows),
        is_scheduled=any(not one.is_paused for one in planned),
        recipients_by_key=recipients_by_key,
        recipient=recipient,
        wording=recipient
        and batch_emails.preview(batch_emails.reminder_kind_for(recipient), recipient),
        max_names=PAGE_SIZE,
    )


class ReminderGroup(NamedTuple):
    """The reminders that are sent at the same time, or the paused ones."""

    send_at: datetime | None  # None if paused
    ids: str  # of all of them, as one form value
    total: int
    rows: Sequence[PendingReminder]  # on this page of the list


def _group_by_time(
    planned: Sequence[PendingReminder], rows: Sequence[PendingReminder]
) -> Sequence[ReminderGroup]:
    def get_time(one: PendingReminder) -> datetime | None:
        return None if one.is_paused else one.send_at

    shown_groups = {time: list(group) for time, group in groupby(rows, get_time)}
    all_groups = {time: list(group) for time, group in groupby(planned, get_time)}
    return [
        ReminderGroup(
            time,
            " ".join(str(one.id) for one in all_groups[time]),
            len(all_groups[time]),
            shown_groups[time],
        )
        for time in shown_groups
    ]


@bp.post("/reminders/hold")
def pause_reminders() -> ResponseReturnValue:
    """Pause the selected reminders."""
    return _apply_to_selected(reminders.pause, "reminders-held")


@bp.post("/reminders/let-go")
def resume_reminders() -> ResponseReturnValue:
    """Resume the selected reminders."""
    return _apply_to_selected(reminders.resume, "reminders-go")


def _requested_reminder(
    planned: Sequence[PendingReminder], rows: Sequence[PendingReminder]
) -> Sequence[PendingReminder]:
    """Return the reminder in the query parameter ``to``, else the first on the page, if any."""
    reminder_id = request.args.get("to", "")
    return [reminder for reminder in planned if str(reminder.id) == reminder_id][:1] or rows[:1]


def _apply_to_selected(action: Callable[..., None], message_key: str) -> ResponseReturnValue:
    """Run an action on the selected reminders, or on all that the page showed."""
    numbers = _parse_ids("shown" if request.form.get("all") else "chosen")
    action(numbers, actor=guards.current_actor())
    return redirects.redirect_to(
        url_for(".show_reminders"), message_key if numbers else "nobody-ticked"
    )


def _parse_ids(name: str) -> Collection[int]:
    """Parse ids from form values; each value has one or several, separated by spaces."""
    typed = " ".join(request.form.getlist(name)).split()
    return set(parse_numbers(typed))


@bp.get("")
def overview() -> ResponseReturnValue:
    dates = queries.get_deadlines()
    goes_at, how_many = reminders.get_next_planned()
    query = parse_list_query((), ("oldest",), has_search=False)
    rows, total = queries.list_open_requests(offset=query.offset, limit=PAGE_SIZE)
    return render_list(
        "admin/speaker_pages/overview.html",
        Listing(rows, total, query, endpoint=".overview"),
        dates=[(item.team_label, dates.get(item.name)) for item in ITEMS],
        standing=queries.count_speakers(),
        goes_at=goes_at,
        how_many=how_many,
    )


@bp.route("/requests/<int:number>/answer", methods=["GET", "POST"])
@validates_own_csrf
def answer_request(number: int) -> ResponseReturnValue:
    """Answer a speaker's request: the answer is emailed, and shown on their pages."""
    speaker_request, form = queries.get_request(number), RequestAnswerForm()
    if form.validate_on_submit():
        try:
            services.resolve_request(
                speaker_request, form.answer.data or "", actor=guards.current_actor()
            )
        except RuleViolation as refusal:
            form.add_error(form.answer, refusal)
        else:
            return redirects.redirect_to(url_for(".overview"), "request-answered")
    return render_page("admin/speaker_pages/answer.html", form=form, asked=speaker_request)


@bp.post("/requests/<int:number>/settle")
def resolve_request(number: int) -> ResponseReturnValue:
    services.resolve_request(queries.get_request(number), actor=guards.current_actor())
    return redirects.redirect_to(redirects.referrer_or(url_for(".overview")), "request-settled")


@bp.route("/dates", methods=["GET", "POST"])
@validates_own_csrf
def deadlines() -> ResponseReturnValue:
    form = DeadlinesForm.for_items(ITEMS, queries.get_deadlines())
    if form.validate_on_submit():
        is_news = services.set_deadlines(form.get_deadlines(), actor=guards.current_actor())
        message_key = "dates-saved" if is_news else "as-it-was"
        return redirects.redirect_to(url_for(".overview"), message_key)
    return render_page(
        "admin/speaker_pages/deadlines.html", form=form, rows=form.ordered_fields(ITEMS)
    )


@bp.route("/letters/<kind>", methods=["GET", "POST"])
def batch_email(kind: str) -> ResponseReturnValue:
    if kind not in batch_emails.BATCH_EMAIL_KINDS:
        abort(404)
    selection = draft_forms.find_selection() if _is_about_selection() else MultiDict()
    form = BatchEmailForm(selection or None)
    if form.validate_on_submit():
        if request.form.get("sure"):
            return _send_batch(kind, form.message.data or "")
        preview = url_for(".batch_email", kind=kind, preview="1")
        return draft_forms.redirect_to_selection(_list_ticked(), preview)
    batch = _build_batch(kind, selection)
    return render_page(
        "admin/speaker_pages/batch_email.html",
        kind=kind,
        batch=batch,
        wordings=batch_emails.preview_batch(batch, form.message.data or ""),
        has_message=kind in {"invitation", "reminder", "place"},
        back=redirects.safe_path_or_blank(selection.get("back", "")) or _back_url(),
        form=form,
    )


def _send_batch(kind: str, message: str) -> ResponseReturnValue:
    """Send the emails, except to those who got one since the page was opened."""
    batch_emails.lock_mailings()
    batch = _build_batch(kind, request.form)
    batch_emails.send(batch, actor=guards.current_actor(), message=message)
    draft_forms.delete_stored(url_for(".batch_email", kind=kind))
    return redirects.redirect_to(
        _back_url(), "letters-sent" if batch.count else "letters-sent-before"
    )


@bp.get("/invitations")
def show_invitations() -> ResponseReturnValue:
    """Show the speakers, grouped by the state of their invitation."""
    list_query = parse_list_query((INVITATION_FILTER,), ("state",))
    found = invitations.list_page(
        list_query.get_filter("state"),
        list_query.search,
        offset=list_query.offset,
        limit=PAGE_SIZE,
    )
    filters = (_count_in_options(INVITATION_FILTER, found.counts),)
    return render_list(
        "admin/speaker_pages/invitations.html",
        Listing(found.rows, found.total, list_query, filters, ".show_invitations"),
        groups=found.groups,
        describe_invitation=RowFormatter().describe_invitation,
    )


def _count_in_options(one: ListFilter, counts: Mapping[str, int]) -> ListFilter:
    """Return a filter that shows the number of rows for each option."""
    chosen = request.args.get(one.name)
    options = [(key, label) for key, label in one.options if counts[key] or key == chosen]
    return replace(one, options=[(key, f"{label} ({counts[key]})") for key, label in options])


def _build_batch(kind: str, selection: MultiDict[str, str]) -> EmailBatch:
    """Return the emails to the selected people; a link without a selection means everyone."""
    ticked, owners = _list_ticked(), request.values.getlist("owner")
    if request.method == "GET" and _is_about_selection():
        ticked, owners = selection.getlist("chosen"), selection.getlist("owner")
    means_all = not (ticked or _is_about_selection())
    every_owner = recipients.load_owners() if kind == "reminder" and (means_all or owners) else ()
    return batch_emails.build_batch(
        kind,
        None if means_all else ticked,
        [owner for owner in every_owner if means_all or str(owner.owner.id) in owners],
    )


def _is_about_selection() -> bool:
    """Return False for a link that selects no one, or names the people it selects."""
    return request.method == "POST" or draft_forms.PREVIEW in request.args


def _list_ticked() -> list[str]:
    """List the slugs that this request selects: individually, a whole list, or in groups."""
    return [
        *request.args.getlist("chosen"),
        *get_selected(speaker_listing.list_slugs),
        *invitations.list_slugs(request.form.getlist("group")),
        *request.form.get("speakers", "").split(),
    ]


def _back_url() -> str:
    return redirects.safe_path_or_blank(request.form.get("back", "")) or redirects.referrer_or(
        url_for(".overview")
    )
