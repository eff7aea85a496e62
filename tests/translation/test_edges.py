"""Where an error reaches a person, it is translated."""

import ast
from collections.abc import Iterator

from tests.translation.sources import error_classes, modules

EDGES = ("cli", "commands", "tui")
TRANSLATED_BY = {"of", "in_language", "in_locale", "_tell"}
KEPT_IN_ENGLISH = {
    "tui/app.py: self.fatal = error": "translated by commands/chat_app.py, when the terminal is as it was",
    "tui/engine_actions.py: self.engine_failed(str(error))": "translated where it is shown: the language can change",
    "tui/turns.py: self._fail(turn, error)": "translated there",
    "tui/compare_actions.py: await column.finish(replace(column.answer, status='failed', failure=str(error)))": (
        "translated by tui/messages.py: the language can change"
    ),
    "commands/app_core.py: return str(error)": "the problem of a model, translated by tui/engine_actions.py",
    "commands/app_core.py: return AdapterEntry(adapter.name, '', problem=str(error))": (
        "the problem of an adapter, translated by tui/engine_actions.py"
    ),
    "commands/adapters.py: return {**about, 'manifest': None, 'problem': str(error)}": "JSON",
    "commands/adapters.py: return f'no: {error}'": "JSON too; translated where it is printed",
    "commands/adapters_import.py: return f'it does not go with the model in use now: {error}'": (
        "translated where it is printed"
    ),
    "commands/checks_content.py: yield ('note', str(error), f'take it out of {settings.models_folder} or download it again')": (
        "translated by commands/doctor.py"
    ),
    "commands/checks_content.py: yield ('note', str(error), 'it is left alone; lorag adapters lists what it was made for')": (
        "translated by commands/doctor.py"
    ),
    "commands/findings.py: yield Check(name, 'broken', str(error))": "translated by commands/doctor.py",
    "commands/data.py: reason = \"it needs: pip install 'lorag[train]'\" if isinstance(error, ImportError) else str(error)": (
        "translated in the next line"
    ),
}
"""Statements that hand a caught error on, with the reason that they need not translate it."""


def test_a_caught_error_is_translated_before_it_is_shown():
    everything = modules()
    errors = error_classes(everything)

    handed_on = {
        f"{module.shown}: {ast.unparse(statement)}"
        for module in everything.values()
        if module.shown.startswith(EDGES)
        for handler in ast.walk(module.tree)
        if isinstance(handler, ast.ExceptHandler) and handler.name and _names(handler.type) & errors
        for statement in _untranslated(handler)
    }

    assert handed_on == KEPT_IN_ENGLISH.keys()


def _names(expression: ast.AST | None) -> set[str]:
    return {node.id for node in ast.walk(expression) if isinstance(node, ast.Name)} if expression else set()


def _untranslated(handler: ast.ExceptHandler) -> Iterator[ast.stmt]:
    """Yield the statements that use a caught error otherwise than to translate it or to raise another."""
    for node in (node for statement in handler.body for node in ast.walk(statement)):
        if not isinstance(node, ast.stmt) or hasattr(node, "body") or isinstance(node, ast.Raise):
            continue
        if handler.name in _names(_Remover().visit(ast.parse(ast.unparse(node)))):
            yield node


class _Remover(ast.NodeTransformer):
    """Takes out what translates an error, and what is not its message."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        called = node.func.attr if isinstance(node.func, ast.Attribute) else ast.unparse(node.func)
        return ast.Constant("") if called in TRANSLATED_BY else self.generic_visit(node)

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        return self.generic_visit(node) if node.attr == "strerror" else ast.Constant("")
