"""Organisers invite speakers, remind them, see what they ask, and say who keeps what."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from app import clock
from app.accounts.models import DESK, EDITOR, VIEWER
from app.database import db
from app.mail.models import Email
from app.programme.models import Speaker
from app.speakers import questions
from app.speakers.models import (
    ANOTHER_TIME,
    ItemDeadline,
    SessionOwner,
    SpeakerAccess,
    SpeakerMailing,
    SpeakerRequest,
)
from tests.browser import Browser, Browsers
from tests.factories import (
    get_ada_marsh,
    grant_speaker_access,
    make_speaker,
    save,
    sign_in,
    sign_in_speaker,
)
from tests.lookups import list_history
from tests.sent_emails import find_sign_in_link, read_email

ADA, JOAO = "ada@example.org", "joao@example.org"
GRACE = "grace@conference.example"


@pytest.fixture
def joao() -> Speaker:
    found = db.session.scalars(select(Speaker).where(Speaker.slug == "joao-mare")).one()
    found.contact_address = JOAO
    db.session.commit()
    return found


@pytest.fixture
def ada() -> Speaker:
    found = get_ada_marsh()
    found.contact_address = ADA
    db.session.commit()
    return found


def list_emails() -> list[Email]:
    return list(db.session.scalars(select(Email).order_by(Email.id)))


def make_speaker_request(speaker: Speaker, kind: str = ANOTHER_TIME) -> SpeakerRequest:
    about = {"kind": kind, "message": "The train arrives at noon", "actor": ADA}
    return save(SpeakerRequest(speaker_id=speaker.id, requested_at=clock.now(), **about))


# Inviting


def test_all_unconfirmed_speakers_can_be_invited_after_an_email_preview(
    organiser: Browser, ada: Speaker, joao: Speaker, new_browser: Browsers
) -> None:
    ada.confirmed_at = clock.now()
    db.session.commit()
    organiser.open("/organise/speaking")

    look = organiser.page.follow("Invite all unconfirmed speakers")
    nothing_yet = list_emails()
    done = look.press("Send 1 email")

    assert "1 person will get this email. Nothing has been sent yet." in look.text
    assert "Dear João Maré," in look.text
    assert nothing_yet == []
    assert "We are sending the emails." in done.source
    (letter,) = list_emails()
    assert (letter.recipient, letter.is_secret) == (JOAO, True)
    invited = new_browser()
    invited.open(find_sign_in_link(letter))
    assert invited.press("Sign in").heading == "João Maré"


def test_one_speaker_is_invited_from_their_page(organiser: Browser, ada: Speaker) -> None:
    organiser.open("/organise/speakers/ada-marsh").follow("This speaker’s pages")

    organiser.page.follow("Invite").press("Send 1 email")

    assert [letter.recipient for letter in list_emails()] == [ADA]
    assert "ada@example.org was given access to the pages of Ada Marsh" in list_history(
        "speaker ada-marsh"
    )
    assert "Ada Marsh was invited" in list_history("speaker ada-marsh")


def test_several_speakers_can_be_invited_from_the_list(
    organiser: Browser, ada: Speaker, joao: Speaker
) -> None:
    page = organiser.open("/organise/speakers")

    look = page.press("Invite", {"Select Ada Marsh": True, "Select João Maré": True})
    look.press("Send 2 emails")

    assert sorted(letter.recipient for letter in list_emails()) == [ADA, JOAO]


def test_a_preview_of_speaker_emails_has_a_url_for_its_author_only(
    organiser: Browser, ada: Speaker, joao: Speaker, new_browser: Browsers
) -> None:
    page = organiser.open("/organise/speakers").press("Invite", {"Select Ada Marsh": True})
    page = page.press("Preview with your message", {"Your message (optional)": "Bring a coat"})

    address = "/organise/speaking/letters/invitation?preview=1"
    assert page.address == address
    again = organiser.open(address)
    assert "Bring a coat" in again.text
    assert again.value_of("Your message (optional)") == "Bring a coat"
    other = sign_in(new_browser(), "otto@conference.example").open(address)
    assert "There is nobody to email now." in other.text
    organiser.open(address).press("Send 1 email")
    assert [letter.recipient for letter in list_emails()] == [ADA]
    assert "There is nobody to email now." in organiser.open(address).text


def test_inviting_without_a_selection_emails_nobody(organiser: Browser, ada: Speaker) -> None:
    look = organiser.open("/organise/speakers").press("Invite")

    assert "There is nobody to email now." in look.text


def test_speakers_emailed_less_than_three_days_ago_are_not_invited_again(
    organiser: Browser, ada: Speaker, joao: Speaker
) -> None:
    for _ in range(2):
        look = organiser.open("/organise/speaking/letters/invitation?chosen=ada-marsh")
        if "Send 1 email" in look.buttons:
            look.press("Send 1 email")

    assert "Ada Marsh was emailed less than 3 days ago" in organiser.page.text
    assert len(list_emails()) == 1


@pytest.mark.both_databases
def test_submitting_a_batch_of_speaker_emails_twice_sends_it_once(
    organiser: Browser, ada: Speaker
) -> None:
    look = organiser.open("/organise/speaking/letters/invitation?chosen=ada-marsh")

    look.press("Send 1 email")
    look.press("Send 1 email")

    assert len(list_emails()) == 1
    assert len(db.session.scalars(select(SpeakerAccess)).all()) == 1


def test_the_invitation_preview_names_speakers_without_an_email_address(organiser: Browser) -> None:
    page = organiser.open("/organise/speaking/letters/invitation")

    assert "Ada Marsh has no contact email address" in page.text
    assert "Send" not in " ".join(page.buttons)


def test_an_unknown_speaker_email_type_is_not_found(organiser: Browser) -> None:
    organiser.open("/organise/speaking/letters/bill", status=404)


@pytest.mark.parametrize("letter", ["invitation", "reminder"])
def test_a_speaker_email_preview_needs_a_constant_number_of_queries(
    organiser: Browser, queries: list[str], letter: str
) -> None:
    asked = []
    for number in range(3):
        grant_speaker_access(
            make_speaker(contact_address=f"{number}@example.org"), f"{number}@example.org"
        )
        organiser.open(f"/organise/speaking/letters/{letter}")
        queries.clear()
        organiser.open(f"/organise/speaking/letters/{letter}")
        asked.append(len([one for one in queries if not one.startswith("SELECT site_state.")]))

    assert asked[0] == asked[1] == asked[2]
    assert asked[0] <= 8


def test_sixty_speakers_can_be_emailed_at_once(organiser: Browser) -> None:
    speakers = [make_speaker(contact_address=f"{number}@example.org") for number in range(60)]

    page = organiser.open("/organise/speaking/letters/invitation")

    assert "60 people will get this email." in page.text
    assert {one.name for one in speakers} <= set(page.text.replace(",", " ").split())
    page.press("Send 60 emails")
    assert len(list_emails()) == 60


# Reminding, thanking


def test_only_speakers_with_open_checklist_items_are_reminded(
    organiser: Browser, ada: Speaker, joao: Speaker
) -> None:
    grant_speaker_access(ada, ADA)
    save(ItemDeadline(item="travel", due_on=clock.now().date() + timedelta(days=9)))

    look = organiser.open("/organise/speaking").follow("Remind speakers with open tasks")
    look.press("Send 1 email")

    (letter,) = list_emails()
    assert letter.subject == "Reminder: your tasks for Tides and Harbours"
    assert "- Travel and arrival (due by Thursday 21 May 2009)" in read_email(letter).text
    again = organiser.open("/organise/speaking/letters/reminder")
    assert "Ada Marsh was emailed less than 3 days ago" in again.text


def test_assistants_are_reminded_with_their_own_sign_in_link(
    organiser: Browser, ada: Speaker
) -> None:
    grant_speaker_access(ada, ADA)
    grant_speaker_access(ada, "helper@example.org", is_assistant=True)

    organiser.open("/organise/speaking/letters/reminder").press("Send 1 email")

    assert [letter.recipient for letter in list_emails()] == [ADA, "helper@example.org"]
    assert len({find_sign_in_link(letter) for letter in list_emails()}) == 2


def test_speakers_who_took_part_are_thanked_once(
    organiser: Browser, ada: Speaker, joao: Speaker
) -> None:
    ada.confirmed_at = clock.now()
    save(
        SpeakerMailing(
            speaker_id=joao.id, template="speaker_thanks", sent_at=clock.now(), actor=GRACE
        )
    )
    joao.confirmed_at = clock.now()
    db.session.commit()

    look = organiser.open("/organise/speaking").follow("Send thank-you emails")
    look.press("Send 1 email")

    assert "João Maré has already been thanked" in look.text
    assert [letter.subject for letter in list_emails()] == [
        "Thank you for speaking at Tides and Harbours"
    ]


def test_speaker_deadlines_can_be_set_and_removed(organiser: Browser) -> None:
    form = organiser.open("/organise/speaking").follow("Change deadlines")
    assert "your" not in form.text.lower().replace("your account", "")
    assert {"Profile", "Place at the conference"} <= set(form.labels)

    page = organiser.press("Save", {"Travel and arrival": "2009-05-20"})
    as_it_was = page.follow("Change deadlines").press("Save")
    wrong = as_it_was.follow("Change deadlines")
    refused = wrong.press("Save", {"Travel and arrival": "soon"}, status=422)
    refused.press("Save", {"Travel and arrival": ""})

    assert page.summary_list["Travel and arrival"] == "Wednesday 20 May 2009"
    assert "There were no changes to save" in as_it_was.source
    assert refused.errors == ["Enter a date, like 2008-10-06"]
    assert db.session.scalars(select(ItemDeadline)).all() == []


# What speakers ask


def test_speaker_requests_are_shown_on_dashboard_and_session_until_closed(
    organiser: Browser, ada: Speaker
) -> None:
    make_speaker_request(ada)

    home = organiser.open("/organise")
    listed = organiser.open("/organise/sessions")
    session = organiser.open("/organise/sessions/opening")
    waiting = session.follow("Read the request")
    done = waiting.press("Close without an answer: Ada Marsh has asked for another time")

    assert "1 speaker who has asked for another time or withdrawn" in home.text
    assert "Asked for another time" in listed.text
    assert "Ada Marsh has asked for another time" in session.text
    assert "The train arrives at noon" in waiting.text
    assert "No open requests." in done.text
    assert "another time" not in organiser.open("/organise/sessions/opening").text
    assert "The request of Ada Marsh was closed" in list_history("speaker ada-marsh")


def test_speaker_requests_are_paginated(organiser: Browser, queries: list[str]) -> None:
    for number in range(52):
        make_speaker_request(make_speaker(name=f"Speaker {number:02}", slug=f"speaker-{number:02}"))
    organiser.open("/organise/speaking")  # what every page reads once
    queries.clear()

    page = organiser.open("/organise/speaking")

    assert len([one for one in queries if "site_state" not in one]) <= 8
    about = "Answer: Speaker "
    assert [one for one in page.links if one.startswith(about)] == [
        f"{about}{number:02}" for number in range(50)
    ]
    page = page.follow("Next page →")
    assert [one for one in page.links if one.startswith(about)] == [f"{about}50", f"{about}51"]
    page = page.press("Close without an answer: Speaker 51 has asked for another time")
    page = organiser.open("/organise/speaking?page=9")
    assert f"{about}00" in page.follow("Go to the first page").links


def test_sessions_of_a_withdrawn_speaker_are_flagged(
    organiser: Browser, ada: Speaker, new_browser: Browsers
) -> None:
    sign_in_speaker(new_browser(), ada).open("/speak/ada-marsh/taking-part").press(
        "Send",
        {"Are you taking part?": "No, I cannot take part", "Your message": "I am ill"},
    ).press("Withdraw")

    listed = organiser.open("/organise/sessions")
    session = organiser.open("/organise/sessions/opening")

    assert listed.text.count("Speaker withdrew") == 3
    assert "Ada Marsh has withdrawn" in session.text
    assert "I am ill" in session.follow("Read the request").text


def test_closing_a_speaker_request_twice_is_recorded_once(organiser: Browser, ada: Speaker) -> None:
    make_speaker_request(ada)
    page = organiser.open("/organise/speaking")

    for _ in range(2):
        page.press("Close without an answer: Ada Marsh has asked for another time")

    assert len(list_history("speaker ada-marsh")) == 1
    organiser.open("/organise/speaking")


# Who keeps what


def test_organisers_see_the_checklist_and_answers_and_can_remove_access(
    organiser: Browser, ada: Speaker, new_browser: Browsers
) -> None:
    helper = sign_in_speaker(new_browser(), ada, "helper@example.org", is_assistant=True)
    helper.open("/speak/ada-marsh/travel").press(
        "Save", {"How and when will you arrive and leave? (optional)": "By train"}
    )

    page = organiser.open("/organise/speaking/speakers/ada-marsh")
    assert [one for one in page.summary_list if " your" in f" {one.lower()}"] == []
    assert page.summary_list["Confirm whether they are taking part"] == "To do"
    assert page.summary_list["When they are not available"] == "To do"
    page.press("Remove access: helper@example.org")

    assert page.summary_list["Travel and arrival"] == "By train"
    helper.open("/speak/ada-marsh", status=403)
    helper.open("/speak", status=403)


@pytest.mark.parametrize(("role", "status"), [(DESK, 200), (EDITOR, 403), (VIEWER, 403)])
def test_only_organisers_and_desk_see_speaker_requirements_and_each_view_is_recorded(
    visitor: Browser, ada: Speaker, role: str, status: int
) -> None:
    sign_in_speaker(visitor, ada).open("/speak/ada-marsh/access-needs").press(
        "Save", {"What are your access requirements? (optional)": "A ramp"}
    )
    sign_in(visitor, "other@conference.example", role)
    page = visitor.open("/organise/speaking/speakers/ada-marsh")

    assert "A ramp" not in page.text
    assert ("Show requirements" in page.buttons) is (status == 200)
    if status == 200:
        shown = page.press("Show requirements")
        assert "A ramp" in shown.text
        assert "The access requirements of Ada Marsh were viewed" in list_history(
            "speaker ada-marsh"
        )
    assert questions.get_answer(ada, questions.NEEDS)["access"] == "A ramp"


def test_a_session_owner_can_edit_its_text_without_being_a_speaker(
    organiser: Browser, new_browser: Browsers
) -> None:
    save(ItemDeadline(item="texts", due_on=date(2009, 5, 20)))
    organiser.open("/organise/sessions/opening").follow("Choose who writes the text")

    done = organiser.press("Save owner", email_address="owner@example.org")
    organiser.open("/organise/speaking/sessions/opening/owner").press(
        "Save owner", email_address="owner@example.org"
    )

    assert "The owner has been saved." in done.source
    (letter,) = list_emails()
    lines = read_email(letter).text.splitlines()
    assert {"Time: 9:30am to 10:30am", "Room: Great hall"} <= {*lines}
    assert "Day: Wednesday 10 June 2009" in lines
    assert "Please finish by Wednesday 20 May 2009." in lines
    owner = new_browser()
    owner.open(find_sign_in_link(letter))
    page = owner.press("Sign in")
    assert page.heading == "Your sessions"
    assert "Opening" in page.text
    organiser.open("/organise/speaking/sessions/opening/owner").press("Remove owner")
    owner.open("/speak", status=403)
    assert db.session.scalars(select(SessionOwner)).all() == []


def test_removing_a_session_owner_twice_is_not_an_error(organiser: Browser) -> None:
    organiser.open("/organise/speaking/sessions/opening/owner")
    organiser.press("Save owner", email_address="owner@example.org")
    page = organiser.open("/organise/speaking/sessions/opening/owner")

    page.press("Remove owner")
    page.press("Remove owner")

    assert len(list_history("session opening")) == 2


def test_merging_speakers_keeps_access_to_their_pages(
    organiser: Browser, ada: Speaker, new_browser: Browsers
) -> None:
    twin = make_speaker(name="Ada Marsh", slug="ada-marsh-2", key="ada-marsh-2")
    keeper = sign_in_speaker(new_browser(), twin, ADA)
    grant_speaker_access(twin, "helper@example.org", is_assistant=True)
    organiser.open("/organise/speakers/ada-marsh/merge/ada-marsh-2")

    organiser.press(organiser.page.buttons[0])

    assert keeper.open("/speak").address.endswith("/speak/ada-marsh")


# An address that was wrong


@pytest.mark.both_databases
def test_correcting_a_speaker_email_address_invites_it_and_revokes_the_old_one(
    organiser: Browser, ada: Speaker, new_browser: Browsers
) -> None:
    organiser.open("/organise/speaking/letters/invitation?chosen=ada-marsh").press("Send 1 email")
    stranger = new_browser()
    stranger.open(find_sign_in_link(list_emails()[-1]))
    stranger.press("Sign in")
    organiser.open("/organise/speakers/ada-marsh/change")

    page = organiser.press("Save", {"Contact email address": "ada.marsh@example.org"})

    assert f"{ADA} still has access to this speaker’s pages" in page.text
    shut = "Remove the old address and invite the new one"
    page = organiser.press(shut)
    assert "We are sending an invitation to the contact email address." in page.source
    assert shut not in page.buttons
    assert stranger.fetch("GET", "/speak/ada-marsh").status_code == 403
    assert list_emails()[-1].recipient == "ada.marsh@example.org"
    invited = new_browser()
    invited.open(find_sign_in_link(list_emails()[-1]))
    assert invited.press("Sign in").heading == "Ada Marsh"
    assert f"{ADA} no longer has access to the pages of Ada Marsh" in list_history(
        "speaker ada-marsh"
    )


def test_an_invitation_goes_to_the_current_contact_address(
    organiser: Browser, ada: Speaker
) -> None:
    grant_speaker_access(ada, "old@example.org")

    organiser.open("/organise/speaking/letters/invitation?chosen=ada-marsh").press("Send 1 email")

    assert [one.recipient for one in list_emails()] == [ADA]
