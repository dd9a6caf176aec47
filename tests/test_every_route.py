"""Every route of the site, and who may open it.

A route that is not listed fails here, and so does a listed one that is gone. Each is then tried:
by a stranger, by someone whose link opens something else, and behind the door by each role, by
someone half signed in and by someone who has no part any more.
"""

import re
from enum import StrEnum
from typing import NamedTuple

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from app import clock
from app.accounts.models import DESK, EDITOR, FORMER, ORGANISER, VIEWER
from app.accounts.two_factor import totp
from app.agenda import transfer_views
from app.database import Base, db, transaction
from app.delegates.categories.models import BY_INTEREST
from app.delegates.requirement_models import RequirementCase
from app.forms.form import csrf
from app.mail.unsubscribe import get_url
from app.programme.models import Session
from app.registration import links
from app.registration.groups.models import PLACED, GroupMember
from app.registration.requirement_cases import services as requirement_cases
from app.registration.session_bookings.models import SeatHold
from app.speakers.models import SpeakerRequest
from tests.browser import Browser, Browsers
from tests.factories import (
    add_file_answer,
    get_ada_marsh,
    grant_speaker_access,
    make_agenda,
    make_application,
    make_ballot,
    make_category,
    make_confirmation,
    make_delegate,
    make_delegate_import,
    make_group,
    make_interest,
    make_invitation,
    make_link,
    make_mailing,
    make_material,
    make_organiser,
    make_place_transfer,
    make_proposal,
    make_question,
    make_saved_view,
    make_scheduled_release,
    make_session,
    make_sign_in_link,
    make_upload,
    make_waiting_list_entry,
    publish_programme,
    save,
    sign_in,
    sign_in_speaker,
)
from tests.registration_flow import WEDNESDAY, answer_questions

EMAIL_TEXT = "/organise/letters/wording/<template>/<language>"


class RouteAccess(StrEnum):
    """Who may open a route."""

    PUBLIC = "anyone, and it is the same for everyone"
    ALIAS = "anyone, and it leads to a page under its usual address"
    ANYONE = "anyone"
    BROWSER = "browsers, which ask each time whether theirs is still right"
    REGISTERING = "whoever is registering, by the key in their cookie"
    HOLDER = "the holder of the link"
    HALF_WAY = "whoever has their second step before them"
    SETTING_UP = "whoever may set up a second step"
    SIGNED_IN = "whoever is signed in, second step and all"
    SPEAKER = "whoever keeps the pages of the speaker"
    A_PART = "whoever has a part in running the conference"
    EDITORS = "those who change the programme and the pages"
    DESK = "those who look after the delegates"
    DESK_READERS = "those who look after the delegates, and viewers"
    READERS = "organisers and viewers"
    ORGANISER = "organisers"


MAY = {  # which roles may open protected routes
    RouteAccess.A_PART: {ORGANISER, EDITOR, DESK, VIEWER},
    RouteAccess.EDITORS: {ORGANISER, EDITOR},
    RouteAccess.DESK: {ORGANISER, DESK},
    RouteAccess.DESK_READERS: {ORGANISER, DESK, VIEWER},
    RouteAccess.READERS: {ORGANISER, VIEWER},
    RouteAccess.ORGANISER: {ORGANISER},
}


class Route(NamedTuple):
    """A rule, what it takes, who may open it, and an address to try."""

    rule: str
    methods: str
    who: RouteAccess
    address: str = ""

    @property
    def tried(self) -> str:
        """A URL of this rule that an anonymous visitor might try."""
        return self.address or self.rule.replace("<secret>", "wrong").replace("<token>", "wrong")


