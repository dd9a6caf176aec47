"""Print what the tests cover, with what the stories in a browser cover where those have run.

Reads the files that ``make test COVERAGE=1`` and ``make test-browser COVERAGE=1`` write; those of
older code are left out. Exits with status 1 where fewer lines and branches are covered than the
floor asks for.
"""

import json
import sys
from pathlib import Path
from typing import Any, Final

import slipcover

FLOOR: Final = 97  # per cent
ROOT: Final = Path(__file__).resolve().parent.parent
MISSING_WIDTH: Final = 60  # characters
UNMEASURED: Final = {  # they run only in processes that stories start, which nothing measures
    "app/server/__main__.py": "tests/test_server.py",
    "app/server/processes.py": "tests/test_server.py",
    "wsgi.py": "tests/live_site.py",
}


def main() -> int:
    """Join the runs, print the files that are not wholly covered, and compare with the floor."""
    changed_at = max((ROOT / module).stat().st_mtime for module in _modules())
    files = sorted(ROOT.glob(".coverage/*.json"))
    runs = [json.loads(file.read_text()) for file in files if file.stat().st_mtime > changed_at]
    joined: dict[str, Any] = runs[0]
    for run in runs[1:]:
        slipcover.merge_coverage(joined, run)
    slipcover.print_coverage(
        joined, outfile=sys.stdout, skip_covered=True, missing_width=MISSING_WIDTH
    )
    unknown = sorted(_modules() - set(joined["files"]) - set(UNMEASURED))
    for name, story in UNMEASURED.items():
        print(f"{name}: not measured, run by {story}")
    for name in unknown:
        print(f"{name}: no test imports it")
    covered = joined["summary"]["percent_covered"]
    print(f"{covered:.2f} % of lines and branches are covered; at least {FLOOR} % must be")
    return 0 if covered >= FLOOR and not unknown else 1


def _modules() -> set[str]:
    """List the modules of the site that hold any code."""
    files = [*ROOT.glob("app/**/*.py"), ROOT / "config.py", ROOT / "wsgi.py"]
    return {str(file.relative_to(ROOT)) for file in files if file.read_text().strip()}


if __name__ == "__main__":
    sys.exit(main())
