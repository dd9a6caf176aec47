"""The controls: the least that a Flask application can do, under the same web server.

``/body/<size>`` returns a body of so many bytes (C). ``/page/<number>`` is a page of so many
paragraphs without styles and scripts. ``/row`` takes one POST, inserts one row and commits, with
the database and the settings of the site (W).
"""

from flask import Flask, render_template_string, request
from sqlalchemy.orm import Mapped, mapped_column

from app import database, request_transaction
from app.database import Base, db
from config import Config

PAGE = """<!doctype html>
<html lang="en"><meta name="viewport" content="width=device-width"><title>Control</title>
<h1>Control</h1>{% for _ in range(paragraphs) %}<p>{{ paragraph }}</p>{% endfor %}"""
PARAGRAPH = "health for everyone, everywhere " * 10


class BenchmarkRow(Base):
    """What is inserted."""

    __tablename__ = "benchmark_row"

    id: Mapped[int] = mapped_column(primary_key=True)
    words: Mapped[str]


def create(config: Config) -> Flask:
    """Build the trivial application."""
    app = Flask(__name__, static_folder=None)
    bodies: dict[int, str] = {}

    @app.get("/body/<int:size>")
    def body(size: int) -> str:
        return bodies.setdefault(size, "x" * size)

    @app.get("/page/<int:number>")
    def page(number: int) -> str:
        return render_template_string(PAGE, paragraphs=number, paragraph=PARAGRAPH)

    @app.get("/healthz")
    def alive() -> str:
        return "alive"

    @app.post("/row")
    def row() -> str:
        db.session.add(BenchmarkRow(words=request.form["words"]))
        return "kept"

    database.init_app(app, config.database_url)
    request_transaction.init_app(app)
    with app.app_context():
        Base.metadata.create_all(db.engine, [Base.metadata.tables[BenchmarkRow.__tablename__]])
    return app


app = create(Config.from_environment())
