"""Put small faults into the code, one at a time, and tell which of them no test sees.

Nothing is written into the tree: the tests of an area run once, then this process forks for each
fault (scripts/mutants.py), puts it into what is loaded, and runs those tests that pass through the
place. What lives is compared with tests/mutants.toml, where each has its reason.

``python -m scripts.mutate [AREA …]``
"""

import ast
import gc
import os
import signal
import sys
import threading
import time
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import _lru_cache_wrapper
from pathlib import Path
from types import CodeType, FrameType, FunctionType, ModuleType
from typing import Final, NamedTuple

import hypothesis
import pytest

from scripts.mutants import Mutant, generate

ROOT: Final = Path(__file__).parent.parent
LISTED: Final = ROOT / "tests" / "mutants.toml"
AT_ONCE: Final = os.cpu_count() or 1
PATIENCE: Final = (20, 5)  # seconds, and times as long as the tests took without a fault
TIMED_OUT: Final = 2  # exit status of a process in which a test reached its own time limit
# Real browsers, and processes of their own in which there is no fault
ELSEWHERE: Final = {"chromium", "live_site", "start_worker"}
KILLED, LIVES, HUNG = "killed", "lives", "hung"


# Files of which an area runs only some stories
INVITATIONS: Final = "tests/admin/test_invitations.py"
LANGUAGES: Final = "tests/web/test_languages.py"
PREVIEWS: Final = "tests/web/test_preview_middleware.py"
CATEGORY_LIST: Final = "tests/registration/test_category_waiting_list.py"
NETWORK: Final = "tests/registration/test_network_limit.py"


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
            "tests/registration/test_offers_by_hand.py",
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
            "tests/speakers/test_places.py",
            f"{CATEGORY_LIST}::test_people_join_the_list_of_a_full_category_while_others_register",
            f"{CATEGORY_LIST}::test_nobody_takes_a_place_of_the_category_before_those_who_wait_for_it",
            f"{NETWORK}::test_one_network_does_not_fill_the_database_with_registrations_that_were_begun",
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
            f"{INVITATIONS}::test_speakers_are_grouped_by_how_their_invitations_stand",
            f"{LANGUAGES}::test_a_link_to_sign_in_comes_in_the_language_of_whoever_asks",
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
            f"{PREVIEWS}::test_what_is_seen_in_a_preview_reaches_nobody_else",
        ],
    ),
    "search": Area(
        ["app/site/search.py", "app/releases/search_index.py"],
        ["tests/site/test_search.py", "tests/site/test_search_results.py"],
    ),
}


@dataclass
class Test:
    """A test of the area: how long it takes, and which lines begin what it passes through."""

    item: pytest.Item
    seconds: float
    begun: set[tuple[str, int]]


class Loop:
    """What pytest does with the tests that it has collected: run them again for each mutant."""

    def __init__(self, area: Area) -> None:
        self.mutants = [one for path in area.modules for one in generate(ROOT, path)]
        self.outcomes: dict[int, str] = {}
        self._files = {str(ROOT / path) for path in area.modules}
        self._functions: Sequence[FunctionType] = ()
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
            chosen = sorted(_that_pass_through(mutant, tests), key=lambda test: test.seconds)
            while len(running) >= AT_ONCE:
                self._wait(session, running)
            pid = os.fork()
            if pid == 0:
                self._try(session, mutant, chosen)
            limit = _slow(PATIENCE[0]) + PATIENCE[1] * sum(test.seconds for test in chosen)
            running[pid] = number, time.monotonic() + limit
        while running:
            self._wait(session, running)
        return True

    def _measured(self, session: pytest.Session, place: int) -> Test:
        """Run a test, and note which functions it enters."""
        item, following = session.items[place], session.items[(place + 1) % len(session.items)]
        begun: set[tuple[str, int]] = set()

        def note(frame: FrameType, event: str, _: object) -> None:
            if event == "call" and frame.f_code.co_filename in self._files:
                begun.add((frame.f_code.co_filename, frame.f_code.co_firstlineno))

        began = time.perf_counter()
        threading.setprofile(note)  # people who act at the same moment are threads
        sys.setprofile(note)
        try:
            item.ihook.pytest_runtest_protocol(item=item, nextitem=following)
        finally:
            sys.setprofile(None)
            threading.setprofile(None)
        return Test(item, time.perf_counter() - began, begun)

    def _try(self, session: pytest.Session, mutant: Mutant, tests: Sequence[Test]) -> None:
        """Run tests in a process of their own until one sees the mutant; never returns."""
        os.setpgid(0, 0)
        session.config.pluginmanager.unregister(name="terminalreporter")
        try:
            apply(mutant, self._functions)
            items = [test.item for test in tests]
            for place, item in enumerate(items):
                if place == 0:
                    session._setupstate.teardown_exact(item)  # noqa: SLF001 – as its own loop does
                # the last is followed by itself, so that what the run shares is not taken down
                following = items[min(place + 1, len(items) - 1)]
                item.ihook.pytest_runtest_protocol(item=item, nextitem=following)
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
    return _needs(item, {"away"}) and "postgresql" in item.name


