"""The site as an application: ``wsgi:rsgi_app`` for granian, ``wsgi:app`` for any WSGI server."""

import sys

from app.factory import create_app
from app.server.parent import end_with_granian
from app.server.rsgi import RsgiApplication
from app.server.settings_file import is_command, load_command_config
from config import Config, SettingsError

end_with_granian()
try:
    config = load_command_config() if is_command() else Config.from_environment()
    app = create_app(config)
    rsgi_app = RsgiApplication(app)
except SettingsError as fault:
    sys.exit(str(fault))
