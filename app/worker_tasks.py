"""The tasks of the mail worker besides sending."""

from app.accounts import form_drafts
from app.accounts import services as accounts
from app.agenda import services as agenda_services
from app.equality import services as equality
from app.interchange import uploads
from app.mail import domains as mail_domains
from app.mail import services as mail_services
from app.mail import worker as mail_worker
from app.mailings import notices, release
from app.materials import services as materials
from app.programme.photos import page_images, renditions
from app.proposals import auto_approval, photo_retention
from app.registration import integrity_check, re_encryption
from app.registration import retention as registration_retention
from app.registration.applications import services as applications
from app.registration.ballots import scheduled_draws as ballots
from app.registration.delegate_imports import services as delegate_imports
from app.registration.file_cleanup import delete_unused
from app.registration.groups import queries as groups
from app.registration.interest import services as interest
from app.registration.invitations import services as invitations
from app.registration.requirement_cases import services as requirement_cases
from app.registration.session_bookings import clash_choices, holds, no_shows
from app.registration.session_bookings import offers as session_offers
from app.registration.transfers import queries as transfers
from app.registration.waiting_list import offers
from app.registration.waiting_list import services as waiting_list
from app.releases import scheduled_releases, search_index, share_images
from app.site import feedback as site_services
from app.speakers import places, reminders, removed_appearances
from app.speakers import retention as speakers_retention

# Housekeeping, every ten minutes.
PERIODIC_TASKS: tuple[mail_worker.Task, ...] = (
    mail_services.purge_bodies,
    mail_domains.delete_expired,
    release.maintain,
    groups.link_accepted,
    *registration_retention.TASKS,
    waiting_list.purge_expired,
    applications.purge_expired,
    interest.purge_expired,
    transfers.purge_expired,
    delete_unused,
    re_encryption.encrypt_pending,
    requirement_cases.create_missing,
    invitations.purge_expired,
    equality.purge_expired,
    integrity_check.run_daily,
    site_services.purge_feedback,
    accounts.delete_expired,
    form_drafts.delete_expired,
    agenda_services.purge_expired,
    uploads.purge_expired,
    delegate_imports.purge_expired,
    photo_retention.purge_unused,
    photo_retention.purge_originals,
    speakers_retention.purge_expired,
    materials.purge_deleted,
    places.match_bookings,
    reminders.plan,
    reminders.send_organiser_digest,
    share_images.purge_unused,
    search_index.reindex_if_stale,
)

# Fast tasks that people wait for: offers of free places and seats.
FREQUENT_TASKS: tuple[mail_worker.Task, ...] = (
    offers.run_due,
    session_offers.run_due,
)

# Pictures, which may take minutes, so that offers do not wait for them.
PICTURE_TASKS: tuple[mail_worker.Task, ...] = (
    renditions.render_pending,
    page_images.render_pending,
    share_images.draw_missing,
)

# Scheduled tasks that people wait for: they start within a few seconds of their time.
SCHEDULED_TASKS: tuple[mail_worker.Task, ...] = (
    scheduled_releases.publish_due,
    release.release_due,
    auto_approval.publish_due,
    clash_choices.run_due,
)

# Consequences of a release or a date, which may run a little later: each costs a transaction.
FOLLOW_UP_TASKS: tuple[mail_worker.Task, ...] = (
    removed_appearances.record_release,
    holds.run_due,
    no_shows.run_due,
    ballots.run_due,
    invitations.run_due,
    notices.prepare,
    reminders.send_due,
)

TASK_GROUPS = (
    mail_worker.TaskGroup("offers", 1.0, FREQUENT_TASKS),
    mail_worker.TaskGroup("pictures", 3.0, PICTURE_TASKS),
    mail_worker.TaskGroup("scheduled", 5.0, SCHEDULED_TASKS),
    mail_worker.TaskGroup("follow-up", 20.0, FOLLOW_UP_TASKS),
)
