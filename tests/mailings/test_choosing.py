"""Who gets a group email is worked out by the database: exactly, and as fast for thousands."""

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask
from sqlalchemy import insert, select

from app import clock
from app.accounts.models import VIEWER
from app.admin_kit import saved_views
from app.agenda.models import Agenda, Star
from app.database import Base, db, transaction
from app.delegates.delegate_record import to_answers
from app.delegates.models import Delegate, LinkedAgenda
from app.delegates.requirement_models import RequirementCase
from app.mail import suppression
from app.mail.models import BOUNCED, BY_DESK, UNSUBSCRIBED, Email
from app.mailings import queries as mailing_queries
from app.mailings import recipient_queries, release, scheduling
from app.mailings.audiences import AUDIENCES
from app.mailings.models import Mailing, MailingRecipient
from app.mailings.scheduling import SendTime
from app.registration.desk import annotations
from app.registration.desk import services as desk
from app.registration.session_bookings import check_in
from app.registration.session_bookings import services as session_bookings
from app.registration.session_bookings.models import SessionBooking
from app.releases import current_release
from app.speakers.models import SpeakerAnswers, SpeakerMailing, SpeakerRequest
from tests.browser import Browser, Page
from tests.factories import (
    get_ada_marsh,
    grant_speaker_access,
    make_category,
    make_delegate,
    make_group,
    make_mailing,
    make_many_delegates,
    make_material,
    make_question,
    make_session,
    make_speaker,
    make_theme,
    make_waiting_list_entry,
    publish_programme,
    sign_in,
)

GRACE = "grace@conference.example"
MAX_QUERIES = 8  # of a page, the sign-in included


def read_choice(mailing: Mailing) -> dict[str, str]:
    """Return the address of each person in the list, and the reason for exclusion."""
    chosen = mailing_queries.select_people(mailing)
    rows = recipient_queries.list_page(chosen, "", offset=0, limit=100)
    assert chosen.count == sum(not reason for _, reason in rows)
    assert sum(chosen.reasons.values()) == sum(bool(reason) for _, reason in rows)
    return {one.address: reason for one, reason in rows}


def store(mailing: Mailing) -> Mapping[str, str]:
    """Schedule a mailing, and give what its recipients are as rows."""
    count = mailing_queries.select_people(mailing).count
    with transaction():
        now = SendTime(clock.now())
        scheduling.schedule(mailing, now, expected_version=0, expected_count=count, actor=GRACE)
    rows = db.session.execute(
        select(MailingRecipient.address, MailingRecipient.reason).order_by(MailingRecipient.id)
    )
    return dict(rows.tuples().all())


@pytest.mark.both_databases
def test_each_exclusion_reason_excludes_exactly_the_people_it_applies_to(site: Flask) -> None:
    make_delegate(given_names="Ada", email="ada@example.org")
    make_delegate(given_names="Ada’s colleague", email="ADA@example.org")
    make_delegate(given_names="Bo", email="bo@example.org")
    make_delegate(given_names="Cy", email="cy@bücher.example")
    make_delegate(given_names="Di", email="Di@BÜCHER.example")
    make_delegate(given_names="Dina", email="di@bücher.example")
    make_delegate(given_names="Ed", email="ed@example.org")
    gone = make_delegate(given_names="Fay", email="fay@example.org")
    unticked = make_delegate(given_names="Gus", email="gus@example.org")
    with transaction():
        desk.cancel(gone, actor=GRACE, notify=False)
        suppression.suppress("Bo@example.org", UNSUBSCRIBED)
        suppression.suppress("Bo@example.org", BOUNCED)
        suppression.suppress("cy@xn--bcher-kva.example", BY_DESK)
        suppression.suppress("ed@example.org", UNSUBSCRIBED)
        suppression.erase("ed@example.org")
    mailing = make_mailing(deselected=f'["delegate {unticked.id}"]')

    found = read_choice(mailing)

    assert found == {
        "ada@example.org": "",
        "Di@BÜCHER.example": "",
        "ADA@example.org": "same email address as someone else in the list",
        "bo@example.org": "unsubscribed from emails like this one",
        "cy@bücher.example": "stopped by the organisers",
        "di@bücher.example": "same email address as someone else in the list",
        "ed@example.org": "unsubscribed from emails like this one",
        "fay@example.org": "booking cancelled",
        "gus@example.org": "excluded by an organiser",
    }
    assert store(mailing) == found


