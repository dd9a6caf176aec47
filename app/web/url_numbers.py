"""Whole numbers in URLs: at most what a column of the database can hold."""

from typing import Any, Final

from flask import Flask
from werkzeug.routing import IntegerConverter

MAX_NUMBER: Final = 2**31 - 1  # of a PostgreSQL integer


class NumberConverter(IntegerConverter):
    """Matches no larger number, so that no view asks the database for one."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{"max": MAX_NUMBER, **options})


def init_app(app: Flask) -> None:
    """Use it wherever a route says ``int``."""
    app.url_map.converters["int"] = NumberConverter
