"""Copying answers, code and sources, and saying how sure it is that they arrived."""

import re
from typing import Final

from lorag.errors import UsageError
from lorag.tui.clipboard import copy_with, installed_tools, osc52
from lorag.tui.part import AppPart
from lorag.tui.picker import Choice, Item, Picker
from lorag.tui.sidebar import Sidebar
from lorag.tui.transcript import Transcript
from lorag.tui.view import Source

_CODE_BLOCK: Final = re.compile(r"^ {0,3}(```+|~~~+)[^\n]*\n(.*?)(?:^ {0,3}\1|\Z)", re.DOTALL | re.MULTILINE)


class CopyActions(AppPart):
    """The part of the app that copies."""

    async def do_copy(self, argument: str) -> None:
        """Copy the chosen answer, or the source that has the focus, or what is named."""
        app = self.ui
        answer = self.query_one(Transcript).selected
        if answer is None:
            return
        focused = self.query_one(Sidebar).focused_source()
        what, _, number = argument.partition(" ")
        if what == "code":
            await self.do_code(number)
        elif what == "source" or (not what and focused is not None):
            await self._copy_or_say(_source_text(answer.sources, number) if what else _words_of(focused))
        elif what in ("", "answer"):
            await self._copy_or_say(answer.text)
        else:
            app.say("command.choices", error=True, choices="answer, code, source")

    async def do_code(self, argument: str) -> None:
        """Copy a code block of the chosen answer; which one is asked for when there are several."""
        answer = self.query_one(Transcript).selected
        blocks = code_blocks(answer.text) if answer else []
        numbered = {str(at): block for at, block in enumerate(blocks, 1)}
        number = argument.strip()
        if len(blocks) > 1 and not number:
            items = [Item(at, block.strip().split("\n")[0]) for at, block in numbered.items()]
            self.show_screen(Picker(Choice.of(self.ui.texts("command.code"), items)), self._code_chosen)
            return
        if blocks and number and number not in numbered:
            raise UsageError(self.ui.texts("command.choices", choices=", ".join(numbered)))
        await self._copy_or_say(numbered.get(number or "1", ""))

    async def _code_chosen(self, chosen: str | None) -> None:
        if chosen is not None:
            await self.do_code(chosen)

    async def _copy_or_say(self, text: str) -> None:
        if text:
            await self.copy_text(text)
        else:
            self.ui.say("copy.nothing", error=True)

    async def copy_text(self, text: str) -> None:
        """Copy a text and say how sure that is."""
        app = self.ui
        if await copy_with(installed_tools(), text):
            app.say("copy.done")
            return
        sequence = osc52(text)
        if sequence is None or self._driver is None or self.is_headless:
            app.say("copy.failed", error=True)
            return
        self._driver.write(sequence)
        app.say("copy.sent")

    def copy_to_clipboard(self, text: str) -> None:
        """Copy what Textual's own selection wants copied."""
        self._clipboard = text
        self.run_worker(self.copy_text(text), exit_on_error=False)


def code_blocks(answer: str) -> list[str]:
    """Return the text of every fenced block; one that was cut off goes to the end."""
    return [found.group(2) for found in _CODE_BLOCK.finditer(answer)]


def _words_of(source: Source | None) -> str:
    return "" if source is None else source.quote or source.passage_text


def _source_text(sources: tuple[Source, ...], number: str) -> str:
    return next((_words_of(source) for source in sources if not number or str(source.n) == number), "")
