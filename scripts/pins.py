"""Tell whether requirements*.txt pin what requirements*.in ask for, and the same in both."""

import re
import sys
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^]]*])?==([^\s;\\]+)", re.MULTILINE)


def read_pins(name: str) -> dict[str, Version]:
    """Read the versions that a requirements file pins."""
    pins = PIN.findall(Path(name).read_text(encoding="utf-8"))
    return {canonicalize_name(package): Version(version) for package, version in pins}


def read_requirements(name: str) -> list[Requirement]:
    """Read what a list of requirements asks for, without its remarks."""
    lines = Path(name).read_text(encoding="utf-8").splitlines()
    return [Requirement(line) for line in lines if line and line[0] not in "#-"]


def find_mismatches() -> list[str]:
    """List where pins and wishes differ."""
    site_pins, dev_pins = read_pins("requirements.txt"), read_pins("requirements-dev.txt")
    return [
        *(
            f"{wish} is not in requirements.txt"
            for wish in find_unmet("requirements.in", site_pins)
        ),
        *(
            f"{wish} is not in requirements-dev.txt"
            for wish in find_unmet("requirements-dev.in", dev_pins)
        ),
        *(
            f"{package} is {version} in requirements.txt and {dev_pins.get(package)} in the other"
            for package, version in site_pins.items()
            if dev_pins.get(package) != version
        ),
    ]


def find_unmet(name: str, pins: dict[str, Version]) -> list[Requirement]:
    """List the wishes that no pin grants."""
    return [
        wish
        for wish in read_requirements(name)
        if (version := pins.get(canonicalize_name(wish.name))) is None
        or not wish.specifier.contains(version, prereleases=True)
    ]


if __name__ == "__main__":
    sys.exit("\n".join([*found, "Run: make pins"]) if (found := find_mismatches()) else 0)