@pytest.mark.both_databases
def test_an_essential_group_email_reaches_people_who_have_unsubscribed(site: Flask) -> None:
    make_delegate(given_names="Ada", email="ada@example.org")
    make_delegate(given_names="Bo", email="bo@example.org")
    with transaction():
        suppression.suppress("ada@example.org", UNSUBSCRIBED)
        suppression.suppress("bo@example.org", BOUNCED)

    found = read_choice(make_mailing(is_essential=True))

    assert found == {
        "ada@example.org": "",
        "bo@example.org": "emails to this address are returned",
    }


@pytest.mark.both_databases
def test_speakers_get_group_emails_at_their_contact_or_sign_in_address(
    site: Flask,
) -> None:
    for number, address in enumerate(("", "not an address", "eve@x..example", "eve@example.org")):
        make_speaker(name=f"Eve {number}", contact_address=address)
    make_speaker(name="Eve 4", contact_address=" EVE@example.org ")
    get_ada_marsh().contact_address = "marsh@example.org"
    db.session.commit()

    mailing = make_mailing(audience="speakers", query="q=eve")

    assert mailing_queries.select_people(mailing).reasons == {
        "emails cannot be sent to this address": 2,
        "no email address": 1,
        "same email address as someone else in the list": 1,
    }
    assert read_choice(mailing)["eve@example.org"] == ""


@pytest.mark.both_databases
def test_people_on_the_waiting_list_get_group_emails_in_its_order(site: Flask) -> None:
    make_waiting_list_entry(name="Cy", email="cy@example.org")
    make_waiting_list_entry(name="Bea", email="bea@example.org")

    mailing = make_mailing(audience="waiting_list", body="{{ full_name }}")

    assert [*store(mailing)] == ["cy@example.org", "bea@example.org"]


@pytest.mark.both_databases
def test_the_send_page_names_people_without_a_placeholder_value(visitor: Browser) -> None:
    organiser = sign_in(visitor, GRACE)
    for number in range(7):
        make_delegate(given_names=f"No {number}", email=f"no{number}@example.org", organisation="")
    make_delegate(given_names="Ada", email="ada@example.org")
    text = "{{ only if country }}{{ country }}{{ end }} at {{ organisation }}, {{ conference }}"
    mailing = make_mailing(body=text)

    page = organiser.open(f"/organise/mailings/{mailing.id}/send")

    names = ", ".join(f"No {number} Lovelace" for number in range(5))
    assert f"7 people have no value for organisation: {names} and 2 more" in page.text


@pytest.mark.both_databases
def test_the_preview_steps_only_through_people_who_will_get_the_email(visitor: Browser) -> None:
    organiser = sign_in(visitor, GRACE)
    for name in ("Ada", "Bo", "Cy"):
        make_delegate(given_names=name, email=f"{name}@example.org")
    with transaction():
        suppression.suppress("bo@example.org", UNSUBSCRIBED)
    mailing = make_mailing(body="Dear {{ first_name }}")

    page = organiser.open(f"/organise/mailings/{mailing.id}/preview")
    assert "1 of 2" in page.text
    page = page.follow("Next person →")

    assert "2 of 2" in page.text
    assert "This is the email that Cy Lovelace will get" in page.text


