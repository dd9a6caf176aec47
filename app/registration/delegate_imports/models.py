"""The contents of a spreadsheet of delegates, until they are saved or a day has passed."""

from datetime import datetime

from sqlalchemy import Text
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base


class DelegateImport(Base):
    """The contents of one file; the file itself is not stored."""

    __tablename__ = "delegate_import"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)  # random; the document is encrypted for it
    name: Mapped[str]  # of the file
    imported_by: Mapped[str] = mapped_column(index=True)
    uploaded_at: Mapped[datetime]  # real time
    document: Mapped[str] = mapped_column(Text)  # JSON of the rows; encrypted if there is a key

    # ids are never reused, since an open page may still refer to a deleted one
    __table_args__ = ({"sqlite_autoincrement": True},)
