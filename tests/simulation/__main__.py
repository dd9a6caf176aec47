"""Live through conference years: `python -m tests.simulation --seeds 100`, or `--seed 7` again.

Several years pass at a time, each in a process that has this one's code and empty database.
"""

import argparse
import multiprocessing
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing.queues import SimpleQueue
from pathlib import Path
from typing import NamedTuple

from tests import ramdisk, waiting
from tests.shared_caches import share_caches
from tests.simulation.site import YearFactory
from tests.simulation.year import YearFailed

FULL_YEAR = 600  # steps


class Outcome(NamedTuple):
    """How a year went."""

    report: str
    counts: Counter[str] | None  # how often each step was taken; None when it went wrong


def main() -> int:
    """Live through the years that were asked for; return 1 if one of them went wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation")
    parser.add_argument("--seeds", type=int, default=10, help="how many years")
    parser.add_argument("--seed", type=int, help="the one year with this seed")
    parser.add_argument("--first", type=int, default=1, help="the seed of the first year")
    parser.add_argument("--steps", type=int, default=FULL_YEAR, help="what happens in a year")
    parser.add_argument("--counts", action="store_true", help="list how often each step was taken")
    options = parser.parse_args()
    last = options.first + options.seeds
    seeds = range(options.first, last) if options.seed is None else [options.seed]
    ramdisk.use_ramdisk()
    share_caches()
    failed = set[int]()
    total: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        years = YearFactory(Path(folder))
        for seed, outcome in zip(seeds, run_all(years, seeds, options.steps), strict=True):
            write(outcome.report)
            if outcome.counts is None:
                failed.add(seed)
            else:
                total += outcome.counts
    if options.counts:
        write("\n".join(f"{count:6} {name}" for name, count in total.most_common()))
    which = f": {sorted(failed)}" if failed else ""
    write(f"{len(seeds)} years, {len(failed)} went wrong{which}")
    return 1 if failed else 0


def run_all(years: YearFactory, seeds: Sequence[int], steps: int) -> Iterator[Outcome]:
    """Live through the years of these seeds; give their outcomes in this order."""
    processes = min(os.cpu_count() or 1, len(seeds), waiting.SHARES)
    if processes <= 1:
        yield from (run(years, steps, seed) for seed in seeds)
        return
    context = multiprocessing.get_context("fork")
    numbers = context.SimpleQueue()
    for number in range(processes):
        numbers.put(number)
    with ProcessPoolExecutor(processes, context, take_ports, (numbers,)) as pool:
        yield from pool.map(partial(run, years, steps), seeds)


def take_ports(numbers: SimpleQueue[int]) -> None:
    """Let this process find ports that no other finds, as a worker of pytest does."""
    os.environ[waiting.WORKER] = f"gw{numbers.get()}"


def run(years: YearFactory, steps: int, seed: int) -> Outcome:
    """Live through one year."""
    started = time.process_time()
    try:
        year = years.run(seed, steps)
    except YearFailed as fault:
        return Outcome(str(fault), None)
    took = time.process_time() - started
    report = f"seed {seed}: {year.people} people, {took:.1f} s of CPU, {year.digest[:12]}"
    return Outcome(report, year.counts)


def write(text: str) -> None:
    """Write a line unbuffered, to show progress."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
