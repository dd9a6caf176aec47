"""The application factory. This is the only module that imports blueprints."""

from pathlib import Path

from flask import Flask

from app import cache_version, cli, database, encryption, flask_settings, log, request_transaction
from app.accounts import roles, views
from app.accounts.two_factor import setup_views
from app.accounts.two_factor import views as two_factor_views
from app.admin import (
    application_views,
    ballot_views,
    blueprint,
    category_views,
    dashboard_views,
    equality_views,
    history_views,
    interest_views,
    logo_views,
    look_views,
    new_conference_views,
    notice_views,
    preview_link_views,
    rehearsal_views,
    requirement_case_views,
    room_views,
    search_views,
    seat_overview_views,
    session_door_views,
    session_hold_views,
    session_raise_views,
    session_seat_views,
    settings_views,
    team_views,
    theme_views,
    waiting_list_offer_views,
)
from app.admin import group_views as admin_group_views
from app.admin import invitation_views as admin_invitation_views
from app.admin import waiting_list_views as admin_waiting_list_views
from app.admin.board import views as board_views
from app.admin.content import menu_views
from app.admin.content import views as admin_content_views
from app.admin.delegates import (
    annotation_views,
    day_views,
    duplicate_views,
    edit_views,
    file_views,
    import_views,
    requirement_views,
    speaker_link_views,
)
from app.admin.delegates import transfer_views as desk_transfer_views
from app.admin.delegates import views as delegate_views
from app.admin.import_export import views as import_export_views
from app.admin.mailings import preview_views as mailing_preview_views
from app.admin.mailings import send_views
from app.admin.mailings import views as mailing_views
from app.admin.proposals import views as proposal_views
from app.admin.publishing import views as publishing_views
from app.admin.questions import preview_views as question_preview_views
from app.admin.questions import views as admin_question_views
from app.admin.sessions import material_views as session_material_views
from app.admin.sessions import views as session_views
from app.admin.speaker_pages import access_views
from app.admin.speaker_pages import views as speaker_page_views
from app.admin.speakers import views as admin_speaker_views
from app.admin_emails import (
    addition_views,
    kind_views,
    outbox_views,
    reply_views,
    suppression_views,
    text_version_views,
    text_views,
)
from app.admin_kit import draft_forms, saved_view_views, view_options
from app.agenda import transfer_views
from app.agenda import views as agenda_views
from app.content import views as content_views
from app.equality import views as equality_pages
from app.forms.form import csrf
from app.mail import delivery_status, email_texts, markdown_body, unsubscribe_views
from app.registration import check_views, custom_question_views
from app.registration import views as registration_views
from app.registration.applications import views as registration_application_views
from app.registration.ballots import views as public_ballot_views
from app.registration.bookings import agenda_views as booking_agenda_views
from app.registration.bookings import answer_views, category_change_views, email_change_views
from app.registration.bookings import equality_views as booking_equality_views
from app.registration.bookings import views as booking_views
from app.registration.groups import register_views as group_register_views
from app.registration.groups import upload_views as group_upload_views
from app.registration.groups import views as group_views
from app.registration.interest import views as interest_pages
from app.registration.invitations import views as invitation_views
from app.registration.requirement_cases import views as requirement_reply_views
from app.registration.session_bookings import choice_views as session_choice_views
from app.registration.session_bookings import views as session_booking_views
from app.registration.transfers import views as place_transfer_views
from app.registration.waiting_list import views as waiting_list_views
from app.site import changelog_views, feed_views, news_views, programme_views
from app.site import views as site_views
from app.speakers import calendar_views, material_views, photo_views, place_views, question_views
from app.speakers import views as speaker_views
from app.speakers.texts import profile_views
from app.speakers.texts import session_views as session_text_views
from app.web import layers, rendering
from config import Config, SettingsError

