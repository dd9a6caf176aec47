"""Pages with questions for a file: uploads are read and stored before anything else.

A file is counted towards the limit of its network before it is read, and checked before anything is
locked. It is stored in its own transaction, so it need not be uploaded again if another answer has
an error. The view then starts like any other that writes.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Any, BinaryIO, Final, cast

from flask import Blueprint, request
from flask_babel import gettext
from werkzeug.datastructures import FileStorage

from app.accounts import rate_limits
from app.delegates import answer_files, custom_questions
from app.errors import InvalidFile, RateLimitExceeded
from app.forms.form import FORM_OVERHEAD_BYTES, file_size, has_valid_token, is_uploaded_file
from app.materials import file_validation
from app.materials.file_validation import AcceptedFile
from app.questions import file_answers
from app.questions.definitions import FILE, MEGABYTES, Definition
from app.questions.file_answers import SentFile
from app.request_transaction import (
    READ_ONLY_METHODS,
    begin_reading_first,
    commit_now,
    is_reading_first,
    start_writing,
)
from app.web.error_handlers import describe

MAX_BODY_BYTES: Final = 60 * MEGABYTES
TOLERANCE_BYTES: Final = 10 * MEGABYTES  # a file within this is refused beside its question


def accept(
    bp: Blueprint,
    view_names: Collection[str],
    may_send: Callable[[], bool] = lambda: True,
    *,
    is_limited: bool = True,
) -> None:
    """Let these views of a blueprint ask for files, while there are such questions.

    The number of uploads per network is limited, unless only signed-in people can upload.
    """

    def raise_limit(endpoint: str | None, values: dict[str, Any] | None) -> None:
        is_sent = request.method not in READ_ONLY_METHODS
        if is_sent and (endpoint or "").rpartition(".")[2] in view_names and may_send():
            questions = _list_asked()
            if questions:
                begin_reading_first()
                request.max_content_length = _get_max_bytes(questions.values())

    def receive() -> None:
        if is_reading_first() and request.method not in READ_ONLY_METHODS:
            _receive(is_limited=is_limited)

    bp.url_value_preprocessor(raise_limit)
    bp.before_request(receive)


def _list_asked() -> Mapping[str, Definition]:
    """Return the questions for a file by the names of their answers."""
    return {
        question.name: question
        for question in custom_questions.list_active()
        if question.kind == FILE
    }


def _get_max_bytes(asked: Collection[Definition]) -> int:
    files = sum(definition.max_megabytes for definition in asked) * MEGABYTES
    return min(files + TOLERANCE_BYTES, MAX_BODY_BYTES) + FORM_OVERHEAD_BYTES


def _receive(*, is_limited: bool) -> None:
    """Check and store the files of this request, and pass the results to the form fields."""
    questions = _list_asked() if request.form and has_valid_token() else {}
    sent = {
        name: file
        for name, file in request.files.items()
        if name in questions and is_uploaded_file(file)
    }
    checked = _check_all(sent, questions, is_limited=is_limited) if sent else {}
    start_writing()
    previous_answers = {name: _read_sent_back(name) for name in questions}
    results = _find_gone(previous_answers) | _store_all(checked, sent, previous_answers)
    commit_now()
    file_answers.provide_sent(results)


def _read_sent_back(name: str) -> str:
    return file_answers.read_sent_back(name, request.form.getlist(name))


def _check_all(
    sent: Mapping[str, FileStorage], asked: Mapping[str, Definition], *, is_limited: bool
) -> Mapping[str, AcceptedFile | str]:
    """Return each accepted file, or its error; after too many uploads, read none."""
    try:
        if is_limited:
            rate_limits.count_network_before_reading(rate_limits.ANSWER_FILE, request.remote_addr)
    except RateLimitExceeded as refusal:
        return dict.fromkeys(sent, describe(refusal))
    return {name: _check(file, asked[name]) for name, file in sent.items()}


def _check(file: FileStorage, definition: Definition) -> AcceptedFile | str:
    """Return an accepted file, or its error."""
    if file_size(file) > definition.max_megabytes * MEGABYTES:
        return str(
            gettext("The file must be smaller than %(size)s MB", size=definition.max_megabytes)
        )
    try:
        stream = cast(BinaryIO, file.stream)
        return file_validation.accept(stream, file_validation.DOCUMENTS)
    except InvalidFile as refusal:
        return str(gettext(str(refusal)))


def _store_all(
    checked: Mapping[str, AcceptedFile | str],
    sent: Mapping[str, FileStorage],
    kept: Mapping[str, str],
) -> dict[str, SentFile]:
    """Store the accepted files; a question without one keeps the file sent before."""
    return {
        name: SentFile(kept[name], one)
        if isinstance(one, str)
        else SentFile(answer_files.store(one, sent[name].filename or "").dump())
        for name, one in checked.items()
    }


def _find_gone(kept: Mapping[str, str]) -> dict[str, SentFile]:
    """Find the answers in the form whose files have been deleted."""
    named = {name: file_answers.read(answer) for name, answer in kept.items()}
    stored = answer_files.touch([file.key for file in named.values() if file])
    message = str(gettext("We no longer have this file. Choose it again"))
    return {
        name: SentFile("", message) for name, one in named.items() if one and one.key not in stored
    }
