"""All other admin actions by keyboard and screen reader in a real browser."""

from pathlib import Path

import pytest
from sqlalchemy import select

from app import clock
from app.accounts.two_factor import totp
from app.database import db, transaction
from app.delegates.categories.models import BY_INTEREST
from app.delegates.models import LinkedAgenda
from app.mail import domains
from app.mail.models import FAILED, EmailReply
from app.mailings import notices
from app.mailings.models import MailingRecipient
from app.programme.models import BOOKABLE
from app.registration.invitations.models import InvitationCode
from app.registration.requirement_cases import services as requirement_cases
from tests.factories import (
    SMALL_CONFERENCE,
    make_agenda,
    make_application,
    make_category,
    make_delegate,
    make_email,
    make_interest,
    make_login_session,
    make_mailing,
    make_organiser,
    make_question,
    make_session,
    make_waiting_list_entry,
    publish_programme,
    save,
    set_places,
)
from tests.keyboard_user import KeyboardUser
from tests.lookups import get_session
from tests.programme.sample_pictures import make_logo, make_picture

ADA = "/organise/delegates/GHJK2345"


@pytest.mark.walks("admin.publishing.roll_back", "admin.publishing.publish")
def test_publishing_and_rolling_back_by_keyboard(keyboard_user: KeyboardUser) -> None:
    make_session(title="Knots", starts_at=None)
    db.session.commit()
    keyboard_user.open("/organise/publishing")
    keyboard_user.expect_text("Knots")
    keyboard_user.press("Add a note or schedule the release")
    keyboard_user.fill("Note (optional)", "More to learn")
    keyboard_user.press("Continue")
    keyboard_user.press("Publish now")
    keyboard_user.expect_announcement("Published. This release is public now.")
    keyboard_user.press("Releases")
    keyboard_user.press("Show differences")
    assert keyboard_user.heading == "Changes from release 1 to release 2"
    keyboard_user.open("/organise/publishing/releases/1")
    keyboard_user.press("Restore this release")
    keyboard_user.fill("Reason for restoring (optional)", "Too soon")
    keyboard_user.press("Restore release 1")
    keyboard_user.expect_announcement("This release is public again.")


@pytest.mark.walks("admin.notices.prepare", "admin.notices.drop")
def test_notices_of_change_by_keyboard(keyboard_user: KeyboardUser) -> None:
    with transaction():
        notices.prepare()
    delegate = make_delegate()
    save(LinkedAgenda(delegate_id=delegate.id, agenda_id=make_agenda("harbour-walls").id))
    get_session("harbour-walls").title = "Walls"
    db.session.commit()
    publish_programme()
    with transaction():
        notices.prepare()
    keyboard_user.open("/organise/publishing/releases/2")
    keyboard_user.press("Choose what to tell them")
    keyboard_user.press("Prepare emails")
    keyboard_user.expect_announcement("The emails are prepared.")
    keyboard_user.open("/organise/notices")
    keyboard_user.press("Notify nobody")
    keyboard_user.press("Notify nobody")
    keyboard_user.expect_announcement("Nobody will be notified of these changes.")


@pytest.mark.walks(
    "admin.publishing.cancel_scheduled",
    "admin.publishing.edit_scheduled",
    "admin.publishing.publish",
)
def test_scheduling_a_release_by_keyboard(keyboard_user: KeyboardUser) -> None:
    keyboard_user.open("/organise/publishing/publish")
    keyboard_user.choose_radio("Now", "Schedule for later")
    keyboard_user.fill("Day", "2009-05-20")
    keyboard_user.fill("Time", "09:30")
    keyboard_user.press("Continue")
    keyboard_user.press("Schedule release")
    keyboard_user.expect_announcement("The release is scheduled.")
    keyboard_user.press("Reschedule")
    keyboard_user.fill("Time", "10:30")
    keyboard_user.press("Save")
    keyboard_user.expect_text("10:30am")
    keyboard_user.press("Cancel scheduled release")
    keyboard_user.press("Cancel scheduled release")
    keyboard_user.expect_announcement("The scheduled release has been cancelled.")


@pytest.mark.walks("admin.preview_links.new", "admin.preview_links.revoke")
@pytest.mark.without_scripts("a button copies the link; without scripts it is hidden")
def test_previews_and_rehearsals_by_keyboard(keyboard_user: KeyboardUser) -> None:
    keyboard_user.open("/organise/previews")
    keyboard_user.press("Create a preview link")
    keyboard_user.press("Create link")
    keyboard_user.expect_announcement("Enter who the link is for")
    keyboard_user.fill("Who is it for?", "The board")
    keyboard_user.choose_radio("1 week", "1 month")
    keyboard_user.press("Create link")
    keyboard_user.press("View all preview links")
    keyboard_user.press("Withdraw the link for The board")
    keyboard_user.expect_announcement("The link has been withdrawn and no longer works.")
    keyboard_user.open("/organise/rehearsal")
    keyboard_user.press("1pm on Wednesday 10 June 2009")
    keyboard_user.press("Leave the rehearsal")


@pytest.mark.walks(
    "admin.import_export.retry",
    "admin.import_export.discard",
    "admin.import_export.dry_run",
    "admin.import_export.upload",
    "admin.import_export.columns",
    "admin.import_export.undo",
)
def test_importing_and_exporting_files_by_keyboard(
    keyboard_user: KeyboardUser, tmp_path: Path
) -> None:
    part = tmp_path / "part.json"
    words = SMALL_CONFERENCE.read_text(encoding="utf-8").replace("Reading the tide", "Tide tables")
    part.write_text(words, encoding="utf-8")
    keyboard_user.open("/organise/files")
    name = "Download sessions.xlsx, working version"
    assert keyboard_user.download(name).endswith(".xlsx")
    keyboard_user.open("/organise/files")
    keyboard_user.press("Load a programme")
    keyboard_user.press("Preview changes")
    keyboard_user.expect_announcement("Choose a file")
    keyboard_user.attach_file("Programme file", str(part))
    keyboard_user.press("Preview changes")
    keyboard_user.expect_text("Nothing has been changed yet.")
    keyboard_user.press("Treat as part of the programme")
    keyboard_user.press("Delete file")
    keyboard_user.expect_announcement("The file has been deleted.")
    table = tmp_path / "table.csv"
    table.write_text("Was,Wo,Farbe\nHarbour walls,Great hall,tea\n", encoding="utf-8")
    keyboard_user.press("Load a programme")
    keyboard_user.attach_file("Programme file", str(table))
    keyboard_user.press("Preview changes")
    keyboard_user.expect_text("We will remember your choices")
    keyboard_user.choose("Column A: Was", "Title of the s")
    keyboard_user.choose("Column B: Wo", "Title of the s")
    keyboard_user.press("Preview changes")
    keyboard_user.expect_announcement("for only one column")
    keyboard_user.choose("Column B: Wo", "Room")
    keyboard_user.press("Preview changes")
    keyboard_user.expect_text("Nothing has been changed yet.")
    keyboard_user.press("Delete file")
    keyboard_user.press("Load a programme")
    keyboard_user.attach_file("Programme file", str(part))
    keyboard_user.press("Preview changes")
    keyboard_user.press("Load programme")
    keyboard_user.expect_announcement("The programme has been loaded.")
    keyboard_user.open("/organise/files")
    keyboard_user.press("Undo import")
    keyboard_user.expect_announcement("The import has been undone.")


