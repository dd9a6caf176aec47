"""What organisers type about a theme."""

from typing import Any, Self

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import SelectField, StringField

from app.forms import one_line, plain_characters
from app.organise.edited import EditForm, a_name, a_text, notes
from app.programme.editing.of_themes import COLOURS, LookTaken
from app.programme.loading import SHAPES
from app.programme.models import Theme
from app.registration.fields import at_most, offered

LONGEST_SUMMARY = 1_000
LONGEST_LETTER = 2
PALETTES = tuple(str(number) for number in range(1, len(COLOURS) + 1))


class ThemeForm(EditForm):
    """Say what a theme is called and how it looks."""

    name = a_name(_l("Name"), _l("The name"), _l("Enter the theme’s name"))
    summary = a_text(
        _l("Summary (optional)"),
        _l("The summary"),
        _l("One or two sentences on what its sessions have in common"),
        LONGEST_SUMMARY,
    )
    letter = StringField(
        _l("Letter (optional)"),
        [at_most(LONGEST_LETTER, _l("The letter")), plain_characters],
        [one_line],
        _l("It stands in the shape where there is room. Empty: the first letter of the name"),
        render_kw={"spellcheck": "false", "autocomplete": "off"},
    )
    shape = SelectField(_l("Shape"), [offered(_l("Choose a shape"))], validate_choice=False)
    palette = SelectField(_l("Colour"), [offered(_l("Choose a colour"))], validate_choice=False)
    notes = notes()

    def offer(self) -> None:
        """Say which shapes and colours there are."""
        self.shape.choices = [(shape, gettext(shape.capitalize())) for shape in SHAPES]
        self.palette.choices = [
            (number, gettext(colour)) for number, colour in zip(PALETTES, COLOURS, strict=True)
        ]

    @staticmethod
    def shown(theme: Theme) -> dict[str, Any]:
        """Give what stands in the form of a theme before anything is typed."""
        return {
            "version": str(theme.version),
            "name": theme.name,
            "summary": theme.summary,
            "letter": theme.letter,
            "shape": theme.shape,
            "palette": str(theme.palette),
            "notes": theme.notes,
        }

    def values(self) -> dict[str, Any]:
        """Give what was typed, as an edit takes it."""
        name = self.name.data or ""
        return {
            "name": name,
            "summary": self.summary.data or "",
            "letter": self.letter.data or name[:1].upper(),
            "look": [self.shape.data, int(self.palette.data)],
            "notes": self.notes.data or "",
        }

    def refused(self, refusal: LookTaken) -> Self:
        """Say beside the shape that another theme looks so."""
        self.reject(self.shape, refusal)
        return self

    def look(self) -> dict[str, str]:
        """Give what the theme would look like to readers, as far as it is said."""
        name = self.name.data or gettext("Name of the theme")
        return {
            "name": name,
            "letter": self.letter.data or name[:1].upper(),
            "shape": self.shape.data if self.shape.data in SHAPES else SHAPES[0],
            "palette": self.palette.data if self.palette.data in PALETTES else "1",
        }
