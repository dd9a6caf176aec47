"""Who someone is and what they may see."""

from app.accounts.own.views import pages as own
from app.accounts.second_step.views import pages as second_step
from app.accounts.setting_up.views import pages as set_up
from app.accounts.views import pages
from app.web import headers

headers.keep_addresses(pages)
for part in (own, second_step, set_up):
    pages.register_blueprint(part)

__all__ = ["pages"]
