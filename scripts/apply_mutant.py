"""Put a small fault into the code that this process has loaded (mutation testing)."""

import ast
import gc
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from functools import _lru_cache_wrapper
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Final

from scripts.mutants import Mutant

ROOT: Final = Path(__file__).parent.parent


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
    """Work a value of a module out anew, and whatever any module makes of it."""
    module = sys.modules[path.removesuffix(".py").replace("/", ".")]
    changed = [(module, _work_out(module, tree, set(), line))]
    while changed:
        origin, names = changed.pop()
        for user in _list_users(origin):
            known = _names_known_to(user, origin, names)
            source = Path(str(user.__file__)).read_text(encoding="utf-8") if known else ""
            made = _work_out(user, ast.parse(source), known)
            changed += [(user, made)] if made else []


def _work_out(module: ModuleType, tree: ast.Module, changed: set[str], line: int = 0) -> set[str]:
    """Execute the assignment in a line, and those that use what has changed; tell what is new."""
    made: set[str] = set()
    for node in tree.body:
        if not isinstance(node, ast.Assign | ast.AnnAssign) or node.value is None:
            continue
        parts = (one for one in ast.walk(node) if isinstance(one, ast.Name | ast.Attribute))
        if node.lineno == line or {ast.unparse(one) for one in parts} & (changed | made):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            new = {one.id for one in targets if isinstance(one, ast.Name)}
            before = {name: vars(module)[name] for name in new}
            code = compile(ast.Module([node], []), str(module.__file__), "exec")
            FunctionType(code, vars(module))()
            _give(module, before)
            made |= new
    return made


def _list_users(origin: ModuleType) -> Iterator[ModuleType]:
    """List the modules of the site that might use a value of another one."""
    for other in list(sys.modules.values()):
        file = getattr(other, "__file__", None) or ""
        if other is not origin and file.startswith(f"{ROOT / 'app'}{os.sep}"):
            yield other


def _names_known_to(user: ModuleType, origin: ModuleType, names: set[str]) -> set[str]:
    """Tell by which names a module knows values of another: ``NAME`` or ``module.NAME``."""
    imported = {name for name in names if vars(user).get(name) is vars(origin)[name]}
    modules = [name for name, value in vars(user).items() if value is origin]
    return imported | {f"{module}.{name}" for module in modules for name in names}


def _give(module: ModuleType, before: dict[str, object]) -> None:
    for name, value in before.items():
        for other in list(sys.modules.values()):
            if getattr(other, "__dict__", {}).get(name) is value:
                vars(other)[name] = vars(module)[name]
