"""What the commands that measure and advise accept."""

import argparse
from collections.abc import Callable, Sequence

from lorag.cli.flags import Parser, action_parser, data_dir_flag, json_flag


def with_default_action(argv: Sequence[str]) -> list[str]:
    """Return the command line with the action that ``lorag eval QUESTIONS`` leaves out."""
    if argv[:1] == ["eval"] and argv[1:2] not in [[action] for action in (*_ACTIONS, "-h", "--help")]:
        return ["eval", "run", *argv[1:]]
    return list(argv)


def _eval(parser: Parser) -> None:
    parser.set_defaults(action="run")
    actions = parser.add_subparsers(title="actions", metavar="ACTION", dest="action_name", required=True)
    for name, (summary, examples, declare) in _ACTIONS.items():
        declare(action_parser(actions, name, summary, examples))


def _eval_run(parser: Parser) -> None:
    parser.add_argument(
        "questions", nargs="?", metavar="QUESTIONS", help="a .jsonl or .csv of question, answer and source"
    )
    rows = parser.add_argument_group("rows", "Every model, plain and with each adapter, without and with RAG.")
    rows.add_argument("--model", dest="of_models", action="append", default=[], metavar="MODEL", help="repeat for more")
    rows.add_argument(
        "--adapter", dest="of_adapters", action="append", default=[], metavar="NAME[=STRENGTH]", help="repeat for more"
    )
    rag = rows.add_mutually_exclusive_group()
    rag.add_argument("--rag", dest="of_rag", action="store_const", const="on", default="both", help="only with RAG")
    rag.add_argument("--no-rag", dest="of_rag", action="store_const", const="off", help="only without")
    output = parser.add_argument_group("output")
    output.add_argument("--worst", type=int, default=0, metavar="N", help="show the N questions that went worst")
    output.add_argument("--report", metavar="FILE", help="write a report with plots (.html or .md)")
    output.add_argument("--limit", type=int, metavar="N", help="ask only N of the questions, spread over the set")
    json_flag(parser, "everything, single answers included,")
    _answering(parser)
    data_dir_flag(parser)


def _eval_make(parser: Parser) -> None:
    parser.add_argument(
        "--from",
        dest="origin",
        metavar="library|PATH",
        default="library",
        help="the library (default), a file or a folder",
    )
    parser.add_argument("--out", metavar="FILE", help="write to this new file (default: stdout)")
    parser.add_argument("--count", type=int, default=50, metavar="N", help="most questions (default: 50)")
    parser.add_argument(
        "--unanswerable", type=float, default=0.2, metavar="SHARE", help="share without an answer (default: 0.2)"
    )
    parser.add_argument("--seed", dest="seed_of", type=int, default=0, metavar="N", help="another seed, another choice")
    parser.add_argument(
        "--collection", action="append", metavar="NAME", default=argparse.SUPPRESS, help="only this collection"
    )
    data_dir_flag(parser)


def _eval_calibrate(parser: Parser) -> None:
    parser.add_argument(
        "questions",
        nargs="?",
        metavar="QUESTIONS",
        help="a question set; without one, drafts are tried and nothing is kept",
    )
    change = parser.add_mutually_exclusive_group()
    change.add_argument("--dry-run", action="store_true", help="show what would be set, change nothing")
    change.add_argument("--reset", action="store_true", help="go back to the settings")
    json_flag(parser, "threshold and mistakes")
    data_dir_flag(parser)


def _answering(parser: Parser) -> None:
    group = parser.add_argument_group("answering")
    suppress = argparse.SUPPRESS
    group.add_argument(
        "--collection", action="append", metavar="NAME", default=suppress, help="search only this collection"
    )
    group.add_argument("--max-tokens", type=int, metavar="N", default=suppress, help="longest answer")
    group.add_argument(
        "--temperature", type=float, metavar="T", default=suppress, help="0, the likeliest answer, is the default here"
    )
    group.add_argument("--seed", type=int, metavar="N", default=suppress, help="same seed, same answers")
    group.add_argument("--threads", type=int, metavar="N", default=suppress, help="CPU threads")
    group.add_argument("--context-tokens", type=int, metavar="N", default=suppress, help="context size")


