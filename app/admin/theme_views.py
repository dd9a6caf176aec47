"""Themes of the working programme: what is specific to their list, form and bulk actions.

The views are those of every ordered list (``app/admin_kit/ordered_views.py``).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _l
from wtforms import SelectField, StringField

from app.admin_kit import ordered_listing, ordered_views
from app.admin_kit.bulk_actions import BulkAction
from app.admin_kit.edit_form import notes_field
from app.admin_kit.ordered_listing import RowFilter
from app.admin_kit.ordered_views import OrderedForm, OrderedSection
from app.forms.fields import editor_name_field, editor_text_field
from app.forms.validators import max_length, no_hidden_characters, one_of_choices
from app.programme.editing.rooms_and_themes import THEMES, OrderedKind
from app.programme.fields.rooms_and_themes import COLOURS, LOOK, THEME_LABELS, next_free_look
from app.programme.models import THEME_SHAPES, Theme
from app.text import collapse_whitespace
from app.web import redirects

MISSING_OPTIONS = (("summary", _l("Summary")),)
MAX_SUMMARY_LENGTH = 1_000
MAX_SHORT_NAME_LENGTH = 40
MAX_LETTER_LENGTH = 2
PALETTES = tuple(str(number) for number in range(1, len(COLOURS) + 1))


def get_filters(_every: Sequence[Theme]) -> Sequence[RowFilter]:
    """Return the filters of the list."""
    return (ordered_listing.usage_filter(), ordered_listing.missing_filter(MISSING_OPTIONS))


def get_bulk_actions() -> Mapping[str, BulkAction[Theme]]:
    """Return the bulk actions by name."""
    deletion = ordered_listing.delete_action(
        THEMES,
        gettext("Delete selected themes"),
        lambda num: ngettext("Delete %(num)s theme?", "Delete %(num)s themes?", num),
    )
    return {deletion.name: deletion}


class ThemeForm(OrderedForm):
    """Edit a theme."""

    labels = THEME_LABELS
    refused_field = "shape"
    name = editor_name_field(_l("Name"), _l("The name"), _l("Enter the theme’s name"))
    short_name = StringField(
        _l("Short name (optional)"),
        [max_length(MAX_SHORT_NAME_LENGTH, _l("The short name")), no_hidden_characters],
        [collapse_whitespace],
        _l("Two or three words for lists, such as “Daily life”. If empty, lists show the name"),
    )
    summary = editor_text_field(
        _l("Summary (optional)"),
        _l("The summary"),
        _l("One or two sentences about what its sessions have in common"),
        MAX_SUMMARY_LENGTH,
    )
    letter = StringField(
        _l("Letter (optional)"),
        [max_length(MAX_LETTER_LENGTH, _l("The letter")), no_hidden_characters],
        [collapse_whitespace],
        _l(
            "Shown in the shape where there is space. Leave empty to use the first letter of "
            "the name"
        ),
        render_kw={"spellcheck": "false", "autocomplete": "off"},
    )
    shape = SelectField(_l("Shape"), [one_of_choices(_l("Choose a shape"))], validate_choice=False)
    palette = SelectField(
        _l("Colour"), [one_of_choices(_l("Choose a colour"))], validate_choice=False
    )
    notes = notes_field()

    def set_choices(self, _item: Theme | None = None) -> None:
        """Set the shapes and colours to choose from."""
        self.shape.choices = [(shape, gettext(shape.capitalize())) for shape in THEME_SHAPES]
        self.palette.choices = [
            (number, gettext(colour)) for number, colour in zip(PALETTES, COLOURS, strict=True)
        ]

    @classmethod
    def new_data(cls) -> dict[str, Any]:
        """Return a look that no other theme has."""
        return dict(zip(("shape", "palette"), next_free_look(), strict=True))

    @classmethod
    def initial_data(cls, kind: OrderedKind[Any], item: Theme) -> dict[str, Any]:
        """Return the current values of the fields."""
        look = {"shape": item.shape, "palette": str(item.palette)}
        return {**super().initial_data(kind, item), **look}

    def get_typed(self, field: str) -> Any:
        """Return the submitted value of a field; the look is typed as shape and colour."""
        if field == LOOK:
            return [self.shape.data, int(self.palette.data)]
        if field == "letter":
            return self.letter.data or (self.name.data or "")[:1].upper()
        return super().get_typed(field)

    def get_preview(self) -> dict[str, str]:
        """Return the theme's look as the public will see it; missing values have defaults."""
        name = self.name.data or gettext("Name of the theme")
        return {
            "name": name,
            "letter": self.letter.data or name[:1].upper(),
            "shape": self.shape.data if self.shape.data in THEME_SHAPES else THEME_SHAPES[0],
            "palette": self.palette.data if self.palette.data in PALETTES else "1",
        }


redirects.MESSAGES["admin"] |= {
    "theme-added": _l("The theme has been added. It will be public when you publish."),
    "theme-saved": _l("The theme has been saved. Changes will be public when you publish."),
    "theme-moved": _l("The order of themes has been changed. It will be public when you publish."),
    "theme-emptied": _l(
        "The sessions have been moved. The change will be public when you publish."
    ),
    "themes-deleted": _l(
        "All selected items have been deleted. The public site changes when you publish."
    ),
    "theme-deleted": _l("The theme has been deleted. The public site changes when you publish."),
}

bp = Blueprint("themes", __name__, url_prefix="/themes")
ordered_views.register(
    bp,
    _l("Themes"),
    OrderedSection(
        THEMES,
        ThemeForm,
        ("place", "name", "sessions"),
        get_filters,
        get_bulk_actions,
        _l("Select at least one theme"),
    ),
)
