"""What visitors tell the organisers."""

from datetime import datetime

from sqlalchemy import Text
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base


class Feedback(Base):
    """Something a visitor wrote about the site or the conference."""

    __tablename__ = "feedback"

    id: Mapped[int] = mapped_column(primary_key=True)
    sent_at: Mapped[datetime]
    message: Mapped[str] = mapped_column(Text)
    email: Mapped[str] = mapped_column(default="")  # where to answer, if they want an answer
