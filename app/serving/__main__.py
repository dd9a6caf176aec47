"""The way in: ``python -m app.serving``."""

import os
import socket
import sys
from contextlib import suppress
from functools import partial

from app.errors import ConferenceError
from app.serving import settings_file
from app.serving.parts import (
    PATIENCE,
    Part,
    Told,
    deliver_letters,
    serve_pages,
    stop,
    told_to_stop,
    watch_over,
)
from app.serving.place import CannotStart, Place, fill_in, instance
from app.serving.preparing import Prepared, alone, in_a_process_of_its_own, prepare
from config import Config, SettingsError

GLANCE = 0.01  # seconds between two looks at the port


def main() -> None:
    """Serve the site until it is told to stop."""
    folder = instance(os.environ)
    file = settings_file.find_path(os.environ)
    if file is not None:
        settings_file.load_typed(os.environ, file)
    place = Place.from_environment(os.environ)
    parts = [Part("web server", partial(serve_pages, place)), Part("mail worker", deliver_letters)]
    with told_to_stop() as told:
        with alone(folder):
            place.see_that_it_is_free()
            fill_in(os.environ, place)
            config = Config.from_environment()
            prepared = in_a_process_of_its_own(partial(prepare, config))
            if file is not None:
                settings_file.save(file, config)
            for part in parts:
                part.start()
            wait_for(place, told)
        announce(config, prepared)
        watch_over(parts, told)
        stop(parts)


def wait_for(place: Place, told: Told) -> None:
    """Wait until the web server listens, or has had its time, or is not wanted any more."""
    for _ in range(int(PATIENCE / GLANCE)):
        with suppress(OSError), socket.create_connection((place.nearest_host, place.port)):
            return
        if told.poll(GLANCE):
            return


def announce(config: Config, prepared: Prepared) -> None:
    """Say where everything is."""
    letters = (
        f"Letters go out through {config.MAIL_SERVER}."
        if config.MAIL_SERVER
        else f"No mail server is set, so letters are written to {config.INSTANCE_PATH / 'mail'}."
    )
    print(f"\nThe conference is at {config.SITE_URL}")
    print(f"Organisers sign in, once, with this link: {prepared.link}")
    print(letters)
    if config.CLOCK_STARTS_AT is not None:
        now = prepared.now.astimezone(config.CLOCK_STARTS_AT.tzinfo)
        print(f"The site lives at a time of its own: now it is {now:%H:%M on %A %d %B %Y}.")
    print("Press Ctrl-C to stop.", flush=True)


if __name__ == "__main__":
    try:
        main()
    except (CannotStart, SettingsError, ConferenceError) as fault:
        sys.exit(str(fault))
    except OSError as fault:
        sys.exit(f"The site cannot start: {fault.strerror}: {fault.filename}")
