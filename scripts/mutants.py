"""Small faults put into code, one at a time: each should make a test fail (mutation testing)."""

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast

Place = tuple[str, int | None]  # of a part within its parent: the field, and which of several
Definition = ast.FunctionDef | ast.AsyncFunctionDef

SWAPS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Div,
    ast.Mod: ast.Mult,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}
DROPPED = (ast.Raise, ast.AugAssign, ast.Continue, ast.Break)
MADE_ONCE = (
    "decorator_list",
    "defaults",
    "kw_defaults",
)  # with the function, not when it is called
TYPES = ("annotation", "returns", "type_params")  # what only the type checker reads


@dataclass(frozen=True)
class Mutant:
    """One small fault: where it is, what stood there, and what stands there instead."""

    path: str
    function: str  # "" where it stands outside of any
    line: int
    original: str
    mutated: str
    tree: ast.Module
    is_in_a_class: bool
    span: tuple[int, int]  # the lines of the function, or of the statement outside of any
    statement: tuple[int, int]  # the lines of the smallest statement around it

    @property
    def key(self) -> tuple[str, str, str, str]:
        """Tell it from all others, wherever its line moves to."""
        return self.path, self.function, self.original, self.mutated


def generate(root: Path, path: str) -> Iterator[Mutant]:
    """Give every mutant of a module; the same in the same order each time."""
    tree = ast.parse((root / path).read_text(encoding="utf-8"))
    known: set[tuple[str, str, str, str]] = set()
    for trail in _trails(tree, ()):
        for mutated in _mutations(_at(tree, trail)):
            mutant = _mutant(path, tree, trail, mutated)
            if not _counts(mutant, mutated):
                continue
            if mutant.original != mutant.mutated and mutant.key not in known:
                known.add(mutant.key)
                yield mutant


def _counts(mutant: Mutant, mutated: ast.AST) -> bool:
    """Whether it matters.

    Outside of functions a number is a choice, a class has columns, and what has run is done.
    """
    is_number = isinstance(mutated, ast.Constant) and not isinstance(mutated.value, bool)
    is_dropped = isinstance(mutated, ast.Pass)
    return bool(mutant.function) or not (mutant.is_in_a_class or is_number or is_dropped)


def _trails(node: ast.AST, trail: tuple[Place, ...]) -> Iterator[tuple[Place, ...]]:
    """Give the way to each part that may be mutated."""
    for field, value in ast.iter_fields(node):
        if field in TYPES or _is_only_described(node, field):
            continue
        several = isinstance(value, list)
        for number, part in enumerate(value if several else [value]):
            if isinstance(part, ast.AST) and not isinstance(part, ast.JoinedStr):
                way = (*trail, (field, number if several else None))
                yield way
                yield from _trails(part, way)


def _is_only_described(node: ast.AST, field: str) -> bool:
    """Whether a part runs when its class is made, or stands for the type checker alone."""
    is_import = isinstance(node, ast.Import | ast.ImportFrom)
    return is_import or field in MADE_ONCE or _is_for_types(node)


def _is_for_types(node: ast.AST) -> bool:
    if isinstance(node, ast.Assign):
        return ast.unparse(node.value).startswith("TypeVar(")
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)


def _mutations(node: ast.AST) -> Iterator[ast.AST]:
    """Give what may stand in the place of a part."""
    if type(node) in SWAPS:
        yield SWAPS[type(node)]()
    elif isinstance(node, ast.stmt):
        yield from _mutated_statements(node)
    elif isinstance(node, ast.expr | ast.comprehension):
        yield from _mutated_expressions(node)


def _mutated_statements(node: ast.stmt) -> Iterator[ast.AST]:
    if isinstance(node, ast.If | ast.While):
        if not (_is_for_types(node) or _is_turned_round_anyway(node.test)):
            yield _with(node, test=_negated(node.test))
    elif isinstance(node, ast.Return) and node.value and ast.unparse(node.value) != "None":
        yield _with(node, value=ast.Constant(None))
    elif _may_be_dropped(node):
        yield ast.Pass()


def _is_turned_round_anyway(test: ast.expr) -> bool:
    """Whether another mutation makes the opposite of a condition."""
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        return isinstance(test.ops[0], ast.Eq | ast.NotEq | ast.In | ast.NotIn | ast.Is | ast.IsNot)
    return isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not)


