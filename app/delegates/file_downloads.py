"""Sending uploaded answer files: always as a download, never cached on the way."""

from flask import Response

from app.delegates import answer_files, custom_answers
from app.delegates.models import Delegate
from app.materials import files


def send(delegate: Delegate, question_id: int) -> Response:
    """Return the file of a delegate's answer to a question; raise NotFound if there is none."""
    return send_answer(custom_answers.find_value(delegate, question_id))


def send_answer(answer: str) -> Response:
    """Return the file that an answer refers to; raise NotFound if there is none."""
    response = files.send_stored(answer_files.get_stored(answer))
    response.headers["Cache-Control"] = "no-store"
    return response
