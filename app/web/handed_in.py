"""Forms in which a file is handed in."""

from typing import Any

from flask_wtf import FlaskForm
from werkzeug.datastructures import FileStorage

from app.forms import Form

ROOM_AROUND = 64 * 1024  # bytes of a form, besides the file


class FileForm(Form):
    """A form that takes a file."""

    class Meta(Form.Meta):
        """Take a file."""

        def wrap_formdata(self, form: Any, formdata: Any) -> Any:
            """Give what was typed, together with the file."""
            return FlaskForm.Meta.wrap_formdata(self, form, formdata)


def is_file(data: Any) -> bool:
    """Whether a file was chosen."""
    return isinstance(data, FileStorage) and bool(data.filename)


def length(file: FileStorage) -> int:
    """Tell how many bytes a file has."""
    found = file.stream.seek(0, 2)
    file.stream.seek(0)
    return found