@pytest.mark.parametrize("step", ["", "/people", "/people?q=love&page=2", "/preview", "/send"])
def test_pages_of_a_draft_need_as_many_queries_for_one_person_as_for_thousands(
    visitor: Browser, queries: list[str], step: str
) -> None:
    organiser = sign_in(visitor, GRACE)
    make_many_delegates(2000)
    text = "{{ first_name }} of {{ organisation }} comes on {{ days }}: {{ booking_link }}"
    few = make_mailing(query="q=MANY00007&country=GB", body=text)
    many = make_mailing(query="country=GB", body=text)
    organiser.open(f"/organise/mailings/{few.id}{step}")  # loads what each process has at hand
    counts = []
    for mailing in (few, many):
        queries.clear()
        organiser.fetch("GET", f"/organise/mailings/{mailing.id}{step}")
        counts.append(len(queries))

    assert counts[0] == counts[1] <= MAX_QUERIES


def enable_every_filter() -> None:
    """Give every delegate a seat, a starred session and a requirement, and let them check in."""
    make_session(key="knots", slug="knots", title="Knots", booking="bookable", seats=9000)
    publish_programme()
    now = clock.now()
    numbers = db.session.scalars(select(Delegate.id)).all()
    seat = {"session_key": "knots", "title": "Knots", "booked_at": now, "checked_in_at": now}
    case = {"type": "access", "kind": "encrypted", "updated_at": now}
    rows: Mapping[type[Base], Callable[[int], Mapping[str, Any]]] = {
        Agenda: lambda one: {"id": one, "key": f"a{one}", "feed_key": f"f{one}", "changed_at": now},
        Star: lambda one: {"agenda_id": one, "session_key": "knots", "title": "Knots"},
        LinkedAgenda: lambda one: {"delegate_id": one, "agenda_id": one, "emails_agreed_at": now},
        SessionBooking: lambda one: {"delegate_id": one, **seat},
        RequirementCase: lambda one: {"delegate_id": one, "key": f"c{one}", **case},
    }
    with transaction():
        for model, build in rows.items():
            db.session.execute(insert(model), [build(one) for one in numbers])


@pytest.mark.both_databases
@pytest.mark.settings(LANGUAGES='["en", "de"]')
def test_each_filter_of_each_audience_finds_its_people_in_few_queries(
    visitor: Browser, site: Flask, queries: list[str]
) -> None:
    sign_in(visitor, GRACE)
    make_many_delegates(5000)
    enable_every_filter()
    make_group(make_delegate(email="bea@example.org", category_id=make_category().id))
    make_question("Bus", kind="choice", choices=("Early", "Late"))
    with transaction():
        annotations.add_tag(make_delegate(email="cy@example.org"), "Press", actor=GRACE)
    current_release.get_programme()  # which each process has at hand
    cookies = "; ".join(f"{name}={value}" for name, value in visitor.cookies().items())
    tried: dict[str, dict[str, int]] = {}

    for audience in [one for one in AUDIENCES.values() if one.is_chosen]:
        with site.test_request_context(headers={"Cookie": cookies}):
            filters = saved_views.LISTS[audience.list_name].parse({}).filters
        for one in filters:
            value = next((value for value, _ in one.options if value), "any")
            query = urlencode({one.name: value})
            mailing = make_mailing(audience=audience.name, query=query)
            queries.clear()
            with site.test_request_context(headers={"Cookie": cookies}):
                found = mailing_queries.select_people(mailing)
            assert 0 < len(queries) <= MAX_QUERIES, (audience.name, query)
            tried.setdefault(audience.name, {})[one.name] = found.count

    thousands = {"follows", "session", "checked_in", "case"}
    assert {one: tried["delegates"][one] for one in thousands} == dict.fromkeys(thousands, 5000)
    assert {tried["delegates"][one] for one in ("state", "day", "country")} == {5002}
    assert tried["delegates"].keys() >= {"organisation", "language", "category", "tag", "group"}
    assert tried["speakers"].keys() >= {"organisation", "missing"}
    assert len(tried) == 5