# Their link is the secret, and they have no cookie (RFC 8058).
POSTED_BY_MAIL_PROGRAMS = {"/emails/<token>"}
ROUTES = [
    Route("/", "GET", RouteAccess.PUBLIC),
    Route("/.well-known/security.txt", "GET", RouteAccess.PUBLIC),
    Route("/<name>", "GET", RouteAccess.PUBLIC, "/schedule.xml"),
    Route("/<slug>", "GET", RouteAccess.PUBLIC, "/help"),
    Route("/access-keys", "GET POST", RouteAccess.PUBLIC),
    Route("/agenda", "GET", RouteAccess.ANYONE),
    Route("/agenda/<secret>.ics", "GET", RouteAccess.HOLDER),
    Route("/agenda/booking/<secret>", "GET POST", RouteAccess.HOLDER),
    Route("/agenda/calendar", "POST", RouteAccess.ANYONE),
    Route("/agenda/forget", "GET POST", RouteAccess.ANYONE),
    Route("/agenda/from/<secret>", "GET POST", RouteAccess.HOLDER),
    Route("/agenda/move", "GET", RouteAccess.ANYONE),
    Route("/agenda/seen", "POST", RouteAccess.ANYONE),
    Route("/agenda/stars", "POST", RouteAccess.ANYONE),
    Route("/agenda/stars.json", "GET", RouteAccess.ANYONE),
    Route("/agenda/stars/<number>/remove", "POST", RouteAccess.ANYONE, "/agenda/stars/1/remove"),
    Route("/application/<secret>", "GET", RouteAccess.HOLDER),
    Route("/application/<secret>/withdraw", "GET POST", RouteAccess.HOLDER),
    Route("/application/sent", "GET", RouteAccess.ANYONE),
    Route("/ballots", "GET", RouteAccess.PUBLIC),
    Route("/ballots/<number>", "GET", RouteAccess.PUBLIC, "/ballots/1"),
    Route("/ballots/<number>.json", "GET", RouteAccess.PUBLIC, "/ballots/1.json"),
    Route("/ballots/draw.py", "GET", RouteAccess.PUBLIC),
    Route("/booking", "GET POST", RouteAccess.ANYONE),
    Route("/booking/<secret>", "GET", RouteAccess.HOLDER),
    Route("/booking/<secret>/<question>", "GET POST", RouteAccess.HOLDER, "/booking/wrong/name"),
    Route(
        "/booking/<secret>/<type_name>/<key>",
        "GET POST",
        RouteAccess.HOLDER,
        "/booking/wrong/access/ramp",
    ),
    Route("/booking/<secret>/address", "GET POST", RouteAccess.HOLDER),
    Route("/booking/<secret>/address/keep", "POST", RouteAccess.HOLDER),
    Route(
        "/booking/<secret>/ballots/<number>",
        "GET POST",
        RouteAccess.HOLDER,
        "/booking/wrong/ballots/1",
    ),
    Route("/booking/<secret>/calendar.ics", "GET", RouteAccess.HOLDER),
    Route("/booking/<secret>/cancel", "GET POST", RouteAccess.HOLDER),
    Route("/booking/<secret>/category", "GET POST", RouteAccess.HOLDER),
    Route(
        "/booking/<secret>/category/<number>/wait",
        "GET POST",
        RouteAccess.HOLDER,
        "/booking/wrong/category/1/wait",
    ),
    Route("/booking/<secret>/copy.json", "GET", RouteAccess.HOLDER),
    Route("/booking/<secret>/emails", "POST", RouteAccess.HOLDER),
    Route("/booking/<secret>/equality", "POST", RouteAccess.HOLDER),
    Route("/booking/<secret>/erase", "GET POST", RouteAccess.HOLDER),
    Route("/booking/<secret>/files/<number>", "GET", RouteAccess.HOLDER, "/booking/wrong/files/1"),
    Route("/booking/<secret>/group", "GET POST", RouteAccess.HOLDER),
    Route("/booking/<secret>/more", "GET POST", RouteAccess.HOLDER),
    Route("/booking/<secret>/pass-on", "GET POST", RouteAccess.HOLDER),
    Route("/booking/<secret>/pass-on/stop", "POST", RouteAccess.HOLDER),
    Route("/booking/<secret>/sessions", "GET", RouteAccess.HOLDER),
    Route(
        "/booking/<secret>/sessions/<slug>",
        "GET POST",
        RouteAccess.HOLDER,
        "/booking/wrong/sessions/opening",
    ),
    Route("/booking/asked", "GET", RouteAccess.ANYONE),
    Route("/booking/calendar/<token>.ics", "GET", RouteAccess.HOLDER),
    Route("/booking/erased", "GET", RouteAccess.ANYONE),
    Route("/booking/new-address/<secret>", "GET POST", RouteAccess.HOLDER),
    Route("/booking/seats", "GET", RouteAccess.ANYONE),
    Route("/booking/seats/<slug>", "GET", RouteAccess.ANYONE, "/booking/seats/opening"),
    Route("/cards/<key>.png", "GET", RouteAccess.HOLDER, "/cards/wrong.png"),
    Route("/changes", "GET", RouteAccess.PUBLIC),
    Route("/changes.atom", "GET", RouteAccess.PUBLIC),
    Route("/changes/<number>", "GET", RouteAccess.PUBLIC, "/changes/1"),
    Route("/contact", "GET", RouteAccess.PUBLIC),
    Route("/developers", "GET", RouteAccess.PUBLIC),
    Route("/emails/<token>", "GET POST", RouteAccess.HOLDER),
    Route("/emails/<token>/on", "POST", RouteAccess.HOLDER),
    Route("/faq", "GET", RouteAccess.ALIAS),
    Route("/favicon.ico", "GET", RouteAccess.PUBLIC),
    Route("/feedback", "GET POST", RouteAccess.PUBLIC),
    Route("/feedback/sent", "GET", RouteAccess.PUBLIC),
    Route("/group/<secret>", "GET", RouteAccess.HOLDER),
    Route("/group/<secret>/add", "GET POST", RouteAccess.HOLDER),
    Route("/group/<secret>/copy.json", "GET", RouteAccess.HOLDER),
    Route("/group/<secret>/dissolve", "GET POST", RouteAccess.HOLDER),
    Route("/group/<secret>/list.csv", "GET", RouteAccess.HOLDER),
    Route(
        "/group/<secret>/people/<number>/cancel",
        "GET POST",
        RouteAccess.HOLDER,
        "/group/wrong/people/1/cancel",
    ),
    Route(
        "/group/<secret>/people/<number>/link",
        "POST",
        RouteAccess.HOLDER,
        "/group/wrong/people/1/link",
    ),
    Route(
        "/group/<secret>/people/<number>/name",
        "GET POST",
        RouteAccess.HOLDER,
        "/group/wrong/people/1/name",
    ),
    Route("/group/dissolved", "GET", RouteAccess.ANYONE),
    Route("/healthz", "GET", RouteAccess.ANYONE),
    Route("/interest/<secret>", "GET", RouteAccess.HOLDER),
    Route("/interest/<secret>/withdraw", "GET POST", RouteAccess.HOLDER),
    Route("/interest/sent", "GET", RouteAccess.ANYONE),
    Route("/logo/<key>.webp", "GET", RouteAccess.HOLDER, "/logo/wrong.webp"),
    Route("/look/<brand>-<accent>.css", "GET", RouteAccess.HOLDER, "/look/wrong0-wrong0.css"),
    Route(
        "/materials/<key>",
        "GET",
        RouteAccess.HOLDER,
        "/materials/wrong",
    ),
    Route("/my", "GET", RouteAccess.SIGNED_IN),
    Route("/my/app/remove", "POST", RouteAccess.SIGNED_IN),
    Route("/my/devices/<number>/sign-out", "POST", RouteAccess.SIGNED_IN, "/my/devices/1/sign-out"),
    Route("/my/passkeys/<number>/remove", "POST", RouteAccess.SIGNED_IN, "/my/passkeys/1/remove"),
    Route("/my/recovery-codes", "POST", RouteAccess.SIGNED_IN),
    Route("/my/sign-out-everywhere", "POST", RouteAccess.SIGNED_IN),
    Route("/my/stay", "POST", RouteAccess.SIGNED_IN),
    Route("/now", "GET", RouteAccess.PUBLIC),
    Route("/offline", "GET", RouteAccess.PUBLIC),
    Route("/offline.json", "GET", RouteAccess.PUBLIC),
    Route("/offline/agenda", "GET", RouteAccess.PUBLIC),
    Route("/offline/away", "GET", RouteAccess.PUBLIC),
    Route("/organise", "GET", RouteAccess.A_PART),
    Route("/organise/access", "GET", RouteAccess.DESK),
    Route("/organise/access/<key>", "GET POST", RouteAccess.DESK, "/organise/access/ramp"),
    Route("/organise/access/_several", "POST", RouteAccess.DESK),
    Route("/organise/access/_show", "POST", RouteAccess.DESK),
    Route("/organise/applications", "GET", RouteAccess.DESK_READERS),
    Route(
        "/organise/applications/<number>",
        "GET",
        RouteAccess.DESK_READERS,
        "/organise/applications/1",
    ),
    Route(
        "/organise/applications/<number>/<action>",
        "GET POST",
        RouteAccess.DESK,
        "/organise/applications/1/hold",
    ),
    Route(
        "/organise/applications/<number>/files/<question>",
        "GET",
        RouteAccess.DESK_READERS,
        "/organise/applications/1/files/1",
    ),
    Route("/organise/applications/_export", "POST", RouteAccess.DESK),
    Route("/organise/applications/_several", "POST", RouteAccess.DESK),
    Route("/organise/ballots", "GET", RouteAccess.A_PART),
    Route("/organise/ballots/<number>", "GET", RouteAccess.A_PART, "/organise/ballots/1"),
    Route(
        "/organise/ballots/<number>/change",
        "GET POST",
        RouteAccess.ORGANISER,
        "/organise/ballots/1/change",
    ),
    Route(
        "/organise/ballots/<number>/delete",
        "GET POST",
        RouteAccess.ORGANISER,
        "/organise/ballots/1/delete",
    ),
    Route("/organise/ballots/_add", "GET POST", RouteAccess.ORGANISER),
    Route("/organise/board", "GET", RouteAccess.A_PART),
    Route("/organise/board/<slug>", "GET POST", RouteAccess.EDITORS, "/organise/board/opening"),
    Route(
        "/organise/board/<slug>/place", "POST", RouteAccess.EDITORS, "/organise/board/opening/place"
    ),
    Route(
        "/organise/board/<slug>/tried",
        "GET",
        RouteAccess.A_PART,
        "/organise/board/opening/tried?day=2009-06-10&start=11:00&minutes=60&room=great-hall",
    ),
    Route(
        "/organise/board/_free",
        "GET",
        RouteAccess.A_PART,
        "/organise/board/_free?day=2009-06-10&start=11:00&room=great-hall",
    ),
    Route("/organise/categories", "GET", RouteAccess.A_PART),
    Route("/organise/categories/<number>", "GET", RouteAccess.A_PART, "/organise/categories/1"),
    Route(
        "/organise/categories/<number>/change",
        "GET POST",
        RouteAccess.ORGANISER,
        "/organise/categories/1/change",
    ),
    Route(
        "/organise/categories/<number>/delete",
        "GET POST",
        RouteAccess.ORGANISER,
        "/organise/categories/1/delete",
    ),
    Route(
        "/organise/categories/<number>/move",
        "POST",
        RouteAccess.ORGANISER,
        "/organise/categories/1/move",
    ),
    Route("/organise/categories/_add", "GET POST", RouteAccess.ORGANISER),
    Route("/organise/delegates", "GET", RouteAccess.DESK_READERS),
    Route(
        "/organise/delegates/<reference>",
        "GET",
        RouteAccess.DESK_READERS,
        "/organise/delegates/GHJK2345",
    ),
    Route(
        "/organise/delegates/<reference>/address",
        "GET POST",
        RouteAccess.DESK,
        "/organise/delegates/GHJK2345/address",
    ),
    Route(
        "/organise/delegates/<reference>/cancel",
        "GET POST",
        RouteAccess.DESK,
        "/organise/delegates/GHJK2345/cancel",
    ),
    Route(
        "/organise/delegates/<reference>/change",
        "GET POST",
        RouteAccess.DESK,
        "/organise/delegates/GHJK2345/change",
    ),
    Route(
        "/organise/delegates/<reference>/erase",
        "GET POST",
        RouteAccess.DESK,
        "/organise/delegates/GHJK2345/erase",
    ),
    Route(
        "/organise/delegates/<reference>/files/<number>",
        "GET",
        RouteAccess.DESK_READERS,
        "/organise/delegates/GHJK2345/files/1",
    ),
    Route(
        "/organise/delegates/<reference>/letter",
        "GET POST",
        RouteAccess.DESK,
        "/organise/delegates/GHJK2345/letter",
    ),
    Route(
        "/organise/delegates/<reference>/needs",
        "POST",
        RouteAccess.DESK,
        "/organise/delegates/GHJK2345/needs",
    ),
    Route(
        "/organise/delegates/<reference>/needs/change",
        "POST",
        RouteAccess.DESK,
        "/organise/delegates/GHJK2345/needs/change",
    ),
    Route(
        "/organise/delegates/<reference>/notes",
        "POST",
        RouteAccess.DESK,
        "/organise/delegates/GHJK2345/notes",
    ),
    Route(
        "/organise/delegates/<reference>/notes/<number>/delete",
        "POST",
        RouteAccess.DESK,
        "/organise/delegates/GHJK2345/notes/1/delete",
    ),
    Route(
        "/organise/delegates/<reference>/pass-on",
        "GET POST",
        RouteAccess.DESK,
        "/organise/delegates/GHJK2345/pass-on",
    ),
    Route(
        "/organise/delegates/<reference>/pass-on/stop",
        "POST",
        RouteAccess.DESK,
        "/organise/delegates/GHJK2345/pass-on/stop",
    ),
    Route(
        "/organise/delegates/<reference>/restore",
        "GET POST",
        RouteAccess.DESK,
        "/organise/delegates/GHJK2345/restore",
    ),
    Route(
        "/organise/delegates/<reference>/speaker",
        "GET POST",
        RouteAccess.DESK,
        "/organise/delegates/GHJK2345/speaker",
    ),
    Route(
        "/organise/delegates/<reference>/tags",
        "POST",
        RouteAccess.DESK,
        "/organise/delegates/GHJK2345/tags",
    ),
    Route(
        "/organise/delegates/<reference>/tags/remove",
        "POST",
        RouteAccess.DESK,
        "/organise/delegates/GHJK2345/tags/remove",
    ),
    Route("/organise/delegates/_add", "GET POST", RouteAccess.DESK),
    Route("/organise/delegates/_days", "GET POST", RouteAccess.DESK),
    Route("/organise/delegates/_days/undo", "GET POST", RouteAccess.DESK),
    Route("/organise/delegates/_duplicates", "GET", RouteAccess.DESK_READERS),
    Route(
        "/organise/delegates/_duplicates/<reference>/<other>",
        "GET POST",
        RouteAccess.DESK,
        "/organise/delegates/_duplicates/GHJK2345/GHJK2346",
    ),
    Route(
        "/organise/delegates/_duplicates/<reference>/<other>/distinct",
        "POST",
        RouteAccess.DESK,
        "/organise/delegates/_duplicates/GHJK2345/GHJK2346/distinct",
    ),
    Route(
        "/organise/delegates/_duplicates/<reference>/<other>/distinct/undo",
        "POST",
        RouteAccess.DESK,
        "/organise/delegates/_duplicates/GHJK2345/GHJK2346/distinct/undo",
    ),
    Route("/organise/delegates/_export", "POST", RouteAccess.DESK),
    Route("/organise/delegates/_export/needs", "GET POST", RouteAccess.DESK),
    Route(
        "/organise/delegates/_export/needs/<purpose>",
        "GET POST",
        RouteAccess.DESK,
        "/organise/delegates/_export/needs/access",
    ),
    Route("/organise/delegates/_import", "GET POST", RouteAccess.DESK),
    Route(
        "/organise/delegates/_import/<number>",
        "GET POST",
        RouteAccess.DESK,
        "/organise/delegates/_import/1",
    ),
    Route(
        "/organise/delegates/_import/<number>/discard",
        "POST",
        RouteAccess.DESK,
        "/organise/delegates/_import/1/discard",
    ),
    Route(
        "/organise/delegates/_import/template.<suffix>",
        "GET",
        RouteAccess.DESK_READERS,
        "/organise/delegates/_import/template.csv",
    ),
    Route(
        "/organise/delegates/_requirements/<purpose>",
        "GET POST",
        RouteAccess.DESK,
        "/organise/delegates/_requirements/dietary",
    ),
    Route("/organise/delegates/_several", "POST", RouteAccess.DESK),
    Route("/organise/dietary", "GET", RouteAccess.DESK),
    Route("/organise/dietary/<key>", "GET POST", RouteAccess.DESK, "/organise/dietary/halal"),
    Route("/organise/dietary/_several", "POST", RouteAccess.DESK),
    Route("/organise/dietary/_show", "POST", RouteAccess.DESK),
    Route("/organise/drafts/discard", "POST", RouteAccess.A_PART),
    Route("/organise/files", "GET", RouteAccess.A_PART),
    Route(
        "/organise/files/<state>/<name>",
        "GET",
        RouteAccess.A_PART,
        "/organise/files/working/conference.json",
    ),
    Route(
        "/organise/files/model/<name>",
        "GET",
        RouteAccess.A_PART,
        "/organise/files/model/sessions.csv",
    ),
    Route("/organise/files/undo", "POST", RouteAccess.EDITORS),
    Route("/organise/files/upload", "GET POST", RouteAccess.EDITORS),
    Route(
        "/organise/files/uploads/<number>",
        "GET POST",
        RouteAccess.EDITORS,
        "/organise/files/uploads/1",
    ),
    Route(
        "/organise/files/uploads/<number>/again",
        "POST",
        RouteAccess.EDITORS,
        "/organise/files/uploads/1/again",
    ),
    Route(
        "/organise/files/uploads/<number>/columns",
        "GET POST",
        RouteAccess.EDITORS,
        "/organise/files/uploads/2/columns",
    ),
    Route(
        "/organise/files/uploads/<number>/forget",
        "POST",
        RouteAccess.EDITORS,
        "/organise/files/uploads/1/forget",
    ),
    Route("/organise/groups", "GET", RouteAccess.DESK_READERS),
    Route("/organise/groups/<number>", "GET", RouteAccess.DESK_READERS, "/organise/groups/1"),
    Route(
        "/organise/groups/<number>/dissolve",
        "GET POST",
        RouteAccess.DESK,
        "/organise/groups/1/dissolve",
    ),
    Route("/organise/groups/<number>/link", "POST", RouteAccess.DESK, "/organise/groups/1/link"),
    Route("/organise/groups/_add", "GET POST", RouteAccess.DESK),
    Route("/organise/groups/_export", "POST", RouteAccess.DESK),
    Route("/organise/history", "GET", RouteAccess.READERS),
    Route("/organise/history/history.csv", "GET", RouteAccess.READERS),
    Route("/organise/interest", "GET", RouteAccess.DESK_READERS),
    Route("/organise/interest/<number>", "GET", RouteAccess.DESK_READERS, "/organise/interest/1"),
    Route("/organise/interest/_export", "POST", RouteAccess.DESK),
    Route("/organise/interest/_several", "POST", RouteAccess.DESK),
    Route("/organise/invitations", "GET", RouteAccess.DESK),
    Route("/organise/invitations/<number>", "GET", RouteAccess.DESK, "/organise/invitations/1"),
    Route(
        "/organise/invitations/<number>/revoke",
        "GET POST",
        RouteAccess.ORGANISER,
        "/organise/invitations/1/revoke",
    ),
    Route("/organise/invitations/_add", "GET POST", RouteAccess.ORGANISER),
    Route("/organise/invitations/_export", "POST", RouteAccess.ORGANISER),
    Route("/organise/letters", "GET", RouteAccess.DESK_READERS),
    Route("/organise/letters/<number>", "GET", RouteAccess.DESK_READERS, "/organise/letters/1"),
    Route(
        "/organise/letters/<number>/again", "POST", RouteAccess.DESK, "/organise/letters/1/again"
    ),
    Route("/organise/letters/check", "GET", RouteAccess.DESK_READERS),
    Route("/organise/letters/check/now", "POST", RouteAccess.DESK),
    Route("/organise/letters/check/test", "POST", RouteAccess.DESK),
    Route("/organise/letters/domains/resume", "POST", RouteAccess.DESK),
    Route("/organise/letters/replies", "GET", RouteAccess.DESK_READERS),
    Route(
        "/organise/letters/replies/<number>/read",
        "POST",
        RouteAccess.DESK,
        "/organise/letters/replies/1/read",
    ),
    Route("/organise/letters/suppression", "GET", RouteAccess.DESK_READERS),
    Route(
        "/organise/letters/suppression/<number>/lift",
        "GET POST",
        RouteAccess.DESK,
        "/organise/letters/suppression/1/lift",
    ),
    Route("/organise/letters/suppression/_export", "POST", RouteAccess.DESK),
    Route("/organise/letters/suppression/add", "GET POST", RouteAccess.DESK),
    Route("/organise/letters/wording", "GET", RouteAccess.DESK_READERS),
    Route(
        "/organise/letters/wording/<template>",
        "GET",
        RouteAccess.DESK_READERS,
        "/organise/letters/wording/sign_in",
    ),
    Route(
        EMAIL_TEXT,
        "GET POST",
        RouteAccess.ORGANISER,
        "/organise/letters/wording/sign_in/en",
    ),
    Route(
        f"{EMAIL_TEXT}/compare",
        "GET",
        RouteAccess.DESK_READERS,
        "/organise/letters/wording/sign_in/en/compare?from=0&to=0",
    ),
    Route(
        f"{EMAIL_TEXT}/preview",
        "GET",
        RouteAccess.DESK_READERS,
        "/organise/letters/wording/sign_in/en/preview",
    ),
    Route(
        f"{EMAIL_TEXT}/preview/html",
        "GET",
        RouteAccess.DESK_READERS,
        "/organise/letters/wording/sign_in/en/preview/html",
    ),
    Route(
        f"{EMAIL_TEXT}/test",
        "POST",
        RouteAccess.ORGANISER,
        "/organise/letters/wording/sign_in/en/test",
    ),
    Route(
        f"{EMAIL_TEXT}/versions",
        "GET",
        RouteAccess.DESK_READERS,
        "/organise/letters/wording/sign_in/en/versions",
    ),
    Route(
        f"{EMAIL_TEXT}/versions/<number>",
        "GET",
        RouteAccess.DESK_READERS,
        "/organise/letters/wording/sign_in/en/versions/0",
    ),
    Route(
        f"{EMAIL_TEXT}/versions/<number>/restore",
        "POST",
        RouteAccess.ORGANISER,
        "/organise/letters/wording/sign_in/en/versions/1/restore",
    ),
    Route(
        "/organise/letters/wording/<template>/html",
        "GET",
        RouteAccess.DESK_READERS,
        "/organise/letters/wording/sign_in/html",
    ),
    Route("/organise/letters/wording/change", "GET POST", RouteAccess.ORGANISER),
    Route("/organise/look", "GET POST", RouteAccess.ORGANISER),
    Route(
        "/organise/look/<brand>-<accent>.css",
        "GET",
        RouteAccess.ORGANISER,
        "/organise/look/0b4f6c-0a5a85.css",
    ),
    Route("/organise/look/logo", "GET POST", RouteAccess.ORGANISER),
    Route("/organise/look/logo/remove", "POST", RouteAccess.ORGANISER),
    Route("/organise/look/reset", "POST", RouteAccess.ORGANISER),
    Route("/organise/mailings", "GET", RouteAccess.DESK_READERS),
    Route("/organise/mailings/<number>", "GET", RouteAccess.DESK_READERS, "/organise/mailings/1"),
    Route(
        "/organise/mailings/<number>/_export",
        "POST",
        RouteAccess.ORGANISER,
        "/organise/mailings/1/_export",
    ),
    Route(
        "/organise/mailings/<number>/cancel",
        "POST",
        RouteAccess.ORGANISER,
        "/organise/mailings/1/cancel",
    ),
    Route(
        "/organise/mailings/<number>/copy",
        "POST",
        RouteAccess.ORGANISER,
        "/organise/mailings/1/copy",
    ),
    Route(
        "/organise/mailings/<number>/delete",
        "GET POST",
        RouteAccess.ORGANISER,
        "/organise/mailings/1/delete",
    ),
    Route(
        "/organise/mailings/<number>/filters",
        "GET POST",
        RouteAccess.ORGANISER,
        "/organise/mailings/1/filters",
    ),
    Route(
        "/organise/mailings/<number>/people",
        "GET POST",
        RouteAccess.ORGANISER,
        "/organise/mailings/1/people",
    ),
    Route(
        "/organise/mailings/<number>/preview",
        "GET",
        RouteAccess.DESK_READERS,
        "/organise/mailings/1/preview",
    ),
    Route(
        "/organise/mailings/<number>/preview/html",
        "GET",
        RouteAccess.DESK_READERS,
        "/organise/mailings/1/preview/html",
    ),
    Route(
        "/organise/mailings/<number>/recipients",
        "GET",
        RouteAccess.DESK_READERS,
        "/organise/mailings/1/recipients",
    ),
    Route(
        "/organise/mailings/<number>/send",
        "GET POST",
        RouteAccess.ORGANISER,
        "/organise/mailings/1/send",
    ),
    Route(
        "/organise/mailings/<number>/stop",
        "GET POST",
        RouteAccess.ORGANISER,
        "/organise/mailings/1/stop",
    ),
    Route(
        "/organise/mailings/<number>/test",
        "POST",
        RouteAccess.ORGANISER,
        "/organise/mailings/1/test",
    ),
    Route(
        "/organise/mailings/<number>/text",
        "GET POST",
        RouteAccess.ORGANISER,
        "/organise/mailings/1/text",
    ),
    Route(
        "/organise/mailings/<number>/text/remove",
        "POST",
        RouteAccess.ORGANISER,
        "/organise/mailings/1/text/remove",
    ),
    Route("/organise/mailings/_add", "GET POST", RouteAccess.ORGANISER),
    Route("/organise/menus", "GET", RouteAccess.A_PART),
    Route(
        "/organise/menus/<menu>/<page>/move",
        "POST",
        RouteAccess.EDITORS,
        "/organise/menus/header/venue/move",
    ),
    Route(
        "/organise/menus/<menu>/<page>/remove",
        "POST",
        RouteAccess.EDITORS,
        "/organise/menus/header/venue/remove",
    ),
    Route(
        "/organise/menus/<menu>/_add", "POST", RouteAccess.EDITORS, "/organise/menus/header/_add"
    ),
    Route(
        "/organise/menus/<menu>/labels",
        "POST",
        RouteAccess.EDITORS,
        "/organise/menus/header/labels",
    ),
    Route(
        "/organise/menus/<menu>/shipped",
        "GET POST",
        RouteAccess.EDITORS,
        "/organise/menus/header/shipped",
    ),
    Route("/organise/notices", "GET", RouteAccess.DESK_READERS),
    Route("/organise/notices/drop", "GET POST", RouteAccess.ORGANISER),
    Route("/organise/notices/prepare", "POST", RouteAccess.ORGANISER),
    Route("/organise/pages", "GET", RouteAccess.A_PART),
    Route("/organise/pages/<kind>/<slug>", "GET", RouteAccess.A_PART, "/organise/pages/page/help"),
    Route(
        "/organise/pages/<kind>/<slug>/<language>",
        "GET POST",
        RouteAccess.EDITORS,
        "/organise/pages/page/help/en",
    ),
    Route(
        "/organise/pages/<kind>/<slug>/<language>/compare",
        "GET",
        RouteAccess.A_PART,
        "/organise/pages/page/help/en/compare",
    ),
    Route(
        "/organise/pages/<kind>/<slug>/<language>/pictures",
        "GET POST",
        RouteAccess.EDITORS,
        "/organise/pages/page/help/en/pictures",
    ),
    Route(
        "/organise/pages/<kind>/<slug>/<language>/pictures/<key>/remove",
        "POST",
        RouteAccess.EDITORS,
        "/organise/pages/page/help/en/pictures/none/remove",
    ),
    Route(
        "/organise/pages/<kind>/<slug>/<language>/preview",
        "GET",
        RouteAccess.A_PART,
        "/organise/pages/page/help/en/preview",
    ),
    Route(
        "/organise/pages/<kind>/<slug>/<language>/remove",
        "GET POST",
        RouteAccess.EDITORS,
        "/organise/pages/page/help/en/remove",
    ),
    Route(
        "/organise/pages/<kind>/<slug>/<language>/versions",
        "GET",
        RouteAccess.A_PART,
        "/organise/pages/page/help/en/versions",
    ),
    Route(
        "/organise/pages/<kind>/<slug>/<language>/versions/<number>",
        "GET",
        RouteAccess.A_PART,
        "/organise/pages/page/help/en/versions/0",
    ),
    Route(
        "/organise/pages/<kind>/<slug>/<language>/versions/<number>/bring-back",
        "POST",
        RouteAccess.EDITORS,
        "/organise/pages/page/help/en/versions/0/bring-back",
    ),
    Route(
        "/organise/pages/add/<kind>", "GET POST", RouteAccess.EDITORS, "/organise/pages/add/page"
    ),
    Route(
        "/organise/pages/add/<kind>/preview",
        "GET",
        RouteAccess.A_PART,
        "/organise/pages/add/page/preview",
    ),
    Route("/organise/pages/notice", "GET", RouteAccess.A_PART),
    Route("/organise/pages/notice/remove", "POST", RouteAccess.EDITORS),
    Route("/organise/pages/notice/write", "GET POST", RouteAccess.EDITORS),
    Route(
        "/organise/pages/page/<slug>/links",
        "GET POST",
        RouteAccess.EDITORS,
        "/organise/pages/page/help/links",
    ),
    Route(
        "/organise/pages/page/<slug>/links/<link>",
        "GET POST",
        RouteAccess.EDITORS,
        "/organise/pages/page/help/links/1",
    ),
    Route(
        "/organise/pages/page/<slug>/links/<link>/remove",
        "POST",
        RouteAccess.EDITORS,
        "/organise/pages/page/help/links/1/remove",
    ),
    Route("/organise/people", "GET", RouteAccess.ORGANISER),
    Route("/organise/people/<number>", "GET POST", RouteAccess.ORGANISER, "/organise/people/1"),
    Route(
        "/organise/people/<number>/remove",
        "GET POST",
        RouteAccess.ORGANISER,
        "/organise/people/1/remove",
    ),
    Route(
        "/organise/people/<number>/reset", "POST", RouteAccess.ORGANISER, "/organise/people/1/reset"
    ),
    Route("/organise/people/invite", "GET POST", RouteAccess.ORGANISER),
    Route("/organise/previews", "GET", RouteAccess.A_PART),
    Route(
        "/organise/previews/<number>/withdraw",
        "POST",
        RouteAccess.EDITORS,
        "/organise/previews/1/withdraw",
    ),
    Route("/organise/previews/new", "GET POST", RouteAccess.EDITORS),
    Route("/organise/proposals", "GET", RouteAccess.A_PART),
    Route("/organise/proposals/<number>", "GET", RouteAccess.A_PART, "/organise/proposals/1"),
    Route(
        "/organise/proposals/<number>/amend",
        "GET POST",
        RouteAccess.EDITORS,
        "/organise/proposals/1/amend",
    ),
    Route(
        "/organise/proposals/<number>/approve",
        "POST",
        RouteAccess.EDITORS,
        "/organise/proposals/1/approve",
    ),
    Route(
        "/organise/proposals/<number>/approve-part",
        "POST",
        RouteAccess.EDITORS,
        "/organise/proposals/1/approve-part",
    ),
    Route(
        "/organise/proposals/<number>/photo/<key>.jpg",
        "GET",
        RouteAccess.A_PART,
        "/organise/proposals/1/photo/none.jpg",
    ),
    Route(
        "/organise/proposals/<number>/seen", "GET", RouteAccess.A_PART, "/organise/proposals/1/seen"
    ),
    Route(
        "/organise/proposals/<number>/send-back",
        "GET POST",
        RouteAccess.EDITORS,
        "/organise/proposals/1/send-back",
    ),
    Route("/organise/proposals/_several", "POST", RouteAccess.EDITORS),
    Route("/organise/publishing", "GET", RouteAccess.A_PART),
    Route("/organise/publishing/compare", "GET", RouteAccess.A_PART),
    Route("/organise/publishing/letters", "GET", RouteAccess.A_PART),
    Route(
        "/organise/publishing/plans/<number>/cancel",
        "GET POST",
        RouteAccess.EDITORS,
        "/organise/publishing/plans/1/cancel",
    ),
    Route(
        "/organise/publishing/plans/<number>/change",
        "GET POST",
        RouteAccess.EDITORS,
        "/organise/publishing/plans/1/change",
    ),
    Route("/organise/publishing/publish", "GET POST", RouteAccess.EDITORS),
    Route("/organise/publishing/publish/check", "GET", RouteAccess.A_PART),
    Route("/organise/publishing/releases", "GET", RouteAccess.A_PART),
    Route(
        "/organise/publishing/releases/<number>",
        "GET",
        RouteAccess.A_PART,
        "/organise/publishing/releases/1",
    ),
    Route(
        "/organise/publishing/releases/<number>/back",
        "GET POST",
        RouteAccess.EDITORS,
        "/organise/publishing/releases/1/back",
    ),
    Route("/organise/questions", "GET", RouteAccess.DESK_READERS),
    Route("/organise/questions/<number>", "GET", RouteAccess.DESK_READERS, "/organise/questions/1"),
    Route(
        "/organise/questions/<number>/change",
        "GET POST",
        RouteAccess.ORGANISER,
        "/organise/questions/1/change",
    ),
    Route(
        "/organise/questions/<number>/delete",
        "GET POST",
        RouteAccess.ORGANISER,
        "/organise/questions/1/delete",
    ),
    Route(
        "/organise/questions/<number>/move",
        "POST",
        RouteAccess.ORGANISER,
        "/organise/questions/1/move",
    ),
    Route(
        "/organise/questions/<number>/restore",
        "POST",
        RouteAccess.ORGANISER,
        "/organise/questions/1/restore",
    ),
    Route(
        "/organise/questions/<number>/retire",
        "POST",
        RouteAccess.ORGANISER,
        "/organise/questions/1/retire",
    ),
    Route("/organise/questions/_add", "GET POST", RouteAccess.ORGANISER),
    Route("/organise/questions/_pages", "POST", RouteAccess.ORGANISER),
    Route("/organise/questions/_preview", "GET", RouteAccess.DESK_READERS),
    Route("/organise/questions/equality", "GET", RouteAccess.DESK_READERS),
    Route("/organise/questions/equality/change", "GET POST", RouteAccess.ORGANISER),
    Route("/organise/questions/equality/wording", "GET", RouteAccess.DESK_READERS),
    Route(
        "/organise/questions/equality/wording/<key>",
        "GET POST",
        RouteAccess.ORGANISER,
        "/organise/questions/equality/wording/age",
    ),
    Route(
        "/organise/questions/equality/wording/<key>/move",
        "POST",
        RouteAccess.ORGANISER,
        "/organise/questions/equality/wording/age/move",
    ),
    Route("/organise/questions/equality/wording/_add", "GET POST", RouteAccess.ORGANISER),
    Route("/organise/rehearsal", "GET", RouteAccess.A_PART),
    Route("/organise/rooms", "GET", RouteAccess.A_PART),
    Route("/organise/rooms/<slug>", "GET", RouteAccess.A_PART, "/organise/rooms/great-hall"),
    Route(
        "/organise/rooms/<slug>/change",
        "GET POST",
        RouteAccess.EDITORS,
        "/organise/rooms/great-hall/change",
    ),
    Route(
        "/organise/rooms/<slug>/delete",
        "GET POST",
        RouteAccess.EDITORS,
        "/organise/rooms/great-hall/delete",
    ),
    Route(
        "/organise/rooms/<slug>/empty",
        "GET POST",
        RouteAccess.EDITORS,
        "/organise/rooms/great-hall/empty",
    ),
    Route(
        "/organise/rooms/<slug>/move",
        "POST",
        RouteAccess.EDITORS,
        "/organise/rooms/great-hall/move",
    ),
    Route(
        "/organise/rooms/<slug>/sessions",
        "GET POST",
        RouteAccess.EDITORS,
        "/organise/rooms/great-hall/sessions",
    ),
    Route(
        "/organise/rooms/<slug>/sessions/undo",
        "POST",
        RouteAccess.EDITORS,
        "/organise/rooms/great-hall/sessions/undo",
    ),
    Route("/organise/rooms/_add", "GET POST", RouteAccess.EDITORS),
    Route("/organise/rooms/_several", "POST", RouteAccess.EDITORS),
    Route("/organise/search", "GET", RouteAccess.A_PART),
    Route("/organise/search/suggestions", "GET", RouteAccess.A_PART),
    Route("/organise/session-seats", "GET", RouteAccess.DESK_READERS),
    Route(
        "/organise/session-seats/<slug>",
        "GET",
        RouteAccess.DESK_READERS,
        "/organise/session-seats/opening",
    ),
    Route(
        "/organise/session-seats/<slug>/<reference>/remove",
        "GET POST",
        RouteAccess.DESK,
        "/organise/session-seats/opening/GHJK2345/remove",
    ),
    Route(
        "/organise/session-seats/<slug>/add",
        "GET POST",
        RouteAccess.DESK,
        "/organise/session-seats/opening/add",
    ),
    Route(
        "/organise/session-seats/<slug>/door",
        "GET POST",
        RouteAccess.DESK,
        "/organise/session-seats/opening/door",
    ),
    Route(
        "/organise/session-seats/<slug>/export",
        "POST",
        RouteAccess.DESK,
        "/organise/session-seats/opening/export",
    ),
    Route(
        "/organise/session-seats/<slug>/hold",
        "GET POST",
        RouteAccess.DESK,
        "/organise/session-seats/opening/hold",
    ),
    Route(
        "/organise/session-seats/<slug>/holds/<number>/release",
        "GET POST",
        RouteAccess.DESK,
        "/organise/session-seats/opening/holds/1/release",
    ),
    Route(
        "/organise/session-seats/<slug>/more",
        "GET POST",
        RouteAccess.ORGANISER,
        "/organise/session-seats/opening/more",
    ),
    Route(
        "/organise/session-seats/<slug>/no-shows",
        "GET POST",
        RouteAccess.DESK,
        "/organise/session-seats/opening/no-shows",
    ),
    Route("/organise/session-seats/_export", "POST", RouteAccess.DESK),
    Route("/organise/sessions", "GET", RouteAccess.A_PART),
    Route("/organise/sessions/<slug>", "GET", RouteAccess.A_PART, "/organise/sessions/opening"),
    Route(
        "/organise/sessions/<slug>/bring-back",
        "POST",
        RouteAccess.EDITORS,
        "/organise/sessions/opening/bring-back",
    ),
    Route(
        "/organise/sessions/<slug>/cancel",
        "GET POST",
        RouteAccess.EDITORS,
        "/organise/sessions/opening/cancel",
    ),
    Route(
        "/organise/sessions/<slug>/change",
        "GET POST",
        RouteAccess.EDITORS,
        "/organise/sessions/opening/change",
    ),
    Route(
        "/organise/sessions/<slug>/copy",
        "POST",
        RouteAccess.EDITORS,
        "/organise/sessions/opening/copy",
    ),
    Route(
        "/organise/sessions/<slug>/delete",
        "GET POST",
        RouteAccess.EDITORS,
        "/organise/sessions/opening/delete",
    ),
    Route(
        "/organise/sessions/<slug>/materials",
        "GET",
        RouteAccess.A_PART,
        "/organise/sessions/opening/materials",
    ),
    Route(
        "/organise/sessions/<slug>/materials/<key>",
        "GET POST",
        RouteAccess.EDITORS,
        "/organise/sessions/opening/materials/k",
    ),
    Route(
        "/organise/sessions/<slug>/materials/<key>/file",
        "GET",
        RouteAccess.A_PART,
        "/organise/sessions/opening/materials/k/file",
    ),
    Route(
        "/organise/sessions/<slug>/materials/<key>/release",
        "POST",
        RouteAccess.EDITORS,
        "/organise/sessions/opening/materials/k/release",
    ),
    Route(
        "/organise/sessions/<slug>/materials/<key>/remove",
        "GET POST",
        RouteAccess.EDITORS,
        "/organise/sessions/opening/materials/k/remove",
    ),
    Route(
        "/organise/sessions/<slug>/materials/<key>/restore",
        "POST",
        RouteAccess.EDITORS,
        "/organise/sessions/opening/materials/k/restore",
    ),
    Route(
        "/organise/sessions/<slug>/materials/_file",
        "GET POST",
        RouteAccess.EDITORS,
        "/organise/sessions/opening/materials/_file",
    ),
    Route(
        "/organise/sessions/<slug>/materials/_link",
        "GET POST",
        RouteAccess.EDITORS,
        "/organise/sessions/opening/materials/_link",
    ),
    Route("/organise/sessions/_add", "GET POST", RouteAccess.EDITORS),
    Route("/organise/sessions/_several", "GET POST", RouteAccess.EDITORS),
    Route("/organise/sessions/_several/change", "POST", RouteAccess.EDITORS),
    Route("/organise/settings", "GET", RouteAccess.A_PART),
    Route("/organise/settings/change", "GET POST", RouteAccess.ORGANISER),
    Route("/organise/settings/places", "GET POST", RouteAccess.ORGANISER),
    Route("/organise/speakers", "GET", RouteAccess.A_PART),
    Route("/organise/speakers/<slug>", "GET", RouteAccess.A_PART, "/organise/speakers/ada-marsh"),
    Route(
        "/organise/speakers/<slug>/bring-back",
        "POST",
        RouteAccess.EDITORS,
        "/organise/speakers/ada-marsh/bring-back",
    ),
    Route(
        "/organise/speakers/<slug>/change",
        "GET POST",
        RouteAccess.EDITORS,
        "/organise/speakers/ada-marsh/change",
    ),
    Route(
        "/organise/speakers/<slug>/delete",
        "GET POST",
        RouteAccess.EDITORS,
        "/organise/speakers/ada-marsh/delete",
    ),
    Route(
        "/organise/speakers/<slug>/merge/<other>",
        "GET POST",
        RouteAccess.EDITORS,
        "/organise/speakers/ada-marsh/merge/joao-mare",
    ),
    Route(
        "/organise/speakers/<slug>/photo",
        "GET POST",
        RouteAccess.EDITORS,
        "/organise/speakers/ada-marsh/photo",
    ),
    Route(
        "/organise/speakers/<slug>/photo.jpg",
        "GET",
        RouteAccess.A_PART,
        "/organise/speakers/ada-marsh/photo.jpg",
    ),
    Route(
        "/organise/speakers/<slug>/photo/part",
        "GET POST",
        RouteAccess.EDITORS,
        "/organise/speakers/ada-marsh/photo/part",
    ),
    Route(
        "/organise/speakers/<slug>/photo/remove",
        "POST",
        RouteAccess.EDITORS,
        "/organise/speakers/ada-marsh/photo/remove",
    ),
    Route(
        "/organise/speakers/<slug>/photo/sent/<token>.jpg",
        "GET",
        RouteAccess.A_PART,
        "/organise/speakers/ada-marsh/photo/sent/wrong.jpg",
    ),
    Route(
        "/organise/speakers/<slug>/photo/whole.jpg",
        "GET",
        RouteAccess.A_PART,
        "/organise/speakers/ada-marsh/photo/whole.jpg",
    ),
    Route(
        "/organise/speakers/<slug>/withdraw",
        "GET POST",
        RouteAccess.EDITORS,
        "/organise/speakers/ada-marsh/withdraw",
    ),
    Route("/organise/speakers/_add", "GET POST", RouteAccess.EDITORS),
    Route("/organise/speakers/_several", "POST", RouteAccess.EDITORS),
    Route("/organise/speaking", "GET", RouteAccess.A_PART),
    Route("/organise/speaking/dates", "GET POST", RouteAccess.EDITORS),
    Route("/organise/speaking/invitations", "GET", RouteAccess.A_PART),
    Route(
        "/organise/speaking/letters/<kind>",
        "GET POST",
        RouteAccess.EDITORS,
        "/organise/speaking/letters/invitation",
    ),
    Route("/organise/speaking/reminders", "GET", RouteAccess.A_PART),
    Route("/organise/speaking/reminders/hold", "POST", RouteAccess.EDITORS),
    Route("/organise/speaking/reminders/let-go", "POST", RouteAccess.EDITORS),
    Route(
        "/organise/speaking/requests/<number>/answer",
        "GET POST",
        RouteAccess.EDITORS,
        "/organise/speaking/requests/1/answer",
    ),
    Route(
        "/organise/speaking/requests/<number>/settle",
        "POST",
        RouteAccess.EDITORS,
        "/organise/speaking/requests/1/settle",
    ),
    Route(
        "/organise/speaking/sessions/<slug>/owner",
        "GET POST",
        RouteAccess.EDITORS,
        "/organise/speaking/sessions/opening/owner",
    ),
    Route(
        "/organise/speaking/sessions/<slug>/owner/end",
        "POST",
        RouteAccess.EDITORS,
        "/organise/speaking/sessions/opening/owner/end",
    ),
    Route(
        "/organise/speaking/speakers/<slug>",
        "GET",
        RouteAccess.A_PART,
        "/organise/speaking/speakers/ada-marsh",
    ),
    Route(
        "/organise/speaking/speakers/<slug>/keepers/<number>/end",
        "POST",
        RouteAccess.EDITORS,
        "/organise/speaking/speakers/ada-marsh/keepers/1/end",
    ),
    Route(
        "/organise/speaking/speakers/<slug>/keepers/replace",
        "POST",
        RouteAccess.EDITORS,
        "/organise/speaking/speakers/ada-marsh/keepers/replace",
    ),
    Route(
        "/organise/speaking/speakers/<slug>/needs",
        "POST",
        RouteAccess.DESK,
        "/organise/speaking/speakers/ada-marsh/needs",
    ),
    Route("/organise/start", "GET POST", RouteAccess.ORGANISER),
    Route("/organise/start/example", "GET POST", RouteAccess.ORGANISER),
    Route("/organise/start/keep", "POST", RouteAccess.ORGANISER),
    Route("/organise/start/texts", "GET POST", RouteAccess.ORGANISER),
    Route("/organise/themes", "GET", RouteAccess.A_PART),
    Route("/organise/themes/<slug>", "GET", RouteAccess.A_PART, "/organise/themes/water"),
    Route(
        "/organise/themes/<slug>/change",
        "GET POST",
        RouteAccess.EDITORS,
        "/organise/themes/water/change",
    ),
    Route(
        "/organise/themes/<slug>/delete",
        "GET POST",
        RouteAccess.EDITORS,
        "/organise/themes/water/delete",
    ),
    Route(
        "/organise/themes/<slug>/empty",
        "GET POST",
        RouteAccess.EDITORS,
        "/organise/themes/water/empty",
    ),
    Route(
        "/organise/themes/<slug>/move", "POST", RouteAccess.EDITORS, "/organise/themes/water/move"
    ),
    Route(
        "/organise/themes/<slug>/sessions",
        "GET POST",
        RouteAccess.EDITORS,
        "/organise/themes/water/sessions",
    ),
    Route(
        "/organise/themes/<slug>/sessions/undo",
        "POST",
        RouteAccess.EDITORS,
        "/organise/themes/water/sessions/undo",
    ),
    Route("/organise/themes/_add", "GET POST", RouteAccess.EDITORS),
    Route("/organise/themes/_several", "POST", RouteAccess.EDITORS),
    Route("/organise/undo/<entry>", "POST", RouteAccess.EDITORS, "/organise/undo/1"),
    Route("/organise/view", "POST", RouteAccess.A_PART),
    Route("/organise/views/<number>", "GET POST", RouteAccess.A_PART, "/organise/views/1"),
    Route(
        "/organise/views/<number>/delete",
        "GET POST",
        RouteAccess.A_PART,
        "/organise/views/1/delete",
    ),
    Route("/organise/views/<number>/query", "POST", RouteAccess.A_PART, "/organise/views/1/query"),
    Route(
        "/organise/views/_add", "GET POST", RouteAccess.A_PART, "/organise/views/_add?list=sessions"
    ),
    Route("/organise/waiting-list", "GET", RouteAccess.DESK_READERS),
    Route(
        "/organise/waiting-list/<number>",
        "GET",
        RouteAccess.DESK_READERS,
        "/organise/waiting-list/1",
    ),
    Route(
        "/organise/waiting-list/<number>/move-up",
        "GET POST",
        RouteAccess.DESK,
        "/organise/waiting-list/1/move-up",
    ),
    Route(
        "/organise/waiting-list/<number>/offer",
        "GET POST",
        RouteAccess.DESK,
        "/organise/waiting-list/1/offer",
    ),
    Route(
        "/organise/waiting-list/<number>/remove",
        "GET POST",
        RouteAccess.DESK,
        "/organise/waiting-list/1/remove",
    ),
    Route("/organise/waiting-list/_export", "POST", RouteAccess.DESK),
    Route("/organise/waiting-list/_several", "POST", RouteAccess.DESK),
    Route("/organise/waiting-list/places", "GET POST", RouteAccess.DESK),
    Route("/photos/<key>.jpg", "GET", RouteAccess.HOLDER, "/photos/wrong.jpg"),
    Route("/photos/<key>/<side>.<kind>", "GET", RouteAccess.HOLDER, "/photos/wrong/96.avif"),
    Route("/pictures/<key>.jpg", "GET", RouteAccess.HOLDER, "/pictures/wrong.jpg"),
    Route(
        "/pictures/<key>/<width>.<suffix>", "GET", RouteAccess.HOLDER, "/pictures/wrong/480.avif"
    ),
    Route("/place/<secret>", "GET POST", RouteAccess.HOLDER),
    Route("/preview/<secret>", "GET", RouteAccess.HOLDER),
    Route("/preview/<secret>/<rest>", "GET", RouteAccess.HOLDER, "/preview/wrong/programme"),
    Route("/programme", "GET", RouteAccess.PUBLIC),
    Route("/programme.ics", "GET", RouteAccess.PUBLIC),
    Route("/programme.txt", "GET", RouteAccess.PUBLIC),
    Route("/programme/<asked>", "GET", RouteAccess.PUBLIC, "/programme/2009-06-10"),
    Route("/programme/<asked>.txt", "GET", RouteAccess.PUBLIC, "/programme/2009-06-10.txt"),
    Route("/readyz", "GET", RouteAccess.ANYONE),
    Route("/register", "GET", RouteAccess.ANYONE),
    Route("/register/<step>", "GET POST", RouteAccess.REGISTERING, "/register/email"),
    Route("/register/again", "POST", RouteAccess.ANYONE),
    Route("/register/check", "GET", RouteAccess.REGISTERING),
    Route("/register/confirm", "GET POST", RouteAccess.REGISTERING),
    Route("/register/confirmation/<token>", "GET", RouteAccess.HOLDER),
    Route("/register/confirmation/<token>/address", "GET POST", RouteAccess.HOLDER),
    Route("/register/confirmation/<token>/address/asked", "GET", RouteAccess.HOLDER),
    Route("/register/confirmation/<token>/calendar.ics", "GET", RouteAccess.HOLDER),
    Route("/register/consent", "GET POST", RouteAccess.REGISTERING),
    Route("/register/equality", "GET POST", RouteAccess.ANYONE),
    Route("/register/equality/thanks", "GET", RouteAccess.ANYONE),
    Route("/register/group", "GET", RouteAccess.ANYONE),
    Route("/register/group/again", "POST", RouteAccess.ANYONE),
    Route("/register/group/answers", "GET POST", RouteAccess.REGISTERING),
    Route("/register/group/check", "GET", RouteAccess.REGISTERING),
    Route("/register/group/confirm", "POST", RouteAccess.REGISTERING),
    Route("/register/group/contact", "GET POST", RouteAccess.ANYONE),
    Route("/register/group/done", "GET", RouteAccess.REGISTERING),
    Route("/register/group/people", "GET", RouteAccess.REGISTERING),
    Route(
        "/register/group/people/<number>",
        "GET POST",
        RouteAccess.REGISTERING,
        "/register/group/people/1",
    ),
    Route(
        "/register/group/people/<number>/remove",
        "POST",
        RouteAccess.REGISTERING,
        "/register/group/people/1/remove",
    ),
    Route("/register/group/people/add", "GET POST", RouteAccess.REGISTERING),
    Route("/register/group/upload", "GET POST", RouteAccess.REGISTERING),
    Route("/register/group/upload/add", "POST", RouteAccess.REGISTERING),
    Route("/register/group/upload/check", "GET", RouteAccess.REGISTERING),
    Route(
        "/register/group/upload/template.<suffix>",
        "GET",
        RouteAccess.ANYONE,
        "/register/group/upload/template.csv",
    ),
    Route("/register/interest/<number>", "GET POST", RouteAccess.ANYONE, "/register/interest/1"),
    Route("/register/invitation", "GET POST", RouteAccess.ANYONE),
    Route(
        "/register/invitation/<code>", "GET POST", RouteAccess.HOLDER, "/register/invitation/wrong"
    ),
    Route("/register/more", "GET POST", RouteAccess.REGISTERING),
    Route("/register/more-<number>", "GET POST", RouteAccess.REGISTERING, "/register/more-1"),
    Route("/register/sessions", "GET POST", RouteAccess.REGISTERING),
    Route("/rehearsal/<moment>", "GET", RouteAccess.A_PART, "/rehearsal/2009-06-10T09:15"),
    Route(
        "/rehearsal/<moment>/<rest>", "GET", RouteAccess.A_PART, "/rehearsal/2009-06-10T09:15/venue"
    ),
    Route("/releases/<number>", "GET", RouteAccess.PUBLIC, "/releases/1"),
    Route(
        "/releases/<number>/sessions/<slug>",
        "GET",
        RouteAccess.PUBLIC,
        "/releases/1/sessions/opening",
    ),
    Route("/robots.txt", "GET", RouteAccess.PUBLIC),
    Route("/rooms", "GET", RouteAccess.ALIAS),
    Route("/rooms/<slug>", "GET", RouteAccess.PUBLIC, "/rooms/great-hall"),
    Route("/schedule", "GET", RouteAccess.ALIAS),
    Route("/search", "GET", RouteAccess.PUBLIC),
    Route("/second-step", "GET POST", RouteAccess.HALF_WAY),
    Route("/second-step/passkey", "POST", RouteAccess.HALF_WAY),
    Route("/second-step/passkey/question", "POST", RouteAccess.HALF_WAY),
    Route("/second-step/recovery-code", "GET POST", RouteAccess.HALF_WAY),
    Route("/second-step/set-up", "GET", RouteAccess.SETTING_UP),
    Route("/second-step/set-up/app", "GET POST", RouteAccess.SETTING_UP),
    Route("/second-step/set-up/app/key", "POST", RouteAccess.SETTING_UP),
    Route("/second-step/set-up/passkey", "GET POST", RouteAccess.SETTING_UP),
    Route("/second-step/set-up/passkey/question", "POST", RouteAccess.SETTING_UP),
    Route("/service-worker.js", "GET", RouteAccess.BROWSER),
    Route("/sessions", "GET", RouteAccess.PUBLIC),
    Route("/sessions/<slug>", "GET", RouteAccess.PUBLIC, "/sessions/opening"),
    Route("/sessions/<slug>.ics", "GET", RouteAccess.PUBLIC, "/sessions/opening.ics"),
    Route("/sessions/<slug>.txt", "GET", RouteAccess.PUBLIC, "/sessions/opening.txt"),
    Route("/sign-in", "GET POST", RouteAccess.ANYONE),
    Route("/sign-in/<secret>", "GET POST", RouteAccess.HOLDER),
    Route("/sign-in/sent", "GET", RouteAccess.ANYONE),
    Route("/sign-out", "GET POST", RouteAccess.ANYONE),
    Route("/site-map", "GET", RouteAccess.PUBLIC),
    Route("/sitemap.xml", "GET", RouteAccess.PUBLIC),
    Route("/speak", "GET", RouteAccess.SPEAKER),
    Route("/speak/<slug>", "GET", RouteAccess.SPEAKER, "/speak/ada-marsh"),
    Route(
        "/speak/<slug>/<question>", "GET POST", RouteAccess.SPEAKER, "/speak/ada-marsh/access-needs"
    ),
    Route(
        "/speak/<slug>/assistants", "GET POST", RouteAccess.SPEAKER, "/speak/ada-marsh/assistants"
    ),
    Route(
        "/speak/<slug>/assistants/<number>/end",
        "POST",
        RouteAccess.SPEAKER,
        "/speak/ada-marsh/assistants/1/end",
    ),
    Route(
        "/speak/<slug>/availability",
        "GET POST",
        RouteAccess.SPEAKER,
        "/speak/ada-marsh/availability",
    ),
    Route("/speak/<slug>/calendar", "GET", RouteAccess.SPEAKER, "/speak/ada-marsh/calendar"),
    Route(
        "/speak/<slug>/calendar/new", "POST", RouteAccess.SPEAKER, "/speak/ada-marsh/calendar/new"
    ),
    Route("/speak/<slug>/emails", "POST", RouteAccess.SPEAKER, "/speak/ada-marsh/emails"),
    Route(
        "/speak/<slug>/materials",
        "GET",
        RouteAccess.SPEAKER,
        "/speak/ada-marsh/materials",
    ),
    Route(
        "/speak/<slug>/materials/<session>/<key>",
        "GET POST",
        RouteAccess.SPEAKER,
        "/speak/ada-marsh/materials/opening/k",
    ),
    Route(
        "/speak/<slug>/materials/<session>/<key>/file",
        "GET",
        RouteAccess.SPEAKER,
        "/speak/ada-marsh/materials/opening/k/file",
    ),
    Route(
        "/speak/<slug>/materials/<session>/<key>/remove",
        "GET POST",
        RouteAccess.SPEAKER,
        "/speak/ada-marsh/materials/opening/k/remove",
    ),
    Route(
        "/speak/<slug>/materials/<session>/<key>/restore",
        "POST",
        RouteAccess.SPEAKER,
        "/speak/ada-marsh/materials/opening/k/restore",
    ),
    Route(
        "/speak/<slug>/materials/<session>/_file",
        "GET POST",
        RouteAccess.SPEAKER,
        "/speak/ada-marsh/materials/opening/_file",
    ),
    Route(
        "/speak/<slug>/materials/<session>/_link",
        "GET POST",
        RouteAccess.SPEAKER,
        "/speak/ada-marsh/materials/opening/_link",
    ),
    Route(
        "/speak/<slug>/nothing-needed",
        "POST",
        RouteAccess.SPEAKER,
        "/speak/ada-marsh/nothing-needed",
    ),
    Route("/speak/<slug>/photo", "GET POST", RouteAccess.SPEAKER, "/speak/ada-marsh/photo"),
    Route(
        "/speak/<slug>/photo/<key>.jpg", "GET", RouteAccess.SPEAKER, "/speak/ada-marsh/photo/k.jpg"
    ),
    Route("/speak/<slug>/photo/none", "POST", RouteAccess.SPEAKER, "/speak/ada-marsh/photo/none"),
    Route(
        "/speak/<slug>/photo/part", "GET POST", RouteAccess.SPEAKER, "/speak/ada-marsh/photo/part"
    ),
    Route(
        "/speak/<slug>/photo/remove", "POST", RouteAccess.SPEAKER, "/speak/ada-marsh/photo/remove"
    ),
    Route(
        "/speak/<slug>/photo/sent/<token>.jpg",
        "GET",
        RouteAccess.SPEAKER,
        "/speak/ada-marsh/photo/sent/wrong.jpg",
    ),
    Route(
        "/speak/<slug>/photo/take-back",
        "POST",
        RouteAccess.SPEAKER,
        "/speak/ada-marsh/photo/take-back",
    ),
    Route(
        "/speak/<slug>/photo/whole.jpg",
        "GET",
        RouteAccess.SPEAKER,
        "/speak/ada-marsh/photo/whole.jpg",
    ),
    Route("/speak/<slug>/place", "GET POST", RouteAccess.SPEAKER, "/speak/ada-marsh/place"),
    Route("/speak/<slug>/profile", "GET POST", RouteAccess.SPEAKER, "/speak/ada-marsh/profile"),
    Route(
        "/speak/<slug>/profile/photo.jpg",
        "GET",
        RouteAccess.SPEAKER,
        "/speak/ada-marsh/profile/photo.jpg",
    ),
    Route(
        "/speak/<slug>/profile/take-back",
        "POST",
        RouteAccess.SPEAKER,
        "/speak/ada-marsh/profile/take-back",
    ),
    Route("/speak/<slug>/sessions", "GET", RouteAccess.SPEAKER, "/speak/ada-marsh/sessions"),
    Route(
        "/speak/<slug>/taking-part", "GET POST", RouteAccess.SPEAKER, "/speak/ada-marsh/taking-part"
    ),
    Route(
        "/speak/<slug>/taking-part/take-back/<number>",
        "POST",
        RouteAccess.SPEAKER,
        "/speak/ada-marsh/taking-part/take-back/1",
    ),
    Route("/speak/calendar/<secret>.ics", "GET", RouteAccess.HOLDER),
    Route(
        "/speak/sessions/<slug>/text",
        "GET POST",
        RouteAccess.SPEAKER,
        "/speak/sessions/reading-the-tide/text",
    ),
    Route(
        "/speak/sessions/<slug>/text/take-back",
        "POST",
        RouteAccess.SPEAKER,
        "/speak/sessions/reading-the-tide/text/take-back",
    ),
    Route("/speakers", "GET", RouteAccess.PUBLIC),
    Route("/speakers/<slug>", "GET", RouteAccess.PUBLIC, "/speakers/ada-marsh"),
    Route("/themes", "GET", RouteAccess.PUBLIC),
    Route("/themes/<slug>", "GET", RouteAccess.PUBLIC, "/themes/water"),
    Route("/venue", "GET", RouteAccess.PUBLIC),
    Route("/waiting-list/<secret>", "GET", RouteAccess.HOLDER),
    Route("/waiting-list/<secret>/accept", "POST", RouteAccess.HOLDER),
    Route("/waiting-list/<secret>/change", "GET POST", RouteAccess.HOLDER),
    Route("/waiting-list/<secret>/leave", "GET POST", RouteAccess.HOLDER),
    Route("/waiting-list/joined", "GET", RouteAccess.ANYONE),
    Route("/whats-new", "GET", RouteAccess.PUBLIC),
    Route("/whats-new.atom", "GET", RouteAccess.PUBLIC),
    Route(
        "/whats-new/<slug>", "GET", RouteAccess.PUBLIC, "/whats-new/2008-09-01-registration-is-open"
    ),
]
# Opened by a link in the browser alone that has registered by it.
ONLY_IN_ITS_BROWSER = {"/register/confirmation/<token>/calendar.ics"}
TYPED = {"email": "eve@example.org", "given_names": "Eve", "message": "Hello", "off": "1"}
PUBLIC, PERSONAL = "public, ", "private, no-store"
KEPT = {RouteAccess.PUBLIC: PUBLIC, RouteAccess.ALIAS: PUBLIC, RouteAccess.BROWSER: "no-cache"}
OPENED = {
    RouteAccess.PUBLIC: (200, ""),
    RouteAccess.ALIAS: (308, "/"),
    RouteAccess.ANYONE: (200, ""),
    RouteAccess.BROWSER: (200, ""),
    RouteAccess.REGISTERING: (303, "/register"),
    RouteAccess.HOLDER: (404, ""),
    RouteAccess.HALF_WAY: (303, "/sign-in"),
    RouteAccess.SETTING_UP: (303, "/sign-in"),
    RouteAccess.SIGNED_IN: (303, "/sign-in"),
    RouteAccess.SPEAKER: (303, "/sign-in"),
    **dict.fromkeys(MAY, (303, "/sign-in")),
}
BEHIND_THE_DOOR = (
    RouteAccess.HALF_WAY,
    RouteAccess.SETTING_UP,
    RouteAccess.SIGNED_IN,
    RouteAccess.SPEAKER,
    *MAY,
)


