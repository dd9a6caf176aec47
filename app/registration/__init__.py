"""How a person becomes a delegate, and what they do with their booking."""

from flask.blueprints import BlueprintSetupState

from app.registration import links
from app.registration.bookings import agendas
from app.registration.bookings.addresses import by_receipt
from app.registration.bookings.views import pages as bookings
from app.registration.views import pages
from app.web import headers

__all__ = ["pages"]

pages.register_blueprint(by_receipt)
headers.keep_addresses(pages)
headers.keep_addresses(bookings)
headers.keep_addresses(agendas.pages)
for link in (links.booking_link, links.new_address_link):
    pages.add_app_template_global(link)


@pages.record_once
def _open_bookings(state: BlueprintSetupState) -> None:
    """Open the pages of bookings, which stand at addresses of their own."""
    state.app.register_blueprint(bookings)
    state.app.register_blueprint(agendas.pages)
