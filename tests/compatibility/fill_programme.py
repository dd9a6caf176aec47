"""The programme in ``make``'s databases: edits, releases, plans, files, slides and photos."""

from sqlalchemy import select

from app.database import db, transaction
from app.programme.models import Session
from tests import factories
from tests.browser import Answer, Browser
from tests.compatibility.fill import FillContext, run_frequent_tasks
from tests.materials.sample_files import make_pdf
from tests.programme.sample_pictures import make_picture

OPENING = "/organise/sessions/opening"
PART = "Part of the programme"
WHEN = "When should it be public?"


def publish_small_conference() -> None:
    """Publish the small conference."""
    factories.load_small_conference()
    factories.set_places(6)
    run_frequent_tasks()  # there is nobody to notify of the first release


def edit(editor: Browser) -> None:
    """Change each kind of thing; a session moves to another address, another loses a speaker."""
    change = "/organise/speakers/ada-marsh/change"
    editor.open(change)
    editor.press("Add a time").press("Save", {"Day": "Thursday 11 June 2009"})
    editor.open(change).press("Save", contact_email_address="ada@example.org", notes="Prefers tea.")
    editor.open("/organise/speakers/joao-mare/change")
    editor.press(
        "Save", contact_email_address="joao@example.org", links="https://joao.example/ His page"
    )
    editor.open("/organise/speakers/ada-marsh/photo")
    picture = ("ada.png", make_picture("PNG", (300, 400)))
    editor.press("Save photo", picture=picture, description_of_the_photo="A woman with a scarf")
    editor.open("/organise/sessions/harbour-walls/change").press("Save", title="Walls and piers")
    with transaction():  # no page moves a session to another address
        walls = db.session.scalars(select(Session).where(Session.slug == "harbour-walls")).one()
        walls.slug = "walls-and-piers"
    editor.open(f"{OPENING}/change").press("Remove João Maré").press("Save", language="en")
    editor.open("/organise/rooms/boat-house/change")
    editor.press("Save", description="Up nine steps, or by the lift.")
    editor.open("/organise/themes/stone/change").press("Save", summary="What stays, for a while.")


def add(editor: Browser) -> None:
    """Add a session, a speaker, a room and a theme."""
    editor.open("/organise/rooms/_add").press("Add this room", name="Light house", capacity="4")
    editor.open("/organise/themes/_add").press("Add this theme", name="Wind", letter="X")
    editor.open("/organise/speakers/_add").press("Add this speaker", name="Bo Çelik", role="Pilot")
    editor.open("/organise/sessions/_add").press("Find", find_a_speaker_to_add="Bo")
    editor.press("Add Bo Çelik")
    editor.press(
        "Add this session",
        {"Title": "Tide pools", "Day": "2009-06-11", "Starts": "10:00", "Ends": "11:00"},
        state="Confirmed: public when you publish",
        theme="Wind",
        room="Light house",
        abstract="What lives *between* the tides.",
        links="https://pools.example/ Pools of the coast",
    )


def publish(editor: Browser, note: str) -> None:
    """Publish the working programme now."""
    editor.open("/organise/publishing/publish")
    editor.press("Continue", {"Note": note, **_overruling(editor)})
    editor.press("Publish now")
    run_frequent_tasks()


def _overruling(editor: Browser) -> dict[str, str]:
    """Say why clashes may stand, where there are any."""
    label = next((one for one in editor.page.labels if one.startswith("Why the clashes")), "")
    return {label: "She comes after all"} if label else {}


def restore_release(editor: Browser, number: int, why: str) -> None:
    """Restore an earlier release."""
    editor.open(f"/organise/publishing/releases/{number}/back")
    editor.press(f"Restore release {number}", reason_for_restoring=why)
    run_frequent_tasks()


def schedule_release(editor: Browser, day: str, time: str, note: str) -> None:
    """Plan a release."""
    editor.open("/organise/publishing/publish")
    when = {"When to publish": "Schedule for later", "Day": day, "Time": time, "Note": note}
    editor.press("Continue", {**when, **_overruling(editor)})
    editor.press("Schedule release")


def upload_materials(editor: Browser, reader: Browser) -> None:
    """Upload slides and a link, and let a visitor download the slides."""
    slides: dict[str, Answer] = {
        "File": ("talk.pdf", make_pdf()),
        "Title": "Slides",
        WHEN: "Now",
    }
    editor.open(f"{OPENING}/materials/_file").press("Upload file", slides)
    link = {"Web address": "https://slides.example/", "Title": "Film", WHEN: "Now"}
    editor.open(f"{OPENING}/materials/_link").press("Add link", link)
    paper: dict[str, Answer] = {"File": ("paper.pdf", make_pdf(b"a paper")), "Title": "Paper"}
    later = {WHEN: "When an organiser approves it"}
    editor.open(f"{OPENING}/materials/_file").press("Upload file", {**paper, **later})
    page = reader.open("/sessions/opening")
    (slides_at,) = [to for words, to in page.links.items() if words.startswith("Slides")]
    reader.fetch("GET", slides_at)


def upload_programme(editor: Browser) -> None:
    """Upload a programme file and open its dry run."""
    body = factories.SMALL_CONFERENCE.read_text(encoding="utf-8")
    body = body.replace("Reading the tide", "Reading the tides")
    editor.open("/organise/files/upload")
    answers: dict[str, Answer] = {
        "Programme file": ("part.json", body.encode()),
        "What does the file contain?": PART,
    }
    editor.press("Preview changes", answers)


def map_columns(editor: Browser) -> None:
    """Upload a table and map its columns; the pending programme stays."""
    editor.open("/organise/files/upload")
    body = b"Was,Wo,Farbe\nOpening,Great hall,tea\n"
    answers: dict[str, Answer] = {
        "Programme file": ("table.csv", body),
        "What does the file contain?": PART,
    }
    editor.press("Preview changes", answers)
    meanings = {"Column A: Was": "Title of the session", "Column B: Wo": "Room"}
    editor.press("Preview changes", meanings)
    editor.press("Delete file")


def create_preview_links(stage: FillContext, editor: Browser) -> None:
    """Make three links that show the working programme; one is withdrawn."""
    for label, lasts in (("The board", "1 month"), ("A printer", "1 week"), ("Nobody", "1 day")):
        editor.open("/organise/previews/new")
        answers = {"Who is it for?": label, "How long should it work?": lasts}
        field = editor.press("Create link", answers).tree.find_by_id("link")
        assert field is not None
        link = (field.get("value") or "").removeprefix("https://conference.example")
        stage.held.links[f"preview for {label}"] = link
    editor.open("/organise/previews").press("Withdraw the link for Nobody")


def cancel_scheduled_release(editor: Browser) -> None:
    """Call the newest planned release off."""
    editor.open("/organise/publishing").follow("Cancel scheduled release").press(
        "Cancel scheduled release"
    )


def make_unpublished_edits(editor: Browser) -> None:
    """Make unpublished changes, one of them undoable."""
    editor.open(f"{OPENING}/change").press("Save", subtitle="And tea")
    editor.open("/organise/sessions/coffee/cancel").press("Cancel this session")
    editor.open("/organise/sessions/_add").press("Add this session", title="Knots")
