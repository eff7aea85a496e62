"""Write docs/keys.md from the table of commands: python scripts/keys_page.py."""

from pathlib import Path

from lorag.tui.commands import COMMANDS, key_label
from lorag.tui.texts_en import TEXTS

PAGE = Path(__file__).parents[1] / "docs" / "keys.md"
_INTRODUCTION = """\
# Keys and commands of the chat

Every command can be typed after a slash, chosen from the palette (Ctrl+P or Alt+P), or reached with its key. Where a
terminal keeps a key for itself, as VS Code's does with F1, F5, F6 and Ctrl+P, the second key works. On macOS, Alt is
Option, and Terminal has to be told to use it as Meta (Settings › Profiles › Keyboard). `/help` or F1 shows this list in
the chat, in English or Korean (`/lang`).
"""
_AFTER_GROUP = {
    "model": """\

The strength of an adapter (`/adapter refunds=0.8`, `--adapter refunds=0.8`) is a number from -2 to 2: 1 is what was
trained, 0 nothing, and below 0 the model is led away from the examples, which only a typed strength does; the list goes
from 0 to 2.
"""
}
_PROMPT = """\
## In the prompt

| key | what |
|---|---|
| Enter | sends |
| Ctrl+J, Alt+Enter, Shift+Enter, `\\` Enter | begin a new line; Shift+Enter where the terminal reports it |
| ↑ ↓ | earlier prompts, from the first and the last line; they are kept over restarts |
| Tab | completes commands, their arguments, and paths |
| `@path` | attaches a file to this question only, also when it is answered again or compared |
| PgUp PgDn | scroll the chat |
| Ctrl+C | copies what is selected, else stops the answer, else puts the draft into the history, else asks to quit |
| Ctrl+D | quits when the prompt is empty |
| Ctrl+Z | suspends; `fg` comes back |
| Tab, Shift+Tab | move to the sidebar and back when nothing can be completed |

A pasted text never sends. A long one stands in the prompt as a token; `/paste` shows it, and it is sent whole.
A click on a number like [2] in an answer opens the sentence it points at; a click on an answer shows its sources.
Without a mouse, Alt+S goes from number to number, and Enter on the empty prompt opens the sentence.
"""


def page() -> str:
    """Return the page."""
    parts, group = [_INTRODUCTION], ""
    for command in COMMANDS:
        if command.group != group:
            parts.append(_AFTER_GROUP.get(group, ""))
            group = command.group
            parts.append(f"\n## {TEXTS[f'group.{group}']}\n\n| command | keys | what |\n|---|---|---|\n")
        keys = ", ".join(map(key_label, command.keys))
        parts.append(f"| `/{command.name}` | {keys} | {TEXTS[f'command.{command.name}']} |\n")
    return "".join([*parts, "\n", _PROMPT])


if __name__ == "__main__":
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")
