"""What the documents say of the code is true, and so are rules that no import contract can hold.

Code in backticks is looked up: a path from the root of the repository, `package.module.name`, and
the name of a class. A block of code that begins with a path names what is in that file.
"""

import ast
import re
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

from config import ROOT

ARCHITECTURE = ROOT / "docs" / "architecture.md"
CONTRIBUTING = ROOT / "CONTRIBUTING.md"
PAGES = [
    ROOT / "README.md",
    CONTRIBUTING,
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "docs" / "organisers").glob("*.md")),
]
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("0*.md"))
FENCE = re.compile(r"^```\w*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"`([^`\n]+)`")
FILE_NAME = re.compile(r"[\w.<>-]+\.(css|html|js|md|mjs|py|scss|sh|toml|txt)")
DOTTED_NAME = re.compile(r"([a-z_]\w*(?:\.[a-z_]\w*)*)\.(\w+)(?:\(.*\))?")
CLASS_NAME = re.compile(r"[A-Z][a-z]\w+")
DEFINITION = re.compile(r"^\s*(?:def|class) (\w+)", re.MULTILINE)
WALK_STEP = re.compile(r"^\d+\. `([^`]+)`(.*)$", re.MULTILINE)
NAMES_OF_TODAY = re.compile(r"^Names as of today: (.*)$", re.MULTILINE)
EARLIER_NAME = re.compile(r"^.*\b(?:is|are|in)\b")
NOT_OURS = {"db.session", "flask.session", "schedule.json", "schedule.xml"}  # libraries', formats'
NOT_IN_THE_REPOSITORY = {"settings.env", "translations/"}  # of whoever runs the site
NOT_A_PATH = (
    "/",
    "?",
    "./",
    "<",
    ".venv/",
    "instance/",
)  # an address, a command, made by `make run`

GROUND = ["clock", "errors", "text", "preview_mode", "log"]
GROUND_IMPORTS = {"clock": {"preview_mode"}}
OUTSIDE_GROUND = {"config", "flask", "jinja2", "sqlalchemy", "werkzeug", "wtforms"}
NOT_COUNTED = (
    *(f"app/{name}.py" for name in [*GROUND, "cache_version", "database", "database_faults"]),
    "app/request_transaction.py",
    "app/accounts/guards.py",
    "app/forms/",
    "app/history/",
    "app/web/",
)
MAX_FILES, MAX_FILES_OF_IMPORT = 6, 9
MAX_SHARE = 1 / 5  # of the lines of app/, that one package holds
MAX_DEPTH = 4  # app/a/b/c.py


def test_every_path_in_the_documents_exists() -> None:
    missing = [(page.name, path) for page in PAGES for path in paths_on(page) if not exists(path)]

    assert missing == []


def test_every_name_in_the_documents_exists() -> None:
    missing = [(page.name, name) for page in PAGES for name in unknown_names(spans(page))]

    assert missing == []


def test_every_current_name_in_the_decisions_exists() -> None:
    names = {page.name: list(names_of_today(page)) for page in DECISIONS}
    missing = {
        page: [
            *(name for name in found if is_path(name) and not exists(name)),
            *unknown_names(found),
        ]
        for page, found in names.items()
    }

    assert sum(map(len, names.values())) > 20
    assert {page: found for page, found in missing.items() if found} == {}


def test_every_code_block_with_a_file_name_matches_that_file() -> None:
    missing = [
        (path, name)
        for page in PAGES
        for path, code in code_blocks(page)
        for name in DEFINITION.findall(code)
        if not exists(path) or name not in defined_anywhere(ROOT / path)
    ]

    assert missing == []


def test_the_layer_diagram_matches_the_import_contract() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contract = settings["tool"]["importlinter"]["contracts"][0]["layers"]
    drawing = FENCE.findall(section("The layers"))[0].partition("\n\n")[0]

    drawn = [re.split(r"\s{3,}", line.strip())[0] for line in drawing.splitlines()]

    assert drawn == [layer.strip("()").replace("|", "│") for layer in contract]


def test_every_package_is_described_in_the_architecture_document() -> None:
    named = {path.rstrip("/") for path in SPAN.findall(section("The packages"))}

    modules = [one for one in (ROOT / "app").glob("*.py") if one.stem != "__init__"]
    parts = [*modules, *(one.parent for one in (ROOT / "app").glob("*/__init__.py"))]

    assert sorted(f"app/{one.name}" for one in parts if f"app/{one.name}" not in named) == []


def test_no_package_has_more_than_a_fifth_of_the_code() -> None:
    lines = Counter[str]()
    for path in modules().values():
        if path.name != "__init__.py":
            package = path.relative_to(ROOT / "app").parts[0]
            lines[package] += sum(1 for line in read(path).splitlines() if line.strip())

    assert {one: count for one, count in lines.items() if count > MAX_SHARE * lines.total()} == {}


def test_no_module_is_nested_deeper_than_two_folders() -> None:
    deep = [name for name, path in modules().items() if depth_of(path) > MAX_DEPTH]

    assert deep == []


def test_the_ten_walkthroughs_touch_few_files() -> None:
    lengths = {title: len(main_files(steps)) for title, steps in walks().items()}

    assert len(lengths) == 10
    assert {title: count for title, count in lengths.items() if count > limit_of(title)} == {}


def test_every_step_of_a_walkthrough_names_code_that_exists() -> None:
    missing = [
        (title, path, name)
        for title, steps in walks().items()
        for path, text in steps
        for name in re.findall(r"`(\w+)(?:\(\))?`", text)
        if not exists(path) or name not in defined_anywhere(ROOT / path)
    ]

    assert missing == []


@pytest.mark.parametrize("name", GROUND)
def test_a_foundation_module_imports_neither_flask_nor_the_site(name: str) -> None:
    program = f"import sys, app.{name}; print(*sys.modules)"

    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )

    loaded = done.stdout.split()
    expected = {"app", *(f"app.{one}" for one in {name, *GROUND_IMPORTS.get(name, ())})}
    assert {one for one in loaded if one.split(".")[0] == "app"} == expected
    assert OUTSIDE_GROUND.intersection(loaded) == set()


def test_no_package_init_imports_views() -> None:
    found = [
        (name, imported)
        for name, path in modules().items()
        if path.name == "__init__.py"
        for imported in imports(path).values()
        if imported.endswith("views")
    ]

    assert found == []


def test_only_the_factory_imports_blueprints() -> None:
    made = {f"{name}.{one}" for name, path in modules().items() for one in blueprints(path)}

    found = {
        (name, used)
        for name, path in modules().items()
        for used in names_used(path)
        if name != "app.factory" and used in made and not used.startswith(f"{name}.")
    }

    assert found == set()


def read(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def section(title: str) -> str:
    return read(ARCHITECTURE).partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def spans(page: Path) -> Iterator[str]:
    """Return the text in backticks outside code blocks."""
    yield from SPAN.findall(FENCE.sub("", read(page)))


def is_path(span: str) -> bool:
    if span in NOT_IN_THE_REPOSITORY or " " in span or "://" in span or span.startswith(NOT_A_PATH):
        return False
    return "/" in span or FILE_NAME.fullmatch(span) is not None


def paths_on(page: Path) -> Iterator[str]:
    yield from filter(is_path, spans(page))


def exists(path: str) -> bool:
    """Whether there is such a file; `<slug>` stands for any name."""
    return any(ROOT.glob(re.sub(r"<\w+>", "*", path)))


def code_blocks(page: Path) -> Iterator[tuple[str, str]]:
    """Give the blocks of code that begin with a path, with that path."""
    for block in FENCE.findall(read(page)):
        first, _, code = block.partition("\n")
        path = first.strip("#{} ")
        if is_path(path):
            yield path, code


def names_of_today(decision: Path) -> Iterator[str]:
    """Return the names beside earlier ones at the end of a decision."""
    for line in NAMES_OF_TODAY.findall(read(decision)):
        for clause in re.split(r"[;,]", line):
            yield from SPAN.findall(EARLIER_NAME.sub("", clause))


def unknown_names(found: Iterable[str]) -> Iterator[str]:
    for span in set(found) - NOT_OURS - NOT_IN_THE_REPOSITORY:
        dotted = DOTTED_NAME.fullmatch(span)
        if dotted and not is_path(span):
            if not any(dotted[2] in defined(path) for path in modules_called(dotted[1])):
                yield span
        elif CLASS_NAME.fullmatch(span) and span not in all_classes():
            yield span


@cache
def modules() -> Mapping[str, Path]:
    """Every module of the site, by its full name."""
    found = sorted((ROOT / "app").rglob("*.py"))
    return {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
        for path in found
    }


def modules_called(name: str) -> Iterator[Path]:
    """Give the modules whose names end in this one, as an import would shorten them."""
    for full, path in modules().items():
        if f".{full}".endswith(f".{name}"):
            yield path


def depth_of(path: Path) -> int:
    return len(path.relative_to(ROOT).parts)


@cache
def parse(path: Path) -> ast.Module:
    return ast.parse(read(path))


def defined(path: Path) -> set[str]:
    """Name what a module has: functions, classes, constants."""
    return set(_names_of(parse(path).body))


@cache
def defined_anywhere(path: Path) -> frozenset[str]:
    """Name what is defined in a file, in a class too."""
    bodies = [node.body for node in ast.walk(parse(path)) if isinstance(node, ast.ClassDef)]
    return frozenset({*defined(path), *(name for body in bodies for name in _names_of(body))})


def _names_of(body: list[ast.stmt]) -> Iterator[str]:
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            inner = [one for target in targets for one in ast.walk(target)]
            yield from (one.id for one in inner if isinstance(one, ast.Name))


@cache
def all_classes() -> frozenset[str]:
    nodes = [node for path in modules().values() for node in parse(path).body]
    return frozenset(node.name for node in nodes if isinstance(node, ast.ClassDef))


def walks() -> dict[str, list[tuple[str, str]]]:
    """Return the steps of each walkthrough: a file and its description."""
    _, *parts = section("Ten walks").split("\n### ")
    return {part.partition("\n")[0]: WALK_STEP.findall(part) for part in parts}


def main_files(steps: list[tuple[str, str]]) -> set[str]:
    counted = {path for path, _ in steps if not path.startswith(NOT_COUNTED)}
    return {path for path in counted if not path.endswith("models.py")}


def limit_of(title: str) -> int:
    return MAX_FILES_OF_IMPORT if title.startswith("An import") else MAX_FILES


@cache
def imports(path: Path) -> Mapping[str, str]:
    """Give what a module imports from the site, by the name that it has there."""
    nodes = [node for node in ast.walk(parse(path)) if isinstance(node, ast.ImportFrom)]
    return {
        one.asname or one.name: f"{node.module}.{one.name}"
        for node in nodes
        if (node.module or "").split(".")[0] == "app"
        for one in node.names
    }


def names_used(path: Path) -> Iterator[str]:
    """Give the full names of what a module imports, or reaches through what it imports."""
    imported = imports(path)
    yield from imported.values()
    for node in ast.walk(parse(path)):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            yield f"{imported.get(node.value.id, '')}.{node.attr}"


def blueprints(path: Path) -> Iterator[str]:
    """Name the blueprints that a module makes."""
    for node in parse(path).body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            is_blueprint = ast.unparse(node.value.func) == "Blueprint"
            yield from _names_of([node]) if is_blueprint else ()