@pytest.mark.both_databases
def test_delegates_with_open_requirements_can_be_emailed_without_revealing_them(
    visitor: Browser, new_browser: Any, frozen_time: Any
) -> None:
    organiser = sign_in(visitor, GRACE)
    make_case(make_delegate(given_names="Ada", email="ada@example.org"), "access")
    make_case(make_delegate(given_names="Bo", email="bo@example.org"), "dietary")
    make_case(make_delegate(given_names="Cy", email="cy@example.org"), "access", state="arranged")
    cancelled = make_delegate(given_names="Di", email="di@example.org")
    make_case(cancelled, "access")
    with transaction():
        desk.cancel(cancelled, actor=GRACE, notify=False)
    label = "Requirements"

    page = organiser.open("/organise/delegates").press("Search", {label: "To arrange"})
    assert find_names(page) == ["Ada", "Bo"]
    others = page.press("Search", {label: "Nothing to arrange"})
    assert find_names(others) == ["Cy", "Di"]
    page = page.press("Email these people")
    page = page.press("Save email", subject="Soon", text="Dear {{ first_name }}")

    assert page.summary_list[label] == "To arrange"
    assert page.summary_list["Will get it"] == "2 people"
    page.follow("Send").press("Send email", {"Send it to 2 people": True})
    viewer = sign_in(new_browser(), "vi@conference.example", role=VIEWER)
    assert label not in viewer.open("/organise/delegates?case=open").text
    assert find_names(viewer.page) == ["Ada", "Bo", "Cy", "Di"]
    for step in ("", "/people", "/preview", "/send", "/recipients", "/filters"):
        refused = viewer.open(f"/organise/mailings/1{step}", status=403)
        assert "Ada" not in refused.text
    make_mailing(query="country=GB", subject="For Britain")
    viewer.open("/organise/mailings/2")
    assert [row["Subject"] for row in viewer.open("/organise/mailings").rows] == ["For Britain"]
    assert viewer.page.text_by_id("count") == "1 group email"
    history = "/organise/history"
    for address in (history, f"{history}/history.csv", "/organise"):
        assert "“Soon”" not in viewer.open(address).source
    assert "“Soon”" in organiser.open("/organise/history").source
    frozen_time.shift(timedelta(minutes=10))
    release.release_due()
    db.session.rollback()
    sent = db.session.scalars(select(Email.recipient).where(Email.template == "mailing"))
    assert sorted(sent) == ["ada@example.org", "bo@example.org"]


def find_names(page: Page) -> list[str]:
    """Return the given name in each row of a list of delegates called Lovelace."""
    return [" ".join(row.values()).partition(" Lovelace")[0].split()[-1] for row in page.rows]


def make_case(delegate: Delegate, kind: str, **values: Any) -> None:
    """Save a requirement of a delegate."""
    case = RequirementCase(
        delegate_id=delegate.id,
        key=f"case {delegate.id}",
        type=kind,
        kind="encrypted",
        updated_at=clock.now(),
        **values,
    )
    with transaction():
        db.session.add(case)


@pytest.mark.both_databases
def test_delegates_who_are_not_checked_in_can_be_chosen(visitor: Browser) -> None:
    organiser = sign_in(visitor, GRACE)
    ada = make_delegate(given_names="Ada", email="ada@example.org")
    bo = make_delegate(given_names="Bo", email="bo@example.org")
    make_delegate(given_names="Cy", email="cy@example.org")
    assert "Checked in" not in organiser.open("/organise/delegates").text
    make_session(key="knots", slug="knots", title="Knots", booking="bookable", seats=3)
    publish_programme()
    knots = current_release.get_programme().get_session("knots")
    with transaction():
        for one in (ada, bo):
            session_bookings.book(db.session.merge(one), knots)
        check_in.check_in(db.session.merge(ada), knots, actor=GRACE)

    page = organiser.open("/organise/delegates").press("Search", {"Checked in": "At a session"})
    assert find_names(page) == ["Ada"]
    page = page.press("Search", {"Checked in": "Not yet", "Seat in a session": "Knots"})
    assert find_names(page) == ["Bo"]
    page = page.press("Email these people")
    page = page.press("Save email", subject="Where are you?", text="Dear {{ first_name }}")

    assert page.summary_list["Checked in"] == "Not yet"
    assert page.summary_list["Will get it"] == "1 person"


