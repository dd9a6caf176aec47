"""Cards as they are kept."""

from datetime import datetime

from sqlalchemy import LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base


class Card(Base):
    """The picture of what one session shows of itself; another thing shown is another card."""

    __tablename__ = "card"

    key: Mapped[str] = mapped_column(primary_key=True)  # its address: a hash of what it shows
    picture: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    made_at: Mapped[datetime]