def of(who: RouteAccess, method: str) -> list[Route]:
    return [route for route in ROUTES if route.who is who and method in route.methods.split()]


def plain(rule: Rule) -> str:
    """Write a rule without the kinds of its parts."""
    return re.sub(r"<(?:[^<>]*:)?(\w+)>", r"<\1>", rule.rule)


def end(answer: TestResponse) -> tuple[int, str]:
    """Give the status, and where it leads, without what is carried along."""
    status = 404 if answer.status_code == 410 else answer.status_code
    place = re.match(r"/(sign-in|register)?", answer.headers.get("Location", ""))
    return status, place[0] if place else ""


def test_every_route_is_listed_with_who_may_open_it(site: Flask) -> None:
    there: dict[str, set[str]] = {}
    for rule in site.url_map.iter_rules():
        there.setdefault(plain(rule), set()).update((rule.methods or set()) - {"HEAD", "OPTIONS"})

    listed = {route.rule: set(route.methods.split()) for route in ROUTES}

    assert sorted(there) == sorted(listed)
    assert there == listed


def test_the_list_of_routes_is_sorted_and_unique() -> None:
    rules = [route.rule for route in ROUTES]

    assert rules == sorted(set(rules))


def test_an_anonymous_visitor_opens_only_open_routes(new_browser: Browsers) -> None:
    make_ballot()
    make_category(name="Summer school", access=BY_INTEREST)
    answers = {
        route.tried: end(new_browser().fetch("GET", route.tried))
        for who in RouteAccess
        for route in of(who, "GET")
    }

    assert answers == {route.tried: OPENED[who] for who in RouteAccess for route in of(who, "GET")}


