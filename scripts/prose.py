"""Read what people will read out of the sources: templates, pages, messages and documents."""

import ast
import json
import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple


class Segment(NamedTuple):
    """A piece of text, and where it is."""

    path: str
    line: int
    text: str


# What is marked as code is not prose; what is struck through shows what not to write.
BLANK_IN_MARKDOWN = re.compile(
    r"```.*?```|~~~.*?~~~|`[^`\n]*`|~~[^~]+~~|<!--.*?-->|\]\([^)\s]*\)|<https?:[^>]*>|https?:\S+",
    re.DOTALL,
)
JINJA = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
TAG = re.compile(r"<!--.*?-->|<(script|style)\b.*?</\1>|<[^>]*>", re.DOTALL)
QUOTED = re.compile(r'"((?:[^"\\\n]|\\.)*)"|\'((?:[^\'\\\n]|\\.)*)\'|`((?:[^`\\]|\\.)*)`')
TRANSLATED = re.compile(r"(?:\b_|gettext)\(\s*$|,\s*$")
SCRIPT_COMMENT = re.compile(r"/\*.*?\*/|(?<![:\"'])//[^\n]*", re.DOTALL)
PROSE = re.compile(r"[A-Za-z’']{2,}[,.:;]? +[A-Za-z(“]")
STATEMENT = re.compile(r"\s*(?:SELECT|INSERT|UPDATE|DELETE|CREATE|WITH|PRAGMA|SET|ALTER)\b")
GETTEXT = frozenset({"_", "N_", "gettext", "lazy_gettext", "ngettext", "lazy_ngettext"})
UNREAD = frozenset({"log", "re"})  # whose arguments are names of events and patterns


def list_segments(root: Path) -> Iterator[Segment]:
    """Yield everything below a folder that people read."""
    for pattern, read in SOURCES.items():
        for path in sorted(root.glob(pattern)):
            name = path.relative_to(root).as_posix()
            for line, text in read(path.read_text(encoding="utf-8")):
                yield Segment(name, line, text)


Lines = Iterator[tuple[int, str]]


def _blank(match: re.Match[str]) -> str:
    """Return nothing but the line ends of a match, so that later lines keep their numbers."""
    return " " + "\n" * match[0].count("\n")


def _list_blocks(text: str, pattern: str = r"\n\s*\n") -> Lines:
    """Yield blocks of a text, and the number of the line where each begins."""
    begin = 0
    for end in [*re.finditer(pattern, text), None]:
        block = text[begin : end.start() if end else len(text)]
        if block.strip():
            above = len(block) - len(block.lstrip())
            yield 1 + text.count("\n", 0, begin + above), block.strip()
        begin = end.end() if end else begin


def read_markdown(source: str) -> Lines:
    """Yield paragraphs, list items, headings and table cells."""
    text = BLANK_IN_MARKDOWN.sub(_blank, source)
    return _list_blocks(
        text, r"\n\s*\n|\n(?=\s*(?:[-*] |\d+\. |\||#|\w+: ))|(?<=.)\|(?=.)|\n(?=---)"
    )


def read_template(source: str) -> Lines:
    """Yield the text between tags, and the texts within expressions."""
    for code in JINJA.finditer(source):
        if not code[0].startswith("{#"):
            yield from _read_expression(source, code)
    prose = TAG.sub(_mark_break, JINJA.sub(_blank_expression, source))
    yield from _list_blocks(prose, r"\n\s*\n|\x00")


def _blank_expression(code: re.Match[str]) -> str:
    return ("X" if code[0].startswith("{{") else "") + "\n" * code[0].count("\n")


def _mark_break(tag: re.Match[str]) -> str:
    return "\x00" + "\n" * tag[0].count("\n")


def _read_expression(source: str, code: re.Match[str]) -> Lines:
    for quoted in QUOTED.finditer(code[0]):
        text = quoted[1] or quoted[2] or quoted[3] or ""
        is_translated = TRANSLATED.search(code[0], 0, quoted.start()) and text[:1].isupper()
        if PROSE.search(text) or is_translated:
            yield 1 + source.count("\n", 0, code.start() + quoted.start()), text


def read_script(source: str) -> Lines:
    """Yield the prose among the strings of a script."""
    code = SCRIPT_COMMENT.sub(_blank, source)
    for quoted in QUOTED.finditer(code):
        text = quoted[1] or quoted[2] or quoted[3] or ""
        if PROSE.search(text):
            yield 1 + code.count("\n", 0, quoted.start()), text


def read_json(source: str) -> Lines:
    """Yield the prose among the values of a JSON file."""
    for number, line in enumerate(source.splitlines(), 1):
        value = line.partition(": ")[2].rstrip(",")
        if value.startswith('"') and PROSE.search(value):
            yield number, json.loads(value)


def read_python(source: str) -> Lines:
    """Yield messages and other prose; no documentation, queries or names of log events."""
    tree = ast.parse(source)
    skipped = set(chain.from_iterable(map(_list_unread, ast.walk(tree))))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _called_name(node) in GETTEXT:
            skipped.update(map(id, node.args))
            yield from ((one.lineno, _as_text(one)) for one in node.args if _as_text(one))
        elif isinstance(node, ast.FunctionDef | ast.Module) and _is_command(node):
            yield (
                node.lineno if isinstance(node, ast.FunctionDef) else 1,
                ast.get_docstring(node) or "",
            )
    for node in ast.walk(tree):
        text = "" if id(node) in skipped else _as_text(node)
        if PROSE.search(text) and not STATEMENT.match(text):
            yield node.lineno, text  # type: ignore[attr-defined]


def _list_unread(node: ast.AST) -> Iterator[int]:
    """Yield the identities of constants that nobody reads as a message."""
    if isinstance(node, ast.Expr):
        yield id(node.value)
    elif isinstance(node, ast.JoinedStr):
        yield from map(id, node.values)
    elif isinstance(node, ast.Call) and _receiver_name(node) in UNREAD:
        yield from map(id, node.args)


def _called_name(call: ast.Call) -> str:
    return getattr(call.func, "id", "") or getattr(call.func, "attr", "")


def _receiver_name(call: ast.Call) -> str:
    return getattr(getattr(call.func, "value", None), "id", "")


def _is_command(node: ast.AST) -> bool:
    """Tell whether a docstring is the help of a command."""
    decorators = getattr(node, "decorator_list", [])
    return any(isinstance(one, ast.Call) and _called_name(one) == "command" for one in decorators)


def _as_text(node: ast.AST) -> str:
    """Return the text of a constant or of an f-string, whose values become X."""
    if isinstance(node, ast.JoinedStr):
        return "".join(
            _as_text(one) if isinstance(one, ast.Constant) else "X" for one in node.values
        )
    value: Any = getattr(node, "value", None) if isinstance(node, ast.Constant) else None
    return value if isinstance(value, str) else ""


SOURCES = {
    "README.md": read_markdown,
    "docs/*.md": read_markdown,
    "docs/organisers/*.md": read_markdown,
    "content/**/*.md": read_markdown,
    "content/*.json": read_json,
    "templates/**/*.html": read_template,
    "templates/**/*.txt": read_template,
    "app/**/*.py": read_python,
    "assets/js/**/*.js": read_script,
}
