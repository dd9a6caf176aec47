"""Put small faults into the code, one at a time, and tell which of them no test sees.

Nothing is written into the tree: the tests of an area run once, then this process forks for each
fault (scripts/mutants.py), puts it into what is loaded (scripts/apply_mutant.py), and runs those
tests that pass through its statement: first those that saw another fault of the same function, then
the quickest. What lives is compared with tests/mutants.toml, where each has its reason.

``python -m scripts.mutate [AREA …]``
"""

import os
import signal
import sys
import threading
import time
import tomllib
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.sharedctypes import RawArray
from pathlib import Path
from types import FrameType, FunctionType
from typing import Any, Final, NamedTuple

import hypothesis
import pytest

from scripts.apply_mutant import apply, list_functions
from scripts.mutants import Mutant, generate

ROOT: Final = Path(__file__).parent.parent
LISTED: Final = ROOT / "tests" / "mutants.toml"
AT_ONCE: Final = os.cpu_count() or 1
PATIENCE: Final = (20, 5)  # seconds, and times as long as the tests took without a fault
TIMED_OUT: Final = 2  # exit status of a process in which a test reached its own time limit
# Real browsers, and processes of their own in which there is no fault
ELSEWHERE: Final = {"chromium", "live_site", "start_worker"}
KILLED, LIVES, HUNG = "killed", "lives", "hung"

TraceFunction = Callable[[FrameType, str, Any], Any]


# Files of which an area runs only some stories
ADDRESSES: Final = "tests/programme/test_slugs_of_rooms_and_themes.py"
BOOKING: Final = "tests/registration/test_booking.py"
CATEGORIES: Final = "tests/registration/test_categories.py"
CATEGORY_LIST: Final = "tests/registration/test_category_waiting_list.py"
CLASHES: Final = "tests/registration/test_session_clashes.py"
DELEGATE_IMPORTS: Final = "tests/admin/test_delegate_imports.py"
DELEGATES: Final = "tests/admin/test_delegates.py"
EMAILS: Final = "tests/registration/test_emails.py"
ERRORS: Final = "tests/web/test_error_handlers.py"
HOME: Final = "tests/site/test_home.py"
IMPORT_SETTINGS: Final = "tests/admin/test_import_settings.py"
IMPORT_UNDO: Final = "tests/interchange/test_import_undo.py"
INVITATIONS: Final = "tests/admin/test_invitations.py"
LANGUAGES: Final = "tests/web/test_languages.py"
MATCHING: Final = "tests/interchange/test_matching.py"
NETWORK: Final = "tests/registration/test_network_limit.py"
OWNERSHIP: Final = "tests/speakers/test_place_ownership.py"
PHOTOS: Final = "tests/admin/test_photos.py"
PREVIEWS: Final = "tests/web/test_preview_middleware.py"
QUESTIONS: Final = "tests/registration/test_custom_questions.py"
RENDITIONS: Final = "tests/programme/test_renditions.py"
SEARCH: Final = "tests/site/test_search.py"
SESSION_CHOICES: Final = "tests/registration/test_session_choices.py"
SPEAKERS: Final = "tests/site/test_speaker_pages.py"
ZONES: Final = "tests/programme/test_time_zones.py"


class Area(NamedTuple):
    """Modules that belong together, and where the tests that answer for them stand."""

    modules: Sequence[str]
    tests: Sequence[str]