def _that_pass_through(mutant: Mutant, tests: Sequence[Test]) -> Iterator[Test]:
    path, (first, last) = str(ROOT / mutant.path), mutant.span
    for test in tests:
        lines = [line for file, line in test.begun if file == path]
        if lines and (not mutant.function or any(first <= line <= last for line in lines)):
            yield test


def list_functions(paths: set[str]) -> Sequence[FunctionType]:
    """List the functions of modules, whoever holds them; only once, as it looks at everything."""
    gc.unfreeze()  # otherwise what tests/conftest.py has frozen is not listed
    found = (one for one in gc.get_objects() if isinstance(one, FunctionType))
    functions = [one for one in found if one.__code__.co_filename in paths]
    gc.freeze()  # so that no process passes by all of it again, or copies it
    return functions


def apply(mutant: Mutant, functions: Sequence[FunctionType]) -> None:
    """Put a mutant into what this process has loaded, and forget what the code before it gave."""
    path = str(ROOT / mutant.path)
    _forget_results(sys.modules[mutant.path.removesuffix(".py").replace("/", ".")])
    whole = compile(mutant.tree, path, "exec")
    if mutant.function:
        _put_code(whole, mutant.span, [one for one in functions if _is_of(one, path)])
    else:
        _put_values(mutant.path, mutant.tree, mutant.span[0])


def _forget_results(module: ModuleType) -> None:
    """Empty the caches of functions: what the tests asked without a fault would be answered so."""
    for some in vars(module).values():
        if isinstance(some, _lru_cache_wrapper):
            some.cache_clear()


def _is_of(function: FunctionType, path: str) -> bool:
    return function.__code__.co_filename == path


def _put_code(whole: CodeType, span: tuple[int, int], functions: Iterable[FunctionType]) -> None:
    """Give the function that stands in these lines its new code, whoever holds it."""
    new = {_place(one): one for one in _codes(whole)}
    for some in functions:
        code = new.get(_place(some.__code__))
        if code is not None and span[0] <= code.co_firstlineno <= span[1]:
            some.__code__ = code


def _place(code: CodeType) -> tuple[str, int]:
    return code.co_qualname, code.co_firstlineno


def _codes(code: CodeType) -> Iterator[CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from _codes(constant)


def _put_values(path: str, tree: ast.Module, line: int) -> None:
    """Work a value of a module out anew, and what is made of it; give both to whoever has them."""
    module = sys.modules[path.removesuffix(".py").replace("/", ".")]
    changed: set[str] = set()
    for node in tree.body:
        names = {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
        if isinstance(node, ast.Assign | ast.AnnAssign) and (
            node.lineno == line or names & changed
        ):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            made = {one.id for one in targets if isinstance(one, ast.Name)}
            before = {name: vars(module)[name] for name in made}
            code = compile(ast.Module([node], []), path, "exec")
            FunctionType(code, vars(module))()
            _give(module, before)
            changed |= made


def _give(module: ModuleType, before: dict[str, object]) -> None:
    for name, value in before.items():
        for other in list(sys.modules.values()):
            if getattr(other, "__dict__", {}).get(name) is value:
                vars(other)[name] = vars(module)[name]


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
