"""What each command accepts."""

import argparse
import importlib
from collections.abc import Callable

from lorag.cli.evaluation import EVALUATION_COMMANDS
from lorag.cli.flags import Parser, action_parser
from lorag.cli.flags import data_dir_flag as _data_dir
from lorag.cli.flags import json_flag as _json


def _declared_by(module: str, function: str) -> Callable[[Parser], None]:
    """Return what imports the declarations of a command when it is that command's turn: ``lorag --help`` needs none."""

    def declare(parser: Parser) -> None:
        getattr(importlib.import_module(f"lorag.cli.{module}"), function)(parser)

    return declare


def _search_scope(parser: Parser) -> None:
    parser.add_argument(
        "--collection",
        action="append",
        metavar="NAME",
        default=argparse.SUPPRESS,
        help="search only this collection (may be repeated)",
    )
    parser.add_argument(
        "--path",
        action="append",
        metavar="PATH",
        default=[],
        help="search only this file, folder or pattern (may be repeated)",
    )


def _model(parser: Parser) -> None:
    group = parser.add_argument_group("model")
    suppress = argparse.SUPPRESS
    group.add_argument("--model", metavar="MODEL", default=suppress, help="a GGUF file or the name of a model")
    group.add_argument(
        "--adapter", action="append", metavar="NAME[=STRENGTH]", default=suppress, help="apply a LoRA adapter"
    )
    group.add_argument("--system", metavar="TEXT", default=suppress, help="system prompt")
    group.add_argument("--seed", type=int, metavar="N", default=suppress, help="same seed, same answer")
    group.add_argument("--max-tokens", type=int, metavar="N", default=suppress, help="longest answer")
    group.add_argument("--temperature", type=float, metavar="T", default=suppress, help="0 is the likeliest answer")
    group.add_argument("--threads", type=int, metavar="N", default=suppress, help="CPU threads")
    group.add_argument("--context-tokens", type=int, metavar="N", default=suppress, help="context size")
    group.add_argument("--gpu-layers", type=int, metavar="N", default=suppress, help="layers on a GPU; -1 is all")
    quote = group.add_mutually_exclusive_group()
    quote.add_argument(
        "--quote", dest="quote", action="store_const", const="on", default=suppress, help="answer only by quoting"
    )
    quote.add_argument(
        "--no-quote", dest="quote", action="store_const", const="off", default=suppress, help="answer in free words"
    )


def _rag(parser: Parser) -> None:
    group = parser.add_mutually_exclusive_group()
    suppress = argparse.SUPPRESS
    group.add_argument("--rag", dest="rag", action="store_true", default=suppress, help="answer from the library")
    group.add_argument("--no-rag", dest="rag", action="store_false", default=suppress, help="plain chat")


def _chat(parser: Parser) -> None:
    parser.add_argument("--plain", action="store_true", help="line by line, for pipes and screen readers")
    _rag(parser)
    _search_scope(parser)
    _model(parser)
    _data_dir(parser)


def _ask(parser: Parser) -> None:
    parser.add_argument("question", nargs="*", metavar="QUESTION", help="the question; - or nothing reads stdin")
    parser.add_argument(
        "--each-line", action="store_true", help="every line of stdin is a question; with --json, an object a line"
    )
    _json(parser, "answer, citations and passages")
    _rag(parser)
    _search_scope(parser)
    _model(parser)
    _data_dir(parser)


def _add(parser: Parser) -> None:
    parser.add_argument("paths", nargs="+", metavar="PATH", help="files and folders (read recursively)")
    parser.add_argument(
        "--collection", dest="into", metavar="NAME", help="the collection to put them in (default: default)"
    )
    parser.add_argument(
        "--rebuild", action="store_true", help="a library built with another embedder is rebuilt first, not refused"
    )
    _json(parser, "progress and report")
    _data_dir(parser)


def _sync(parser: Parser) -> None:
    parser.add_argument("--watch", action="store_true", help="keep running and follow changes")
    _json(parser, "progress and report")
    _data_dir(parser)


def _list(parser: Parser) -> None:
    parser.add_argument("--collection", dest="only", action="append", default=[], metavar="NAME", help="only this one")
    parser.add_argument("--failed", action="store_true", help="only documents that could not be read")
    _json(parser, "documents")
    _data_dir(parser)


def _remove(parser: Parser) -> None:
    parser.add_argument("targets", nargs="*", metavar="PATH|ID", help="documents, folders or ids from lorag list")
    parser.add_argument(
        "--collection", dest="only", action="append", default=[], metavar="NAME", help="all of this one"
    )
    _json(parser, "what was removed")
    _data_dir(parser)


