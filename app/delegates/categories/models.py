"""The ways to attend."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, Text, false, true
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base

# Who may choose a category: everybody, whoever has an invitation code, or whoever the organisers
# have selected, and sent one, among those who have said that they would like to come.
PUBLIC, BY_CODE, BY_INTEREST = CATEGORY_ACCESS = ("public", "code", "interest")


class RegistrationCategory(Base):
    """A way to attend, such as student or press; its limit is a SeatLimit, if it has one."""

    __tablename__ = "registration_category"

    id: Mapped[int] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(index=True)  # from 0, in the organisers' order
    name: Mapped[str] = mapped_column(unique=True)
    description: Mapped[str] = mapped_column(Text, default="")
    opens_at: Mapped[datetime | None] = mapped_column(default=None)  # within registration's times
    closes_at: Mapped[datetime | None] = mapped_column(default=None)
    days: Mapped[str] = mapped_column(default="")  # ISO dates, by spaces; none: all
    confirmation_text: Mapped[str] = mapped_column(Text, default="")  # Markdown
    # JSON: name, description and confirmation text by language, without that of the conference
    translations: Mapped[str] = mapped_column(Text, default="", server_default="")
    access: Mapped[str] = mapped_column(default=PUBLIC)
    is_for_speakers: Mapped[bool] = mapped_column(default=False, server_default=false())
    # places that only speakers can take; they count as taken
    kept_places: Mapped[int] = mapped_column(default=0, server_default="0")
    # how many people of the team approve whoever registers without an invitation; 0: nobody
    approvals_needed: Mapped[int] = mapped_column(default=0, server_default="0")
    is_place_held: Mapped[bool] = mapped_column(  # for applicants, until the decision
        default=False, server_default=false()
    )
    # whether delegates may pass their places on although not everybody can get one
    allows_transfer: Mapped[bool] = mapped_column(default=False, server_default=false())
    # whether they come to the venue, and so to its meals; those who do not attend remotely
    is_in_person: Mapped[bool] = mapped_column(default=True, server_default=true())
    interest_closes_at: Mapped[datetime | None] = mapped_column(default=None)
    interest_questions: Mapped[str] = mapped_column(  # ids of those that are asked, by spaces
        default="", server_default=""
    )
    version: Mapped[int] = mapped_column(default=1)

    __table_args__ = (
        CheckConstraint(f"access IN {CATEGORY_ACCESS}", name="known_access"),
        Index(
            "uq_registration_category_for_speakers",
            "is_for_speakers",
            unique=True,
            sqlite_where=is_for_speakers.is_(true()),
            postgresql_where=is_for_speakers.is_(true()),
        ),
        CheckConstraint("approvals_needed BETWEEN 0 AND 2", name="known_approvals"),
        {"sqlite_autoincrement": True},  # answers, saved views and history name it by its id
    )

    @property
    def history_subject(self) -> str:
        """The subject of this category in the audit log."""
        return f"category {self.id}"
