"""The messages of a chat: a window on a long history that follows the newest text until the reader scrolls away."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from textual.containers import VerticalScroll
from textual.widgets import Static

from lorag.tui.messages import AnswerView, QuestionView
from lorag.tui.stream import WRITE_EVERY_SECONDS
from lorag.tui.texts import Translated
from lorag.tui.view import MessageShown
from lorag.tui.window import Window

MessageView = QuestionView | AnswerView


class Transcript(VerticalScroll, Translated):
    """All messages are held as data; those in the window are widgets."""

    can_focus = False

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's word
        super().__init__(id=id)
        self._messages: list[MessageShown] = []
        self._window = Window(0, 0, 0)
        self._views: list[MessageView] = []
        self._selected_id: int | None = None
        self._moving = False

    def on_mount(self) -> None:
        """Follow the newest text; write what has streamed in at a steady pace."""
        self.anchor()
        self.set_interval(WRITE_EVERY_SECONDS, self._flush)

    @property
    def messages(self) -> list[MessageShown]:
        """Every message of the branch, on screen or not."""
        return self._messages

    @property
    def views(self) -> list[MessageView]:
        """The messages that are widgets now, oldest first."""
        return self._views

    @property
    def selected(self) -> MessageShown | None:
        """The answer whose sources are shown: the one chosen, else the newest."""
        answers = [message for message in self._messages if message.role == "assistant"]
        chosen = [message for message in answers if message.id == self._selected_id]
        return (chosen or answers)[-1] if answers else None

    async def show(self, messages: Sequence[MessageShown], *, greeting: str = "") -> None:
        """Show another chat or another branch, at its end."""
        self._messages = list(messages)
        self._window = Window.tail(len(self._messages))
        self._selected_id = None
        with self.app.batch_update():
            await self.remove_children()
            self._views = [_view(message) for message in self._messages[self._window.start :]]
            await self.mount(*([Static(greeting, id="greeting", markup=False)] if greeting else []), *self._views)
        self._mark_selected()
        self.follow()

    async def add(self, *messages: MessageShown) -> None:
        """Add messages at the end and follow them."""
        if not self._window.at_end:
            await self.show(self._messages)
        await self.query("#greeting").remove()
        self._messages.extend(messages)
        grown = self._window.grown(len(messages))
        gone = self._views[: grown.start - self._window.start]
        fresh = [_view(message) for message in messages]
        self._views = [*self._views[len(gone) :], *fresh]
        self._window = grown
        with self.app.batch_update():
            for view in gone:
                await view.remove()
            await self.mount(*fresh)
        self._selected_id = None
        self._mark_selected()
        self.follow()

    def follow(self) -> None:
        """Stay at the end from now on."""
        self.anchor()
        self.scroll_end(animate=False)

    def answer(self, message_id: int) -> AnswerView | None:
        """Return the widget of an answer, None when it is outside the window."""
        return next((v for v in self._views if isinstance(v, AnswerView) and v.message.id == message_id), None)

    async def finish(self, message: MessageShown) -> None:
        """Put the final form of an answer in place of the streaming one."""
        self._messages = [message if known.id == message.id else known for known in self._messages]
        view = self.answer(message.id)
        if view is not None:
            await view.finish(message)

    def update_versions(self, known: Mapping[int, MessageShown]) -> None:
        """Take on how many versions each message has now; the rest of a message does not change."""
        self._messages = [_with_versions(message, known) for message in self._messages]
        for view in self._views:
            view.message = _with_versions(view.message, known)
            view.retranslate()

    async def select(self, message_id: int) -> None:
        """Choose an answer and bring it into view."""
        self._selected_id = message_id
        self._mark_selected()
        view = self.answer(message_id)
        if view is not None:
            self.scroll_to_widget(view, animate=False, top=False)

    async def step(self, by: int) -> MessageShown | None:
        """Choose the answer before or after the chosen one; None at an end."""
        answers = [message.id for message in self._messages if message.role == "assistant"]
        current = self.selected
        if current is None:
            return None
        at = answers.index(current.id) + by
        if not 0 <= at < len(answers):
            return None
        while self.answer(answers[at]) is None:
            await self._move(self._window.older() if by < 0 else self._window.newer())
        await self.select(answers[at])
        return self.selected

    def retranslate(self) -> None:
        """Nothing of its own is written in a language."""

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Bring further messages in when the reader comes to an end of what is there."""
        super().watch_scroll_y(old_value, new_value)
        if self._moving or old_value == new_value:
            return
        if new_value < old_value and new_value <= 2 and self._window.start > 0:
            self._moving = True
            self.call_next(self._move, self._window.older())
        elif new_value > old_value and new_value >= self.max_scroll_y - 2 and not self._window.at_end:
            self._moving = True
            self.call_next(self._move, self._window.newer())

    async def _move(self, to: Window) -> None:
        """Change the window and keep what is being read where it is."""
        self._moving = True
        held = self._views[0 if to.start < self._window.start else -1]
        before = held.virtual_region.y - self.scroll_y
        overlap = range(max(to.start, self._window.start), min(to.end, self._window.end))
        kept = self._views[overlap.start - self._window.start : overlap.stop - self._window.start]
        above = [_view(message) for message in self._messages[to.start : overlap.start]]
        below = [_view(message) for message in self._messages[overlap.stop : to.end]]
        gone = [view for view in self._views if view not in kept]
        with self.app.batch_update():
            for view in gone:
                await view.remove()
            if above:
                await self.mount(*above, before=kept[0] if kept else None)
            if below:
                await self.mount(*below)
        self._views = [*above, *kept, *below]
        self._window = to
        self._mark_selected()
        self.call_after_refresh(self._hold, held, before)

    def _hold(self, held: MessageView, before: float) -> None:
        self.scroll_to(y=held.virtual_region.y - before, animate=False, force=True)
        self._moving = False

    def _mark_selected(self) -> None:
        selected = self.selected
        for view in self._views:
            view.set_class(selected is not None and view.message.id == selected.id, "-selected")

    async def _flush(self) -> None:
        for view in self._views[-2:]:
            if isinstance(view, AnswerView) and view.message.status == "streaming":
                await view.flush()


def _with_versions(message: MessageShown, known: Mapping[int, MessageShown]) -> MessageShown:
    now = known.get(message.id, message)
    return replace(message, version=now.version, versions=now.versions)


def _view(message: MessageShown) -> MessageView:
    return QuestionView(message) if message.role == "user" else AnswerView(message)
