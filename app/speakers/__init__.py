"""What speakers do for themselves, and those who help them: their own pages at ``/speak``."""

from flask.blueprints import BlueprintSetupState

from app.speakers.answering import pages as answering
from app.speakers.assisting import pages as assisting
from app.speakers.calendar import feeds
from app.speakers.calendar import pages as calendar
from app.speakers.materials import pages as materials
from app.speakers.photo import pages as photo
from app.speakers.sharing import pages as sharing
from app.speakers.taking_part import pages as taking_part
from app.speakers.texts.profile import pages as profile
from app.speakers.texts.session import pages as text
from app.speakers.views import pages


@pages.record_once
def _open_calendars(state: BlueprintSetupState) -> None:
    """Open the calendars to programs that subscribe: they hold the address, and sign in nowhere."""
    state.app.register_blueprint(feeds)


__all__ = ["pages"]

ALL = (taking_part, answering, assisting, calendar, sharing, photo, materials, profile, text)
for part in ALL:
    pages.register_blueprint(part)