@pytest.mark.walks(
    "admin.start.example", "admin.start.keep", "admin.start.new", "admin.start.texts"
)
def test_starting_a_new_conference_by_keyboard(keyboard_user: KeyboardUser) -> None:
    keyboard_user.open("/organise/start/texts")
    keyboard_user.press("Delete these texts")
    keyboard_user.expect_announcement("The example’s texts have been deleted.")
    keyboard_user.open("/organise/settings")
    keyboard_user.press("Start a new conference")
    keyboard_user.press("Continue")
    keyboard_user.expect_announcement("Enter the title of the conference")
    keyboard_user.fill("Title", "Winds")
    keyboard_user.fill("First day", "2010-03-04")
    keyboard_user.fill("Last day", "2010-03-05")
    keyboard_user.fill("Time zone", "America/Lima")
    keyboard_user.fill("Rooms (optional)", "Pier")
    keyboard_user.press("Continue")
    keyboard_user.expect_text("What will be deleted")
    keyboard_user.press("Change your answers")
    keyboard_user.fill("Venue (optional)", "Callao")
    keyboard_user.press("Continue")
    keyboard_user.press("Replace it and start")
    keyboard_user.expect_announcement("The new conference is ready.")
    keyboard_user.open("/organise/start")
    keyboard_user.press("Load the example")
    keyboard_user.expect_text("What will be deleted")
    keyboard_user.press("Load the example")
    keyboard_user.expect_announcement("The example has been loaded and published.")
    keyboard_user.press("Keep the example")
    keyboard_user.expect_announcement("You have kept the example.")


@pytest.mark.walks(
    "admin.delegates.details.add",
    "admin.delegates.details.edit_email",
    "admin.delegates.details.edit",
    "admin.delegates.edit_needs",
    "admin.delegates.show_needs",
    "admin.delegates.requirements.show",
)
def test_adding_and_changing_delegates_by_keyboard(keyboard_user: KeyboardUser) -> None:
    keyboard_user.open("/organise/delegates")
    keyboard_user.press("Add a delegate")
    keyboard_user.press("Add")
    keyboard_user.expect_announcement("Enter ")
    keyboard_user.fill("Given names", "Zoë")
    keyboard_user.choose("Country", "Swed")
    keyboard_user.tick("Wednesday 10 June 2009")
    keyboard_user.fill("Email address", "zoe@example.org")
    keyboard_user.press("Add")
    keyboard_user.expect_announcement("The delegate has been added.")
    keyboard_user.press("Change booking")
    keyboard_user.fill("Family name", "Ångström")
    keyboard_user.press("Save")
    keyboard_user.expect_announcement("The booking has been saved.")
    keyboard_user.press("Show requirements")
    keyboard_user.fill("Access requirements in their own words (optional)", "A ramp")
    keyboard_user.press("Save")
    keyboard_user.expect_announcement("The booking has been saved.")
    keyboard_user.press("Correct email address")
    keyboard_user.fill("Correct email address", "zoe@example.com")
    keyboard_user.press("Correct email address")
    keyboard_user.expect_announcement("The email address has been corrected.")
    keyboard_user.open("/organise/delegates/_requirements/access")
    keyboard_user.press("Show requirements")
    keyboard_user.expect_text("A ramp")


@pytest.mark.walks(
    "admin.delegates.exports.export_delegates",
    "admin.delegates.exports.export_with_needs",
    "admin.delegates.cancel",
    "admin.delegates.erase",
    "admin.delegates.resend",
)
@pytest.mark.without_scripts(
    "the list is searched as one types; without scripts its button sends the form"
)
def test_cancelling_and_deleting_a_booking_by_keyboard(keyboard_user: KeyboardUser) -> None:
    make_delegate(reference="GHJK2345")
    db.session.commit()
    keyboard_user.open("/organise/delegates")
    keyboard_user.fill("Search", "lovelace")
    keyboard_user.press("Search")
    keyboard_user.expect_announcement("1 delegate")
    assert keyboard_user.download("Download as CSV").endswith(".csv")
    keyboard_user.press("Choose requirements")
    keyboard_user.press("Download")
    keyboard_user.expect_announcement("Select what the file should include")
    keyboard_user.tick("Access requirements")
    keyboard_user.fill("Why do you need it?", "Seats near the door")
    assert keyboard_user.download("Download").endswith(".csv")
    keyboard_user.open(ADA)
    keyboard_user.press("Send confirmation again")
    keyboard_user.press("Send email")
    keyboard_user.expect_announcement("We are sending the email.")
    keyboard_user.press("Cancel booking")
    keyboard_user.press("Cancel booking")
    keyboard_user.expect_announcement("The booking has been cancelled.")
    keyboard_user.press("Delete details")
    keyboard_user.press("Delete permanently")
    keyboard_user.expect_announcement("The details have been deleted.")


@pytest.mark.walks("admin.questions.equality.edit")
def test_choosing_equality_questions_by_keyboard(keyboard_user: KeyboardUser) -> None:
    keyboard_user.open("/organise/questions/equality")
    keyboard_user.press("Choose questions")
    keyboard_user.tick("Age group")
    keyboard_user.press("Save")
    keyboard_user.expect_announcement(
        "The questions have been saved. People who register see them now."
    )


@pytest.mark.walks(
    "admin.questions.equality.add",
    "admin.questions.equality.move",
    "admin.questions.equality.reword",
)
def test_changing_equality_questions_by_keyboard(keyboard_user: KeyboardUser) -> None:
    keyboard_user.open("/organise/questions/equality")
    keyboard_user.press("Wording and order")
    keyboard_user.press("How old are you?")
    keyboard_user.fill("Help (optional)", "On the first day")
    keyboard_user.press("Save")
    keyboard_user.expect_announcement(
        "The wording has been saved. Its answers are counted from now on."
    )
    keyboard_user.press("Move Gender up")
    keyboard_user.expect_announcement("The order of questions has been changed.")
    keyboard_user.press("Add a question")
    keyboard_user.fill("Question", "What is your first language?")
    keyboard_user.fill("Choices", "English\nAnother")
    keyboard_user.press("Add this question")
    keyboard_user.expect_announcement(
        "The question has been added. Nobody is asked it until you choose it below."
    )


