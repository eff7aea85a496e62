"""Asking and answering: one turn at a time, the next questions wait in a line."""

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

from textual.widgets import Static

from lorag.chat.events import (
    AnswerText,
    HistoryTrimmed,
    LibraryEmpty,
    PassagesFound,
    ReadingPrompt,
    Searching,
    TurnDone,
    TurnEvent,
    TurnSaved,
)
from lorag.chat.mentions import mentioned_files
from lorag.errors import EngineDiedError, LoragError
from lorag.tui.part import AppPart
from lorag.tui.prompt import PromptArea
from lorag.tui.session import Session
from lorag.tui.sidebar import Sidebar
from lorag.tui.transcript import Transcript
from lorag.tui.view import MessageShown, done
from lorag.tui.visible import one_line

Ask = Callable[[Session], AsyncGenerator[TurnEvent]]


@dataclass(frozen=True, slots=True)
class _Turn:
    """What is asked and what stays above it."""

    question: str
    ask: Ask
    earlier: Sequence[MessageShown] | None = None
    """The branch before the question, when it is not the one on screen."""


class Turns(AppPart):
    """The part of the app that runs turns."""

    streaming = False
    trimmed: Mapping[str, int] = MappingProxyType({})
    """What was left out of the last prompt: how many of what, by the text that says so."""

    def __init__(self) -> None:
        super().__init__()
        self.queued: list[str] = []
        self.editing: int | None = None
        """The question that the next one replaces."""
        self._answer: MessageShown | None = None
        """The answer of the turn under way, once its question is saved."""

    def submit(self, text: str) -> None:
        """Ask now, or after the answer that is streaming, or when the library is open."""
        self.queued.append(text)
        self.start_queued()

    def start_queued(self) -> None:
        """Ask the next question in line when nothing else is asked; one that cannot be asked holds up no other."""
        app = self.ui
        while self.queued and not self.streaming and app.session is not None:
            self._ask(self.queued.pop(0))
        waiting = self.query_one("#queued", Static)
        waiting.display = bool(self.queued)
        lines = [app.texts("prompt.queued", question=one_line(text)[:200]) for text in self.queued]
        waiting.update("\n".join(lines))

    def _ask(self, text: str) -> None:
        mentions = mentioned_files(text, self.ui.places.working)
        for name in mentions.missing:
            self.ui.say("attach.missing", error=True, name=name)
        if mentions.missing:
            self._put_back(text)
            return
        files: Sequence[Path] = mentions.found
        editing, self.editing = self.editing, None
        if editing is not None:
            self.run_turn(text, lambda session: session.ask_instead(editing, text, files), replacing=editing)
        else:
            self.run_turn(text, lambda session: session.ask(text, files))

    def run_turn(self, question: str, ask: Ask, *, replacing: int | None = None) -> None:
        """Start a turn; ``replacing`` is the message that this branch leaves out, with all that follows it."""
        messages = self.query_one(Transcript).messages
        at = next((index for index, message in enumerate(messages) if message.id == replacing), None)
        self.streaming = True
        self._answer = None
        turn = _Turn(question, ask, None if at is None else messages[:at])
        self.run_worker(self._run(turn), group="turn", exit_on_error=False)
        self.ui.refresh_state()

    async def _run(self, turn: _Turn) -> None:
        session = self.ui.session
        assert session is not None
        try:
            await self._follow(turn, session)
        except LoragError as error:
            self._fail(turn, error)
        finally:
            self.streaming = False
        if self._answer is not None:
            await self._end(self._answer, session)
        self.start_queued()
        self.ui.refresh_state()

    async def _follow(self, turn: _Turn, session: Session) -> None:
        async with aclosing(turn.ask(session)) as events:
            async for event in events:
                if isinstance(event, TurnSaved):
                    self._answer = await self._show_saved(turn, event, session)
                elif isinstance(event, TurnDone) and self._answer is not None:
                    self._answer = done(self._answer, event)
                elif self._answer is not None:
                    self._draw(event, self._answer.id)

    def _fail(self, turn: _Turn, error: LoragError) -> None:
        """Tell why there is no answer, or only a part of one; a question that was not saved goes back to the prompt."""
        if self._answer is not None:
            self._answer = replace(self._answer, status="failed", failure=str(error))
        else:
            self._put_back(turn.question)
        if isinstance(error, EngineDiedError):
            self.ui.engine_failed(str(error), told=self._answer is not None)
        else:
            self.ui.tell(self.ui.texts.of(error), error=True)

    async def _show_saved(self, turn: _Turn, event: TurnSaved, session: Session) -> MessageShown:
        transcript = self.query_one(Transcript)
        self.trimmed = {}
        answer = MessageShown(
            id=event.answer_message_id,
            role="assistant",
            text="",
            status="streaming",
            parent_id=event.user_message_id,
            model=session.model_name,
            adapters=tuple(session.adapters.items()),
        )
        asked = MessageShown(id=event.user_message_id, role="user", text=turn.question)
        if turn.earlier is not None:
            await transcript.show(turn.earlier)
        await transcript.add(asked, answer)
        self.query_one(Sidebar).show_answer(answer)
        self.ui.refresh_state()
        return answer

    def _draw(self, event: TurnEvent, answer_id: int) -> None:
        texts, sidebar = self.ui.texts, self.query_one(Sidebar)
        view = self.query_one(Transcript).answer(answer_id)
        match event:
            case AnswerText(text) if view is not None:
                view.add(text)
            case Searching() if view is not None:
                view.progress(texts("answer.searching"))
            case PassagesFound(result):
                sidebar.show_search(result)
                if view is not None:
                    view.progress(texts("answer.waiting"))
            case LibraryEmpty() if view is not None:
                view.progress(texts("answer.waiting"))
            case ReadingPrompt(read, total) if view is not None:
                view.progress(texts("answer.reading", done=read, total=total))
            case HistoryTrimmed(messages, passages):
                self.trimmed = {"status.trimmed_messages": messages, "status.trimmed_passages": passages}

    async def _end(self, answer: MessageShown, session: Session) -> None:
        """Show the final answer, with the versions it now has."""
        app, transcript = self.ui, self.query_one(Transcript)
        known = {message.id: message for message in session.reread()}
        if answer.id in known:
            saved = known[answer.id]
            if answer.status in ("streaming", "failed"):
                answer = replace(saved, failure=answer.failure)
            answer = replace(answer, version=saved.version, versions=saved.versions)
        if answer.status == "stopped" and self.queued:
            self._give_back()
        transcript.update_versions(known)
        await transcript.finish(answer)
        selected = transcript.selected
        if selected is not None and selected.id == answer.id:
            self.query_one(Sidebar).show_answer(answer)
        app.refresh_library()
        app.refresh_chats()

    def _give_back(self) -> None:
        """After a stop, nothing is sent by itself: what waited goes back into the prompt."""
        self._put_back(*self.queued)
        self.queued.clear()

    def _put_back(self, *questions: str) -> None:
        """Let questions stand in the prompt again, before what is being typed there."""
        prompt = self.query_one(PromptArea)
        prompt.put("\n\n".join(part for part in (*questions, prompt.text) if part))

    async def wait_for_turn(self) -> None:
        """Return when the turn under way has ended."""
        await self.workers.wait_for_complete([worker for worker in self.workers if worker.group == "turn"])

    async def stop_turn(self) -> None:
        """Stop the answer; what there is of it stays."""
        if self.ui.session is not None:
            await self.ui.session.stop()
