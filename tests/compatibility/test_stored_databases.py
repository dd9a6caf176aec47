"""Today's code opens databases of earlier versions and can read everything in them.

See ``make`` for how a folder is stored and ``differences.toml`` for intended differences.
"""

import re
from pathlib import Path
from typing import Final

import pytest
from flask import Flask

from tests.browser import Browser
from tests.compatibility import answers, databases, walk

NEWER: Final = "it is newer than the newest stored database"
WITHOUT_ROWS: Final[dict[str, str]] = {  # tables that no stored database fills, each with why
    "import_backup": "it is newer than they are, and is kept for a week alone",
    "column_mapping": NEWER,
    "saved_view": NEWER,
    "mailing": NEWER,
    "mailing_recipient": NEWER,
    "mail_domain": NEWER,
    "menu_entry": NEWER,
    "form_draft": NEWER,
    "site_logo": NEWER,
    "site_look": NEWER,
    "page_image": NEWER,
    "page_image_rendition": NEWER,
    "delegate_note": NEWER,
    "delegate_tag": NEWER,
    "waiting_list_entry": NEWER,
    "registration_group": NEWER,
    "group_member": NEWER,
    "distinct_bookings": NEWER,
    "place_transfer": NEWER,
    "registration_application": NEWER,
    "registration_category": NEWER,
    "question_set": NEWER,
    "delegate_answer": NEWER,
    "answer_file": NEWER,
    "answer_file_chunk": NEWER,
    "session_booking": NEWER,
    "seat_hold": NEWER,
    "released_seat": NEWER,
    "ballot": NEWER,
    "ballot_session": NEWER,
    "ballot_entry": NEWER,
    "requirement_case": NEWER,
    "delegate_import": NEWER,
    "equality_count": NEWER,
    "expression_of_interest": NEWER,
    "equality_question": NEWER,
    "equality_spent_token": NEWER,
    "invitation_code": NEWER,
    "speaker_place": NEWER,
    "suppressed_address": NEWER,
    "unsubscribe_key": NEWER,
    "mailbox_position": NEWER,
    "email_text_version": NEWER,
    "notice_person": NEWER,
    "email_reply": NEWER,
}
NOT_RECORDED: Final[dict[str, str]] = {  # routes that no recorded address opens, each with why
    "/application/<secret>": NEWER,
    "/application/<secret>/withdraw": NEWER,
    "/application/sent": NEWER,
    "/ballots/<number>": NEWER,
    "/ballots/<number>.json": NEWER,
    "/ballots/draw.py": NEWER,
    "/booking/<secret>/<type_name>/<key>": NEWER,
    "/booking/<secret>/ballots/<number>": NEWER,
    "/booking/<secret>/category": NEWER,
    "/booking/<secret>/category/<number>/wait": NEWER,
    "/booking/<secret>/files/<number>": NEWER,
    "/booking/<secret>/group": NEWER,
    "/booking/<secret>/more": NEWER,
    "/booking/<secret>/sessions/<slug>": NEWER,
    "/booking/seats": NEWER,
    "/booking/seats/<slug>": NEWER,
    "/emails/<token>": NEWER,
    "/favicon.ico": NEWER,
    "/group/<secret>": NEWER,
    "/group/<secret>/add": NEWER,
    "/group/<secret>/copy.json": NEWER,
    "/group/<secret>/dissolve": NEWER,
    "/group/<secret>/list.csv": NEWER,
    "/group/<secret>/people/<number>/cancel": NEWER,
    "/group/<secret>/people/<number>/name": NEWER,
    "/group/dissolved": NEWER,
    "/interest/<secret>": NEWER,
    "/interest/<secret>/withdraw": NEWER,
    "/interest/sent": NEWER,
    "/logo/<key>.webp": NEWER,
    "/look/<brand>-<accent>.css": NEWER,
    "/organise/access/<key>": NEWER,
    "/organise/applications": NEWER,
    "/organise/applications/<number>": NEWER,
    "/organise/applications/<number>/<action>": NEWER,
    "/organise/applications/<number>/files/<question>": NEWER,
    "/organise/ballots/<number>": NEWER,
    "/organise/ballots/<number>/change": NEWER,
    "/organise/ballots/<number>/delete": NEWER,
    "/organise/categories/<number>": NEWER,
    "/organise/categories/<number>/change": NEWER,
    "/organise/categories/<number>/delete": NEWER,
    "/organise/delegates/<reference>/files/<number>": NEWER,
    "/organise/delegates/_days": NEWER,
    "/organise/delegates/_days/undo": NEWER,
    "/organise/delegates/_duplicates/<reference>/<other>": NEWER,
    "/organise/delegates/_import/<number>": NEWER,
    "/organise/dietary/<key>": NEWER,
    "/organise/files/uploads/<number>/columns": NEWER,
    "/organise/groups/<number>": NEWER,
    "/organise/groups/<number>/dissolve": NEWER,
    "/organise/interest": NEWER,
    "/organise/interest/<number>": NEWER,
    "/organise/invitations/<number>": NEWER,
    "/organise/invitations/<number>/revoke": NEWER,
    "/organise/invitations/_add": NEWER,
    "/organise/letters/suppression/<number>/lift": NEWER,
    "/organise/letters/wording/<template>/<language>/compare": NEWER,
    "/organise/letters/wording/<template>/<language>/preview": NEWER,
    "/organise/letters/wording/<template>/<language>/versions": NEWER,
    "/organise/letters/wording/<template>/<language>/versions/<number>": NEWER,
    "/organise/mailings/<number>": NEWER,
    "/organise/mailings/<number>/delete": NEWER,
    "/organise/mailings/<number>/filters": NEWER,
    "/organise/mailings/<number>/people": NEWER,
    "/organise/mailings/<number>/preview": NEWER,
    "/organise/mailings/<number>/preview/html": NEWER,
    "/organise/mailings/<number>/recipients": NEWER,
    "/organise/mailings/<number>/send": NEWER,
    "/organise/mailings/<number>/stop": NEWER,
    "/organise/mailings/<number>/text": NEWER,
    "/organise/menus/<menu>/shipped": NEWER,
    "/organise/notices/drop": NEWER,
    "/organise/pages/<kind>/<slug>/<language>/pictures": NEWER,
    "/organise/pages/<kind>/<slug>/<language>/preview": NEWER,
    "/organise/pages/add/<kind>/preview": NEWER,
    "/organise/publishing/publish/check": NEWER,
    "/organise/questions/<number>/delete": NEWER,
    "/organise/search": NEWER,
    "/organise/search/suggestions": NEWER,
    "/organise/session-seats/<slug>": NEWER,
    "/organise/session-seats/<slug>/<reference>/remove": NEWER,
    "/organise/session-seats/<slug>/add": NEWER,
    "/organise/session-seats/<slug>/door": NEWER,
    "/organise/session-seats/<slug>/hold": NEWER,
    "/organise/session-seats/<slug>/holds/<number>/release": NEWER,
    "/organise/session-seats/<slug>/more": NEWER,
    "/organise/session-seats/<slug>/no-shows": NEWER,
    "/organise/sessions/_several": NEWER,
    "/organise/speakers/<slug>/photo/sent/<token>.jpg": NEWER,
    "/organise/start/example": NEWER,
    "/organise/views/<number>": NEWER,
    "/organise/views/<number>/delete": NEWER,
    "/organise/waiting-list/<number>": NEWER,
    "/organise/waiting-list/<number>/move-up": NEWER,
    "/organise/waiting-list/<number>/offer": NEWER,
    "/organise/waiting-list/<number>/remove": NEWER,
    "/organise/waiting-list/places": NEWER,
    "/pictures/<key>.jpg": NEWER,
    "/pictures/<key>/<width>.<suffix>": NEWER,
    "/place/<secret>": NEWER,
    "/register/equality": NEWER,
    "/register/equality/thanks": NEWER,
    "/register/group/answers": NEWER,
    "/register/group/check": NEWER,
    "/register/group/done": NEWER,
    "/register/group/people": NEWER,
    "/register/group/people/<number>": NEWER,
    "/register/group/people/add": NEWER,
    "/register/group/upload": NEWER,
    "/register/group/upload/check": NEWER,
    "/register/group/upload/template.<suffix>": NEWER,
    "/register/interest/<number>": NEWER,
    "/register/invitation": NEWER,
    "/register/invitation/<code>": NEWER,
    "/register/more": NEWER,
    "/register/more-<number>": NEWER,
    "/register/sessions": NEWER,
    "/speak/<slug>/photo/sent/<token>.jpg": NEWER,
    "/speak/<slug>/place": NEWER,
    "/waiting-list/<secret>": NEWER,
    "/waiting-list/<secret>/change": NEWER,
    "/waiting-list/<secret>/leave": NEWER,
    "/waiting-list/joined": NEWER,
}


