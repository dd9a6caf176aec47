"""What is sent when somebody presses a star."""

from dataclasses import dataclass

from wtforms import HiddenField

from app.forms import PublicForm, without_hidden

LONGEST_SLUG = 300  # characters


@dataclass(frozen=True)
class Wish:
    """Which session should be in an agenda, or out of it."""

    slug: str
    is_in: bool


class StarForm(PublicForm):
    """The one form of all the stars on a page; which was pressed, its button says."""

    add = HiddenField()
    remove = HiddenField()

    def wish(self) -> Wish:
        """Give what was pressed."""
        pressed = without_hidden(self.remove.data or self.add.data or "")
        return Wish(slug=pressed[:LONGEST_SLUG], is_in=not self.remove.data)
