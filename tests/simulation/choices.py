"""Which steps happen in which season, and how often."""

from collections.abc import Callable, Mapping

from tests.simulation import desk_steps as desk
from tests.simulation import organiser_steps as organisers
from tests.simulation import page_steps as pages
from tests.simulation import place_steps as places
from tests.simulation import registration_steps as people
from tests.simulation import session_steps as sessions
from tests.simulation import team_steps as team
from tests.simulation.calendar import AFTER, DAYS, EVE, RUSH, SPRING, Season
from tests.simulation.year import Step, Year

Choice = Callable[[Year], Step | None]
Weights = Mapping[Choice, int]

REGISTERING: Weights = {
    people.register: 16,
    people.cancel: 5,
    people.restore: 1,
    people.accept_offer: 6,
    people.leave_list: 2,
    people.change_days: 2,
    people.erase: 1,
    organisers.change_limit: 2,
    organisers.change_waiting_list: 1,
    pages.register: 3,
    pages.cancel: 1,
    pages.accept_offer: 2,
    pages.read_public_pages: 2,
    places.invite: 2,
    places.revoke: 1,
    places.register_with_code: 3,
    places.apply: 2,
    places.decide: 3,
    places.change_category: 2,
    places.wait_for_category: 4,
    places.register_group_of_people: 2,
    places.cancel_in_group: 1,
    places.offer_to_colleague: 2,
    places.take_colleagues_place: 2,
    team.add_at_desk: 1,
    team.cancel_many: 1,
    team.correct_email: 1,
    team.leave_group: 1,
    team.dissolve_group: 1,
    team.withdraw_transfer: 1,
    team.send_group_email: 1,
    team.cancel_group_email: 1,
    team.answer_as_speaker: 2,
    team.answer_equality: 1,
}
IN_SESSIONS: Weights = {
    sessions.book: 14,
    sessions.release_seat: 4,
    sessions.join_list: 8,
    sessions.leave_list: 2,
    sessions.open_ballot: 1,
    sessions.rank_choices: 6,
    sessions.publish_seats: 2,
    sessions.move: 1,
    sessions.choose_seat: 2,
    desk.reserve_seats: 1,
    desk.release_seats: 1,
    desk.offer_manually: 2,
    desk.merge: 1,
}
CHECK_IN_STEPS: Weights = {
    desk.check_in: 12,
    desk.admit: 8,
    desk.free_unclaimed_seats: 4,
    sessions.book: 6,
}
AFTERWARDS: Weights = {
    people.cancel: 1,
    people.erase: 2,
    people.register: 1,
    people.accept_offer: 1,
    places.decide: 1,
    sessions.book: 1,
}
STEPS: Mapping[str, Weights] = {
    RUSH: {**REGISTERING, people.register: 40},
    SPRING: {**REGISTERING, **IN_SESSIONS},
    EVE: {**REGISTERING, **IN_SESSIONS, people.cancel: 10, desk.free_unclaimed_seats: 2},
    DAYS: {**REGISTERING, **IN_SESSIONS, **CHECK_IN_STEPS},
    AFTER: AFTERWARDS,
}


def choose(year: Year, season: Season) -> Step | None:
    """Choose the next step; None if the person it needs does not exist."""
    weights = STEPS[season.name]
    choice = year.random.choices(list(weights), list(weights.values()))[0]
    return choice(year)
