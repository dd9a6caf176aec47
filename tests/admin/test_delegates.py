"""Delegates in admin: finding, viewing and changing them."""

from pathlib import Path
from typing import Any

import pytest
from flask import current_app
from sqlalchemy import select

from app.accounts.models import DESK, VIEWER
from app.database import db
from app.delegates.models import Delegate
from app.history.models import HistoryEntry, PersonalDetails
from app.mail.models import FAILED, SENT
from app.registration import requirement_history
from app.registration.bookings import data_export
from app.registration.queries import get_seat_counts as places_now
from tests.browser import Answer, Browser, Browsers, Page
from tests.factories import make_delegate, make_email, make_waiting_list_entry, set_places, sign_in
from tests.lookups import get_requirements
from tests.sent_emails import (
    deliver_emails,
    find_link,
    get_last_email_to,
    list_emails_to,
    list_subjects_to,
)

NEW: dict[str, Answer] = {
    "Given names": "Zoë",
    "Family name": "Ångström",
    "Email address": "zoe@example.org",
    "Organisation (optional)": "Institute of Light",
    "Country": "Sweden",
    "Days": ["Wednesday 10 June 2009"],
}


def list_history_entries(delegate: Delegate) -> list[tuple[str, str]]:
    subjects = (delegate.history_subject, requirement_history.get_subject(delegate))
    found = select(HistoryEntry).where(HistoryEntry.subject.in_(subjects)).order_by(HistoryEntry.id)
    db.session.rollback()
    return [(entry.summary, entry.actor) for entry in db.session.scalars(found)]


def get_path(delegate: Delegate, deed: str = "") -> str:
    return f"/organise/delegates/{delegate.reference}{deed}"


# Finding

LABEL = "Search"
OTHER = {"badge_name": "Zoë", "organisation": "Institute of Light"}


@pytest.mark.both_databases
@pytest.mark.parametrize(
    "words",
    ["lovelace", "ADA love", "Lovelace Ada", "ada@exa", "bcdf2345", "analytical"],
)
def test_delegates_are_found_by_part_of_name_email_or_reference(desk: Browser, words: str) -> None:
    make_delegate(reference="BCDF2345")
    make_delegate(given_names="Zoë", family_name="Ångström", email="z@x.org", **OTHER)

    page = desk.open("/organise/delegates").press("Search", {LABEL: words})

    assert [row["Reference"] for row in page.rows] == ["BCDF2345"]
    assert page.text_by_id("count") == "1 delegate"


@pytest.mark.both_databases
@pytest.mark.parametrize("words", ["zoe", "ANGSTROM zo", "z%", "żoë"])
def test_delegate_search_ignores_accents_case_and_wildcards(desk: Browser, words: str) -> None:
    make_delegate(given_names="Zoë", family_name="Ångström", email="z%@x.org", **OTHER)
    make_delegate(email="ada@example.com")

    page = desk.open("/organise/delegates").press("Search", {LABEL: words})

    assert len(page.rows) == 1
    assert "Zoë Ångström" in page.text


LONG = f"Centre of Research, {'very ' * 18}Department of Public Health, Sciences of Old Ulm"
ORGANISATIONS = ("École de Santé", "ECOLE DE SANTE publique", "Ministry 50% of Health", "", LONG)


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("ecole de sante", ["ECOLE DE SANTE publique", "École de Santé"]),
        ("SANTÉ PUBLIQUE", ["ECOLE DE SANTE publique"]),
        ("sante ecole", []),  # a part of the name, not words in any order
        ("50%", ["Ministry 50% of Health"]),
        ("x@example.org", []),
        ("department  of  public", [LONG]),
        ("sciences of old ulm", [LONG]),
        ("\u0301", []),  # a lone accent is no search term: it finds nobody, not everybody
    ],
)
def test_delegates_can_be_filtered_by_part_of_their_organisation(
    desk: Browser, typed: str, found: list[str]
) -> None:
    for number, name in enumerate(ORGANISATIONS):
        make_delegate(email=f"x@example.org{number}", organisation=name, family_name="Sciences")

    page = desk.open("/organise/delegates").press("Search", Organisation=typed)

    assert sorted(row["Organisation"] for row in page.rows) == found
    assert page.value_of("Organisation") == " ".join(typed.split())


