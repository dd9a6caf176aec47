"""What was read from a spreadsheet of delegates, until it is saved or a day has passed."""

from datetime import datetime

from sqlalchemy import Text
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base


class DelegateImport(Base):
    """One file, as it was read; the file itself is not kept."""

    __tablename__ = "delegate_import"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)  # random; the document is encrypted for it
    name: Mapped[str]  # of the file
    imported_by: Mapped[str] = mapped_column(index=True)
    uploaded_at: Mapped[datetime]  # a real moment
    document: Mapped[str] = mapped_column(Text)  # JSON of the rows; encrypted if there is a key

    # the number of one that was deleted, which an open page may still name, is never used again
    __table_args__ = ({"sqlite_autoincrement": True},)
