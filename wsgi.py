"""The site for servers: ``wsgi:app`` by WSGI, ``wsgi:rsgi_app`` by granian's RSGI."""

import os
import sys

from app import setup_commands
from app.factory import create_app
from app.log import log
from app.server.parent import end_with_granian
from app.server.rsgi import RsgiApplication
from app.server.settings_file import find_path, is_command, is_own_command, load_command_config
from app.web import undeclared_proxy
from config import Config, SettingsError

end_with_granian()
setting_sources: dict[str, str] = {}
try:
    if is_command():
        settings_file = find_path(os.environ)  # before the file's settings are in the environment
        app = create_app(load_command_config(setting_sources), settings_file)
    else:
        config = Config.from_environment()
        app = create_app(config)
        if advice := undeclared_proxy.describe_likely(config):
            log.warning("proxy not declared", advice=advice)
    rsgi_app = RsgiApplication(app)
except SettingsError as fault:
    if not is_own_command():
        sys.exit(str(fault))
    app = setup_commands.create_faulty_app(fault)
app.extensions[setup_commands.SOURCES] = setting_sources
