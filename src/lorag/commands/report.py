"""What a turn tells a person while it runs and after it, on stderr, so that stdout holds the answer and nothing else."""

import sys

from lorag.chat.events import (
    AnswerText,
    HistoryTrimmed,
    LibraryEmpty,
    PassagesFound,
    ReadingPrompt,
    Searching,
    TurnDone,
    TurnEvent,
)
from lorag.commands.terminal import StatusLine, harmless_line, source_line
from lorag.commands.words import Words
from lorag.engine.api import LoadProgress
from lorag.translation.translate import in_language


class TurnReport:
    """Follows one turn: a status line while it runs, notes and sources when it is over."""

    def __init__(self, words: Words, model: str, *, answer_is_watched: bool = False) -> None:
        self._answer_is_watched = answer_is_watched
        """Whether the answer grows on the same terminal, where a status line would wipe out its last line."""
        self.status = StatusLine(sys.stderr)
        self._words = words
        self._model = harmless_line(model)
        self._notes: list[str] = []

    def loading(self, progress: LoadProgress) -> None:
        """Show how much of the model is in memory."""
        self.status.show(self._words.say("loading", model=self._model, percent=round(progress.fraction * 100)))

    def follow(self, event: TurnEvent) -> None:
        """Take in one event."""
        match event:
            case Searching():
                self.status.show(self._words.say("searching"))
            case PassagesFound(result):
                self._notes += result.notes
            case LibraryEmpty():
                self._notes.append(self._words.say("empty_library"))
            case HistoryTrimmed(messages, passages):
                counts = {"trimmed_messages": messages, "trimmed_passages": passages}
                self._notes += [self._words.say(key, count=count) for key, count in counts.items() if count]
            case ReadingPrompt(done, total):
                self.status.show(self._words.say("reading", done=done, total=total))
            case AnswerText() if not self._answer_is_watched:
                self.status.show(self._words.say("writing"))
            case _:
                self.status.clear()

    def print_notes(self) -> None:
        """Print what a person should know."""
        self.status.clear()
        for note in self._notes:
            print(f"lorag: {harmless_line(in_language(note, self._words.language))}", file=sys.stderr)

    def print_end(self, done: TurnDone) -> None:
        """Print how the answer ended, when not by itself, and its sources."""
        if done.finish in ("stopped", "length"):
            print(self._words.say("stopped" if done.finish == "stopped" else "cut"), file=sys.stderr)
        for citation in done.citations:
            print(source_line(citation, self._words, quoted=done.quoted), file=sys.stderr)
        sys.stderr.flush()
