"""Questions that a form asks, each with its versions: those of the site and of the organisers.

A question with answers is never edited into another one. Its label and help may be corrected; what
changes the meaning of an answer (the kind, a choice that is removed or replaced) makes a new
version, and answers stay with the version that they were asked with.
"""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, Text, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database import Base

REGISTRATION = "registration"  # the set of questions that registration asks


class QuestionSet(Base):
    """How the questions of one form are asked."""

    __tablename__ = "question_set"

    name: Mapped[str] = mapped_column(primary_key=True)
    is_one_per_page: Mapped[bool] = mapped_column(default=False, server_default=false())


class Question(Base):
    """A question, whatever its wording."""

    __tablename__ = "question"

    id: Mapped[int] = mapped_column(primary_key=True)
    set_name: Mapped[str] = mapped_column(index=True)
    # of a standard question, whose answers are not kept with those to the organisers' questions
    key: Mapped[str] = mapped_column(default="", server_default="")
    position: Mapped[int]
    is_required: Mapped[bool] = mapped_column(default=False)
    condition: Mapped[str] = mapped_column(default="")  # "3 is c1"; empty: always asked
    purpose: Mapped[str] = mapped_column(Text)  # why it is asked, for those who are asked
    readers: Mapped[str]  # of app.questions.definitions.READERS
    erasure: Mapped[str]  # of app.questions.definitions.ERASURES, or an ISO date
    days: Mapped[str] = mapped_column(default="")  # ISO, by spaces; empty: whichever they choose
    categories: Mapped[str] = mapped_column(default="")  # ids, by spaces; empty: everybody
    max_megabytes: Mapped[int] = mapped_column(default=5, server_default="5")  # of a file
    version: Mapped[int] = mapped_column(default=1)  # of the row, for edits at the same time
    retired_at: Mapped[datetime | None] = mapped_column(default=None)  # no longer asked

    # an answer that is not yet submitted names its question by the id, which is never used again
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
    """What a question asked from one change of its meaning to the next."""

    __tablename__ = "question_version"

    id: Mapped[int] = mapped_column(primary_key=True)
    question_id: Mapped[int] = mapped_column(ForeignKey("question.id", ondelete="CASCADE"))
    number: Mapped[int]
    kind: Mapped[str]
    choices: Mapped[str] = mapped_column(default="")  # their keys in order, by spaces
    texts: Mapped[str] = mapped_column(Text)  # JSON: label, help and choices by language

    __table_args__ = (UniqueConstraint("question_id", "number"),)


class AnswerFile(Base):
    """A file that somebody sent as an answer, which names it by its key.

    It is stored before its form is known to be complete, so that it need not be sent again.
    """

    __tablename__ = "answer_file"

    key: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]  # the end of its name: "pdf", "jpg"
    size: Mapped[int]  # bytes
    digest: Mapped[str]  # SHA-256
    used_at: Mapped[datetime] = mapped_column(index=True)  # a real moment: last sent with a form
    # of the key under which its chunks are encrypted; "": they are in the clear
    key_id: Mapped[str] = mapped_column(default="", server_default="")


class AnswerFileChunk(Base):
    """A chunk of a file."""

    __tablename__ = "answer_file_chunk"

    file_key: Mapped[str] = mapped_column(
        ForeignKey("answer_file.key", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    body: Mapped[bytes] = mapped_column(LargeBinary)