ADMIN = (
    (session_views.bp, roles.PROGRAMME),
    (admin_speaker_views.bp, roles.PROGRAMME),
    (proposal_views.bp, roles.PROGRAMME),
    (speaker_page_views.bp, roles.PROGRAMME),
    (access_views.needs_bp, roles.SPEAKER_NEEDS),
    (room_views.bp, roles.PROGRAMME),
    (theme_views.bp, roles.PROGRAMME),
    (board_views.bp, roles.PROGRAMME),
    (publishing_views.bp, roles.PROGRAMME),
    (notice_views.bp, roles.MAILINGS),
    (preview_link_views.bp, roles.PROGRAMME),
    (import_export_views.bp, roles.PROGRAMME),
    (history_views.undo_bp, roles.PROGRAMME),
    (delegate_views.bp, roles.DELEGATES),
    (requirement_case_views.access_bp, roles.REQUIREMENT_CASES),
    (requirement_case_views.dietary_bp, roles.REQUIREMENT_CASES),
    (application_views.bp, roles.DELEGATES),
    (interest_views.bp, roles.DELEGATES),
    (admin_waiting_list_views.bp, roles.DELEGATES),
    (waiting_list_offer_views.bp, roles.DELEGATES),
    (admin_group_views.bp, roles.DELEGATES),
    (category_views.bp, roles.SETTINGS),
    (admin_question_views.bp, roles.QUESTIONS),
    (seat_overview_views.bp, roles.DELEGATES),
    (session_seat_views.bp, roles.DELEGATES),
    (ballot_views.bp, roles.SETTINGS),
    (admin_invitation_views.bp, roles.INVITATIONS),
    (outbox_views.bp, roles.DELEGATES),
    (suppression_views.bp, roles.DELEGATES),
    (reply_views.bp, roles.DELEGATES),
    (kind_views.bp, roles.EMAIL_TEXTS),
    (addition_views.bp, roles.EMAIL_TEXTS),
    (text_views.bp, roles.EMAIL_TEXTS),
    (mailing_views.bp, roles.MAILINGS),
    (admin_content_views.bp, roles.CONTENT),
    (menu_views.bp, roles.CONTENT),
    (settings_views.bp, roles.SETTINGS),
    (new_conference_views.bp, roles.SETTINGS),
    (look_views.bp, roles.LOOK),
    (logo_views.bp, roles.LOOK),
    (rehearsal_views.bp, roles.HOME),
    (saved_view_views.bp, roles.HOME),
    (history_views.bp, roles.HISTORY),
    (team_views.bp, roles.TEAM),
)
NESTED = (  # children first: registering a parent registers only the children it has at that time
    (session_views.bp, session_material_views.bp),
    (session_seat_views.bp, session_hold_views.bp),
    (session_seat_views.bp, session_door_views.bp),
    (session_seat_views.bp, session_raise_views.bp),
    (delegate_views.bp, edit_views.bp),
    (admin_question_views.bp, question_preview_views.bp),
    (admin_question_views.bp, equality_views.bp),
    (delegate_views.bp, delegate_views.exports_bp),
    (delegate_views.bp, annotation_views.bp),
    (text_views.bp, text_version_views.bp),
    (mailing_views.bp, mailing_preview_views.bp),
    (mailing_views.bp, send_views.bp),
    (delegate_views.bp, day_views.bp),
    (delegate_views.bp, import_views.bp),
    (delegate_views.bp, file_views.bp),
    (delegate_views.bp, speaker_link_views.bp),
    (delegate_views.bp, duplicate_views.bp),
    (delegate_views.bp, desk_transfer_views.bp),
    (delegate_views.bp, requirement_views.bp),
    (speaker_page_views.bp, access_views.bp),
    (admin_speaker_views.bp, admin_speaker_views.photo_bp),
    (views.bp, views.account_bp),
    (views.bp, two_factor_views.bp),
    (views.bp, setup_views.bp),
    (agenda_views.bp, transfer_views.bp),
    (booking_views.bp, email_change_views.bp),
    (booking_views.bp, answer_views.bp),
    (booking_views.bp, booking_equality_views.bp),
    (booking_views.bp, place_transfer_views.offer_bp),
    (booking_views.bp, category_change_views.bp),
    (booking_views.bp, requirement_reply_views.bp),
    (registration_views.bp, registration_views.questions_bp),
    (registration_views.bp, session_choice_views.bp),
    (registration_views.bp, custom_question_views.bp),
    (registration_views.bp, check_views.bp),
    (registration_views.bp, equality_pages.bp),
    (registration_views.bp, interest_pages.ask_bp),
    (registration_views.bp, invitation_views.bp),
    (group_register_views.bp, group_upload_views.bp),
    (registration_views.bp, group_register_views.bp),
    (booking_views.bp, group_views.leave_bp),
    (registration_views.bp, email_change_views.correction_bp),
    (speaker_views.bp, speaker_views.participation_bp),
    (speaker_views.bp, place_views.bp),
    (speaker_views.bp, question_views.bp),
    (speaker_views.bp, speaker_views.assistants_bp),
    (speaker_views.bp, calendar_views.bp),
    (speaker_views.bp, photo_views.bp),
    (speaker_views.bp, material_views.bp),
    (speaker_views.bp, profile_views.bp),
    (speaker_views.bp, session_text_views.bp),
)
SITE = (
    views.bp,
    content_views.bp,
    programme_views.bp,  # before the feeds: it registers the URL converter for days
    feed_views.bp,
    changelog_views.bp,
    feed_views.share_images_bp,
    feed_views.materials_bp,
    agenda_views.bp,
    registration_views.bp,
    booking_views.bp,
    booking_agenda_views.bp,
    session_booking_views.bp,
    public_ballot_views.bp,
    public_ballot_views.wishes_bp,
    waiting_list_views.bp,
    group_views.bp,
    registration_application_views.bp,
    interest_pages.bp,
    place_transfer_views.bp,
    unsubscribe_views.bp,
    speaker_views.bp,
    calendar_views.feeds_bp,
    site_views.bp,
    news_views.bp,
    blueprint.bp,  # admin as a whole
    preview_link_views.open_bp,
    rehearsal_views.open_bp,
)

