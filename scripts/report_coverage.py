"""Print what the tests cover, with what the browser's stories cover where they have run.

Reads the files that ``make test COVERAGE=1`` and ``make test-browser COVERAGE=1`` write. Exits
with status 1 where branches and lines covered, of all there are, fall below the floor.
"""

import json
import sys
from pathlib import Path
from typing import Any, Final

import slipcover

FLOOR: Final = 97  # per cent
ROOT: Final = Path(__file__).resolve().parent.parent
RUNS: Final = (".coverage-tests.json", ".coverage-browser.json")


def main() -> int:
    """Join the runs, print the files that are not wholly covered, and compare with the floor."""
    runs = [json.loads((ROOT / name).read_text()) for name in RUNS if (ROOT / name).exists()]
    whole: dict[str, Any] = runs[0]
    for other in runs[1:]:
        slipcover.merge_coverage(whole, other)
    slipcover.print_coverage(whole, outfile=sys.stdout, skip_covered=True, missing_width=60)
    never = sorted(_modules() - set(whole["files"]))
    for name in never:
        print(f"{name}: no test imports it")
    covered = whole["summary"]["percent_covered"]
    is_enough = covered >= FLOOR and not never
    print(f"{covered:.2f} % of lines and branches are covered; at least {FLOOR} % must be")
    return 0 if is_enough else 1


def _modules() -> set[str]:
    """List the modules of the site that hold any code."""
    files = [*ROOT.glob("app/**/*.py"), ROOT / "config.py", ROOT / "wsgi.py"]
    return {str(file.relative_to(ROOT)) for file in files if file.read_text().strip()}


if __name__ == "__main__":
    sys.exit(main())