def test_public_pages_are_cacheable_and_private_pages_are_not(
    new_browser: Browsers,
) -> None:
    make_ballot()
    for who in RouteAccess:
        for route in of(who, "GET"):
            answer = new_browser().fetch("GET", route.tried)
            is_public = who in {RouteAccess.PUBLIC, RouteAccess.ALIAS}

            assert answer.headers["Cache-Control"].startswith(KEPT.get(who, PERSONAL))
            assert (answer.headers.get("X-Robots-Tag") == "noindex") is not is_public, route
            assert not (is_public and "Set-Cookie" in answer.headers), route


@pytest.mark.parametrize("token", [None, "", "guess"])
def test_no_post_route_accepts_a_missing_or_wrong_csrf_token(
    site: Flask, visitor: Browser, token: str | None
) -> None:
    links_in_rules = create_data_and_get_links(site, visitor)
    told = {**TYPED, **({} if token is None else {"csrf_token": token})}
    tried = [
        route
        for who in RouteAccess
        if who is not RouteAccess.HALF_WAY
        for route in of(who, "POST")
        if route.rule not in POSTED_BY_MAIL_PROGRAMS
    ]
    before = dump_database()

    answers = {
        route: visitor.fetch("POST", links_in_rules.get(route.rule, route.tried), data=told)
        for route in tried
    }

    assert {route.rule: answer.status_code for route, answer in answers.items()} == {
        route.rule: 422 if keeps_what_was_typed(site, route) else 400 for route in tried
    }
    for route, answer in answers.items():
        keeps = keeps_what_was_typed(site, route)
        words = "Check your answers, then" if keeps else "Go back, reload it and"
        told_so = f"This page was open for too long. {words}"
        assert told_so in answer.get_data(as_text=True), route
    assert dump_database() == before
    assert visitor.open("/my").heading == "Your account"


