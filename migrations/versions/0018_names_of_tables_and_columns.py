"""names that say what a table and a column hold.

The renames are listed once and followed up or down: tables first, then their columns, constraints
and indexes, which go by the new name of their table. What refers to a table or a column (keys,
checks, indexes) follows by itself on both databases.

SQLite cannot rename a constraint. Its name stands in the statement that made the table, so that
table is made anew by the same statement with the new names, as ``batch_alter_table`` would.
"""

import re

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

TABLES = {
    "answers": "application_draft",
    "attempt": "rate_limit_hit",
    "device": "login_session",
    "downloads": "download_count",
    "edition": "site_state",
    "finding": "search_index",
    "former_address": "slug_redirect",
    "history_particulars": "history_personal_details",
    "keeping": "speaker_access",
    "kept_agenda": "linked_agenda",
    "letter": "email",
    "piece": "material_chunk",
    "planned_release": "scheduled_release",
    "preview": "preview_link",
    "receipt": "confirmation",
    "reply": "speaker_answers",
    "showing": "release_activation",
    "taken_off": "removed_appearance",
    "told_release": "last_notified_release",
    "wanted_by": "item_deadline",
    "writing": "content_version",
}
COLUMNS = {
    "application_draft.receipt_id": "confirmation_id",
    "card.made_at": "created_at",
    "conference.in_effect": "public_settings",
    "conference.is_invented": "is_demo",
    "content_version.who": "author",
    "content_version.written_at": "created_at",
    "delegate.changes": "version",
    "delegate.found_by": "search_text",
    "delegate.is_by_hand": "is_added_by_team",
    "delegate.is_invented": "is_demo",
    "delegate.link_key": "access_key",
    "delegate.name_order": "name_sort_key",
    "delegate.new_email": "pending_email",
    "delegate.new_link_key": "pending_email_key",
    "delegate.organisation_order": "organisation_sort_key",
    "delegate.same_person": "identity_key",
    "email.about": "booking_reference",
    "email.name": "template",
    "email.written_at": "created_at",
    "history_entry.about": "subject",
    "history_entry.sentence": "summary",
    "history_entry.who": "actor",
    "item_deadline.day": "due_on",
    "login_session.code_secret": "pending_totp_secret",
    "login_session.passed_at": "verified_at",
    "login_session.seen_at": "last_used_at",
    "material.made_at": "created_at",
    "material.opens": "available_from",
    "owner_mailing.letter": "template",
    "owner_mailing.who": "actor",
    "person.code_secret": "totp_secret",
    "person.code_step": "last_totp_step",
    "person.keeps_pages_since": "speaker_access_since",
    "photo.cut": "crop",
    "photo.made_at": "created_at",
    "photo.painted_at": "rendered_at",
    "photo.painting_until": "rendering_until",
    "photo.whole": "original",
    "planned_reminder.goes_at": "send_at",
    "planned_reminder.held_at": "paused_at",
    "planned_reminder.held_by": "paused_by",
    "preview_link.made_at": "created_at",
    "preview_link.who": "created_by",
    "preview_link.withdrawn_at": "revoked_at",
    "proposal.goes_out_at": "publish_at",
    "proposal.who": "sent_by",
    "rate_limit_hit.tried_at": "happened_at",
    "rate_limit_hit.what": "action",
    "rate_limit_hit.who_hash": "actor_hash",
    "release.document": "snapshot",
    "release.frozen_at": "snapshot_at",
    "release.overruled": "clash_override",
    "release.who": "published_by",
    "release_activation.began_at": "activated_at",
    "release_activation.differences": "change_summary",
    "release_activation.instead_of": "previous_release",
    "release_activation.turn": "ordinal",
    "scheduled_release.accepted": "accepted_clashes",
    "scheduled_release.overrules": "override_reason",
    "scheduled_release.planned_at": "created_at",
    "scheduled_release.who": "scheduled_by",
    "session.title_order": "title_sort_key",
    "session_owner.named_at": "granted_at",
    "session_owner.named_by": "granted_by",
    "site_state.clock_distance": "clock_offset",
    "site_state.number": "cache_version",
    "speaker.found_by": "search_text",
    "speaker.name_order": "name_sort_key",
    "speaker.organisation_order": "organisation_sort_key",
    "speaker_access.ended_at": "revoked_at",
    "speaker_access.named_by": "granted_by",
    "speaker_access.since": "granted_at",
    "speaker_calendar_key.made_at": "created_at",
    "speaker_mailing.letter": "template",
    "speaker_mailing.who": "actor",
    "speaker_request.asked_at": "requested_at",
    "speaker_request.settled_at": "resolved_at",
    "speaker_request.who": "actor",
    "speaker_request.words": "message",
    "upload.seen": "base_fingerprint",
    "upload.told": "dry_run_result",
    "upload.who": "uploaded_by",
}
CONSTRAINTS = {
    "application_draft.fk_answers_receipt_id_receipt": "fk_application_draft_confirmation_id_confirmation",
    "application_draft.pk_answers": "pk_application_draft",
    "application_draft.uq_answers_secret_hash": "uq_application_draft_secret_hash",
    "confirmation.fk_receipt_delegate_id_delegate": "fk_confirmation_delegate_id_delegate",
    "confirmation.pk_receipt": "pk_confirmation",
    "confirmation.uq_receipt_key": "uq_confirmation_key",
    "content_version.ck_writing_ends_after_it_appears": "ck_content_version_ends_after_it_appears",
    "content_version.ck_writing_known_kind": "ck_content_version_known_kind",
    "content_version.pk_writing": "pk_content_version",
    "content_version.uq_writing_kind_slug_language_version": "uq_content_version_kind_slug_language_version",
    "delegate.uq_delegate_link_key": "uq_delegate_access_key",
    "delegate.uq_delegate_new_link_key": "uq_delegate_pending_email_key",
    "download_count.ck_downloads_some": "ck_download_count_some",
    "download_count.fk_downloads_material_id_material": "fk_download_count_material_id_material",
    "download_count.pk_downloads": "pk_download_count",
    "email.ck_letter_known_state": "ck_email_known_state",
    "email.pk_letter": "pk_email",
    "email.uq_letter_message_id": "uq_email_message_id",
    "history_personal_details.fk_history_particulars_entry_id_history_entry": "fk_history_personal_details_entry_id_history_entry",
    "history_personal_details.pk_history_particulars": "pk_history_personal_details",
    "item_deadline.pk_wanted_by": "pk_item_deadline",
    "last_notified_release.ck_told_release_single_row": "ck_last_notified_release_single_row",
    "last_notified_release.fk_told_release_number_release": "fk_last_notified_release_number_release",
    "last_notified_release.pk_told_release": "pk_last_notified_release",
    "linked_agenda.fk_kept_agenda_agenda_id_agenda": "fk_linked_agenda_agenda_id_agenda",
    "linked_agenda.fk_kept_agenda_delegate_id_delegate": "fk_linked_agenda_delegate_id_delegate",
    "linked_agenda.pk_kept_agenda": "pk_linked_agenda",
    "login_session.fk_device_person_id_person": "fk_login_session_person_id_person",
    "login_session.pk_device": "pk_login_session",
    "login_session.uq_device_secret_hash": "uq_login_session_secret_hash",
    "material_chunk.fk_piece_material_id_material": "fk_material_chunk_material_id_material",
    "material_chunk.pk_piece": "pk_material_chunk",
    "preview_link.pk_preview": "pk_preview_link",
    "preview_link.uq_preview_secret_hash": "uq_preview_link_secret_hash",
    "rate_limit_hit.pk_attempt": "pk_rate_limit_hit",
    "release_activation.ck_showing_counted_from_one": "ck_release_activation_counted_from_one",
    "release_activation.fk_showing_instead_of_release": "fk_release_activation_previous_release_release",
    "release_activation.fk_showing_release_number_release": "fk_release_activation_release_number_release",
    "release_activation.pk_showing": "pk_release_activation",
    "release_activation.uq_showing_release_number_turn": "uq_release_activation_release_number_ordinal",
    "removed_appearance.fk_taken_off_speaker_id_speaker": "fk_removed_appearance_speaker_id_speaker",
    "removed_appearance.pk_taken_off": "pk_removed_appearance",
    "scheduled_release.ck_planned_release_known_state": "ck_scheduled_release_known_state",
    "scheduled_release.fk_planned_release_release_number_release": "fk_scheduled_release_release_number_release",
    "scheduled_release.pk_planned_release": "pk_scheduled_release",
    "site_state.pk_edition": "pk_site_state",
    "slug_redirect.ck_former_address_known_kind": "ck_slug_redirect_known_kind",
    "slug_redirect.pk_former_address": "pk_slug_redirect",
    "speaker_access.fk_keeping_person_id_person": "fk_speaker_access_person_id_person",
    "speaker_access.fk_keeping_speaker_id_speaker": "fk_speaker_access_speaker_id_speaker",
    "speaker_access.pk_keeping": "pk_speaker_access",
    "speaker_answers.ck_reply_known_consent": "ck_speaker_answers_known_consent",
    "speaker_answers.fk_reply_speaker_id_speaker": "fk_speaker_answers_speaker_id_speaker",
    "speaker_answers.pk_reply": "pk_speaker_answers",
}
INDEXES = {
    "application_draft.ix_answers_changed_at": "ix_application_draft_changed_at",
    "confirmation.ix_receipt_delegate_id": "ix_confirmation_delegate_id",
    "content_version.ix_writing_appears_at": "ix_content_version_appears_at",
    "delegate.ix_delegate_name_order": "ix_delegate_name_sort_key",
    "delegate.uq_delegate_same_person_attending": "uq_delegate_identity_key_attending",
    "email.ix_letter_about": "ix_email_booking_reference",
    "email.ix_letter_due": "ix_email_due",
    "email.ix_letter_failed": "ix_email_failed",
    "history_entry.ix_history_entry_about": "ix_history_entry_subject",
    "history_entry.ix_history_entry_who": "ix_history_entry_actor",
    "linked_agenda.ix_kept_agenda_agenda_id": "ix_linked_agenda_agenda_id",
    "login_session.ix_device_person_id": "ix_login_session_person_id",
    "planned_reminder.ix_planned_reminder_goes_at": "ix_planned_reminder_send_at",
    "proposal.ix_proposal_goes_out_at": "ix_proposal_publish_at",
    "rate_limit_hit.ix_attempt_what_who": "ix_rate_limit_hit_action_actor",
    "scheduled_release.ix_planned_release_state": "ix_scheduled_release_state",
    "speaker_access.ix_keeping_once": "ix_speaker_access_once",
    "speaker_access.ix_keeping_person_id": "ix_speaker_access_person_id",
    "speaker_access.ix_keeping_speaker_id": "ix_speaker_access_speaker_id",
}
# of the search index, which is a table of another kind on SQLite: there only its name changes
POSTGRESQL_COLUMNS = {"search_index.place": "position"}
POSTGRESQL_CONSTRAINTS = {"search_index.pk_finding": "pk_search_index"}
POSTGRESQL_INDEXES = {"search_index.ix_finding_words": "ix_search_index_words"}


