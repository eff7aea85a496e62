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
from lorag.tui.texts import texts_of
from lorag.tui.visible import one_line

_NUMBERED = 9


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
    """The keys, where they are not only those of every list."""
    verbs: Mapping[str, Callable[[str], None]] = field(default_factory=dict)
    """Keys that do something with the highlighted item and keep the list open."""
    empty: str = ""
    numbered: bool = False
    """Whether a digit chooses an item while nothing is typed."""

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


class FilterInput(Input):
    """Where the filter is typed; digits are left to the list while there is none."""

    def __init__(self, query: str, *, numbered: bool) -> None:
        super().__init__(query, compact=True)
        self._numbered = numbered

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Say whether a key is text here, and not a command."""
        chooses = self._numbered and not self.value and key.isdecimal()
        return not chooses and super().check_consume_key(key, character)


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
        if choice.numbered:
            for digit in range(1, _NUMBERED + 1):
                self._bindings.bind(str(digit), f"number({digit})", show=False, priority=True)
        for key in choice.verbs:
            self._bindings.bind(key, f"verb('{key}')", show=False, priority=True)

    def compose(self) -> ComposeResult:
        """Show an input over the list."""
        with Vertical(classes="dialog picker"):
            # What stands above and below the list is docked, so that the list has the rows that are left.
            with Vertical(classes="dialog-head"):
                yield Static(self._choice.title, classes="dialog-title", markup=False)
                yield FilterInput(self._query, numbered=self._choice.numbered)
            yield OptionList(markup=False, compact=True)
            yield Static(self._choice.empty, classes="picker-empty", markup=False)
            yield Static(self._choice.hint or texts_of(self)("picker.hint"), classes="dialog-hint", markup=False)

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

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Let digits choose only while nothing is typed; afterwards they are typed, too."""
        return action != "number" or not self.query_one(Input).value

    def action_number(self, number: int) -> None:
        """Choose an item by its number."""
        if number <= len(self._items) and self._items[number - 1].enabled:
            self.close_with(self._items[number - 1].id)

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
        numbers = self._choice.numbered and not query
        options.set_options(
            Option(_shown(item, number if numbers and number <= _NUMBERED else None), disabled=not item.enabled)
            for number, item in enumerate(self._items, 1)
        )
        self.query_one(".picker-empty").display = not self._items and bool(self._choice.empty)
        if self._items:
            options.highlighted = 0


def _shown(item: Item, number: int | None) -> Content:
    mark = ("● " if item.current else "  ") + (f"{number}  " if number is not None else "")
    label = Content(mark + one_line(item.label))
    if item.keys:
        label = Content.assemble(label, "  ", (item.keys, "$text-accent"))
    if not item.detail:
        return label
    return Content("\n").join([label, Content("    " + one_line(item.detail)).stylize("$text-muted")])