def test_the_organisation_filter_suggests_each_organisation_once(desk: Browser) -> None:
    for number, name in enumerate(("WHO", "Who", "École de Santé", "", "AB Clinic")):
        make_delegate(email=f"{number}@example.org", organisation=name)

    page = desk.open("/organise/delegates")

    assert [one.get("value") for one in page.tree.find_all("option", within=suggestions(page))] == [
        *("AB Clinic", "École de Santé", "WHO")
    ]


def suggestions(page: Page) -> Any:
    """Return the suggestions of the organisation field for a text."""
    return page.tree.find_by_id("organisation-suggestions")


def test_a_search_without_results_offers_to_clear_the_filters(desk: Browser) -> None:
    make_delegate()

    page = desk.open("/organise/delegates?q=nobody")

    assert page.rows == []
    assert "No delegates found" in page.text
    assert len(page.follow("Clear filters").rows) == 1


def test_an_empty_list_of_delegates_says_what_will_appear(desk: Browser) -> None:
    page = desk.open("/organise/delegates")

    assert "Nobody has registered yet" in page.text
    assert "Download as CSV" not in page.buttons


def test_delegates_can_be_filtered_by_state_day_country_email_and_source(desk: Browser) -> None:
    one = make_delegate(given_names="One", email="1@x.org", days="2009-06-10", country="FR")
    two = make_delegate(given_names="Two", email="2@x.org", is_added_by_team=True)
    gone = make_delegate(given_names="Gone", email="3@x.org", cancelled_at=one.registered_at)
    make_email(booking_reference=one.reference, state=FAILED)
    make_email(booking_reference=gone.reference, state=SENT)
    page = desk.open("/organise/delegates")

    found = {
        choice: [row["Reference"] for row in page.press("Search", {label: choice}).rows]
        for label, choice in [
            ("Booking", "Cancelled"),
            ("Booking", "Deleted"),
            ("Day", "Thursday 11 June 2009"),
            ("Country", "France"),
            ("Emails", "Not delivered"),
            ("Added", "By an organiser"),
        ]
    }

    assert found == {
        "Cancelled": [gone.reference],
        "Deleted": [],
        "Thursday 11 June 2009": [gone.reference, two.reference],
        "France": [one.reference],
        "Not delivered": [one.reference],
        "By an organiser": [two.reference],
    }
    assert "Email not delivered" in desk.open("/organise/delegates").text


@pytest.mark.both_databases
def test_delegates_can_be_sorted_by_column(desk: Browser) -> None:
    make_delegate(reference="BBBB2222", family_name="Ödman", organisation="b", country="DE")
    make_delegate(reference="CCCC3333", family_name="Zimmer", organisation="Ä", country="GB")
    make_delegate(reference="DDDD4444", family_name="abel", organisation="", country="FR")

    def order(sort: str) -> str:
        page = desk.open(f"/organise/delegates?sort={sort}")
        return "".join(row["Reference"][0] for row in page.rows)

    assert order("name") == "DBC"
    assert order("-name") == "CBD"
    assert order("organisation") == "DCB"
    assert order("country") == "BDC"
    assert order("-registered") == "DCB"
    assert order("nonsense") == "DBC"


@pytest.mark.settings(EDITION_CHECK_SECONDS="3600")
@pytest.mark.parametrize("count", [1, 3])
def test_the_list_of_delegates_needs_a_constant_number_of_queries(
    desk: Browser, queries: list[str], count: int
) -> None:
    for number in range(count):
        delegate = make_delegate(email=f"{number}@example.org", country="FR")
        make_email(booking_reference=delegate.reference, state=FAILED)
    desk.open("/organise/delegates?q=ada")
    queries.clear()

    desk.open("/organise/delegates?q=ada")

    assert len(queries) == 7


