"""The site as a WSGI application: ``wsgi:app``."""

import sys

from app import create_app
from config import Config, SettingsError

try:
    app = create_app(Config.from_environment())
except SettingsError as fault:
    sys.exit(str(fault))
