"""Branches of a chat: versions of answers and questions, asking again, asking something else instead."""

from dataclasses import replace

from lorag.chat.mentions import mentioned_files
from lorag.tui.engine_actions import about_entry
from lorag.tui.part import AppPart
from lorag.tui.picker import Choice, Item, Picker
from lorag.tui.prompt import PromptArea
from lorag.tui.session import Session
from lorag.tui.transcript import Transcript
from lorag.tui.view import MessageShown


class BranchActions(AppPart):
    """The part of the app that moves between branches and begins new ones."""

    def versions_of(self, answer: MessageShown) -> MessageShown | None:
        """Return the answer or its question, whichever has versions to step through."""
        if answer.versions > 1:
            return answer
        asked = [message for message in self.query_one(Transcript).messages if message.id == answer.parent_id]
        return asked[0] if asked and asked[0].versions > 1 else None

    async def do_previous_version(self, argument: str) -> None:
        """Show the version before."""
        await self._turn_to(-1)

    async def do_next_version(self, argument: str) -> None:
        """Show the version after."""
        await self._turn_to(1)

    async def _turn_to(self, step: int) -> None:
        app = self.ui
        answer = self.query_one(Transcript).selected
        versioned = self.versions_of(answer) if answer else None
        if versioned is None or app.session is None or app.streaming:
            return
        branch = app.session.turn_to(versioned.id, step)
        if branch is None and answer is not None and answer.parent_id is not None and versioned.id == answer.id:
            # Beyond the last version of an answer come the versions of its question.
            versioned = next(m for m in self.query_one(Transcript).messages if m.id == answer.parent_id)
            branch = app.session.turn_to(versioned.id, step)
        if branch is None:
            return
        at = next(i for i, m in enumerate(self.query_one(Transcript).messages) if m.id == versioned.id)
        below = [message.id for message in branch[at:] if message.role == "assistant"]
        await self.ui.show_branch(branch, select=below[0] if below else None)

    async def do_edit(self, argument: str) -> None:
        """Put the question of the chosen answer into the prompt; sending it begins another branch."""
        app = self.ui
        answer = self.query_one(Transcript).selected
        asked = [m for m in self.query_one(Transcript).messages if answer and m.id == answer.parent_id]
        if asked:
            app.editing = asked[0].id
            self.query_one(PromptArea).begin(asked[0].text)
            app.say("edit.begun")

    async def do_again(self, argument: str) -> None:
        """Answer the question of the chosen answer once more, with a model and adapter that are asked for."""
        app = self.ui
        assert app.session is not None
        session = app.session
        items = [Item("same", app.texts("again.same"), current=True)]
        items += [
            Item(f"adapter:{e.name}", app.texts("again.adapter", name=e.name), about_entry(e, app.texts), not e.problem)
            for e in session.adapter_entries()
        ]
        if session.adapters:
            items.append(Item("adapter:", app.texts("adapter.off")))
        items += [
            Item(f"model:{e.name}", app.texts("again.model", name=e.name), about_entry(e, app.texts), not e.problem)
            for e in session.core.models()
            if e.name != session.model_name
        ]
        items.append(Item("rag", app.texts("again.without_rag" if self._from_documents(session) else "again.with_rag")))
        self.show_screen(Picker(Choice.of(app.texts("again.title"), items)), self._again)

    def _from_documents(self, session: Session) -> bool:
        """Return whether the question of the chosen answer is answered from documents: attached files always are."""
        answer = self.query_one(Transcript).selected
        asked = [m.text for m in self.query_one(Transcript).messages if answer and m.id == answer.parent_id]
        return session.rag or any(mentioned_files(text, self.ui.places.working).found for text in asked)

    async def _again(self, chosen: str | None) -> None:
        app = self.ui
        answer = self.query_one(Transcript).selected
        if chosen is None or app.session is None or answer is None or answer.parent_id is None:
            return
        if app.editing is not None:
            # The other way to ask again was chosen; what was being changed is a recall away.
            app.editing = None
            self.query_one(PromptArea).clear_to_history()
        kind, _, name = chosen.partition(":")
        way = replace(app.session.way, rag=self._from_documents(app.session))
        if kind == "adapter":
            way = replace(way, adapters=((name, 1.0),) if name else ())
        elif kind == "model":
            way = replace(way, model=name, adapters=())
        elif kind == "rag":
            way = replace(way, rag=not way.rag)
        asked_id = answer.parent_id
        question = next((m.text for m in self.query_one(Transcript).messages if m.id == asked_id), "")
        app.run_turn(question, lambda session: session.answer_again(asked_id, way), replacing=asked_id)
