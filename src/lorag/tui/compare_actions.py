"""One question, four answers: with and without the adapter, with and without the documents."""

from contextlib import aclosing
from dataclasses import replace

from lorag.chat.events import AnswerText, PassagesFound, ReadingPrompt, Searching, TurnDone, TurnEvent, TurnSaved
from lorag.errors import LoragError
from lorag.tui.compare_screen import Column, CompareColumn, CompareScreen
from lorag.tui.part import AppPart
from lorag.tui.prompt import PromptArea
from lorag.tui.session import Session, Way
from lorag.tui.transcript import Transcript
from lorag.tui.view import MessageShown, done


class CompareActions(AppPart):
    """The part of the app that compares ways to answer; every answer is saved as a version of the same one."""

    _compare_stopped = False

    async def do_compare(self, argument: str) -> None:
        """Answer a question side by side: the one given, the one in the prompt, or that of the chosen answer."""
        app, prompt = self.ui, self.query_one(PromptArea)
        session = app.session
        assert session is not None
        answer = self.query_one(Transcript).selected
        written = argument or prompt.folder.unfold(prompt.text).strip()
        asked = None if written or answer is None else answer.parent_id
        question = written or next((m.text for m in self.query_one(Transcript).messages if m.id == asked), "")
        if not question:
            app.say("compare.usage")
            return
        if not argument and written:
            prompt.clear_to_history()
        screen = CompareScreen(question, self._columns(session))
        await self.push_screen(screen, self._kept)
        app.streaming = True
        self._compare_stopped = False
        self.run_worker(self._compare(screen, session, question, asked), group="turn", exit_on_error=False)
        app.refresh_state()

    def _columns(self, session: Session) -> list[Column]:
        """Return the ways worth comparing; without an adapter that fits there are two."""
        texts, now = self.ui.texts, session.way
        fitting = [entry.name for entry in session.adapter_entries() if not entry.problem]
        adapters = now.adapters or tuple((name, 1.0) for name in fitting[:1])
        without = Way(now.model, (), rag=False)
        columns = [Column(texts("compare.base"), without)]
        names = " + ".join(name for name, _ in adapters)
        if adapters:
            columns.append(Column(texts("compare.adapter", name=names), replace(without, adapters=adapters)))
        columns.append(Column(texts("compare.rag"), replace(without, rag=True)))
        if adapters:
            both = Way(now.model, adapters, rag=True)
            columns.append(Column(texts("compare.adapter_rag", name=names), both))
        return columns

    async def _compare(self, screen: CompareScreen, session: Session, question: str, asked: int | None) -> None:
        app = self.ui
        try:
            for at, column in enumerate(screen.columns):
                if self._compare_stopped:
                    break
                screen.answering(at)
                asked = await self._answer_in(column, session, question, asked)
        finally:
            app.streaming = False
            screen.running = False
        for column in screen.columns:
            if column.answer is not None and session.core.chats.discard_empty(column.answer.id):
                column.answer = None
        if screen.closed:
            await self._kept(None)
        app.refresh_state()

    async def _answer_in(self, column: CompareColumn, session: Session, question: str, asked: int | None) -> int | None:
        """Stream one answer into its column and return the number of the question."""
        way = column.column.way
        turn = session.ask_in(question, way) if asked is None else session.answer_again(asked, way)
        try:
            async with aclosing(turn) as events:
                async for event in events:
                    if isinstance(event, TurnSaved):
                        asked = event.user_message_id
                        await column.begin(_empty_answer(event, way))
                    elif isinstance(event, TurnDone) and column.answer is not None:
                        await column.finish(done(column.answer, event))
                    else:
                        self._draw_in(column, event)
        except LoragError as error:
            if column.answer is None:
                self.ui.tell(self.ui.texts.of(error), error=True)
            else:
                await column.finish(replace(column.answer, status="failed", failure=str(error)))
        return asked

    def _draw_in(self, column: CompareColumn, event: TurnEvent) -> None:
        texts = self.ui.texts
        match event:
            case AnswerText(text):
                column.add(text)
            case Searching():
                column.progress(texts("answer.searching"))
            case PassagesFound():
                column.progress(texts("answer.waiting"))
            case ReadingPrompt(read, total):
                column.progress(texts("answer.reading", done=read, total=total))

    async def action_stop_compare(self) -> None:
        """Stop the answer that is being written and ask for no others."""
        self._compare_stopped = True
        await self.ui.stop_turn()

    async def _kept(self, answer_id: int | None) -> None:
        """Go on with the answer that was chosen, or with the last one; the others stay as its versions."""
        app = self.ui
        if app.session is None or app.session.chat_id is None or app.streaming:
            # Closed before the answer has stopped: this comes again when it has.
            return
        branch = app.session.reread() if answer_id is None else app.session.open_chat(app.session.chat_id, answer_id)
        await app.show_branch(branch)
        app.start_queued()


def _empty_answer(event: TurnSaved, way: Way) -> MessageShown:
    return MessageShown(
        id=event.answer_message_id,
        role="assistant",
        text="",
        status="streaming",
        parent_id=event.user_message_id,
        model=way.model,
        adapters=way.adapters,
    )
