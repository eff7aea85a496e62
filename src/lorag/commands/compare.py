"""``lorag compare``: one question, answered by base and tuned model, without and with the documents, side by side."""

import argparse
import asyncio
import dataclasses
import sys
from collections.abc import Iterator, Sequence
from typing import Any, Final

from rich.cells import cell_len, set_cell_size

from lorag.adapters.folder import list_adapters
from lorag.commands.ask import question_from
from lorag.commands.eval_rows import Evaluation, certain, planned_rows
from lorag.commands.eval_show import terminal_width
from lorag.commands.setup import settings_from
from lorag.commands.terminal import StatusLine, harmless, harmless_json, harmless_line, never_fail_on_encoding
from lorag.errors import UsageError
from lorag.evaluation.outcomes import Outcome, short_name
from lorag.evaluation.questions import Question
from lorag.evaluation.summary import EvaluatedRow
from lorag.evaluation.table import wrapped
from lorag.prompts.language import Language
from lorag.settings import Settings
from lorag.translation.locale import locale_language

_GAP: Final = "   "
_NARROWEST: Final = 34
"""Cells of a column below which answers are shown one under the other."""
_TEXTS: Final[dict[Language, dict[str, str]]] = {
    "en": {
        "refused": "(the documents do not hold it)",
        "verified": "word for word",
        "unverified": "not word for word",
        "cost": "{seconds:.2f} s, {prompt} + {answer} tokens",
        "no_adapter": "no adapter was given or found, so there is no tuned row; train one with: lorag train EXAMPLES",
        "many": "there are {count} adapters; choose with --adapter: {names}",
        "empty": "the library is empty, so there is no row with documents; add files with: lorag add PATH",
    },
    "ko": {
        "refused": "(문서에 없는 내용)",
        "verified": "원문 그대로",
        "unverified": "원문 그대로가 아님",
        "cost": "{seconds:.2f}초, 토큰 {prompt} + {answer}",
        "no_adapter": "어댑터가 없어 학습한 모델의 답은 없습니다. 만들기: lorag train 예시",
        "many": "어댑터가 {count}개 있습니다. --adapter 로 고르세요: {names}",
        "empty": "문서함이 비어 있어 문서를 쓴 답은 없습니다. 파일 추가: lorag add 경로",
    },
}


def run(arguments: argparse.Namespace) -> int:
    """Answer with every combination and print the answers."""
    settings = certain(settings_from(arguments), arguments)
    never_fail_on_encoding()
    texts = _TEXTS[locale_language()]
    question = Question(1, question_from(arguments.question, sys.stdin), (), (), (), answerable=True)
    adapters = adapters_to_compare(settings, arguments.of_adapters, texts)
    plans = planned_rows(settings, arguments.of_models, adapters, "both")
    status = StatusLine(sys.stderr)
    evaluation = Evaluation(settings, [question], lambda text: status.show(harmless_line(text)))
    try:
        rows = asyncio.run(evaluation.rows(plans))
    finally:
        status.clear()
        evaluation.close()
    if arguments.json:
        print(harmless_json([_record(row) for row in rows], sys.stdout))
        return 0
    for line in side_by_side([_block(row, texts) for row in rows], terminal_width()):
        print(line)
    if not any(row.spec.rag for row in rows):
        print(f"\nlorag: {texts['empty']}", file=sys.stderr)
    return 0


def adapters_to_compare(settings: Settings, given: Sequence[str], texts: dict[str, str]) -> list[str]:
    """Return the adapters named, else those in use, else the only one there is.

    Raises:
        UsageError: There are several and none was named.
    """
    if given or settings.adapter:
        return list(given or settings.adapter)
    there = [adapter.name for adapter in list_adapters(settings.paths.adapters)]
    if len(there) > 1:
        raise UsageError(texts["many"].format(count=len(there), names=", ".join(there)))
    if not there:
        print(f"lorag: {texts['no_adapter']}", file=sys.stderr)
    return there


def side_by_side(blocks: Sequence[Sequence[str]], width: int) -> Iterator[str]:
    """Yield the blocks as columns, or one under the other where columns would be too narrow; lines are wrapped."""
    columns = len(blocks)
    each = (width - len(_GAP) * (columns - 1)) // columns
    if each < _NARROWEST:
        for block in blocks:
            yield from _wrapped(block, width)
            yield ""
        return
    wrapped = [list(_wrapped(block, each)) for block in blocks]
    for index in range(max(map(len, wrapped))):
        cells = [set_cell_size(block[index] if index < len(block) else "", each) for block in wrapped]
        yield _GAP.join(cells).rstrip()


def _wrapped(lines: Sequence[str], width: int) -> Iterator[str]:
    for line in lines:
        yield from wrapped(line, width)


def _block(row: EvaluatedRow, texts: dict[str, str]) -> list[str]:
    outcome = row.outcomes[0]
    name = harmless_line(row.spec.name)
    lines = [name, "─" * cell_len(name), *harmless(outcome.answer).splitlines(), ""]
    if outcome.refused:
        lines.append(texts["refused"])
    lines += [f"· {source}" for source in _sources(outcome, texts)]
    lines.append(
        texts["cost"].format(seconds=outcome.seconds, prompt=outcome.prompt_tokens, answer=outcome.answer_tokens)
    )
    return lines


def _sources(outcome: Outcome, texts: dict[str, str]) -> list[str]:
    verdicts = {True: f"✓ {texts['verified']}", False: f"✗ {texts['unverified']}"}
    found = [f"{harmless_line(short_name(item.path))} {verdicts[item.verified]}" for item in outcome.citations]
    return list(dict.fromkeys(found))


def _record(row: EvaluatedRow) -> dict[str, Any]:
    outcome = row.outcomes[0]
    return {
        **dataclasses.asdict(row.spec),
        "answer": outcome.answer,
        "refused": outcome.refused,
        "passages": [dataclasses.asdict(passage) for passage in outcome.passages],
        "citations": [dataclasses.asdict(citation) for citation in outcome.citations],
        "seconds": outcome.seconds,
        "prompt_tokens": outcome.prompt_tokens,
        "answer_tokens": outcome.answer_tokens,
    }