@pytest.mark.settings(EDITION_CHECK_SECONDS="3600")
@pytest.mark.parametrize("count", [1, 3])
def test_the_page_of_a_delegate_needs_a_constant_number_of_queries(
    desk: Browser, queries: list[str], count: int
) -> None:
    delegate = make_delegate()
    for _ in range(count):
        make_email(booking_reference=delegate.reference, state=FAILED)
    desk.open(get_path(delegate))
    queries.clear()

    desk.open(get_path(delegate))

    assert len(queries) == 9


def test_long_and_right_to_left_names_are_kept_whole(desk: Browser) -> None:
    delegate = make_delegate(given_names="Ng" * 50, family_name="שרה לוי", organisation="W" * 100)

    assert desk.open("/organise/delegates").follow(f"{'Ng' * 50} שרה לוי").status == 200
    assert desk.open(get_path(delegate, "/change")).value_of("Family name") == "שרה לוי"


# Adding


REGISTERED_BY_TEAM = (
    "The organisers of Tides and Harbours registered you. If you have a question about this, "
    "contact them at tides@conference.example."
)


@pytest.mark.both_databases
def test_the_desk_can_add_a_delegate_with_a_normal_booking(desk: Browser) -> None:
    set_places(3)
    form = desk.open("/organise/delegates").follow("Add a delegate")
    assert "3 places are left." in form.text

    page = form.press("Add", {**NEW, "Name on the badge (optional)": "Zoë!"})

    assert page.heading == "Zoë Ångström"
    assert "The delegate has been added." in page.source
    assert page.summary_list["Organisation"] == "Institute of Light"
    assert page.summary_list["Country"] == "Sweden"
    assert page.summary_list["Registered"].endswith("added by an organiser")
    assert places_now().taken == 1
    delegate = db.session.scalars(select(Delegate)).one()
    assert list_history_entries(delegate) == [("Added by hand", "dora@conference.example")]
    email = get_last_email_to("zoe@example.org")
    assert REGISTERED_BY_TEAM in email.text
    deliver_link = find_link(email, "/booking/")
    assert desk.open(deliver_link).heading == "Your booking"


def test_a_delegate_can_be_added_without_an_email(desk: Browser) -> None:
    form = desk.open("/organise/delegates/_add")

    form.press("Add", {**NEW, "Email them?": "No"})

    assert list_subjects_to("zoe@example.org") == []


@pytest.mark.parametrize("moment", ["2009-01-01T09:00:00+00:00", "2009-06-30T09:00:00+01:00"])
def test_the_desk_can_add_delegates_before_opening_and_after_closing(
    desk: Browser, frozen_time: Any, moment: str
) -> None:
    frozen_time.move_to(moment)
    sign_in(desk, "dora@conference.example", role=DESK)

    assert desk.open("/organise/delegates/_add").press("Add", NEW).heading == "Zoë Ångström"


def test_the_desk_cannot_add_delegates_beyond_the_limit(desk: Browser) -> None:
    set_places(1)
    make_delegate()
    form = desk.open("/organise/delegates/_add")
    assert "All places are taken. You cannot add anyone" in form.text

    page = form.press("Add", NEW, status=422)

    assert page.errors == ["All places are taken"]
    assert page.value_of("Given names") == "Zoë"


def test_the_desk_is_told_of_the_waiting_list_before_adding_a_delegate(desk: Browser) -> None:
    set_places(2)
    make_waiting_list_entry()

    form = desk.open("/organise/delegates/_add")

    assert (
        "2 places are left. People are waiting for a place. Anyone you add gets one before them."
    ) in form.text
    assert form.press("Add", NEW).heading == "Zoë Ångström"
    assert places_now().taken == 1


