"""The categories of registration, that is, ways to attend."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, Text, false, true
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base

# Who may choose a category: everyone, people with an invitation code, or people whom organisers
# selected and invited among those who expressed interest.
PUBLIC, BY_CODE, BY_INTEREST = CATEGORY_ACCESS = ("public", "code", "interest")


class RegistrationCategory(Base):
    """A way to attend, such as student or press; its limit, if any, is a SeatLimit."""

    __tablename__ = "registration_category"

    id: Mapped[int] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(index=True)  # from 0, in the organisers' order
    name: Mapped[str] = mapped_column(unique=True)
    description: Mapped[str] = mapped_column(Text, default="")
    opens_at: Mapped[datetime | None] = mapped_column(default=None)  # within registration's times
    closes_at: Mapped[datetime | None] = mapped_column(default=None)
    days: Mapped[str] = mapped_column(default="")  # ISO dates, separated by spaces; none: all
    confirmation_text: Mapped[str] = mapped_column(Text, default="")  # Markdown
    # JSON: name, description and confirmation text by language, except the conference's own
    translations: Mapped[str] = mapped_column(Text, default="", server_default="")
    access: Mapped[str] = mapped_column(default=PUBLIC)
    is_for_speakers: Mapped[bool] = mapped_column(default=False, server_default=false())
    # places reserved for speakers; they count as taken
    kept_places: Mapped[int] = mapped_column(default=0, server_default="0")
    # how many team members must approve a registration without an invitation; 0: none
    approvals_needed: Mapped[int] = mapped_column(default=0, server_default="0")
    is_place_held: Mapped[bool] = mapped_column(  # for applicants, until the decision
        default=False, server_default=false()
    )
    # whether delegates may transfer their places although a category is restricted
    allows_transfer: Mapped[bool] = mapped_column(default=False, server_default=false())
    # whether delegates come to the venue, and so to its meals; others attend remotely
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
        {"sqlite_autoincrement": True},  # answers, saved views and the history store its id
    )

    @property
    def history_subject(self) -> str:
        """The subject of this category in the audit log."""
        return f"category {self.id}"
