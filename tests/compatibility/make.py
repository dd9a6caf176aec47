"""Store today's databases for the tests of later versions.

    .venv/bin/python -m tests.compatibility.make 2026-11

makes the folder ``tests/compatibility/2026-11`` with a SQLite and a PostgreSQL database that hold
the same rows in every table, the links and cookies that people hold (``links.json``), and what
the site answered to them (``answers.json.xz``). The programs of PostgreSQL must include
``pg_dump``.

    .venv/bin/python -m tests.compatibility.make 2026-11 --answers

only writes the answers of that folder anew, as today's code gives them from the stored databases:
for when pages were changed on purpose. Run the tests first, and read what they say differs.
Addresses that were recorded before stay, whether or not anything links to them now.
"""

import json
import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import time_machine

from config import Config
from tests import ramdisk
from tests.compatibility import (
    answers,
    databases,
    fill_admin,
    fill_people,
    fill_programme,
    fill_speakers,
    walk,
)
from tests.compatibility.fill import FillContext, cookies_of, run_frequent_tasks
from tests.mail_server import MailServer
from tests.postgres import PostgresServer
from tests.sent_emails import deliver_emails

BEGINNING: Final = "2009-05-03T10:00:00+01:00"
MOMENT: Final = "2009-05-12T09:30:00+01:00"
SETTINGS: Final = {
    "SECRET_KEY": "a key of stored databases, known to everyone",
    "SITE_URL": "https://conference.example",
    "MAIL_DEFAULT_SENDER": "tides@conference.example",
}


def fill(stage: FillContext) -> None:
    """Let ten days go by."""
    fill_programme.publish_small_conference()
    fill_admin.set_up_second_step(stage)
    stage.clock.shift(60)
    organiser = fill_admin.sign_in(stage)
    fill_admin.change_settings(organiser)
    fill_people.star_session_that_moves(stage)
    fill_programme.edit(organiser)
    fill_speakers.invite(stage, organiser)
    fill_speakers.answer(stage)
    fill_programme.publish(organiser, "Walls and piers")
    fill_programme.restore_release(organiser, 1, "Too soon")
    fill_programme.restore_release(organiser, 2, "Now it is time")
    fill_admin.write_content(organiser)
    fill_people.register(stage)
    fill_programme.schedule_release(organiser, "2009-05-11", "09:30", "More to learn")
    deliver_emails()

    stage.clock.move_to("2009-05-11T09:30:30+01:00")
    run_frequent_tasks()
    organiser = fill_admin.sign_in(stage)
    fill_programme.add(organiser)
    fill_programme.publish(organiser, "Tide pools")
    fill_people.add_delegate_at_desk(organiser)
    fill_speakers.sign_in_speakers(stage)
    fill_speakers.propose(stage, organiser)
    fill_programme.create_preview_links(stage, organiser)

    stage.clock.move_to("2009-05-12T09:00:00+01:00")
    organiser = fill_admin.sign_in(stage)
    fill_programme.upload_materials(organiser, stage.new_browser())
    fill_programme.make_unpublished_edits(organiser)
    fill_programme.schedule_release(organiser, "2009-05-13", "09:30", "Later")
    fill_programme.schedule_release(organiser, "2009-05-14", "09:30", "Never")
    fill_programme.cancel_scheduled_release(organiser)
    fill_speakers.plan_reminders(organiser)
    fill_people.start_registrations(stage)
    fill_people.create_agendas(stage)
    fill_speakers.sign_in_speakers(stage)
    fill_admin.receive_feedback(stage)
    fill_admin.make_failed_and_retried_emails()

    stage.clock.move_to("2009-05-12T09:25:00+01:00")
    fill_programme.upload_programme(organiser)
    fill_people.create_agenda_transfer(stage)
    fill_speakers.request_sign_in_link(stage)
    fill_admin.sign_in_team(stage)
    fill_programme.map_columns(stage.held.browsers["of the team: editor"])


def links(stage: FillContext) -> dict[str, Any]:
    """Gather all that people hold."""
    held = stage.held
    return {
        "moment": MOMENT,
        "settings": SETTINGS,
        "secrets": held.secrets,
        "links": {name: to.removeprefix(SETTINGS["SITE_URL"]) for name, to in held.links.items()},
        "browsers": {name: cookies_of(one) for name, one in held.browsers.items()},
    }


def store(folder: Path, place: Path) -> None:
    """Fill a database, and keep it as both kinds."""
    database = place / "conference.sqlite"
    settings = {**SETTINGS, "INSTANCE_PATH": str(place), "DATABASE_URL": f"sqlite:///{database}"}
    mailbox = MailServer(place)
    mailbox.open(tls=False)
    server = PostgresServer()
    try:
        with (
            time_machine.travel(BEGINNING, tick=False) as clock,
            databases.running(settings | mailbox.settings) as site,
        ):
            databases.upgrade()
            stage = FillContext(site, clock, databases.new_browser(site, SETTINGS["SITE_URL"]))
            fill(stage)
            (folder / walk.FILE).write_text(_as_json(links(stage)), encoding="utf-8")
        databases.save_sqlite(database, folder / databases.SQLITE)
        with time_machine.travel(MOMENT, tick=False):
            name = server.create_database()
            copy = {**settings, "DATABASE_URL": server.url(name)}
            databases.copy_to_postgresql(settings["DATABASE_URL"], copy)
        databases.save_postgresql(server, name, folder / databases.POSTGRESQL)
    finally:
        server.shut_down()
        mailbox.close()


def record(folder: Path, place: Path, earlier: answers.Answers) -> None:
    """Find every address in the stored SQLite database, and keep what a second walk is answered.

    The second begins anew, as every test does: what the first has counted on its way is gone.
    It opens what was recorded earlier too, whether or not a link still leads there.
    """
    found: answers.Answers = {}
    for number in (1, 2):
        held = walk.load_links(folder)
        address = databases.restore_sqlite(folder, place / f"walk {number}.sqlite")
        settings = {**held["settings"], "INSTANCE_PATH": str(place), "DATABASE_URL": address}
        with time_machine.travel(held["moment"], tick=False), databases.running(settings) as site:
            databases.upgrade()
            new_browser = databases.new_browser(site, settings["SITE_URL"])
            people = walk.make_browsers(held, new_browser)
            if found:
                found = walk.replay(found, people)
            else:
                links_now = walk.crawl(site, held, people)
                found = {name: links_now[name] | earlier.get(name, {}) for name in links_now}
    answers.save(found, folder)


def main() -> None:
    """Make a folder, or only its responses again."""
    name, *options = sys.argv[1:]
    folder = databases.FOLDER / name
    for setting in Config.model_fields:  # what is set on this machine is of no interest
        os.environ.pop(setting, None)
    ramdisk.use_ramdisk()
    with TemporaryDirectory() as place:
        earlier: answers.Answers = {}
        if options == ["--answers"]:
            earlier = answers.load(folder)
        else:
            folder.mkdir(exist_ok=True)
            store(folder, Path(place))
        record(folder, Path(place), earlier)
    for file in sorted(folder.iterdir()):
        sys.stdout.write(f"{file.stat().st_size:>9,} {file.name}\n")


def _as_json(held: dict[str, Any]) -> str:
    return json.dumps(held, ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    main()
