"""My agenda: the sessions that somebody means to go to, without an account."""

from app.agenda import stars
from app.agenda.views import pages
from app.web import headers

__all__ = ["pages"]

headers.keep_addresses(pages)
pages.add_app_template_global(stars.are_offered, "stars_are_offered")
pages.add_app_template_global(stars.token, "star_token")
