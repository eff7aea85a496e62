"""Models, adapters and the engine that runs them."""

from typing import Final

from lorag.adapters.strength import STRONGEST, strength_of
from lorag.engine.api import LoadProgress
from lorag.errors import LoragError, UsageError
from lorag.tui.core import AdapterEntry, ModelEntry
from lorag.tui.messages import adapter_label
from lorag.tui.part import AppPart
from lorag.tui.picker import Choice, Item, Picker, filtered
from lorag.tui.prompt import PromptArea
from lorag.tui.texts import Texts
from lorag.tui.transcript import Transcript

VERDICTS: Final = ("keep", "keep_with_rag", "keep_without_rag", "rag_only", "no_gain", "do_not_use")
_STEP = 0.1


class EngineActions(AppPart):
    """The part of the app that loads and switches."""

    engine_problem = ""
    _load_fraction: float | None = None

    async def load_model(self) -> None:
        """Have the chosen model in memory; the prompt stays usable meanwhile."""
        app = self.ui
        if app.session is None:
            return
        self.engine_problem = ""
        self._load_fraction = 0.0
        app.refresh_state()
        try:
            await app.session.load_model(self._loading)
        except LoragError as error:
            self.engine_failed(str(error))
        finally:
            self._load_fraction = None
        app.refresh_state()

    def _loading(self, progress: LoadProgress) -> None:
        before = self._load_fraction
        self._load_fraction = None if progress.fraction >= 1.0 else progress.fraction
        if before is None or self._load_fraction is None or int(before * 100) != int(self._load_fraction * 100):
            self.ui.refresh_state()

    def engine_failed(self, problem: str, *, told: bool = False) -> None:
        """Say how to go on now that nothing can be answered, and why that is so unless it is told below the answer."""
        self.engine_problem = problem
        if told:
            self.ui.say("engine.ended", error=True)
        else:
            self.ui.say("engine.failed", error=True, problem=self.ui.texts.of(problem))
        self.ui.refresh_state()

    async def do_restart(self, argument: str) -> None:
        """Start the engine anew."""
        self.run_worker(self.load_model(), group="open", exit_on_error=False)

    def status_parts(self) -> list[str]:
        """Return the facts of the status line, the most important first."""
        app, texts = self.ui, self.ui.texts
        session = app.session
        if session is None:
            return [texts.of(self.engine_problem) or texts("status.opening")]
        model = session.model_name
        if self._load_fraction is not None:
            model = texts("status.loading", model=model, percent=int(self._load_fraction * 100))
        elif self.engine_problem:
            model = texts("status.engine_failed")
        adapters = [adapter_label(name, strength) for name, strength in session.adapters.items()]
        parts = [
            model,
            texts("status.adapter", adapters=" + ".join(adapters)) if adapters else texts("status.no_adapter"),
        ]
        parts.append(texts("status.rag_on" if session.rag else "status.rag_off"))
        parts.append(texts("status.editing") if app.editing is not None else "")
        parts.extend([app.job_text, app.training_text])
        parts.extend(self._costs())
        return [*parts, *(texts(key, count=count) for key, count in app.trimmed.items() if count)]

    def _costs(self) -> list[str]:
        app, texts = self.ui, self.ui.texts
        answer = self.query_one(Transcript).selected
        parts = []
        if answer is not None and answer.context_tokens is not None and app.session and app.session.model:
            size = app.session.model.context_tokens
            percent = round(100 * answer.context_tokens / size)
            parts.append(texts("status.context", used=answer.context_tokens, size=size, percent=percent))
        if answer is not None and answer.tokens_per_second:
            parts.append(texts("answer.speed", speed=f"{answer.tokens_per_second:.1f}"))
        return parts

    # --- model -----------------------------------------------------------------------------------------------------

    async def do_model(self, argument: str) -> None:
        """Answer with another model."""
        if argument:
            self._use_model(argument)
            return
        app = self.ui
        assert app.session is not None
        current = app.session.model_name
        items = [
            Item(entry.name, entry.name, about_entry(entry, app.texts), not entry.problem, entry.name == current)
            for entry in app.session.core.models()
        ]
        choice = Choice(
            app.texts("model.title"),
            filtered(items),
            app.texts("model.hint"),
            empty=app.texts("picker.none"),
            numbered=True,
        )
        self.show_screen(Picker(choice), self._model_chosen)

    def _model_chosen(self, name: str | None) -> None:
        if name is not None:
            try:
                self._use_model(name)
            except LoragError as error:
                self.ui.tell(self.ui.texts.of(error), error=True)

    def _use_model(self, name: str) -> None:
        app = self.ui
        assert app.session is not None
        had_adapters = bool(app.session.adapters)
        app.session.choose_model(name)
        if had_adapters:
            app.say("model.adapters_off")
        self.run_worker(self.load_model(), group="open", exit_on_error=False)

    # --- adapters --------------------------------------------------------------------------------------------------

    async def do_adapter(self, argument: str) -> None:
        """Switch adapters on and off."""
        app = self.ui
        assert app.session is not None
        if argument:
            app.session.choose_adapters({} if argument == "off" else _strengths(argument))
            self._say_adapters()
            self.run_worker(self.load_model(), group="open", exit_on_error=False)
            return
        choice = Choice(
            app.texts("adapter.title"),
            self._adapter_items,
            app.texts("adapter.hint"),
            verbs={
                "alt+right": lambda name: self._strengthen(name, _STEP),
                "alt+left": lambda name: self._strengthen(name, -_STEP),
            },
            empty=app.texts("adapter.none"),
            numbered=True,
        )
        self.show_screen(Picker(choice), self._adapter_chosen)

    def _adapter_items(self, query: str) -> list[Item]:
        app = self.ui
        assert app.session is not None
        active = app.session.adapters
        items = [Item("", app.texts("adapter.off"), "", enabled=True, current=not active)]
        for entry in app.session.adapter_entries():
            strength = active.get(entry.name)
            label = entry.name if strength is None else f"{entry.name}   × {strength:g}"
            items.append(
                Item(entry.name, label, about_entry(entry, app.texts), not entry.problem, strength is not None)
            )
        if len(items) == 1:
            return []
        return list(filtered(items)(query))

    def _strengthen(self, name: str, by: float) -> None:
        session = self.ui.session
        if session is None or not name:
            return
        strength = round(min(STRONGEST, max(0.0, session.adapters.get(name, 1.0 - by) + by)), 2)
        try:
            session.choose_adapters({name: strength})
        except LoragError as error:
            self.ui.tell(self.ui.texts.of(error), error=True)
        self.ui.refresh_state()

    def _adapter_chosen(self, name: str | None) -> None:
        app = self.ui
        if name is None or app.session is None:
            return
        strength = app.session.adapters.get(name, 1.0)
        try:
            app.session.choose_adapters({name: strength} if name else {})
        except LoragError as error:
            app.tell(app.texts.of(error), error=True)
            return
        self._say_adapters()
        self.run_worker(self.load_model(), group="open", exit_on_error=False)

    def _say_adapters(self) -> None:
        app = self.ui
        used = [adapter_label(*adapter) for adapter in (app.session.adapters.items() if app.session else ())]
        app.say("adapter.using" if used else "adapter.using_none", name=" + ".join(used))

    # --- strict quoting ----------------------------------------------------------------------------------------------

    async def do_quote(self, argument: str) -> None:
        """Answer in quotes only, or in free words."""
        app = self.ui
        assert app.session is not None
        modes = ("auto", "on", "off")
        following = modes[(modes.index(app.session.quote) + 1) % 3]
        if argument and argument not in modes:
            raise UsageError(app.texts("command.choices", choices=", ".join(modes)))
        app.session.quote = argument or following  # type: ignore[assignment]
        app.say(f"quote.{app.session.quote}")

    def focus_prompt(self) -> None:
        """Type again."""
        self.query_one(PromptArea).focus()


def about_entry(entry: ModelEntry | AdapterEntry, texts: Texts) -> str:
    """Return why it cannot be used, or what it is."""
    if entry.problem:
        return texts.of(entry.problem)
    if isinstance(entry, AdapterEntry):
        first = texts(f"verdict.{entry.verdict if entry.verdict in VERDICTS else 'unmeasured'}")
    else:
        first = texts("model.builtin") if entry.builtin else ""
    return " · ".join(part for part in (first, entry.detail) if part)


def _strengths(written: str) -> dict[str, float]:
    """Return the adapters of ``NAME``, ``NAME=0.8`` or several of them."""
    strengths: dict[str, float] = {}
    for part in written.split():
        name, _, strength = part.partition("=")
        strengths[name] = strength_of(part, strength) if strength else 1.0
    return strengths