def _may_be_dropped(node: ast.stmt) -> bool:
    if isinstance(node, ast.Assign):
        return not any(isinstance(one, ast.Name) for one in node.targets)
    called = isinstance(node, ast.Expr) and isinstance(node.value, ast.Call | ast.Yield)
    return called or isinstance(node, DROPPED)


def _mutated_expressions(node: ast.expr | ast.comprehension) -> Iterator[ast.AST]:
    if isinstance(node, ast.Constant):
        yield from _mutated_constants(node)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield node.operand
    elif isinstance(node, ast.IfExp):
        yield _with(node, test=_negated(node.test))
    elif isinstance(node, ast.comprehension) and node.ifs:
        yield _with(node, ifs=[_negated(node.ifs[0]), *node.ifs[1:]])
    elif isinstance(node, ast.Call):
        yield from _mutated_calls(node)


def _mutated_constants(node: ast.Constant) -> Iterator[ast.AST]:
    if isinstance(node.value, bool):
        yield ast.Constant(not node.value)
    elif isinstance(node.value, int | float):
        yield from (ast.Constant(node.value + 1), ast.Constant(node.value - 1))


def _mutated_calls(node: ast.Call) -> Iterator[ast.AST]:
    """Leave out each argument that has a name, or a step of a chain such as a statement's."""
    for one in node.keywords:
        if one.arg:
            yield _with(node, keywords=[other for other in node.keywords if other is not one])
    if isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Call):
        yield node.func.value


def _with(node: ast.AST, **parts: object) -> ast.AST:
    changed = copy.copy(node)
    for name, part in parts.items():
        setattr(changed, name, part)
    return changed


def _negated(test: ast.expr) -> ast.expr:
    return ast.UnaryOp(ast.Not(), test)


def _at(tree: ast.AST, trail: tuple[Place, ...]) -> ast.AST:
    node = tree
    for field, number in trail:
        value = getattr(node, field)
        node = value if number is None else value[number]
    return node


def _mutant(path: str, tree: ast.Module, trail: tuple[Place, ...], mutated: ast.AST) -> Mutant:
    """Put the mutation in its place, and tell of it by the smallest statement around it."""
    nodes = [_at(tree, trail[:length]) for length in range(len(trail) + 1)]
    whole = _replaced(tree, trail, mutated)
    depth = max(place for place, node in enumerate(nodes) if isinstance(node, ast.stmt))
    statement = cast(ast.stmt, nodes[depth])
    named = [node for node in nodes if isinstance(node, Definition | ast.ClassDef)]
    functions = [node for node in named if isinstance(node, Definition)]
    function = functions[0] if functions else None
    name = ".".join(node.name for node in named) if function else ""
    around = function or next(node for node in nodes if isinstance(node, ast.stmt))
    return Mutant(
        path=path,
        function=name,
        line=getattr(nodes[-1], "lineno", statement.lineno),
        original=_first_line(statement),
        mutated=_first_line(_at(whole, trail[:depth])),
        tree=whole,
        is_in_a_class=any(isinstance(node, ast.ClassDef) for node in named),
        span=_lines(around),
        statement=_lines(statement),
    )


def _lines(node: ast.stmt) -> tuple[int, int]:
    """Return the first and the last line of a statement: it begins at its decorators, if any."""
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return (decorators[0] if decorators else node).lineno, node.end_lineno or node.lineno


def _replaced(tree: ast.Module, trail: tuple[Place, ...], mutated: ast.AST) -> ast.Module:
    whole = copy.deepcopy(tree)
    *before, (field, number) = trail
    parent = _at(whole, tuple(before))
    new = copy.deepcopy(mutated)
    if isinstance(new, ast.expr | ast.stmt):
        ast.copy_location(new, _at(whole, trail))
    if number is None:
        setattr(parent, field, new)
    else:
        getattr(parent, field)[number] = new
    return ast.fix_missing_locations(whole)


def _first_line(node: ast.AST) -> str:
    """Write a statement; of one that holds others, only what stands before them."""
    if hasattr(node, "body") and isinstance(node, ast.stmt):
        node = _with(node, body=[ast.Pass()])
        if hasattr(node, "orelse"):
            node = _with(node, orelse=[])
        return ast.unparse(node).replace(":\n    pass", ":")
    return ast.unparse(node)