def test_adding_a_person_who_has_a_booking_is_refused_with_a_link(desk: Browser) -> None:
    known = make_delegate(given_names="ZOË", family_name="Ångström", email="Zoe@example.org")

    page = desk.open("/organise/delegates/_add").press("Add", NEW, status=422)

    assert page.errors == [
        f"There is already a booking with this name and email address {known.reference}"
    ]
    assert page.follow(known.reference).heading == "ZOË Ångström"


def test_a_likely_email_typo_at_the_desk_is_asked_about_once(desk: Browser) -> None:
    typed = {**NEW, "Email address": "zoe@gmial.com"}

    page = desk.open("/organise/delegates/_add").press("Add", typed, status=422)

    assert page.errors == ["Check your email address: did you mean zoe@gmail.com?"]
    assert page.press("Add").heading == "Zoë Ångström"


def test_missing_answers_at_the_desk_are_reported_beside_each_field(desk: Browser) -> None:
    page = desk.open("/organise/delegates/_add").press("Add", status=422)

    assert page.errors == [
        "Enter given names",
        "Enter an email address",
        "Choose a country",
        "Choose at least one day",
    ]


def test_adding_a_delegate_needs_consent_only_for_requirements(desk: Browser) -> None:
    words = "Dietary requirements in their own words (optional)"
    agreed = (
        "They agree that we store their access and dietary requirements until 30 days after the "
        "conference"
    )

    page = desk.open("/organise/delegates/_add").press("Add", {**NEW, words: "No nuts"}, status=422)

    assert page.errors == ["Ask if they agree, then tick the box. We need their consent"]
    assert page.value_of(words) == "No nuts"
    assert page.press("Add", {agreed: True}).heading == "Zoë Ångström"


# Changing


def test_a_change_is_emailed_and_recorded_with_old_and_new_values(desk: Browser) -> None:
    delegate = make_delegate()

    page = (
        desk.open(get_path(delegate))
        .follow("Change booking")
        .press(
            "Save", {"Organisation (optional)": "Royal Society", "Days": ["Thursday 11 June 2009"]}
        )
    )

    assert page.summary_list["Organisation"] == "Royal Society"
    assert list_history_entries(delegate) == [
        ("Changed: organisation, days", "dora@conference.example")
    ]
    told = desk.open(get_path(delegate)).text
    assert "Organisation before: Analytical Society → after: Royal Society" in told
    both, one = "Wednesday 10 June 2009, Thursday 11 June 2009", "Thursday 11 June 2009"
    assert f"Days before: {both} → after: {one}" in told
    letter = get_last_email_to("ada@example.org").text
    assert "Before: Analytical Society" in letter
    assert "Now: Royal Society" in letter
    assert len(desk.open("/organise/delegates?q=royal").rows) == 1


@pytest.mark.both_databases
def test_viewers_can_read_and_search_old_and_new_values_in_the_history(
    desk: Browser, new_browser: Browsers
) -> None:
    delegate = make_delegate(country="GB", role="")
    typed: dict[str, Answer] = {"Country": "Sweden", "Role (optional)": "=Pilot"}
    desk.open(get_path(delegate, "/change")).press("Save", typed)
    viewer = sign_in(new_browser(), "vera@conference.example", role=VIEWER)

    page = viewer.open("/organise/history?q=sweden")
    file = viewer.open("/organise/history/history.csv")

    assert page.text_by_id("count") == "1 entry"
    assert "Country before: United Kingdom → after: Sweden" in page.text
    assert "Role Not given → after: =Pilot" in page.text
    assert "Undo" not in page.source
    assert "Role: Not given → =Pilot\nCountry: United Kingdom → Sweden" in file.source
    assert "Country before: United Kingdom → after: Sweden" in viewer.open(get_path(delegate)).text
    assert "No entries found" in viewer.open("/organise/history?q=denmark").headings


