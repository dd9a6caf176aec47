"""What speakers have sent in: answers, proposals in every state, requests, and their helpers."""

from app.database import transaction
from app.speakers import reminders
from tests.browser import Browser
from tests.compatibility.fill import FillContext
from tests.programme.sample_pictures import BLUE, make_picture

ADA, JOAO = "/speak/ada-marsh", "/speak/joao-mare"
PREVIEW = "Preview"


def invite(stage: FillContext, editor: Browser) -> None:
    """Invite all speakers, say when things are wanted, and name an owner of a session."""
    editor.open("/organise/speaking/dates")
    editor.press("Save", {"Travel and arrival": "2009-05-15", "Profile": "2009-05-20"})
    editor.open("/organise/speaking").follow("Invite all unconfirmed speakers")
    editor.press("Send 2 emails")
    owner = "/organise/speaking/sessions/farewell/owner"
    editor.open(owner).press("Save owner", email_address="olga@example.org")


def sign_in_by_email(stage: FillContext, name: str, email: str) -> Browser:
    """Sign in with the newest link emailed to a person."""
    browser = stage.held.browsers[name] = stage.new_browser()
    browser.open(stage.link_from_email(f"sign-in of {name}, used", email, "/sign-in/"))
    browser.press("Sign in")
    return browser


def answer(stage: FillContext) -> None:
    """Let Ada answer everything, and name an assistant; João has asked for another time."""
    ada = sign_in_by_email(stage, "Ada Marsh", "ada@example.org")
    ada.open(f"{ADA}/access-needs").press("Save", {ada.page.labels[0]: "A seat near the door"})
    ada.open(f"{ADA}/audio-visual").press("Save", {ada.page.labels[0]: "Sound"})
    ada.open(f"{ADA}/consent").press(
        "Save",
        {"May we publish a recording of your talk?": "Yes", "May we publish your slides?": "No"},
    )
    ada.open(f"{ADA}/taking-part").press(
        "Send", {"Are you taking part?": "Yes, at the times in the programme"}
    )
    ada.open(f"{ADA}/calendar").press("Create a calendar link")
    ada.open(f"{ADA}/assistants")
    ada.press("Send link", email_address_of_an_assistant="helper@example.org")
    sign_in_by_email(stage, "an assistant", "helper@example.org")
    joao = sign_in_by_email(stage, "João Maré", "joao@example.org")
    joao.open(f"{JOAO}/taking-part")
    labels = joao.page.labels
    joao.press("Send", {"Are you taking part?": labels[1], labels[-1]: "The train arrives at noon"})
    sign_in_by_email(stage, "an owner", "olga@example.org")


def propose(stage: FillContext, editor: Browser) -> None:
    """Send changes in; the editor approves one, amends one and sends one back. Others wait."""
    ada, joao = stage.held.browsers["Ada Marsh"], stage.held.browsers["João Maré"]
    ada.open(f"{ADA}/profile").press(PREVIEW, role="Harbour pilot").press("Send")
    decide_proposal(editor, "Ada Marsh", "Approve")
    ada.open("/speak/sessions/opening/text").press(PREVIEW, abstract="Come **all**.").press("Send")
    decide_proposal(editor, "Opening", "Approve with changes")
    editor.press("Approve your version", abstract="Do come.", note_to_the_sender="Calmer")
    joao.open(f"{JOAO}/profile").press(PREVIEW, role="Wizard of tides").press("Send")
    decide_proposal(editor, "João Maré", "Send back")
    editor.press("Send back", note_to_the_sender="A little less")
    ada.open(f"{ADA}/profile").press(PREVIEW, biography="Ada *knows* the sea.").press("Send")
    joao.open("/speak/sessions/reading-the-tide/text").press(PREVIEW, title="Tides, read").press(
        "Send"
    )
    joao.open(f"{JOAO}/photo")
    picture = ("joao.png", make_picture("PNG", (200, 200), BLUE))
    joao.press("Send photo", picture=picture, description_of_the_photo="A man by a boat")


def decide_proposal(editor: Browser, called: str, button: str) -> None:
    """Open a change that waits, and decide it or begin to."""
    page = editor.open("/organise/proposals").follow(called)
    if button in page.buttons:
        page.press(button)
    else:
        page.follow(button)


def plan_reminders(editor: Browser) -> None:
    """Let the worker plan reminders; one of them is held back."""
    with transaction():
        reminders.plan()
    editor.open("/organise/speaking/reminders")
    editor.press("Pause selected", {"Select João Maré": True})


def sign_in_speakers(stage: FillContext) -> None:
    """Give each person with speaker access a fresh link and a signed-in browser."""
    for name, email in (
        ("Ada Marsh", "ada@example.org"),
        ("João Maré", "joao@example.org"),
        ("an assistant", "helper@example.org"),
        ("an owner", "olga@example.org"),
    ):
        stage.new_browser().open("/sign-in").press("Email me a link", email_address=email)
        sign_in_by_email(stage, name, email)
    page = stage.held.browsers["Ada Marsh"].open(f"{ADA}/calendar")
    (calendar,) = [to for to in page.links.values() if to.endswith(".ics")]
    stage.held.links["calendar of Ada Marsh"] = calendar.removeprefix("https://conference.example")


def request_sign_in_link(stage: FillContext) -> None:
    """Let Ada ask for another link, which she does not use; it is good for a quarter of an hour."""
    stage.new_browser().open("/sign-in").press("Email me a link", email_address="ada@example.org")
    stage.link_from_email("sign-in of Ada Marsh", "ada@example.org", "/sign-in/")
