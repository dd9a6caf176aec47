"""Take the pictures of the README and of docs/organisers again: ``make pictures``.

They show a running site with an invented conference on the day when registration opens. Names after
``python -m scripts.take_pictures`` take only these.
"""

import sys
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple

from PIL import Image
from playwright.sync_api import Browser
from sqlalchemy import select

from app import clock
from app.database import db, transaction
from app.delegates import delegate_record
from app.delegates.categories.models import BY_CODE, BY_INTEREST, PUBLIC, RegistrationCategory
from app.delegates.fields import CONSENT
from app.delegates.models import Delegate
from app.interchange.demo.generator import generate_delegates
from app.questions import services as question_services
from app.questions.edited_question import EditedQuestion, EditedTexts
from app.questions.models import REGISTRATION
from app.registration import category_services, demo
from app.registration.interest import services as interest
from benchmarks.admin import SignedInSite, sign_in_organiser
from benchmarks.copies import SiteCopy
from tests import chromium
from tests.waiting import HOST

PICTURES: Final = Path(__file__).parent.parent / "docs" / "pictures"
SIZE: Final = (60, 80)  # sessions and speakers
DELEGATES: Final = 140
MAX_BYTES: Final = 80_000


class Picture(NamedTuple):
    """A page of the site, and the window it is seen in; a phone has two pixels for each of CSS."""

    name: str
    path: str
    width: int
    height: int
    scale: int = 1
    button: str = ""  # to press before the picture is taken


ALL: Final = (
    Picture("front-page", "/", 1280, 800),
    Picture("programme-on-a-phone", "/programme#day-2008-11-06", 390, 664, scale=2),
    Picture("schedule-board", "/organise/board", 1280, 1000),
    Picture("categories", "/organise/categories", 1280, 560),
    Picture("questions", "/organise/questions", 1280, 560),
    Picture("expressions-of-interest", "/organise/interest", 1280, 640),
    Picture("delegates", "/organise/delegates", 1280, 520),
    Picture(
        "access-requirements", "/organise/access", 1280, 640, button="Show access requirements"
    ),
    Picture(
        "dietary-requirements", "/organise/dietary", 1280, 640, button="Show dietary requirements"
    ),
)
ACTOR: Final = "organiser@conference.example"
BLANK: Final = {
    **dict.fromkeys(("description", "days", "confirmation_text", "interest_questions"), ""),
    **dict.fromkeys(("opens_at", "closes_at", "interest_closes_at")),
    **dict.fromkeys(("kept_places", "approvals_needed"), 0),
    **dict.fromkeys(("is_for_speakers", "is_place_held", "allows_transfer"), False),
}
REQUIREMENTS: Final = (  # of access and diet
    ("step-free", "halal"),
    ("sign-language large-print", ""),
    ("hearing-loop", "vegetarian"),
    ("quiet-room step-free", "gluten-free nut-allergy"),
    ("", "vegan"),
)
INTERESTED: Final = ("Amina Example", "Bo Sample", "Chidi Instance", "Dana Specimen")


def main() -> None:
    """Start a site, and take each picture."""
    PICTURES.mkdir(exist_ok=True)
    with TemporaryDirectory(prefix="conference-pictures-") as folder:
        copy = SiteCopy(Path(folder), SIZE)
        with copy.app_context(), transaction():
            demo.create(generate_delegates(DELEGATES))
            _add_categories()
        with copy.app_context(), transaction():
            _add_registration()
            _add_requirements()
        site = sign_in_organiser(copy)
        with copy.start_server(), chromium.launch() as browser:
            for picture in [one for one in ALL if one.name in sys.argv[1:] or not sys.argv[1:]]:
                _store(picture.name, _take(browser, site, picture))


def _add_categories() -> None:
    categories = (("Delegate", PUBLIC, None), ("Student", PUBLIC, 40), ("Press", BY_CODE, 10))
    for name, access, limit in (*categories, ("Summer school", BY_INTEREST, 20)):
        category_services.add(
            {**BLANK, "name": name, "access": access, "limit": limit}, actor=ACTOR
        )


def _add_registration() -> None:
    """Add questions, and people who would like to come."""
    for label, kind in (("Why would you like to come?", "long_text"), ("T-shirt size", "text")):
        texts = {"en": EditedTexts(label, "", ())}
        question_services.add(REGISTRATION, EditedQuestion(kind, texts, "To plan"), actor=ACTOR)
    school = db.session.scalars(
        select(RegistrationCategory).where(RegistrationCategory.access == BY_INTEREST)
    ).one()
    for name in INTERESTED:
        given, family = name.split()
        email = f"{given.lower()}@example.org"
        answers = {"given_names": given, "family_name": family, "email": email}
        interest.express(school.id, answers, "en")


def _add_requirements() -> None:
    delegates = db.session.scalars(select(Delegate).order_by(Delegate.name_sort_key)).all()
    for one, (access, dietary) in zip(delegates, REQUIREMENTS, strict=False):
        kinds = {"access_kinds": access, "dietary_kinds": dietary}
        delegate_record.store(one, {**kinds, CONSENT: clock.now().isoformat()})


def _take(browser: Browser, site: SignedInSite, picture: Picture) -> bytes:
    context = browser.new_context(
        viewport={"width": picture.width, "height": picture.height},
        device_scale_factor=picture.scale,
    )
    cookie = site.client.get_cookie("session", domain=HOST)
    if cookie:
        context.add_cookies([{"name": "session", "value": cookie.value, "url": site.address}])
    page = context.new_page()
    page.goto(f"{site.address}{picture.path}", wait_until="networkidle")
    page.reload(wait_until="networkidle")  # with the typeface, which may come too late at first
    if picture.button:
        page.get_by_role("button", name=picture.button).click()
    taken = page.screenshot()
    context.close()
    return taken


def _store(name: str, taken: bytes) -> None:
    """Keep a picture as WebP."""
    file = PICTURES / f"{name}.webp"
    Image.open(BytesIO(taken)).save(file, quality=62, method=6)
    size = file.stat().st_size
    print(f"{file.relative_to(PICTURES.parent.parent)}: {size / 1000:.0f} kB")
    if size > MAX_BYTES:
        raise SystemExit(f"This is too large for the README: at most {MAX_BYTES / 1000:.0f} kB")


if __name__ == "__main__":
    main()