def test_a_delegate_can_be_changed_without_an_email(desk: Browser) -> None:
    delegate = make_delegate()
    choice = {"Email the delegate?": "No"}

    desk.open(get_path(delegate, "/change")).press("Save", {"Given names": "Augusta", **choice})

    assert list_subjects_to("ada@example.org") == []
    assert len(desk.open("/organise/delegates?q=augusta").rows) == 1


def test_saving_a_delegate_without_changes_does_nothing(desk: Browser) -> None:
    delegate = make_delegate()

    page = desk.open(get_path(delegate, "/change")).press("Save")

    assert "Nothing was changed" in page.source
    assert list_history_entries(delegate) == []
    assert list_subjects_to("ada@example.org") == []


@pytest.mark.both_databases
def test_a_stale_edit_of_a_delegate_shows_both_versions(
    desk: Browser, new_browser: Browsers
) -> None:
    delegate = make_delegate()
    other = sign_in(new_browser(), "olga@conference.example")
    mine, theirs = (
        desk.open(get_path(delegate, "/change")),
        other.open(get_path(delegate, "/change")),
    )
    theirs.press("Save", {"Organisation (optional)": "Royal Society"})

    page = mine.press("Save", {"Given names": "Augusta"}, status=409)

    assert page.rows == [
        {"": "Given names", "Saved now": "Ada", "Yours": "Augusta"},
        {"": "Organisation", "Saved now": "Royal Society", "Yours": "Analytical Society"},
    ]
    assert page.value_of("Given names") == "Augusta"
    done = page.press("Save", {"Organisation (optional)": "Royal Society"})
    assert (done.summary_list["Name"], done.summary_list["Organisation"]) == (
        "Augusta Lovelace",
        "Royal Society",
    )


def test_renaming_a_delegate_to_another_booked_person_is_refused(desk: Browser) -> None:
    make_delegate()
    delegate = make_delegate(given_names="Grace")

    page = desk.open(get_path(delegate, "/change")).press(
        "Save", {"Given names": "Ada"}, status=422
    )

    assert page.errors == ["There is already another booking with this name and email address"]
    assert desk.open(get_path(delegate)).heading == "Grace Lovelace"


# The address


@pytest.mark.both_databases
def test_correcting_an_email_address_emails_both_addresses(desk: Browser) -> None:
    delegate = make_delegate(pending_email="typo@example.org", pending_email_key="a key")
    before = delegate.access_key

    page = (
        desk.open(get_path(delegate))
        .follow("Correct email address")
        .press("Correct email address", {"Correct email address": "ada@example.com"})
    )

    assert page.summary_list["Email address"] == "ada@example.com"
    assert list_subjects_to("ada@example.org") == [
        f"The email address for your booking has been corrected: {delegate.reference}"
    ]
    assert "ada@example.com" not in get_last_email_to("ada@example.org").text
    assert (
        desk.open(find_link(get_last_email_to("ada@example.com"), "/booking/")).heading
        == "Your booking"
    )
    db.session.refresh(delegate)
    assert delegate.access_key != before
    assert (delegate.pending_email, delegate.pending_email_key) == ("", None)
    assert list_history_entries(delegate) == [
        ("The email address was corrected", "dora@conference.example")
    ]
    told = "Email address before: ada@example.org → after: ada@example.com"
    assert told in desk.open(get_path(delegate)).text
    assert len(desk.open("/organise/delegates?q=example.com").rows) == 1


def test_correcting_a_wrong_email_address_can_skip_the_old_one(desk: Browser) -> None:
    delegate = make_delegate()
    form = desk.open(get_path(delegate, "/address"))

    form.press(
        "Correct email address",
        {
            "Correct email address": "ada@example.com",
            "Email the old address too?": "No, it was never theirs or is no longer used",
        },
    )

    assert list_subjects_to("ada@example.org") == []
    assert len(list_subjects_to("ada@example.com")) == 1


