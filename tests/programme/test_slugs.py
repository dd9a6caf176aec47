"""The addresses of pages: made from names in any script, changed by organisers, never lost."""

import pytest

from app.accounts.models import EDITOR
from app.database import db, transaction
from app.errors import RuleViolation
from app.interchange import services
from app.programme import slugs
from app.programme.editing import sessions
from app.programme.models import Session, Speaker
from tests.browser import Browser
from tests.factories import make_session, make_speaker, publish_programme, sign_in, sign_in_speaker
from tests.interchange.test_import_ical import make_calendar, make_event
from tests.lookups import get_session


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Łukasz Żółć", "lukasz-zolc"),
        ("Søren Þór Straße", "soren-thor-strasse"),
        ("Nguyễn Đức", "nguyen-duc"),
        ("李明", "li-ming"),
        ("سلمى", "slma"),
        ("Зоя Нил", "zoya-nil"),
        ("Ελένη", "eleni"),
        ("김민수", "gim-min-su"),
        ("İstanbul ﬁne café", "istanbul-fine-cafe"),
        ("McDonald’s LIVE", "mcdonald-s-live"),
        ("Who pays, and “why”?", "who-pays-and-why"),
        ("…!", ""),
        ("李" * 300, "-".join(["li"] * 27)),
    ],
)
def test_a_name_in_any_script_gives_a_slug(name: str, slug: str) -> None:
    assert slugs.slugify(name) == slug


def test_a_role_in_another_script_gives_no_code() -> None:
    assert (slugs.make_code("Panel Chair"), slugs.make_code("Докладчик")) == ("panel-chair", "")


@pytest.mark.both_databases
def test_an_old_slug_redirects_after_an_editor_changes_it(visitor: Browser) -> None:
    make_speaker(slug="speaker-1", key="speaker-1", name="سلمى")
    publish_programme()
    sign_in(visitor, role=EDITOR)

    page = visitor.open("/organise/speakers/speaker-1/change")
    assert page.value_of("Page address (optional)") == "speaker-1"
    page.press("Save", page_address="Salma Haddad")

    assert visitor.open("/speakers/speaker-1").heading == "سلمى"  # until it is published
    assert visitor.open("/organise/speakers/speaker-1").address.endswith("/salma-haddad")
    publish_programme()
    assert visitor.open("/speakers/salma-haddad").heading == "سلمى"
    answer = visitor.fetch("GET", "/speakers/speaker-1")
    assert (answer.status_code, answer.headers["Location"]) == (308, "/speakers/salma-haddad")


def test_an_empty_slug_is_kept_or_made_from_the_title(visitor: Browser) -> None:
    sign_in(visitor, role=EDITOR)

    visitor.open("/organise/sessions/opening/change").press("Save", page_address="")
    visitor.open("/organise/sessions/_add").press("Save", title="Żółć", page_address="")
    visitor.open("/organise/sessions/_add").press("Save", title="Gall", page_address="Bile")

    assert get_session("opening").slug == "opening"
    assert get_session("zolc").title == "Żółć"
    assert (get_session("bile").title, get_session("bile").key) == ("Gall", "gall")


@pytest.mark.both_databases
def test_a_former_slug_cannot_be_used_for_another_page(visitor: Browser) -> None:
    make_session(slug="walls", key="walls", title="Walls")
    with transaction():
        _change("walls", "sea-walls")
    with transaction():
        added = sessions.add({"title": "Walls", "state": "confirmed"}, actor="Grace")
        imported = make_calendar(make_event(UID="new", SUMMARY="Walls!"))
        with pytest.raises(RuleViolation, match="The page address sea-walls is already used"):
            _change("opening", "Sea walls")
        with pytest.raises(RuleViolation, match="The page address walls is already used"):
            _change("opening", "walls")

    assert added.slug == "walls-2"
    assert imported
    with transaction():
        _change("sea-walls", "walls")  # back to its own
    assert get_session("walls").title == "Walls"


def test_an_imported_session_never_gets_a_former_slug(
    visitor: Browser, tmp_path_factory: pytest.TempPathFactory
) -> None:
    make_session(slug="walls", key="walls", title="Walls")
    with transaction():
        _change("walls", "sea-walls")
    path = tmp_path_factory.mktemp("files") / "calendar.ics"
    path.write_bytes(make_calendar(make_event(UID="new", SUMMARY="Walls?")))

    with transaction():
        services.merge_file(path)

    assert get_session("walls-2").title == "Walls?"


def test_a_change_of_a_slug_can_be_undone(visitor: Browser) -> None:
    sign_in(visitor, role=EDITOR)
    visitor.open("/organise/sessions/opening/change").press("Save", page_address="welcome")

    visitor.open("/organise/sessions/welcome").press(
        "Undo: Opening: page address changed from opening to welcome"
    )

    assert db.session.query(Session).filter_by(slug="opening").count() == 1


def test_speaker_pages_redirect_from_the_former_slug(visitor: Browser) -> None:
    speaker = make_speaker(slug="salma", key="salma", name="Salma")
    sign_in_speaker(visitor, speaker)
    with transaction():
        slugs.change(db.session.get_one(Speaker, speaker.id), "salma-haddad")

    assert visitor.open("/speak/salma").address == "/speak/salma-haddad"


def _change(slug: str, wish: str) -> None:
    session = get_session(slug)
    sessions.save(session, {"slug": wish}, expected_version=session.version, actor="Grace")
