"""Counts of answers; there is no row per person, no time and no order."""

from sqlalchemy import CheckConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base


class EqualityQuestion(Base):
    """Whether a question is asked, and how many have answered it; locked while one is counted."""

    __tablename__ = "equality_question"

    key: Mapped[str] = mapped_column(primary_key=True)  # see questions.QUESTIONS
    is_asked: Mapped[bool] = mapped_column(default=False, server_default=false())
    answered: Mapped[int] = mapped_column(default=0)
    published: Mapped[int] = mapped_column(default=0)  # how many had when counts were published

    __table_args__ = (
        CheckConstraint("published >= 0 AND published <= answered", name="not_ahead"),
    )


class EqualityCount(Base):
    """How often an answer was chosen, and the number that organisers see."""

    __tablename__ = "equality_count"

    question_key: Mapped[str] = mapped_column(primary_key=True)
    choice: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(default=0)
    published: Mapped[int] = mapped_column(default=0)  # a multiple of five

    __table_args__ = (CheckConstraint("published >= 0 AND published <= number", name="not_ahead"),)


class SpentToken(Base):
    """A token whose answers have been counted, which identifies no one: see ``answer_tokens``."""

    __tablename__ = "equality_spent_token"

    hash: Mapped[str] = mapped_column(primary_key=True)  # SHA-256
