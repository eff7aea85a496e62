"""Sources: what is searched, and the passages behind an answer."""

import errno
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from textual import on
from textual.app import SuspendNotSupported

from lorag.errors import UsageError
from lorag.tui.editor import at_line, editor_command, pager_command
from lorag.tui.messages import AnswerView
from lorag.tui.part import AppPart
from lorag.tui.passage_screen import PassageScreen, PassageShown, Wish
from lorag.tui.picker import Choice, Item, Picker
from lorag.tui.prompt import PromptArea
from lorag.tui.sidebar import Sidebar, place_of
from lorag.tui.transcript import Transcript
from lorag.tui.view import Source
from lorag.tui.visible import one_line, short_path


class SourceActions(AppPart):
    """The part of the app that shows where answers come from."""

    _pointed: tuple[int, Source] | None = None
    """The citation that the keys are on, with the number of its answer."""

    def set_rag(self, on: bool) -> None:
        """Answer from the library, or not."""
        app = self.ui
        if app.session is not None:
            app.session.rag = on
            self.query_one(Sidebar).show_rag(on)
            app.refresh_state()

    async def do_rag(self, argument: str) -> None:
        """Switch between answers from the library and plain chat."""
        app = self.ui
        if app.session is None:
            return
        if argument not in ("", "on", "off"):
            raise UsageError(app.texts("command.choices", choices="on, off"))
        self.set_rag(argument == "on" if argument else not app.session.rag)

    async def do_collection(self, argument: str) -> None:
        """Search only some collections."""
        app = self.ui
        assert app.session is not None
        known = app.session.core.library.state().collections
        if not argument:
            items = [Item("", app.texts("collection.all"), current=not app.session.collections)]
            items += [
                Item(name, f"{name} ({count})", current=name in app.session.collections)
                for name, count in known.items()
            ]
            self.show_screen(Picker(Choice.of(app.texts("collection.title"), items)), self._collection_chosen)
            return
        names = [name.strip() for name in argument.split(",") if name.strip()]
        missing = [name for name in names if name not in known]
        if missing:
            raise UsageError(app.texts("collection.unknown", name=missing[0], choices=", ".join(known)))
        self._search_in(tuple(names))

    def _collection_chosen(self, name: str | None) -> None:
        if name is not None:
            self._search_in((name,) if name else ())

    def _search_in(self, names: tuple[str, ...]) -> None:
        app = self.ui
        if app.session is not None:
            app.session.collections = names
            app.refresh_library()

    @on(Sidebar.RagSwitched)
    def _rag_switched(self, event: Sidebar.RagSwitched) -> None:
        self.set_rag(event.on)

    @on(Sidebar.CollectionsChosen)
    def _collections_chosen(self, event: Sidebar.CollectionsChosen) -> None:
        if self.ui.session is not None:
            self.ui.session.collections = event.names

    @on(Sidebar.SourceOpened)
    def _source_opened(self, event: Sidebar.SourceOpened) -> None:
        self.open_source(event.source)

    @on(AnswerView.CitationClicked)
    async def _citation_clicked(self, event: AnswerView.CitationClicked) -> None:
        await self.select_answer(event.view.message.id)
        await self.ui.run_command("source", str(event.n))

    async def select_answer(self, message_id: int) -> None:
        """Show the sources of an answer."""
        self._point(None)
        transcript = self.query_one(Transcript)
        await transcript.select(message_id)
        self.query_one(Sidebar).show_answer(transcript.selected)
        self.ui.refresh_state()

    async def do_previous_answer(self, argument: str) -> None:
        """Choose the answer above."""
        await self._step(-1)

    async def do_next_answer(self, argument: str) -> None:
        """Choose the answer below."""
        await self._step(1)

    async def _step(self, by: int) -> None:
        self._point(None)
        chosen = await self.query_one(Transcript).step(by)
        if chosen is not None:
            self.query_one(Sidebar).show_answer(chosen)

    async def do_citation(self, argument: str) -> None:
        """Let the keys be on the next citation of the answer; after the last one, on none."""
        answer = self.query_one(Transcript).selected
        cited = [source for source in (answer.sources if answer else ()) if source.n is not None]
        if answer is None or not cited:
            self.ui.say("citation.none")
            return
        current = self._pointed[1] if self._pointed and self._pointed[0] == answer.id else None
        following = cited[cited.index(current) + 1 :] if current in cited else cited
        self._point((answer.id, following[0]) if following else None)

    def _point(self, to: tuple[int, Source] | None) -> None:
        transcript, texts = self.query_one(Transcript), self.ui.texts
        for pointed, shown in ((self._pointed, False), (to, True)):
            view = transcript.answer(pointed[0]) if pointed else None
            if pointed is None or view is None:
                continue
            source = pointed[1]
            place = " ".join([one_line(source.title or source.path.name), *place_of(source, texts)])
            view.point(texts("citation.at", number=source.n, place=place) if shown else "")
        self._pointed = to

    @on(PromptArea.Entered)
    def _entered(self) -> None:
        if self._pointed is not None:
            self.open_source(self._pointed[1])

    @on(PromptArea.Sent)
    def _something_sent(self) -> None:
        self._point(None)

    async def do_source(self, argument: str) -> None:
        """Open a source by its number; without one, let the keys choose in the sidebar."""
        app = self.ui
        number = argument.strip("[] ")
        if not number:
            sidebar = app.open_sidebar()
            if sidebar.size.width:
                sidebar.focus_sources()
            else:
                # What is not laid out yet cannot take the focus.
                self.call_after_refresh(sidebar.focus_sources)
            return
        answer = self.query_one(Transcript).selected
        found = [source for source in (answer.sources if answer else ()) if str(source.n) == number]
        if found:
            self.open_source(found[0])
        else:
            app.say("source.unknown", number=number)

    def open_source(self, source: Source) -> None:
        """Show a source in its context."""
        app = self.ui
        assert app.session is not None
        passage = self._in_context(source)

        def answered(wish: Wish | None) -> None:
            if wish == "copy":
                self.run_worker(app.copy_text(source.quote or source.passage_text), exit_on_error=False)
            elif wish is not None:
                self._open_file(source, wish)

        self.show_screen(PassageScreen(passage), answered)

    def _in_context(self, source: Source) -> PassageShown:
        """Return the source in the document as it is now, or, when that has changed, as it was sent."""
        app = self.ui
        assert app.session is not None
        place = "  ·  ".join(
            [short_path(source.path), *place_of(source, app.texts), " › ".join(source.heading)]
        ).rstrip(" ·")
        quoted = source.quote or source.passage_text
        context = app.session.core.library.context(source.path, source.start, source.end)
        title = f"[{source.n}] {source.title}" if source.n is not None else source.title
        sent_end = source.passage_start + len(source.passage_text)
        if context is not None:
            at = source.start - context.start
            if context.text[at : at + len(quoted)] == quoted:
                sent = (max(source.passage_start - context.start, 0), sent_end - context.start)
                return PassageShown(title, place, context.text, at, at + len(quoted), *sent)
        at = max(source.start - source.passage_start, 0)
        note = app.texts("passage.changed")
        length = len(source.passage_text)
        return PassageShown(title, place, source.passage_text, at, at + len(quoted), 0, length, note)

    def _open_file(self, source: Source, wish: Wish) -> None:
        """Open the document in a program of the person's own: the file, or the text read from it when it is no text."""
        app = self.ui
        assert app.session is not None
        context = app.session.core.library.context(source.path, source.start, source.end)
        command = editor_command() if wish == "editor" else pager_command()
        if not command:
            app.say("editor.none", error=True)
            return
        if context is None or context.source_lines:
            path = context.disk_path if context is not None else source.path
            if not path.exists():
                app.say("source.gone", error=True, path=path)
                return
            self.run_outside(at_line(command, path, source.line_start))
            return
        text = app.session.core.library.text(source.path) or source.passage_text
        with tempfile.TemporaryDirectory(prefix="lorag-") as folder:
            copy = Path(folder, source.path.stem + ".txt")
            copy.write_text(text, encoding="utf-8")
            # The text is not the document: what is changed in it would be lost.
            copy.chmod(0o400)
            self.run_outside(at_line(command, copy, text.count("\n", 0, source.start) + 1))

    def run_outside(self, command: list[str]) -> bool:
        """Run a program in the terminal in place of the chat and return whether it succeeded."""
        app = self.ui
        if shutil.which(command[0]) is None:
            app.say("editor.failed", error=True, program=command[0], reason=app.texts.of(os.strerror(errno.ENOENT)))
            return False
        try:
            with self.suspend():
                code = _exit_code(command)
        except SuspendNotSupported:
            app.say("editor.unsupported", error=True)
            return False
        if isinstance(code, OSError):
            app.say("editor.failed", error=True, program=command[0], reason=app.texts.of(code.strerror or code))
            return False
        return code == 0


def _exit_code(command: list[str]) -> int | OSError:
    """Run a program; why it could not begin is returned, for what is raised here leaves the terminal to nobody."""
    try:
        return subprocess.run(command, check=False, env=os.environ).returncode
    except OSError as error:
        return error
