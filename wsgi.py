"""The site as a WSGI application: ``wsgi:app``."""

import sys

from app import setup_commands
from app.factory import create_app
from app.server.settings_file import is_command, is_own_command, load_command_config
from config import Config, SettingsError

setting_sources: dict[str, str] = {}
try:
    config = load_command_config(setting_sources) if is_command() else Config.from_environment()
    app = create_app(config)
except SettingsError as fault:
    if not is_own_command():
        sys.exit(str(fault))
    app = setup_commands.create_faulty_app(fault)
app.extensions[setup_commands.SOURCES] = setting_sources
