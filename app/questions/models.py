"""The questions of a form, each with its versions: the site's own and the organisers'.

A question with answers is never edited into another one. Its label and help may be corrected; a
change in the meaning of answers (the kind, a choice that is removed or replaced) makes a new
version, and answers stay with the version that they answered.
"""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, Text, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database import Base

REGISTRATION = "registration"  # the set of questions in registration


class QuestionSet(Base):
    """How the questions of one form are asked."""

    __tablename__ = "question_set"

    name: Mapped[str] = mapped_column(primary_key=True)
    is_one_per_page: Mapped[bool] = mapped_column(default=False, server_default=false())


class Question(Base):
    """A question, independent of its wording."""

    __tablename__ = "question"

    id: Mapped[int] = mapped_column(primary_key=True)
    set_name: Mapped[str] = mapped_column(index=True)
    # of a standard question, whose answers are stored elsewhere
    key: Mapped[str] = mapped_column(default="", server_default="")
    position: Mapped[int]
    is_required: Mapped[bool] = mapped_column(default=False)
    condition: Mapped[str] = mapped_column(default="")  # "3 is c1"; empty: always asked
    purpose: Mapped[str] = mapped_column(Text)  # why it is asked, for the respondents
    readers: Mapped[str]  # one of app.questions.definitions.READERS
    erasure: Mapped[str]  # one of app.questions.definitions.ERASURES, or an ISO date
    days: Mapped[str] = mapped_column(default="")  # ISO, space-separated; empty: any
    categories: Mapped[str] = mapped_column(default="")  # ids, space-separated; empty: all
    max_megabytes: Mapped[int] = mapped_column(default=5, server_default="5")  # of a file
    version: Mapped[int] = mapped_column(default=1)  # of the row, for optimistic locking
    retired_at: Mapped[datetime | None] = mapped_column(default=None)  # when it was retired

    # drafts refer to a question by its id, which is never reused
    __table_args__ = (
        Index(
            "uq_question_set_name_key",
            "set_name",
            "key",
            unique=True,
            sqlite_where=key != "",
            postgresql_where=key != "",
        ),
        {"sqlite_autoincrement": True},
    )

    versions: Mapped[list["QuestionVersion"]] = relationship(
        cascade="all, delete-orphan", order_by="QuestionVersion.number"
    )

    @property
    def history_subject(self) -> str:
        """The subject of this question in the audit log."""
        return f"question {self.id}"


class QuestionVersion(Base):
    """A question between two changes of its meaning."""

    __tablename__ = "question_version"

    id: Mapped[int] = mapped_column(primary_key=True)
    question_id: Mapped[int] = mapped_column(ForeignKey("question.id", ondelete="CASCADE"))
    number: Mapped[int]
    kind: Mapped[str]
    choices: Mapped[str] = mapped_column(default="")  # their keys in order, space-separated
    texts: Mapped[str] = mapped_column(Text)  # JSON: label, help and choices by language

    __table_args__ = (UniqueConstraint("question_id", "number"),)


class AnswerFile(Base):
    """A file sent as an answer, which refers to it by its key.

    It is stored before its form is known to be valid, so that it need not be sent again.
    """

    __tablename__ = "answer_file"

    key: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]  # its extension: "pdf", "jpg"
    size: Mapped[int]  # bytes
    digest: Mapped[str]  # SHA-256
    used_at: Mapped[datetime] = mapped_column(index=True)  # real time: last sent with a form
    # of the key its chunks are encrypted under; "": unencrypted
    key_id: Mapped[str] = mapped_column(default="", server_default="")


class AnswerFileChunk(Base):
    """A chunk of a file."""

    __tablename__ = "answer_file_chunk"

    file_key: Mapped[str] = mapped_column(
        ForeignKey("answer_file.key", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    body: Mapped[bytes] = mapped_column(LargeBinary)