@pytest.mark.walks("admin.delegates.speaker.link")
def test_linking_a_booking_to_a_speaker_by_keyboard(keyboard_user: KeyboardUser) -> None:
    make_delegate(reference="GHJK2345")
    db.session.commit()
    keyboard_user.open(ADA)
    keyboard_user.press("Link to a speaker")
    keyboard_user.choose("Speaker", "Ada Marsh")
    keyboard_user.press("Save")
    keyboard_user.expect_announcement("The booking now belongs to this speaker.")
    keyboard_user.press("Change who it belongs to")
    keyboard_user.choose("Speaker", "Nobody")
    keyboard_user.press("Save")
    keyboard_user.expect_announcement("The booking no longer belongs to a speaker.")


@pytest.mark.walks(
    "admin.delegates.annotations.add_note",
    "admin.delegates.annotations.add_tag",
    "admin.delegates.annotations.delete_note",
    "admin.delegates.annotations.remove_tag",
)
def test_notes_and_tags_by_keyboard(keyboard_user: KeyboardUser) -> None:
    make_delegate(reference="GHJK2345")
    db.session.commit()
    keyboard_user.open(ADA)
    keyboard_user.press("Add note")
    keyboard_user.expect_announcement("Enter a note")
    keyboard_user.fill("New note", "Arrives late")
    keyboard_user.press("Add note")
    keyboard_user.expect_announcement("The note has been added.")
    keyboard_user.fill("Tag", "Press")
    keyboard_user.press("Add tag")
    keyboard_user.expect_announcement("The tag has been added.")
    keyboard_user.press("Remove the tag Press")
    keyboard_user.expect_announcement("The tag has been removed.")
    keyboard_user.press("Delete note “Arrives late”")
    keyboard_user.expect_announcement("The note has been deleted.")


@pytest.mark.walks("admin.delegates.bulk", "admin.delegates.restore", "admin.delegates.details.add")
def test_bulk_actions_on_delegates_by_keyboard(keyboard_user: KeyboardUser) -> None:
    make_delegate(reference="GHJK2345")
    db.session.commit()
    keyboard_user.open("/organise/delegates")
    keyboard_user.tick("Select Ada Lovelace")
    keyboard_user.press("Add a tag")
    keyboard_user.fill("Tag", "Press")
    keyboard_user.press("Add tag")
    keyboard_user.expect_announcement("The tag has been added to the selected delegates.")
    keyboard_user.tick("Select Ada Lovelace")
    keyboard_user.press("Cancel booking")
    keyboard_user.fill("Reason (optional)", "The visa was refused")
    keyboard_user.press("Cancel bookings")
    keyboard_user.expect_announcement("The selected bookings have been cancelled.")
    keyboard_user.open(ADA)
    keyboard_user.press("Restore booking")
    keyboard_user.press("Restore booking")
    keyboard_user.expect_announcement("The booking has been restored.")
    keyboard_user.open("/organise/delegates/_add")
    for label, answer in (("Given names", "Bea"), ("Family name", "Byron")):
        keyboard_user.fill(label, answer)
    keyboard_user.fill("Email address", "ada@example.org")
    keyboard_user.choose("Country", "Sweden")
    keyboard_user.tick("Wednesday 10 June 2009")
    keyboard_user.press("Add")
    keyboard_user.expect_announcement("There is already a booking with this email address or name.")
    keyboard_user.press("Add anyway")
    keyboard_user.expect_announcement("The delegate has been added.")


@pytest.mark.walks("admin.emails.resend")
@pytest.mark.without_scripts(
    "the list is searched as one types; without scripts its button sends the form"
)
def test_sending_a_failed_email_again_by_keyboard(keyboard_user: KeyboardUser) -> None:
    make_email(state=FAILED, last_error="550 no such user")
    db.session.commit()
    keyboard_user.open("/organise")
    keyboard_user.press("1 email could not be delivered")
    keyboard_user.press("You have a place")
    keyboard_user.press("Send again")
    keyboard_user.expect_announcement("We are sending the email again.")


@pytest.mark.walks("admin.emails.check_now", "admin.emails.resume", "admin.emails.send_test")
def test_checking_email_delivery_by_keyboard(keyboard_user: KeyboardUser) -> None:
    with transaction():
        domains.record_failure("busy.example", 0, "421 Later", clock.real_now(), is_unanswered=True)
    keyboard_user.open("/organise/letters")
    keyboard_user.press("Try busy.example again now")
    keyboard_user.expect_announcement("We are sending the emails to that domain that were on hold.")
    keyboard_user.press("Check email delivery")
    keyboard_user.press("Check now")
    keyboard_user.expect_text("saved as files and not sent")
    keyboard_user.press("Send me a test email")
    keyboard_user.expect_announcement("We are sending you a test email.")


@pytest.mark.walks("admin.suppression.add", "admin.suppression.export", "admin.suppression.lift")
def test_the_suppression_list_by_keyboard(keyboard_user: KeyboardUser) -> None:
    keyboard_user.open("/organise/letters")
    keyboard_user.press("Suppression list")
    keyboard_user.press("Add an address")
    keyboard_user.fill("Email address", "ada@nhs.example")
    keyboard_user.fill("Why (optional)", "Asked by telephone")
    keyboard_user.press("Add to the list")
    keyboard_user.expect_announcement("The address is on the list.")
    keyboard_user.download("Download as CSV")
    keyboard_user.press("ada@nhs.example")
    keyboard_user.press("Remove this reason")
    keyboard_user.expect_announcement("The reason has been removed.")


@pytest.mark.walks("admin.replies.mark_read")
def test_marking_a_reply_as_read_by_keyboard(keyboard_user: KeyboardUser) -> None:
    reply = {"sender": "ada@nhs.example", "subject": "Re: Your place", "text": "By train."}
    save(EmailReply(**reply, message_id="<1@nhs.example>", received_at=clock.real_now()))
    keyboard_user.open("/organise")
    keyboard_user.press("1 reply to read")
    keyboard_user.press("Mark as read “Re: Your place”")
    keyboard_user.expect_announcement("The reply has been marked as read.")


@pytest.mark.walks("admin.email_additions.edit")
def test_adding_a_paragraph_to_every_email_by_keyboard(keyboard_user: KeyboardUser) -> None:
    keyboard_user.open("/organise/letters")
    keyboard_user.press("What emails say")
    keyboard_user.press("Change paragraph and signatory")
    keyboard_user.fill("Paragraph in every email (optional)", "Bring a lamp.")
    keyboard_user.fill("Signatory (optional)", "Zoe Okafor, Conference Office")
    keyboard_user.press("Save")
    keyboard_user.expect_announcement("Saved. New emails will include this.")
    keyboard_user.press("Booking changed")
    keyboard_user.expect_text("Bring a lamp.")


