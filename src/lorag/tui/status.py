"""The lines above and below the chat: title, what is loaded and what it costs, the keys."""

from collections.abc import Iterable, Sequence

from rich.cells import cell_len
from textual.content import Content
from textual.style import Style
from textual.widgets import Static

from lorag.tui.commands import BY_NAME, FOOTER, Situation, key_label
from lorag.tui.texts import Translated, texts_of
from lorag.tui.visible import one_line


class TitleBar(Static):
    """The name of the program and of the chat."""

    def __init__(self) -> None:
        super().__init__("lorag", id="title", markup=False)

    def show(self, title: str) -> None:
        """Name the chat."""
        self.update(f"lorag  ·  {one_line(title)}" if title else "lorag")


class StatusLine(Static):
    """Facts in the order of their importance; the last ones go when the line is too short."""

    def __init__(self) -> None:
        super().__init__("", id="status", markup=False)
        self._parts: Sequence[str] = ()

    def show(self, parts: Iterable[str]) -> None:
        """Show other facts."""
        self._parts = [one_line(part) for part in parts if part]
        self._draw()

    def on_resize(self) -> None:
        """Show as much as fits."""
        self._draw()

    def _draw(self) -> None:
        self.update(fit_parts(self._parts, self.content_size.width or 80))


class KeyLine(Static, Translated):
    """The keys that do something now; each can be clicked."""

    def __init__(self) -> None:
        super().__init__("", id="keys", markup=False)
        self._situation = Situation()

    def show(self, situation: Situation) -> None:
        """Show the keys that make sense now."""
        if situation != self._situation:
            self._situation = situation
            self.retranslate()

    def on_mount(self) -> None:
        """Fill in what depends on the language."""
        self.retranslate()

    def on_resize(self) -> None:
        """Show as many as fit."""
        self.retranslate()

    def retranslate(self) -> None:
        """Draw the keys anew."""
        texts, room = texts_of(self), self.content_size.width or 80
        parts: list[Content] = []
        for command in (BY_NAME[name] for name in FOOTER):
            if not command.when(self._situation):
                continue
            key, name = key_label(command.keys[0]), texts(f"key.{command.name}")
            room -= cell_len(f"{key} {name}  ")
            if room < 0:
                break
            click = Style.from_meta({"@click": f"app.command('{command.name}')"})
            parts.append(Content.assemble((key, "bold $accent"), " ", name, "  ").stylize(click))
        self.update(Content("").join(parts))


def fit_parts(parts: Sequence[str], room: int) -> str:
    """Join as many parts as there is room for."""
    line = ""
    for part in parts:
        longer = f"{line}  ·  {part}" if line else part
        if line and cell_len(longer) > room:
            break
        line = longer
    return line
