"""Files that people send are unreadable in the database, and a key that is lost loses only them."""

import json
from collections.abc import Sequence

import pytest
from flask import Flask
from sqlalchemy import select, update

from app.database import db, transaction
from app.delegates import answer_file_chunks, answer_files
from app.questions.models import AnswerFile, AnswerFileChunk
from app.registration import integrity_check, re_encryption
from tests.browser import Browser
from tests.registration.test_encryption import FIRST, SECOND, data_key, key_id, run_worker
from tests.registration.test_file_questions import (
    LARGE,
    OPTIONAL,
    PROOF,
    make_file_question,
    open_booking,
    register,
)

# Random bytes hold any three letters once in 16 MB, and these files are of 400 kB.
IN_CLEAR = b"x" * 16


def read_chunks() -> Sequence[bytes]:
    db.session.rollback()
    rows = db.session.scalars(select(AnswerFileChunk.body).order_by(AnswerFileChunk.number))
    return [bytes(one) for one in rows]


def list_keys() -> Sequence[str]:
    db.session.rollback()
    return db.session.scalars(select(AnswerFile.key_id)).all()


def download(visitor: Browser) -> bytes:
    response = visitor.fetch("GET", open_booking(visitor).links["My card.pdf"])
    return bytes(response.data)


@pytest.mark.both_databases
def test_uploaded_files_are_encrypted_in_the_database(visitor: Browser) -> None:
    make_file_question()

    page = register(visitor)

    assert [one for one in read_chunks() if IN_CLEAR in one or b"%PDF-" in one] == []
    assert list_keys() == [key_id(FIRST)]
    address = page.links["My card.pdf"]
    assert visitor.fetch("GET", address).data == LARGE
    middle = visitor.fetch("GET", address, headers={"Range": "bytes=262100-262200"})
    assert (middle.status_code, middle.data) == (206, LARGE[262_100:262_201])
    assert integrity_check.run_checks() == []


@pytest.mark.both_databases
def test_the_worker_encrypts_plain_text_files_and_those_with_an_older_key(
    site: Flask, visitor: Browser
) -> None:
    make_file_question()
    with data_key(site):
        register(visitor)
        assert b"".join(read_chunks()) == LARGE
    assert download(visitor) == LARGE

    run_worker()
    assert list_keys() == [key_id(FIRST)]
    assert [one for one in read_chunks() if IN_CLEAR in one] == []
    with data_key(site, SECOND, FIRST):
        assert download(visitor) == LARGE
        assert re_encryption.get_state().with_older_key > 0
        run_worker()

    with data_key(site, SECOND):
        assert list_keys() == [key_id(SECOND)]
        assert re_encryption.get_state().unreadable == 0
        assert download(visitor) == LARGE
        assert integrity_check.run_checks() == []


def test_a_file_whose_key_is_lost_says_so_and_can_be_uploaded_again(
    site: Flask, visitor: Browser
) -> None:
    make_file_question()
    page = register(visitor)
    address = page.links["My card.pdf"]

    with data_key(site, SECOND):
        run_worker()
        assert answer_files.KEY_MISSING in visitor.open(address, status=409).text
        copy = json.loads(visitor.fetch("GET", f"{page.address}/copy.json").data)
        assert copy["answers"] == [
            {"question": PROOF, "answer": "My card.pdf", "file": answer_files.KEY_MISSING}
        ]
        assert re_encryption.get_state().missing_keys == (key_id(FIRST),)
    assert visitor.fetch("GET", address).data == LARGE  # once the key is there again

    with data_key(site, SECOND):
        page = open_booking(visitor).follow(f"Change {PROOF}")
        page = page.press("Save", {OPTIONAL: ("My card.pdf", LARGE)})
        assert visitor.fetch("GET", page.links["My card.pdf"]).data == LARGE


def test_a_moved_or_altered_file_chunk_is_never_sent(site: Flask, visitor: Browser) -> None:
    make_file_question()
    address = register(visitor).links["My card.pdf"]
    with transaction():
        first, second = read_chunks()
        number = AnswerFileChunk.number
        db.session.execute(update(AnswerFileChunk).where(number == 0).values(body=first[::-1]))

    assert answer_files.ALTERED in visitor.open(address, status=409).text

    with data_key(site, SECOND, FIRST), transaction():
        assert answer_file_chunks.encrypt_batch() == 0
    assert read_chunks() == [first[::-1], second]  # nothing half done


def test_rotate_data_key_re_encrypts_files(site: Flask, visitor: Browser) -> None:
    make_file_question()
    register(visitor)

    with data_key(site, SECOND, FIRST):
        done = site.test_cli_runner().invoke(args=["rotate-data-key"])

    assert done.exit_code == 0, done.output
    assert "Files that people have sent: 1 was encrypted with the first key" in done.output
    assert list_keys() == [key_id(SECOND)]