def upgrade() -> None:
    _prepare()
    _rename_tables(TABLES)
    _rename_columns(_every(COLUMNS, POSTGRESQL_COLUMNS))
    _rename_constraints(_every(CONSTRAINTS, POSTGRESQL_CONSTRAINTS))
    _rename_indexes(_every(INDEXES, POSTGRESQL_INDEXES))


def downgrade() -> None:
    _prepare()
    _rename_indexes(_swapped(_every(INDEXES, POSTGRESQL_INDEXES)))
    _rename_constraints(_swapped(_every(CONSTRAINTS, POSTGRESQL_CONSTRAINTS)))
    _rename_columns(_swapped(_every(COLUMNS, POSTGRESQL_COLUMNS)))
    _rename_tables({new: old for old, new in TABLES.items()})


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def _prepare() -> None:
    """Let new names go into whatever refers to them, also where SQLite was built to do without."""
    if _is_sqlite():
        op.execute("PRAGMA legacy_alter_table=OFF")


def _every(both: dict[str, str], postgresql: dict[str, str]) -> list[tuple[str, str, str]]:
    """List table, old name and new name of each."""
    names = both if _is_sqlite() else both | postgresql
    return [(*place.split("."), new) for place, new in names.items()]


def _swapped(names: list[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    return [(table, new, old) for table, old, new in names]


def _rename_tables(names: dict[str, str]) -> None:
    for old, new in names.items():
        op.execute(f"ALTER TABLE {old} RENAME TO {new}")
        if not _is_sqlite():
            op.execute(f"ALTER SEQUENCE IF EXISTS {old}_id_seq RENAME TO {new}_id_seq")


def _rename_columns(names: list[tuple[str, str, str]]) -> None:
    for table, old, new in names:
        op.execute(f"ALTER TABLE {table} RENAME COLUMN {old} TO {new}")


def _rename_constraints(names: list[tuple[str, str, str]]) -> None:
    if not _is_sqlite():
        for table, old, new in names:
            op.execute(f"ALTER TABLE {table} RENAME CONSTRAINT {old} TO {new}")
        return
    for table in sorted({table for table, _, _ in names}):
        _make_anew(table, {old: new for other, old, new in names if other == table})


def _rename_indexes(names: list[tuple[str, str, str]]) -> None:
    for table, old, new in names:
        if not _is_sqlite():
            op.execute(f"ALTER INDEX {old} RENAME TO {new}")
            continue
        statement = _statements("index", table)[old]
        op.execute(f"DROP INDEX {old}")
        _run(_with_names(statement, {old: new}))


def _make_anew(table: str, names: dict[str, str]) -> None:
    """Make a table of SQLite again with other names for its constraints, and copy its rows.

    Foreign keys are off (see env.py): nothing that belongs to the rows goes with the old table,
    and what refers to it by its name refers to the new one.
    """
    indexes = _statements("index", table)
    statement = _with_names(_statements("table", table)[table], names)
    head = rf'CREATE TABLE "?{table}"?(?!\w)'
    _run(re.sub(head, f"CREATE TABLE new_{table}", statement, count=1))
    op.execute(f"INSERT INTO new_{table} SELECT * FROM {table}")
    op.execute(f"DROP TABLE {table}")
    op.execute(f"ALTER TABLE new_{table} RENAME TO {table}")
    for index in indexes.values():
        _run(index)


def _statements(kind: str, table: str) -> dict[str, str]:
    """Give the statements that made a table of SQLite or its indexes, by name."""
    those = sa.text(
        "SELECT name, sql FROM sqlite_master"
        " WHERE type = :kind AND tbl_name = :table AND sql IS NOT NULL"
    )
    rows = op.get_bind().execute(those, {"kind": kind, "table": table})
    return {row.name: row.sql for row in rows}


def _with_names(statement: str, names: dict[str, str]) -> str:
    return re.sub(r"\w+", lambda word: names.get(word[0], word[0]), statement)


def _run(statement: str) -> None:
    """Execute a statement as it was written down, whatever colons are in it."""
    op.get_bind().exec_driver_sql(statement)
