"""The site as a WSGI application: ``wsgi:app``."""

import os
import sys

from app.factory import create_app
from app.server.settings_file import find_path, is_command, load_command_config
from config import Config, SettingsError

try:
    if is_command():
        settings_file = find_path(os.environ)  # before the file's settings are in the environment
        app = create_app(load_command_config(), settings_file)
    else:
        app = create_app(Config.from_environment())
except SettingsError as fault:
    sys.exit(str(fault))
