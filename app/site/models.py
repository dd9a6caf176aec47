"""Tables of the public website."""

from datetime import datetime

from sqlalchemy import Text
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base


class Feedback(Base):
    """A message that a visitor sent to the organisers."""

    __tablename__ = "feedback"

    id: Mapped[int] = mapped_column(primary_key=True)
    sent_at: Mapped[datetime]
    message: Mapped[str] = mapped_column(Text)
    email: Mapped[str] = mapped_column(default="")  # to reply to; "" if no reply is wanted