AREAS: Final = {
    "seats": Area(
        [
            "app/registration/seats.py",
            "app/registration/session_seats.py",
            "app/registration/waiting_list/turns.py",
        ],
        [
            "tests/registration/test_seats.py",
            "tests/registration/test_seat_limits.py",
            "tests/registration/test_session_bookings.py",
            "tests/registration/test_session_holds.py",
            "tests/registration/test_session_waiting_list.py",
            "tests/registration/test_category_waiting_list.py",
            "tests/registration/test_wait_for_another_category.py",
            "tests/registration/test_change_category.py",
            "tests/registration/test_manual_offers.py",
        ],
    ),
    "registration": Area(
        [
            "app/registration/services.py",
            "app/registration/create_booking.py",
            "app/registration/bookings/operations.py",
        ],
        [
            "tests/registration/test_registration.py",
            "tests/registration/test_registration_status.py",
            "tests/registration/test_confirmation.py",
            "tests/registration/test_distinct_bookings.py",
            "tests/registration/test_booking.py",
            "tests/registration/test_applications.py",
            "tests/registration/test_invitations.py",
            "tests/registration/test_place_transfers.py",
            "tests/registration/test_change_category.py",
            "tests/registration/test_email_change.py",
            "tests/registration/test_groups.py",
            "tests/admin/test_delegates_bulk.py",
            f"{DELEGATES}::test_the_desk_can_add_a_delegate_with_a_normal_booking",
            f"{DELEGATE_IMPORTS}::test_an_import_without_the_email_box_sends_no_emails",
            "tests/speakers/test_places.py",
            "tests/registration/test_category_deletions.py",
            f"{CATEGORIES}::test_the_chosen_category_is_shown_on_booking_email_ticket_and_export",
            f"{SESSION_CHOICES}::test_seats_can_be_booked_while_registering",
            f"{OWNERSHIP}::test_registering_with_another_persons_email_does_not_link_their_booking",
            f"{OWNERSHIP}::test_registrations_through_speaker_pages_are_rate_limited",
            f"{CATEGORY_LIST}::test_people_can_wait_for_a_full_category_while_others_register",
            f"{CATEGORY_LIST}::test_a_free_place_of_a_category_is_reserved_for_its_waiting_list",
            f"{QUESTIONS}::test_a_question_reworded_meanwhile_is_named_on_the_check_page",
            f"{NETWORK}::test_a_rate_limited_registration_keeps_its_answers",
            f"{NETWORK}::test_new_drafts_are_rate_limited_for_each_network",
        ],
    ),
    "outbox": Area(
        [
            "app/mail/outbox.py",
            "app/mail/retries.py",
            "app/mail/domains.py",
            "app/mail/services.py",
        ],
        [
            "tests/mail/test_smtp.py",
            "tests/mail/test_outbox.py",
            "tests/mail/test_rendering.py",
            "tests/mail/test_domains.py",
            "tests/mail/test_worker_loop.py",
            f"{EMAILS}::test_the_confirmation_email_embeds_the_ticket_qr_code",
        ],
    ),
    "sign-in": Area(
        [
            "app/accounts/services.py",
            "app/accounts/queries.py",
            "app/accounts/login_sessions.py",
            "app/accounts/two_factor/services.py",
        ],
        [
            "tests/accounts/test_sign_in.py",
            "tests/accounts/test_login_sessions.py",
            "tests/accounts/test_large_uploads.py",
            "tests/accounts/test_two_factor.py",
            "tests/accounts/test_passkeys.py",
            "tests/admin/test_team.py",
            "tests/speakers/test_access.py",
            "tests/speakers/test_assistants_and_calendar.py",
            f"{INVITATIONS}::test_speakers_are_grouped_by_invitation_state",
            f"{LANGUAGES}::test_a_sign_in_email_is_in_the_language_of_the_request",
        ],
    ),
    "publishing": Area(
        [
            "app/releases/services.py",
            "app/releases/current_release.py",
            "app/releases/scheduled_releases.py",
            "app/interchange/services.py",
        ],
        [
            "tests/releases/test_publishing.py",
            "tests/releases/test_scheduled_releases.py",
            "tests/site/test_changelog.py",
            "tests/interchange/test_commands.py",
            "tests/interchange/test_ical.py",
            "tests/admin/test_publishing.py",
            "tests/admin/test_import_export.py",
            f"{PREVIEWS}::test_a_preview_shows_unpublished_changes_and_keeps_links_inside",
            f"{PREVIEWS}::test_a_preview_without_programme_is_an_empty_site",
            f"{PREVIEWS}::test_a_file_in_a_preview_has_the_number_of_the_next_release",
            f"{PHOTOS}::test_restoring_a_release_does_not_restore_a_removed_photo",
            f"{RENDITIONS}::test_every_rendition_is_offered_once_the_worker_has_rendered_it",
            f"{RENDITIONS}::test_a_photo_without_sizes_is_offered_whole_although_another_has_them",
            f"{ZONES}::test_an_imported_programme_in_another_time_zone_shows_its_times_before_publishing",
            f"{ZONES}::test_before_the_first_release_organisers_see_the_hours_of_their_own_zone",
            f"{ADDRESSES}::test_after_a_rollback_the_new_slug_redirects_to_the_old_one",
            f"{SEARCH}::test_search_results_must_contain_every_word",
            f"{SEARCH}::test_whole_word_matches_in_titles_are_ranked_before_prefix_matches",
            f"{HOME}::test_the_home_page_before_the_first_release_looks_intentional",
            f"{IMPORT_UNDO}::test_an_import_bumps_the_cache_version",
            f"{IMPORT_UNDO}::test_undoing_a_merge_withdraws_a_new_speaker_with_access",
            f"{IMPORT_UNDO}::test_a_merged_file_can_be_undone_although_speakers_had_begun_to_work",
            f"{IMPORT_SETTINGS}::test_an_import_by_an_editor_changes_no_settings",
            f"{MATCHING}::test_fields_without_a_column_are_kept",
            f"{SPEAKERS}::test_conference_json_round_trips_speaker_details",
            f"{CLASHES}::test_a_rollback_that_causes_a_clash_asks_which_seat_to_keep",
            f"{BOOKING}::test_changing_days_updates_the_calendar_entry",
        ],
    ),
    "page-cache": Area(
        ["app/web/page_cache.py", "app/web/cache_params.py", "app/web/cache_policy.py"],
        [
            "tests/web/test_page_cache.py",
            "tests/web/test_cache_params.py",
            "tests/web/test_security_headers.py",
            "tests/site/test_access_keys.py",
            "tests/site/test_now_next.py",
            "tests/site/test_typeface.py",
            "tests/site/test_public_pages.py",
            "tests/releases/test_publishing.py",
            f"{PREVIEWS}::test_a_preview_leaks_nothing_to_other_visitors",
            f"{ERRORS}::test_a_too_large_form_is_413",
        ],
    ),
    "search": Area(
        ["app/site/search.py", "app/releases/search_index.py"],
        ["tests/site/test_search.py", "tests/site/test_search_results.py"],
    ),
}