for _rule, _name, _view, _method in (
    ("", "home", dashboard_views.home, "GET"),
    ("/search", "search", search_views.search, "GET"),
    ("/search/suggestions", "suggest", search_views.suggest, "GET"),
    ("/view", "save_view", view_options.save, "POST"),
    ("/drafts/discard", "discard_draft", draft_forms.discard_draft, "POST"),
):
    blueprint.bp.add_url_rule(_rule, _name, _view, methods=[_method])
for _parent, _child in NESTED:
    _parent.register_blueprint(_child)
for _part, _area in ADMIN:
    blueprint.add(_part, _area)


def create_app(config: Config, settings_file: Path | None = None) -> Flask:
    """Create the Flask application with all its packages.

    ``settings_file`` is where a command's settings come from, besides the environment.
    """
    app = Flask("app", static_folder=None, instance_path=str(config.INSTANCE_PATH.resolve()))
    _create_instance_folder(Path(app.instance_path))
    log.configure()
    app.jinja_environment = rendering.TemplateEnvironment
    flask_settings.init_app(app, config)
    app.config["SETTINGS_FILE"] = settings_file
    app.extensions["settings"] = config
    encryption.init_app(app, config)
    database.init_app(app, config.database_url)
    request_transaction.init_app(app)
    watcher = cache_version.init_app(app, config.EDITION_CHECK_SECONDS, config.CLOCK_STARTS_AT)
    layers.init_app(app, config, watcher)
    csrf.init_app(app)
    delivery_status.init_app(app)
    markdown_body.init_app(app)
    email_texts.init_app(app)
    for part in SITE:
        app.register_blueprint(part)
    cli.init_app(app)
    return app


def _create_instance_folder(path: Path) -> None:
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as fault:
        raise SettingsError(f"INSTANCE_PATH: cannot be made: {fault.strerror}") from None
