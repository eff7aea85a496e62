"""One conversation: each turn searches, asks the model, checks the answer, saves as it goes and tells it all as events."""

import asyncio
import threading
import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from functools import partial
from typing import Final, Literal

from lorag.chat.answer import finished
from lorag.chat.branches import exchanges
from lorag.chat.events import (
    AnswerText,
    HistoryTrimmed,
    LibraryEmpty,
    PassagesFound,
    ReadingPrompt,
    Searching,
    TurnEvent,
    TurnSaved,
)
from lorag.chat.numbering import PassageSentences, numbered, split_passages
from lorag.chat.prompt import Draft, FittedPrompt, fit_prompt
from lorag.chat.quoting import earlier_for_quoting, held_to_quotes, joined_quotes
from lorag.chat.records import citation_snapshot, search_record, timings_record, usage_record
from lorag.chat.small_talk import is_small_talk
from lorag.chat.threads import in_thread
from lorag.chat.turn import Documents, ModelChoice, Turn, TurnOptions
from lorag.chat.weighing import Weighed, weighed_for_each
from lorag.engine.api import (
    Engine,
    Finished,
    GenerateRequest,
    LoadedModel,
    LoadProgress,
    PromptProgress,
    TextDelta,
    Usage,
    together,
)
from lorag.library.chats import Chats, StoredMessage
from lorag.prompts.grounded import REFUSALS, numbered_sentences
from lorag.prompts.language import language_of
from lorag.prompts.system import system_prompt
from lorag.retrieval.parts import question_parts
from lorag.retrieval.passages import SearchResult

SAVE_EVERY_SECONDS: Final = 1.0
"""How much of a streaming answer a killed process may lose."""