def keeps_what_was_typed(site: Flask, route: Route) -> bool:
    """Whether a view checks the token itself; the site refuses before all others run."""
    rules = [one for one in site.url_map.iter_rules() if plain(one) == route.rule]
    (endpoint,) = {one.endpoint for one in rules if "POST" in (one.methods or ())}
    view = site.view_functions[endpoint]
    return f"{view.__module__}.{view.__name__}" in csrf._exempt_views  # noqa: SLF001 – no question


def create_data_and_get_links(site: Flask, visitor: Browser) -> dict[str, str]:
    """Let a visitor do all that can be done here; give the addresses that their links open."""
    sign_in(visitor, pending_totp_secret=totp.encrypt(totp.generate_secret()))
    grant_speaker_access(get_ada_marsh(), "grace@conference.example")
    answer_questions(visitor, until="email", name=("Grace", "Hopper"))
    begin_group(visitor)
    make_link()
    make_saved_view(make_organiser())
    make_mailing()
    make_delegate(reference="GHJK2345", email="dorothy@example.org")
    make_delegate(reference="GHJK2346", email="dorothy@example.org", given_names="Dot")
    make_scheduled_release()
    make_proposal(get_ada_marsh(), pronouns="she/her")
    make_upload()
    make_delegate_import()
    make_upload(b"Title,Room,Catering\nOpening,Quay,tea", actor="ada@conference.example")
    opening = db.session.scalars(select(Session).where(Session.slug == "opening")).one()
    make_material(opening, key="k", speaker_id=get_ada_marsh().id)
    asked = {"kind": "another time", "message": "At noon", "actor": "ada@example.org"}
    save(SpeakerRequest(speaker_id=get_ada_marsh().id, requested_at=clock.now(), **asked))
    make_session()
    make_question()
    make_ballot()
    publish_programme()  # the second release, so that one can go back to the first
    asked = {"access": "A ramp", "dietary": "Halal"}
    delegate = make_delegate(
        pending_email="new@example.org", pending_email_key="a new key", **asked
    )
    with transaction():
        requirement_cases.create_missing()
        for case in db.session.scalars(select(RequirementCase)):
            case.key = asked[case.type].split()[-1].lower()
    entry = make_waiting_list_entry()
    held = {"session_key": "opening", "seats": 1, "reason": "Guests", "is_for_door": False}
    save(SeatHold(**held, created_at=clock.now()))
    group = make_group(delegate)
    application = make_application()
    interest = make_interest()
    transfer = make_place_transfer(delegate)
    make_category(name="Summer school", access=BY_INTEREST)
    invitation = make_invitation(make_category(name="Student"))
    with site.test_request_context("/"):
        secrets = {  # by a part of the address: the last that fits
            "": links.booking_token(delegate),
            "new-address": links.email_change_token(delegate),
            "waiting-list": links.waiting_list_token(entry),
            "/group/": links.group_token(group),
            "/application/": links.application_token(application),
            "/interest/": links.interest_token(interest),
            "/place/": links.transfer_token(transfer),
        }
        receipt = links.confirmation_token(make_confirmation(delegate))
    kept = {"<question>": "name", "<step>": "email", "<token>": receipt, "<number>": "1"}
    kept["<code>"] = invitation.code
    kept["<type_name>"], kept["<key>"] = "access", "ramp"
    addresses = {}
    for who in (RouteAccess.HOLDER, RouteAccess.REGISTERING):
        for route in of(who, "POST"):
            secret = secrets[next(part for part in reversed(secrets) if part in route.rule)]
            address = route.rule.replace("<secret>", secret).replace(
                "sessions/<slug>", "sessions/opening"
            )
            for name, value in kept.items():
                address = address.replace(name, value)
            addresses[route.rule] = address
    own_text = {"/speak/sessions/<slug>/text": "/speak/sessions/farewell/text"}
    return {**addresses, **own_text, "/sign-in/<secret>": make_sign_in_link()}


