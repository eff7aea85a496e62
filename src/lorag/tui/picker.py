"""A list to choose from by typing: commands, adapters, models, chats, themes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from lorag.tui.dialogs import Dialog
from lorag.tui.visible import one_line


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to choose."""

    id: str
    label: str
    detail: str = ""
    """A second line."""
    enabled: bool = True
    current: bool = False
    keys: str = ""
    """The keys that do the same."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A list and what can be done with its items."""

    title: str
    find: Callable[[str], Sequence[Item]]
    """Items for what is typed."""
    hint: str = ""
    verbs: Mapping[str, Callable[[str], None]] = field(default_factory=dict)
    """Keys that do something with the highlighted item and keep the list open."""
    empty: str = ""

    @classmethod
    def of(cls, title: str, items: Sequence[Item], hint: str = "") -> "Choice":
        """Return a choice between fixed items."""
        return cls(title, filtered(items), hint)


def filtered(items: Sequence[Item]) -> Callable[[str], Sequence[Item]]:
    """Return a search over fixed items: every word typed must stand in the label or the detail."""

    def find(query: str) -> Sequence[Item]:
        words = query.lower().split()
        fitting = [item for item in items if all(word in f"{item.label} {item.detail}".lower() for word in words)]
        first = words[0] if words else ""
        return sorted(fitting, key=lambda item: not item.label.lower().lstrip("/").startswith(first.lstrip("/")))

    return find


class Picker(Dialog[str | None]):
    """Returns the id of what was chosen, None when nothing was."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", show=False),
        Binding("down", "move(1)", show=False, priority=True),
        Binding("up", "move(-1)", show=False, priority=True),
        Binding("pagedown", "move(8)", show=False, priority=True),
        Binding("pageup", "move(-8)", show=False, priority=True),
    ]

    def __init__(self, choice: Choice, query: str = "") -> None:
        super().__init__()
        self._choice = choice
        self._query = query
        self._items: Sequence[Item] = ()
        for key in choice.verbs:
            self._bindings.bind(key, f"verb('{key}')", show=False, priority=True)

    def compose(self) -> ComposeResult:
        """Show an input over the list."""
        with Vertical(classes="dialog picker"):
            yield Static(self._choice.title, classes="dialog-title", markup=False)
            yield Input(self._query, compact=True)
            yield OptionList(markup=False, compact=True)
            yield Static(self._choice.empty, classes="picker-empty", markup=False)
            if self._choice.hint:
                yield Static(self._choice.hint, classes="dialog-hint", markup=False)

    def on_mount(self) -> None:
        """Begin with everything, on what is chosen now."""
        self._list(self._query)
        current = next((at for at, item in enumerate(self._items) if item.current), 0)
        self.query_one(OptionList).highlighted = current if self._items else None

    def on_input_changed(self, event: Input.Changed) -> None:
        """Narrow the list."""
        self._list(event.value)

    def on_input_submitted(self) -> None:
        """Choose the highlighted item."""
        item = self._highlighted()
        if item is not None and item.enabled:
            self.close_with(item.id)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Choose the item that was clicked."""
        self.close_with(self._items[event.option_index].id)

    def action_cancel(self) -> None:
        """Choose nothing."""
        self.close_with(None)

    def action_move(self, step: int) -> None:
        """Highlight another item."""
        options = self.query_one(OptionList)
        if self._items:
            at = (options.highlighted or 0) + step
            options.highlighted = at % len(self._items) if abs(step) == 1 else max(0, min(at, len(self._items) - 1))

    def action_verb(self, key: str) -> None:
        """Do something with the highlighted item."""
        item = self._highlighted()
        if item is None:
            return
        at = self.query_one(OptionList).highlighted
        self._choice.verbs[key](item.id)
        self._list(self.query_one(Input).value)
        if self._items:
            self.query_one(OptionList).highlighted = min(at or 0, len(self._items) - 1)

    def _highlighted(self) -> Item | None:
        at = self.query_one(OptionList).highlighted
        return self._items[at] if at is not None and at < len(self._items) else None

    def _list(self, query: str) -> None:
        self._items = self._choice.find(query)
        options = self.query_one(OptionList)
        options.set_options(Option(_shown(item), disabled=not item.enabled) for item in self._items)
        self.query_one(".picker-empty").display = not self._items and bool(self._choice.empty)
        if self._items:
            options.highlighted = 0


def _shown(item: Item) -> Content:
    label = Content(("● " if item.current else "  ") + one_line(item.label))
    if item.keys:
        label = Content.assemble(label, "  ", (item.keys, "$text-accent"))
    if not item.detail:
        return label
    return Content("\n").join([label, Content("    " + one_line(item.detail)).stylize("$text-muted")])