@pytest.mark.walks(
    "admin.mailings.add",
    "admin.mailings.edit",
    "admin.mailings.edit_filters",
    "admin.mailings.people",
    "admin.mailings.send.cancel",
    "admin.mailings.send.copy",
    "admin.mailings.send.delete",
    "admin.mailings.send.schedule",
    "admin.mailings.send.send_test",
)
def test_sending_a_group_email_by_keyboard(keyboard_user: KeyboardUser) -> None:
    make_delegate(given_names="Ada", email="ada@example.org")
    make_delegate(given_names="Bo", email="bo@example.org")
    keyboard_user.open("/organise/mailings")
    keyboard_user.press("Write a group email")
    keyboard_user.press("Continue")
    keyboard_user.expect_announcement("Select who to email")
    keyboard_user.choose_radio("Delegates: all", "Delegates: all")
    keyboard_user.press("Continue")
    keyboard_user.fill("Subject", "See you soon, {{ first_name }}")
    keyboard_user.fill("Text", "Dear {{ full_name }}")
    keyboard_user.press("Save email")
    keyboard_user.expect_announcement("The email has been saved. Nothing has been sent yet.")
    keyboard_user.press("Change filters")
    keyboard_user.choose("Country", "United Kingdom")
    keyboard_user.press("Save filters")
    keyboard_user.press("View and exclude people")
    keyboard_user.tick("Send it to Bo Lovelace")
    keyboard_user.press("Save recipients")
    keyboard_user.expect_announcement("The recipients have been saved.")
    keyboard_user.press("Go back without saving")
    keyboard_user.press("Preview")
    keyboard_user.expect_text("1 of 1")
    keyboard_user.press("Send a test to myself")
    keyboard_user.expect_announcement("We are sending you a test email.")
    keyboard_user.press("Go back")
    keyboard_user.press("Send")
    keyboard_user.tick("Send it to 1 person")
    keyboard_user.press("Send email")
    keyboard_user.expect_announcement("The email has been scheduled.")
    keyboard_user.press("Cancel sending")
    keyboard_user.expect_announcement("The email has been cancelled. It is a draft again.")
    keyboard_user.press("Send")
    keyboard_user.tick("Send it to 1 person")
    keyboard_user.press("Send email")
    keyboard_user.press("Copy to a new draft")
    keyboard_user.expect_announcement("This is a copy. Nothing has been sent.")
    keyboard_user.press("Delete draft")
    keyboard_user.press("Delete draft")
    keyboard_user.expect_announcement("The draft has been deleted.")


@pytest.mark.settings(LANGUAGES='["en", "de"]')
@pytest.mark.walks("admin.mailings.remove_text")
def test_translating_a_group_email_by_keyboard(keyboard_user: KeyboardUser) -> None:
    make_mailing()
    keyboard_user.open("/organise/mailings/1/text")
    keyboard_user.press("Deutsch")
    keyboard_user.fill("Subject", "Hallo")
    keyboard_user.fill("Text", "Guten Tag {{ full_name }}")
    keyboard_user.press("Save email")
    keyboard_user.expect_announcement("The email has been saved. Nothing has been sent yet.")
    keyboard_user.press("Change subject and text")
    keyboard_user.press("Deutsch")
    keyboard_user.press("Delete this text")
    keyboard_user.expect_announcement("The email has been saved. Nothing has been sent yet.")


@pytest.mark.walks("admin.mailings.send.export", "admin.mailings.send.stop")
def test_stopping_a_group_email_by_keyboard(keyboard_user: KeyboardUser) -> None:
    person = make_delegate(given_names="Ada", email="ada@example.org")
    mailing = make_mailing(state="sending", send_at=clock.now())
    save(
        MailingRecipient(
            mailing_id=mailing.id,
            person=f"delegate {person.id}",
            name="Ada Lovelace",
            address=person.email,
            address_key=person.email,
        )
    )
    db.session.commit()
    keyboard_user.open("/organise/mailings/1")
    keyboard_user.expect_text("0 of 1 sent")
    keyboard_user.press("View recipients")
    keyboard_user.download("Download as CSV")
    keyboard_user.open("/organise/mailings/1")
    keyboard_user.press("Stop sending")
    keyboard_user.press("Stop email")
    keyboard_user.expect_announcement("The email has been stopped. The rest will not get it.")


@pytest.mark.walks(
    "admin.email_texts.edit", "admin.email_texts.versions.restore", "admin.email_texts.send_test"
)
@pytest.mark.without_scripts(
    "the preview follows what is typed; without scripts its button shows it"
)
def test_changing_email_texts_by_keyboard(keyboard_user: KeyboardUser) -> None:
    keyboard_user.open("/organise/letters/wording")
    keyboard_user.press("Role changed")
    keyboard_user.press("Change the text")
    keyboard_user.fill("Subject", "{{ roll }}")
    keyboard_user.press("Save")
    keyboard_user.expect_announcement("There is no placeholder “roll”")
    keyboard_user.fill("Subject", "You have a new role")
    keyboard_user.press("Preview")
    keyboard_user.press("Send me a test")
    keyboard_user.expect_announcement("We are sending this email to you")
    keyboard_user.press("Back to the form")
    keyboard_user.press("Save")
    keyboard_user.expect_announcement("Saved. New emails of this type will say this.")
    keyboard_user.press("Versions")
    keyboard_user.press("Original")
    keyboard_user.press("Restore the original text")
    keyboard_user.expect_announcement("Restored. New emails of this type will say this.")


@pytest.mark.walks(
    "admin.content.add",
    "admin.content.restore",
    "admin.content.edit",
    "admin.content.edit_link",
    "admin.content.links",
    "admin.content.remove",
    "admin.content.remove_link",
)
@pytest.mark.without_scripts(
    "the preview follows what is typed; without scripts its button shows it"
)
def test_editing_pages_and_links_by_keyboard(keyboard_user: KeyboardUser) -> None:
    keyboard_user.open("/organise/pages")
    keyboard_user.press("Add a page")
    keyboard_user.press("Save")
    keyboard_user.expect_announcement("Enter ")
    keyboard_user.fill("Title", "Getting here")
    keyboard_user.fill("Summary", "By train and by boat.")
    keyboard_user.fill("Text", "Take the *train*.")
    keyboard_user.press("Preview")
    keyboard_user.expect_text("Take the train.")
    keyboard_user.press("Save and publish")
    keyboard_user.expect_announcement("Added. It is public now.")
    keyboard_user.press("Change")
    keyboard_user.fill("Text", "Take the boat.")
    keyboard_user.press("Save")
    keyboard_user.expect_announcement("Saved. It is public now.")
    keyboard_user.press("2 versions")
    keyboard_user.press("Show differences")
    keyboard_user.press("All versions")
    keyboard_user.press("Version 1")
    keyboard_user.press("Publish this version now")
    keyboard_user.expect_announcement("That version has been restored")
    keyboard_user.press("Change additional links")
    keyboard_user.fill("Link text", "Trains")
    keyboard_user.fill("Web address", "https://trains.example/")
    keyboard_user.press("Add link")
    keyboard_user.expect_announcement("The link has been added")
    keyboard_user.press("Change or move…")
    keyboard_user.fill("Link text", "All trains")
    keyboard_user.press("Save")
    keyboard_user.expect_announcement("The link has been saved")
    keyboard_user.press("Change or move…")
    keyboard_user.fill("Appears (optional)", "2001-01-01T10:00")
    keyboard_user.press("Save")
    keyboard_user.expect_announcement("Enter a time in the future")
    keyboard_user.press("2 versions")
    keyboard_user.press("Version 1")
    keyboard_user.press("Publish this version now")
    keyboard_user.expect_announcement("That version has been restored")
    keyboard_user.press("Delete link")
    keyboard_user.expect_announcement("The link has been deleted.")
    keyboard_user.press("Trains")
    keyboard_user.press("Version 3")
    keyboard_user.press("Publish this version now")
    keyboard_user.expect_announcement("That version has been restored")
    keyboard_user.open("/organise/pages/page/getting-here")
    keyboard_user.press("Delete")
    keyboard_user.press("Delete")
    keyboard_user.expect_announcement("It has been deleted.")


