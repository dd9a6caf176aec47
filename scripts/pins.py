"""Tell whether requirements*.txt pin what requirements*.in ask for, and the same in both."""

import re
import sys
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^]]*])?==([^\s;\\]+)", re.MULTILINE)


def pinned(name: str) -> dict[str, Version]:
    """Read the versions that a requirements file pins."""
    found = PIN.findall(Path(name).read_text(encoding="utf-8"))
    return {canonicalize_name(package): Version(version) for package, version in found}


def asked(name: str) -> list[Requirement]:
    """Read what a list of requirements asks for, without its remarks."""
    lines = Path(name).read_text(encoding="utf-8").splitlines()
    return [Requirement(line) for line in lines if line and line[0] not in "#-"]


def faults() -> list[str]:
    """List where pins and wishes differ."""
    of_site, of_work = pinned("requirements.txt"), pinned("requirements-dev.txt")
    return [
        *(f"{wish} is not in requirements.txt" for wish in unmet("requirements.in", of_site)),
        *(
            f"{wish} is not in requirements-dev.txt"
            for wish in unmet("requirements-dev.in", of_work)
        ),
        *(
            f"{package} is {version} in requirements.txt and {of_work.get(package)} in the other"
            for package, version in of_site.items()
            if of_work.get(package) != version
        ),
    ]


def unmet(name: str, pins: dict[str, Version]) -> list[Requirement]:
    """List the wishes that no pin grants."""
    return [
        wish
        for wish in asked(name)
        if (version := pins.get(canonicalize_name(wish.name))) is None
        or not wish.specifier.contains(version, prereleases=True)
    ]


if __name__ == "__main__":
    sys.exit("\n".join([*found, "Run: make pins"]) if (found := faults()) else 0)