@pytest.mark.both_databases
def test_every_recorded_page_feed_and_link_gives_the_recorded_answer(
    stored: Path, people: dict[str, Browser]
) -> None:
    recorded = answers.load(stored)

    today = walk.replay(recorded, people)

    told = answers.compare(recorded, today, answers.differences(stored.name))
    assert not told, f"\n{told}"


@pytest.mark.both_databases
def test_every_table_has_rows_in_the_newest_stored_databases(stored: Path, site: Flask) -> None:
    if stored == databases.folders()[-1]:
        assert databases.tables_without_rows() == sorted(WITHOUT_ROWS)


@pytest.mark.both_databases
def test_migrating_down_and_up_renames_tables_and_columns_and_keeps_every_row(
    stored: Path, site: Flask
) -> None:
    databases.downgrade("0018")
    renamed = databases.rows_by_table()
    databases.downgrade("0017")
    before = databases.rows_by_table()
    databases.upgrade()
    databases.downgrade("0018")

    assert {"letter", "writing"} <= before.keys() - renamed.keys()
    assert {"email", "content_version"} <= renamed.keys() - before.keys()
    assert sorted(before.values()) == sorted(renamed.values())
    assert databases.rows_by_table() == renamed


def test_every_get_route_is_among_the_recorded_answers(stored: Path, site: Flask) -> None:
    if stored != databases.folders()[-1]:
        return
    recorded = {address for listed in answers.load(stored).values() for address in listed}
    there = {
        _plain(rule.rule) for rule in site.url_map.iter_rules() if "GET" in (rule.methods or ())
    }
    rules = [walk.rule_of(site, address) for address in recorded]
    opened = {_plain(rule.rule) for rule in rules if rule is not None}

    assert sorted(there - opened) == sorted(NOT_RECORDED)