@pytest.mark.walks("admin.content.pictures", "admin.content.remove_picture")
@pytest.mark.without_scripts("a button inserts a picture; without scripts its line is copied")
def test_pictures_in_pages_by_keyboard(keyboard_user: KeyboardUser, tmp_path: Path) -> None:
    picture = tmp_path / "ramp.png"
    picture.write_bytes(make_picture("PNG"))
    keyboard_user.open("/organise/pages/page/help/en")
    keyboard_user.press("Add or delete pictures")
    keyboard_user.press("Add picture")
    keyboard_user.expect_announcement("Choose a picture")
    keyboard_user.attach_file("Picture", str(picture))
    keyboard_user.fill("Description of the picture", "A ramp")
    keyboard_user.press("Add picture")
    keyboard_user.expect_announcement("The picture has been added.")
    keyboard_user.press("Add or delete pictures")
    keyboard_user.press("Delete…")
    keyboard_user.expect_announcement("The picture has been deleted.")


@pytest.mark.walks("admin.discard_draft")
@pytest.mark.without_scripts(
    "the preview follows what is typed; without scripts its button shows it"
)
def test_form_previews_and_drafts_by_keyboard(keyboard_user: KeyboardUser) -> None:
    keyboard_user.open("/organise/pages/page/help")
    keyboard_user.press("Change")
    keyboard_user.fill("Title", "Help at sea")
    keyboard_user.press("Preview")
    assert keyboard_user.heading == "Preview of “Help at sea”"
    keyboard_user.press("Back to the form")
    keyboard_user.press("Discard unsaved changes")
    keyboard_user.expect_announcement("Your unsaved changes have been discarded.")
    keyboard_user.press("Preview")
    assert keyboard_user.heading == "Preview of “Help”"


@pytest.mark.walks(
    "admin.menus.add",
    "admin.menus.move",
    "admin.menus.remove",
    "admin.menus.restore_shipped",
    "admin.menus.save_labels",
)
def test_changing_menus_by_keyboard(keyboard_user: KeyboardUser) -> None:
    keyboard_user.open("/organise/menus")
    keyboard_user.choose("Add a page…", "Contact")
    keyboard_user.press("Add…")
    keyboard_user.expect_announcement("The page has been added to the menu.")
    keyboard_user.expect_text("This menu is full: it has 6 entries.")
    keyboard_user.press("Move Contact up")
    keyboard_user.expect_announcement("The menu is in its new order.")
    keyboard_user.fill("Label of Contact", "Write to us")
    keyboard_user.press("Save labels…")
    keyboard_user.expect_announcement("The labels have been saved.")
    keyboard_user.press("Remove Venue")
    keyboard_user.expect_announcement("The page has been removed from the menu.")
    keyboard_user.press("Restore the original menu…")
    keyboard_user.press("Restore the original menu")
    keyboard_user.expect_announcement("The menu is the original one again.")


@pytest.mark.walks(
    "admin.settings.edit",
    "admin.settings.limit",
    "admin.content.remove_notice",
    "admin.content.write_notice",
)
@pytest.mark.without_scripts(
    "the preview follows what is typed; without scripts its button shows it"
)
def test_changing_the_notice_and_settings_by_keyboard(keyboard_user: KeyboardUser) -> None:
    keyboard_user.open("/organise/pages/notice")
    keyboard_user.press("Write a notice")
    keyboard_user.press("Save notice")
    keyboard_user.expect_announcement("Enter the text of the notice")
    keyboard_user.fill("The notice", "No trains today: take the bus.")
    keyboard_user.press("Preview")
    keyboard_user.expect_text("This is how it will look at the top of every page.")
    keyboard_user.press("Save notice")
    keyboard_user.expect_announcement("The notice has been saved.")
    keyboard_user.press("Remove notice")
    keyboard_user.expect_announcement("The notice has been removed.")
    keyboard_user.press("2 versions")
    keyboard_user.press("Version 1")
    keyboard_user.expect_text("No trains today: take the bus.")
    keyboard_user.press("Publish this version now")
    keyboard_user.expect_announcement("That version has been restored")
    keyboard_user.open("/organise/settings")
    keyboard_user.press("Change settings")
    keyboard_user.fill("Title", "Tides and Storms")
    keyboard_user.press("Save")
    keyboard_user.expect_announcement("The settings have been saved")
    keyboard_user.press("Change the number of places")
    keyboard_user.fill("Number of places", "30")
    keyboard_user.press("Save")
    keyboard_user.expect_announcement("The number of places has been changed")


@pytest.mark.walks(
    *("admin.access_cases.show", "admin.access_cases.reveal", "admin.access_cases.bulk"),
    *("admin.dietary_cases.show", "admin.dietary_cases.reveal", "admin.dietary_cases.bulk"),
)
def test_arranging_requirements_by_keyboard(keyboard_user: KeyboardUser) -> None:
    make_delegate(access="A ramp", dietary="No nuts")
    with transaction():
        requirement_cases.create_missing()
    for type_name, words in (("access", "A ramp"), ("dietary", "No nuts")):
        keyboard_user.open(f"/organise/{type_name}")
        keyboard_user.press(f"Show {type_name} requirements")
        keyboard_user.press("In their own words (Ada Lovelace)")
        keyboard_user.expect_text(words)
        keyboard_user.fill("Answer to the delegate (optional)", "There is one.")
        keyboard_user.press("Save")
        keyboard_user.expect_announcement("Saved. The delegate sees the state and the answer")
        keyboard_user.open(f"/organise/{type_name}")
        keyboard_user.tick("Select In their own words (Ada Lovelace)")
        keyboard_user.press("Mark as arranged")
        keyboard_user.press("Mark as arranged")
        keyboard_user.expect_announcement("Marked as arranged.")