class Conversation:
    """A chat that is saved as it happens; one turn at a time."""

    def __init__(
        self,
        engine: Engine,
        documents: Documents | None,
        chats: Chats,
        choice: ModelChoice,
        options: TurnOptions,
    ) -> None:
        self.choice = choice
        self.options = options
        self.documents = documents
        self.chat_id: int | None = None
        self.leaf_id: int | None = None
        self.on_load: Callable[[LoadProgress], None] | None = None
        self._engine = engine
        self._chats = chats
        # A new turn may begin while a cancelled one still saves what it has.
        self._storing = threading.Lock()
        self._searching = threading.Lock()
        self._stop_asked = False

    def begin_anew(self) -> None:
        """Let the next turn begin a new chat."""
        self.chat_id = self.leaf_id = None

    def resume(self, chat_id: int, leaf_id: int | None = None) -> None:
        """Go on with a saved chat, after its newest message or after ``leaf_id``."""
        self.chat_id, self.leaf_id = chat_id, leaf_id

    async def load_model(self) -> LoadedModel:
        """Have the chosen model and adapters in memory; costs nothing when they are."""
        model = await self._engine.load(self.choice.load, self.on_load)
        await self._engine.set_adapters([adapter for _, adapter in self.choice.adapters])
        return model

    async def stop(self) -> None:
        """End the turn under way; what there is of its answer is kept."""
        self._stop_asked = True
        await self._engine.stop()

    def reply(self, question: str) -> AsyncGenerator[TurnEvent]:
        """Answer ``question``; ``TurnDone`` comes last.

        Raises:
            LoragError: The turn failed; the partial answer is saved as failed and the next turn can be asked.
        """
        return self._reply(partial(self._begin, question))

    def reply_instead(self, message_id: int, question: str) -> AsyncGenerator[TurnEvent]:
        """Answer ``question`` in the place of the question ``message_id``, which stays as another branch."""
        return self._reply(partial(self._begin_instead, message_id, question))

    def reply_again(self, message_id: int) -> AsyncGenerator[TurnEvent]:
        """Answer the question ``message_id`` once more; its earlier answers stay as other branches."""
        return self._reply(partial(self._begin_again, message_id))

    async def _reply(self, begin: Callable[[], Turn]) -> AsyncGenerator[TurnEvent]:
        self._stop_asked = False
        turn = await in_thread(begin)
        try:
            yield TurnSaved(self.chat_id or 0, turn.user_id, turn.answer_id)
            async with aclosing(self._answer(turn)) as events:
                async for event in events:
                    yield event
            turn.done = finished(turn)
            await in_thread(self._finish, turn, turn.done.status)
        except (asyncio.CancelledError, GeneratorExit):
            await self._engine.stop()
            self._finish(turn, "stopped")
            raise
        except BaseException:
            self._finish(turn, "failed")
            raise
        yield turn.done

    async def _answer(self, turn: Turn) -> AsyncGenerator[TurnEvent]:
        # A greeting is answered as one: searched, it would only bring passages or a refusal.
        if self.options.rag and self.documents is not None and not is_small_talk(turn.question):
            if await in_thread(self._has_documents, self.documents):
                yield Searching(turn.question)
                # How far to search depends on who reads what is found.
                model = await self.load_model()
                turn.search = await in_thread(self._search, self.documents, turn, self.options.narrows(model))
                yield PassagesFound(turn.search)
            else:
                yield LibraryEmpty()
        if turn.search is not None and not turn.search.passages:
            turn.text, turn.finish = REFUSALS[language_of(turn.question)], "refused"
            yield AnswerText(turn.text)
            return
        if self._stop_asked:
            turn.finish = "stopped"
            return
        model = await self.load_model()
        async with aclosing(self._generated(turn, model)) as events:
            async for event in events:
                yield event

    async def _generated(self, turn: Turn, model: LoadedModel) -> AsyncGenerator[TurnEvent]:
        passages = tuple(split_passages(turn.search.passages)) if turn.search else ()
        turn.quoting = bool(passages) and self.options.quotes(model)
        earlier = turn.earlier
        if model.quote_by_default:
            earlier = earlier_for_quoting(turn.question, earlier, has_passages=bool(passages))
        parts: tuple[str, ...] = (turn.question,)
        shown = [Weighed(passages, 0.0)]
        if turn.quoting and self.options.narrows(model):
            parts = question_parts(turn.question)
            shown = await in_thread(self._weighed, parts, passages)
        draft = Draft(turn.question, self._system(turn, model), earlier, shown[0].passages)
        prompt = await fit_prompt(draft, model, self._engine, answer_tokens=self.options.answer_tokens(model))
        turn.sentences = numbered(prompt.passages)
        if turn.search is not None:
            # What the model is shown nothing of is no source of its answer.
            turn.search = turn.search.with_only(item.passage for item in prompt.passages)
        if prompt.messages_left_out or prompt.passages_left_out:
            yield HistoryTrimmed(prompt.messages_left_out, prompt.passages_left_out)
        if self._stop_asked:
            turn.finish = "stopped"
            return
        if len(parts) > 1:
            each = dict(zip(parts, (own.among(prompt.passages) for own in shown), strict=True))
            answering = self._in_parts(turn, model, draft, each)
        else:
            answering = self._streamed(turn, self._request(turn, model, prompt, shown[0].quoting))
        async with aclosing(answering) as events:
            async for event in events:
                yield event

    def _request(self, turn: Turn, model: LoadedModel, prompt: FittedPrompt, quoting: float) -> GenerateRequest:
        request = GenerateRequest(
            prompt=prompt.segments,
            sampling=self.options.sampling,
            max_tokens=max(1, min(self.options.max_tokens, model.context_tokens - prompt.tokens)),
        )
        if not turn.quoting:
            return request
        sentences = numbered_sentences([item.prompt for item in prompt.passages])
        nats = [one.nats for one in numbered(prompt.passages).values()] if model.quote_by_default else ()
        return held_to_quotes(request, turn.question, sentences, nats, quoting)

    async def _in_parts(
        self, turn: Turn, model: LoadedModel, whole: Draft, weighed: Mapping[str, Weighed]
    ) -> AsyncGenerator[TurnEvent]:
        """Quote for each of several questions by itself: asked two at once, a small model mostly answers one."""
        spent = list[Usage]()
        for question, own in weighed.items():
            draft = replace(whole, question=question, passages=own.passages)
            prompt = await fit_prompt(draft, model, self._engine, answer_tokens=self.options.answer_tokens(model))
            # Whatever ends this part, what is saved holds the quotes before it.
            part = replace(turn, question=question, text=turn.text)
            request = self._request(part, model, prompt, own.quoting)
            async with aclosing(self._streamed(part, request)) as events:
                async for event in events:
                    if not isinstance(event, AnswerText):
                        yield event
            turn.finish = part.finish
            spent += [part.usage] if part.usage else []
            if part.finish == "stopped":
                break
            turn.text = part.text + "\n"
        turn.usage = together(spent)
        if turn.text:
            turn.text = joined_quotes(turn.text, turn.question)
            yield AnswerText(turn.text)

    async def _streamed(self, turn: Turn, request: GenerateRequest) -> AsyncGenerator[TurnEvent]:
        saved_at = time.monotonic()
        async for event in self._engine.generate(request):
            if self._stop_asked:
                # Asked for before the generation had begun, when the engine had nothing to stop.
                await self._engine.stop()
            match event:
                case PromptProgress(done, total):
                    yield ReadingPrompt(done, total)
                case TextDelta(text):
                    turn.text += text
                    yield AnswerText(text)
                    if time.monotonic() - saved_at >= SAVE_EVERY_SECONDS:
                        await in_thread(self._append, turn)
                        saved_at = time.monotonic()
                case Finished(reason, usage):
                    turn.finish, turn.usage = reason, usage

    def _weighed(self, parts: Sequence[str], passages: Sequence[PassageSentences]) -> list[Weighed]:
        with self._searching:
            return weighed_for_each(parts, passages, self.documents.similarities if self.documents else None)

    def _system(self, turn: Turn, model: LoadedModel) -> str:
        """Return the system prompt; the built-in model was trained without one."""
        if self.options.system or model.quote_by_default:
            return self.options.system
        form: Literal["cited", "quoted", "plain"] = "quoted" if turn.quoting else "cited" if turn.search else "plain"
        return system_prompt(language_of(turn.question), form)

    def _has_documents(self, documents: Documents) -> bool:
        with self._searching:
            return documents.has_any()

    def _search(self, documents: Documents, turn: Turn, widely: bool) -> SearchResult:
        with self._searching:
            history = [exchange.question for exchange in turn.earlier]
            return documents.searcher.search(turn.question, filter=self.options.filter, history=history, widely=widely)

    def _begin(self, question: str) -> Turn:
        """Save the question; nothing that follows can lose it."""
        with self._storing:
            if self.chat_id is None:
                self.chat_id = self._chats.create()
            earlier = self._chats.history(self.chat_id, self.leaf_id)
            user_id = self._chats.add_user(self.chat_id, question, earlier[-1].id if earlier else None)
            return self._begin_answer(self.chat_id, user_id, question, earlier)

    def _begin_instead(self, message_id: int, question: str) -> Turn:
        with self._storing:
            chat_id = self.chat_id or 0
            *earlier, replaced = self._chats.history(chat_id, message_id)
            user_id = self._chats.add_user(chat_id, question, replaced.parent_id)
            return self._begin_answer(chat_id, user_id, question, earlier)

    def _begin_again(self, message_id: int) -> Turn:
        with self._storing:
            chat_id = self.chat_id or 0
            *earlier, asked = self._chats.history(chat_id, message_id)
            return self._begin_answer(chat_id, asked.id, asked.text, earlier)

    def _begin_answer(self, chat_id: int, user_id: int, question: str, earlier: Sequence[StoredMessage]) -> Turn:
        adapters = self.choice.adapter_strengths
        self.leaf_id = self._chats.start_answer(chat_id, user_id, self.choice.name, adapters)
        return Turn(question, exchanges(earlier), user_id, self.leaf_id, self.choice.name, adapters)

    def _append(self, turn: Turn) -> None:
        with self._storing:
            self._chats.append_answer(turn.answer_id, turn.text)

    def _finish(self, turn: Turn, status: Literal["complete", "stopped", "failed"]) -> None:
        with self._storing:
            self._chats.finish_answer(
                turn.answer_id,
                turn.done.answer if turn.done else turn.text,
                status,
                citations=[citation_snapshot(citation) for citation in turn.done.citations] if turn.done else (),
                search=search_record(turn.search) if turn.search else None,
                timings={**timings_record(turn.done), **(usage_record(turn.done) or {})} if turn.done else None,
            )
