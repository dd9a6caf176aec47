"""Read-only queries about categories of registration.

Public pages use values cached under the cache version, which is bumped when organisers change a
category, when its last place is taken, and when one becomes free. So these pages need no query;
whether there is a place is decided under the lock (``seats``).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final, Literal

from sqlalchemy import String, cast, exists, func, literal, select

from app import cache_version, clock
from app.database import db, read_only_connection
from app.delegates.answer_json import Answers
from app.delegates.categories import texts as category_texts
from app.delegates.categories.models import BY_INTEREST, PUBLIC, RegistrationCategory
from app.delegates.categories.texts import CategoryTexts, Translations
from app.delegates.models import CATEGORY_PREFIX, CONFERENCE, Delegate, SeatLimit
from app.delegates.queries import ATTENDING
from app.errors import NotFound, require
from app.releases.current_release import conference_days
from app.text import parse_number

CATEGORY: Final = "category"  # the key of the answer: a category's number as text
# For people with an invitation: its code, and the category that it opens.
INVITATION: Final = "invitation"
INVITED_CATEGORY: Final = "invited_category"
# For a speaker who registers with their link: their number. It opens the category for speakers.
SPEAKER: Final = "speaker"
# The speaker's verified address, and the name if someone else is signed in.
SPEAKER_ADDRESS: Final = "speaker_address"
SPEAKER_NAME: Final = "speaker_name"
# For a person who takes over a colleague's place: the key of the offer.
TRANSFER: Final = "place_transfer"

CategoryState = Literal["open", "before", "closed", "full"]

LIMIT_NAME = literal(CATEGORY_PREFIX) + cast(RegistrationCategory.id, String)
SELECT_OPTIONS = (
    select(
        RegistrationCategory.id,
        RegistrationCategory.name,
        RegistrationCategory.description,
        RegistrationCategory.opens_at,
        RegistrationCategory.closes_at,
        RegistrationCategory.days,
        RegistrationCategory.confirmation_text,
        RegistrationCategory.access,
        RegistrationCategory.is_for_speakers,
        RegistrationCategory.approvals_needed,
        RegistrationCategory.interest_closes_at,
        RegistrationCategory.interest_questions,
        RegistrationCategory.translations,
        func.coalesce(SeatLimit.taken >= SeatLimit.seats, False).label("is_full"),
    )
    .outerjoin(SeatLimit, SeatLimit.name == LIMIT_NAME)
    .order_by(RegistrationCategory.position, RegistrationCategory.id)
)


@dataclass(frozen=True)
class CategoryOption:
    """A category as visitors see it."""

    id: int
    own_texts: CategoryTexts  # in the language of the conference
    translations: Translations
    opens_at: datetime | None
    closes_at: datetime | None
    days: str  # ISO dates, separated by spaces; none: all
    access: str
    is_for_speakers: bool
    approvals_needed: int
    interest_closes_at: datetime | None
    interest_questions: str  # ids, separated by spaces
    is_full: bool
    takes_waiting: bool = False  # whether people can join its waiting list while it is full

    @property
    def name(self) -> str:
        """Its name in the language of the page or email."""
        return category_texts.choose(self.own_texts, self.translations).name

    @property
    def names(self) -> Collection[str]:
        """Its names in all languages."""
        return [self.own_texts.name, *(one.name for one in self.translations.values() if one.name)]

    @property
    def description(self) -> str:
        """Its description in the language of the page."""
        return category_texts.choose(self.own_texts, self.translations).description

    @property
    def confirmation_text(self) -> str:
        """The text for people who have registered, in the language of the page."""
        return category_texts.choose(self.own_texts, self.translations).confirmation_text

    @property
    def state(self) -> CategoryState:
        """Whether it can be chosen now, or the reason why not."""
        now = clock.now()
        if self.closes_at is not None and now >= self.closes_at:
            return "closed"
        if self.opens_at is not None and now < self.opens_at:
            return "before"
        return "full" if self.is_full else "open"

    @property
    def is_open(self) -> bool:
        """Whether it can be chosen now, to register or to wait."""
        return self.state == "open" or (self.state == "full" and self.takes_waiting)

    @property
    def accepts_interest(self) -> bool:
        """Whether people can express interest now."""
        closes_at = self.interest_closes_at or self.closes_at
        return self.access == BY_INTEREST and (closes_at is None or clock.now() < closes_at)


def list_options() -> Sequence[CategoryOption]:
    """List all categories in the organisers' order, from the cache."""
    return cache_version.cached("registration categories", _read_options)