@pytest.mark.walks("admin.delegates.duplicates.merge")
def test_merging_two_bookings_by_keyboard(keyboard_user: KeyboardUser) -> None:
    make_delegate(organisation="Old Society")
    make_delegate(given_names="Augusta Ada")
    keyboard_user.open("/organise/delegates")
    keyboard_user.press("Likely duplicates")
    keyboard_user.press("Ada Lovelace and Augusta Ada Lovelace")
    keyboard_user.choose_radio("Analytical Society", "Old Society")
    keyboard_user.press("Merge bookings")
    keyboard_user.expect_announcement("The bookings have been merged.")
    keyboard_user.expect_text("Old Society")


@pytest.mark.walks(
    "admin.delegates.duplicates.mark_distinct", "admin.delegates.duplicates.unmark_distinct"
)
def test_marking_two_bookings_as_not_duplicates_by_keyboard(keyboard_user: KeyboardUser) -> None:
    make_delegate()
    make_delegate(given_names="Augusta Ada")
    keyboard_user.open("/organise/delegates/_duplicates")
    keyboard_user.press("Ada Lovelace and Augusta Ada Lovelace")
    keyboard_user.press("Not a duplicate")
    keyboard_user.expect_announcement("Marked as not a duplicate.")
    keyboard_user.open("/organise/delegates/_duplicates?state=distinct")
    keyboard_user.press("Ada Lovelace and Augusta Ada Lovelace")
    keyboard_user.press("List as likely duplicates again")
    keyboard_user.expect_announcement("The two bookings are listed as likely duplicates again.")


@pytest.mark.walks("admin.delegates.transfer.offer", "admin.delegates.transfer.withdraw")
def test_transferring_a_place_by_keyboard(keyboard_user: KeyboardUser) -> None:
    make_delegate(reference="GHJK2345")
    keyboard_user.open("/organise/delegates/GHJK2345")
    keyboard_user.press("Give the place to a colleague")
    keyboard_user.fill("Name of the colleague", "Bea Waite")
    keyboard_user.fill("Email address of the colleague", "bea@example.org")
    keyboard_user.press("Offer the place")
    keyboard_user.expect_announcement("The place has been offered.")
    keyboard_user.press("Give the place to a colleague")
    keyboard_user.press("Stop the offer")
    keyboard_user.expect_announcement("The place is no longer offered.")


@pytest.mark.walks(
    "admin.applications.decide", "admin.applications.bulk", "admin.applications.export"
)
def test_deciding_applications_by_keyboard(keyboard_user: KeyboardUser) -> None:
    category = make_category(name="Press", approvals_needed=2)
    for name in ("Ada Waite", "Bea Waite"):
        make_application(name=name, category_id=category.id, search_text=name.lower())
    keyboard_user.open("/organise/applications")
    keyboard_user.press("Ada Waite")
    keyboard_user.expect_text("No")
    keyboard_user.press("Put on hold")
    keyboard_user.fill("Message to the person (optional)", "We are waiting for a list.")
    keyboard_user.press("Put on hold")
    keyboard_user.expect_announcement("Put on hold. We are sending the email.")
    keyboard_user.open("/organise/applications?q=bea")
    keyboard_user.tick("Select Bea Waite")
    keyboard_user.press("Decline")
    keyboard_user.press("Decline")
    keyboard_user.expect_announcement("Declined. We are sending the email.")
    assert keyboard_user.download("Download as CSV").endswith(".csv")


@pytest.mark.walks("admin.interest.bulk", "admin.interest.export")
def test_inviting_interested_people_by_keyboard(keyboard_user: KeyboardUser) -> None:
    category = make_category(name="Summer school", access=BY_INTEREST)
    make_interest(category_id=category.id)
    keyboard_user.open("/organise/interest")
    assert keyboard_user.download("Download as CSV").endswith(".csv")
    keyboard_user.tick("Select Bea Waite")
    keyboard_user.press("Decline")
    keyboard_user.press("Decline")
    keyboard_user.expect_announcement("Declined. We are sending the emails.")


@pytest.mark.walks(
    *("admin.waiting_list_offers.move_up", "admin.waiting_list_offers.offer"),
    *("admin.waiting_list_offers.places", "admin.waiting_list.bulk"),
)
def test_manual_offers_by_keyboard(keyboard_user: KeyboardUser) -> None:
    set_places(0)
    make_waiting_list_entry(name="Ada Waite")
    make_waiting_list_entry()
    keyboard_user.open("/organise/waiting-list")
    keyboard_user.press("Bea Waite")
    keyboard_user.press("Move to the top")
    keyboard_user.press("Move to the top")
    keyboard_user.expect_announcement("Enter a reason")
    keyboard_user.fill("Reason", "She opens the conference.")
    keyboard_user.press("Move to the top")
    keyboard_user.expect_announcement("They are now at the top of the waiting list.")
    keyboard_user.press("Make an offer now")
    keyboard_user.fill("Reason", "She opens the conference.")
    keyboard_user.tick("If no place is free, add one for them")
    keyboard_user.press("Make the offer")
    keyboard_user.expect_announcement("We are emailing them the offer.")
    keyboard_user.open("/organise/waiting-list")
    keyboard_user.press("Add places")
    keyboard_user.fill("Number of places", "2")
    keyboard_user.press("See who gets an offer")
    keyboard_user.expect_text("1 person would get an offer")
    keyboard_user.press("Save and make the offers")
    keyboard_user.expect_announcement("The number of places has been changed.")
    keyboard_user.open("/organise/waiting-list")
    keyboard_user.tick("Select Ada Waite")
    keyboard_user.press("Remove from the list")
    keyboard_user.press("Remove")
    keyboard_user.expect_announcement("They are no longer on the waiting list.")


@pytest.mark.walks("admin.waiting_list.export", "admin.waiting_list.remove")
def test_removing_a_person_from_the_waiting_list_by_keyboard(keyboard_user: KeyboardUser) -> None:
    make_waiting_list_entry()
    keyboard_user.open("/organise/waiting-list")
    assert keyboard_user.download("Download as CSV").endswith(".csv")
    keyboard_user.press("Bea Waite")
    keyboard_user.expect_text("Position")
    keyboard_user.press("Remove from the waiting list")
    keyboard_user.press("Remove from the waiting list")
    keyboard_user.expect_announcement("They are no longer on the waiting list.")
    keyboard_user.expect_text("Nobody is waiting")


@pytest.mark.walks(
    "admin.groups.add", "admin.groups.send_link", "admin.groups.dissolve", "admin.groups.export"
)
def test_managing_groups_by_keyboard(keyboard_user: KeyboardUser) -> None:
    make_delegate(reference="BCDF2345")
    keyboard_user.open("/organise/groups")
    keyboard_user.press("Create a group")
    keyboard_user.press("Create group")
    keyboard_user.expect_announcement("Enter a name")
    keyboard_user.fill("Name of the contact", "Mary Ward")
    keyboard_user.fill("Email address of the contact", "mary@ward.example")
    keyboard_user.fill("Booking references", "BCDF2345")
    keyboard_user.press("Create group")
    keyboard_user.expect_announcement("The group has been created.")
    keyboard_user.press("Send link to the contact")
    keyboard_user.expect_announcement("We are sending the link to the contact.")
    keyboard_user.open("/organise/groups")
    keyboard_user.download("Download as CSV")
    keyboard_user.press("Mary Ward")
    keyboard_user.press("Dissolve group")
    keyboard_user.press("Dissolve group")
    keyboard_user.expect_announcement("The group has been dissolved.")


