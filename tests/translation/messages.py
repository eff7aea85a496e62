"""Every message that an error of lorag is made with, as a template with numbered holes, found in the source.

A hole whose value is itself made of words in the source (a hint, a reason) gives further messages, because those words
are translated on their own.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product

from tests.translation.sources import Function, Module, assigned, calls, error_classes, returned

HOLE = "\0"
"""Stands in a text for a value."""
WORDS = "\1"
"""Stands in a text for a value that is made of words."""
CARRIERS = {"problem", "reason", "note", "hint"}
"""Arguments and attributes by these names carry the words of an error."""
_SAYING = {"in_locale", "in_language", "notes.append", "reasons.append", "self._failure", "self._refuse"}
"""What is called with the words themselves."""


@dataclass(frozen=True)
class Message:
    """A template and where it is made."""

    template: str
    place: str
    words: frozenset[int]
    """The numbers of the holes that hold words."""


@dataclass(frozen=True)
class Scope:
    """Where an expression stands."""

    module: Module
    function: Function | None


@dataclass
class Collector:
    """Follows expressions to the texts they can have."""

    everything: dict[str, Module]
    found: list[Message] = field(default_factory=list)
    unknown: set[str] = field(default_factory=set)
    """Whole messages that the source does not show, with the file they are in."""
    _under_way: list[ast.AST] = field(default_factory=list)

    def collect(self) -> list[Message]:
        """Return every message, each as often as it is made."""
        errors = error_classes(self.everything)
        for module in self.everything.values():
            for function, call in calls(module):
                scope = Scope(module, function)
                repeated = {*errors, "ValueError"} if module.repeats_value_errors else errors
                if isinstance(call.func, ast.Name) and call.func.id in repeated:
                    for given in call.args[:1]:
                        self._message(given, scope)
                for given in _carried(call):
                    self._words_of(given, scope)
            for function, finding in module.findings():
                for given in finding.elts[1:]:
                    self._words_of(given, Scope(module, function))
        return self.found

    def _message(self, expression: ast.expr, scope: Scope) -> None:
        for text in self._texts(expression, scope):
            if text in (HOLE, WORDS):
                self.unknown.add(f"{scope.module.shown}: {ast.unparse(expression)}")
            else:
                self._add(text, scope, expression)

    def _words_of(self, expression: ast.expr, scope: Scope) -> bool:
        """Add the words that a value can be made of and return whether there are any."""
        worded = [text for text in self._texts(expression, scope) if _are_words(text)]
        for text in worded:
            self._add(text, scope, expression)
        return bool(worded)

    def _add(self, text: str, scope: Scope, expression: ast.expr) -> None:
        parts = re.split(f"([{HOLE}{WORDS}])", text)
        template, words = parts[0], set()
        for number, (mark, following) in enumerate(zip(parts[1::2], parts[2::2], strict=True)):
            template += f"{{{number}}}{following}"
            if mark == WORDS:
                words.add(number)
        self.found.append(Message(template, f"{scope.module.shown}:{expression.lineno}", frozenset(words)))

    # --- what an expression can say ----------------------------------------------------------------------------------

    def _texts(self, expression: ast.expr, scope: Scope) -> list[str]:
        """Return the texts that an expression can have, with marks for what is not written in the source."""
        if isinstance(expression, ast.Constant):
            # What is None is not said at all.
            return [expression.value] if isinstance(expression.value, str) else [HOLE] * (expression.value is not None)
        if any(expression is node for node in self._under_way):
            return []
        self._under_way.append(expression)
        try:
            reader = getattr(self, f"_of_{type(expression).__name__.lower()}", None)
            return list(dict.fromkeys(reader(expression, scope))) if reader else [HOLE]
        finally:
            self._under_way.pop()

    def _of_joinedstr(self, expression: ast.JoinedStr, scope: Scope) -> list[str]:
        texts, parts = [""], expression.values
        for at, part in enumerate(parts):
            beside = parts[max(at - 1, 0) : at] + parts[at + 1 : at + 2]
            touches = any(isinstance(other, ast.FormattedValue) for other in beside)
            texts = [before + after for before in texts for after in self._of_part(part, scope, touches=touches)]
        return texts

    def _of_part(self, part: ast.expr, scope: Scope, *, touches: bool) -> list[str]:
        """Return a part of an f-string; words that touch another value cannot be told from it and are written out."""
        if not isinstance(part, ast.FormattedValue):
            return self._texts(part, scope)
        if part.conversion == ord("r"):
            return [HOLE]
        texts = self._texts(part.value, scope) or [HOLE]
        if touches and not {HOLE, WORDS} & set(texts):
            return texts
        worded = self._words_of(part.value, scope)
        return [WORDS if worded or WORDS in texts else HOLE]

    def _of_ifexp(self, expression: ast.IfExp, scope: Scope) -> list[str]:
        return self._texts(expression.body, scope) + self._texts(expression.orelse, scope)

    def _of_boolop(self, expression: ast.BoolOp, scope: Scope) -> list[str]:
        return [text for value in expression.values for text in self._texts(value, scope)]

    def _of_binop(self, expression: ast.BinOp, scope: Scope) -> list[str]:
        if not isinstance(expression.op, ast.Add):
            return [HOLE]
        pairs = product(self._texts(expression.left, scope), self._texts(expression.right, scope))
        # After a colon there is always something.
        return [first + second for first, second in pairs if second or not first.endswith(": ")]

    def _of_namedexpr(self, expression: ast.NamedExpr, scope: Scope) -> list[str]:
        return self._texts(expression.value, scope)

    def _of_dict(self, expression: ast.Dict, scope: Scope) -> list[str]:
        # A table of reasons has them as its values, a table of conditions as its keys.
        values = [text for value in expression.values for text in self._texts(value, scope)]
        keys = [text for key in expression.keys if key is not None for text in self._texts(key, scope)]
        return values + [text for text in keys if " " in text]

    def _of_list(self, expression: ast.List, scope: Scope) -> list[str]:
        return [text for value in expression.elts for text in self._texts(value, scope)]

    def _of_starred(self, expression: ast.Starred, scope: Scope) -> list[str]:
        return self._texts(expression.value, scope)

    def _of_generatorexp(self, expression: ast.GeneratorExp, scope: Scope) -> list[str]:
        return self._texts(expression.elt, scope)

    def _of_subscript(self, expression: ast.Subscript, scope: Scope) -> list[str]:
        return self._texts(expression.value, scope)

    def _of_attribute(self, expression: ast.Attribute, scope: Scope) -> list[str]:
        return [WORDS if expression.attr in CARRIERS | {"strerror"} else HOLE]

    def _of_name(self, expression: ast.Name, scope: Scope) -> list[str]:
        if scope.function is not None:
            if expression.id in _caught(scope.function):
                return [WORDS]
            values = [value for name, value in _given(scope.function) if name == expression.id]
            if values:
                return [text for value in values for text in self._texts(value, scope)]
        home, name = self._home(expression.id, scope.module)
        constants = home.constants.get(name, [])
        return [text for value in constants for text in self._texts(value, Scope(home, None))] or [HOLE]

    def _of_call(self, expression: ast.Call, scope: Scope) -> list[str]:
        """Return what a function of ours gives back; of any other, the words it is given may come back."""
        if isinstance(expression.func, ast.Attribute) and expression.func.attr == "join":
            parts = [text for given in expression.args for text in self._texts(given, scope)]
            return [WORDS if any(" " in text for text in parts) else HOLE]
        texts: list[str] = []
        for home, function in self._functions(expression.func, scope.module):
            texts += [text for value in returned(function) for text in self._texts(value, Scope(home, function))]
        if texts and HOLE not in texts:
            return texts
        if isinstance(expression.func, ast.Attribute):
            texts += [text for text in self._texts(expression.func.value, scope) if len(text) > 1 or text == WORDS]
        for given in expression.args:
            texts += [text for text in self._texts(given, scope) if " " in text.strip() or text == WORDS]
        return texts or [HOLE]

    def _functions(self, called: ast.expr, module: Module) -> Iterator[tuple[Module, Function]]:
        if isinstance(called, ast.Name):
            home, name = self._home(called.id, module)
            yield from ((home, function) for function in home.functions.get(name, ()))
        elif isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name) and called.value.id == "self":
            yield from ((module, function) for function in module.functions.get(called.attr, ()))

    def _home(self, name: str, module: Module) -> tuple[Module, str]:
        """Return the module that a name is made in, and its name there."""
        place, original = module.imported.get(name, ("", name))
        return self.everything.get(place, module), original


def _are_words(text: str) -> bool:
    """Tell words, which are translated, from names, numbers, settings and commands, which are not."""
    if re.fullmatch(r"lorag [a-z]+( --[a-z-]+)*|pip install .*|SELECT .*", text) or "=NAME" in text.partition(" ")[0]:
        return False
    own = re.sub(f"[{HOLE}{WORDS}]", "", text)
    return re.search("[a-z]{2}", own) is not None and (
        " " in text.strip() or re.fullmatch("[A-Za-z-]+", text) is not None
    )


def _carried(call: ast.Call) -> list[ast.expr]:
    """Return the arguments of a call that an error, a finding or a note will say."""
    given = [keyword.value for keyword in call.keywords if keyword.arg in CARRIERS]
    if isinstance(call.func, ast.Name) and call.func.id == "Finding":
        return given + call.args[1:3]
    return given + call.args[:1] if ast.unparse(call.func) in _SAYING else given


def _caught(function: Function) -> set[str]:
    return {node.name for node in ast.walk(function) if isinstance(node, ast.ExceptHandler) and node.name}


def _given(function: Function) -> Iterator[tuple[str, ast.expr]]:
    """Yield what the names of a function stand for; what is added to a list is what the list says."""
    for node in ast.walk(function):
        yield from assigned(node)
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(".append"):
            yield ast.unparse(node.func).removesuffix(".append"), node.args[0]
        if isinstance(node, ast.For) and isinstance(node.target, ast.Name | ast.Tuple):
            yield from _looped(node)


def _looped(loop: ast.For) -> Iterator[tuple[str, ast.expr]]:
    """Yield what the variables of a loop take from a table or a tuple."""
    names = [name.id for name in ast.walk(loop.target) if isinstance(name, ast.Name)]
    table = (
        loop.iter.func.value if isinstance(loop.iter, ast.Call) and isinstance(loop.iter.func, ast.Attribute) else None
    )
    if table is not None and len(names) == 2:
        yield from ((name, table) for name in names if name in CARRIERS)
    elif isinstance(loop.iter, ast.Call) and names[:1] == ["problem"]:
        yield "problem", loop.iter
    elif isinstance(loop.iter, ast.Tuple) and len(names) == 2:
        yield from ((names[1], row.elts[1]) for row in loop.iter.elts if isinstance(row, ast.Tuple))