def test_a_correction_is_suggested_for_a_likely_email_typo(desk: Browser) -> None:
    form = desk.open(get_path(make_delegate(email="ada@example.og"), "/address"))

    assert form.value_of("Correct email address") == "ada@example.org"
    assert "looks mistyped, so this is a suggestion" in form.text
    page = form.press("Correct email address")
    assert page.summary_list["Email address"] == "ada@example.org"


def test_a_plausible_email_address_is_shown_without_suggestion(desk: Browser) -> None:
    form = desk.open(get_path(make_delegate(email="ada@example.org"), "/address"))

    assert form.value_of("Correct email address") == "ada@example.org"
    assert "looks mistyped" not in form.text


def test_the_desk_cannot_correct_an_address_to_itself(desk: Browser) -> None:
    form = desk.open(get_path(make_delegate(), "/address"))

    page = form.press(
        "Correct email address", {"Correct email address": "ADA@example.org"}, status=422
    )

    assert page.errors == ["This is the email address we already have. Enter a different one"]


def test_a_stale_email_correction_shows_both_versions(desk: Browser, new_browser: Browsers) -> None:
    delegate = make_delegate()
    label = "Correct email address"
    other = sign_in(new_browser(), "olga@conference.example")
    mine, theirs = (
        desk.open(get_path(delegate, "/address")),
        other.open(get_path(delegate, "/address")),
    )
    theirs.press("Correct email address", {label: "one@example.org"})

    page = mine.press("Correct email address", {label: "two@example.org"}, status=409)

    assert page.rows == [
        {"": "Email address", "Saved now": "one@example.org", "Yours": "two@example.org"}
    ]
    done = page.press("Correct email address")
    assert done.summary_list["Email address"] == "two@example.org"


# Cancelling, writing again, erasing


@pytest.mark.parametrize("choice", ["Yes, send the cancellation email", "No"])
def test_a_booking_cancelled_at_the_desk_frees_its_place_immediately(
    desk: Browser, choice: str
) -> None:
    set_places(1)
    delegate = make_delegate()
    sure = desk.open(get_path(delegate)).follow("Cancel booking")
    assert sure.heading == "Cancel the booking for Ada Lovelace?"

    page = sure.press("Cancel booking", {"Email the delegate?": choice})

    assert "Cancelled at 9:30am" in page.text
    assert places_now().taken == 0
    assert len(list_subjects_to("ada@example.org")) == (1 if choice.startswith("Yes") else 0)
    assert list_history_entries(delegate) == [("Cancelled", "dora@conference.example")]
    assert "has been cancelled" in desk.open(get_path(delegate, "/cancel")).source
    assert "has been cancelled" in desk.open(get_path(delegate, "/change")).source


def test_the_confirmation_is_sent_again_with_current_details(desk: Browser) -> None:
    delegate = make_delegate()
    desk.open(get_path(delegate)).follow("Send confirmation again").press("Send email")
    deliver_emails()
    (file,) = (Path(current_app.instance_path) / "mail").glob(f"*{delegate.reference}*.eml")
    assert "You have a place at the conference" in file.read_text()
    assert list_emails_to("ada@example.org")[0].text == ""

    desk.open(get_path(delegate, "/cancel")).press("Cancel booking", {"Email the delegate?": "No"})
    desk.open(get_path(delegate)).follow("Send cancellation email again").press("Send email")

    assert "has been cancelled" in get_last_email_to("ada@example.org").text
    assert [sentence for sentence, _ in list_history_entries(delegate)] == [
        "The confirmation was sent again",
        "Cancelled",
        "The cancellation email was sent again",
    ]