def _read_options() -> Sequence[CategoryOption]:
    with read_only_connection(db.engine) as connection:
        return [_build_option(row._asdict()) for row in connection.execute(SELECT_OPTIONS)]


def _build_option(values: dict[str, Any]) -> CategoryOption:
    own = CategoryTexts(*(values.pop(name) for name in category_texts.FIELDS))
    translations = category_texts.load_translations(values.pop("translations"))
    return CategoryOption(own_texts=own, translations=translations, **values)


def list_public() -> Sequence[CategoryOption]:
    """List the categories that every visitor may choose, or could at another time."""
    return [option for option in list_options() if option.access == PUBLIC]


def list_public_without_approval() -> Sequence[CategoryOption]:
    """List the categories that every visitor may choose, without approval."""
    return [option for option in list_public() if not option.approvals_needed]


def list_for_delegates() -> Sequence[CategoryOption]:
    """List the categories that every delegate may change to, or wait for."""
    can_wait = has_waiting_list()
    return [
        replace(one, takes_waiting=can_wait)
        for one in list_public_without_approval()
        if not one.is_for_speakers
    ]


def has_invitations() -> bool:
    """Return True if a category can be chosen only with an invitation."""
    return any(option.access != PUBLIC for option in list_options())


def list_accepting_interest() -> Sequence[CategoryOption]:
    """List the categories in which people can express interest now."""
    return [option for option in list_options() if option.accepts_interest]


def get_ways_in_key() -> str:
    """Return a cache key for what visitors are offered besides the public categories."""
    return " ".join(str(option.id) for option in list_accepting_interest())


def is_asked() -> bool:
    """Return True if visitors are asked how they will attend.

    They are not if there is no choice: no category, or only one that is open to all.
    """
    public = list_public()
    return bool(list_options()) and not (len(public) == 1 and public[0].is_open)


def find_chosen(answers: Answers) -> CategoryOption | None:
    """Return the chosen category, or None if it does not exist."""
    chosen = answers.get(CATEGORY, "")
    return next((option for option in list_options() if str(option.id) == chosen), None)


def get_name(number: int | None) -> str:
    """Return the name of the category with this number, or "" if there is none."""
    return next((option.name for option in list_options() if option.id == number), "")


def translate_name(name: str) -> str:
    """Translate a category name from the conference's language to that of the page or email."""
    return next((option.name for option in list_options() if option.own_texts.name == name), name)


def find_open(answers: Answers) -> CategoryOption | None:
    """Return the chosen category if it can be chosen now, or None."""
    chosen = answers.get(CATEGORY, "")
    options = (option for option in list_options_for(answers) if str(option.id) == chosen)
    return next((option for option in options if option.is_open), None)


def list_options_for(answers: Answers) -> Sequence[CategoryOption]:
    """List the categories that a person may choose, now or at another time.

    An invitation opens a category that is not for everyone, and may reserve a place in it; so does
    the link of a speaker. While the waiting list is open, people can wait for a category that is
    full.
    """
    is_invited = INVITATION in answers or SPEAKER in answers
    invited = answers.get(INVITED_CATEGORY, "") if is_invited else ""
    can_wait = has_waiting_list()
    return [
        replace(
            option, is_full=option.is_full and str(option.id) != invited, takes_waiting=can_wait
        )
        for option in list_options()
        if option.access == PUBLIC or str(option.id) == invited
    ]


def has_waiting_list() -> bool:
    """Return True if people can join the waiting list of a full category."""
    return cache_version.cached("waiting list", _read_waiting_list)


