"""What organisers have written and set: pages, news, links, the notice, the team, second steps."""

import json

import pyotp
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from app import clock
from app.accounts.models import DESK, EDITOR, ORGANISER, VIEWER
from app.database import db
from app.mail.models import FAILED, Email
from tests import factories
from tests.accounts.software_key import SoftwareKey
from tests.browser import Browser
from tests.compatibility.fill import FillContext

GRACE = "grace@conference.example"
TEAM = {EDITOR: "wanda", DESK: "dora", VIEWER: "vera"}
SET_UP = "/second-step/set-up/passkey"
EMAIL_FOR_AN_ANSWER = "Your email address, if you would like a reply (optional)"


def set_up_second_step(stage: FillContext) -> None:
    """Let the first organiser sign in with a link, and set up an app and a passkey."""
    grace = stage.new_browser()
    grace.open(factories.make_sign_in_link(GRACE)).press("Sign in")
    page = grace.open("/organise").press("Set up an app")
    code = next(page.tree.find_all("code"))
    secret = "".join(code.itertext()).replace(" ", "")
    codes = grace.press("Continue", code_from_your_app=pyotp.TOTP(secret).at(clock.real_now()))
    stage.held.secrets["authenticator"] = secret
    stage.held.secrets["recovery codes"] = [
        "".join(one.itertext()) for one in codes.tree.find_all("code")
    ]
    key = SoftwareKey()
    question = json.loads(grace.fetch("POST", f"{SET_UP}/question", data=_token(grace)).data)
    told = {**_token(grace), "name": "Grace’s telephone", "answer": key.create_credential(question)}
    grace.send("POST", SET_UP, data=told)
    private = key._private.private_bytes(  # noqa: SLF001 - kept, so that it can be used later
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    stage.held.secrets["passkey"] = {
        "credential": key.credential_id.hex(),
        "private key": private.decode(),
    }


def _token(browser: Browser) -> dict[str, str]:
    field = browser.open("/sign-out").tree.find_by_id("csrf_token")
    assert field is not None
    return {"csrf_token": field.get("value") or ""}


def sign_in(stage: FillContext) -> Browser:
    """Let the organiser in, with a code of the app."""
    browser = stage.held.browsers["an organiser"] = stage.new_browser()
    browser.open("/sign-in").press("Email me a link", email_address=GRACE)
    browser.open(stage.link_from_email("sign-in of an organiser, used", GRACE, "/sign-in/"))
    browser.press("Sign in")
    code = pyotp.TOTP(stage.held.secrets["authenticator"]).at(clock.real_now())
    browser.press("Continue", code_from_your_app=code)
    return browser


def sign_in_team(stage: FillContext) -> None:
    """Let one of each role in, and leave two half signed in; links wait for three more."""
    for role, name in TEAM.items():
        browser = stage.held.browsers[f"of the team: {role}"] = stage.new_browser()
        factories.sign_in(browser, f"{name}@conference.example", role)
    half = stage.held.browsers["half signed in"] = stage.new_browser()
    factories.sign_in(half, GRACE, ORGANISER, verified_at=None)
    first = stage.held.browsers["without a second step"] = stage.new_browser()
    factories.sign_in(first, "otto@conference.example", VIEWER, verified_at=None)
    stage.new_browser().open("/sign-in").press("Email me a link", email_address=GRACE)
    stage.link_from_email("sign-in of an organiser", GRACE, "/sign-in/")


def write_content(editor: Browser) -> None:
    """Write each kind of thing in several versions; take one away."""
    editor.open("/organise/pages/page/help/en").press("Save", text="Ask at the **desk**.")
    editor.open("/organise/pages/page/help/en").press("Save", text="Ask at the *front* desk.")
    late = {"appears": "2009-05-20T09:00"}
    editor.open("/organise/pages/page/help/en").press("Save", late, text="Ask anybody.")
    told = {"title": "Getting here", "summary": "By train and by boat.", "text": "By *train*."}
    editor.open("/organise/pages/add/page").press("Save", {**told})
    editor.open("/organise/pages/page/getting-here/en").press("Save", text="Take the boat.")
    for title in ("The boats are full", "Nothing at all"):
        news = {"title": title, "summary": "Every seat has gone.", "text": "Come by train."}
        editor.open("/organise/pages/add/news").press("Save", {**news})
    gone = editor.page.address.partition("?")[0]
    editor.open(f"{gone}/en/remove").press("Delete")
    link = {"Link text": "Trains", "Web address": "https://trains.example/"}
    editor.open("/organise/pages/page/help/links").press("Add link", link)
    editor.page.follow("Change or move Trains").press("Save", {"Link text": "All trains"})
    for notice in ("No trains today: take the bus.", "The bus is late."):
        editor.open("/organise/pages/notice/write").press("Save notice", {"The notice": notice})


def change_settings(organiser: Browser) -> None:
    """Let speakers edit their biography without review, invite a person, and change a role."""
    organiser.open("/organise/settings/change").press("Save", photo=True, subtitle="By the sea")
    organiser.open("/organise/settings/places").press("Save", number_of_places="7")
    for name in ("otto", "former"):
        organiser.open("/organise/people/invite")
        address = {"Email address": f"{name}@conference.example", "Role": "Viewer"}
        organiser.press("Send invitation", address)
    page = organiser.open("/organise/people").follow("former@conference.example")
    page.follow("Remove from the team").press("Remove from the team")
    organiser.open("/organise/sessions?state=draft&sort=-title").follow("Save this view")
    organiser.press("Save view", name="Drafts", share_with_the_team=True)


def make_failed_and_retried_emails() -> None:
    """Let one email have failed for good, and one wait for another attempt."""
    waits = db.session.query(Email).filter_by(name="feedback_received").one()
    waits.attempts, waits.last_error = 1, "451 Try later"
    db.session.commit()
    factories.make_email(
        state=FAILED, attempts=3, last_error="550 No such mailbox", recipient="nobody@example.org"
    )


def receive_feedback(stage: FillContext) -> None:
    """Take a message in."""
    stage.new_browser().open("/feedback").press(
        "Send message",
        {"Your message": "The harbour is lovely.", EMAIL_FOR_AN_ANSWER: "v@example.org"},
    )