@pytest.mark.both_databases
def test_the_first_batch_is_sent_in_the_order_of_the_list(site: Flask, frozen_time: Any) -> None:
    for name in ("Cy", "Ada", "Bo"):
        make_delegate(given_names=name, email=f"{name.lower()}@example.org")
    store(make_mailing())

    frozen_time.shift(timedelta(minutes=1))
    release.release_due()

    db.session.rollback()
    sent = db.session.scalars(select(Email.recipient).order_by(Email.id))
    assert list(sent) == ["ada@example.org", "bo@example.org", "cy@example.org"]


def make_busy_speakers() -> None:
    """Save one speaker who has done everything, one who asks for another time, and one idle."""
    theme = make_theme(key="rivers", slug="rivers", name="Rivers")
    ada, bo, _ = (
        make_speaker(name=name, organisation="Invented", contact_address=f"{name[:2]}@example.org")
        for name in ("Ada Early", "Bo Busy", "Cy Calm")
    )
    make_material(make_session(speakers=(ada,), theme_id=theme.id))
    make_session(speakers=(bo,), starts_at=None)
    grant_speaker_access(ada, "ada@example.org").person.last_signed_in_at = clock.real_now()
    ada.confirmed_at = clock.now()
    request = {"kind": "another time", "message": "At ten?", "actor": "bo@example.org"}
    with transaction():
        db.session.add_all(
            [
                SpeakerAnswers(speaker_id=ada.id, travel_at=clock.now()),
                SpeakerRequest(speaker_id=bo.id, requested_at=clock.now(), **request),
                SpeakerMailing(
                    speaker_id=ada.id,
                    template="speaker_invited",
                    sent_at=clock.real_now(),
                    actor=GRACE,
                ),
            ]
        )


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("task=confirmation", ["Bo Busy", "Cy Calm"]),
        ("task=photo", ["Bo Busy", "Cy Calm", "Ada Early"]),
        ("task=slides", ["Bo Busy", "Cy Calm"]),
        ("task=request", ["Bo Busy"]),
        ("task=invitation", ["Bo Busy", "Cy Calm"]),
        ("task=sign-in", ["Bo Busy", "Cy Calm"]),
        ("task=travel", ["Bo Busy", "Cy Calm"]),
        ("day=2009-06-10", ["Ada Early"]),
        ("day=2009-06-10&task=slides", []),
        ("theme=rivers", ["Ada Early"]),
    ],
)
def test_speakers_can_be_filtered_by_open_tasks_and_sessions(
    site: Flask, query: str, names: list[str]
) -> None:
    make_busy_speakers()

    chosen = mailing_queries.select_people(
        make_mailing(audience="speakers", query=f"q=invented&{query}")
    )

    rows = recipient_queries.list_page(chosen, "", offset=0, limit=100)
    assert [one.name for one, _ in rows] == names


def test_a_saved_view_of_speakers_without_slides_can_be_emailed(visitor: Browser) -> None:
    organiser = sign_in(visitor, GRACE)
    make_busy_speakers()

    page = organiser.open("/organise/speakers?q=invented&task=slides").press("Email these people")
    page = page.press("Save email", subject="Your slides", text="Please send us your slides")

    assert page.summary_list["To do"] == "Has no slides or papers"
    assert page.summary_list["Will get it"] == "2 people"


@pytest.mark.settings(LANGUAGES='["en", "de"]')
def test_delegates_can_be_filtered_by_language(visitor: Browser) -> None:
    organiser = sign_in(visitor, GRACE)
    make_delegate(given_names="Ada", email="ada@example.org")
    make_delegate(given_names="Dirk", email="dirk@example.org", language="de")

    page = organiser.open("/organise/delegates?language=de").press("Email these people")
    page = page.press("Save email", subject="Willkommen", text="Hallo")
    assert page.summary_list["Language"] == "Deutsch"
    assert page.summary_list["Will get it"] == "1 person"


