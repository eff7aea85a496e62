"""What a finished turn amounts to: its final text, its citations, and whether it was an answer at all."""

import re
import time
from typing import Final

from lorag.chat.citations import check_citations
from lorag.chat.events import TurnDone
from lorag.chat.turn import Turn
from lorag.prompts.grounded import is_refusal

_THINKING: Final = re.compile(r"\A\s*<think>.*?(?:</think>\s*|\Z)", re.DOTALL)


def finished(turn: Turn) -> TurnDone:
    """Return the end of ``turn``: thinking aloud is left out, citations are checked."""
    checked = check_citations(_THINKING.sub("", turn.text), turn.sentences)
    answer = checked.text.strip()
    grounded = turn.search is not None
    return TurnDone(
        question=turn.question,
        answer=answer,
        refused=turn.finish == "refused" or (grounded and not checked.citations and is_refusal(answer)),
        quoted=turn.quoting,
        status="stopped" if turn.finish == "stopped" else "complete",
        finish=turn.finish,
        citations=checked.citations,
        search=turn.search,
        model=turn.model,
        adapters=turn.adapters,
        usage=turn.usage,
        search_seconds=turn.search.seconds if turn.search else 0.0,
        total_seconds=time.monotonic() - turn.started,
    )
