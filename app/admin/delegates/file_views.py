"""The files a delegate uploaded as answers, for users who may read the answers."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from app.admin.delegates import answer_columns
from app.delegates import file_downloads
from app.delegates.answer_files import NO_FILE
from app.errors import NotFound
from app.registration.desk import queries

bp = Blueprint("files", __name__)


@bp.get("/<reference>/files/<int:number>")
def download(reference: str, number: int) -> ResponseReturnValue:
    delegate = queries.get_delegate(reference)
    if number not in {question.id for question in answer_columns.list_readable()}:
        raise NotFound(NO_FILE)
    return file_downloads.send(delegate, number)