def test_the_desk_can_erase_a_cancelled_delegate(desk: Browser) -> None:
    delegate = make_delegate(access="Step-free")
    assert "Cancel the booking first" in desk.open(get_path(delegate, "/erase")).text
    desk.open(get_path(delegate, "/change")).press("Save", {"Given names": "Augusta"})
    desk.open(get_path(delegate, "/cancel")).press("Cancel booking")

    page = desk.open(get_path(delegate)).follow("Delete details").press("Delete permanently")

    assert page.heading == "Deleted booking"
    assert "Lovelace" not in page.source
    assert "Ada" not in page.text
    assert [row for row in list_history_entries(delegate) if "Ada" in row[0]] == []
    assert "Changed: given names" in page.text
    assert "Augusta" not in page.source
    db.session.refresh(delegate)
    assert (delegate.search_text, delegate.name_sort_key, delegate.organisation_sort_key) == (
        "",
        "",
        "",
    )
    assert desk.open("/organise/delegates?q=lovelace").rows == []
    for deed in ("/erase", "/letter", "/change", "/address", "/cancel"):
        assert desk.open(get_path(delegate, deed)).heading == "Deleted booking"


# Needs


def test_showing_requirements_is_recorded_in_the_history(desk: Browser) -> None:
    delegate = make_delegate(access="Hearing loop", dietary="Vegan")
    page = desk.open(get_path(delegate))
    assert "Hearing loop" not in page.source
    assert "Hearing loop" not in desk.open("/organise/delegates").source

    page = desk.open(get_path(delegate)).press("Show requirements")

    assert page.heading == "Access and dietary requirements of Ada Lovelace"
    assert page.value_of("Access requirements in their own words (optional)") == "Hearing loop"
    assert page.value_of("Dietary requirements in their own words (optional)") == "Vegan"
    assert list_history_entries(delegate) == [
        ("The access and dietary requirements were viewed", "dora@conference.example")
    ]


def test_changed_requirements_are_not_repeated_in_email_or_history(desk: Browser) -> None:
    delegate = make_delegate(access="Hearing loop")

    page = (
        desk.open(get_path(delegate))
        .press("Show requirements")
        .press("Save", {"Dietary requirements in their own words (optional)": "Nuts"})
    )

    assert "The booking has been saved." in page.source
    assert (
        list_history_entries(delegate)[-1][0] == "The access or dietary requirements were changed"
    )
    assert db.session.scalars(select(PersonalDetails)).all() == []
    assert "Nuts" not in get_last_email_to("ada@example.org").text
    assert get_requirements(delegate) == ("Hearing loop", "Nuts")


def test_a_stale_edit_of_requirements_shows_both_versions(
    desk: Browser, new_browser: Browsers
) -> None:
    delegate = make_delegate(dietary="Vegan")
    label = "Dietary requirements in their own words (optional)"
    other = sign_in(new_browser(), "olga@conference.example")
    mine = desk.open(get_path(delegate)).press("Show requirements")
    other.open(get_path(delegate)).press("Show requirements").press("Save", {label: "Halal"})

    page = mine.press("Save", {label: "Kosher"}, status=409)

    assert page.rows == [{"": "Dietary requirements", "Saved now": "Halal", "Yours": "Kosher"}]
    assert page.value_of(label) == "Kosher"


def test_a_viewer_can_read_bookings_but_no_requirements(visitor: Browser) -> None:
    viewer = sign_in(visitor, "vera@conference.example", role=VIEWER)
    delegate = make_delegate(access="Hearing loop")

    page = viewer.open(get_path(delegate))

    assert page.summary_list["Email address"] == "ada@example.org"
    assert "Show requirements" not in page.buttons
    assert "needs" not in page.text
    assert [one for one in page.links if "Change the" in one or "Correct" in one] == []
    listed = viewer.open("/organise/delegates")
    assert "Add a delegate" not in listed.links
    assert [one for one in listed.buttons if "Download" in one] == []


def test_the_data_export_hides_which_organiser_acted(desk: Browser) -> None:
    delegate = make_delegate()
    desk.open(get_path(delegate)).press("Show requirements")
    db.session.rollback()

    assert data_export.export_delegate(delegate)["history"][0]["who"] == "the organisers"


def test_an_unknown_booking_reference_is_not_found(desk: Browser) -> None:
    page = desk.open("/organise/delegates/XXXX9999", status=404)

    assert "There is no booking with that reference" in page.text
