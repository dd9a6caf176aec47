"""The site for servers: ``wsgi:app`` by WSGI, ``wsgi:rsgi_app`` by granian's RSGI."""

import sys

from app import setup_commands
from app.factory import create_app
from app.server.parent import end_with_granian
from app.server.rsgi import RsgiApplication
from app.server.settings_file import is_command, is_own_command, load_command_config
from config import Config, SettingsError

end_with_granian()
setting_sources: dict[str, str] = {}
try:
    config = load_command_config(setting_sources) if is_command() else Config.from_environment()
    app = create_app(config)
    rsgi_app = RsgiApplication(app)
except SettingsError as fault:
    if not is_own_command():
        sys.exit(str(fault))
    app = setup_commands.create_faulty_app(fault)
app.extensions[setup_commands.SOURCES] = setting_sources