def begin_group(visitor: Browser) -> None:
    """Let a visitor begin to register a group, with one person."""
    page = visitor.open("/register/group").follow("Start now")
    page = page.press("Continue", {"Your name": "Mary", "Your email address": "mary@ward.example"})
    page = page.press(
        "Continue", {"Which days will they attend?": [WEDNESDAY], "country": "United Kingdom"}
    )
    page.follow("Add a person").press("Save", {"given_names": "Ann"})


def dump_database() -> dict[str, list[tuple[object, ...]]]:
    """Read every table."""
    db.session.rollback()
    tables = Base.metadata.sorted_tables
    held = {
        table.name: sorted((tuple(row) for row in db.session.execute(select(table))), key=repr)
        for table in tables
    }
    db.session.rollback()
    return held


def test_a_csrf_token_alone_gives_no_access(visitor: Browser) -> None:
    field = visitor.open("/sign-in").tree.find_by_id("csrf_token")
    assert field is not None
    told = {"csrf_token": field.get("value")}

    for who in (RouteAccess.HOLDER, *BEHIND_THE_DOOR):
        for route in of(who, "POST"):
            answer = visitor.fetch("POST", route.tried, data=told)

            allowed = {OPENED[who], (303, "/")} if who is RouteAccess.HOLDER else {(401, "")}
            assert end(answer) in allowed, route