def test_a_difference_is_reported_unless_listed_and_an_unused_listing_is_reported(
    tmp_path: Path,
) -> None:
    listed = tmp_path / "differences.toml"
    listed.write_text(
        "[[difference]]\nstored = '2008-11'\naddresses = '^/help$'\n"
        "from = 'Letters'\nto = 'Emails'\nreason = 'Pages say email'\n"
    )
    recorded = {"anybody": {"/help": "200\n\nLetters", "/venue": "200\n\nLetters"}}

    def told(**today: str) -> str:
        now = {f"/{name}": f"200\n\n{words}" for name, words in today.items()}
        listing = answers.differences("2008-11", listed)
        return answers.compare(recorded, {"anybody": now}, listing)

    assert told(help="Emails", venue="Letters") == ""
    assert told(help="Emails", venue="Emails") == (
        "1 of 2 answers differ:\n\n/venue (anybody)\n  -Letters\n  +Emails"
    )
    recorded["anybody"]["/help"] = "200\n\nEmails"
    assert told(help="Emails", venue="Letters") == "nothing is “Letters” any more"


def test_where_a_status_alone_is_expected_only_the_status_is_compared() -> None:
    gone = answers.Difference("2008-11", re.compile("^/slides$"), "200\n\nSlides", "404")
    recorded = {"anybody": {"/slides": "200\n\nSlides"}}

    def told(now: str) -> str:
        return answers.compare(recorded, {"anybody": {"/slides": now}}, [gone])

    assert told("404\n\nThere is no such file") == ""
    assert told("410\n\nThere is no such file").startswith("1 of 1 answers differ:")
    assert told("200\n\nSlides").startswith("1 of 1 answers differ:")


def test_indentation_is_ignored_but_visible_whitespace_is_compared() -> None:
    recorded = {"anybody": {"/": "200\n\n<p>\n  <b>One</b> two</p>"}}

    def told(now: str) -> str:
        return answers.compare(recorded, {"anybody": {"/": f"200\n\n{now}"}}, [])

    assert told("<p> <b>One</b>\n      two</p>") == ""
    assert told("<p> <b>One</b>two</p>").startswith("1 of 1 answers differ:")


def _plain(rule: str) -> str:
    return re.sub(r"<(?:[^<>]*:)?(\w+)>", r"<\1>", rule)
