"""The base form for editing in admin, and what such forms have in common."""

from collections.abc import Mapping
from typing import Any, Self

from flask import Response, request
from flask_babel import lazy_gettext as _l
from wtforms import Field, SelectField, SelectMultipleField
from wtforms.widgets import CheckboxInput, ListWidget

from app.errors import StaleEdit
from app.forms.fields import VersionField, editor_text_field
from app.forms.form import Form
from app.forms.validators import one_of_choices
from app.programme.slugs import slugify
from app.web import redirects

MAX_NOTES_LENGTH = 5_000  # characters


class EditForm(Form):
    """A form with the version of the item when it was opened, for optimistic locking."""

    expected_version = VersionField()

    def rebase_on(self, stale: StaleEdit) -> Self:
        """Keep the input, but expect the version that is saved now."""
        self.expected_version.data = stale.version
        return self


def redirect_after_adding(url: str, message_key: str) -> Response:
    """Redirect to the new item, or to an empty form if another one is to be added."""
    form_url = request.script_root + request.path
    return redirects.redirect_to(form_url if "another" in request.form else url, message_key)


class CheckboxesField(SelectMultipleField):
    """A multiple choice shown as checkboxes."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class ReassignForm(Form):
    """Choose the room or theme to which sessions are moved."""

    to = SelectField(
        _l("Move them to"), [one_of_choices(_l("Choose where to move them"))], validate_choice=False
    )


def with_slug(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values with the typed page address as a slug; without it if that is empty."""
    slug = slugify(values["slug"] or "")
    return {name: value for name, value in values.items() if name != "slug"} | (
        {"slug": slug} if slug else {}
    )


def notes_field() -> Field:
    """Return an optional field for internal notes."""
    return editor_text_field(
        _l("Notes (optional)"),
        _l("The notes"),
        _l("Not public. Only people with access to admin can see them"),
        MAX_NOTES_LENGTH,
    )