@dataclass
class Test:
    """A test of the area: how long it takes, and which lines it passes through."""

    item: pytest.Item
    place: int
    seconds: float
    lines: Mapping[str, set[int]]


class Loop:
    """What pytest does with the tests that it has collected: run them again for each mutant."""

    def __init__(self, area: Area) -> None:
        self.mutants = [one for path in area.modules for one in generate(ROOT, path)]
        self.outcomes: dict[int, str] = {}
        self._files = {str(ROOT / path) for path in area.modules}
        self._functions: Sequence[FunctionType] = ()
        self._seen_by = RawArray("i", [-1] * len(self.mutants))  # place of the test; all write it
        self._failed = self._timed_out = False

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leave out what runs elsewhere, and what stops the database server that all share."""
        items[:] = [one for one in items if not _needs(one, ELSEWHERE) and not _stops_server(one)]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Notice a test that fails."""
        self._failed = self._failed or report.failed
        self._timed_out = self._timed_out or (
            report.failed and "from pytest-timeout" in report.longreprtext
        )

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Run all tests as they are, then those that matter for each mutant."""
        tests = [self._measured(session, place) for place in range(len(session.items))]
        if self._failed:
            pytest.exit("A test fails without any mutant", pytest.ExitCode.TESTS_FAILED)
        self._functions = list_functions(self._files)
        running: dict[int, tuple[int, float]] = {}
        for number, mutant in enumerate(self.mutants):
            while len(running) >= AT_ONCE:
                self._wait(session, running)
            chosen = self._choose(mutant, tests)
            pid = os.fork()
            if pid == 0:
                self._try(session, number, chosen)
            limit = _slow(PATIENCE[0]) + PATIENCE[1] * sum(test.seconds for test in chosen)
            running[pid] = number, time.monotonic() + limit
        while running:
            self._wait(session, running)
        return True

    def _measured(self, session: pytest.Session, place: int) -> Test:
        """Run a test, and note which lines of the modules it passes through."""
        item, following = session.items[place], session.items[(place + 1) % len(session.items)]
        lines: dict[str, set[int]] = {path: set() for path in self._files}

        def enter(frame: FrameType, _event: str, _: object) -> TraceFunction | None:
            return note if frame.f_code.co_filename in lines else None

        def note(frame: FrameType, event: str, _: object) -> TraceFunction:
            if event == "line":
                lines[frame.f_code.co_filename].add(frame.f_lineno)
            return note

        began = time.perf_counter()
        threading.settrace(enter)  # people who act at the same moment are threads
        sys.settrace(enter)
        try:
            item.ihook.pytest_runtest_protocol(item=item, nextitem=following)
        finally:
            sys.settrace(None)
            threading.settrace(None)
        return Test(item, place, time.perf_counter() - began, lines)

    def _choose(self, mutant: Mutant, tests: Sequence[Test]) -> Sequence[Test]:
        """Order the tests that matter for a mutant: those that are likely to see it come first."""
        likely = {
            self._seen_by[number]
            for number, other in enumerate(self.mutants)
            if (other.path, other.function) == (mutant.path, mutant.function)
        }
        return sorted(
            _that_pass_through(mutant, tests),
            key=lambda test: (test.place not in likely, test.seconds),
        )

    def _try(self, session: pytest.Session, number: int, tests: Sequence[Test]) -> None:
        """Run tests in a process of their own until one sees the mutant; never returns."""
        os.setpgid(0, 0)
        session.config.pluginmanager.unregister(name="terminalreporter")
        try:
            apply(self.mutants[number], self._functions)
            items = [test.item for test in tests]
            for place, item in enumerate(items):
                if place == 0:
                    session._setupstate.teardown_exact(item)  # noqa: SLF001 – as its own loop does
                # the last is followed by itself, so that what the run shares is not taken down
                following = items[min(place + 1, len(items) - 1)]
                item.ihook.pytest_runtest_protocol(item=item, nextitem=following)
                if self._failed:
                    self._seen_by[number] = tests[place].place
                if place + 1 == len(items) or self._failed:
                    break
        except BaseException:  # noqa: BLE001 – what cannot even run is seen
            self._failed = True
        os._exit(TIMED_OUT if self._timed_out else self._failed)

    def _wait(self, session: pytest.Session, running: dict[int, tuple[int, float]]) -> None:
        """Wait for one of the processes, and end what takes too long."""
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid in running:
            number, _ = running.pop(pid)
            self.outcomes.setdefault(number, _outcome(os.waitstatus_to_exitcode(status)))
            self._mention(session, number)
            return
        time.sleep(0.01)
        for late, (number, limit) in list(running.items()):
            if time.monotonic() > limit and number not in self.outcomes:
                self.outcomes[number] = HUNG
                os.killpg(late, signal.SIGKILL)

    def _mention(self, session: pytest.Session, number: int) -> None:
        """Show that it goes on, and at once what lives."""
        reporter = session.config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None:
            lives, one = self.outcomes[number] == LIVES, self.mutants[number]
            reporter.write(
                f"\nlives: {one.path}:{one.line} {one.mutated}\n" if lives else ".", flush=True
            )


def _outcome(exit_code: int) -> str:
    return {0: LIVES, TIMED_OUT: HUNG}.get(exit_code, KILLED)


def _slow(seconds: float) -> float:
    """Give more time where the machine has much else to do."""
    return seconds * max(1, os.getloadavg()[0] / AT_ONCE)


def _needs(item: pytest.Item, fixtures: set[str]) -> bool:
    return not fixtures.isdisjoint(getattr(item, "fixturenames", ()))


def _stops_server(item: pytest.Item) -> bool:
    return _needs(item, {"database_outage"}) and "postgresql" in item.name


def _that_pass_through(mutant: Mutant, tests: Sequence[Test]) -> Iterator[Test]:
    path, (first, last) = str(ROOT / mutant.path), mutant.statement
    for test in tests:
        lines = test.lines[path]
        if lines and (not mutant.function or any(first <= line <= last for line in lines)):
            yield test


def run(area: Area) -> dict[tuple[str, str, str, str], tuple[Mutant, str]]:
    """Try each mutant of an area, in this process; tell what became of each."""
    hypothesis.settings.register_profile("mutate", derandomize=True, database=None, deadline=None)
    hypothesis.settings.load_profile("mutate")
    loop = Loop(area)
    options = ["-q", "--no-header", "--no-summary", "-p", "no:randomly", "-p", "no:cacheprovider"]
    options += ["--tb", "line"]  # nobody reads how a test fails
    options += ["--timeout", str(_slow(PATIENCE[0]))]  # a mutant can let a test run for ever
    options += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]  # hypothesis has come before
    status = pytest.main([*options, *area.tests], plugins=[loop])
    if status != pytest.ExitCode.OK:
        raise SystemExit(int(status))
    return {
        mutant.key: (mutant, loop.outcomes[number]) for number, mutant in enumerate(loop.mutants)
    }


def report(name: str, area: Area) -> bool:
    """Run an area and tell of it; whether each that lives is listed."""
    outcomes = run(area)
    listed = {
        (one["path"], one["function"], one["original"], one["mutated"])
        for one in tomllib.loads(LISTED.read_text(encoding="utf-8")).get("mutant", [])
        if one["path"] in area.modules
    }
    living = {key: mutant for key, (mutant, outcome) in outcomes.items() if outcome == LIVES}
    counted: dict[str, int] = defaultdict(int)
    for _, outcome in outcomes.values():
        counted[outcome] += 1
    seen = len(outcomes) - len(living)
    of_harm = len(outcomes) - len(listed & living.keys())
    write(
        f"{name}: {len(outcomes)} mutants, {seen} killed ({100 * seen / len(outcomes):.1f} %,"
        f" without those listed {100 * seen / of_harm:.1f} %), of them {counted[HUNG]} by a time"
        f" limit; {len(living)} live, {len(listed)} listed"
    )
    for key in sorted(listed - living.keys()):
        write(f"  listed, but killed now or gone: {' | '.join(key)}")
    for key in living.keys() - listed:
        write(f"  LIVES {key[0]}:{living[key].line} {key[1]}\n    - {key[2]}\n    + {key[3]}")
    return living.keys() <= listed


def write(line: str) -> None:
    """Print a line, whoever else prints."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main(names: Sequence[str]) -> int:
    """Run areas one after the other, each in a process of its own."""
    unknown = set(names) - set(AREAS)
    if unknown:
        write(f"There is no such area: {', '.join(sorted(unknown))}. There are {', '.join(AREAS)}.")
        return 2
    is_sound = True
    for name in names or AREAS:
        sys.stdout.flush()
        pid = os.fork()
        if pid == 0:
            raise SystemExit(not report(name, AREAS[name]))
        is_sound = os.waitpid(pid, 0)[1] == 0 and is_sound
    return not is_sound


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