@pytest.mark.walks(
    "admin.categories.add",
    "admin.categories.edit",
    "admin.categories.move",
    "admin.categories.delete",
)
def test_managing_categories_by_keyboard(keyboard_user: KeyboardUser) -> None:
    make_category(name="Delegate", position=0)
    keyboard_user.open("/organise/categories")
    keyboard_user.press("Add a category")
    keyboard_user.fill("Name", "Student")
    keyboard_user.fill("Number of places (optional)", "20")
    keyboard_user.press("Add this category")
    keyboard_user.expect_announcement("The category has been added. Visitors see it now.")
    keyboard_user.press("Change")
    keyboard_user.fill("Number of places (optional)", "30")
    keyboard_user.press("Save")
    keyboard_user.expect_announcement("The category has been saved. Visitors see the changes now.")
    keyboard_user.open("/organise/categories")
    keyboard_user.press("Move Student up")
    keyboard_user.expect_announcement("The order of categories has been changed.")
    keyboard_user.press("Student")
    keyboard_user.press("Delete")
    keyboard_user.press("Delete")
    keyboard_user.expect_announcement("The category has been deleted.")


@pytest.mark.walks("admin.ballots.add", "admin.ballots.edit", "admin.ballots.delete")
def test_managing_ballots_by_keyboard(keyboard_user: KeyboardUser) -> None:
    make_session(key="knots", slug="knots", title="Knots", booking=BOOKABLE, seats=1)
    publish_programme()
    keyboard_user.open("/organise/ballots")
    keyboard_user.press("Open a ballot")
    keyboard_user.fill("Title", "Workshops")
    keyboard_user.fill("Closes", "2009-06-01T12:00")
    keyboard_user.tick("Knots (9:30am on Wednesday 10 June 2009)")
    keyboard_user.press("Open this ballot")
    keyboard_user.expect_announcement("The ballot is open. Delegates can rank its sessions now.")
    keyboard_user.press("Change")
    keyboard_user.fill("Title", "All workshops")
    keyboard_user.press("Save")
    keyboard_user.expect_announcement("The ballot has been saved. Delegates see the changes now.")
    keyboard_user.press("Delete")
    keyboard_user.press("Delete")
    keyboard_user.expect_announcement(
        "The ballot has been deleted. Its sessions can be booked now."
    )


@pytest.mark.walks(
    "admin.questions.add",
    "admin.questions.edit",
    "admin.questions.move",
    "admin.questions.retire",
    "admin.questions.restore",
    "admin.questions.set_pages",
    "admin.questions.delete",
)
def test_managing_custom_questions_by_keyboard(keyboard_user: KeyboardUser) -> None:
    make_question("Will you come to the dinner?", kind="yes_no")
    keyboard_user.open("/organise/questions")
    keyboard_user.press("Add a question")
    keyboard_user.press("Add this question")
    keyboard_user.expect_announcement("Enter the question")
    keyboard_user.fill("Question", "How will you travel?")
    keyboard_user.fill("Why do you ask?", "To plan the buses")
    keyboard_user.press("Add this question")
    keyboard_user.expect_announcement("The question has been added.")
    keyboard_user.press("Change")
    keyboard_user.fill("Question", "How will you get here?")
    keyboard_user.press("Save")
    keyboard_user.expect_announcement("The question has been saved.")
    keyboard_user.open("/organise/questions")
    keyboard_user.press("Move How will you get here? up")
    keyboard_user.expect_announcement("The order of questions has been changed.")
    keyboard_user.tick("One question on each page")
    keyboard_user.press("Save")
    keyboard_user.expect_announcement("Your choice has been saved.")
    keyboard_user.press("How will you get here?")
    keyboard_user.press("Retire")
    keyboard_user.expect_announcement("The question is no longer asked.")
    keyboard_user.press("Ask it again")
    keyboard_user.expect_announcement("The question is asked again")
    keyboard_user.press("Delete")
    keyboard_user.press("Delete")
    keyboard_user.expect_announcement("The question has been deleted.")


@pytest.mark.walks("admin.invitations.add", "admin.invitations.revoke", "admin.invitations.export")
def test_managing_invitation_codes_by_keyboard(keyboard_user: KeyboardUser) -> None:
    make_category(name="Press")
    keyboard_user.open("/organise/invitations")
    keyboard_user.press("Create invitation codes")
    keyboard_user.fill("Number of codes", "1")
    keyboard_user.fill("Expires", "2009-06-01T12:00")
    keyboard_user.fill("Note (optional)", "For the Herald")
    keyboard_user.press("Create codes")
    keyboard_user.expect_announcement("The invitation codes have been created.")
    keyboard_user.download("Download as CSV")
    code = db.session.scalars(select(InvitationCode.code)).one()
    db.session.rollback()
    keyboard_user.press(code)
    keyboard_user.press("Withdraw")
    keyboard_user.press("Withdraw code")
    keyboard_user.expect_announcement("The invitation code has been withdrawn.")


@pytest.mark.walks("admin.look.edit", "admin.look.reset")
def test_changing_colours_by_keyboard(keyboard_user: KeyboardUser) -> None:
    keyboard_user.open("/organise/look")
    keyboard_user.fill("Header", "#7fb08f")
    keyboard_user.press("Save")
    keyboard_user.expect_announcement("The nearest colour of the same hue is #497658")
    keyboard_user.fill("Header", "#14532d")
    keyboard_user.press("Preview")
    keyboard_user.expect_text("The form shows your unsaved changes")
    keyboard_user.press("Save")
    keyboard_user.expect_announcement("The colours have been saved.")
    keyboard_user.press("Back to the original colours")
    keyboard_user.expect_announcement("The site has its original colours again.")


@pytest.mark.walks("admin.delegates.days.change", "admin.delegates.days.undo")
def test_changing_days_in_bulk_by_keyboard(keyboard_user: KeyboardUser) -> None:
    make_delegate(days="2009-06-10")
    keyboard_user.open("/organise/delegates")
    keyboard_user.tick("Select Ada Lovelace")
    keyboard_user.press("Change days")
    keyboard_user.tick("Thursday 11 June 2009")
    keyboard_user.press("Preview changes")
    keyboard_user.expect_text("Days after the change")
    keyboard_user.press("Change the days of 1 delegate")
    keyboard_user.expect_announcement("The days have been changed.")
    keyboard_user.press("Restore the old days")
    keyboard_user.expect_announcement("The old days have been restored.")


