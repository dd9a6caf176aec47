"""Finished pages are kept for the edition from which they were made, and for no other."""

from flask import Flask

from app import edition
from app.database import transaction
from app.web.shelf import Key, Page, Shelf
from tests.browser import Browser

LATE = Key(language="", path="/late", keys_off=False, variant="", as_text=False)


def shelf(site: Flask) -> Shelf:
    """Give the store of finished pages."""
    store: Shelf = site.extensions["public_pages"]
    return store


def test_a_page_begun_before_a_release_does_not_take_the_place_of_those_made_since(
    site: Flask, visitor: Browser
) -> None:
    store = shelf(site)
    begun = store.edition()
    with transaction():
        edition.raise_edition()
    visitor.open("/programme")
    made_since = store.find({"PATH_INFO": "/programme"})

    store.put(LATE, Page(b"As it was before", [], "/late"), begun, None)

    assert made_since is not None
    assert store.find({"PATH_INFO": "/programme"}) is made_since
    assert store.find({"PATH_INFO": "/late"}) is None


def test_a_page_that_replaces_another_takes_its_room(site: Flask, visitor: Browser) -> None:
    store = shelf(site)
    now = store.edition()

    store.put(LATE, Page(b"12345", [], "/late"), now, None)
    store.put(LATE, Page(b"123", [], "/late"), now, None)

    assert (len(store), store.size) == (1, 3)