@pytest.mark.both_databases
def test_delegates_and_speakers_can_be_filtered_by_organisation(visitor: Browser) -> None:
    organiser = sign_in(visitor, GRACE)
    for name, place in (("Ada", "École de Santé"), ("Bo", "Ecole de sante, Nice"), ("Cy", "")):
        make_delegate(given_names=name, organisation=place, email=f"{name}@example.org")
        address = f"{name}@speakers.example"
        make_speaker(name=f"{name} Busy", organisation=place, contact_address=address)

    for people in ("delegates", "speakers"):
        page = organiser.open(f"/organise/{people}").press("Search", Organisation="ecole de sante")
        page = page.press("Email these people")
        page = page.press("Save email", subject="To the school", text="Hello")

        assert page.summary_list["Organisation"] == "“ecole de sante”"
        assert page.summary_list["Will get it"] == "2 people"

        page = page.follow("Change filters")
        assert page.value_of("Organisation") == "ecole de sante"
        page = page.press("Save filters", Organisation=" École  de santé, nice ")
        assert page.summary_list["Organisation"] == "“École de santé, nice”"
        assert page.summary_list["Will get it"] == "1 person"


def find_schools(page: Page) -> list[str]:
    return re.findall(r"School \d{3}", page.source)


def test_delegates_can_be_filtered_by_one_of_hundreds_of_groups(visitor: Browser) -> None:
    organiser = sign_in(visitor, GRACE)
    for number in range(201):
        make_group(organisation=f"School {number:03}")
    make_many_delegates(1)
    mailing = make_mailing()
    filters = f"/organise/mailings/{mailing.id}/filters"

    page = organiser.open(filters)
    found = page.press("Find", {"Find an option of: Group": "SCHOOL 19", "Search": "Zoe"})
    kept = found.press("Find", {"Group": "School 195", "Find an option of: Group": "school 000"})
    saved = kept.press("Save filters")

    assert (len(find_schools(page)), len(find_schools(found))) == (50, 10)
    assert find_schools(found) == [f"School {number}" for number in range(190, 200)]
    assert found.value_of("Search") == "Zoe"
    assert find_schools(kept) == ["School 195", "School 000"]
    assert saved.summary_list["Group"] == "School 195"
    assert saved.summary_list["Search"] == "“Zoe”"
    again = organiser.open(filters)
    assert again.value_of("Group") == "School 195"
    assert len(find_schools(again)) == 51


def test_a_saved_view_selects_people_until_the_email_is_sent(
    visitor: Browser, frozen_time: Any
) -> None:
    organiser = sign_in(visitor, GRACE)
    school = {"organisation": "École de Santé"}
    ada = make_delegate(given_names="Ada", email="ada@example.org", **school)
    make_delegate(given_names="Bo", email="bo@example.org", organisation="Harbour Clinic")

    page = organiser.open("/organise/delegates?organisation=%C3%A9cole").follow("Save this view")
    page = page.press("Save view", name="The school")
    assert [row["Organisation"] for row in page.rows] == ["École de Santé"]
    page = page.press("Email these people")
    page = page.press("Save email", subject="To the school", text="Hello")
    page.follow("Send").press(
        "Send email",
        {
            "When to send it": "Some days before the conference",
            "Days before the conference": "7",
            "Time": "09:00",
            "Also send it to people who match the filters by then": True,
            "Send it to 1 person": True,
        },
    )
    with transaction():
        moved = {**to_answers(ada), "organisation": "Harbour Clinic"}
        desk.update(ada, moved, expected_version=0, actor=GRACE, notify=False)
    make_delegate(given_names="Cy", email="cy@example.org", **school)
    frozen_time.move_to("2009-06-03T09:00:00Z")
    release.release_due()

    db.session.rollback()
    sent = db.session.scalars(select(Email.recipient).where(Email.template == "mailing"))
    assert list(sent) == ["cy@example.org"]
