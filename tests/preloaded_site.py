"""What a process has read before sites are forked from it: code, templates, addresses.

It is imported there (tests/subprocesses.py), and nowhere else. The site that it makes opens no
database.
"""

from tempfile import gettempdir

from app.factory import create_app
from config import Config
from tests.shared_caches import share_caches

share_caches()
_templates = create_app(
    Config.model_validate(
        {
            "SECRET_KEY": "a key that opens nothing",
            "SITE_URL": "https://conference.example",
            "DATABASE_URL": f"sqlite:///{gettempdir()}/never-opened.sqlite",
            "INSTANCE_PATH": gettempdir(),
        }
    )
).jinja_env
for _name in _templates.list_templates():
    _templates.get_template(_name)