def _compare(parser: Parser) -> None:
    parser.add_argument("question", nargs="*", metavar="QUESTION", help="the question; - or nothing reads stdin")
    parser.add_argument(
        "--model", dest="of_models", action="append", default=[], metavar="MODEL", help="repeat for more"
    )
    parser.add_argument(
        "--adapter",
        dest="of_adapters",
        action="append",
        default=[],
        metavar="NAME[=STRENGTH]",
        help="the tuned rows (default: the only adapter there is); repeat for more",
    )
    json_flag(parser, "answers, sources and times")
    _answering(parser)
    data_dir_flag(parser)


def _advise(parser: Parser) -> None:
    parser.add_argument(
        "--data",
        action="append",
        default=[],
        metavar="EXAMPLES",
        help="example questions and answers (may be repeated)",
    )
    parser.add_argument(
        "--library", action=argparse.BooleanOptionalAction, default=True, help="look at the library (the default)"
    )
    parser.add_argument("--lang", choices=("en", "ko"), help="language of the advice (default: the locale's)")
    parser.add_argument(
        "--measure", action="store_true", help="train on the examples and decide by numbers (takes minutes)"
    )
    told = parser.add_argument_group("what lorag cannot see", "Asked for at a terminal when not given.")
    told.add_argument("--goal", choices=("facts", "style", "both", "skill"), help="what is missing in the answers")
    told.add_argument("--prompting", choices=("untried", "enough", "failed"), help="what a good prompt achieved")
    told.add_argument(
        "--changes", choices=("never", "yearly", "monthly", "weekly", "daily"), help="how often knowledge changes"
    )
    for name, what in (
        ("sources", "answers must show their sources"),
        ("terms", "there are terms of the trade that the model lacks"),
        ("fast", "the time of an answer is critical"),
        ("short", "prompts must be short and cheap"),
        ("standalone", "it must run with no library beside the model"),
        ("broad", "the model must go on doing everything else"),
        ("secret", "there is content that must be erasable"),
        ("private", "sensitive documents must not be kept beside the model"),
        ("hurry", "something must work today"),
        ("upkeep", "someone can train again when things change"),
    ):
        told.add_argument(f"--{name}", action=argparse.BooleanOptionalAction, help=what)
    json_flag(parser, "criteria and recommendation")
    data_dir_flag(parser)


_ACTIONS: dict[str, tuple[str, tuple[str, ...], Callable[[Parser], None]]] = {
    "run": (
        "answer a question set and score it (the default: lorag eval QUESTIONS)",
        (
            "lorag eval questions.jsonl --rag --worst 5",
            "lorag eval questions.csv --adapter refunds --report report.html",
        ),
        _eval_run,
    ),
    "make": (
        "draft a question set from documents, for you to edit",
        (
            "lorag eval make --out questions.jsonl",
            "lorag eval make --from ~/contracts --count 30 --out questions.jsonl",
        ),
        _eval_make,
    ),
    "calibrate": (
        "set the library's refusal threshold from questions about it",
        ("lorag eval calibrate questions.jsonl --dry-run", "lorag eval calibrate --reset"),
        _eval_calibrate,
    ),
}

EVALUATION_COMMANDS: dict[str, tuple[str, tuple[str, ...], Callable[[Parser], None]]] = {
    "eval": (
        "measure retrieval and answers on a question set",
        (
            "lorag eval questions.jsonl",
            "lorag eval questions.csv --adapter refunds --worst 20 --report report.html",
        ),
        _eval,
    ),
    "compare": (
        "answer one question with base and tuned model, without and with the documents",
        ('lorag compare "환불하고 싶어요" --adapter refunds',),
        _compare,
    ),
    "advise": (
        "recommend RAG, fine-tuning, both or a prompt, with reasons",
        ("lorag advise", "lorag advise --data refunds.jsonl --changes monthly --sources", "lorag advise --lang ko"),
        _advise,
    ),
}
"""Name → summary, example lines, and the function that declares the arguments."""