def _reindex(parser: Parser) -> None:
    parser.add_argument("--embed-only", action="store_true", help="keep the text, make the vectors anew")
    _json(parser, "progress and report")
    _data_dir(parser)


def _search(parser: Parser) -> None:
    parser.add_argument("query", nargs="+", metavar="QUERY", help="what to look for")
    parser.add_argument(
        "-k", dest="passages", type=int, metavar="N", default=argparse.SUPPRESS, help="most passages to show"
    )
    parser.set_defaults(flag_names={"passages": "-k"})
    parser.add_argument("--explain", action="store_true", help="show terms, ranks and scores of each leg")
    _json(parser, "passages")
    _search_scope(parser)
    _data_dir(parser)


def _models(parser: Parser) -> None:
    parser.set_defaults(action="list")
    _json(parser, "the result")
    _data_dir(parser)
    actions = parser.add_subparsers(title="actions", metavar="ACTION", dest="action_name")
    listing = action_parser(
        actions, "list", "built-in, local and known models (the default)", ("lorag models list --json",)
    )
    pull = action_parser(
        actions,
        "pull",
        "download a known model, or any URL",
        ("lorag models pull qwen3-0.6b", "lorag models pull https://example.org/model.gguf --sha256 HEX"),
    )
    pull.add_argument("source", metavar="NAME|URL", help="a name from lorag models, or the address of a GGUF file")
    pull.add_argument("--sha256", metavar="HEX", help="refuse the file when its SHA-256 is another")
    info = action_parser(actions, "info", "print what a GGUF file holds", ("lorag models info ~/models/my-model.gguf",))
    info.add_argument("file", metavar="FILE", help="a GGUF file or the name of a model")
    for action in (listing, pull, info):
        # Suppressed, so that the nested parser does not undo `lorag models --json list`.
        _json(action, "the result", default=argparse.SUPPRESS)
        _data_dir(action)


def _config(parser: Parser) -> None:
    _json(parser, "settings")
    _data_dir(parser)


def _doctor(parser: Parser) -> None:
    _json(parser, "checks")
    _data_dir(parser)


COMMANDS: dict[str, tuple[str, tuple[str, ...], Callable[[Parser], None]]] = {
    "chat": ("chat with the model over the library", ("lorag chat --plain", "lorag chat --no-rag"), _chat),
    "ask": (
        "answer one question and exit",
        (
            'lorag ask "How many days of leave do I have?"',
            "echo 환불은 며칠 안에 되나요? | lorag ask --json",
            "cat questions.txt | lorag ask --each-line --json",
        ),
        _ask,
    ),
    "add": ("read files and folders into the library", ("lorag add ~/contracts --collection legal",), _add),
    "sync": ("read again what was added, as it is now", ("lorag sync", "lorag sync --watch"), _sync),
    "list": ("list the documents in the library", ("lorag list --failed", "lorag list --json"), _list),
    "remove": (
        "take documents out of the library (files stay)",
        ("lorag remove old.pdf", "lorag remove --collection legal"),
        _remove,
    ),
    "reindex": (
        "build the indexes anew, after a change of embedder or tokeniser",
        ("lorag reindex", "lorag reindex --embed-only"),
        _reindex,
    ),
    "search": (
        "show the passages a question would be answered from",
        ("lorag search annual leave --explain",),
        _search,
    ),
    "models": (
        "list, fetch and inspect models",
        ("lorag models", "lorag models pull qwen3-0.6b", "lorag models info my.gguf"),
        _models,
    ),
    "data": (
        "check training data and write it clean",
        (
            "lorag data check refunds.csv --columns question=Q,answer=A",
            "lorag data prepare faq.html chats.jsonl --write clean.jsonl --license CC-BY-4.0",
        ),
        _declared_by("training", "declare_data"),
    ),
    "train": (
        "teach a model from your examples",
        (
            "lorag train refunds.jsonl --name refunds",
            "lorag train faq.csv --name faq --columns question=Q,answer=A --rag-aware --replay 0.1",
            "lorag train refunds.jsonl --name refunds --dry-run",
            "lorag train --resume refunds",
        ),
        _declared_by("training", "declare_train"),
    ),
    "adapters": (
        "list, inspect, move and merge adapters",
        (
            "lorag adapters",
            "lorag adapters info refunds",
            "lorag adapters export refunds refunds.zip",
            "lorag adapters import ./peft-folder --name tone",
            "lorag adapters merge refunds --quantize Q8_0",
        ),
        _declared_by("adapter_arguments", "declare_adapters"),
    ),
    **EVALUATION_COMMANDS,
    "config": ("print every setting and where it comes from", ("lorag config",), _config),
    "doctor": ("check the installation", ("lorag doctor",), _doctor),
}
"""Name → summary, example lines, and the function that declares the arguments."""