def test_a_signed_link_opens_only_what_it_was_made_for(site: Flask, new_browser: Browsers) -> None:
    make_question()
    make_category()
    make_category()
    number = make_ballot().id
    delegate = make_delegate(
        access="A ramp", pending_email="new@example.org", pending_email_key="a new key"
    )
    card = make_question("Your card", kind="file")
    add_file_answer(delegate, card)
    with transaction():
        requirement_cases.create_missing()
        db.session.scalars(select(RequirementCase)).one().key = "ramp"
    agenda = make_agenda()
    group = make_group(make_delegate(email="dorothy@example.org"))
    save(GroupMember(group_id=group.id, name="Ada", state=PLACED, delegate=delegate))
    with site.test_request_context("/"):
        tokens = {
            links.group_token(group): ("/group/<",),
            links.booking_token(delegate): ("/booking/<", "/agenda/booking/<"),
            links.session_feed_token(delegate): ("/booking/calendar/<",),
            links.email_change_token(delegate): ("/booking/new-address/<",),
            get_url("ada@example.org").rpartition("/")[2]: ("/emails/<",),
            links.confirmation_token(make_confirmation(delegate)): ("/register/confirmation/<",),
            transfer_views.feed_url(agenda).rpartition("/")[2][:-4]: ("/agenda/<",),
            transfer_views.transfer_link(agenda).rpartition("/")[2]: ("/agenda/from/<",),
        }
    for route in of(RouteAccess.HOLDER, "GET"):
        for token, made_for in tokens.items():
            fits = route.rule.startswith(made_for) and route.rule not in ONLY_IN_ITS_BROWSER
            address = re.sub(r"<(secret|token)>", token, route.rule).replace("<question>", "name")
            address = address.replace("/sessions/<slug>", "/sessions/opening")
            address = address.replace("/<type_name>/<key>", "/access/ramp")
            address = address.replace("/ballots/<number>", f"/ballots/{number}")
            address = address.replace("/files/<number>", f"/files/{card.id}")
            address = address.replace("<number>", "1")
            altered = address.replace(token, token[:-1] + ("A" if token[-1] != "A" else "B"))

            assert (end(new_browser().fetch("GET", address))[0] == 200) is fits, address
            assert end(new_browser().fetch("GET", altered))[0] == 404, altered


