"""Training inside the app: started, followed, stopped, and the adapter offered when it is there."""

from lorag.errors import LoragError, TrainingError
from lorag.tui.dialogs import dialog_width
from lorag.tui.jobs import Job
from lorag.tui.part import AppPart
from lorag.tui.picker import Choice, Item, Picker
from lorag.tui.prompt import PromptArea
from lorag.tui.sidebar import Sidebar
from lorag.tui.training import TrainingResult, progress_of, result_of, told_of, training_command

_OFFER_LINES = 7
"""What an offer has around what it tells: its frame, the filter, two choices and the keys."""


class TrainActions(AppPart):
    """The part of the app that trains."""

    training: Job | None = None
    training_text = ""
    """How far it is, as it is shown."""
    _training_at = ""
    """The same, as it was told last."""
    _trained: TrainingResult | None = None
    """Not yet looked at."""

    async def do_train(self, argument: str) -> None:
        """Train on a file of examples; without one, show how a run goes or what came of it."""
        app, prompt = self.ui, self.query_one(PromptArea)
        assert app.session is not None
        if self.training is not None:
            self._ask_to_stop()
        elif argument:
            arguments = training_command(argument, app.session.model_path, app.places.working)
            self._trained = None
            self.training = Job(app.session.core.lorag(arguments), TrainingError)
            self.run_worker(self._follow_training(self.training), group="job", exit_on_error=False)
        elif self._trained is not None:
            self._offer()
        else:
            # The prompt completes paths, so that is where the examples are chosen.
            prompt.begin("/train ")

    def stop_training(self) -> None:
        """End the run; it can go on later."""
        if self.training is not None:
            self.training.stop()

    async def _follow_training(self, job: Job) -> None:
        app = self.ui
        self._training_at = app.texts("train.started")
        self.show_training()
        try:
            async for event in job.events():
                self._trained = result_of(event) or self._trained
                self._training_at = progress_of(event, app.texts) or self._training_at
        except LoragError as error:
            app.say("train.failed", error=True, reason=app.texts.of(error))
        finally:
            self.training = None
            self._training_at = ""
            self.show_training()
        if self._trained is not None:
            app.say("train.done", name=self._trained.name)
            # A screen that opens by itself must not take the keys of somebody who types.
            if not self.query_one(PromptArea).text and len(self.screen_stack) == 1 and not app.streaming:
                self._offer()

    def show_training(self) -> None:
        """Draw how far the training is, when that has changed."""
        if self._training_at != self.training_text:
            self.training_text = self._training_at
            if not self.ui.closing:
                self.query_one(Sidebar).show_training(self.training_text)
                self.ui.refresh_state()

    def _ask_to_stop(self) -> None:
        texts = self.ui.texts
        items = [Item("", texts("train.go_on"), current=True), Item("stop", texts("train.stop"))]
        self.show_screen(Picker(Choice.of(self.training_text, items)), self._stop_answered)

    def _stop_answered(self, chosen: str | None) -> None:
        if chosen == "stop":
            self.stop_training()

    def _offer(self) -> None:
        """Show what was gained and what was forgotten, and offer what was made."""
        texts, result = self.ui.texts, self._trained
        if result is None:
            return
        self._trained = None
        use = Item("adapter:" + result.name, texts("train.use", name=result.name))
        if result.model and not result.adapter:
            use = Item("model:" + result.name, texts("train.use", name=result.name))
        items = [use, Item("", texts("train.later"))]
        height = self.size.height * 9 // 10 - _OFFER_LINES
        title = told_of(result, texts, dialog_width(self.size.width), height)
        self.show_screen(Picker(Choice.of(title, items)), self._offer_answered)

    async def _offer_answered(self, chosen: str | None) -> None:
        kind, _, name = (chosen or "").partition(":")
        if kind:
            await self.ui.run_command(kind, name)
