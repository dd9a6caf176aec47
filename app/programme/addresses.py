"""What stands in addresses of the programme."""

from datetime import date

from werkzeug.routing import BaseConverter, ValidationError


class DayConverter(BaseConverter):
    """A day in an address: 2008-11-06."""

    regex = r"\d{4}-\d{2}-\d{2}"

    def to_python(self, value: str) -> date:
        """Read the day; one that is in no calendar is no address."""
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise ValidationError from None

    def to_url(self, value: date) -> str:
        """Write the day."""
        return value.isoformat()