@pytest.mark.walks(
    "admin.delegates.imports.upload",
    "admin.delegates.imports.check",
    "admin.delegates.imports.discard",
)
def test_importing_delegates_by_keyboard(keyboard_user: KeyboardUser, tmp_path: Path) -> None:
    file = tmp_path / "ward.csv"
    file.write_text("Given names,Email address,Country,Days\nAnn,ann@ward.example,KE,2009-06-10\n")
    keyboard_user.open("/organise/delegates")
    for button in ("Delete file", "Add 1 delegate"):
        keyboard_user.open("/organise/delegates/_import")
        keyboard_user.attach_file("Spreadsheet", str(file))
        keyboard_user.press("Preview")
        keyboard_user.expect_text("1 person gets a place.")
        keyboard_user.press(button)
    keyboard_user.expect_announcement("The delegates in the file have been added.")


@pytest.mark.walks("admin.logo.edit", "admin.logo.remove")
def test_changing_the_logo_by_keyboard(keyboard_user: KeyboardUser, tmp_path: Path) -> None:
    picture = tmp_path / "logo.png"
    picture.write_bytes(make_logo("#ffffff"))
    keyboard_user.open("/organise/look")
    keyboard_user.press("Add a logo")
    keyboard_user.press("Save")
    keyboard_user.expect_announcement("Choose a picture")
    keyboard_user.attach_file("Picture", str(picture))
    keyboard_user.press("Save")
    keyboard_user.expect_announcement("The logo has been saved. Every page has it now.")
    keyboard_user.press("Remove the logo")
    keyboard_user.expect_announcement("The logo has been removed.")


@pytest.mark.walks(
    "admin.team.invite",
    "admin.team.person",
    "admin.team.remove",
    "admin.team.reset_two_factor",
)
def test_managing_the_team_by_keyboard(keyboard_user: KeyboardUser) -> None:
    make_organiser("vera@conference.example", "viewer").totp_secret = totp.encrypt("secret")
    db.session.commit()
    keyboard_user.open("/organise/people")
    keyboard_user.press("Invite a team member")
    keyboard_user.press("Send invitation")
    keyboard_user.expect_announcement("Enter the email address")
    keyboard_user.fill("Email address", "otto@conference.example")
    keyboard_user.choose_radio("Organiser", "Viewer")
    keyboard_user.press("Send invitation")
    keyboard_user.expect_announcement("We are sending the invitation.")
    keyboard_user.press("vera@conference.example")
    keyboard_user.choose_radio("Viewer", "Organiser")
    keyboard_user.press("Save role")
    keyboard_user.expect_announcement("The role has been changed.")
    keyboard_user.press("Reset second step")
    keyboard_user.expect_announcement("Their second step has been reset.")
    keyboard_user.press("Remove from the team")
    keyboard_user.press("Remove from the team")
    keyboard_user.expect_announcement("They have been removed from the team.")


@pytest.mark.walks(
    "accounts.account.make_recovery_codes",
    "accounts.account.sign_out_device",
    "accounts.account.sign_out_everywhere",
)
def test_managing_ones_own_account_by_keyboard(keyboard_user: KeyboardUser) -> None:
    make_login_session(make_organiser(), label="Safari on iPhone")
    keyboard_user.open("/my")
    keyboard_user.press("Sign out…")  # of the other device: the latest stands first
    keyboard_user.expect_announcement("signed out")
    keyboard_user.press("Create new codes")
    keyboard_user.expect_text("Keep these codes somewhere safe")
    keyboard_user.open("/my")
    keyboard_user.press("Sign out everywhere")
    assert keyboard_user.heading == "You are signed out"


@pytest.mark.walks(
    *("admin.session_seats.holds.add", "admin.session_seats.holds.release"),
    *("admin.session_seats.holds.no_shows", "admin.session_seats.door.show"),
)
def test_checking_in_and_holding_seats_by_keyboard(keyboard_user: KeyboardUser) -> None:
    make_session(key="knots", slug="knots", title="Knots", booking=BOOKABLE, seats=3)
    publish_programme()
    make_delegate(reference="GHJK2345")
    keyboard_user.open("/organise/session-seats/knots")
    keyboard_user.press("Reserve seats")
    keyboard_user.fill("Number of seats, or a share of them such as 10%", "1")
    keyboard_user.fill("Reason", "Guests")
    keyboard_user.press("Reserve seats")
    keyboard_user.expect_announcement("The seats are reserved.")
    keyboard_user.press("Release…")
    keyboard_user.press("Release")
    keyboard_user.expect_announcement("The seats have been released.")
    keyboard_user.press("Unclaimed seats")
    keyboard_user.fill("Minutes before the start (optional)", "10")
    keyboard_user.press("Save")
    keyboard_user.expect_announcement("Saved.")
    keyboard_user.press("Check people in at the door")
    keyboard_user.fill("Booking reference", "GHJK2345")
    keyboard_user.press("Let in someone without a seat")
    keyboard_user.expect_announcement("They have a seat, and are checked in.")
    keyboard_user.press("Undo…")
    keyboard_user.expect_announcement("Undone.")


@pytest.mark.walks("admin.session_fill.export", "admin.session_seats.more.edit")
def test_session_occupancy_and_adding_seats_by_keyboard(keyboard_user: KeyboardUser) -> None:
    make_session(key="knots", slug="knots", title="Knots", booking=BOOKABLE, seats=3)
    publish_programme()
    keyboard_user.open("/organise/sessions")
    keyboard_user.press("Seats")
    assert keyboard_user.download("Download as CSV").endswith(".csv")
    keyboard_user.press("Knots")
    keyboard_user.press("Add seats")
    keyboard_user.fill("Number of seats", "0")
    keyboard_user.press("See who gets an offer")
    keyboard_user.expect_announcement("Enter a number from 1 to 1,000,000")
    keyboard_user.fill("Number of seats", "4")
    keyboard_user.press("See who gets an offer")
    keyboard_user.expect_text("Nobody on the waiting list could use these seats.")
    keyboard_user.press("Save number of seats")
    keyboard_user.expect_announcement("The number of seats has been changed.")


@pytest.mark.walks(
    "admin.session_seats.add", "admin.session_seats.export", "admin.session_seats.remove"
)
def test_managing_seats_of_a_session_by_keyboard(keyboard_user: KeyboardUser) -> None:
    make_session(key="knots", slug="knots", title="Knots", booking=BOOKABLE, seats=3)
    publish_programme()
    make_delegate(reference="GHJK2345")
    keyboard_user.open("/organise/sessions/knots")
    keyboard_user.press("See who has booked")
    keyboard_user.press("Book a seat for someone")
    keyboard_user.press("Book a seat")
    keyboard_user.expect_announcement("Enter the booking reference")
    keyboard_user.fill("Booking reference", "GHJK2345")
    keyboard_user.press("Book a seat")
    keyboard_user.expect_announcement("The seat has been booked.")
    assert keyboard_user.download("Download as CSV").endswith(".csv")
    keyboard_user.press("Remove…")
    keyboard_user.press("Remove")
    keyboard_user.expect_announcement("The delegate has been removed.")
