"""What has been done, as sentences that are added to and never changed."""

from datetime import datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base


class Entry(Base):
    """One thing that someone did."""

    __tablename__ = "history_entry"

    id: Mapped[int] = mapped_column(primary_key=True)
    happened_at: Mapped[datetime]
    who: Mapped[str]  # an organiser's address, "the delegate", "the site"
    about: Mapped[str]  # "booking ABC123", "release 4"
    sentence: Mapped[str]

    __table_args__ = (Index("ix_history_entry_about", "about"),)
