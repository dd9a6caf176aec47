"""The site as a WSGI application: ``wsgi:app``."""

import sys

from app.factory import create_app
from app.log import log
from app.server.settings_file import is_command, load_command_config
from app.web import undeclared_proxy
from config import Config, SettingsError

try:
    config = load_command_config() if is_command() else Config.from_environment()
    app = create_app(config)
except SettingsError as fault:
    sys.exit(str(fault))
if not is_command() and undeclared_proxy.describe_likely(config):
    log.warning("proxy not declared", advice=undeclared_proxy.describe_likely(config))
