"""Live through conference years: `python -m tests.simulation --seeds 100`, or `--seed 7` again."""

import argparse
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests import ramdisk
from tests.shared_caches import share_caches
from tests.simulation.site import YearFactory
from tests.simulation.year import YearFailed

FULL_YEAR = 600  # steps


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
        for seed in seeds:
            started = time.process_time()
            try:
                year = years.run(seed, options.steps)
            except YearFailed as fault:
                failed.add(seed)
                write(str(fault))
            else:
                total += year.counts
                took = time.process_time() - started
                write(f"seed {seed}: {year.people} people, {took:.1f} s of CPU, {year.digest[:12]}")
    if options.counts:
        write("\n".join(f"{count:6} {name}" for name, count in total.most_common()))
    which = f": {sorted(failed)}" if failed else ""
    write(f"{len(seeds)} years, {len(failed)} went wrong{which}")
    return 1 if failed else 0


def write(text: str) -> None:
    """Write a line at once, so that whoever waits sees how far it is."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
