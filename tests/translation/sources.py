"""The modules of lorag as syntax trees, with what is needed to follow a name to where it is made."""

import ast
import builtins
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import lorag

ROOT = Path(lorag.__file__).parent

_BUILT_IN = {name for name, found in vars(builtins).items() if isinstance(found, type) and issubclass(found, Exception)}
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass
class Module:
    path: Path
    tree: ast.Module
    functions: dict[str, list[Function]] = field(default_factory=dict)
    constants: dict[str, list[ast.expr]] = field(default_factory=dict)
    imported: dict[str, tuple[str, str]] = field(default_factory=dict)
    classes: dict[str, ast.ClassDef] = field(default_factory=dict)

    @property
    def shown(self) -> str:
        return self.path.relative_to(ROOT).as_posix()

    @property
    def repeats_value_errors(self) -> bool:
        """Whether an error of this module says what a ``ValueError`` of this module said."""
        handlers = (
            node for node in ast.walk(self.tree) if isinstance(node, ast.ExceptHandler) and node.name and node.type
        )
        return any(
            "ValueError" in ast.unparse(handler.type or handler) and isinstance(statement, ast.Raise)
            for handler in handlers
            for statement in handler.body
        )

    def findings(self) -> Iterator[tuple[Function, ast.Tuple]]:
        """Yield what the checks of ``lorag doctor`` find: status, what was found, what to do."""
        for functions in self.functions.values():
            for function in functions:
                if function.returns is not None and ast.unparse(function.returns) == "Found":
                    values = (node.value for node in ast.walk(function) if isinstance(node, ast.Yield))
                    yield from ((function, value) for value in values if isinstance(value, ast.Tuple))


def modules(folder: Path = ROOT) -> dict[str, Module]:
    """Return every module by its dotted name."""
    found = {}
    for path in sorted(folder.rglob("*.py")):
        parts = path.relative_to(folder).with_suffix("").parts
        name = ".".join(("lorag", *parts)).removesuffix(".__init__")
        found[name] = _read(path)
    return found


def _read(path: Path) -> Module:
    module = Module(path, ast.parse(path.read_text("utf-8")))
    for node in ast.walk(module.tree):
        if isinstance(node, Function):
            module.functions.setdefault(node.name, []).append(node)
        elif isinstance(node, ast.ClassDef):
            module.classes[node.name] = node
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                module.imported[alias.asname or alias.name] = (node.module, alias.name)
    for node in module.tree.body:
        for name, value in assigned(node):
            module.constants.setdefault(name, []).append(value)
    return module


def assigned(node: ast.AST) -> list[tuple[str, ast.expr]]:
    """Return the names that a statement or an expression gives a value, with the values."""
    if isinstance(node, ast.Assign):
        return [pair for target in node.targets for pair in _unpacked(target, node.value)]
    if isinstance(node, ast.AnnAssign | ast.AugAssign | ast.NamedExpr) and isinstance(node.target, ast.Name):
        return [(node.target.id, node.value)] if node.value else []
    return []


def _unpacked(target: ast.expr, value: ast.expr) -> list[tuple[str, ast.expr]]:
    if isinstance(target, ast.Name):
        return [(target.id, value)]
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        return [pair for one, given in zip(target.elts, value.elts, strict=True) for pair in _unpacked(one, given)]
    return []


def error_classes(everything: dict[str, Module]) -> set[str]:
    """Return the names of all exceptions made in lorag: a private one says what a ``LoragError`` then repeats."""
    bases = {
        name: {base.id for base in found.bases if isinstance(base, ast.Name)}
        for module in everything.values()
        for name, found in module.classes.items()
    }
    known = {"LoragError"}
    while more := {name for name, made_from in bases.items() if made_from & {*known, *_BUILT_IN}} - known:
        known |= more
    return known


def calls(module: Module) -> Iterator[tuple[Function | None, ast.Call]]:
    """Yield every call with the innermost function it stands in."""
    waiting: list[tuple[Function | None, ast.AST]] = [(None, module.tree)]
    while waiting:
        function, node = waiting.pop()
        if isinstance(node, ast.Call):
            yield function, node
        inner = node if isinstance(node, Function) else function
        waiting += [(inner, child) for child in ast.iter_child_nodes(node)]


def returned(function: Function) -> list[ast.expr]:
    """Return what a function gives back or yields."""
    kinds = (ast.Return, ast.Yield)
    return [node.value for node in ast.walk(function) if isinstance(node, kinds) and node.value is not None]