@pytest.mark.parametrize("role", [ORGANISER, EDITOR, DESK, VIEWER, FORMER])
def test_each_role_opens_only_its_own_areas_of_admin(visitor: Browser, role: str) -> None:
    token = read_csrf_token(sign_in(visitor, role=role))
    before = dump_database()

    for who, roles in MAY.items():
        for route in of(who, "GET"):
            status, place = end(visitor.fetch("GET", route.tried))

            assert status in ({200, 302, 303, 308, 404, 409} if role in roles else {403}), route
            assert place != "/sign-in", route
        for route in of(who, "POST"):
            allowed = role in roles  # such a form is sent without its token, so nothing is done
            told = TYPED if allowed else {**TYPED, "csrf_token": token}
            status = visitor.fetch("POST", route.tried, data=told).status_code

            assert status in ({400, 404, 409, 422} if allowed else {403}), route
    assert dump_database() == before


def test_a_speaker_opens_only_their_own_speaker_pages(visitor: Browser) -> None:
    token = read_csrf_token(sign_in_speaker(visitor, get_ada_marsh()))
    before = dump_database()

    for route in of(RouteAccess.SPEAKER, "GET"):
        another = route.tried.replace("ada-marsh", "joao-mare")
        own, others = end(visitor.fetch("GET", route.tried)), end(visitor.fetch("GET", another))

        assert own[0] in {200, 303, 404}, route
        assert own[1] != "/sign-in", route
        assert others[0] == 404 or another == route.tried, route
    for route in of(RouteAccess.SPEAKER, "POST"):
        another = route.tried.replace("ada-marsh", "joao-mare")
        told = {**TYPED, "csrf_token": token}

        assert visitor.fetch("POST", another, data=told).status_code == 404, route
    for who in MAY:
        for route in of(who, "GET"):
            assert end(visitor.fetch("GET", route.tried))[0] == 403, route
        for route in of(who, "POST"):
            told = {**TYPED, "csrf_token": token}

            assert visitor.fetch("POST", route.tried, data=told).status_code == 403, route
    assert dump_database() == before


@pytest.mark.parametrize("has_one", [False, True])
def test_a_person_without_second_step_is_redirected_to_it_and_opens_nothing(
    visitor: Browser, has_one: bool
) -> None:
    sign_in(visitor, verified_at=None)
    person = make_organiser()
    person.totp_secret = totp.encrypt(totp.generate_secret()) if has_one else ""
    token = read_csrf_token(visitor)
    before = dump_database()
    way = "/second-step" if has_one else "/second-step/set-up"

    for who in BEHIND_THE_DOOR:
        if who is (RouteAccess.HALF_WAY if has_one else RouteAccess.SETTING_UP):
            continue  # that is theirs
        for route in of(who, "GET"):
            answer = visitor.fetch("GET", route.tried)

            assert answer.status_code == 303, route
            assert answer.headers["Location"].partition("?")[0] == way, route
        for route in of(who, "POST"):
            answer = visitor.fetch("POST", route.tried, data={**TYPED, "csrf_token": token})

            assert answer.status_code == 401, route
            assert "Finish signing in first" in answer.get_data(as_text=True), route
    assert dump_database() == before


def read_csrf_token(visitor: Browser) -> str:
    """Give a token that this visitor's forms carry."""
    field = visitor.open("/sign-out").tree.find_by_id("csrf_token")
    assert field is not None
    return field.get("value") or ""
