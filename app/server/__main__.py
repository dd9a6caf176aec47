"""The entry point of ``python -m app.server``."""

import os
import socket
import sys
from contextlib import suppress
from functools import partial

from app.errors import ConferenceError
from app.server import settings_file
from app.server.bootstrap import BootstrapResult, bootstrap, startup_lock
from app.server.options import (
    ServerOptions,
    StartupError,
    apply_local_defaults,
    get_instance_folder,
)
from app.server.processes import (
    STOP_TIMEOUT,
    ManagedProcess,
    StopSignal,
    deliver_mail,
    serve_web,
    stop_all,
    stop_signal,
    supervise,
)
from app.web import undeclared_proxy
from config import Config, SettingsError

POLL_INTERVAL = 0.01  # seconds between two attempts to connect


def main() -> None:
    """Serve the site until it is told to stop."""
    folder = get_instance_folder(os.environ)
    file = settings_file.find_path(os.environ)
    if file is not None:
        settings_file.load_typed(os.environ, file)
    options = ServerOptions.from_environment(os.environ)
    processes = [
        ManagedProcess("web server", partial(serve_web, options)),
        ManagedProcess("mail worker", deliver_mail),
    ]
    with stop_signal() as stop_requested:
        with startup_lock(folder):
            options.check_port_free()
            apply_local_defaults(os.environ, options)
            config = Config.from_environment()
            prepared = bootstrap(config)
            if file is not None:
                settings_file.save(file, config)
            for part in processes:
                part.start()
            wait_until_listening(options, stop_requested)
        announce(config, prepared, options)
        supervise(processes, stop_requested)
        stop_all(processes)


def wait_until_listening(options: ServerOptions, stop_requested: StopSignal) -> None:
    """Wait until the web server listens, a time limit has passed, or a stop is requested."""
    for _ in range(int(STOP_TIMEOUT / POLL_INTERVAL)):
        with suppress(OSError), socket.create_connection((options.local_host, options.port)):
            return
        if stop_requested.poll(POLL_INTERVAL):
            return


def announce(config: Config, result: BootstrapResult, options: ServerOptions) -> None:
    """Print the URLs of the site."""
    mail_sentence = (
        f"Emails are sent through {config.MAIL_SERVER}."
        if config.MAIL_SERVER
        else f"No mail server is set, so emails are saved in {config.INSTANCE_PATH / 'mail'}."
    )
    print(f"\nThe site is at {config.SITE_URL}")
    if options.network_hosts:
        announce_network(config, options)
    print(f"Sign in as an organiser with this link, which works once: {result.sign_in_link}")
    print(mail_sentence)
    if config.CLOCK_STARTS_AT is not None:
        now = result.now.astimezone(config.CLOCK_STARTS_AT.tzinfo)
        print(f"This is a test site. Its clock says {now:%H:%M on %A} {now.day} {now:%B %Y}.")
    warning = undeclared_proxy.describe_likely(config)
    if warning is not None:
        print(f"{warning}.")
    print("Press Ctrl-C to stop.", flush=True)


def announce_network(config: Config, options: ServerOptions) -> None:
    """Print the URLs that other devices can open, and a warning about what is not private there."""
    hosts = [host for host in options.network_hosts if host in config.hosts]
    if not hosts:
        print(
            "Other devices on this network cannot open the site: "
            "ALLOWED_HOSTS does not list its address."
        )
        return
    print("On other devices on this network, open one of these addresses:")
    for host in hosts:
        print(f"  http://{host}")
    if not config.is_private_connection:
        print("These connections are not encrypted. Every page says so.")


if __name__ == "__main__":
    try:
        main()
    except (StartupError, SettingsError, ConferenceError) as fault:
        sys.exit(str(fault))
    except OSError as fault:
        sys.exit(f"The site cannot start: {fault.strerror}: {fault.filename}")