def _read_waiting_list() -> bool:
    has_list = select(SeatLimit.has_waiting_list).where(SeatLimit.name == CONFERENCE)
    with read_only_connection(db.engine) as connection:
        return bool(connection.scalar(has_list))


def have_own_places() -> bool:
    """Return True if a category has a limit of its own."""
    return cache_version.cached("categories have places", _read_own_places)


def _read_own_places() -> bool:
    has_limit = exists().where(SeatLimit.name.startswith(CATEGORY_PREFIX))
    with read_only_connection(db.engine) as connection:
        return bool(connection.scalar(select(has_limit)))


def is_chosen_full(answers: Answers) -> bool:
    """Return True if a person has to wait for the category that they have chosen."""
    chosen = find_chosen(settle(answers))
    return chosen is not None and chosen.state == "full" and has_waiting_list()


def lacks_category(answers: Answers) -> bool:
    """Return True if a person still has to choose a category, or to choose again."""
    return TRANSFER not in answers and is_asked() and find_open(answers) is None


def settle(answers: Answers) -> Answers:
    """Return the answers with their category, even if it is not asked."""
    if TRANSFER in answers:  # the category goes with the place
        return answers
    is_of_invitation = INVITATION in answers and INVITED_CATEGORY in answers
    if is_of_invitation and answers.get(CATEGORY) != answers[INVITED_CATEGORY]:
        invitation = {INVITATION, INVITED_CATEGORY}  # discarded for another category
        answers = {name: text for name, text in answers.items() if name not in invitation}
    if find_open(answers) is not None:
        return answers
    public = list_public()
    own = {CATEGORY, INVITATION, INVITED_CATEGORY}
    others = {name: answer for name, answer in answers.items() if name not in own}
    return {CATEGORY: str(public[0].id), **others} if public and not is_asked() else others


def list_days(days: str) -> Sequence[date]:
    """List the days of the conference, or those that a category is limited to."""
    all_days = conference_days()
    allowed = [day for day in all_days if day.isoformat() in days.split()]
    return allowed or all_days


def list_days_for(answers: Answers) -> Sequence[date]:
    """List the days that can be chosen with these answers."""
    chosen = find_chosen(answers)
    return list_days(chosen.days if chosen else "")


def read_id(answers: Answers) -> int | None:
    """Return the number of the category in the answers, or None."""
    return parse_number(answers.get(CATEGORY, ""))


def list_all() -> Sequence[RegistrationCategory]:
    """List all categories in the organisers' order."""
    order = (RegistrationCategory.position, RegistrationCategory.id)
    return db.session.scalars(select(RegistrationCategory).order_by(*order)).all()


def find(number: int | None) -> RegistrationCategory | None:
    """Return the category with this number, or None."""
    return None if number is None else db.session.get(RegistrationCategory, number)


def get_category(number: int) -> RegistrationCategory:
    """Return the category with this number; raise NotFound if there is none."""
    return require(find(number), NotFound("There is no such category"))


def count_by_category() -> Mapping[int, int]:
    """Count the delegates with a place by the number of their category."""
    counted = select(Delegate.category_id, func.count()).where(ATTENDING)
    rows = db.session.execute(counted.group_by(Delegate.category_id))
    return {number: count for number, count in rows if number is not None}


def list_limits() -> Mapping[int, SeatLimit]:
    """Return the limits of categories by their number."""
    rows = db.session.scalars(select(SeatLimit).where(SeatLimit.name.startswith(CATEGORY_PREFIX)))
    return {int(limit.name.removeprefix(CATEGORY_PREFIX)): limit for limit in rows}


def build_values(category: RegistrationCategory) -> dict[str, Any]:
    """Return the values of a category that organisers can change."""
    names = (
        *("name", "description", "opens_at", "closes_at", "days", "confirmation_text", "access"),
        *("is_for_speakers", "kept_places"),
        *("approvals_needed", "is_place_held", "allows_transfer", "is_in_person"),
        *("interest_closes_at", "interest_questions"),
    )
    limit = list_limits().get(category.id)
    return {
        **{name: getattr(category, name) for name in names},
        "translations": category_texts.load_translations(category.translations),
        "limit": limit.seats if limit else None,
    }
