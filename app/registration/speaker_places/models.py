"""The booking of a speaker."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base


class SpeakerPlace(Base):
    """The booking of a speaker; it stays linked if addresses change, until it is unlinked."""

    __tablename__ = "speaker_place"

    speaker_id: Mapped[int] = mapped_column(
        ForeignKey("speaker.id", ondelete="CASCADE"), primary_key=True
    )
    delegate_id: Mapped[int] = mapped_column(
        ForeignKey("delegate.id", ondelete="CASCADE"), unique=True
    )
    linked_at: Mapped[datetime]
